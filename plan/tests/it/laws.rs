//! Laws over generated values and expressions.

use crate::build::*;
use proptest::prelude::*;
use rustchain_plan::eval::{Closed, FUNCTIONS, Limits, equal_values, eval};
use rustchain_plan::expr::{
    BinaryOp, CompClause, Conversion, Expr, ExprKind, MatchArm, Part, RunField, TemplateForm,
};
use rustchain_plan::{Type, Value, decode, encode};
use serde_json::json;
use std::sync::Arc;

fn types() -> impl Strategy<Value = Type> {
    let leaf = prop::sample::select(vec![
        Type::Bool,
        Type::Int,
        Type::Float,
        Type::String,
        Type::Bytes,
        Type::Timestamp,
        Type::Duration,
        Type::Url,
        Type::Path,
        Type::Json,
        Type::Unit,
        Type::Named("Severity".into()),
        Type::Named("Verdict".into()),
        Type::Named("Ticket".into()),
    ]);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::map),
            inner.clone().prop_map(Type::optional),
            prop::collection::btree_map("[a-c]".prop_map(Into::into), inner, 0..3).prop_map(Type::Record),
        ]
    })
}

fn fields_of(name: &'static str, fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let (names, values): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
    values
        .prop_map(move |values| {
            let fields = names.iter().map(|n| (*n).into()).zip(values).collect();
            Value::Record(Some(name.into()), Arc::new(fields))
        })
        .boxed()
}

fn values(ty: &Type) -> BoxedStrategy<Value> {
    match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Int => any::<i64>().prop_map(Value::Int).boxed(),
        Type::Float => any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::Float).boxed(),
        Type::String => any::<String>().prop_map(Value::string).boxed(),
        Type::Bytes => any::<Vec<u8>>().prop_map(|b| Value::Bytes(b.into())).boxed(),
        Type::Timestamp => any::<i64>().prop_map(Value::Timestamp).boxed(),
        Type::Duration => any::<i64>().prop_map(Value::Duration).boxed(),
        Type::Url => "https://[a-z]{1,5}\\.example/[a-z]{0,4}(\\?k=%20[a-z])?"
            .prop_map(|u| Value::Url(u.into()))
            .boxed(),
        Type::Path => "[a-z./ ]{0,8}".prop_map(|p| Value::Path(p.into())).boxed(),
        Type::Json => prop::sample::select(vec![
            Value::Null,
            Value::json(json!({"a": [1, 2.5, "x", null]})),
            Value::json(json!("text")),
            Value::json(json!([])),
        ])
        .boxed(),
        Type::List(inner) => prop::collection::vec(values(inner), 0..4).prop_map(Value::list).boxed(),
        Type::Map(inner) => {
            prop::collection::btree_map(any::<String>().prop_map(Into::into), values(inner), 0..4)
                .prop_map(|m| Value::Map(Arc::new(m)))
                .boxed()
        }
        Type::Optional(inner) => prop_oneof![Just(Value::Null), values(inner)].boxed(),
        Type::Record(fields) => {
            let names: Vec<_> = fields.keys().cloned().collect();
            let each: Vec<_> = fields.values().map(values).collect();
            each.prop_map(move |v| Value::Record(None, Arc::new(names.iter().cloned().zip(v).collect())))
                .boxed()
        }
        Type::Named(name) if name == "Severity" => {
            prop::sample::select(vec!["low", "medium", "high", "critical"]).prop_map(severity).boxed()
        }
        Type::Named(name) if name == "Verdict" => fields_of(
            "Verdict",
            vec![
                ("severity", values(&Type::Named("Severity".into()))),
                ("summary", "\\PC{0,20}".prop_map(Value::string).boxed()),
                ("confidence", (0.0..=1.0_f64).prop_map(Value::Float).boxed()),
                ("tags", values(&Type::String.list())),
            ],
        ),
        Type::Named(_) => fields_of(
            "Ticket",
            vec![
                ("id", values(&Type::String)),
                ("from_email", values(&Type::String)),
                ("received", values(&Type::Timestamp)),
                ("note", values(&Type::String.optional())),
            ],
        ),
        _ => Just(Value::Null).boxed(),
    }
}

fn typed_value() -> impl Strategy<Value = (Type, Value)> {
    types().prop_flat_map(|ty| {
        let of_type = values(&ty);
        (Just(ty), of_type)
    })
}

fn any_value() -> impl Strategy<Value = Value> {
    typed_value().prop_map(|(_, value)| value)
}

fn operators() -> impl Strategy<Value = BinaryOp> {
    use BinaryOp::*;
    prop::sample::select(vec![Or, And, Eq, Ne, Lt, Le, Gt, Ge, In, Coalesce, Add, Sub, Mul, Div, Rem])
}

fn names() -> impl Strategy<Value = smol_str::SmolStr> {
    prop::sample::select(vec!["a", "b", "severity", "from_email"]).prop_map(Into::into)
}

fn leaves() -> impl Strategy<Value = Expr> {
    let kinds = prop_oneof![
        8 => any_value().prop_map(ExprKind::Const),
        2 => (-3_i64..400).prop_map(|n| ExprKind::Const(Value::Int(n))),
        4 => names().prop_map(ExprKind::Local),
        1 => (0_u32..3, names()).prop_map(|(up, name)| ExprKind::Param { up, name }),
        1 => (0_u32..3, names()).prop_map(|(up, id)| ExprKind::Step { up, id }),
        1 => (0_u32..3, names()).prop_map(|(up, name)| ExprKind::Let { up, name }),
        1 => Just(ExprKind::Run(RunField::Started)),
    ];
    kinds.prop_map(expr)
}

fn expressions() -> impl Strategy<Value = Expr> {
    leaves().prop_recursive(5, 40, 4, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let several = || prop::collection::vec(inner.clone(), 0..4);
        let part = prop_oneof![
            "[a-z/?:.#&]{0,6}".prop_map(|t| Part::Text(t.into())),
            inner.clone().prop_map(Part::Hole)
        ];
        let form = prop::sample::select(vec![TemplateForm::String, TemplateForm::Url, TemplateForm::Path]);
        let how = prop::sample::select(vec![Conversion::Widen, Conversion::Decode, Conversion::Parse]);
        let clause = prop_oneof![
            (names(), inner.clone()).prop_map(|(n, e)| CompClause::For(n, e)),
            inner.clone().prop_map(CompClause::If)
        ];
        let function = prop::sample::select(FUNCTIONS.to_vec()).prop_flat_map({
            let inner = inner.clone();
            move |(name, count)| (Just(name), prop::collection::vec(inner.clone(), count))
        });
        let arm = (prop::collection::vec(any_value(), 0..2), inner.clone())
            .prop_map(|(patterns, value)| MatchArm { patterns, value });
        prop_oneof![
            4 => function.prop_map(|(name, args)| ExprKind::Call { function: name.into(), args }),
            3 => (operators(), boxed(), boxed()).prop_map(|(op, left, right)| ExprKind::Binary { op, left, right }),
            1 => (boxed(), names(), any::<bool>()).prop_map(|(base, name, optional)| ExprKind::Field { base, name, optional }),
            1 => (boxed(), boxed()).prop_map(|(base, index)| ExprKind::Index { base, index }),
            1 => boxed().prop_map(ExprKind::Not),
            1 => boxed().prop_map(ExprKind::Neg),
            1 => (boxed(), boxed(), boxed()).prop_map(|(cond, then, otherwise)| ExprKind::If { cond, then, otherwise }),
            1 => (boxed(), prop::collection::vec(arm, 0..3)).prop_map(|(subject, arms)| ExprKind::Match { subject, arms }),
            1 => several().prop_map(ExprKind::List),
            1 => prop::collection::vec((names(), inner.clone()), 0..3).prop_map(ExprKind::Map),
            1 => (prop::option::of(boxed()), prop::collection::vec((names(), inner.clone()), 0..3))
                .prop_map(|(base, fields)| ExprKind::Record { name: Some("Verdict".into()), base, fields }),
            2 => (form, prop::collection::vec(part, 0..4)).prop_map(|(form, parts)| ExprKind::Template { form, parts }),
            1 => (boxed(), prop::collection::vec(clause, 0..3)).prop_map(|(body, clauses)| ExprKind::Comprehension { body, clauses }),
            1 => (names(), boxed(), boxed()).prop_map(|(name, value, body)| ExprKind::Bind { name, value, body }),
            2 => (how, types(), boxed()).prop_map(|(how, to, value)| ExprKind::Convert { how, to, value }),
        ]
        .prop_map(expr)
    })
}

proptest! {
    #[test]
    fn decoding_gives_back_what_was_encoded((ty, value) in typed_value()) {
        let schemas = schemas();
        let json = encode(&value, &schemas);
        let text = serde_json::to_string(&json).expect("JSON");
        let read = serde_json::from_str(&text).expect("JSON");
        let decoded = decode(&read, &ty, &schemas);
        prop_assert_eq!(decoded, Ok(value));
    }

    #[test]
    fn values_of_a_plan_are_read_as_they_were_written(value in any_value()) {
        let text = serde_json::to_string(&value).expect("a form");
        let read: Value = serde_json::from_str(&text).expect("the same form");
        prop_assert_eq!(read, value);
    }

    #[test]
    fn equality_is_reflexive_and_symmetric(a in any_value(), b in any_value()) {
        prop_assert!(equal_values(&a, &a));
        prop_assert_eq!(equal_values(&a, &b), equal_values(&b, &a));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Whatever the expression: a value or a failure, the same each time.
    #[test]
    fn evaluation_ends_without_a_panic(expr in expressions()) {
        let schemas = schemas();
        let locals = [("a".into(), ints(&[1, 2])), ("b".into(), severity("high"))];
        let env = Closed { schemas: &schemas, locals: &locals };
        let limits = Limits { steps: 20_000, bytes: 1 << 20, ..Limits::default() };
        let first = eval(&expr, &env, &limits);
        prop_assert_eq!(&first, &eval(&expr, &env, &limits));
        if let Ok(value) = first {
            encode(&value, &schemas);
        }
    }
}
