//! The law of flow over whole missions: a label that goes into a pipe of constructs comes out of it, and only
//! `trust` and `reveal` take it off.

use crate::support::{check, shown};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::fmt::Write;

/// A construct that gives on what it is given; `$` stands for the value, `@` for a number of its own.
const CONSTRUCTS: &[&str] = &[
    "step s@ = \"<${$}>\"",
    "step s@ = $ + \"!\"",
    "step s@ = if flag then $ else \"x\"",
    "step s@ = if flag then \"x\" else $",
    "step s@ = [$, \"x\"][0]",
    "step s@ = [$].get(0) ?? \"z\"",
    "step s@ = Box { v: $ }.v",
    "step s@ = Box { ..Box { v: \"x\" }, v: $ }.v",
    "step s@ = Box { ..Box { v: $ } }.v",
    "step s@ = join([x for x in [\"y\", $]], \",\")",
    "step s@ = join([x for x in [$] if flag], \",\")",
    "step s@ = split($, \",\")[0]",
    "step s@ = upper(trim($))",
    "step s@ = replace(\"a-b\", \"-\", $)",
    "step s@ = pure(text: $)",
    "step s@ = carried(text: $)",
    "step s@ = twice(text: $)",
    "let l@ = $\n  step s@ = l@",
    "step f@ = for x in [$], max 1 { \"<${x}>\" }\n  step s@ = join(f@, \",\")",
    "step f@ = for x in [\"a\"], max 1 { \"${x}${$}\" }\n  step s@ = f@[0]",
    "step s@ = loop t from $ until len(t) > 3, max 3 { \"${t}!\" }",
    "step s@ = loop t from \"a\" until len(t) > 3, max 3 { \"${t}${$}\" }",
    "step s@ = if flag then carried(text: $) else pure(text: \"x\")",
    "step w@ = fs.write(path: \"out/@.txt\", text: $)\n  step s@ = fs.read(path: \"out/@.txt\") with { after [w@] }",
    "step w@ = fs.write(path: \"out/@.txt\", text: $)\n  step c@ = fs.copy(from: \"out/@.txt\", to: \"out/c@.txt\") with { after [w@] }\n  \
     step s@ = fs.read(path: \"out/c@.txt\") with { after [c@] }",
    "step q@ = \"x\" with { when flag }\n  step s@ = q@ ?? $",
];

#[derive(Clone, Debug)]
enum Stage {
    Construct(usize),
    Trust,
    Reveal,
}

#[derive(Clone, Debug)]
struct Pipe {
    secret: bool,
    stages: Vec<Stage>,
}

fn pipe() -> impl Strategy<Value = Pipe> {
    let stage = prop_oneof![
        12 => (0..CONSTRUCTS.len()).prop_map(Stage::Construct),
        1 => Just(Stage::Trust),
        1 => Just(Stage::Reveal),
    ];
    (any::<bool>(), prop::collection::vec(stage, 0..6)).prop_map(|(secret, stages)| Pipe { secret, stages })
}

impl Pipe {
    /// Its steps, and whether the label must come out.
    fn write(&self, number: usize, out: &mut String) -> bool {
        let mut value = if self.secret { "key" } else { "page" }.to_owned();
        let mut kept = true;
        for (index, stage) in self.stages.iter().enumerate() {
            let own = format!("{number}_{index}");
            let text = match stage {
                // `${$}` and `${x}` hold a `$` of their own.
                Stage::Construct(i) => CONSTRUCTS[*i].replace('@', &own).replace("${", "\u{1}"),
                Stage::Trust => format!("step s{own} = trust($, reason: \"a test\")"),
                Stage::Reveal => format!("step s{own} = reveal($, reason: \"a test\")"),
            };
            kept &= !matches!((stage, self.secret), (Stage::Trust, false) | (Stage::Reveal, true));
            let text = text.replace('$', &value).replace('\u{1}', "${");
            let _ = writeln!(out, "  {text}");
            value = format!("s{own}");
        }
        let _ = match self.secret {
            true => writeln!(out, "  output end{number}_: string = {value}"),
            false => writeln!(out, "  step end{number}_ = exec.run(program: {value}) with {{ timeout 5s }}"),
        };
        kept
    }
}

fn mission(pipes: &[Pipe]) -> (String, Vec<bool>) {
    let mut steps = String::new();
    let kept = pipes.iter().enumerate().map(|(i, p)| p.write(i, &mut steps)).collect();
    let text = format!(
        r#"edition 2026
record Box {{ v: string }}
chain pure(text: string) -> string = "(${{text}})"
chain carried(text: string) -> string {{
  step a = "${{text}}"
  step b = fs.exists(path: "out/x")
  return if b then a else "x"
}}
chain twice(text: string) -> string {{
  step a = carried(text: text)
  return carried(text: a)
}}
mission m {{
  input flag: bool
  secret key: string from env("KEY")
  policy {{ allow net.read "https://a.example/**", allow exec "**", allow fs.read "out/**", allow fs.write "out/**", allow env "KEY" }}
  step page = http.get<string>(url: "https://a.example/x") with {{ timeout 5s }}
{steps}
}}
"#
    );
    (text, kept)
}

#[test]
fn no_construct_loses_a_label_and_only_lowering_takes_it_off() {
    let per_mission = 10;
    let config = Config { cases: 1_000, failure_persistence: None, ..Config::default() };
    let pipes = prop::collection::vec(pipe(), per_mission);
    let came_out = std::cell::Cell::new(0_u32);
    let result = TestRunner::new(config).run(&pipes, |pipes| {
        let (text, kept) = mission(&pipes);
        let analysis = check(&text);
        let broken: String =
            analysis.diagnostics.iter().filter(|d| d.code < "RC03").map(|d| shown(&analysis, d)).collect();
        prop_assert!(broken.is_empty() && !analysis.missions.is_empty(), "{}\n{}", broken, text);
        for (number, (pipe, kept)) in pipes.iter().zip(kept).enumerate() {
            let code = if pipe.secret { "RC0452" } else { "RC0404" };
            let line = text.lines().position(|l| l.contains(&format!(" end{number}_"))).expect("its end");
            let told = analysis.diagnostics.iter().any(|d| {
                let before = &text[..d.primary.span.start as usize];
                d.code == code && before.matches('\n').count() == line
            });
            prop_assert_eq!(told, kept, "pipe {} of\n{}", number, text);
            came_out.set(came_out.get() + u32::from(kept));
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(came_out.get() > 3_000, "{came_out:?}");
}
