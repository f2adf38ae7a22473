//! The formatter: a fixed point, the same AST, comments kept, ranges that point at the same tokens.

use crate::files::{ast_without_places, fixture, fixtures};
use rustchain_grammar::{FileId, Span, WIDTH, format, parse};

fn formatted(text: &str) -> String {
    format(text).expect("the text has no syntax errors").text
}

#[test]
fn fixtures_in_the_canonical_style_stay_as_they_are() {
    for name in ["declarations", "steps", "literals", "functions", "strings"] {
        let text = fixture(name);
        assert_eq!(formatted(&text), text, "{name}");
    }
}

#[test]
fn formatting_twice_changes_nothing() {
    for (name, text) in fixtures("fixtures") {
        for variant in [text.clone(), squeezed(&text), text.replace('\n', "\r\n"), text.replace("  ", "\t")] {
            let Ok(once) = format(&variant) else { continue };
            assert_eq!(formatted(&once.text), once.text, "{name}");
        }
    }
}

#[test]
fn formatting_keeps_the_ast() {
    for (name, text) in fixtures("fixtures") {
        for variant in [text.clone(), squeezed(&text), text.replace('\n', "\r\n")] {
            let Ok(once) = format(&variant) else { continue };
            assert_eq!(ast_without_places(&once.text), ast_without_places(&variant), "{name}");
        }
    }
}

#[test]
fn formatting_keeps_comments() {
    let text = fixture("comments");
    let comments = |text: &str| -> Vec<String> {
        text.lines().filter_map(|l| l.find("//").map(|at| l[at..].trim_end().to_owned())).collect()
    };
    assert_eq!(comments(&formatted(&text)), comments(&text));
    insta::assert_snapshot!(formatted(&text));
}

#[test]
fn long_lines_are_broken() {
    let text = r#"
mission m {
  step long_name = http.post<json>(url: "https://a.example/api/escalate", body: { count: len(urgent), cause: cause?.cause ?? "none" }, key: "k")
  step with_clauses = noop() with { after [first_step, second_step, third_step], trigger all_success, when first_step == 1 && x }
  let sum = first_operand_of_many * 2 + second_operand_of_many + third_operand_of_many && another_condition_here || the_last_one
  let chosen = if a_rather_long_condition_here then a_rather_long_value_for_it else if another_condition then b else c_value
  let wrapped = first_of([anthropic("claude-sonnet-4", temperature: 0.2), anthropic("claude-sonnet-4", temperature: 0.3), fast])
}
tool print_greetings(english: list<string>, german: list<string>, french: list<string>) -> unit = python("tasks/greet.py:print")
"#;
    let once = formatted(text);
    assert!(once.lines().all(|line| line.chars().count() <= WIDTH), "{once}");
    assert_eq!(formatted(&once), once);
    assert_eq!(ast_without_places(&once), ast_without_places(text));
    insta::assert_snapshot!(once);
}

#[test]
fn a_file_with_syntax_errors_is_refused() {
    let found = format("mission m {").expect_err("the brace is missing");
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), ["RC0002"]);
}

#[test]
fn an_empty_file_stays_empty() {
    assert_eq!(formatted(""), "");
    assert_eq!(formatted("\n\n"), "");
    assert_eq!(formatted("// only a comment"), "// only a comment\n");
}

#[test]
fn ranges_point_at_the_same_text() {
    for (name, text) in fixtures("fixtures") {
        let squeezed = squeezed(&text);
        let done = format(&squeezed).expect("the fixture has no syntax errors");
        let mut last = Span::default();
        for (output, input) in done.ranges.iter() {
            assert_eq!(done.text[output.range()], squeezed[input.range()], "{name}");
            assert!(last.end <= output.start, "{name}: in order");
            assert_eq!(done.ranges.input_of(output), Some(input), "{name}");
            assert_eq!(done.ranges.output_of(input), Some(output), "{name}");
            last = output;
        }
    }
}

#[test]
fn a_range_over_several_tokens_is_mapped_as_a_whole() {
    let text = "let a = f( x:1 )\n";
    let done = format(text).expect("the text has no syntax errors");
    assert_eq!(done.text, "let a = f(x: 1)\n");
    let call = Span::new(8, 15);
    assert_eq!(&done.text[call.range()], "f(x: 1)");
    let input = done.ranges.input_of(call).expect("it has tokens");
    assert_eq!(&text[input.range()], "f( x:1 )");
    assert_eq!(done.ranges.output_of(input), Some(call));
    assert_eq!(done.ranges.input_of(Span::new(5, 5)), Some(Span::new(5, 5)));
}

/// The same program with other blanks: no indent outside strings, one blank between tokens.
fn squeezed(text: &str) -> String {
    let tree = parse(text, FileId(0)).tree();
    let tokens = tree.descendants_with_tokens().filter_map(|e| e.into_token());
    let mut out = String::new();
    for token in tokens {
        let is_blank = token.kind() == rustchain_grammar::SyntaxKind::WHITESPACE;
        match token.text() {
            blank if is_blank && blank.contains('\n') => out.push('\n'),
            _ if is_blank => out.push(' '),
            text => out.push_str(text),
        }
    }
    out
}
