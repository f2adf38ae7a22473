//! Random tokens: no panic, no byte lost; what has no fault formats to a fixed point with the same AST.

use crate::files::ast_without_places;
use proptest::prelude::*;
use rustchain_grammar::{FileId, format, parse};

const TOKENS: &[&str] = &[
    "mission",
    "m",
    "step",
    "x",
    "=",
    "f",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\n",
    "\n",
    " ",
    " ",
    "\"a\"",
    "\"a ${",
    "\"",
    "\"\"\"",
    "1",
    "2s",
    "1h30m",
    "@2026-01-01",
    "+",
    "-",
    "*",
    "/",
    "%",
    "&&",
    "||",
    "??",
    "==",
    "<",
    ">",
    "<=",
    "in",
    "for",
    "if",
    "then",
    "else",
    "match",
    "loop",
    "until",
    "from",
    "max",
    "with",
    "after",
    "when",
    "on",
    "error",
    "retry",
    "timeout",
    "use",
    "skip",
    "policy",
    "allow",
    "net.read",
    "let",
    "record",
    "R",
    "enum",
    "E",
    "type",
    "T",
    "list",
    "?",
    "?.",
    ".",
    "..",
    "->",
    "=>",
    "|",
    "!",
    "null",
    "true",
    "///",
    "//",
    "//!",
    "`a b`",
    "chain",
    "agent",
    "tool",
    "test",
    "mock",
    "expect",
    "given",
    "return",
    "input",
    "output",
    "\\",
    "$",
    "é",
    "group",
    "id",
];

fn soup() -> impl Strategy<Value = String> {
    let token = proptest::sample::select(TOKENS);
    proptest::collection::vec((token, any::<bool>()), 0..60).prop_map(|tokens| {
        tokens
            .into_iter()
            .map(|(token, is_apart)| format!("{token}{}", if is_apart { " " } else { "" }))
            .collect()
    })
}

/// Statements that are nearly right.
fn statements() -> impl Strategy<Value = String> {
    let expr = proptest::sample::select(vec![
        "a",
        "f(x: 1)",
        "f(\n  x: 1\n)",
        "[a for a in b if c]",
        "a + b * c",
        "-a",
        "{ a: 1, b: [2] }",
        "R { ..s }",
        "\"${a} b\"",
        "\"\"\"\n   a\n     b\n   \"\"\"",
        "if a then b else c",
        "match a { b => c, _ => d }",
        "for x in xs { x }",
        "a.b?.c[0]",
        "1h30m",
        "f<T>(a)",
        "a // note\n",
        "(a\n)",
        "bash\"\"\"x\"\"\"",
        "loop s from a until b { c }",
        "for x in xs {\n step y = x\n y }",
    ]);
    let op = proptest::sample::select(vec![" + ", " && ", "\n  ?? ", " == ", " in ", "\n - "]);
    let value = (expr.clone(), proptest::collection::vec((op, expr), 0..3)).prop_map(|(first, rest)| {
        rest.into_iter().fold(first.to_owned(), |sum, (op, e)| format!("{sum}{op}{e}"))
    });
    let clause = proptest::sample::select(vec![
        "",
        " with { timeout 1s }",
        " with {\n after [a], when b\n }",
        " // behind",
        "\n\n// own",
    ]);
    proptest::collection::vec((value, clause), 0..6).prop_map(|lines| {
        let lines: String =
            lines.iter().map(|(value, clause)| format!("step a = {value}{clause}\n")).collect();
        format!("mission m {{\n{lines}}}\n")
    })
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let parsed = parse(text, FileId(0));
    prop_assert_eq!(parsed.tree().to_string(), text);
    let Ok(once) = format(text) else { return Ok(()) };
    let again = match format(&once.text) {
        Ok(again) => again.text,
        Err(found) => return Err(TestCaseError::fail(format!("{:?} in {}", found, once.text))),
    };
    prop_assert_eq!(&again, &once.text);
    prop_assert_eq!(ast_without_places(&once.text), ast_without_places(text));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_tokens(text in soup()) {
        check(&text)?;
    }

    #[test]
    fn random_tokens_in_a_mission(text in soup()) {
        check(&format!("mission m {{\n{text}\n}}\n"))?;
    }

    #[test]
    fn random_statements(text in statements()) {
        check(&text)?;
    }

    #[test]
    fn random_text(text in ".{0,80}") {
        check(&text)?;
    }
}
