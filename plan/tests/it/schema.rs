//! JSON Schemas, as models and callers see them.

use crate::build::*;
use rustchain_plan::expr::BinaryOp;
use rustchain_plan::types::{FieldSchema, RecordSchema, Schema, Type};
use rustchain_plan::{Value, json_schema, strict_json_schema};

#[test]
fn schemas_of_types() {
    let shape = Type::Record(
        [
            ("verdict".into(), Type::Named("Verdict".into())),
            ("tree".into(), Type::Named("Tree".into()).optional()),
            ("urgency".into(), Type::Named("Severity".into()).optional()),
            ("counts".into(), Type::Int.map()),
            ("any".into(), Type::Json),
            (
                "times".into(),
                Type::Record([("at".into(), Type::Timestamp), ("for".into(), Type::Duration)].into()),
            ),
            ("data".into(), Type::Bytes.optional()),
        ]
        .into(),
    );
    insta::assert_json_snapshot!(json_schema(&shape, &schemas()));
}

#[test]
fn constraints_that_have_a_keyword() {
    use BinaryOp::{And, Eq, Ge, Gt, In, Le, Lt, Ne, Rem};
    let len = || call("len", vec![local("x")]);
    let b = binary;
    let fields = [
        ("between", Type::Int, b(And, b(Ge, local("x"), int(1)), b(Le, local("x"), int(9)))),
        ("open", Type::Float, b(And, b(Gt, local("x"), int(0)), b(Gt, int(1), local("x")))),
        ("narrowed", Type::Int, b(And, b(Ge, local("x"), int(1)), b(Ge, local("x"), int(5)))),
        ("short", Type::String.optional(), b(Lt, len(), int(8))),
        ("pair", Type::Int.list(), b(Eq, len(), int(2))),
        ("filled", Type::Int.map(), b(Gt, len(), int(0))),
        ("named", Type::String, b(Ne, local("x"), text(""))),
        ("chosen", Type::String, b(In, local("x"), value(strings(&["a", "b"])))),
        ("fixed", Type::Int, b(Eq, local("x"), int(7))),
        ("even", Type::Int, b(Eq, b(Rem, local("x"), int(2)), int(0))),
    ];
    let fields = fields.into_iter().map(|(wire, ty, constraint)| FieldSchema {
        wire: wire.into(),
        constraint: Some(constraint),
        ..field("x", ty)
    });
    let schema = Schema::Record(RecordSchema { doc: String::new(), fields: fields.collect() });
    let schemas = [("R".into(), schema)].into();
    insta::assert_json_snapshot!(json_schema(&Type::Named("R".into()), &schemas));
    assert_eq!(json_schema(&Type::Unit, &schemas), serde_json::json!({"type": "null"}));
    assert_eq!(rustchain_plan::encode(&Value::Null, &schemas), serde_json::json!(null));
}

#[test]
fn the_strict_schema_of_a_record_is_that_of_openai_s_client() {
    let stop = RecordSchema { doc: "A stop.".into(), fields: vec![field("town", Type::String)] };
    let first = FieldSchema { doc: "where it starts".into(), ..field("first", Type::Named("Stop".into())) };
    let days = FieldSchema { default: Some(Value::Null), ..field("full_days", Type::Int.optional()) };
    let notes = FieldSchema { default: Some(Value::list(vec![])), ..field("notes", Type::String.list()) };
    let stops = field("stops", Type::Named("Stop".into()).list());
    let last = field("last", Type::Named("Stop".into()).optional());
    let tour = RecordSchema { doc: String::new(), fields: vec![first, days, notes, stops, last] };
    let schemas = [("Stop".into(), Schema::Record(stop)), ("Tour".into(), Schema::Record(tour))].into();
    insta::assert_json_snapshot!(strict_json_schema(&Type::Named("Tour".into()), &schemas));
    assert_eq!(strict_json_schema(&Type::Int, &schemas), json_schema(&Type::Int, &schemas));
}
