//! Error kinds as they are written.

use crate::types::Cx;
use rustchain_grammar::ast::{self, ErrorKindRef};
use rustchain_plan::error_kind::{ErrorKind, KindPattern};
use rustchain_plan::{Type, Value};

impl Cx<'_> {
    /// `[timeout, http_5xx, exit(3)]`.
    pub fn error_kinds(&mut self, kinds: &[ErrorKindRef]) -> Vec<KindPattern> {
        kinds.iter().filter_map(|k| self.error_kind(&k.name, k.arg.as_ref())).collect()
    }

    /// One kind.
    pub fn error_kind(&mut self, name: &ast::Name, arg: Option<&ast::Expr>) -> Option<KindPattern> {
        let text = name.text.as_str();
        if text == "exit" {
            let Some(arg) = arg else { return Some(KindPattern::AnyExit) };
            return match self.check_constant(arg, &Type::Int, "the exit status")? {
                Value::Int(status) => Some(KindPattern::Is(ErrorKind::Exit(status as i32))),
                _ => None,
            };
        }
        if let Some(arg) = arg {
            let d = self.error("RC0204", arg.span, format!("the error kind `{text}` takes no argument"));
            self.report(d);
            return None;
        }
        if text == "any" {
            return Some(KindPattern::Any);
        }
        if let Some((_, kind)) = ErrorKind::NAMED.iter().find(|(n, _)| *n == text) {
            return Some(KindPattern::Is(*kind));
        }
        let d = self.error("RC0112", name.span, format!("there is no error kind `{text}`"));
        let names = ErrorKind::NAMED.iter().map(|(n, _)| *n).chain(["any", "exit"]);
        let d = crate::names::did_you_mean(d, name.span, text, names);
        self.report(d);
        None
    }
}
