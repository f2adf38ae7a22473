//! JSON to values and back, with the messages that people read.

use crate::build::*;
use rustchain_plan::codec::{format_duration, parse_duration};
use rustchain_plan::{Type, Value, decode, decode_text, encode};
use serde_json::{Value as Json, json};

fn named(name: &str) -> Type {
    Type::Named(name.into())
}

#[test]
fn records_go_by_wire_names_and_fill_in_defaults() {
    let json = json!({"id": "T1", "from": "a@b", "received": "1970-01-01T01:00:01+01:00", "extra": [1]});
    let ticket = record(
        "Ticket",
        &[
            ("id", Value::string("T1")),
            ("from_email", Value::string("a@b")),
            ("received", Value::Timestamp(1_000_000_000)),
            ("note", Value::Null),
        ],
    );
    assert_eq!(decode(&json, &named("Ticket"), &schemas()), Ok(ticket.clone()));
    assert_eq!(
        encode(&ticket, &schemas()),
        json!({"id": "T1", "from": "a@b", "received": "1970-01-01T00:00:01Z", "note": null})
    );
    let json = json!({"severity": "CRIT", "summary": "down", "confidence": 1});
    let verdict = decode(&json, &named("Verdict"), &schemas()).expect("a verdict");
    assert_eq!(
        encode(&verdict, &schemas()),
        json!({"severity": "CRIT", "summary": "down", "confidence": 1.0, "tags": []})
    );
}

#[test]
fn failures_say_where_and_what() {
    let list = named("Verdict").list();
    let shape = Type::Record([("items".into(), list)].into());
    let with = |change: fn(&mut Json)| {
        let good = json!({"severity": "low", "summary": "s", "confidence": 0.5});
        let mut bad = good.clone();
        change(&mut bad);
        decode(&json!({"items": [good, bad]}), &shape, &schemas()).expect_err("a failure").to_string()
    };
    let scalar = |json: Json, ty: Type| decode(&json, &ty, &schemas()).expect_err("a failure").to_string();
    let all = [
        with(|v| v["severity"] = json!("urgent")),
        with(|v| v["severity"] = json!(3)),
        with(|v| v["summary"] = json!(null)),
        with(|v| v["summary"] = json!("this is more than twenty characters long, so it is cut")),
        with(|v| v["confidence"] = json!(1.5)),
        with(|v| v["confidence"] = json!("high")),
        with(|v| v["tags"] = json!(["a", {}])),
        with(|v| *v = json!([])),
        with(|v| drop(v.as_object_mut().map(|v| v.remove("summary")))),
        scalar(json!(1.5), Type::Int),
        scalar(json!(9_223_372_036_854_775_808_u64), Type::Int),
        scalar(json!("yesterday"), Type::Timestamp),
        scalar(json!("1600-01-01T00:00:00Z"), Type::Timestamp),
        scalar(json!("5 minutes"), Type::Duration),
        scalar(json!("example.com"), Type::Url),
        scalar(json!("***"), Type::Bytes),
        scalar(json!({"odd key": 1}), Type::String.map()),
        scalar(json!(1), Type::Unit),
        scalar(json!(1), Type::Tool),
        scalar(json!(1), named("Nowhere")),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn deep_json_is_refused() {
    let mut json = json!({"name": "leaf"});
    for _ in 0..5_000 {
        let children = ("children".to_owned(), Json::Array(vec![json]));
        json = Json::Object([("name".to_owned(), Json::from("n")), children].into_iter().collect());
    }
    let error = decode(&json, &named("Tree"), &schemas()).expect_err("too deep");
    assert_eq!(error.message, "nested too deeply");
    // Dropping a value of this depth needs a stack as well.
    while let Some(inner) = json.get_mut("children").and_then(|c| c.get_mut(0)).map(Json::take) {
        json = inner;
    }
}

#[test]
fn texts_of_a_command_line() {
    let read = |text: &str, ty: Type| decode_text(text, &ty, &schemas());
    assert_eq!(read("3", Type::Int), Ok(Value::Int(3)));
    assert_eq!(read("3", Type::String), Ok(Value::string("3")));
    assert_eq!(read("CRIT", named("Severity").optional()), Ok(severity("critical")));
    assert_eq!(read("[1, 2]", Type::Int.list()), Ok(ints(&[1, 2])));
    assert_eq!(read("90s", Type::Duration), Ok(Value::Duration(90_000_000_000)));
    assert_eq!(read("null", Type::Int.optional()), Ok(Value::Null));
    let error = read("three", Type::Int).expect_err("no int");
    assert_eq!(error.to_string(), "at $: expected int: expected ident at line 1 column 2");
}

#[test]
fn durations() {
    const S: i64 = 1_000_000_000;
    for (text, nanoseconds) in [
        ("90s", 90 * S),
        ("1h30m", 5_400 * S),
        ("1.5s", 1_500_000_000),
        ("250ms", 250_000_000),
        ("1d", 86_400 * S),
        ("PT1M30S", 90 * S),
        ("P1DT0.5S", 86_400 * S + 500_000_000),
        ("P1W", 604_800 * S),
        ("-5m", -300 * S),
        ("0s", 0),
    ] {
        assert_eq!(parse_duration(text), Some(nanoseconds), "{text}");
        assert_eq!(parse_duration(&format_duration(nanoseconds)), Some(nanoseconds));
        let json = encode(&Value::Duration(nanoseconds), &schemas());
        assert_eq!(decode(&json, &Type::Duration, &schemas()), Ok(Value::Duration(nanoseconds)));
    }
    for wrong in
        ["", "5", "s", "1x", "1s1s", "1s1h", "1..5s", "P", "PT", "PT5", "1e3s", "1000000000d", "--1s"]
    {
        assert_eq!(parse_duration(wrong), None, "{wrong}");
    }
    assert_eq!(encode(&Value::Duration(i64::MIN), &schemas()), json!("-P106751DT23H47M16.854775808S"));
    assert_eq!(parse_duration(&format_duration(i64::MIN)), Some(i64::MIN));
}
