//! What holds for every input.

use crate::fixtures::all;
use rustchain_grammar::{FileId, Severity};
use rustchain_transpile::from::yaml::import;

/// Spans lie in their texts, at character borders; mission text parses.
fn check(name: &str, text: &str) {
    let result = import(FileId(0), name, text);
    for diagnostic in &result.diagnostics {
        let labels = std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary);
        for span in labels
            .map(|label| label.span)
            .chain(diagnostic.fixes.iter().flat_map(|f| &f.edits).map(|e| e.span))
        {
            assert!(text.get(span.range()).is_some(), "{name}: {diagnostic:?}");
        }
    }
    let Some(mission) = &result.mission_text else {
        assert!(
            result.diagnostics.iter().any(|d| d.severity == Severity::Error),
            "{name}: no text and no error"
        );
        return;
    };
    let parsed = rustchain_grammar::parse(mission, FileId(0));
    assert!(parsed.is_ok(), "{name}: {:#?}\n---- from\n{text}\n---- to\n{mission}", parsed.diagnostics);
    for (here, there) in &result.origins {
        assert!(mission.get(here.range()).is_some(), "{name}: {here:?}");
        assert!(text.get(there.range()).is_some(), "{name}: {there:?}");
    }
}

/// Every place of a small fixture, every eleventh of a large one.
fn stride(text: &str) -> usize {
    if text.len() < 700 { 1 } else { 11 }
}

#[test]
fn every_prefix_of_every_fixture_is_read_without_a_panic() {
    for (name, text) in all() {
        for (end, _) in text.char_indices().step_by(stride(&text)) {
            check(&name, &text[..end]);
        }
    }
}

#[test]
fn every_fixture_with_one_character_gone_is_read_without_a_panic() {
    for (name, text) in all() {
        for (at, c) in text.char_indices().step_by(stride(&text)) {
            let mutated = format!("{}{}", &text[..at], &text[at + c.len_utf8()..]);
            check(&name, &mutated);
        }
    }
}

#[test]
fn a_bomb_of_aliases_is_refused_in_bounded_time() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    let started = std::time::Instant::now();
    let result = import(FileId(0), "bomb.yaml", &text);
    assert!(result.mission_text.is_none());
    assert!(result.diagnostics[0].message.contains("aliases"), "{:?}", result.diagnostics);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn deep_nesting_is_refused() {
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000), "- ".repeat(5_000)] {
        for name in ["deep.yaml", "deep.json"] {
            assert!(import(FileId(0), name, &text).mission_text.is_none());
        }
    }
}

#[test]
fn aliases_in_aliases_nest_no_deeper_than_what_is_written_out() {
    let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(20), "]".repeat(20));
    let text = |levels: usize| {
        let mut text = format!("a0: &a0 {}\n", deep("x"));
        for level in 1..levels {
            text.push_str(&format!("a{level}: &a{level} {}\n", deep(&format!("*a{}", level - 1))));
        }
        let last = levels - 1;
        format!(
            "{text}version: '1.0'\nname: n\nsteps:\n  - id: s\n    name: s\n    step_type: noop\n    parameters: {{ value: *a{last} }}\n"
        )
    };
    check("aliases.yaml", &text(2));
    assert!(import(FileId(0), "aliases.yaml", &text(2)).mission_text.is_some());
    let refused = import(FileId(0), "aliases.yaml", &text(2_000));
    assert!(refused.diagnostics[0].message.contains("nested deeper"), "{:?}", refused.diagnostics);
}

#[test]
fn the_same_file_gives_the_same_text() {
    for (name, text) in all() {
        let first = import(FileId(0), &name, &text);
        let again = import(FileId(0), &name, &text);
        assert_eq!(first.mission_text, again.mission_text);
        assert_eq!(first.origins, again.origins);
        assert_eq!(first.diagnostics, again.diagnostics);
    }
}

/// Nothing that a mission gets from its YAML may be lost on the way: every literal of the text has a place.
#[test]
fn every_step_name_leads_back_to_the_yaml() {
    let text = "version: '1.0'\nname: n\nsteps:\n  - id: fetch_all\n    name: f\n    step_type: read_file\n    parameters:\n      path: data/in.txt\n";
    let result = import(FileId(0), "n.yaml", text);
    let mission = result.mission_text.expect("mission text");
    for word in ["fetch_all", "data/in.txt"] {
        let here = mission.find(word).expect(word) as u32;
        let here = rustchain_grammar::Span::new(here, here + word.len() as u32);
        let exact = result.origins.iter().any(|(h, there)| *h == here && &text[there.range()] == word);
        assert!(exact, "{word}: {:?}\n{mission}", result.origins);
    }
}

/// An expression of the language nests no deeper than some levels: what would becomes text, and is told.
#[test]
fn a_reference_of_a_thousand_parts_stays_text_and_is_told() {
    for long in [".b".repeat(1_000), "[0]".repeat(1_000), "|upper".repeat(1_000), "|first".repeat(1_000)] {
        let text = format!(
            "version: '1.0'\nname: n\nsteps:\n  - id: rows\n    name: r\n    step_type: csv_process\n    parameters:\n      operation: read\n      file_path: a.csv\n  - id: say\n    name: s\n    step_type: llm\n    condition: '{{{{rows.output{long}}}}} == 3'\n    parameters:\n      prompt: 'x {{{{rows.output{long}}}}}'\n"
        );
        check("long.yaml", &text);
        let result = import(FileId(0), "long.yaml", &text);
        let told = result.diagnostics.iter().any(|d| d.message.contains("stays text"));
        assert!(told, "{:?}", result.diagnostics);
    }
}

/// A number is written as the language writes it, however the YAML or a reference in it does.
#[test]
fn every_way_to_write_a_number_becomes_a_number_of_the_language() {
    let ways =
        ["07", "+7", "-7", "1.", ".5", "1.e3", "-9223372036854775808", "99999999999999999999", "1e400"];
    for number in ways {
        let text = format!(
            "version: '1.0'\nname: n\nvariables:\n  whole: {{ type: int, default: '{number}' }}\n  part: {{ type: float, default: '{number}' }}\nsteps:\n  - id: rows\n    name: r\n    step_type: csv_process\n    parameters: {{ file_path: a.csv }}\n  - id: get\n    name: g\n    step_type: http\n    condition: '{{{{whole}}}} == {number}'\n    parameters: {{ url: 'http://localhost/{{{{rows.records[{number}].name}}}}/{{{{rows.{number}}}}}', expected_status: '{number}' }}\n"
        );
        check("numbers.yaml", &text);
    }
}
