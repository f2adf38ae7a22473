//! The parts of syntax, for passes that only look.

use rustchain_grammar::ast::{
    ClauseKind, CompClause, ErrorAction, Expr, ExprKind, Stmt, StmtKind, TemplatePart,
};

/// Calls `f` for each expression directly inside.
pub(crate) fn children<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    match &expr.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Raw(..)
        | ExprKind::Timestamp(_)
        | ExprKind::Duration(_)
        | ExprKind::Name(_)
        | ExprKind::Error => {}
        ExprKind::Template(parts) => {
            for part in parts {
                if let TemplatePart::Hole(e, _) = part {
                    f(e);
                }
            }
        }
        ExprKind::Field { base, .. } => f(base),
        ExprKind::Index { base, index } => {
            f(base);
            f(index);
        }
        ExprKind::Call { callee, args, .. } => {
            if let ExprKind::Field { base, .. } = &callee.kind {
                f(base);
            }
            args.iter().for_each(|a| f(&a.value));
        }
        ExprKind::Record { base, fields, .. } => {
            base.iter().for_each(|e| f(e));
            fields.iter().for_each(|a| f(&a.value));
        }
        ExprKind::List(items) => items.iter().for_each(f),
        ExprKind::Comprehension { body, clauses } => {
            for clause in clauses {
                match clause {
                    CompClause::For(_, e) | CompClause::If(e) => f(e),
                }
            }
            f(body);
        }
        ExprKind::Unary(_, e) | ExprKind::Paren(e) => f(e),
        ExprKind::Binary { left, right, .. } => {
            f(left);
            f(right);
        }
        ExprKind::If { cond, then, otherwise } => {
            f(cond);
            f(then);
            f(otherwise);
        }
        ExprKind::Match { subject, arms } => {
            f(subject);
            arms.iter().for_each(|a| f(&a.value));
        }
        ExprKind::For { bindings, max, limit, body } => {
            bindings.iter().for_each(|(_, e)| f(e));
            max.iter().chain(limit).for_each(|e| f(e));
            body.iter().for_each(|s| statement(s, f));
        }
        ExprKind::Loop { init, until, max, body, .. } => {
            f(init);
            f(until);
            max.iter().for_each(|e| f(e));
            body.iter().for_each(|s| statement(s, f));
        }
        ExprKind::Poll { until, every, duration, max, body } => {
            f(until);
            every.iter().chain(duration).chain(max).for_each(|e| f(e));
            body.iter().for_each(|s| statement(s, f));
        }
    }
}

/// Calls `f` for each expression directly inside a statement.
pub(crate) fn statement<'e>(stmt: &'e Stmt, f: &mut dyn FnMut(&'e Expr)) {
    match &stmt.kind {
        StmtKind::Let(l) | StmtKind::Output(l) => f(&l.value),
        StmtKind::Step(s) => {
            f(&s.value);
            for clause in &s.clauses {
                match &clause.kind {
                    ClauseKind::When(e) | ClauseKind::Timeout(e) | ClauseKind::Within(e) => f(e),
                    ClauseKind::OnError { action: ErrorAction::Use(e), .. } => f(e),
                    ClauseKind::Retry { count, options, .. } => {
                        f(count);
                        options.iter().for_each(|a| f(&a.value));
                    }
                    _ => {}
                }
            }
        }
        StmtKind::Group(g) => g.body.iter().for_each(|s| statement(s, f)),
        StmtKind::Return(e) | StmtKind::Value(e) => f(e),
        _ => {}
    }
}

/// Is there an expression inside (or itself) for which `test` holds?
pub(crate) fn any(expr: &Expr, test: &mut dyn FnMut(&Expr) -> bool) -> bool {
    if test(expr) {
        return true;
    }
    let mut found = false;
    children(expr, &mut |e| found = found || any(e, test));
    found
}
