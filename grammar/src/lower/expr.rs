//! Expressions: precedence over the flat list of operands, suffixes and operators.

use super::list::Context;
use super::{Lower, MAX_DEPTH, error_expr};
use crate::ast::*;
use crate::flat::{Children, Node};
use crate::kind::SyntaxKind as K;
use crate::span::Span;
use smol_str::SmolStr;

/// The binding power of unary operators; above every infix operator.
const COMPARISON: u8 = 3;

impl<'a> Lower<'a> {
    pub fn expr(&mut self, node: Node<'a>) -> Expr {
        let node = if node.kind() == K::EXPR { node } else { return self.inner_expr(node) };
        // In the worst case all operators and suffixes nest in each other.
        let chained = node.children().filter(|c| is_chained(c.kind())).count() as u32;
        self.deeper(chained + 1, node.span(), |lower| {
            let mut children = node.children();
            lower.binary(&mut children, 0)
        })
    }

    /// The expression of a node that only wraps one.
    fn inner_expr(&mut self, node: Node<'a>) -> Expr {
        match node.children().seek(K::EXPR) {
            Some(inner) => self.expr(inner),
            None => error_expr(node.span()),
        }
    }

    fn deeper(&mut self, levels: u32, span: Span, lower: impl FnOnce(&mut Self) -> Expr) -> Expr {
        self.depth += levels;
        let expr = if self.depth > MAX_DEPTH {
            self.report_too_deep(span);
            error_expr(span)
        } else {
            lower(self)
        };
        self.depth -= levels;
        expr
    }

    pub fn report_too_deep(&mut self, span: Span) {
        let start = Span::new(span.start, span.start);
        let limit = format!("this nests deeper than {MAX_DEPTH} levels");
        self.report("RC0006", start, limit).help = Some("give parts of it a name with `let`".to_owned());
    }

    fn binary(&mut self, children: &mut Children<'a>, min: u8) -> Expr {
        let mut left = self.unary(children);
        while let Some(node) = children.peek().filter(|n| n.kind() == K::INFIX_OPERATOR) {
            let (op, power) = operator(self.slice(node.span()));
            if power < min || power == 0 {
                break;
            }
            children.next();
            self.check_chained_comparison(&left, power, node.span());
            let right = self.binary(children, power + 1);
            left = Expr {
                span: left.span.to(right.span),
                kind: ExprKind::Binary {
                    op,
                    op_span: node.span(),
                    left: Box::new(left),
                    right: Box::new(right),
                },
            };
        }
        left
    }

    fn check_chained_comparison(&mut self, left: &Expr, power: u8, span: Span) {
        let ExprKind::Binary { op, .. } = &left.kind else { return };
        if power == COMPARISON && power_of(*op) == COMPARISON {
            let found = self.report("RC0008", span, "comparisons do not chain");
            found.help = Some("join two comparisons with `&&`, or put one in parentheses".to_owned());
        }
    }

    fn unary(&mut self, children: &mut Children<'a>) -> Expr {
        let mut prefixes: Vec<Node<'a>> = Vec::new();
        while let Some(prefix) = children.eat(K::PREFIX_OPERATOR) {
            prefixes.push(prefix);
        }
        if let Some(least) = self.least_int(&prefixes, children) {
            prefixes.pop();
            return self.with_prefixes(prefixes, least);
        }
        let operand = self.postfix(children);
        self.with_prefixes(prefixes, operand)
    }

    fn with_prefixes(&mut self, prefixes: Vec<Node<'a>>, operand: Expr) -> Expr {
        prefixes.into_iter().rev().fold(operand, |operand, prefix| {
            let op = if self.slice(prefix.span()) == "!" { UnaryOp::Not } else { UnaryOp::Neg };
            Expr { span: prefix.span().to(operand.span), kind: ExprKind::Unary(op, Box::new(operand)) }
        })
    }

    /// `-9223372036854775808`: the digits alone are out of range.
    fn least_int(&mut self, prefixes: &[Node<'a>], children: &mut Children<'a>) -> Option<Expr> {
        let minus = prefixes.last()?;
        let number = children.peek().filter(|n| n.kind() == K::NUMBER)?;
        let digits = self.slice(number.span()).replace('_', "");
        if self.slice(minus.span()) != "-" || digits != "9223372036854775808" {
            return None;
        }
        children.next();
        Some(Expr { kind: ExprKind::Int(i64::MIN), span: minus.span().to(number.span()) })
    }

    fn postfix(&mut self, children: &mut Children<'a>) -> Expr {
        let Some(atom) = children.next() else { return error_expr(Span::default()) };
        let mut expr = self.atom(atom);
        let mut optional = None;
        let mut type_args = Vec::new();
        while let Some(node) = children.peek().filter(|n| is_suffix(n.kind())) {
            children.next();
            let span = expr.span.to(node.span());
            let kind = match node.kind() {
                K::DOT | K::QUESTION_DOT => {
                    optional = Some(node.kind() == K::QUESTION_DOT);
                    continue;
                }
                K::TYPE_ARGS => {
                    type_args = self.type_args(node);
                    continue;
                }
                K::IDENT => ExprKind::Field {
                    base: Box::new(expr),
                    name: self.name(node),
                    optional: optional.take().unwrap_or(false),
                },
                K::INDEX => {
                    let index = Box::new(self.inner_expr(node));
                    self.check_closed(node);
                    ExprKind::Index { base: Box::new(expr), index }
                }
                K::ARGS => ExprKind::Call {
                    callee: Box::new(expr),
                    type_args: std::mem::take(&mut type_args),
                    args: self.args(node),
                    args_span: node.span(),
                },
                K::RECORD_BODY => self.record(Some(&expr), node),
                _ => self.raw(expr, node),
            };
            expr = Expr { kind, span };
        }
        expr
    }

    /// A closer that is missing around one expression.
    fn check_closed(&mut self, node: Node<'a>) {
        self.list(node, Context::Element, |_, _, _| {});
    }

    fn atom(&mut self, node: Node<'a>) -> Expr {
        let span = node.span();
        let kind = match node.kind() {
            K::IDENT => ExprKind::Name(self.name(node)),
            K::STRING | K::TEMPLATE => ExprKind::Template(self.template(node)),
            K::NUMBER => self.number(node),
            K::LITERAL => self.literal(node),
            K::TIMESTAMP => self.timestamp(node),
            K::LIST => self.list_expr(node),
            K::RECORD_BODY => self.record(None, node),
            K::PAREN => {
                self.check_closed(node);
                ExprKind::Paren(Box::new(self.inner_expr(node)))
            }
            K::IF_EXPR => return self.if_expr(node),
            K::MATCH_EXPR => self.match_expr(node),
            K::FOR_EXPR => self.for_expr(node),
            K::LOOP_EXPR => self.loop_expr(node),
            _ => ExprKind::Error,
        };
        Expr { kind, span }
    }

    fn raw(&mut self, tag: Expr, node: Node<'a>) -> ExprKind {
        let text = self.raw_text(node);
        match tag.kind {
            ExprKind::Name(tag) => ExprKind::Raw(tag, text),
            _ => {
                self.report("RC0001", node.span(), "a raw string follows one name, like `bash\"\"\"`");
                ExprKind::Error
            }
        }
    }

    fn args(&mut self, list: Node<'a>) -> Vec<Arg> {
        let mut args = Vec::new();
        self.list(list, Context::Arg, |lower, _, node| {
            if node.kind() != K::ARG {
                args.push(Arg { name: None, value: error_expr(node.span()) });
                return;
            }
            let mut children = node.children();
            let name = children.eat(K::IDENT).map(|name| lower.name(name));
            let value = lower.next_expr(&mut children);
            args.push(Arg { name, value });
        });
        args
    }

    pub fn next_elements(&mut self, children: &mut Children<'a>) -> Vec<Expr> {
        children.seek(K::LIST).map(|list| self.elements(list)).unwrap_or_default()
    }

    /// The elements of a list that may not be a comprehension.
    pub fn elements(&mut self, node: Node<'a>) -> Vec<Expr> {
        match self.list_expr(node) {
            ExprKind::List(elements) => elements,
            _ => {
                self.report("RC0001", node.span(), "expected a plain list");
                Vec::new()
            }
        }
    }

    fn list_expr(&mut self, node: Node<'a>) -> ExprKind {
        let mut elements = Vec::new();
        let mut clauses = Vec::new();
        self.list(node, Context::Element, |lower, _, node| match node.kind() {
            K::COMP_FOR => {
                let mut children = node.children();
                let name = lower.next_name(&mut children);
                let source = lower.next_expr(&mut children);
                clauses.push(CompClause::For(name, source));
            }
            K::COMP_IF => {
                let condition = lower.inner_expr(node);
                clauses.push(CompClause::If(condition));
            }
            K::EXPR => {
                let element = lower.expr(node);
                elements.push(element);
            }
            _ => elements.push(error_expr(node.span())),
        });
        if clauses.is_empty() {
            return ExprKind::List(elements);
        }
        match <[Expr; 1]>::try_from(elements) {
            Ok([body]) => ExprKind::Comprehension { body: Box::new(body), clauses },
            Err(_) => {
                self.report("RC0001", node.span(), "a comprehension has one element before `for`");
                ExprKind::Error
            }
        }
    }

    fn record(&mut self, name: Option<&Expr>, node: Node<'a>) -> ExprKind {
        let path = match name.map(|name| (name, path_of(name))) {
            None => None,
            Some((_, Some(path))) => Some(path),
            Some((name, None)) => {
                self.report("RC0001", name.span, "expected the name of a record before `{`");
                return ExprKind::Error;
            }
        };
        let (fields, base) = self.record_fields(node);
        ExprKind::Record { name: path, base, fields }
    }

    fn record_fields(&mut self, node: Node<'a>) -> (Vec<NamedArg>, Option<Box<Expr>>) {
        let mut fields = Vec::new();
        let mut base: Option<Box<Expr>> = None;
        self.list(node, Context::Entry, |lower, _, node| match node.kind() {
            K::SPREAD => {
                let value = lower.inner_expr(node);
                if base.is_some() {
                    lower.report("RC0009", node.span(), "a record has one base");
                }
                base = Some(Box::new(value));
            }
            K::ENTRY => {
                let mut children = node.children();
                let Some(key) = children.next() else { return };
                let name = lower.key(key);
                let value = lower.next_expr(&mut children);
                fields.push(NamedArg { name, value });
            }
            _ => {}
        });
        (fields, base)
    }

    fn key(&mut self, node: Node<'a>) -> Name {
        if node.kind() == K::IDENT {
            return self.name(node);
        }
        let (text, span) = self.text_of(node);
        Name { text, span }
    }

    pub fn next_entries(&mut self, children: &mut Children<'a>) -> Vec<NamedArg> {
        children.seek(K::RECORD_BODY).map(|body| self.entries(body)).unwrap_or_default()
    }

    /// The fields of a record body that has no base.
    pub fn entries(&mut self, node: Node<'a>) -> Vec<NamedArg> {
        let (fields, base) = self.record_fields(node);
        if let Some(base) = base {
            self.report("RC0001", base.span, "`..` is only for records");
        }
        fields
    }

    fn if_expr(&mut self, node: Node<'a>) -> Expr {
        let parts: Vec<Node<'a>> = node.children().filter(|c| c.kind() == K::EXPR).collect();
        let levels = parts.len() as u32 / 2;
        self.deeper(levels, node.span(), |lower| {
            let mut parts = parts.into_iter().map(|part| lower.expr(part)).collect::<Vec<_>>();
            let Some(mut otherwise) = parts.pop() else { return error_expr(node.span()) };
            while let (Some(then), Some(cond)) = (parts.pop(), parts.pop()) {
                let span = lower.if_span(node, cond.span, otherwise.span);
                let kind = ExprKind::If {
                    cond: Box::new(cond),
                    then: Box::new(then),
                    otherwise: Box::new(otherwise),
                };
                otherwise = Expr { kind, span };
            }
            otherwise
        })
    }

    /// From the `if` before a condition to the end of its last branch.
    fn if_span(&self, node: Node<'a>, cond: Span, last: Span) -> Span {
        let words = node.children().filter(|c| c.kind() == K::KEYWORD && c.span().end <= cond.start);
        let word = words.filter(|c| self.slice(c.span()) == "if").last();
        Span::new(word.map_or(cond.start, |w| w.span().start), last.end)
    }

    fn match_expr(&mut self, node: Node<'a>) -> ExprKind {
        let subject = Box::new(self.inner_expr(node));
        let mut arms = Vec::new();
        self.list(node, Context::Arm, |lower, _, node| {
            if node.kind() == K::ARM {
                let arm = lower.arm(node);
                arms.push(arm);
            }
        });
        ExprKind::Match { subject, arms }
    }

    fn arm(&mut self, node: Node<'a>) -> MatchArm {
        let mut children = node.children();
        let mut patterns = Vec::new();
        while let Some(pattern) = children.eat(K::PATTERN) {
            let mut parts = pattern.children();
            patterns.push(self.binary(&mut parts, 0));
            children.eat(K::BAR);
        }
        let is_rest = |e: &Expr| matches!(&e.kind, ExprKind::Name(name) if name.text == "_");
        if patterns.len() > 1 && patterns.iter().any(is_rest) {
            self.report("RC0001", node.span(), "`_` stands alone in its arm");
        }
        if patterns.iter().any(is_rest) {
            patterns.clear();
        }
        let value = self.next_expr(&mut children);
        MatchArm { patterns, value, span: node.span() }
    }

    fn for_expr(&mut self, node: Node<'a>) -> ExprKind {
        let mut bindings = Vec::new();
        for binding in node.children().filter(|c| c.kind() == K::FOR_BINDING) {
            let mut children = binding.children();
            let name = self.next_name(&mut children);
            bindings.push((name, self.next_expr(&mut children)));
        }
        let [max, limit] = self.bounds(node, ["max", "limit"]);
        ExprKind::For { bindings, max, limit, body: self.body(node) }
    }

    fn loop_expr(&mut self, node: Node<'a>) -> ExprKind {
        let Some(head) = node.children().find(|c| matches!(c.kind(), K::LOOP_UNTIL | K::LOOP_STATE)) else {
            return ExprKind::Error;
        };
        let mut children = head.children();
        if head.kind() == K::LOOP_UNTIL {
            let until = Box::new(self.next_expr(&mut children));
            let [every, duration, max] = self.bounds(node, ["every", "for", "max"]);
            return ExprKind::Poll { until, every, duration, max, body: self.body(node) };
        }
        let var = self.next_name(&mut children);
        let init = Box::new(self.next_expr(&mut children));
        let until = Box::new(self.next_expr(&mut children));
        let [max] = self.bounds(node, ["max"]);
        ExprKind::Loop { var, init, until, max, body: self.body(node) }
    }

    /// `max N`, `every d`: the ones that this form of loop has, each at most once.
    fn bounds<const N: usize>(&mut self, node: Node<'a>, words: [&str; N]) -> [Option<Box<Expr>>; N] {
        let mut found = [const { None }; N];
        for bound in node.children().filter(|c| c.kind() == K::BOUND) {
            let mut children = bound.children();
            let Some(word) = children.next() else { continue };
            let text = self.slice(word.span());
            let value = Box::new(self.next_expr(&mut children));
            let slot = words.iter().position(|w| *w == text).and_then(|i| found.get_mut(i));
            match slot {
                Some(slot) if slot.is_none() => *slot = Some(value),
                Some(_) => {
                    self.report("RC0009", bound.span(), format!("`{text}` is stated twice"));
                }
                None => {
                    let message = format!("`{text}` has no meaning here; expected {}", one_of(&words));
                    self.report("RC0001", word.span(), message);
                }
            }
        }
        found
    }

    fn body(&mut self, node: Node<'a>) -> Vec<Stmt> {
        node.children().seek(K::BLOCK).map(|block| self.block(block)).unwrap_or_default()
    }

    pub fn literal(&mut self, node: Node<'a>) -> ExprKind {
        match self.slice(node.span()) {
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            _ => ExprKind::Null,
        }
    }

    fn timestamp(&mut self, node: Node<'a>) -> ExprKind {
        let text = self.slice(node.span()).trim_start_matches('@');
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            self.report("RC0004", node.span(), "expected a date after `@`, like `@2026-01-01T00:00:00Z`");
            return ExprKind::Error;
        }
        ExprKind::Timestamp(SmolStr::new(text))
    }
}

fn one_of(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ")
}

fn is_suffix(kind: K) -> bool {
    matches!(
        kind,
        K::DOT
            | K::QUESTION_DOT
            | K::IDENT
            | K::INDEX
            | K::ARGS
            | K::TYPE_ARGS
            | K::RECORD_BODY
            | K::RAW_TEXT
    )
}

fn is_chained(kind: K) -> bool {
    matches!(kind, K::INFIX_OPERATOR | K::PREFIX_OPERATOR | K::DOT | K::QUESTION_DOT | K::INDEX | K::ARGS)
}

/// `redact.Rule` as a path, if an expression is only that.
fn path_of(expr: &Expr) -> Option<Path> {
    match &expr.kind {
        ExprKind::Name(name) => Some(Path { segments: vec![name.clone()], span: expr.span }),
        ExprKind::Field { base, name, optional: false } => {
            let mut path = path_of(base)?;
            path.segments.push(name.clone());
            path.span = expr.span;
            Some(path)
        }
        _ => None,
    }
}

/// An infix operator and how tightly it binds; 0 where it is none.
pub(crate) fn operator(text: &str) -> (BinaryOp, u8) {
    let op = match text {
        "||" => BinaryOp::Or,
        "&&" => BinaryOp::And,
        "==" => BinaryOp::Eq,
        "!=" => BinaryOp::Ne,
        "<" => BinaryOp::Lt,
        "<=" => BinaryOp::Le,
        ">" => BinaryOp::Gt,
        ">=" => BinaryOp::Ge,
        "in" => BinaryOp::In,
        "??" => BinaryOp::Coalesce,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Rem,
        _ => return (BinaryOp::Or, 0),
    };
    (op, power_of(op))
}

fn power_of(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::Eq
        | BinaryOp::Ne
        | BinaryOp::Lt
        | BinaryOp::Le
        | BinaryOp::Gt
        | BinaryOp::Ge
        | BinaryOp::In => COMPARISON,
        BinaryOp::Coalesce => 4,
        BinaryOp::Add | BinaryOp::Sub => 5,
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => 6,
    }
}
