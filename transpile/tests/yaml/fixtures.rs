//! Each fixture: its mission text, and what is said in the YAML.

use rustchain_grammar::{Diagnostic, FileId};
use rustchain_transpile::from::yaml::{YamlImport, import};
use std::path::PathBuf;

/// A fixture's name and text.
pub fn fixture(name: &str) -> String {
    let path = folder().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// All fixtures, by name.
pub fn all() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder()).expect("the folder of fixtures");
    let mut names: Vec<String> = entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    assert!(names.len() > 10, "too few fixtures: {names:?}");
    names.into_iter().map(|name| (name.clone(), fixture(&name))).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/yaml")
}

/// `line:column code severity message`, the marked text, and what goes with it.
fn render(text: &str, diagnostic: &Diagnostic) -> String {
    let span = diagnostic.primary.span;
    let place = |offset: u32| {
        let before = &text[..offset as usize];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        format!("{line}:{column}")
    };
    let marked = text[span.range()].replace('\n', "⏎");
    let mut out = format!(
        "{} {} {:?}: {}\n    at `{marked}`",
        place(span.start),
        diagnostic.code,
        diagnostic.severity,
        diagnostic.message
    );
    if !diagnostic.primary.message.is_empty() {
        out.push_str(&format!(" {}", diagnostic.primary.message));
    }
    for label in &diagnostic.secondary {
        out.push_str(&format!(
            "\n    and {} `{}` {}",
            place(label.span.start),
            &text[label.span.range()],
            label.message
        ));
    }
    for note in &diagnostic.notes {
        out.push_str(&format!("\n    note: {note}"));
    }
    if let Some(help) = &diagnostic.help {
        out.push_str(&format!("\n    help: {help}"));
    }
    for fix in &diagnostic.fixes {
        let edits: Vec<String> = fix
            .edits
            .iter()
            .map(|e| format!("{} {:?} -> {:?}", place(e.span.start), &text[e.span.range()], e.text))
            .collect();
        out.push_str(&format!("\n    fix ({:?}): {}: {}", fix.applicability, fix.title, edits.join("; ")));
    }
    out
}

fn show(text: &str, import: &YamlImport) -> String {
    let said: Vec<String> = import.diagnostics.iter().map(|d| render(text, d)).collect();
    let mission = import.mission_text.as_deref().unwrap_or("(no text)\n");
    format!("{mission}---- {:?}\n{}", import.report, said.join("\n"))
}

#[test]
fn each_fixture_as_mission_text() {
    for (name, text) in all() {
        let result = import(FileId(0), &format!("missions/{name}"), &text);
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name.replace('.', "_"), show(&text, &result));
        });
    }
}
