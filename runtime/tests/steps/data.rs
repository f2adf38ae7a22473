//! `yaml.*`, `toml.*`, `xml.*`, `csv.*`, `schema.*`, `regex.*`, `hash.*`.

use crate::support::Project;
use rustchain_plan::{ErrorKind, Type};
use serde_json::json;

fn record(fields: &[(&str, Type)]) -> Type {
    Type::Record(fields.iter().map(|(name, ty)| ((*name).into(), ty.clone())).collect())
}

#[tokio::test]
async fn yaml_is_read_and_written() {
    let project = Project::new();
    let text = "a: 1\nb: [x, true, null]\nc:\n  d: 2.5\n";
    let value = json!({ "a": 1, "b": ["x", true, null], "c": { "d": 2.5 } });
    assert_eq!(project.call("yaml.parse", json!({ "text": text })).json().await.unwrap(), value);
    let written =
        project.call("yaml.render", json!({})).value("value", rustchain_plan::Value::json(value.clone()));
    let written = written.json().await.unwrap();
    let again = project.call("yaml.parse", json!({ "text": written })).json().await.unwrap();
    assert_eq!(again, value);
    let typed = project.call("yaml.parse", json!({ "text": "[1, 2]" })).of(Type::Int.list());
    assert_eq!(typed.json().await.unwrap(), json!([1, 2]));
    for text in ["a: [1", "a: 1\na: 2", "- x\n y: : z"] {
        let error = project.call("yaml.parse", json!({ "text": text })).error().await;
        assert_eq!(error.kind, ErrorKind::ParseError, "{text}");
    }
}

#[tokio::test]
async fn toml_is_read_and_written() {
    let project = Project::new();
    let text = "n = 1\nwhen = 2026-01-02T03:04:05Z\n[t]\nxs = [1.5]\n";
    let value = project.call("toml.parse", json!({ "text": text })).json().await.unwrap();
    assert_eq!(value, json!({ "n": 1, "when": "2026-01-02T03:04:05Z", "t": { "xs": [1.5] } }));
    let render = |v: serde_json::Value| {
        project.call("toml.render", json!({})).value("value", rustchain_plan::Value::json(v))
    };
    assert_eq!(render(json!({ "a": { "b": 1 } })).json().await.unwrap(), "[a]\nb = 1\n");
    let error = render(json!({ "a": [null] })).error().await;
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Invalid, "TOML has no null, which stands at $.a[0]")
    );
    assert_eq!(render(json!([1])).error().await.kind, ErrorKind::Invalid);
}

#[tokio::test]
async fn xml_is_read_and_written() {
    let project = Project::new();
    let text = "<?xml version=\"1.0\"?><a x=\"1 &lt; 2\">\n <b>t &amp; &#65;</b><c/><![CDATA[ <raw> ]]></a>";
    let value = project.call("xml.parse", json!({ "text": text })).json().await.unwrap();
    let leaf =
        |name: &str, text: &str| json!({ "name": name, "attributes": {}, "text": text, "children": [] });
    assert_eq!(
        value,
        json!({ "name": "a", "attributes": { "x": "1 < 2" }, "text": "<raw>", "children": [leaf("b", "t & A"), leaf("c", "")] })
    );
    let written = project.call("xml.render", json!({ "element": value })).json().await.unwrap();
    assert_eq!(written, "<a x=\"1 &lt; 2\">&lt;raw&gt;\n  <b>t &amp; A</b>\n  <c/>\n</a>\n");
    let bomb = "<!DOCTYPE a [<!ENTITY x \"xxxx\">]><a>&x;</a>";
    for text in ["<a>", "<a></b>", "", "<a/><b/>", bomb, &"<a>".repeat(5000)] {
        let error = project.call("xml.parse", json!({ "text": text })).error().await;
        assert_eq!(error.kind, ErrorKind::ParseError, "{text}");
    }
    let mut bad = leaf("a b", "");
    assert_eq!(project.call("xml.render", json!({ "element": bad })).error().await.kind, ErrorKind::Invalid);
    bad = leaf("a", "\u{0}");
    assert_eq!(project.call("xml.render", json!({ "element": bad })).error().await.kind, ErrorKind::Invalid);
}

#[tokio::test]
async fn csv_rows_are_typed() {
    let project = Project::new();
    let row = record(&[("name", Type::String), ("n", Type::Int.optional()), ("ok", Type::Bool)]);
    let text = "name,n,ok\n\"a,\"\"b\",1,true\n007,,FALSE\n";
    let rows = project.call("csv.parse", json!({ "text": text })).of(row.clone()).json().await.unwrap();
    assert_eq!(
        rows,
        json!([{ "name": "a,\"b", "n": 1, "ok": true }, { "name": "007", "n": null, "ok": false }])
    );
    let written = project.call("csv.render", json!({})).of(row.clone());
    let values = project.call("csv.parse", json!({ "text": text })).of(row.clone()).run().await.unwrap();
    assert_eq!(
        written.value("rows", values).json().await.unwrap(),
        "n,name,ok\n1,\"a,\"\"b\",true\n,007,false\n"
    );
    let maps = Type::String.map();
    let args = json!({ "text": "1;2", "delimiter": ";", "columns": ["a", "b"] });
    let rows = project.call("csv.parse", args).of(maps).json().await.unwrap();
    assert_eq!(rows, json!([{ "a": "1", "b": "2" }]));
    for (text, message) in [
        ("name,n,ok\nx,1\n", "line 2 has 2 fields, not 3"),
        ("name,n,ok\nx,many,true\n", "line 2: at $.n: "),
        ("name,name\n", "two columns are named `name`"),
    ] {
        let error = project.call("csv.parse", json!({ "text": text })).of(row.clone()).error().await;
        assert_eq!(error.kind, ErrorKind::ParseError);
        assert!(error.message.starts_with(message), "{error}");
    }
}

#[tokio::test]
async fn schemas_are_checked() {
    let project = Project::new();
    let schema =
        json!({ "type": "object", "required": ["id"], "properties": { "id": { "type": "integer" } } });
    let validate = |value: serde_json::Value, check: bool| {
        project.call("schema.validate", json!({ "value": value, "schema": schema, "check": check }))
    };
    assert_eq!(validate(json!({ "id": 1 }), true).json().await.unwrap(), json!([]));
    let violations = validate(json!({ "id": "x" }), false).json().await.unwrap();
    assert_eq!(violations, json!(["/id: \"x\" is not of type \"integer\""]));
    let error = validate(json!({}), true).error().await;
    assert_eq!(error.kind, ErrorKind::Constraint);
    assert_eq!(error.message, "the value does not fit the schema: /: \"id\" is a required property");
    for bad in [json!({ "type": "nonsense" }), json!({ "$ref": "https://a.example/schema.json" })] {
        let error = project.call("schema.validate", json!({ "value": 1, "schema": bad })).error().await;
        assert_eq!(error.kind, ErrorKind::Invalid);
    }
}

#[tokio::test]
async fn regular_expressions_find_and_replace() {
    let project = Project::new();
    let find = json!({ "text": "a=1, b=22", "pattern": "(\\w)=(\\d+)(x)?" });
    let found = project.call("regex.find", find).json().await.unwrap();
    assert_eq!(found, json!([["a=1", "a", "1", ""], ["b=22", "b", "22", ""]]));
    let replace = json!({ "text": "a=1", "pattern": "(?P<k>\\w)=(\\d)", "with": "$2:$k" });
    assert_eq!(project.call("regex.replace", replace).json().await.unwrap(), "1:a");
    let error = project.call("regex.find", json!({ "text": "", "pattern": "(" })).error().await;
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Invalid, "`(` is no regular expression: unclosed group")
    );
}

#[tokio::test]
async fn files_are_hashed() {
    let project = Project::new();
    project.write("f", "abc");
    let hash = project.call("hash.file", json!({ "path": "f" })).json().await.unwrap();
    assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(project.call("hash.file", json!({ "path": "g" })).error().await.kind, ErrorKind::NotFound);
}
