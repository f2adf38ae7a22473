//! Hostile and broken input: no panic, bounded work, nothing outside the folder.

use crate::{files, losses, text};
use proptest::prelude::*;
use rustchain_transpile::from::langchain::inspect;

const SCRIPT: &str = include_str!("../fixtures/langchain/support_desk.py");
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

/// Source with a piece cut out, doubled or replaced.
fn mutated(base: &'static str) -> impl Strategy<Value = String> {
    (
        0..base.len(),
        0..60usize,
        prop_oneof![
            Just("".to_owned()),
            Just("(".to_owned()),
            Just("None".to_owned()),
            Just("| ".to_owned()),
            "\\PC{0,12}"
        ],
    )
        .prop_map(move |(start, len, with)| {
            let at = |mut i: usize| {
                i = i.min(base.len());
                while !base.is_char_boundary(i) {
                    i -= 1;
                }
                i
            };
            let (a, b) = (at(start), at(start + len));
            format!("{}{with}{}", &base[..a], &base[b..])
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 150 } else { 5_000 }))]

    #[test]
    fn mutated_scripts_are_read(source in mutated(SCRIPT)) {
        inspect(&text("a.py", &source));
    }

    #[test]
    fn mutated_json_is_read(source in mutated(DUMP)) {
        let file = text("a.json", &source);
        prop_assert!(!file.objects.is_empty() || !file.losses.is_empty());
        inspect(&file);
    }
}
