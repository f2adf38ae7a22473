//! Conditions in texts, such as `{{check.output}} == 'yes' && retries < 3`.

use super::doc::Doc;
use super::literal;
use super::node::{Kind, Node, float_text};
use super::reference::{Piece, scan};
use super::report::code;
use super::step_types::Ty;
use super::translate::{Translator, Value};
use super::units::Unit;
use rustchain_grammar::{Severity, Span};

impl Translator<'_> {
    /// `when …` of a unit: its own condition and that of the conditional around it.
    pub fn when(&mut self, unit: &Unit) -> Option<Doc> {
        let guards = unit.step.condition.iter().map(|node| (node.clone(), false)).chain(unit.guard.clone());
        let mut all: Vec<Doc> = Vec::new();
        for (node, negated) in guards.collect::<Vec<_>>() {
            let condition = self.condition(&node);
            all.push(match negated {
                true => Doc::Cat(vec![Doc::text("!("), condition, Doc::text(")")]),
                false => condition,
            });
        }
        let mut parts = vec![Doc::text("when ")];
        for (index, condition) in all.into_iter().enumerate() {
            if index > 0 {
                parts.push(Doc::text(" && "));
            }
            parts.push(condition);
        }
        (parts.len() > 1).then_some(Doc::Cat(parts))
    }

    fn condition(&mut self, node: &Node) -> Doc {
        if let Kind::Bool(value) = node.kind {
            return Doc::from(node.span, Doc::text(value.to_string()));
        }
        let text = node.scalar_text().unwrap_or_default();
        let trimmed = unwrapped(text.trim());
        match self.either(trimmed, node.span, 0) {
            Some(value) => Doc::from(node.span, truth(value)),
            None => self.condition_hole(&text, node.span),
        }
    }

    /// A condition that is no condition of ours.
    fn condition_hole(&mut self, text: &str, span: Span) -> Doc {
        let message = format!("the condition `{}` is not understood", text.trim());
        let diagnostic = self
            .sink
            .new_at(code::LOSSY, Severity::High, span, message)
            .help("compare with `==`, `!=`, `<`, `>`, `contains`, joined by `and` and `or`");
        self.sink.push(diagnostic);
        self.sink.report.losses += 1;
        self.sink.report.holes += 1;
        let ident = self.units.get(self.current).map(|u| u.ident.clone()).unwrap_or_default();
        let name = self.fresh(&format!("{ident}_condition"));
        let args = vec![
            Doc::named("kind", literal::bare_string("condition")),
            Doc::named("source", literal::bare_string(&self.source_of(span))),
            Doc::named(
                "args",
                Doc::record(vec![Doc::named("condition", literal::string(text, self.text, span))]),
            ),
        ];
        self.holes.push((name.clone(), Doc::from(span, Doc::call("hole<bool>", args))));
        Doc::text(name)
    }

    fn either(&mut self, text: &str, span: Span, depth: usize) -> Option<Value> {
        if depth > 20 {
            return None;
        }
        for (words, operator) in [([" or ", "||"], " || "), ([" and ", "&&"], " && ")] {
            let Some((left, right)) = words.iter().find_map(|word| split_outside(text, word)) else {
                continue;
            };
            let left = truth(self.either(left, span, depth + 1)?);
            let right = truth(self.either(right, span, depth + 1)?);
            let doc = Doc::Cat(vec![left, Doc::text(operator), right]);
            return Some(Value { doc, ty: Ty::Bool });
        }
        let text = text.trim();
        let inverted =
            text.strip_prefix("not ").or_else(|| text.strip_prefix('!').filter(|t| !t.starts_with('=')));
        if let Some(rest) = inverted {
            let inner = truth(self.either(rest, span, depth + 1)?);
            return Some(Value { doc: Doc::Cat(vec![Doc::text("!("), inner, Doc::text(")")]), ty: Ty::Bool });
        }
        if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
            let value = self.either(inner, span, depth + 1)?;
            return Some(Value {
                doc: Doc::Cat(vec![Doc::text("("), value.doc, Doc::text(")")]),
                ty: value.ty,
            });
        }
        self.comparison(text, span)
    }

    fn comparison(&mut self, text: &str, span: Span) -> Option<Value> {
        for word in ["==", "!=", ">=", "<=", " contains ", " in ", ">", "<"] {
            let Some((left, right)) = split_outside(text, word) else { continue };
            let mut left = self.operand(left, span)?;
            let mut right = self.operand(right, span)?;
            let operator = word.trim();
            if operator == "contains" {
                std::mem::swap(&mut left, &mut right);
            }
            let (left, right) = match operator {
                "contains" | "in" => (left.doc, right.doc),
                _ => balanced(left, right),
            };
            let operator = if operator == "contains" { "in" } else { operator };
            let doc = Doc::Cat(vec![left, Doc::text(format!(" {operator} ")), right]);
            return Some(Value { doc, ty: Ty::Bool });
        }
        self.operand(text, span)
    }

    fn operand(&mut self, text: &str, span: Span) -> Option<Value> {
        let text = text.trim();
        let quoted = ['"', '\''].iter().find_map(|q| text.strip_prefix(*q)?.strip_suffix(*q));
        if let Some(inner) = quoted {
            let has_reference = scan(inner).iter().any(|p| matches!(p, Piece::Reference(_)));
            if !has_reference {
                return Some(Value { doc: literal::bare_string(inner), ty: Ty::Text });
            }
            return self.reference_operand(inner, span);
        }
        match text {
            "true" | "false" => return Some(Value { doc: Doc::text(text), ty: Ty::Bool }),
            "null" | "none" | "None" => return Some(Value { doc: Doc::text("null"), ty: Ty::Other }),
            _ => {}
        }
        if let Ok(number) = text.parse::<i64>() {
            return Some(Value { doc: Doc::text(number.to_string()), ty: Ty::Int });
        }
        if let Ok(number) = text.parse::<f64>()
            && number.is_finite()
            && text.contains('.')
        {
            return Some(Value { doc: Doc::text(float_text(number)), ty: Ty::Float });
        }
        if text.contains(['{', '$']) {
            return self.reference_operand(text, span);
        }
        self.reference_operand(&format!("{{{{{text}}}}}"), span)
    }

    fn reference_operand(&mut self, text: &str, span: Span) -> Option<Value> {
        let pieces = scan(text);
        let [Piece::Reference(reference)] = pieces.as_slice() else { return None };
        let mut locator = literal::Locator::new(self.text, span);
        let at = locator.find(reference.raw).unwrap_or(span);
        self.resolve(reference, at)
    }
}

/// `{{ a == b }}` without its braces; a single reference keeps them.
fn unwrapped(text: &str) -> &str {
    let inner = text.strip_prefix("{{").and_then(|t| t.strip_suffix("}}"));
    match inner {
        Some(inner) if !inner.contains("{{") => inner.trim(),
        _ => text,
    }
}

/// At the first `word` outside of quotes and braces.
fn split_outside<'t>(text: &'t str, word: &str) -> Option<(&'t str, &'t str)> {
    let (mut quote, mut depth) = (None, 0usize);
    for (index, c) in text.char_indices() {
        let rest = text.get(index..)?;
        if quote.is_none() && depth == 0 && rest.starts_with(word) {
            return Some((text.get(..index)?, rest.get(word.len()..)?));
        }
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '{' | '(') => depth += 1,
            (None, '}' | ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// A value as a condition.
fn truth(value: Value) -> Doc {
    match value.ty {
        Ty::Bool => value.doc,
        Ty::Text | Ty::Path => Doc::Cat(vec![value.doc, Doc::text(" == \"true\"")]),
        Ty::Int => Doc::Cat(vec![value.doc, Doc::text(" != 0")]),
        _ => Doc::Cat(vec![value.doc, Doc::text(" == true")]),
    }
}

/// Both sides in one type: numbers against text are read as numbers, the rest compared as text.
fn balanced(left: Value, right: Value) -> (Doc, Doc) {
    let number = |ty| matches!(ty, Ty::Int | Ty::Float);
    let convert = |value: Value, to: Ty| match (value.ty, to) {
        (Ty::Text, Ty::Int) => Doc::call("to_int", vec![value.doc]),
        (Ty::Text, Ty::Float) => Doc::call("to_float", vec![value.doc]),
        (Ty::Text, Ty::Bool) => Doc::Cat(vec![Doc::text("("), value.doc, Doc::text(" == \"true\")")]),
        (Ty::Json, Ty::Int) => Doc::call("decode<int>", vec![value.doc]),
        (Ty::Json, Ty::Float) => Doc::call("decode<float>", vec![value.doc]),
        (Ty::Json, Ty::Bool) => Doc::call("decode<bool>", vec![value.doc]),
        _ => value.doc,
    };
    let (l, r) = (left.ty, right.ty);
    let left = if number(r) || r == Ty::Bool { convert(left, r) } else { left.doc };
    let right = if number(l) || l == Ty::Bool { convert(right, l) } else { right.doc };
    (left, right)
}
