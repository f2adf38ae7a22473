//! The AST of small texts.

use crate::files::ast_without_places;
use rustchain_grammar::ast::{BinaryOp, Expr, ExprKind, TemplatePart, UnaryOp};
use rustchain_grammar::{FileId, parse_expr};

/// An expression with every operator in parentheses.
fn shape(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Name(name) => name.text.to_string(),
        ExprKind::Int(value) => value.to_string(),
        ExprKind::Float(value) => format!("{value:?}"),
        ExprKind::Duration(value) => format!("{value}ns"),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Null => "null".to_owned(),
        ExprKind::Unary(UnaryOp::Not, inner) => format!("(!{})", shape(inner)),
        ExprKind::Unary(UnaryOp::Neg, inner) => format!("(-{})", shape(inner)),
        ExprKind::Binary { op, left, right, .. } => {
            format!("({} {} {})", shape(left), symbol(*op), shape(right))
        }
        ExprKind::Field { base, name, optional } => {
            format!("({}{}{})", shape(base), if *optional { "?." } else { "." }, name.text)
        }
        ExprKind::Index { base, index } => format!("({}[{}])", shape(base), shape(index)),
        ExprKind::Call { callee, args, type_args, .. } => {
            let args: Vec<String> = args
                .iter()
                .map(|a| {
                    a.name.as_ref().map_or(String::new(), |n| format!("{}: ", n.text)) + &shape(&a.value)
                })
                .collect();
            format!("{}<{}>({})", shape(callee), type_args.len(), args.join(", "))
        }
        ExprKind::If { cond, then, otherwise } => {
            format!("(if {} then {} else {})", shape(cond), shape(then), shape(otherwise))
        }
        ExprKind::Record { name, base, fields } => {
            let name = name.as_ref().map(|n| n.text()).unwrap_or_default();
            let base = base.as_ref().map(|b| format!("..{} ", shape(b))).unwrap_or_default();
            let fields: Vec<String> =
                fields.iter().map(|f| format!("{}: {}", f.name.text, shape(&f.value))).collect();
            format!("{name}{{{base}{}}}", fields.join(", "))
        }
        ExprKind::List(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(", ")),
        ExprKind::Paren(inner) => format!("<{}>", shape(inner)),
        ExprKind::Template(parts) => parts.iter().map(part).collect::<Vec<_>>().join("·"),
        ExprKind::Raw(tag, text) => format!("{}|{text}|", tag.text),
        other => format!("{other:?}"),
    }
}

fn part(part: &TemplatePart) -> String {
    match part {
        TemplatePart::Text(text, _) => format!("{text:?}"),
        TemplatePart::Hole(expr, _) => shape(expr),
    }
}

fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "||",
        BinaryOp::And => "&&",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::Le => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::Ge => ">=",
        BinaryOp::In => "in",
        BinaryOp::Coalesce => "??",
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Rem => "%",
    }
}

fn shape_of(text: &str) -> String {
    let (expr, diagnostics) = parse_expr(text, FileId(0));
    assert_eq!(diagnostics, [], "{text}");
    shape(&expr)
}

#[test]
fn operators_bind_from_or_to_postfix() {
    assert_eq!(
        shape_of("a || b && c == d ?? e + f * -g.h"),
        "(a || (b && (c == (d ?? (e + (f * (-(g.h))))))))"
    );
    assert_eq!(shape_of("a - b - c"), "((a - b) - c)");
    assert_eq!(shape_of("!a && b"), "((!a) && b)");
    assert_eq!(shape_of("a in b || c"), "((a in b) || c)");
    assert_eq!(shape_of("--a"), "(-(-a))");
    assert_eq!(shape_of("(a + b) * c"), "(<(a + b)> * c)");
    assert_eq!(
        shape_of("if a then b else if c then d else e + 1"),
        "(if a then b else (if c then d else (e + 1)))"
    );
}

#[test]
fn suffixes_stand_in_order() {
    assert_eq!(shape_of("a.b?.c[0](x: 1, 2)"), "(((a.b)?.c)[0])<0>(x: 1, 2)");
    assert_eq!(shape_of("decode<list<T>>(x)"), "decode<1>(x)");
    assert_eq!(shape_of("a < b"), "(a < b)");
    assert_eq!(shape_of("f(for: 2s, in: \"x\")"), "f<0>(for: 2000000000ns, in: \"x\")");
    assert_eq!(shape_of("redact.Rule { ..s, a: 1 }"), "redact.Rule{..s a: 1}");
    assert_eq!(shape_of("{ `a-b`: 1, \"c d\": 2 }"), "{a-b: 1, c d: 2}");
    assert_eq!(shape_of("e.in"), "(e.in)");
}

#[test]
fn numbers_have_their_values() {
    assert_eq!(
        shape_of("[200_000, 0.5, 1e3, 1h30m, 500ms]"),
        "[200000, 0.5, 1000.0, 5400000000000ns, 500000000ns]"
    );
    assert_eq!(shape_of("-9223372036854775808"), "-9223372036854775808");
    let (_, diagnostics) = parse_expr("9223372036854775808", FileId(0));
    assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), ["RC0004"]);
}

#[test]
fn strings_are_decoded() {
    assert_eq!(shape_of(r#""a \"b\" \n \u{41} \${c} ${d}""#), r#""a \"b\" \n A ${c} "·d"#);
    assert_eq!(shape_of("\"\"\"\n    a\n      b ${c}\n\n    d\n    \"\"\""), "\"a\\n  b \"·c·\"\\n\\nd\"");
    assert_eq!(shape_of("bash\"\"\"\n  a ${b} \\n\n  \"\"\""), "bash|a ${b} \\n|");
    assert_eq!(shape_of("\"\""), "");
    assert_eq!(shape_of("\"\"\"\n  \"\"\""), "");
    assert_eq!(shape_of("\"\"\"\r\n  a\r\n  b\r\n  \"\"\""), "\"a\\nb\"");
}

#[test]
fn a_value_on_a_new_line_is_not_a_suffix() {
    for last in ["-x", "(x)", "[x]", "`x`"] {
        let text = format!("mission m {{\n  step a = b\n  {last}\n}}\n");
        assert!(ast_without_places(&text).contains("kind: Value("), "{text}");
    }
    let subtraction = ast_without_places("mission m {\n  step a = b\n    - x\n}\n");
    assert!(subtraction.contains("op: Sub") && !subtraction.contains("kind: Value("));
}

#[test]
fn docs_belong_to_what_follows() {
    let ast =
        ast_without_places("/// One.\n/// Two.\nlet a = 1\n\nrecord R {\n  /// A field.\n  b: int\n}\n");
    assert!(ast.contains("text: \"One.\\nTwo.\"") && ast.contains("text: \"A field.\""));
}

#[test]
fn the_ast_of_the_declarations() {
    let text = crate::files::fixture("declarations");
    insta::assert_snapshot!(ast_without_places(&text));
}

#[test]
fn the_ast_of_the_functions() {
    let text = crate::files::fixture("functions");
    insta::assert_snapshot!(ast_without_places(&text));
}
