//! The pages of the syntax codes: the bad example has the code, the good one is without fault.

use rustchain_grammar::{FileId, parse};
use std::path::Path;

/// The `mission` block under a heading.
fn example(page: &str, heading: &str) -> String {
    let section = page.split(heading).nth(1).expect("the section is there");
    let block = section.split("```mission\n").nth(1).expect("it has an example");
    block.split("```").next().unwrap_or_default().to_owned()
}

#[test]
fn examples_of_the_pages_do_what_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler/explain");
    for code in ["RC0001", "RC0002", "RC0003", "RC0004", "RC0005", "RC0006", "RC0007", "RC0008", "RC0009"] {
        let page = std::fs::read_to_string(folder.join(format!("{code}.md"))).expect("every code has a page");
        assert!(page.starts_with(&format!("# {code}: ")), "{code}");
        let found = parse(&example(&page, "## Bad"), FileId(0)).diagnostics;
        assert!(!found.is_empty() && found.iter().all(|d| d.code == code), "{code}: {found:?}");
        assert_eq!(parse(&example(&page, "## Good"), FileId(0)).diagnostics, [], "{code}");
    }
}
