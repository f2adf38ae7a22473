//! Small Python functions as expressions: what a branch asks, what a lambda picks.

use super::Body;
use super::value::{self, Code, Value};
use crate::from::callable::Callable;
use crate::from::langchain::model::Origin;
use crate::from::lower::text::string;
use crate::python::syntax::{self, ast};
use ruff_python_ast::visitor::{self, Visitor};

/// A function of one parameter whose body is one expression that is known here; `None` for any other.
pub(super) fn translate(
    body: &mut Body<'_, '_>,
    function: &Callable,
    input: &Value,
    origin: &Origin,
) -> Option<Value> {
    let (tree, problems) = syntax::parse(&function.source).ok()?;
    if !problems.is_empty() {
        return None;
    }
    let Some(ast::Stmt::FunctionDef(def)) = tree.body.first() else { return None };
    let parameter = def.parameters.args.first()?.parameter.name.id.to_string();
    if def.parameters.args.len() != 1 || def.parameters.kwarg.is_some() || def.parameters.vararg.is_some() {
        return None;
    }
    let mut statements = def.body.iter().filter(|s| !is_docstring(s));
    let Some(ast::Stmt::Return(returned)) = statements.next() else { return None };
    if statements.next().is_some() {
        return None;
    }
    // Reading keys adds inputs; a translation that fails must leave none behind.
    let (inputs, names) = (body.inputs.clone(), body.names.clone());
    let mut reader = Reader { body, parameter, input, origin };
    let found = reader.expr(returned.value.as_deref()?);
    if found.is_none() {
        body.inputs = inputs;
        body.names = names;
    }
    found
}

/// The keys that a function reads of its one parameter; `None` where it uses the parameter in any other way.
pub(super) fn keys_read(function: &Callable) -> Option<Vec<String>> {
    let (tree, _) = syntax::parse(&function.source).ok()?;
    let Some(ast::Stmt::FunctionDef(def)) = tree.body.first() else { return None };
    let parameter = def.parameters.args.first()?.parameter.name.id.to_string();
    let mut reads = Reads { parameter, keys: Vec::new(), other: false };
    def.body.iter().for_each(|s| reads.visit_stmt(s));
    (!reads.other).then_some(reads.keys)
}

struct Reads {
    parameter: String,
    keys: Vec<String>,
    other: bool,
}

impl Reads {
    fn add(&mut self, key: &str) {
        if !self.keys.iter().any(|k| k == key) {
            self.keys.push(key.to_owned());
        }
    }

    fn is_parameter(&self, expr: &ast::Expr) -> bool {
        matches!(expr, ast::Expr::Name(n) if n.id.as_str() == self.parameter)
    }
}

impl<'a> Visitor<'a> for Reads {
    fn visit_expr(&mut self, expr: &'a ast::Expr) {
        match expr {
            ast::Expr::Subscript(sub) if self.is_parameter(&sub.value) => match &*sub.slice {
                ast::Expr::StringLiteral(key) => self.add(key.value.to_str()),
                _ => self.other = true,
            },
            _ if self.is_parameter(expr) => self.other = true,
            _ => visitor::walk_expr(self, expr),
        }
    }
}

fn is_docstring(stmt: &ast::Stmt) -> bool {
    matches!(stmt, ast::Stmt::Expr(e) if matches!(*e.value, ast::Expr::StringLiteral(_)))
}

struct Reader<'b, 's, 'f, 'v> {
    body: &'b mut Body<'s, 'f>,
    parameter: String,
    input: &'v Value,
    origin: &'v Origin,
}

impl Reader<'_, '_, '_, '_> {
    fn expr(&mut self, expr: &ast::Expr) -> Option<Value> {
        match expr {
            ast::Expr::Name(name) if name.id.as_str() == self.parameter => Some(self.input.clone()),
            ast::Expr::Subscript(sub) if self.is_parameter(&sub.value) => {
                let ast::Expr::StringLiteral(key) = &*sub.slice else { return None };
                if !matches!(self.input, Value::Inputs | Value::Dict(..)) {
                    return None;
                }
                Some(value::key(self.body, self.input, key.value.to_str(), "string", self.origin))
            }
            other => self.code(other).map(Value::Code),
        }
    }

    fn is_parameter(&self, expr: &ast::Expr) -> bool {
        matches!(expr, ast::Expr::Name(n) if n.id.as_str() == self.parameter)
    }

    fn code(&mut self, expr: &ast::Expr) -> Option<Code> {
        match expr {
            ast::Expr::StringLiteral(s) => Some(Code::new(string(s.value.to_str()), "string")),
            ast::Expr::BooleanLiteral(b) => Some(Code::new(b.value.to_string(), "bool")),
            ast::Expr::NumberLiteral(n) => match &n.value {
                ast::Number::Int(i) => Some(Code::new(i.as_i64()?.to_string(), "int")),
                _ => None,
            },
            ast::Expr::Subscript(sub) if !self.is_parameter(&sub.value) => None,
            ast::Expr::Name(_) if !self.is_parameter(expr) => None,
            ast::Expr::Name(_) | ast::Expr::Subscript(_) => {
                let found = self.expr(expr)?;
                match found {
                    Value::Code(code) => Some(code),
                    _ => None,
                }
            }
            ast::Expr::Compare(compare) => self.compare(compare),
            ast::Expr::BoolOp(op) => {
                let parts: Option<Vec<Code>> = op.values.iter().map(|v| self.code(v)).collect();
                let parts = parts?;
                if parts.iter().any(|p| p.ty != "bool") {
                    return None;
                }
                let word = if op.op == ast::BoolOp::And { " && " } else { " || " };
                let parts: Vec<String> = parts.iter().map(|p| format!("({})", p.code)).collect();
                Some(Code::new(parts.join(word), "bool"))
            }
            ast::Expr::UnaryOp(op) if op.op == ast::UnaryOp::Not => {
                let inner = self.code(&op.operand)?;
                (inner.ty == "bool").then(|| Code::new(format!("!({})", inner.code), "bool"))
            }
            ast::Expr::Call(call) => self.call(call),
            _ => None,
        }
    }

    fn compare(&mut self, compare: &ast::ExprCompare) -> Option<Code> {
        let ([op], [right]) = (&*compare.ops, &*compare.comparators) else { return None };
        let (left, right) = (self.code(&compare.left)?, self.code(right)?);
        if left.ty != right.ty {
            return None;
        }
        let word = match (op, left.ty.as_str()) {
            (ast::CmpOp::In, "string") => "in",
            (ast::CmpOp::NotIn, "string") => {
                return Some(Code::new(format!("!({} in {})", left.code, right.code), "bool"));
            }
            (ast::CmpOp::Eq, _) => "==",
            (ast::CmpOp::NotEq, _) => "!=",
            (ast::CmpOp::Lt, "int") => "<",
            (ast::CmpOp::LtE, "int") => "<=",
            (ast::CmpOp::Gt, "int") => ">",
            (ast::CmpOp::GtE, "int") => ">=",
            _ => return None,
        };
        Some(Code::new(format!("{} {word} {}", left.code, right.code), "bool"))
    }

    fn call(&mut self, call: &ast::ExprCall) -> Option<Code> {
        if !call.arguments.keywords.is_empty() {
            return None;
        }
        let args = &call.arguments.args;
        match &*call.func {
            ast::Expr::Name(name) if name.id.as_str() == "len" && args.len() == 1 => {
                let inner = self.code(&args[0])?;
                (inner.ty == "string" || inner.ty.starts_with("list<"))
                    .then(|| Code::new(format!("len({})", inner.code), "int"))
            }
            ast::Expr::Attribute(attr) => {
                if attr.attr.as_str() == "join" {
                    return self.join(&attr.value, args);
                }
                let function = match attr.attr.as_str() {
                    "lower" => "lower",
                    "upper" => "upper",
                    "strip" => "trim",
                    _ => return None,
                };
                let inner = self.code(&attr.value)?;
                (inner.ty == "string" && args.is_empty())
                    .then(|| Code::new(format!("{function}({})", inner.code), "string"))
            }
            _ => None,
        }
    }

    /// `"\n".join(d.page_content for d in docs)`.
    fn join(&mut self, separator: &ast::Expr, args: &[ast::Expr]) -> Option<Code> {
        let ast::Expr::StringLiteral(separator) = separator else { return None };
        let Value::Found(found) = self.input else { return None };
        let (element, generators) = match args.first()? {
            ast::Expr::Generator(g) => (&g.elt, &g.generators),
            ast::Expr::ListComp(l) => (&l.elt, &l.generators),
            _ => return None,
        };
        let [generator] = generators.as_slice() else { return None };
        let ast::Expr::Attribute(attr) = &**element else { return None };
        let plain = attr.attr.as_str() == "page_content"
            && generator.ifs.is_empty()
            && self.is_parameter(&generator.iter);
        plain.then(|| {
            Code::new(
                format!("join([d.text for d in {found}], {})", string(separator.value.to_str())),
                "string",
            )
        })
    }
}
