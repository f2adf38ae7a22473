//! Looks at statements that are not evaluated: could they change more than names?

use super::syntax::ast::{Expr, Stmt};

/// True where a statement may do more than bind plain values: calls, operators between names, blocks of them.
pub(super) fn any_effect<'a>(body: impl IntoIterator<Item = &'a Stmt>) -> bool {
    body.into_iter().any(effect)
}

fn effect(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Expr(e) => match &*e.value {
            Expr::StringLiteral(_) | Expr::EllipsisLiteral(_) => false,
            Expr::Call(call) => !harmless(&call.func),
            _ => true,
        },
        Stmt::Assign(a) => makes_object(&a.value),
        Stmt::AnnAssign(a) => a.value.as_deref().is_some_and(makes_object),
        Stmt::AugAssign(a) => {
            matches!(a.op, super::syntax::ast::Operator::RShift | super::syntax::ast::Operator::LShift)
        }
        Stmt::If(s) => any_effect(&s.body) || s.elif_else_clauses.iter().any(|c| any_effect(&c.body)),
        Stmt::With(_) | Stmt::For(_) | Stmt::While(_) | Stmt::Try(_) | Stmt::Match(_) => true,
        _ => false,
    }
}

/// Logging, printing and exits.
fn harmless(callee: &Expr) -> bool {
    match callee {
        Expr::Name(n) => matches!(n.id.as_str(), "print" | "exit" | "quit"),
        Expr::Attribute(a) => matches!(
            a.attr.as_str(),
            "debug"
                | "info"
                | "warning"
                | "error"
                | "exception"
                | "critical"
                | "log"
                | "exit"
                | "warn"
                | "append"
        ),
        _ => false,
    }
}

fn makes_object(value: &Expr) -> bool {
    match value {
        Expr::Call(call) => match &*call.func {
            Expr::Name(n) => {
                let plain = [
                    "str",
                    "int",
                    "float",
                    "bool",
                    "dict",
                    "list",
                    "set",
                    "tuple",
                    "len",
                    "sorted",
                    "max",
                    "min",
                    "timedelta",
                    "datetime",
                    "Path",
                    "range",
                    "getattr",
                ];
                !plain.contains(&n.id.as_str())
            }
            Expr::Attribute(a) => {
                let plain = [
                    "get",
                    "getenv",
                    "format",
                    "join",
                    "split",
                    "strip",
                    "replace",
                    "lower",
                    "upper",
                    "loads",
                    "items",
                    "keys",
                    "values",
                    "datetime",
                    "timedelta",
                    "today",
                    "now",
                ];
                !plain.contains(&a.attr.as_str())
            }
            _ => true,
        },
        Expr::List(l) => l.elts.iter().any(makes_object),
        Expr::ListComp(c) => makes_object(&c.elt),
        _ => false,
    }
}

/// True where a function's own body (not nested functions) holds `yield`.
pub(super) fn has_yield(body: &[Stmt]) -> bool {
    body.iter().any(stmt_yields)
}

fn stmt_yields(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Expr(e) => expr_yields(&e.value),
        Stmt::Assign(a) => expr_yields(&a.value),
        Stmt::Return(r) => r.value.as_deref().is_some_and(expr_yields),
        Stmt::If(s) => has_yield(&s.body) || s.elif_else_clauses.iter().any(|c| has_yield(&c.body)),
        Stmt::For(s) => has_yield(&s.body) || has_yield(&s.orelse),
        Stmt::While(s) => has_yield(&s.body) || has_yield(&s.orelse),
        Stmt::With(s) => has_yield(&s.body),
        Stmt::Try(s) => {
            let handlers = s.handlers.iter().any(|h| {
                let super::syntax::ast::ExceptHandler::ExceptHandler(h) = h;
                has_yield(&h.body)
            });
            has_yield(&s.body) || handlers || has_yield(&s.orelse) || has_yield(&s.finalbody)
        }
        _ => false,
    }
}

fn expr_yields(expr: &Expr) -> bool {
    matches!(expr, Expr::Yield(_) | Expr::YieldFrom(_))
}
