//! Templates and the text of their holes.

use crate::build::*;
use rustchain_plan::Value;
use rustchain_plan::expr::TemplateForm;
use serde_json::json;

fn shown(v: Value) -> String {
    match run(&template(TemplateForm::String, "${}", vec![value(v)])) {
        Ok(Value::String(text)) => text.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn holes_render_values() {
    let verdict = record("Ticket", &[("id", Value::string("T1")), ("from_email", Value::string("a@b"))]);
    let cases = [
        (Value::Bool(true), "true"),
        (Value::Int(-5), "-5"),
        (Value::Float(1.0), "1.0"),
        (Value::Float(0.1), "0.1"),
        (Value::Timestamp(0), "1970-01-01T00:00:00Z"),
        (Value::Timestamp(1_500_000_000), "1970-01-01T00:00:01.5Z"),
        (Value::Duration(5_400_000_000_000), "1h30m"),
        (Value::Duration(-1_500_000_000), "-1s500ms"),
        (severity("critical"), "CRIT"),
        (Value::Path("a b".into()), "a b"),
        (Value::Null, "null"),
        (Value::json(json!({"a": "b"})), r#"{"a":"b"}"#),
        (Value::json(json!("quoted")), r#""quoted""#),
        (strings(&["a", "\""]), r#"["a","\""]"#),
        (verdict, r#"{"from":"a@b","id":"T1"}"#),
    ];
    for (value, text) in cases {
        assert_eq!(shown(value), text);
    }
}

fn url(pattern: &str, holes: &[&str]) -> Result<String, String> {
    made(TemplateForm::Url, pattern, holes)
}

fn path(pattern: &str, holes: &[&str]) -> Result<String, String> {
    made(TemplateForm::Path, pattern, holes)
}

fn made(form: TemplateForm, pattern: &str, holes: &[&str]) -> Result<String, String> {
    let holes = holes.iter().map(|h| text(h)).collect();
    match run(&template(form, pattern, holes)) {
        Ok(value) => Ok(value.as_text().expect("a text").to_owned()),
        Err(error) => Err(error.message),
    }
}

#[test]
fn holes_of_a_url_are_encoded_by_position() {
    let ok = |text: &str| Ok(text.to_owned());
    assert_eq!(
        url("${}/t?since=${}", &["https://a.example", "a b&c"]),
        ok("https://a.example/t?since=a%20b%26c")
    );
    assert_eq!(url("https://a.example/x/${}/y", &["a/b?c#d"]), ok("https://a.example/x/a%2Fb%3Fc%23d/y"));
    assert_eq!(url("https://a.example/${}", &["ö"]), ok("https://a.example/%C3%B6"));
    assert_eq!(url("https://${}.example/", &["evil.com/"]), ok("https://evil.com%2F.example/"));
    assert_eq!(url("https://a.example/x${}", &["..y"]), ok("https://a.example/x..y"));
    assert_eq!(url("https://a.example/?p=${}", &[".."]), ok("https://a.example/?p=.."));
}

#[test]
fn a_hole_cannot_turn_a_url_or_a_path() {
    for result in [
        url("https://a.example/x/${}", &[".."]),
        url("https://a.example/x/${}/y", &["."]),
        url("https://a.example/x/.${}", &["."]),
        url("https://a.example/x/${}${}", &[".", "."]),
        path("out/${}", &["../secret"]),
        path("out/${}/x", &[""]),
        path("out/${}", &["a/../../b"]),
        path("out/.${}", &["./b"]),
        path("out/${}", &["a/"]),
    ] {
        let message = result.expect_err("a refusal");
        assert!(message.starts_with("a hole makes"), "{message}");
    }
    assert_eq!(path("${}/x", &["../shared"]), Ok("../shared/x".to_owned()));
    assert_eq!(path("out/${}.md", &["a/b"]), Ok("out/a/b.md".to_owned()));
    assert_eq!(path("out/a${}.md", &[""]), Ok("out/a.md".to_owned()));
}
