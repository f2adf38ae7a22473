//! Shell scripts: raw text, values only by environment variables.

use super::Missing;
use crate::from::yaml::doc::Doc;
use crate::from::yaml::literal::{self, Locator};
use crate::from::yaml::node::Node;
use crate::from::yaml::reference::{Piece, Reference, Style, scan};
use crate::from::yaml::translate::{Place, Translator};
use crate::from::yaml::units::Unit;
use rustchain_grammar::Span;
use std::collections::BTreeMap;

/// Variables that every shell has.
const AMBIENT: &[&str] = &[
    "HOME",
    "PATH",
    "USER",
    "PWD",
    "OLDPWD",
    "SHELL",
    "HOSTNAME",
    "RANDOM",
    "SECONDS",
    "LINENO",
    "UID",
    "EUID",
    "IFS",
    "PPID",
    "BASH",
    "BASH_VERSION",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TERM",
    "OSTYPE",
    "HOSTTYPE",
    "MACHTYPE",
    "FUNCNAME",
    "BASH_SOURCE",
    "PIPESTATUS",
    "REPLY",
    "OPTARG",
    "OPTIND",
    "DEBIAN_FRONTEND",
];

/// `shell` steps.
pub(super) fn lower(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let command = t.need(unit, "command")?;
    t.bash(unit, &command, Vec::new())
}

/// Where in a script a place is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

/// A script whose references became variables.
pub(crate) struct Script {
    pub text: String,
    /// Variable to value.
    pub env: BTreeMap<String, Doc>,
}

impl Translator<'_> {
    /// `exec.bash` of a script; `extra` goes behind.
    pub fn bash(&mut self, unit: &Unit, script: &Node, extra: Vec<Doc>) -> Result<Doc, Missing> {
        let text = script.scalar_text().ok_or_else(|| Missing::wrong("command", script))?;
        let script_value = self.script(&text, script.span);
        let literal = literal::raw("bash\"\"\"", &script_value.text, self.text, script.span);
        let mut args = vec![Doc::named("script", literal)];
        let given = self.param(unit, "env").cloned();
        self.place = Place::Guarded;
        let mut entries: Vec<Doc> = Vec::new();
        for entry in given.iter().flat_map(|node| node.entries()) {
            let value = self.text_value(&entry.value);
            entries.push(Doc::named(&literal::key(&entry.key), value));
        }
        self.place = Place::Open;
        let is_given = |name: &str| given.as_ref().is_some_and(|node| node.get(name).is_some());
        for (name, value) in script_value.env {
            if !is_given(&name) {
                entries.push(Doc::named(&name, value));
            }
        }
        if !entries.is_empty() {
            args.push(Doc::named("env", Doc::record(entries)));
        }
        for (param, to) in [("stdin", "stdin"), ("working_dir", "cwd")] {
            let Some(node) = self.param(unit, param).cloned() else { continue };
            let value = if to == "cwd" { self.template(&node) } else { self.text_value(&node) };
            args.push(Doc::named(to, value));
        }
        args.extend(extra);
        Ok(self.call(unit, "exec.bash", args))
    }

    /// References of a script to variables, quoted as their place needs it.
    pub fn script(&mut self, text: &str, span: Span) -> Script {
        let mut script = Script { text: String::new(), env: BTreeMap::new() };
        let source = self.text;
        let mut locator = Locator::new(source, span);
        let mut quote = Quote::None;
        self.place = Place::Guarded;
        for piece in scan(text) {
            match piece {
                Piece::Text(piece) => {
                    quote = quote_after(piece, quote);
                    script.text.push_str(piece);
                }
                Piece::Reference(reference) => {
                    let at = locator.find(reference.raw).unwrap_or(span);
                    match self.shell_reference(&reference, at, &mut script) {
                        Some(name) => script.text.push_str(&match quote {
                            Quote::None => format!("\"${{{name}}}\""),
                            Quote::Double => format!("${{{name}}}"),
                            Quote::Single => format!("'\"${{{name}}}\"'"),
                        }),
                        None => script.text.push_str(reference.raw),
                    }
                }
            }
        }
        self.shell_variables(text, span, &mut script);
        self.place = Place::Open;
        script
    }

    /// The variable for a reference; `None` where it is the shell's own.
    fn shell_reference(
        &mut self,
        reference: &Reference<'_>,
        at: Span,
        script: &mut Script,
    ) -> Option<String> {
        let first = reference.path.first()?;
        let plain_variable = reference.style == Style::Dollar && reference.path.len() == 1;
        let known = self.units.target(&reference.path, self.current).is_some()
            || self.inputs.contains_key(first)
            || self.units.aliases.contains_key(first);
        if (plain_variable || reference.style == Style::Single) && !known {
            return None;
        }
        let value = self.resolve(reference, at)?;
        let name: String = reference
            .path
            .iter()
            .filter(|s| !matches!(s.as_str(), "steps" | "env" | "context" | "variables" | "output"))
            .map(|s| s.to_uppercase())
            .collect::<Vec<_>>()
            .join("_");
        let name = crate::from::yaml::names::identifier(&name);
        let doc = match value.ty {
            crate::from::yaml::step_types::Ty::Text => value.doc,
            _ => Doc::Cat(vec![Doc::text("\"${"), value.doc, Doc::text("}\"")]),
        };
        script.env.insert(name.clone(), doc);
        Some(name)
    }

    /// `$NAME` and `${NAME}` that the script does not set itself come from the environment, and are declared.
    fn shell_variables(&mut self, text: &str, span: Span, script: &mut Script) {
        for name in variables(text) {
            let set = [format!("{name}="), format!("read {name}"), format!("for {name} in")];
            let ambient = AMBIENT.contains(&name) || script.env.contains_key(name);
            let stated = self.inputs.contains_key(name);
            if ambient || set.iter().any(|s| text.contains(s.as_str())) {
                continue;
            }
            let mut locator = Locator::new(self.text, span);
            let at = locator.find(name).unwrap_or(span);
            if stated {
                let reference = Reference {
                    raw: name,
                    style: Style::Dollar,
                    path: vec![name.to_string()],
                    filters: Vec::new(),
                };
                if let Some(value) = self.resolve(&reference, at) {
                    let doc = Doc::Cat(vec![Doc::text("\"${"), value.doc, Doc::text("}\"")]);
                    script.env.insert(name.into(), doc);
                }
                continue;
            }
            let shouting = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            if !shouting || name.len() < 2 {
                continue;
            }
            let value = self.env_input(name, at);
            if let Some(input) = self.inputs.get_mut(&format!("env.{name}"))
                && !input.looks_secret
                && input.default.is_none()
            {
                input.default = Some(literal::bare_string(""));
            }
            script.env.insert(name.into(), Doc::from(at, value.doc));
        }
    }
}

/// The names after `$` and `${`, outside of single quotes.
fn variables(text: &str) -> Vec<&str> {
    let mut out: Vec<&str> = Vec::new();
    let mut quote = Quote::None;
    let mut before = ' ';
    for (index, c) in text.char_indices() {
        if c == '$' && quote != Quote::Single && before != '\\' {
            let rest = text.get(index + 1..).unwrap_or_default();
            let rest = rest.strip_prefix('{').unwrap_or(rest);
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            let name = rest.get(..end).unwrap_or_default();
            let starts = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
            if starts && !out.contains(&name) {
                out.push(name);
            }
        }
        quote = step_quote(c, before, quote);
        before = if before == '\\' && c == '\\' { ' ' } else { c };
    }
    out
}

fn quote_after(text: &str, mut quote: Quote) -> Quote {
    let mut before = ' ';
    for c in text.chars() {
        quote = step_quote(c, before, quote);
        before = if before == '\\' && c == '\\' { ' ' } else { c };
    }
    quote
}

fn step_quote(c: char, before: char, quote: Quote) -> Quote {
    match (quote, c) {
        (Quote::None, '\'') if before != '\\' => Quote::Single,
        (Quote::None, '"') if before != '\\' => Quote::Double,
        (Quote::Single, '\'') => Quote::None,
        (Quote::Double, '"') if before != '\\' => Quote::None,
        (quote, _) => quote,
    }
}
