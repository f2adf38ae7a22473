//! Short ways to write expressions and schemas.

use rustchain_plan::eval::{Closed, Limits, eval};
use rustchain_plan::expr::{BinaryOp, Conversion, Expr, ExprId, ExprKind, Part, TemplateForm};
use rustchain_plan::types::{EnumSchema, FieldSchema, MemberSchema, RecordSchema, Schema, Schemas, Type};
use rustchain_plan::{EvalError, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

pub fn expr(kind: ExprKind) -> Expr {
    Expr { id: ExprId(0), kind }
}

pub fn value(value: Value) -> Expr {
    Expr::constant(value)
}

pub fn int(n: i64) -> Expr {
    value(Value::Int(n))
}

pub fn text(s: &str) -> Expr {
    value(Value::string(s))
}

pub fn local(name: &str) -> Expr {
    expr(ExprKind::Local(name.into()))
}

pub fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) })
}

pub fn call(function: &str, args: Vec<Expr>) -> Expr {
    expr(ExprKind::Call { function: function.into(), args })
}

pub fn list(items: Vec<Expr>) -> Expr {
    expr(ExprKind::List(items))
}

pub fn convert(how: Conversion, to: Type, inner: Expr) -> Expr {
    expr(ExprKind::Convert { how, to, value: Box::new(inner) })
}

/// A template; `${}` marks the places of the holes.
pub fn template(form: TemplateForm, pattern: &str, holes: Vec<Expr>) -> Expr {
    let mut parts = Vec::new();
    let mut holes = holes.into_iter();
    for (i, piece) in pattern.split("${}").enumerate() {
        if i > 0 {
            parts.push(Part::Hole(holes.next().expect("a hole for each place")));
        }
        if !piece.is_empty() {
            parts.push(Part::Text(piece.into()));
        }
    }
    expr(ExprKind::Template { form, parts })
}

pub fn run(expr: &Expr) -> Result<Value, EvalError> {
    run_with(expr, &schemas())
}

pub fn run_with(expr: &Expr, schemas: &Schemas) -> Result<Value, EvalError> {
    let limits = Limits { steps: 1_000_000, bytes: 64 << 20, ..Limits::default() };
    eval(expr, &Closed::new(schemas), &limits)
}

pub fn strings(items: &[&str]) -> Value {
    Value::list(items.iter().map(Value::string).collect())
}

pub fn ints(items: &[i64]) -> Value {
    Value::list(items.iter().copied().map(Value::Int).collect())
}

pub fn record(name: &str, fields: &[(&str, Value)]) -> Value {
    let fields: BTreeMap<_, _> = fields.iter().map(|(n, v)| ((*n).into(), v.clone())).collect();
    Value::Record(Some(name.into()), Arc::new(fields))
}

pub fn severity(member: &str) -> Value {
    Value::Enum("Severity".into(), member.into())
}

pub fn field(name: &str, ty: Type) -> FieldSchema {
    FieldSchema {
        name: name.into(),
        wire: name.into(),
        doc: String::new(),
        ty,
        labels: Default::default(),
        constraint: None,
        default: None,
    }
}

fn member(name: &str, wire: &str) -> MemberSchema {
    MemberSchema { name: name.into(), wire: wire.into(), doc: String::new() }
}

/// `Severity { low, medium, high, critical = "CRIT" }`, `Verdict` with constraints and a default,
/// `Ticket` with a wire name, `Tree` that contains itself.
pub fn schemas() -> Schemas {
    let severity = EnumSchema {
        doc: "How urgent a ticket is.".to_owned(),
        members: vec![
            member("low", "low"),
            member("medium", "medium"),
            member("high", "high"),
            member("critical", "CRIT"),
        ],
    };
    let bounded = |name: &str, least: f64, most: f64| {
        let ge = binary(BinaryOp::Ge, local(name), value(Value::Float(least)));
        let le = binary(BinaryOp::Le, local(name), value(Value::Float(most)));
        binary(BinaryOp::And, ge, le)
    };
    let summary = FieldSchema {
        constraint: Some(binary(BinaryOp::Le, call("len", vec![local("summary")]), int(20))),
        doc: "One sentence.".to_owned(),
        ..field("summary", Type::String)
    };
    let confidence =
        FieldSchema { constraint: Some(bounded("confidence", 0.0, 1.0)), ..field("confidence", Type::Float) };
    let tags = FieldSchema { default: Some(Value::list(vec![])), ..field("tags", Type::String.list()) };
    let verdict = RecordSchema {
        doc: "What the classifier must answer with.".to_owned(),
        fields: vec![field("severity", Type::Named("Severity".into())), summary, confidence, tags],
    };
    let from = FieldSchema { wire: "from".into(), ..field("from_email", Type::String) };
    let ticket = RecordSchema {
        doc: String::new(),
        fields: vec![
            field("id", Type::String),
            from,
            field("received", Type::Timestamp),
            field("note", Type::String.optional()),
        ],
    };
    let tree = RecordSchema {
        doc: String::new(),
        fields: vec![
            field("name", Type::String),
            FieldSchema {
                default: Some(Value::list(vec![])),
                ..field("children", Type::Named("Tree".into()).list())
            },
        ],
    };
    BTreeMap::from([
        ("Severity".into(), Schema::Enum(severity)),
        ("Verdict".into(), Schema::Record(verdict)),
        ("Ticket".into(), Schema::Record(ticket)),
        ("Tree".into(), Schema::Record(tree)),
    ])
}
