//! Hostile and broken input: no panic, bounded work, nothing outside the folder.

use crate::{files, losses, text};
use proptest::prelude::*;
use rustchain_transpile::from::langchain::{LangChainOptions, import, inspect};
use rustchain_transpile::vfs::MemoryVfs;

/// How many changed files are tried: a few, or what `RUSTCHAIN_MUTATIONS` says.
fn cases(few: u32) -> u32 {
    std::env::var("RUSTCHAIN_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(few)
}

const DUMP: &str = r#"{"lc":1,"type":"constructor","id":["langchain","schema","runnable","RunnableSequence"],"kwargs":{"first":{"lc":1,"type":"constructor","id":["langchain","prompts","chat","ChatPromptTemplate"],"kwargs":{"messages":[{"lc":1,"type":"constructor","id":["x","HumanMessagePromptTemplate"],"kwargs":{"prompt":{"lc":1,"type":"constructor","id":["x","PromptTemplate"],"kwargs":{"template":"{a}"}}}}]}},"middle":[],"last":{"lc":1,"type":"constructor","id":["x","ChatOpenAI"],"kwargs":{"model_name":"m"}}}}"#;

#[test]
fn open_reads_nothing_outside_the_folder() {
    let source = "from langchain_core.prompts import PromptTemplate\nfrom pathlib import Path\n\
                  a = PromptTemplate.from_template(open('/etc/passwd').read())\n\
                  b = PromptTemplate.from_template(Path('../secret').read_text())\n\
                  c = PromptTemplate.from_file('../secret')\n";
    let file = files(
        "app/a.py",
        &[
            ("app/a.py", source),
            ("/etc/passwd", "token"),
            ("secret", "token"),
            ("app/../secret", "token"),
            ("../secret", "token"),
        ],
    );
    assert!(!format!("{}", inspect(&file)).contains("token"));
    assert!(!losses(&file).is_empty());
}

#[test]
fn deep_objects_are_cut() {
    let mut source = "from langchain_core.runnables import RunnableParallel, RunnablePassthrough\nc = RunnablePassthrough()\n".to_owned();
    source.push_str("for i in range(3000):\n    c = RunnableParallel(a=c)\n");
    let file = text("a.py", &source);
    assert!(inspect(&file).to_string().contains("nested too deeply"), "{}", losses(&file));
}

/// Every script, notebook and dump of the fixtures, by its path.
fn corpus() -> &'static [(String, String)] {
    static CORPUS: std::sync::LazyLock<Vec<(String, String)>> = std::sync::LazyLock::new(|| {
        let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut open = vec![here.join("tests/fixtures/langchain"), here.join("../tests/fixtures/langchain")];
        let mut all = vec![("dump.json".to_owned(), DUMP.to_owned())];
        while let Some(folder) = open.pop() {
            for path in std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()) {
                match path.extension().and_then(|e| e.to_str()) {
                    None if path.is_dir() => open.push(path),
                    Some(ending @ ("py" | "ipynb")) => {
                        all.push((format!("a.{ending}"), std::fs::read_to_string(&path).expect("text")));
                    }
                    _ => {}
                }
            }
        }
        all.sort();
        all
    });
    &CORPUS
}

/// A file with pieces cut out, doubled or replaced.
fn mutated() -> impl Strategy<Value = (String, String)> {
    let with = prop_oneof![
        "\\PC{0,12}".boxed(),
        prop::sample::select(vec![
            "",
            "(",
            ")",
            "[",
            "{",
            "\"",
            "'",
            "None",
            "| ",
            "lambda: ",
            "\n",
            "\n    ",
            "self",
            "*",
            "**",
            "END",
            "_type",
            "\"lc\": 1",
            "__reduce__",
            "../",
            "!!python/object/apply:os.system",
            ": ",
            "\u{feff}",
        ])
        .prop_map(str::to_owned)
        .boxed(),
    ];
    let edit = (0.0f64..1.0, 0usize..60, with, any::<bool>());
    (any::<prop::sample::Index>(), prop::collection::vec(edit, 1..6)).prop_map(|(index, edits)| {
        let (path, mut text) = index.get(corpus()).clone();
        for (at, len, with, doubled) in edits {
            let (start, end) = (boundary(&text, (text.len() as f64 * at) as usize), 0);
            let end = boundary(&text, start + len).max(end);
            let cut = text.get(start..end).unwrap_or_default().to_owned();
            text.replace_range(start..end, &if doubled { format!("{cut}{with}{cut}") } else { with });
        }
        (path, text)
    })
}

fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(150), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_files_are_read_and_lowered((path, source) in mutated()) {
        let file = text(&path, &source);
        prop_assert!(!file.objects.is_empty() || !file.losses.is_empty() || path.ends_with("py") || path.ends_with("ipynb"));
        inspect(&file);
        let vfs = MemoryVfs { files: [(path.clone(), source)].into() };
        let made = import(&vfs, &[path], &LangChainOptions::default());
        for mission in &made.missions {
            let parsed = rustchain_grammar::parse(&mission.text, rustchain_grammar::FileId(0));
            prop_assert!(parsed.diagnostics.is_empty(), "{}\n{:?}", mission.text, parsed.diagnostics);
        }
    }
}

/// What the functions of a file change is looked for once a function, not once a name that is read. Time that grew with the
/// square of their number would be felt here.
#[test]
fn many_nodes_read_a_value_of_the_file() {
    let mut text = String::from(
        "from typing import TypedDict\nfrom langgraph.graph import StateGraph, START\nLIMIT = 3\nclass S(TypedDict):\n    n: int\ng = StateGraph(S)\n",
    );
    for i in 0..1_500 {
        let before = if i == 0 { "START".to_owned() } else { format!("'f{}'", i - 1) };
        text.push_str(&format!(
            "def f{i}(state):\n    return {{'n': state['n'] + LIMIT}}\ng.add_node('f{i}', f{i})\ng.add_edge({before}, 'f{i}')\n"
        ));
    }
    text.push_str("app = g.compile()\n");
    let vfs = MemoryVfs { files: [("a.py".to_owned(), text)].into() };
    let made = import(&vfs, &["a.py".to_owned()], &LangChainOptions::default());
    assert_eq!(made.missions[0].text.matches("n: s.n + 3").count(), 1_500);
}

/// What stands in itself many times is written once a level, or refused: nothing doubles at each level.
#[test]
fn values_in_values_do_not_double() {
    let nested = |depth: usize, around: &dyn Fn(String) -> String| {
        (0..depth).fold("state['n']".to_owned(), |inner, _| around(inner))
    };
    for value in [
        nested(40, &|inner| format!("(1 if {inner} else 0)")),
        nested(40, &|inner| format!("(1 if {inner} is None else 0)")),
        nested(40, &|inner| format!("max({inner}, 1)")),
        nested(40, &|inner| format!("double({inner})")),
        nested(40, &|inner| format!("len(f'{{{inner}}}')")),
    ] {
        let source = format!(
            "from typing import TypedDict\nfrom langgraph.graph import StateGraph, START\nclass S(TypedDict):\n    n: int\ndef double(x):\n    return x + x\ndef f(state: S):\n    return {{'n': {value}}}\ng = StateGraph(S)\ng.add_node('f', f)\ng.add_edge(START, 'f')\napp = g.compile()\n"
        );
        let vfs = MemoryVfs { files: [("a.py".to_owned(), source)].into() };
        let made = import(&vfs, &["a.py".to_owned()], &LangChainOptions::default());
        let text = &made.missions[0].text;
        assert!(text.len() < 20_000, "{} bytes from {value}", text.len());
    }
}
