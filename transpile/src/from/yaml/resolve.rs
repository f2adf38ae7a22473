//! References to expressions.

use super::doc::Doc;
use super::literal;
use super::names::identifier;
use super::node::{Kind, float_text};
use super::reference::{Reference, Style};
use super::report::{closest, code};
use super::step_types::{self, Output, StepType, Ty};
use super::translate::{Input, Place, Translator, Value};
use super::units::Unit;
use rustchain_grammar::{Applicability, Severity, Span};

/// Words that a reference may begin with and that name no step.
const SCOPES: &[&str] =
    &["context", "variables", "vars", "inputs", "input", "params", "parameters", "config", "args"];

/// Words of the run itself.
const RUN: &[(&str, &str)] = &[
    ("timestamp", "run.started"),
    ("now", "run.started"),
    ("current_time", "run.started"),
    ("current_timestamp", "run.started"),
    ("datetime", "run.started"),
    ("execution_time", "run.started"),
    ("date", "format(run.started, \"%Y-%m-%d\")"),
    ("today", "format(run.started, \"%Y-%m-%d\")"),
    ("current_date", "format(run.started, \"%Y-%m-%d\")"),
    ("run_id", "run.id"),
    ("execution_id", "run.id"),
];

/// Parts and filters that one reference may have: an expression of the language nests no deeper than 256 levels.
const MAX_PARTS: usize = 64;

impl Translator<'_> {
    /// The expression of a reference; `None` where it stays text.
    pub fn resolve(&mut self, reference: &Reference<'_>, span: Span) -> Option<Value> {
        let parts = reference.path.len() + reference.filters.len();
        if parts > MAX_PARTS {
            let message = format!("a reference of {parts} parts and filters stays text");
            let help = format!("write it with at most {MAX_PARTS}");
            self.sink.lossy(Severity::Medium, span, message, &help);
            return None;
        }
        let value = self.resolve_path(reference, span)?;
        self.sink.report.references += 1;
        let value = self.filtered(value, reference, span);
        Some(Value { doc: self.placed(value.doc, span), ty: value.ty })
    }

    /// The piece with its place: exactly where the YAML has the same words, else the whole reference.
    fn placed(&self, doc: Doc, span: Span) -> Doc {
        let flat = doc.flat();
        let found = self.text.get(span.range()).and_then(|source| source.find(&flat));
        match found {
            Some(at) if !flat.is_empty() => {
                let start = span.start + at as u32;
                Doc::from(span, Doc::from(Span::new(start, start + flat.len() as u32), doc))
            }
            _ => Doc::from(span, doc),
        }
    }

    fn resolve_path(&mut self, reference: &Reference<'_>, span: Span) -> Option<Value> {
        let path = &reference.path;
        let head = path.first()?.clone();
        if let Some((target, used)) = self.units.target(path, self.current) {
            if target == self.current || self.units.cut.contains(&(self.current, target)) {
                return None;
            }
            return self.step_value(target, path.get(used..)?, span);
        }
        if let Some((target, part)) = self.units.aliases.get(&head).cloned() {
            if target == self.current || self.units.cut.contains(&(self.current, target)) {
                return None;
            }
            let mut rest: Vec<String> = part.split('.').map(str::to_string).collect();
            let known = self
                .units
                .get(target)
                .is_some_and(|u| u.kind.is_some_and(|k| k.output(&part).is_some() || rest.is_empty()));
            if !known || matches!(part.as_str(), "output" | "result") {
                rest.clear();
            }
            rest.extend(path.get(1..)?.iter().cloned());
            return self.step_value(target, &rest, span);
        }
        if matches!(head.as_str(), "env" | "environment" | "secrets") && path.len() == 2 {
            return Some(self.env_input(path.get(1)?, span));
        }
        let scoped = SCOPES.contains(&head.as_str()) && path.len() > 1;
        let name = if scoped { path.get(1)?.clone() } else { head.clone() };
        let rest = path.get(if scoped { 2 } else { 1 }..)?.to_vec();
        if self.inputs.contains_key(&name) {
            return Some(self.input_value(&name, &rest));
        }
        if let Some(value) = self.run_value(path) {
            return Some(value);
        }
        self.unknown(reference, &name, scoped, span)
    }

    fn run_value(&self, path: &[String]) -> Option<Value> {
        let joined = path.join("_");
        let text = |text: &str| Value { doc: literal::bare_string(text), ty: Ty::Text };
        let name = || self.mission.name.as_ref().or(self.mission.id.as_ref()).map(|at| at.value.clone());
        match joined.as_str() {
            "mission_name" | "mission_id" => return name().map(|n| text(&n)),
            "mission_version" | "version" => return self.mission.version.as_ref().map(|v| text(&v.value)),
            "mission_description" => return self.mission.description.as_ref().map(|v| text(&v.value)),
            // Only in the file's own templates: `name: "{{name}}"`.
            "name" | "description" => return None,
            _ => {}
        }
        let (_, expr) = RUN.iter().find(|(name, _)| *name == joined)?;
        Some(Value {
            doc: Doc::text(*expr),
            ty: if expr.starts_with("run.id") { Ty::Text } else { Ty::Other },
        })
    }

    /// What no step, variable or word of the run is.
    fn unknown(&mut self, reference: &Reference<'_>, name: &str, scoped: bool, span: Span) -> Option<Value> {
        let ids: Vec<String> = self.units.all.iter().map(|u| u.step.id.value.clone()).collect();
        let names = ids.iter().chain(self.inputs.keys()).chain(self.units.aliases.keys());
        let close = closest(name, names.map(String::as_str)).map(str::to_string);
        let shouting =
            name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if shouting && close.is_none() && reference.path.len() == 1 && reference.style != Style::Single {
            return Some(self.env_input(name, span));
        }
        // `{word}` is only a reference where the word is known; a near miss is worth a word.
        if reference.style == Style::Single && close.is_none() {
            return None;
        }
        let of_a_step = reference.path.len() > 1 && !scoped;
        let has_default = reference.filters.iter().any(|(name, _)| name == "default");
        if has_default && !of_a_step && close.is_none() {
            self.add_input(name, span);
            return Some(self.input_value(name, &[]));
        }
        let message = match of_a_step {
            true => format!("`{}`: no step has the id `{name}`", reference.raw),
            false => format!("`{}`: no step and no variable is called `{name}`", reference.raw),
        };
        let mut diagnostic = self.sink.new_at(code::UNKNOWN_REFERENCE, Severity::High, span, message);
        let text_only = of_a_step || reference.style == Style::Single;
        if let Some(close) = &close {
            let fixed = reference.raw.replacen(name, close, 1);
            diagnostic = diagnostic.help(format!("did you mean `{close}`?")).fix(
                format!("write `{fixed}`"),
                Applicability::Suggest,
                span,
                fixed,
            );
        } else if !text_only {
            diagnostic =
                diagnostic.help(format!("declare it under `variables:`, or give it with `--input {name}=…`"));
        }
        let diagnostic = diagnostic.note(match text_only {
            true => "It stays in the text as it is.",
            false => "It becomes an input of the mission.",
        });
        self.sink.push(diagnostic);
        if text_only {
            return None;
        }
        self.add_input(name, span);
        Some(self.input_value(name, &[]))
    }

    // -- inputs --

    fn add_input(&mut self, name: &str, span: Span) {
        let ident = self.names.claim(&identifier(name));
        let input = Input {
            ident,
            ty: "string",
            env: None,
            default: None,
            doc: None,
            constraint: None,
            looks_secret: false,
            only_guarded: true,
            span,
        };
        self.inputs.insert(name.into(), input);
        self.input_order.push(name.into());
    }

    fn input_value(&mut self, name: &str, rest: &[String]) -> Value {
        let guarded = self.place == Place::Guarded;
        let Some(input) = self.inputs.get_mut(name) else {
            return Value { doc: Doc::text("null"), ty: Ty::Json };
        };
        input.only_guarded &= guarded;
        let ty = match input.ty {
            "int" => Ty::Int,
            "float" => Ty::Float,
            "bool" => Ty::Bool,
            "json" => Ty::Json,
            "path" => Ty::Path,
            "string" => Ty::Text,
            _ => Ty::Other,
        };
        let doc = Doc::text(input.ident.clone());
        if rest.is_empty() || ty != Ty::Json {
            return Value { doc, ty };
        }
        Value { doc: select(doc, rest), ty: Ty::Json }
    }

    /// `from env("X")`, declared where it is first read.
    pub fn env_input(&mut self, variable: &str, span: Span) -> Value {
        let declared = self.inputs.iter().find(|(_, input)| input.env.as_deref() == Some(variable));
        let key = declared.map_or_else(|| format!("env.{variable}"), |(key, _)| key.clone());
        if !self.inputs.contains_key(&key) {
            let ident = self.names.claim(&identifier(&variable.to_lowercase()));
            let upper = variable.to_uppercase();
            let words = ["KEY", "TOKEN", "PASSWORD", "PASSWD", "SECRET", "CREDENTIAL"];
            let input = Input {
                ident,
                ty: "string",
                env: Some(variable.into()),
                default: None,
                doc: None,
                constraint: None,
                looks_secret: words.iter().any(|word| upper.contains(word)),
                only_guarded: true,
                span,
            };
            self.inputs.insert(key.clone(), input);
            self.input_order.push(key.clone());
        }
        self.input_value(&key, &[])
    }

    /// `variables:` and `parameters:` of the mission.
    pub fn declare_variables(&mut self) {
        for variable in &self.mission.variables {
            if self.inputs.contains_key(&variable.name.value) {
                continue;
            }
            let found = variable.default.as_ref().map(|node| match &node.kind {
                Kind::Bool(_) => "bool",
                Kind::Int(_) => "int",
                Kind::Float(_) => "float",
                Kind::Text(_) | Kind::Null => "string",
                Kind::List(_) | Kind::Map(_) => "json",
            });
            let ty = variable.ty.or(found).unwrap_or("string");
            let ident = self.names.claim(&identifier(&variable.name.value));
            let constraint = constraint(variable, &ident);
            let default = variable.default.as_ref().and_then(|node| self.default_of(node, ty));
            let input = Input {
                ident,
                ty,
                env: env_default(variable.default.as_ref()),
                default,
                doc: variable.doc.clone(),
                constraint,
                looks_secret: false,
                only_guarded: true,
                span: variable.name.span,
            };
            self.inputs.insert(variable.name.value.clone(), input);
            self.input_order.push(variable.name.value.clone());
        }
    }

    /// A default as the input's type wants it; nothing where it cannot be.
    fn default_of(&mut self, node: &super::node::Node, ty: &str) -> Option<Doc> {
        if env_default(Some(node)).is_some() {
            return None;
        }
        if ty == "json" {
            return Some(self.verbatim(node));
        }
        let text = node.scalar_text()?;
        let text = match ty {
            "int" => text.parse::<i64>().ok()?.to_string(),
            "float" => float_text(text.parse().ok().filter(|number: &f64| number.is_finite())?),
            "bool" if text == "true" || text == "false" => text,
            "bool" => return None,
            _ => return Some(literal::string(&text, self.text, node.span)),
        };
        Some(Doc::from(node.span, Doc::text(text)))
    }

    // -- results of steps --

    /// A step's result, or a part of it.
    pub fn step_value(&mut self, target: usize, rest: &[String], span: Span) -> Option<Value> {
        if let Some(value) = self.either_branch(target) {
            return Some(value);
        }
        let leaf = self.last_of(target);
        let unit = self.units.get(leaf)?.clone();
        self.reads.insert(leaf);
        let mut rest = rest;
        if matches!(rest.first().map(String::as_str), Some("output" | "result" | "outputs")) {
            rest = rest.get(1..).unwrap_or_default();
        }
        let kind = unit.kind?;
        let base = self.name_of(leaf);
        let inner = (kind.name == "tool").then(|| super::steps::tool::inner(self, &unit)).flatten();
        let (unit, kind) = match inner {
            Some(inner) => (inner.clone(), inner.kind?),
            None => (unit, kind),
        };
        let runs_mission = kind.name == "agent" && self.param(&unit, "mission_file").is_some();
        let kind = if runs_mission { step_types::find("mission")? } else { kind };
        if kind.name == "http" {
            return Some(self.http_value(&unit, &base, rest));
        }
        self.typed_value(&unit, kind, &base, rest, span)
    }

    /// Both branches of a conditional where both are texts: the one that ran.
    fn either_branch(&mut self, target: usize) -> Option<Value> {
        let unit = self.units.get(target)?;
        let children = unit.children.clone();
        if unit.step.kind.value != "conditional" {
            return None;
        }
        let last_of_branch = |negated: bool| {
            let of_branch = |i: &&usize| {
                self.units.get(**i).is_some_and(|u| u.guard.as_ref().is_some_and(|(_, n)| *n == negated))
            };
            children.iter().rev().find(of_branch).copied()
        };
        let both = [last_of_branch(false)?, last_of_branch(true)?];
        let mut texts = Vec::new();
        for branch in both {
            let unit = self.units.get(branch)?;
            let main = unit.kind?.outputs.first()?;
            if main.ty != Ty::Text || !matches!(main.expr, "$" | "$.stdout") {
                return None;
            }
            texts.push(main.expr.replace("$.", "$?.").replace('$', &self.name_of(branch)));
        }
        self.reads.extend(both);
        Some(Value::new(Doc::text(format!("{} ?? \"\"", texts.join(" ?? "))), Ty::Text))
    }

    fn typed_value(
        &mut self,
        unit: &Unit,
        kind: &'static StepType,
        base: &str,
        rest: &[String],
        span: Span,
    ) -> Option<Value> {
        let Some(main) = kind.outputs.first() else {
            let message = format!("`{}` steps have no result", kind.name);
            self.sink.lossy(Severity::Medium, span, message, "");
            return None;
        };
        let (output, used) = find_output(kind, rest).unwrap_or((main, 0));
        let deeper = rest.get(used..).unwrap_or_default();
        if output.expr.is_empty() {
            let message = format!("`{}` of a `{}` step does not exist here", output.name, kind.name);
            let known: Vec<&str> =
                kind.outputs.iter().filter(|o| !o.expr.is_empty()).map(|o| o.name).collect();
            let help = format!("it has {}", list_of(&known));
            self.sink.lossy(Severity::Medium, span, message, &help);
            return None;
        }
        let doc = self.output_doc(unit, kind, output, base);
        Some(self.deeper(kind, output, doc, deeper, used == 0 && !rest.is_empty(), span))
    }

    /// The part of a part: `output.items[0].name`.
    fn deeper(
        &mut self,
        kind: &StepType,
        output: &Output,
        doc: Doc,
        deeper: &[String],
        is_guess: bool,
        span: Span,
    ) -> Value {
        if deeper.is_empty() {
            return Value { doc, ty: output.ty };
        }
        match output.ty {
            Ty::Json => Value { doc: select(doc, deeper), ty: Ty::Json },
            Ty::List | Ty::Other => {
                let of_maps = kind.result.starts_with("list<map");
                Value { doc: fields(doc, deeper, of_maps), ty: Ty::Other }
            }
            Ty::Text if kind.target == "ask" || kind.outputs.iter().any(|o| o.name == "objective") => {
                let message =
                    format!("a model's answer has no part `{}`: all of it is taken", deeper.join("."));
                let help = "ask for a typed answer: `ask<Record>(…)`";
                self.sink.lossy(Severity::Low, span, message, help);
                Value { doc, ty: Ty::Text }
            }
            Ty::Text => {
                let parsed = Doc::call("json.parse", vec![doc]);
                Value { doc: select(parsed, deeper), ty: Ty::Json }
            }
            _ => {
                if is_guess {
                    let message = format!("`{}` steps have no `{}`", kind.name, deeper.join("."));
                    self.sink.lossy(Severity::Medium, span, message, "");
                }
                Value { doc, ty: output.ty }
            }
        }
    }

    fn output_doc(&mut self, unit: &Unit, kind: &StepType, output: &Output, base: &str) -> Doc {
        let expr = output.expr;
        if let Some(at) = expr.find('@') {
            let (before, after) = expr.split_at_checked(at).unwrap_or((expr, ""));
            let after = after.get(1..).unwrap_or_default();
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            let (name, after) = after.split_at_checked(end).unwrap_or((after, ""));
            let node = self.param(unit, name).cloned();
            let value = match node {
                Some(node) => self.template(&node),
                None => literal::bare_string(""),
            };
            return Doc::Cat(vec![Doc::text(before), value, Doc::text(after)]);
        }
        Doc::text(member(expr, base, unit.optional(), kind.result, output.ty))
    }

    fn http_value(&mut self, unit: &Unit, base: &str, rest: &[String]) -> Value {
        let shape = super::steps::http::shape(self, unit);
        let optional = unit.optional();
        let whole = if shape.response { "$.body" } else { "$" };
        let first = rest.first().map(String::as_str);
        match first {
            Some("status" | "status_code" | "code") if shape.response => {
                let doc = Doc::text(member("$.status", base, optional, "Response", Ty::Int));
                return Value { doc, ty: Ty::Int };
            }
            Some("headers") if shape.response => {
                let doc = Doc::text(member("$.headers", base, optional, "Response", Ty::Json));
                return match rest.get(1) {
                    None => Value { doc, ty: Ty::Json },
                    Some(name) => {
                        let key = literal::bare_string(&name.to_lowercase());
                        let lookup = Doc::call("lookup", vec![doc, key]);
                        Value { doc: Doc::Cat(vec![lookup, Doc::text(" ?? \"\"")]), ty: Ty::Text }
                    }
                };
            }
            Some(name @ ("url" | "method")) => {
                let node = self.param(unit, name).cloned();
                let doc = node.map_or_else(|| literal::bare_string("GET"), |node| self.template(&node));
                return Value { doc, ty: Ty::Text };
            }
            _ => {}
        }
        let named = matches!(first, Some("response" | "body" | "data" | "content" | "json" | "text"));
        let deeper = rest.get(usize::from(named)..).unwrap_or_default();
        let ty = if shape.json { Ty::Json } else { Ty::Text };
        let doc = Doc::text(member(whole, base, optional, if shape.json { "json" } else { "string" }, ty));
        if deeper.is_empty() {
            return Value { doc, ty };
        }
        let value = if shape.json { doc } else { Doc::call("json.parse", vec![doc]) };
        Value { doc: select(value, deeper), ty: Ty::Json }
    }

    // -- filters --

    fn filtered(&mut self, value: Value, reference: &Reference<'_>, span: Span) -> Value {
        let mut value = value;
        for (name, argument) in &reference.filters {
            value = match name.as_str() {
                "default" => self.default_filter(value, argument.as_deref(), &reference.path),
                "upper" | "uppercase" => call(value, "upper", Ty::Text),
                "lower" | "lowercase" => call(value, "lower", Ty::Text),
                "trim" | "strip" => call(value, "trim", Ty::Text),
                "length" | "len" | "count" | "size" => call(value, "len", Ty::Int),
                "json" | "tojson" | "to_json" => call(value, "json.render", Ty::Text),
                "first" => Value { doc: fields(value.doc, &["0".to_string()], false), ty: Ty::Other },
                _ => {
                    let known = ["default", "upper", "lower", "trim", "length", "json", "first"];
                    let help = match closest(name, known) {
                        Some(close) => format!("did you mean `{close}`?"),
                        None => format!("known are {}", list_of(&known)),
                    };
                    self.sink.lossy(Severity::Medium, span, format!("unknown filter `{name}`"), &help);
                    value
                }
            };
        }
        value
    }

    /// `| default: "LOW"`: an input that nothing declares takes it as its default.
    fn default_filter(&mut self, value: Value, argument: Option<&str>, path: &[String]) -> Value {
        let text = argument.unwrap_or_default();
        let name = path.last().map(String::as_str).unwrap_or_default();
        for key in [name.to_string(), format!("env.{name}")] {
            let Some(input) = self.inputs.get_mut(&key) else { continue };
            if input.default.is_none() && input.ty == "string" {
                input.default = Some(literal::bare_string(text));
            }
        }
        value
    }
}

fn call(value: Value, function: &str, ty: Ty) -> Value {
    Value { doc: Doc::call(function, vec![value.doc]), ty }
}

/// The place in a list that a segment names, `07` as 7; a longer number is a name.
fn index(segment: &str) -> Option<u32> {
    let digits = segment.bytes().all(|b| b.is_ascii_digit());
    segment.parse().ok().filter(|_| digits)
}

/// `json.select(value, "items[0].name")`.
fn select(value: Doc, path: &[String]) -> Doc {
    let mut text = String::new();
    for segment in path {
        if let Some(index) = index(segment) {
            text.push_str(&format!("[{index}]"));
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(segment);
        }
    }
    Doc::call("json.select", vec![value, literal::bare_string(&text)])
}

/// `value[0].name`, or `value[0]["name"]` for rows that are maps; documented names of fields in the words of the
/// standard library.
fn fields(value: Doc, path: &[String], of_maps: bool) -> Doc {
    let mut parts = vec![value];
    for segment in path {
        if let Some(index) = index(segment) {
            parts.push(Doc::text(format!("[{index}]")));
            continue;
        }
        if of_maps {
            parts.push(Doc::text(format!("[\"{}\"]", literal::escape(segment, false))));
            continue;
        }
        let name = match segment.as_str() {
            "document_id" | "chunk_id" => "id",
            "content_preview" => "text",
            other => other,
        };
        parts.push(Doc::text(format!(".{}", literal::key(name))));
    }
    Doc::Cat(parts)
}

/// The longest name of an output that a path begins with.
fn find_output(kind: &StepType, rest: &[String]) -> Option<(&'static Output, usize)> {
    (1..=rest.len()).rev().find_map(|length| {
        let name = rest.get(..length)?.join(".");
        Some((kind.outputs.iter().find(|o| o.name == name)?, length))
    })
}

/// An output's expression with the step in it; a step that may have no value is unwrapped.
fn member(expr: &str, base: &str, optional: bool, result: &str, ty: Ty) -> String {
    if !optional {
        return expr.replace('$', base);
    }
    if expr == "$" {
        return format!("{base} ?? {}", nothing(ty));
    }
    if let Some(field) = expr.strip_prefix("$.").filter(|field| !field.contains(' ') || field.contains("=="))
    {
        let whole = format!("{base}?.{field}");
        return if expr.contains("==") { whole } else { format!("{whole} ?? {}", nothing(ty)) };
    }
    let empty = match result {
        "string" | "path" => "\"\"",
        "json" => "{}",
        "bool" => "false",
        "int" => "0",
        result if result.starts_with("list") => "[]",
        _ => return unwrapped_fields(expr, base),
    };
    expr.replace("($)", &format!("({base} ?? {empty})")).replace('$', &format!("({base} ?? {empty})"))
}

/// Each `$.field` of an expression with what stands for it where the record is missing.
fn unwrapped_fields(expr: &str, base: &str) -> String {
    let mut parts = expr.split("$.");
    let mut out = parts.next().unwrap_or_default().replace('$', base);
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
        let (field, rest) = part.split_at_checked(end).unwrap_or((part, ""));
        let empty = match field {
            "files" | "children" => "[]",
            "cpus" => "1",
            _ => "0",
        };
        out.push_str(&format!("({base}?.{field} ?? {empty}){rest}"));
    }
    out
}

fn nothing(ty: Ty) -> &'static str {
    match ty {
        Ty::Text | Ty::Path => "\"\"",
        Ty::Int => "0",
        Ty::Float => "0.0",
        Ty::Bool => "false",
        Ty::List => "[]",
        Ty::Json | Ty::Other => "{}",
    }
}

/// `a`, `b` and `c` in backquotes.
pub(crate) fn list_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "nothing".into(),
    }
}

/// `min`, `max` and the allowed values of a parameter as a `where` clause.
fn constraint(variable: &super::model::Variable, ident: &str) -> Option<Doc> {
    let mut parts = Vec::new();
    let mut bound = |node: &Option<super::node::Node>, op: &str| {
        let text = node.as_ref().filter(|n| matches!(n.kind, Kind::Int(_) | Kind::Float(_)));
        if let Some(text) = text.and_then(|n| n.scalar_text()) {
            parts.push(format!("{ident} {op} {text}"));
        }
    };
    bound(&variable.min, ">=");
    bound(&variable.max, "<=");
    let allowed: Vec<String> = variable
        .one_of
        .iter()
        .filter_map(|n| n.text().map(|t| format!("\"{}\"", literal::escape(t, false))))
        .collect();
    if !allowed.is_empty() {
        parts.push(format!("{ident} in [{}]", allowed.join(", ")));
    }
    (!parts.is_empty()).then(|| Doc::text(parts.join(" && ")))
}

/// The variable of a default such as `${HOME}` or `{{env.HOME}}`.
fn env_default(node: Option<&super::node::Node>) -> Option<String> {
    let text = node?.text()?;
    let inner = text
        .strip_prefix("${")
        .and_then(|t| t.strip_suffix('}'))
        .or_else(|| text.strip_prefix("{{")?.strip_suffix("}}")?.trim().strip_prefix("env."))?;
    let name = inner.strip_prefix("env.").unwrap_or(inner);
    literal::is_identifier(name).then(|| name.to_string())
}
