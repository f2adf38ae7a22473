//! `docs/findings.md`: every finding over the gallery, the worked translations and missions of the older form is judged.

use crate::project::{Project, repository};
use std::collections::{BTreeMap, BTreeSet};

const FOLDERS: [&str; 3] = ["missions", "compiler/tests/fixtures/samples", "transpile/tests/fixtures/yaml"];

/// File, code, severity and how often.
type Row = (String, String, String, String);

fn found() -> BTreeSet<Row> {
    let root = repository();
    let project = Project::new();
    let folders = FOLDERS.map(|folder| root.join(folder).display().to_string());
    let arguments =
        [&["check", "--no-cache", "--format", "json"], &folders.each_ref().map(String::as_str)[..]];
    let report = project.json(1, &arguments.concat());
    let mut times: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    for finding in report["diagnostics"].as_array().expect("diagnostics") {
        let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
        let file = text(&finding["location"]["file"]);
        let file =
            file.rsplit_once(&format!("{}/", root.display())).map_or(file.as_str(), |(_, inside)| inside);
        *times.entry((file.to_owned(), text(&finding["code"]), text(&finding["severity"]))).or_default() += 1;
    }
    times.into_iter().map(|((file, code, severity), n)| (file, code, severity, n.to_string())).collect()
}

/// The rows of the table with what was judged.
fn judged() -> Vec<(Row, String)> {
    let page = std::fs::read_to_string(repository().join("docs/findings.md")).expect("the page");
    let rows = page.lines().skip_while(|line| !line.starts_with("|--")).skip(1);
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').splitn(5, '|').map(str::trim).collect();
        let [file, code, severity, times, verdict] = cells[..] else { panic!("five cells: {line}") };
        ((file.into(), code.into(), severity.into(), times.into()), verdict.to_owned())
    })
    .collect()
}

#[test]
fn every_finding_is_judged_and_none_at_high_is_false() {
    let judged = judged();
    let rows: BTreeSet<Row> = judged.iter().map(|(row, _)| row.clone()).collect();
    assert_eq!(rows.len(), judged.len(), "a row stands twice");
    let found = found();
    let unjudged: Vec<&Row> = found.difference(&rows).collect();
    let stale: Vec<&Row> = rows.difference(&found).collect();
    assert!(
        unjudged.is_empty() && stale.is_empty(),
        "without a row: {unjudged:#?}\nrows without a finding: {stale:#?}"
    );
    for ((file, code, severity, _), verdict) in &judged {
        assert!(verdict.starts_with("true: ") || verdict.starts_with("false: "), "{file} {code}: {verdict}");
        assert!(
            verdict.starts_with("true: ") || !matches!(severity.as_str(), "high" | "error"),
            "{file} {code}: {verdict}"
        );
    }
}
