//! Operators.

use super::{Cx, Typed, assign};
use rustchain_grammar::Span;
use rustchain_grammar::ast::{self, BinaryOp as Op, UnaryOp};
use rustchain_plan::Type;
use rustchain_plan::expr::{BinaryOp, Conversion, Expr, ExprKind};

impl Cx<'_> {
    /// `!a`, `-a`.
    pub fn unary(&mut self, op: UnaryOp, inner: &ast::Expr, span: Span, want: Option<&Type>) -> Typed {
        let typed = match op {
            UnaryOp::Not => {
                let expr = self.check(inner, &Type::Bool);
                self.typed(span, ExprKind::Not(Box::new(expr)), Type::Bool)
            }
            UnaryOp::Neg => {
                let typed = self.elab(inner, want);
                match typed.ty {
                    Type::Error => return typed,
                    Type::Int | Type::Float | Type::Duration => {
                        self.typed(span, ExprKind::Neg(Box::new(typed.expr)), typed.ty)
                    }
                    other => {
                        let message = format!("`-` needs a number or a duration, found `{other}`");
                        let diagnostic = self.error("RC0207", inner.span, message);
                        self.report(diagnostic);
                        return Typed::error();
                    }
                }
            }
        };
        self.fold(typed)
    }

    /// `a + b` and the like.
    pub fn binary(
        &mut self,
        op: Op,
        op_span: Span,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
        want: Option<&Type>,
    ) -> Typed {
        let typed = match op {
            Op::And | Op::Or => self.logical(op, left, right, span),
            Op::Eq | Op::Ne => self.equality(op, left, right, span),
            Op::Lt | Op::Le | Op::Gt | Op::Ge => self.ordering(op, op_span, left, right, span),
            Op::In => self.membership(op_span, left, right, span),
            Op::Coalesce => self.coalesce(left, right, span, want),
            Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Rem => {
                self.arithmetic(op, op_span, left, right, span, want)
            }
        };
        self.fold(typed)
    }

    fn join_sides(&mut self, op: Op, left: Expr, right: Expr, span: Span, ty: Type) -> Typed {
        let kind = ExprKind::Binary { op: lowered(op), left: Box::new(left), right: Box::new(right) };
        self.typed(span, kind, ty)
    }

    fn logical(&mut self, op: Op, left: &ast::Expr, right: &ast::Expr, span: Span) -> Typed {
        let l = self.check(left, &Type::Bool);
        let facts = self.facts.len();
        if op == Op::And {
            self.learn(left);
        }
        let r = self.check(right, &Type::Bool);
        self.facts.truncate(facts);
        self.join_sides(op, l, r, span, Type::Bool)
    }

    fn equality(&mut self, op: Op, left: &ast::Expr, right: &ast::Expr, span: Span) -> Typed {
        let l = self.elab(left, None);
        let hint = l.ty.non_null().clone();
        let r = self.elab(right, Some(&hint));
        let (l, r) = match self.common(l, r, left, right) {
            Ok(sides) => sides,
            Err(sides) => {
                let (l, r) = *sides;
                let message = format!("`{}` and `{}` are never equal", l.ty, r.ty);
                let diagnostic = self
                    .error("RC0207", span, message)
                    .also(self.file(), left.span, format!("this is `{}`", l.ty))
                    .also(self.file(), right.span, format!("this is `{}`", r.ty));
                self.report(diagnostic);
                return Typed { ty: Type::Bool, ..Typed::error() };
            }
        };
        self.join_sides(op, l, r, span, Type::Bool)
    }

    /// Brings both sides of a comparison to one type.
    fn common(
        &mut self,
        l: Typed,
        r: Typed,
        left: &ast::Expr,
        right: &ast::Expr,
    ) -> Result<(Expr, Expr), Box<(Typed, Typed)>> {
        if assign::fits(&l.ty, &r.ty) || assign::fits(&r.ty, &l.ty) {
            return Ok((l.expr, r.expr));
        }
        if self.predicate {
            if l.ty == Type::Json {
                let value = Box::new(l.expr);
                let to = r.ty.clone();
                return Ok((
                    self.at(left.span, ExprKind::Convert { how: Conversion::Decode, to, value }),
                    r.expr,
                ));
            }
            if r.ty == Type::Json {
                let value = Box::new(r.expr);
                let to = l.ty.clone();
                return Ok((
                    l.expr,
                    self.at(right.span, ExprKind::Convert { how: Conversion::Decode, to, value }),
                ));
            }
        }
        let (lt, rt) = (l.ty.non_null().clone(), r.ty.non_null().clone());
        if assign::fits(&lt, &rt) || assign::fits(&rt, &lt) {
            return Ok((l.expr, r.expr));
        }
        let literal = |t: &Typed| matches!(t.expr.kind, ExprKind::Const(_));
        if literal(&l) && super::literal::convert_possible(&l, &rt) {
            return Ok((self.coerce(l, &rt, left), r.expr));
        }
        if literal(&r) && super::literal::convert_possible(&r, &lt) {
            return Ok((l.expr, self.coerce(r, &lt, right)));
        }
        if assign::join(&lt, &rt).is_some() {
            // int and float, json and anything plain.
            let target = assign::join(&lt, &rt).unwrap_or(Type::Error);
            let target = |side: &Typed| match side.ty {
                Type::Optional(_) => target.clone().optional(),
                _ => target.clone(),
            };
            let (want_l, want_r) = (target(&l), target(&r));
            return Ok((self.coerce(l, &want_l, left), self.coerce(r, &want_r, right)));
        }
        Err(Box::new((l, r)))
    }

    fn ordering(&mut self, op: Op, op_span: Span, left: &ast::Expr, right: &ast::Expr, span: Span) -> Typed {
        let l = self.elab(left, None);
        let hint = l.ty.clone();
        let r = self.elab(right, Some(&hint));
        for (side, source) in [(&l, left), (&r, right)] {
            if let Type::Optional(inner) = &side.ty {
                let diagnostic = self.maybe_null(&side.ty, inner, source.span);
                self.report(diagnostic);
                return Typed { ty: Type::Bool, ..Typed::error() };
            }
        }
        let (lt, rt) = (l.ty.clone(), r.ty.clone());
        let sides = self.common(l, r, left, right);
        let ordered = |t: &Type| self.is_ordered(t);
        let comparable = self.predicate || (ordered(&lt) && ordered(&rt));
        match sides {
            Ok((l, r)) if comparable => self.join_sides(op, l, r, span, Type::Bool),
            _ => self.refuse(op, op_span, &lt, &rt, Type::Bool),
        }
    }

    fn is_ordered(&self, ty: &Type) -> bool {
        match ty {
            Type::Int | Type::Float | Type::String | Type::Timestamp | Type::Duration | Type::Bool => true,
            Type::Named(key) => self.program.enum_members(key).is_some(),
            Type::Error => true,
            _ => false,
        }
    }

    fn refuse(&mut self, op: Op, span: Span, l: &Type, r: &Type, ty: Type) -> Typed {
        if *l == Type::Error || *r == Type::Error {
            return Typed { ty, ..Typed::error() };
        }
        let sign = symbol(op);
        let mut diagnostic = self.error("RC0207", span, format!("`{l}` {sign} `{r}` has no meaning"));
        diagnostic.help = match (op, l, r) {
            (Op::Add, Type::String, _) | (Op::Add, _, Type::String) => {
                Some("text is built by templates: `\"${a}${b}\"`".into())
            }
            (_, Type::Json, _) | (_, _, Type::Json) => Some("json is decoded first: `decode<int>(x)`".into()),
            _ => None,
        };
        self.report(diagnostic);
        Typed::error()
    }

    fn membership(&mut self, op_span: Span, left: &ast::Expr, right: &ast::Expr, span: Span) -> Typed {
        let r = self.elab(right, None);
        if let Type::Optional(inner) = &r.ty {
            let diagnostic = self.maybe_null(&r.ty, inner, right.span);
            self.report(diagnostic);
            return Typed { ty: Type::Bool, ..Typed::error() };
        }
        let l = match &r.ty {
            Type::List(element) => {
                let element = (**element).clone();
                let l = self.elab(left, Some(&element));
                // T? in list<T> is legal as T? == T is.
                match assign::fits(l.ty.non_null(), &element) || element == Type::Null {
                    true => l.expr,
                    false => self.coerce(l, &element, left),
                }
            }
            Type::String | Type::Map(_) => self.check(left, &Type::String),
            Type::Json => self.check(left, &Type::String),
            Type::Error => {
                self.elab(left, None);
                return Typed { ty: Type::Bool, ..Typed::error() };
            }
            other => {
                let other = other.clone();
                let l = self.elab(left, None);
                return self.refuse(Op::In, op_span, &l.ty, &other, Type::Bool);
            }
        };
        self.join_sides(Op::In, l, r.expr, span, Type::Bool)
    }

    fn coalesce(&mut self, left: &ast::Expr, right: &ast::Expr, span: Span, want: Option<&Type>) -> Typed {
        let l = self.elab(left, want);
        let inner = l.ty.non_null().clone();
        let hint = if inner == Type::Null { want.cloned() } else { Some(inner.clone()) };
        let r = self.elab(right, hint.as_ref());
        if l.ty == Type::Error || r.ty == Type::Error {
            return Typed { ty: if inner == Type::Error { r.ty.clone() } else { inner }, ..Typed::error() };
        }
        if !matches!(l.ty, Type::Optional(_) | Type::Null | Type::Json) {
            let rest = Span::new(left.span.end, right.span.end);
            let diagnostic = self
                .error("RC0207", span, format!("the left side of `??` is never null: it is `{}`", l.ty))
                .fix("remove the default", rustchain_grammar::Applicability::Safe, rest, "");
            self.report(diagnostic);
            return Typed { ty: inner, ..Typed::error() };
        }
        if inner == Type::Null {
            return r;
        }
        let nullable = matches!(r.ty, Type::Optional(_) | Type::Null);
        let ty = if nullable { inner.clone().optional() } else { inner.clone() };
        let ty = match assign::join(&inner, r.ty.non_null()) {
            Some(Type::Float) if inner == Type::Int => inner.clone(),
            Some(joined) if joined != inner && nullable => joined.optional(),
            _ => ty,
        };
        let r = self.coerce(r, &ty, right);
        self.join_sides(Op::Coalesce, l.expr, r, span, ty)
    }

    fn arithmetic(
        &mut self,
        op: Op,
        op_span: Span,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
        want: Option<&Type>,
    ) -> Typed {
        let hint = want.filter(|t| matches!(t.non_null(), Type::List(_)));
        let l = self.elab(left, hint);
        let list_hint = match (&l.ty, hint) {
            (Type::List(t), None) if **t != Type::Null => Some(l.ty.clone()),
            (_, hint) => hint.cloned(),
        };
        let r = self.elab(right, list_hint.as_ref());
        for (side, source) in [(&l, left), (&r, right)] {
            if let Type::Optional(inner) = &side.ty {
                let diagnostic = self.maybe_null(&side.ty, inner, source.span);
                self.report(diagnostic);
                return Typed::error();
            }
        }
        if l.ty == Type::Error || r.ty == Type::Error {
            return Typed::error();
        }
        let Some(ty) = result_of(op, &l.ty, &r.ty) else {
            return self.refuse(op, op_span, &l.ty, &r.ty, Type::Error);
        };
        let (lt, rt) = operands(op, &l.ty, &r.ty, &ty);
        let l = self.coerce(l, &lt, left);
        let r = self.coerce(r, &rt, right);
        self.join_sides(op, l, r, span, ty)
    }
}

fn result_of(op: Op, l: &Type, r: &Type) -> Option<Type> {
    use Type as T;
    Some(match (op, l, r) {
        (_, T::Int, T::Int) => T::Int,
        (_, T::Int | T::Float, T::Int | T::Float) => T::Float,
        (Op::Add, T::String, T::String) => T::String,
        (Op::Add, T::List(_), T::List(_)) => assign::join(l, r)?,
        (Op::Add | Op::Sub, T::Timestamp, T::Duration) => T::Timestamp,
        (Op::Add, T::Duration, T::Timestamp) => T::Timestamp,
        (Op::Sub, T::Timestamp, T::Timestamp) => T::Duration,
        (Op::Add | Op::Sub | Op::Rem, T::Duration, T::Duration) => T::Duration,
        (Op::Div, T::Duration, T::Duration) => T::Float,
        (Op::Mul | Op::Div, T::Duration, T::Int | T::Float) => T::Duration,
        (Op::Mul, T::Int | T::Float, T::Duration) => T::Duration,
        _ => return None,
    })
}

/// What each side is converted to: both to float where one is, lists to their join, else as they are.
fn operands(op: Op, l: &Type, r: &Type, result: &Type) -> (Type, Type) {
    match result {
        Type::Float if *l != Type::Duration => (Type::Float, Type::Float),
        Type::List(_) if op == Op::Add => (result.clone(), result.clone()),
        _ => (l.clone(), r.clone()),
    }
}

fn lowered(op: Op) -> BinaryOp {
    match op {
        Op::Or => BinaryOp::Or,
        Op::And => BinaryOp::And,
        Op::Eq => BinaryOp::Eq,
        Op::Ne => BinaryOp::Ne,
        Op::Lt => BinaryOp::Lt,
        Op::Le => BinaryOp::Le,
        Op::Gt => BinaryOp::Gt,
        Op::Ge => BinaryOp::Ge,
        Op::In => BinaryOp::In,
        Op::Coalesce => BinaryOp::Coalesce,
        Op::Add => BinaryOp::Add,
        Op::Sub => BinaryOp::Sub,
        Op::Mul => BinaryOp::Mul,
        Op::Div => BinaryOp::Div,
        Op::Rem => BinaryOp::Rem,
    }
}

fn symbol(op: Op) -> &'static str {
    match op {
        Op::Or => "||",
        Op::And => "&&",
        Op::Eq => "==",
        Op::Ne => "!=",
        Op::Lt => "<",
        Op::Le => "<=",
        Op::Gt => ">",
        Op::Ge => ">=",
        Op::In => "in",
        Op::Coalesce => "??",
        Op::Add => "+",
        Op::Sub => "-",
        Op::Mul => "*",
        Op::Div => "/",
        Op::Rem => "%",
    }
}
