//! What is known of a text before the mission runs: literal pieces and holes.

use super::fold;
use super::scope::{Bound, Scope, field_type};
use rustchain_plan::effect::PatternSyntax;
use rustchain_plan::expr::{BinaryOp, ExprKind, Part, TemplateForm};
use rustchain_plan::types::Schema;
use rustchain_plan::{Body, Expr, Pattern, Type, Value};
use std::rc::Rc;

/// Deeper expressions give an unknown text.
const DEEPEST: u32 = 64;
/// So many expressions are looked at for one answer.
const FUEL: u32 = 2_000;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Known text.
    Text(String),
    /// Text without a separator.
    Segment,
    /// Any text.
    Any,
}

/// A text in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// In order.
    pub pieces: Vec<Piece>,
}

impl Shape {
    /// A text of which nothing is known.
    pub fn any() -> Shape {
        Shape { pieces: vec![Piece::Any] }
    }

    /// Exactly this text.
    pub fn literal(text: impl Into<String>) -> Shape {
        Shape { pieces: vec![Piece::Text(text.into())] }
    }

    /// The text before the first hole.
    pub fn prefix(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Text(text)) => text,
            _ => "",
        }
    }

    /// As a pattern; neighbouring holes become one.
    pub fn pattern(&self) -> Pattern {
        let mut out = String::new();
        let mut last: Option<&Piece> = None;
        for piece in &self.pieces {
            match (last, piece) {
                (_, Piece::Text(text)) => out.push_str(Pattern::literal(text).0.as_str()),
                (Some(Piece::Any), _) => continue,
                (Some(Piece::Segment), Piece::Segment) => continue,
                (Some(Piece::Segment), Piece::Any) => out.push('*'),
                (_, Piece::Segment) => out.push('*'),
                (_, Piece::Any) => out.push_str("**"),
            }
            last = Some(piece);
        }
        Pattern(out.into())
    }

    fn push(&mut self, piece: Piece) {
        match (self.pieces.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
            (_, piece) => self.pieces.push(piece),
        }
    }

    fn append(&mut self, other: Shape) {
        other.pieces.into_iter().for_each(|p| self.push(p));
    }

    /// In a url: is the end of what is known in the path, after scheme and host, before the query?
    fn ends_in_url_path(&self) -> bool {
        let [Piece::Text(start), rest @ ..] = self.pieces.as_slice() else { return false };
        let Some((_, after_scheme)) = start.split_once("://") else { return false };
        let in_query = |p: &Piece| matches!(p, Piece::Text(t) if t.contains(['?', '#']));
        after_scheme.contains('/') && !self.pieces.iter().any(in_query) && !rest.contains(&Piece::Any)
    }
}

/// Every shape an expression can have: one, or a few where conditions choose between texts.
pub fn shapes<'p>(expr: &'p Expr, scope: &Rc<Scope<'p>>, syntax: PatternSyntax) -> Vec<Shape> {
    Reader { syntax, depth: 0, fuel: FUEL }.shapes(expr, scope)
}

struct Reader {
    syntax: PatternSyntax,
    depth: u32,
    fuel: u32,
}

impl Reader {
    fn shapes<'p>(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Vec<Shape> {
        if self.depth >= DEEPEST || self.fuel == 0 {
            return vec![Shape::any()];
        }
        self.fuel -= 1;
        if let Some(values) = fold::values(expr, scope) {
            return self.of_values(&values, scope);
        }
        self.depth += 1;
        let shapes = self.unknown(expr, scope);
        self.depth -= 1;
        shapes
    }

    fn of_values(&self, values: &[Value], scope: &Rc<Scope<'_>>) -> Vec<Shape> {
        let mut out = Vec::new();
        for value in values {
            match value {
                Value::Null => {}
                Value::List(items) => out.extend(self.of_values(items, scope)),
                other => match fold::render(other, &scope.plan.schemas) {
                    Some(text) => out.push(Shape::literal(text)),
                    None => out.push(Shape::any()),
                },
            }
        }
        out
    }

    fn unknown<'p>(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Vec<Shape> {
        match &expr.kind {
            ExprKind::Template { form, parts } => vec![self.template(*form, parts, scope)],
            ExprKind::Binary { op: BinaryOp::Add, left, right } => {
                let mut shape = self.one(left, scope);
                shape.append(self.one(right, scope));
                vec![shape]
            }
            ExprKind::Binary { op: BinaryOp::Coalesce, left, right } => self.both(left, right, scope),
            ExprKind::If { then, otherwise, .. } => self.both(then, otherwise, scope),
            ExprKind::Match { arms, .. } => arms.iter().flat_map(|a| self.shapes(&a.value, scope)).collect(),
            ExprKind::List(items) => items.iter().flat_map(|i| self.shapes(i, scope)).collect(),
            ExprKind::Convert { value, .. } | ExprKind::Lower { value, .. } => self.shapes(value, scope),
            ExprKind::Param { up, name } => self.param(*up, name, scope),
            ExprKind::Let { up, name } => {
                let home = scope.up(*up);
                let value = home.as_ref().and_then(|h| h.region?.lets.get(name));
                match (home.as_ref(), value) {
                    (Some(home), Some(value)) => self.shapes(value, home),
                    _ => vec![Shape::any()],
                }
            }
            ExprKind::Step { up, id } => self.step(*up, id, expr, scope),
            ExprKind::Call { function, args } => vec![self.call(function, args, scope)],
            _ => vec![self.hole(expr, scope)],
        }
    }

    fn both<'p>(&mut self, a: &'p Expr, b: &'p Expr, scope: &Rc<Scope<'p>>) -> Vec<Shape> {
        let mut all = self.shapes(a, scope);
        all.extend(self.shapes(b, scope));
        all
    }

    /// The one shape of a part; several become a hole.
    fn one<'p>(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Shape {
        let mut shapes = self.shapes(expr, scope);
        match shapes.pop() {
            Some(only) if shapes.is_empty() => only,
            _ => self.hole(expr, scope),
        }
    }

    fn param<'p>(&mut self, up: u32, name: &str, scope: &Rc<Scope<'p>>) -> Vec<Shape> {
        let home = scope.up(up);
        match home.as_ref().and_then(|h| h.params.get(name)) {
            Some(Bound::Argument(arg, scope)) => self.shapes(arg, scope),
            Some(Bound::Element(list, scope)) => match &list.kind {
                ExprKind::List(items) => items.iter().flat_map(|i| self.shapes(i, scope)).collect(),
                _ => vec![self.hole_of(home.as_ref().and_then(|h| param_type(h, name)))],
            },
            _ => vec![self.hole_of(home.as_ref().and_then(|h| param_type(h, name)))],
        }
    }

    /// A step that is an expression has its shape; `fs.write` and its kin give the path they were given.
    fn step<'p>(&mut self, up: u32, id: &str, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Vec<Shape> {
        let Some(home) = scope.up(up) else { return vec![Shape::any()] };
        let node = home.node(id);
        match node.map(|n| &n.body) {
            Some(Body::Value(value)) => self.shapes(value, &home),
            Some(Body::Call(call)) => {
                let written = match call.callee.as_str() {
                    "fs.write" | "fs.make_dir" => call.args.get("path"),
                    "fs.copy" | "fs.move" => call.args.get("to"),
                    _ => None,
                };
                match written {
                    Some(path) => self.shapes(path, &home),
                    None => vec![self.hole(expr, scope)],
                }
            }
            Some(Body::Chain { region, .. }) => {
                let inner = node.map(|n| home.inner(n)).and_then(|mut all| all.pop());
                match (&region.result, inner) {
                    (Some(result), Some(inner)) => self.shapes(result, &inner),
                    _ => vec![self.hole(expr, scope)],
                }
            }
            _ => vec![self.hole(expr, scope)],
        }
    }

    fn template<'p>(&mut self, form: TemplateForm, parts: &'p [Part], scope: &Rc<Scope<'p>>) -> Shape {
        let mut shape = Shape::default();
        for part in parts {
            let hole = match part {
                Part::Text(text) => {
                    shape.push(Piece::Text(text.to_string()));
                    continue;
                }
                Part::Hole(hole) => hole,
            };
            if form != TemplateForm::Url || shape.pieces.is_empty() {
                let piece = self.one(hole, scope);
                shape.append(piece);
            } else if let Some(value) = fold::constant(hole, scope) {
                shape.append(self.encoded(&value, scope));
            } else if shape.ends_in_url_path() {
                shape.push(Piece::Segment);
            } else {
                shape.push(Piece::Any);
            }
        }
        shape
    }

    /// A constant in a url's path or query: percent-encoded, so unreserved text stays as it is.
    fn encoded(&self, value: &Value, scope: &Rc<Scope<'_>>) -> Shape {
        match fold::render(value, &scope.plan.schemas) {
            Some(text) if text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c)) => {
                Shape::literal(text)
            }
            _ => Shape { pieces: vec![Piece::Segment] },
        }
    }

    fn call<'p>(&mut self, function: &str, args: &'p [Expr], scope: &Rc<Scope<'p>>) -> Shape {
        match (function, args) {
            ("path.join", [base, part]) => {
                let mut shape = self.one(base, scope);
                shape.push(Piece::Text("/".to_owned()));
                shape.append(self.one(part, scope));
                shape
            }
            ("confine", [_, root]) => {
                let mut shape = self.one(root, scope);
                shape.push(Piece::Text("/".to_owned()));
                shape.push(Piece::Any);
                shape
            }
            ("url.encode" | "hash.sha256" | "path.name" | "path.stem" | "path.extension" | "len", _) => {
                Shape { pieces: vec![Piece::Segment] }
            }
            ("lower" | "trim", [text]) if matches!(self.syntax, PatternSyntax::Name) => self.one(text, scope),
            _ => Shape::any(),
        }
    }

    fn hole(&self, expr: &Expr, scope: &Rc<Scope<'_>>) -> Shape {
        self.hole_of(type_of(expr, scope))
    }

    fn hole_of(&self, ty: Option<Type>) -> Shape {
        let narrow =
            matches!(ty, Some(Type::Bool | Type::Int | Type::Float | Type::Timestamp | Type::Duration));
        Shape { pieces: vec![if narrow { Piece::Segment } else { Piece::Any }] }
    }
}

fn param_type(home: &Rc<Scope<'_>>, name: &str) -> Option<Type> {
    if let Some(Bound::Input(input)) = home.params.get(name) {
        return Some(input.ty.clone());
    }
    home.region?.params.iter().find(|p| p.name == name).map(|p| p.ty.clone())
}

/// The type of an access path such as `fetch[0].id`; `None` where it takes more to know.
pub fn type_of(expr: &Expr, scope: &Rc<Scope<'_>>) -> Option<Type> {
    match &expr.kind {
        ExprKind::Const(value) => match value {
            Value::Bool(_) => Some(Type::Bool),
            Value::Int(_) => Some(Type::Int),
            Value::Float(_) => Some(Type::Float),
            Value::String(_) => Some(Type::String),
            Value::Timestamp(_) => Some(Type::Timestamp),
            Value::Duration(_) => Some(Type::Duration),
            Value::Enum(key, _) => Some(Type::Named(key.clone())),
            _ => None,
        },
        ExprKind::Param { up, name } => param_type(&scope.up(*up)?, name),
        ExprKind::Step { up, id } => {
            let home = scope.up(*up)?;
            home.node(id).map(|n| n.ty.clone())
        }
        ExprKind::Let { up, name } => {
            let home = scope.up(*up)?;
            type_of(home.region?.lets.get(name)?, &home)
        }
        ExprKind::Run(field) => Some(match field {
            rustchain_plan::expr::RunField::Id => Type::String,
            rustchain_plan::expr::RunField::Attempt => Type::Int,
            rustchain_plan::expr::RunField::IsLatest => Type::Bool,
            _ => Type::Timestamp,
        }),
        ExprKind::Ran { .. } | ExprKind::Not(_) => Some(Type::Bool),
        ExprKind::Field { base, name, .. } => field_type(scope.plan, &type_of(base, scope)?, name),
        ExprKind::Index { base, .. } => match type_of(base, scope)?.non_null() {
            Type::List(inner) | Type::Map(inner) => Some((**inner).clone()),
            Type::Json => Some(Type::Json),
            _ => None,
        },
        ExprKind::Template { .. } => Some(Type::String),
        ExprKind::Convert { to, .. } => Some(to.clone()),
        ExprKind::Lower { value, .. } => type_of(value, scope),
        ExprKind::Call { function, .. } => match function.as_str() {
            "len" | "to_int" | "round" | "floor" | "ceil" | "count" | "weekday" | "time.unix" => {
                Some(Type::Int)
            }
            "to_float" | "pow" | "sqrt" | "seconds" => Some(Type::Float),
            "starts_with" | "ends_with" | "all" | "any" => Some(Type::Bool),
            _ => None,
        },
        _ => None,
    }
}

/// True for a type that names an enum.
pub fn is_enum(plan: &rustchain_plan::Plan, ty: &Type) -> bool {
    matches!(ty.non_null(), Type::Named(key) if matches!(plan.schemas.get(key), Some(Schema::Enum(_))))
}
