//! The pure functions: each against its signature, and by example.

use crate::build::*;
use rustchain_plan::eval::FUNCTIONS;
use rustchain_plan::expr::Expr;
use rustchain_plan::{ErrorKind, Value};
use serde_json::json;
use std::collections::BTreeMap;

/// Names and numbers of parameters of every `pure fn` of a file of signatures.
fn declared(source: &str) -> BTreeMap<&str, usize> {
    let heads = source.lines().filter_map(|line| line.strip_prefix("pure fn "));
    heads
        .map(|head| {
            let (name, rest) = head.split_once('(').expect("parameters");
            let params = rest.rsplit_once(") ->").expect("a result").0;
            let name = name.split('<').next().expect("a name");
            (name, params.matches(':').count())
        })
        .collect()
}

#[test]
fn every_signature_has_its_function_and_the_other_way_round() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../stdlib/pure.mission");
    let source = std::fs::read_to_string(path).expect("the signatures");
    let implemented: BTreeMap<&str, usize> = FUNCTIONS.into_iter().collect();
    assert_eq!(implemented, declared(&source));
    assert!(FUNCTIONS.is_sorted(), "the table is searched by halving");
}

fn f(function: &str, args: &[Value]) -> Value {
    let args: Vec<Expr> = args.iter().cloned().map(value).collect();
    run(&call(function, args)).unwrap_or_else(|e| panic!("{function}: {e}"))
}

fn fails(function: &str, args: &[Value]) -> ErrorKind {
    let args: Vec<Expr> = args.iter().cloned().map(value).collect();
    run(&call(function, args)).expect_err("a failure").kind
}

fn s(text: &str) -> Value {
    Value::string(text)
}

fn n(number: i64) -> Value {
    Value::Int(number)
}

fn x(number: f64) -> Value {
    Value::Float(number)
}

#[test]
fn text() {
    let cases: Vec<(&str, Vec<Value>, Value)> = vec![
        ("lower", vec![s("ÄB")], s("äb")),
        ("upper", vec![s("ß")], s("SS")),
        ("trim", vec![s(" \n a ")], s("a")),
        ("split", vec![s("a,b,"), s(",")], strings(&["a", "b", ""])),
        ("split", vec![s("aö"), s("")], strings(&["a", "ö"])),
        ("lines", vec![s("a\r\nb\n")], strings(&["a", "b"])),
        ("words", vec![s("  a  b ")], strings(&["a", "b"])),
        ("join", vec![strings(&["a", "b"]), s("-")], s("a-b")),
        ("replace", vec![s("aXaX"), s("X"), s("yy")], s("ayyayy")),
        ("starts_with", vec![s("abc"), s("ab")], Value::Bool(true)),
        ("ends_with", vec![s("abc"), s("ab")], Value::Bool(false)),
        ("substring", vec![s("häuser"), n(1), n(3)], s("äu")),
        ("substring", vec![s("häuser"), n(-3), Value::Null], s("ser")),
        ("substring", vec![s("abc"), n(2), n(100)], s("c")),
        ("substring", vec![s("abc"), n(2), n(1)], s("")),
        ("repeat", vec![s("ab"), n(3)], s("ababab")),
        ("truncate", vec![s("abcdef"), n(4), s("…")], s("abc…")),
        ("truncate", vec![s("abcd"), n(4), s("…")], s("abcd")),
        ("truncate", vec![s("abcd"), n(1), s("...")], s(".")),
        ("pad_start", vec![s("7"), n(3), s("0")], s("007")),
        ("pad_end", vec![s("a"), n(4), s("xy")], s("axyx")),
        ("indent", vec![s("a\n\nb\n"), s("> ")], s("> a\n\n> b\n")),
        ("before", vec![s("a=b=c"), s("=")], s("a")),
        ("after", vec![s("a=b=c"), s("=")], s("b=c")),
        ("after", vec![s("abc"), s("=")], s("")),
    ];
    for (function, args, expected) in cases {
        assert_eq!(f(function, &args), expected, "{function}({args:?})");
    }
    assert_eq!(fails("repeat", &[s("a"), n(-1)]), ErrorKind::Arithmetic);
    assert_eq!(fails("join", &[ints(&[1]), s("")]), ErrorKind::Invalid);
}

#[test]
fn lists_and_maps() {
    let map = |entries: &[(&str, i64)]| {
        let entries = entries.iter().map(|(k, v)| ((*k).into(), n(*v))).collect();
        Value::Map(std::sync::Arc::new(entries))
    };
    let bools = |items: &[bool]| Value::list(items.iter().map(|b| Value::Bool(*b)).collect());
    let cases: Vec<(&str, Vec<Value>, Value)> = vec![
        ("len", vec![s("äö")], n(2)),
        ("len", vec![map(&[("a", 1)])], n(1)),
        ("get", vec![ints(&[1, 2]), n(-1)], n(2)),
        ("get", vec![ints(&[1, 2]), n(2)], Value::Null),
        ("lookup", vec![map(&[("a", 1)]), s("b")], Value::Null),
        ("keys", vec![map(&[("b", 1), ("a", 2)])], strings(&["a", "b"])),
        ("values", vec![map(&[("b", 1), ("a", 2)])], ints(&[2, 1])),
        ("merge", vec![map(&[("a", 1), ("b", 1)]), map(&[("b", 2)])], map(&[("a", 1), ("b", 2)])),
        ("first", vec![ints(&[])], Value::Null),
        ("last", vec![ints(&[1, 2])], n(2)),
        ("take", vec![ints(&[1, 2]), n(5)], ints(&[1, 2])),
        ("drop", vec![ints(&[1, 2]), n(1)], ints(&[2])),
        ("drop", vec![ints(&[1, 2]), n(5)], ints(&[])),
        ("reverse", vec![ints(&[1, 2])], ints(&[2, 1])),
        ("sort", vec![ints(&[3, 1, 2])], ints(&[1, 2, 3])),
        (
            "sort",
            vec![Value::list(vec![severity("high"), severity("low")])],
            Value::list(vec![severity("low"), severity("high")]),
        ),
        ("unique", vec![ints(&[1, 2, 1])], ints(&[1, 2])),
        ("unique", vec![strings(&["b", "a", "b"])], strings(&["b", "a"])),
        ("flatten", vec![Value::list(vec![ints(&[1]), ints(&[]), ints(&[2])])], ints(&[1, 2])),
        ("chunks", vec![ints(&[1, 2, 3]), n(2)], Value::list(vec![ints(&[1, 2]), ints(&[3])])),
        ("range", vec![n(-1), n(2)], ints(&[-1, 0, 1])),
        ("range", vec![n(2), n(2)], ints(&[])),
        ("index_of", vec![ints(&[5, 6]), n(6)], n(1)),
        ("count", vec![ints(&[5, 6, 5]), n(5)], n(2)),
        ("sum", vec![ints(&[])], n(0)),
        ("sum", vec![ints(&[1, 2])], n(3)),
        ("min", vec![ints(&[2, 1])], n(1)),
        ("max", vec![strings(&["a", "c", "b"])], s("c")),
        ("max", vec![ints(&[])], Value::Null),
        ("all", vec![bools(&[true, false])], Value::Bool(false)),
        ("any", vec![bools(&[true, false])], Value::Bool(true)),
    ];
    for (function, args, expected) in cases {
        assert_eq!(f(function, &args), expected, "{function}({args:?})");
    }
    assert_eq!(fails("chunks", &[ints(&[1]), n(0)]), ErrorKind::Arithmetic);
    assert_eq!(fails("sum", &[ints(&[i64::MAX, 1])]), ErrorKind::Arithmetic);
    assert_eq!(fails("sort", &[Value::list(vec![n(1), s("a")])]), ErrorKind::Invalid);
}

#[test]
fn numbers() {
    let cases: Vec<(&str, Vec<Value>, Value)> = vec![
        ("abs", vec![n(-3)], n(3)),
        ("abs", vec![x(-0.5)], x(0.5)),
        ("round", vec![x(-2.5)], n(-3)),
        ("floor", vec![x(-0.5)], n(-1)),
        ("ceil", vec![x(0.2)], n(1)),
        ("decimals", vec![x(2.345), n(1)], s("2.3")),
        ("pow", vec![x(2.0), x(10.0)], x(1024.0)),
        ("sqrt", vec![x(9.0)], x(3.0)),
        ("clamp", vec![n(7), n(0), n(5)], n(5)),
        ("to_int", vec![s(" 42 ")], n(42)),
        ("to_float", vec![s("1e3")], x(1000.0)),
    ];
    for (function, args, expected) in cases {
        assert_eq!(f(function, &args), expected, "{function}({args:?})");
    }
    assert_eq!(fails("abs", &[n(i64::MIN)]), ErrorKind::Arithmetic);
    assert_eq!(fails("round", &[x(1e19)]), ErrorKind::Arithmetic);
    assert_eq!(fails("floor", &[x(9_223_372_036_854_775_808.0)]), ErrorKind::Arithmetic);
    assert_eq!(fails("pow", &[x(-1.0), x(0.5)]), ErrorKind::Arithmetic);
    assert_eq!(fails("sqrt", &[x(-1.0)]), ErrorKind::Arithmetic);
    assert_eq!(fails("clamp", &[n(1), n(5), n(0)]), ErrorKind::Arithmetic);
    assert_eq!(fails("to_int", &[s("4.2")]), ErrorKind::ParseError);
    assert_eq!(fails("to_float", &[s("inf")]), ErrorKind::ParseError);
}

#[test]
fn json_values() {
    let data = || Value::json(json!({"items": [{"name": "a"}, {"name": "b"}], "x.y": 1}));
    let j = |json| Value::json(json);
    let cases: Vec<(&str, Vec<Value>, Value)> = vec![
        ("json.parse", vec![s(" {\"a\": [1, null]} ")], j(json!({"a": [1, null]}))),
        ("json.parse", vec![s("null")], Value::Null),
        ("json.render", vec![severity("critical")], s("\"CRIT\"")),
        ("json.pretty", vec![ints(&[1])], s("[\n  1\n]")),
        ("json.select", vec![data(), s("items[1].name")], j(json!("b"))),
        ("json.select", vec![data(), s("items[-1].name")], j(json!("b"))),
        ("json.select", vec![data(), s("$.items[0]")], j(json!({"name": "a"}))),
        ("json.select", vec![data(), s("/items/0/name")], j(json!("a"))),
        ("json.select", vec![data(), s("[\"x.y\"]")], j(json!(1))),
        ("json.select", vec![data(), s("items[9].name")], Value::Null),
        ("json.select", vec![data(), s("nowhere.at.all")], Value::Null),
        ("json.merge", vec![j(json!({"a": 1, "b": 1})), j(json!({"b": 2}))], j(json!({"a": 1, "b": 2}))),
        ("json.of", vec![ints(&[1])], j(json!([1]))),
    ];
    for (function, args, expected) in cases {
        assert_eq!(f(function, &args), expected, "{function}({args:?})");
    }
    assert_eq!(fails("json.parse", &[s("{")]), ErrorKind::ParseError);
    assert_eq!(fails("json.parse", &[s(&"[".repeat(100_000))]), ErrorKind::ParseError);
    assert_eq!(fails("json.select", &[data(), s("items[")]), ErrorKind::Invalid);
    assert_eq!(fails("json.merge", &[data(), Value::json(json!([]))]), ErrorKind::Invalid);
}

/// 2026-02-19T13:45:30.5Z, a Thursday.
const THURSDAY: i64 = 1_771_508_730_500_000_000;

#[test]
fn time() {
    let t = |text: &str| Value::Timestamp(rustchain_plan::codec::parse_timestamp(text).expect("a time"));
    let thursday = || Value::Timestamp(THURSDAY);
    let floor = |unit: &str| f("time.floor", &[thursday(), s(unit)]);
    assert_eq!(thursday(), t("2026-02-19T13:45:30.5Z"));
    assert_eq!(f("format", &[thursday(), s("%Y-%m-%d %H:%M:%S")]), s("2026-02-19 13:45:30"));
    assert_eq!(f("format", &[thursday(), s("%A, %-d %B %Y %Z %%")]), s("Thursday, 19 February 2026 UTC %"));
    assert_eq!(f("weekday", &[thursday()]), n(4));
    assert_eq!(floor("second"), t("2026-02-19T13:45:30Z"));
    assert_eq!(floor("minute"), t("2026-02-19T13:45:00Z"));
    assert_eq!(floor("hour"), t("2026-02-19T13:00:00Z"));
    assert_eq!(floor("day"), t("2026-02-19T00:00:00Z"));
    assert_eq!(floor("week"), t("2026-02-16T00:00:00Z"));
    assert_eq!(floor("month"), t("2026-02-01T00:00:00Z"));
    assert_eq!(floor("year"), t("2026-01-01T00:00:00Z"));
    assert_eq!(f("time.floor", &[Value::Timestamp(-1), s("day")]), t("1969-12-31T00:00:00Z"));
    assert_eq!(f("time.unix", &[Value::Timestamp(-1)]), n(-1));
    assert_eq!(f("time.from_unix", &[n(1)]), Value::Timestamp(1_000_000_000));
    assert_eq!(f("seconds", &[Value::Duration(1_500_000_000)]), x(1.5));
    let parse = |text: &str| f("time.parse", &[s(text), Value::Null]);
    assert_eq!(parse("2026-02-19"), t("2026-02-19T00:00:00Z"));
    assert_eq!(parse("2026-02-19T10:00:00+02:00"), t("2026-02-19T08:00:00Z"));
    let with = |text: &str, format: &str| f("time.parse", &[s(text), s(format)]);
    assert_eq!(with("19/02/2026", "%d/%m/%Y"), t("2026-02-19T00:00:00Z"));
    assert_eq!(with("19/02/2026 13:45 +0100", "%d/%m/%Y %H:%M %z"), t("2026-02-19T12:45:00Z"));
    assert_eq!(fails("time.parse", &[s("soon"), Value::Null]), ErrorKind::ParseError);
    assert_eq!(fails("time.parse", &[s("2026"), s("%d")]), ErrorKind::ParseError);
    assert_eq!(fails("time.floor", &[thursday(), s("eon")]), ErrorKind::Invalid);
    assert_eq!(fails("time.floor", &[Value::Timestamp(i64::MIN), s("year")]), ErrorKind::Arithmetic);
    assert_eq!(fails("time.from_unix", &[n(i64::MAX)]), ErrorKind::Arithmetic);
    assert_eq!(fails("format", &[thursday(), s("%!")]), ErrorKind::Invalid);
    assert_eq!(fails("format", &[thursday(), s("%200d")]), ErrorKind::Invalid);
}

#[test]
fn encodings() {
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(f("hash.sha256", &[s("abc")]), s(abc));
    for (plain, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
        assert_eq!(f("base64.encode", &[s(plain)]), s(encoded));
        assert_eq!(f("base64.decode", &[s(encoded)]), s(plain));
        assert_eq!(f("base64.decode", &[s(encoded.trim_end_matches('='))]), s(plain));
    }
    for wrong in ["Zg=", "Z", "Zh==", "a b=", "/w=="] {
        assert_eq!(fails("base64.decode", &[s(wrong)]), ErrorKind::ParseError, "{wrong}");
    }
    assert_eq!(f("url.encode", &[s("a b/ö?")]), s("a%20b%2F%C3%B6%3F"));
    let host = |url: &str| f("url.host", &[s(url)]);
    assert_eq!(host("https://User@API.Example.com:8443/x"), s("api.example.com"));
    assert_eq!(host("http://[::1]:80/"), s("[::1]"));
    assert_eq!(host("http://0x7f.1/"), s("127.0.0.1"));
    let join = |base: &str, reference: &str| f("url.join", &[s(base), s(reference)]);
    let u = |text: &str| Value::Url(text.into());
    assert_eq!(join("https://a.b/c/d?q", "e"), u("https://a.b/c/e"));
    assert_eq!(join("https://a.b/c/d?q", "../../e"), u("https://a.b/e"));
    assert_eq!(join("https://a.b/c/d?q", "/e"), u("https://a.b/e"));
    assert_eq!(join("https://a.b/c/d?q", "?r=1"), u("https://a.b/c/d?r=1"));
    assert_eq!(join("https://a.b", "e"), u("https://a.b/e"));
    assert_eq!(join("https://a.b/c", "//x.y/z"), u("https://x.y/z"));
    assert_eq!(join("https://a.b/c", "http://x.y/z"), u("http://x.y/z"));
    assert_eq!(fails("url.host", &[s("nothing")]), ErrorKind::Invalid);
}

#[test]
fn paths() {
    let p = |text: &str| Value::Path(text.into());
    let join = |base: &str, part: &str| f("path.join", &[p(base), p(part)]);
    assert_eq!(join("a", "b/c"), p("a/b/c"));
    assert_eq!(join("a/", "b"), p("a/b"));
    assert_eq!(join("", "b"), p("b"));
    assert_eq!(join("/", "b"), p("/b"));
    assert_eq!(fails("path.join", &[p("a"), p("/b")]), ErrorKind::Invalid);
    for (path, name, stem, extension, parent) in [
        ("a/b.tar.gz", "b.tar.gz", "b.tar", "gz", "a"),
        ("a/.hidden", ".hidden", ".hidden", "", "a"),
        ("a", "a", "a", "", ""),
        ("/a/", "a", "a", "", "/"),
        ("/", "", "", "", "/"),
        ("..", "..", "..", "", ""),
    ] {
        assert_eq!(f("path.name", &[p(path)]), s(name), "{path}");
        assert_eq!(f("path.stem", &[p(path)]), s(stem), "{path}");
        assert_eq!(f("path.extension", &[p(path)]), s(extension), "{path}");
        assert_eq!(f("path.parent", &[p(path)]), p(parent), "{path}");
    }
    let confine = |name: &str| f("confine", &[s(name), p("out")]);
    assert_eq!(confine("a.md"), p("out/a.md"));
    assert_eq!(confine("./a//b/../c"), p("out/a/c"));
    for wrong in ["../a", "a/../../b", "/etc/passwd", "..\\a", "", ".", "a\0b"] {
        assert_eq!(fails("confine", &[s(wrong), p("out")]), ErrorKind::Refused, "{wrong:?}");
    }
}
