//! `where` constraints as JSON Schema keywords, where they have that form.

use super::encode::encode;
use crate::expr::{BinaryOp, Expr, ExprKind};
use crate::types::{FieldSchema, Schemas, Type};
use crate::value::Value;
use serde_json::{Map, Value as Json};
use smol_str::SmolStr;

/// Adds the keywords of a field's constraint; the parts of it that have no such form are left to the
/// decoder.
pub(super) fn constrain(schema: &mut Map<String, Json>, field: &FieldSchema, ty: &Type, schemas: &Schemas) {
    let mut open: Vec<&Expr> = field.constraint.iter().collect();
    while let Some(expr) = open.pop() {
        let ExprKind::Binary { op, left, right } = &expr.kind else {
            continue;
        };
        if *op == BinaryOp::And {
            open.push(right);
            open.push(left);
            continue;
        }
        let subject = |e: &Expr| subject(e, &field.name);
        let found = match (subject(left), constant(right), constant(left), subject(right)) {
            (Some(subject), Some(value), ..) => Some((subject, *op, value)),
            (.., Some(value), Some(subject)) => flipped(*op).map(|op| (subject, op, value)),
            _ => None,
        };
        let Some((subject, op, value)) = found else {
            continue;
        };
        let keyword = match subject {
            Subject::Value => of_value(op, value, ty, schemas),
            Subject::Length => of_length(op, value, ty),
        };
        for (name, bound) in keyword {
            tighten(schema, name, bound);
        }
    }
}

#[derive(Clone, Copy)]
enum Subject {
    Value,
    Length,
}

/// The value itself, or its length.
fn subject(expr: &Expr, name: &SmolStr) -> Option<Subject> {
    match &expr.kind {
        ExprKind::Local(local) if local == name => Some(Subject::Value),
        ExprKind::Convert { value, .. } => subject(value, name),
        ExprKind::Call { function, args } if function == "len" => match args.as_slice() {
            [arg] => subject(arg, name).map(|_| Subject::Length),
            _ => None,
        },
        _ => None,
    }
}

fn constant(expr: &Expr) -> Option<&Value> {
    match &expr.kind {
        ExprKind::Const(value) => Some(value),
        ExprKind::Convert { value, .. } => constant(value),
        _ => None,
    }
}

fn flipped(op: BinaryOp) -> Option<BinaryOp> {
    Some(match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::Le => BinaryOp::Ge,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::Ge => BinaryOp::Le,
        BinaryOp::Eq | BinaryOp::Ne => op,
        _ => return None,
    })
}

type Keywords = Vec<(&'static str, Json)>;

fn of_value(op: BinaryOp, value: &Value, ty: &Type, schemas: &Schemas) -> Keywords {
    let numeric = matches!(ty, Type::Int | Type::Float) && matches!(value, Value::Int(_) | Value::Float(_));
    let keyword = match op {
        BinaryOp::Ge if numeric => "minimum",
        BinaryOp::Gt if numeric => "exclusiveMinimum",
        BinaryOp::Le if numeric => "maximum",
        BinaryOp::Lt if numeric => "exclusiveMaximum",
        BinaryOp::Eq => "const",
        BinaryOp::In if matches!(value, Value::List(_)) => "enum",
        BinaryOp::Ne if value.as_text() == Some("") => return vec![("minLength", Json::from(1))],
        _ => return Vec::new(),
    };
    vec![(keyword, encode(value, schemas))]
}

fn of_length(op: BinaryOp, value: &Value, ty: &Type) -> Keywords {
    let (least, most) = match ty {
        Type::String | Type::Url | Type::Path => ("minLength", "maxLength"),
        Type::List(_) => ("minItems", "maxItems"),
        Type::Map(_) => ("minProperties", "maxProperties"),
        _ => return Vec::new(),
    };
    let Value::Int(n) = value else {
        return Vec::new();
    };
    let bound = |n: i64| Json::from(n.max(0));
    match op {
        BinaryOp::Ge => vec![(least, bound(*n))],
        BinaryOp::Gt => vec![(least, bound(n.saturating_add(1)))],
        BinaryOp::Le => vec![(most, bound(*n))],
        BinaryOp::Lt => vec![(most, bound(n.saturating_sub(1)))],
        BinaryOp::Eq => vec![(least, bound(*n)), (most, bound(*n))],
        BinaryOp::Ne if *n == 0 => vec![(least, bound(1))],
        _ => Vec::new(),
    }
}

/// Sets a keyword; of two bounds the narrower one stays.
fn tighten(schema: &mut Map<String, Json>, name: &str, bound: Json) {
    let old = schema.get(name).and_then(Json::as_f64);
    let keep = match (old, bound.as_f64()) {
        (Some(old), Some(new)) if name.to_ascii_lowercase().contains("min") => old >= new,
        (Some(old), Some(new)) => old <= new,
        _ => schema.contains_key(name) && name != "enum",
    };
    if !keep {
        schema.insert(name.to_owned(), bound);
    }
}
