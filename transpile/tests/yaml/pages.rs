//! The pages of this importer's codes: each bad example gives its code, each good one nothing at all.

use rustchain_grammar::FileId;
use rustchain_transpile::from::yaml::import;
use std::path::Path;

/// The fenced YAML of a section.
fn example(page: &str, section: &str) -> String {
    let (_, after) = page.split_once(&format!("## {section}")).expect("the section");
    let (_, fenced) = after.split_once("```yaml\n").expect("a block of YAML");
    fenced.split_once("```").expect("the end of the block").0.to_string()
}

#[test]
fn every_page_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler/explain");
    for number in std::iter::once(701).chain(720..=729) {
        let code = format!("RC0{number}");
        let page = std::fs::read_to_string(folder.join(format!("{code}.md"))).expect("the page");
        assert!(page.starts_with(&format!("# {code}: ")));
        let codes = |section: &str| -> Vec<&'static str> {
            let diagnostics = import(FileId(0), "m.yaml", &example(&page, section)).diagnostics;
            diagnostics.iter().map(|d| d.code).collect()
        };
        let bad = codes("Bad");
        assert!(!bad.is_empty() && bad.iter().all(|c| *c == code), "{code}: {bad:?}");
        assert!(codes("Good").is_empty(), "{code}: {:?}", codes("Good"));
    }
}
