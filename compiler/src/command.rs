//! Command lines as far as a plan's text tells them: scripts and argument vectors as pipelines of words.

use crate::effects::fold;
use crate::effects::scope::Scope;
use rustchain_plan::expr::{BinaryOp, ExprKind, Part};
use rustchain_plan::plan::Call;
use rustchain_plan::{Expr, Value};
use std::rc::Rc;

/// Stands in a text for what is not constant.
pub const UNKNOWN: char = '\u{0}';
/// Stands for a `$` that single quotes protect.
pub const QUOTED_DOLLAR: char = '\u{1}';
/// Scripts in scripts are read so deep.
const DEEPEST: usize = 6;

/// Programs that start the program their words name.
const WRAPPERS: &[&str] = &[
    "sudo", "doas", "env", "exec", "command", "nohup", "time", "timeout", "nice", "ionice", "stdbuf",
    "setsid", "xargs", "busybox", "then", "do", "else", "if", "while", "!", "{", "(",
];

/// The words of a program call: redirections stand as `>` and `<` before their file.
pub type Stage = Vec<String>;
/// Stages joined by `|`.
pub type Pipeline = Vec<Stage>;

/// The text of an argument; holes of templates that are not constant become [`UNKNOWN`].
pub fn argument_text<'a>(scope: &Rc<Scope<'a>>, call: &'a Call, param: &str) -> Option<String> {
    text_of(call.args.get(param)?, scope)
}

fn text_of<'a>(expr: &'a Expr, scope: &Rc<Scope<'a>>) -> Option<String> {
    if let Some(value) = fold::constant(expr, scope) {
        return value.as_text().map(str::to_owned);
    }
    match &expr.kind {
        ExprKind::Template { parts, .. } => {
            let text = |part: &'a Part| match part {
                Part::Text(text) => text.to_string(),
                Part::Hole(hole) => text_or_unknown(hole, scope),
            };
            Some(parts.iter().map(text).collect())
        }
        ExprKind::Binary { op: BinaryOp::Add, left, right } => {
            Some(text_or_unknown(left, scope) + &text_or_unknown(right, scope))
        }
        ExprKind::Let { up, name } => {
            let home = scope.up(*up)?;
            text_of(home.region?.lets.get(name)?, &home)
        }
        _ => None,
    }
}

fn text_or_unknown<'a>(expr: &'a Expr, scope: &Rc<Scope<'a>>) -> String {
    text_of(expr, scope).unwrap_or_else(|| UNKNOWN.to_string())
}

/// A word of an argument vector.
pub struct Word<'a> {
    /// Its text, with [`UNKNOWN`] for what is not constant.
    pub text: String,
    /// The expression it comes from; several words may come from one.
    pub expr: &'a Expr,
}

/// The words of a list of arguments; a list that is not written out is one unknown word.
pub fn vector<'a>(args: &'a Expr, scope: &Rc<Scope<'a>>) -> Vec<Word<'a>> {
    match &args.kind {
        ExprKind::List(items) => {
            items.iter().map(|expr| Word { text: text_or_unknown(expr, scope), expr }).collect()
        }
        ExprKind::Binary { op: BinaryOp::Add, left, right } => {
            let mut words = vector(left, scope);
            words.extend(vector(right, scope));
            words
        }
        _ => match fold::constant(args, scope) {
            Some(Value::List(items)) => {
                let text = |v: &Value| v.as_text().map_or_else(|| UNKNOWN.to_string(), str::to_owned);
                items.iter().map(|v| Word { text: text(v), expr: args }).collect()
            }
            _ => vec![Word { text: UNKNOWN.to_string(), expr: args }],
        },
    }
}

/// Every pipeline that a call of a program runs, those of scripts in scripts included.
pub fn pipelines_of<'a>(scope: &Rc<Scope<'a>>, call: &'a Call) -> Vec<Pipeline> {
    match call.callee.as_str() {
        "exec.bash" => argument_text(scope, call, "script").map(|s| all_pipelines(&s)).unwrap_or_default(),
        "exec.run" | "exec.start" => {
            let Some(program) = argument_text(scope, call, "program") else { return Vec::new() };
            let words = call.args.get("args").map(|args| vector(args, scope)).unwrap_or_default();
            let stage: Stage = std::iter::once(program).chain(words.into_iter().map(|w| w.text)).collect();
            let inner = inner_script(&stage).map(|script| all_pipelines(&script)).unwrap_or_default();
            std::iter::once(vec![stage]).chain(inner).collect()
        }
        _ => Vec::new(),
    }
}

/// The pipelines of a script, of what it substitutes (`$(…)`, backquotes, `<(…)`), and of the scripts it
/// hands to shells.
pub fn all_pipelines(script: &str) -> Vec<Pipeline> {
    let mut out = Vec::new();
    collect(script, &mut out, DEEPEST);
    out
}

fn collect(script: &str, out: &mut Vec<Pipeline>, depth: usize) {
    if depth == 0 {
        return;
    }
    let (outer, inner) = without_substitutions(script);
    let own = pipelines(&outer);
    for text in own.iter().flatten().filter_map(inner_script) {
        collect(&text, out, depth - 1);
    }
    out.extend(own);
    inner.iter().for_each(|text| collect(text, out, depth - 1));
}

/// The script that `sh -c` or `eval` is given in a stage.
pub fn inner_script(stage: &Stage) -> Option<String> {
    let words = command_words(stage);
    let dollars = |text: String| text.replace(QUOTED_DOLLAR, "$");
    if words.first().is_some_and(|w| w == "eval") {
        return Some(dollars(words.iter().skip(1).cloned().collect::<Vec<_>>().join(" ")));
    }
    let at = code_after_shell(stage)?;
    stage.get(at).cloned().map(dollars)
}

/// Where the word stands that a shell in this stage reads as a script.
pub fn code_after_shell<W: AsRef<str>>(stage: &[W]) -> Option<usize> {
    let shell = stage.iter().position(|w| is_shell(base_name(w.as_ref())))?;
    let takes_code = |w: &str| w.starts_with('-') && !w.starts_with("--") && w.ends_with('c');
    let option = stage.iter().skip(shell + 1).position(|w| takes_code(w.as_ref()))?;
    let plain = stage.iter().skip(shell + 1).position(|w| !w.as_ref().starts_with('-'));
    plain.is_none_or(|p| option < p).then_some(shell + option + 2)
}

/// The script with each substitution replaced by [`UNKNOWN`], and what they run.
fn without_substitutions(script: &str) -> (String, Vec<String>) {
    let (mut outer, mut inner) = (String::new(), Vec::new());
    let mut single = false;
    let mut double = false;
    let mut chars = script.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if !single => {
                outer.push(c);
                outer.extend(chars.next());
            }
            '\'' if !double => {
                single = !single;
                outer.push(c);
            }
            '"' if !single => {
                double = !double;
                outer.push(c);
            }
            '$' | '<' | '>' if !single && chars.peek() == Some(&'(') && (c == '$' || !double) => {
                chars.next();
                inner.push(balanced(&mut chars));
                outer.push(UNKNOWN);
            }
            '`' if !single => {
                inner.push(chars.by_ref().take_while(|c| *c != '`').collect());
                outer.push(UNKNOWN);
            }
            c => outer.push(c),
        }
    }
    (outer, inner)
}

fn balanced(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let mut depth = 1;
    let mut text = String::new();
    for c in chars.by_ref() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        text.push(c);
    }
    text
}

/// The pipelines of a script without substitutions: split at newlines, `;`, `&&`, `||`, `|`. Quotes keep
/// words together and are taken off; comments are left out.
fn pipelines(script: &str) -> Vec<Pipeline> {
    let mut reader = Reader::default();
    let mut chars = script.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                if let Some(next) = chars.next().filter(|n| *n != '\n') {
                    reader.word.push(next);
                }
            }
            '\'' => {
                reader.quoted = true;
                let inner = chars.by_ref().take_while(|c| *c != '\'');
                reader.word.extend(inner.map(|c| if c == '$' { QUOTED_DOLLAR } else { c }));
            }
            '"' => {
                reader.quoted = true;
                while let Some(inner) = chars.next() {
                    match inner {
                        '"' => break,
                        '\\' => reader.word.extend(chars.next()),
                        c => reader.word.push(c),
                    }
                }
            }
            '#' if reader.at_word_start() => {
                while chars.peek().is_some_and(|c| *c != '\n') {
                    chars.next();
                }
            }
            '|' if chars.peek() == Some(&'|') => {
                chars.next();
                reader.end_pipeline();
            }
            '|' => reader.end_stage(),
            '&' if chars.peek() == Some(&'&') => {
                chars.next();
                reader.end_pipeline();
            }
            '>' | '<' => {
                if reader.word.chars().all(|c| c.is_ascii_digit() || c == '&') {
                    reader.word.clear();
                }
                reader.end_word();
                while chars.peek().is_some_and(|n| *n == c) {
                    chars.next();
                }
                reader.word.push(c);
                reader.end_word();
            }
            ';' | '\n' => reader.end_pipeline(),
            c if c.is_whitespace() => reader.end_word(),
            c => reader.word.push(c),
        }
    }
    reader.end_pipeline();
    reader.done
}

#[derive(Default)]
struct Reader {
    done: Vec<Pipeline>,
    pipeline: Pipeline,
    stage: Stage,
    word: String,
    quoted: bool,
}

impl Reader {
    fn at_word_start(&self) -> bool {
        self.word.is_empty() && !self.quoted
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() || self.quoted {
            self.stage.push(std::mem::take(&mut self.word));
        }
        self.quoted = false;
    }

    fn end_stage(&mut self) {
        self.end_word();
        self.pipeline.push(std::mem::take(&mut self.stage));
    }

    fn end_pipeline(&mut self) {
        self.end_stage();
        self.pipeline.retain(|stage| !stage.is_empty());
        if !self.pipeline.is_empty() {
            self.done.push(std::mem::take(&mut self.pipeline));
        }
    }
}

/// The words from the program on: without `sudo`, `env`, `timeout 5` and the like, and without assignments.
pub fn command_words(stage: &[String]) -> &[String] {
    let mut at = 0;
    let mut wrapped = false;
    while let Some(word) = stage.get(at) {
        let assigns = word.split_once('=').is_some_and(|(n, _)| {
            n.starts_with(|c: char| c.is_alphabetic() || c == '_')
                && n.chars().all(|c| c.is_alphanumeric() || c == '_')
        });
        let count = word.trim_end_matches(['s', 'm', 'h', 'd']);
        let number = !count.is_empty() && count.chars().all(|c| c.is_ascii_digit() || c == '.');
        if WRAPPERS.contains(&base_name(word)) {
            wrapped = true;
        } else if !assigns && !(wrapped && (word.starts_with('-') || number || word == "{}")) {
            break;
        }
        at += 1;
    }
    stage.get(at..).unwrap_or_default()
}

/// The program of a stage, without its folder, and its arguments.
pub fn program_of(stage: &[String]) -> Option<(&str, &[String])> {
    let (program, args) = command_words(stage).split_first()?;
    Some((base_name(program), args))
}

/// The last segment of a path.
pub fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Is it a shell?
pub fn is_shell(program: &str) -> bool {
    matches!(program, "sh" | "bash" | "zsh" | "dash" | "ksh" | "ash" | "fish")
}

/// Is it the interpreter of a language?
pub fn is_language(program: &str) -> bool {
    matches!(program, "python" | "python3" | "perl" | "ruby" | "node" | "php" | "deno" | "lua" | "Rscript")
}

/// Does a stage run what it reads?
pub fn runs_its_input(stage: &[String]) -> bool {
    let Some((program, args)) = program_of(stage) else { return false };
    let operands = || args.iter().take_while(|a| *a != "<" && *a != ">").filter(|a| !a.starts_with('-'));
    let code = args.iter().any(|a| matches!(a.as_str(), "-c" | "-e" | "-r" | "-m"));
    let reads = operands().next().is_none() || args.iter().any(|a| a == "-s" || a == "-");
    (is_shell(program) || is_language(program)) && reads && !code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(script: &str) -> Vec<String> {
        let stage = |s: &Stage| s.join(" ");
        all_pipelines(script).iter().map(|p| p.iter().map(stage).collect::<Vec<_>>().join(" | ")).collect()
    }

    #[test]
    fn scripts_are_split_into_pipelines() {
        assert_eq!(shown("a 'b c' | d && e; f # g"), ["a b c | d", "e", "f"]);
        assert_eq!(shown("a 2>&1 >out.txt <in"), ["a > &1 > out.txt < in"]);
        assert_eq!(shown("x=$(a | b) c"), ["x=\u{0} c", "a | b"]);
        assert_eq!(shown("bash -c 'a; b'"), ["a", "b", "bash -c a; b"]);
        assert_eq!(shown("diff <(a) \"$(b)\""), ["diff \u{0} \u{0}", "a", "b"]);
    }

    #[test]
    fn the_program_stands_behind_its_wrappers() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            program_of(&words("sudo -E env A=1 timeout 5s /usr/bin/curl -s")).map(|p| p.0),
            Some("curl")
        );
        assert_eq!(program_of(&words("A=1 make 3")).map(|p| p.0), Some("make"));
        assert!(runs_its_input(&words("sudo bash -s -- --yes")));
        assert!(!runs_its_input(&words("bash run.sh")));
        assert!(!runs_its_input(&words("python3 -c x")));
    }
}
