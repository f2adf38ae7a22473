//! Parameter values to expressions of the type that the argument wants.

use super::doc::Doc;
use super::literal::{self, Locator, Part};
use super::node::{Kind, Node, float_text};
use super::reference::{Piece, scan};
use super::step_types::{ParamKind, Ty};
use super::translate::{Translator, Value};

/// A piece of a text whose references are resolved.
pub(crate) enum Resolved {
    Text(String),
    Value(Value),
}

impl Translator<'_> {
    /// The pieces of a scalar with its references resolved.
    pub fn pieces(&mut self, node: &Node) -> Vec<Resolved> {
        let text = node.scalar_text().unwrap_or_default();
        let source = self.text;
        let mut locator = Locator::new(source, node.span);
        let mut out: Vec<Resolved> = Vec::new();
        for piece in scan(&text) {
            let literal = match &piece {
                Piece::Text(text) => *text,
                Piece::Reference(reference) => {
                    let span = locator.find(reference.raw).unwrap_or(node.span);
                    if let Some(value) = self.resolve(reference, span) {
                        out.push(Resolved::Value(value));
                        continue;
                    }
                    reference.raw
                }
            };
            match out.last_mut() {
                Some(Resolved::Text(before)) => before.push_str(literal),
                _ => out.push(Resolved::Text(literal.into())),
            }
        }
        out
    }

    /// A string, path or url literal with holes.
    pub fn template(&mut self, node: &Node) -> Doc {
        let pieces = self.pieces(node);
        self.template_of(pieces, node)
    }

    pub fn template_of(&self, pieces: Vec<Resolved>, node: &Node) -> Doc {
        let parts: Vec<Part> = pieces
            .into_iter()
            .map(|piece| match piece {
                Resolved::Text(text) => Part::Text(text),
                Resolved::Value(value) => Part::Hole(value.doc),
            })
            .collect();
        literal::template(&parts, self.text, node.span)
    }

    /// A text: the referenced value itself where it is one and nothing else stands there.
    pub fn text_value(&mut self, node: &Node) -> Doc {
        if matches!(node.kind, Kind::List(_) | Kind::Map(_)) {
            let json = self.json(node);
            return Doc::call("json.render", vec![json]);
        }
        let mut pieces = self.pieces(node);
        match pieces.as_slice() {
            [Resolved::Value(Value { ty: Ty::Text, .. })] => match pieces.pop() {
                Some(Resolved::Value(value)) => Doc::from(node.span, value.doc),
                _ => Doc::text("\"\""),
            },
            _ => self.template_of(pieces, node),
        }
    }

    /// Anything, as json.
    pub fn json(&mut self, node: &Node) -> Doc {
        let doc = match &node.kind {
            Kind::Null => Doc::text("null"),
            Kind::Bool(value) => Doc::text(value.to_string()),
            Kind::Int(value) => Doc::text(value.to_string()),
            Kind::Float(value) => Doc::text(float_text(*value)),
            Kind::Text(_) => return self.json_text(node),
            Kind::List(items) => Doc::list(items.iter().map(|item| self.json(item)).collect()),
            Kind::Map(entries) => Doc::record(
                entries
                    .iter()
                    .map(|entry| {
                        let value = self.json(&entry.value);
                        let key = Doc::from(entry.key_span, Doc::text(literal::key(&entry.key)));
                        Doc::Cat(vec![key, Doc::text(": "), value])
                    })
                    .collect(),
            ),
        };
        Doc::from(node.span, doc)
    }

    /// A text inside of json: one reference alone keeps its type.
    fn json_text(&mut self, node: &Node) -> Doc {
        let mut pieces = self.pieces(node);
        if let [Resolved::Value(_)] = pieces.as_slice()
            && let Some(Resolved::Value(value)) = pieces.pop()
        {
            return Doc::from(node.span, value.doc);
        }
        self.template_of(pieces, node)
    }

    /// A list of texts; a single text is a list of one.
    pub fn texts(&mut self, node: &Node) -> Vec<Doc> {
        match &node.kind {
            Kind::List(items) => items.iter().map(|item| self.text_value(item)).collect(),
            Kind::Null => Vec::new(),
            _ => vec![self.text_value(node)],
        }
    }

    /// A map from text to text.
    pub fn text_map(&mut self, node: &Node) -> Doc {
        let entries = node
            .entries()
            .iter()
            .map(|entry| {
                let value = self.text_value(&entry.value);
                let key = Doc::from(entry.key_span, Doc::text(literal::key(&entry.key)));
                Doc::Cat(vec![key, Doc::text(": "), value])
            })
            .collect();
        Doc::from(node.span, Doc::record(entries))
    }

    /// An expression of a parameter's kind; `None` where the value cannot be one.
    pub fn value_of(&mut self, kind: ParamKind, node: &Node) -> Option<Doc> {
        let scalar = node.scalar_text();
        Some(match kind {
            ParamKind::Text => self.text_value(node),
            ParamKind::Path | ParamKind::Url => {
                scalar?;
                self.template(node)
            }
            ParamKind::Texts => Doc::list(self.texts(node)),
            ParamKind::TextMap => match &node.kind {
                Kind::Map(_) => self.text_map(node),
                _ => return None,
            },
            ParamKind::Json => self.json(node),
            ParamKind::Bool => match scalar?.trim() {
                text @ ("true" | "false") => Doc::from(node.span, Doc::text(text)),
                _ => self.converted(node, Ty::Bool)?,
            },
            ParamKind::Int => match scalar?.trim().parse::<i64>() {
                Ok(value) => Doc::from(node.span, Doc::text(value.to_string())),
                Err(_) => self.converted(node, Ty::Int)?,
            },
            ParamKind::Float => match scalar?.trim().parse::<f64>() {
                Ok(value) => Doc::from(node.span, Doc::text(float_text(value))),
                Err(_) => self.converted(node, Ty::Float)?,
            },
        })
    }

    /// A single reference as a number or bool.
    fn converted(&mut self, node: &Node, ty: Ty) -> Option<Doc> {
        let mut pieces = self.pieces(node);
        let (1, Some(Resolved::Value(value))) = (pieces.len(), pieces.pop()) else { return None };
        let doc = match (value.ty, ty) {
            (have, want) if have == want => value.doc,
            (Ty::Int, Ty::Float) => value.doc,
            (Ty::Text, Ty::Int) => Doc::call("to_int", vec![value.doc]),
            (Ty::Text, Ty::Float) => Doc::call("to_float", vec![value.doc]),
            (Ty::Text, Ty::Bool) => Doc::Cat(vec![value.doc, Doc::text(" == \"true\"")]),
            (Ty::Json, Ty::Int) => Doc::call("decode<int>", vec![value.doc]),
            (Ty::Json, Ty::Float) => Doc::call("decode<float>", vec![value.doc]),
            (Ty::Json, Ty::Bool) => Doc::call("decode<bool>", vec![value.doc]),
            _ => value.doc,
        };
        Some(Doc::from(node.span, doc))
    }
}
