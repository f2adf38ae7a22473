//! One step type to one call: by the table where names suffice, by a file of its own where not.

mod agent;
mod command;
mod data;
mod files;
pub(crate) mod http;
mod languages;
mod memory;
mod model;
mod network;
pub(crate) mod shell;
mod sql;
mod system;
pub(crate) mod tool;

use super::doc::Doc;
use super::literal;
use super::node::Node;
use super::report::{closest, code};
use super::step_types::{Param, StepType};
use super::translate::{Place, Translator};
use super::units::Unit;
use rustchain_grammar::{Applicability, Severity, Span};

impl Translator<'_> {
    /// The value of a step.
    pub fn lower(&mut self, unit: &Unit) -> Doc {
        let Some(kind) = unit.kind else { return self.unknown_step(unit) };
        self.unknown_params(unit, kind);
        self.lower_as(unit, kind)
    }

    /// As [`Translator::lower`] for a step type that a tool step names.
    pub fn lower_as(&mut self, unit: &Unit, kind: &'static StepType) -> Doc {
        match self.try_lower(unit, kind) {
            Ok(doc) => doc,
            Err(missing) => self.failing(unit, kind, &missing),
        }
    }

    fn try_lower(&mut self, unit: &Unit, kind: &'static StepType) -> Result<Doc, Missing> {
        let at = unit.step.kind.span;
        match kind.name {
            "edit_file" => files::edit(self, unit),
            "create_file" => files::create(self, unit, kind),
            "list_directory" => files::list(self, unit),
            "file_search" => files::search(self, unit),
            "parse_json" => data::parse_json(self, unit),
            "validate_schema" => data::validate(self, unit),
            "csv_process" => data::csv(self, unit),
            "compile_code" | "run_tests" | "format_code" | "lint_code" => {
                languages::lower(self, unit, kind.name)
            }
            "process_start" => command::start(self, unit),
            "service_health" => system::health(self, unit),
            "compress" => system::compress(self, unit),
            "sleep" => system::sleep(self, unit),
            "log_message" => system::log(self, unit),
            "audit_log" => system::audit(self, unit),
            "sql_query" => sql::lower(self, unit),
            "ftp_upload" | "ftp_download" => network::ftp(self, unit, kind.name == "ftp_upload"),
            "ssh_execute" => network::ssh(self, unit),
            "ping_host" => network::ping(self, unit),
            "generate_embedding" => model::embedding(self, unit),
            "llm" | "model_inference" | "chain" => model::ask(self, unit, kind.name),
            "noop" => Ok(Doc::from(at, Doc::text("noop()"))),
            "command" => command::lower(self, unit),
            "shell" => shell::lower(self, unit),
            "python" => command::python(self, unit),
            "http" => http::lower(self, unit),
            "tool" => tool::lower(self, unit),
            "rag_query" => memory::query(self, unit),
            "rag_add" => memory::add(self, unit),
            "agent" => agent::lower(self, unit),
            "conditional" => Err(Missing::of("if_true")),
            _ if kind.target.is_empty() => Ok(self.no_target(unit, kind)),
            _ => self.by_table(unit, kind),
        }
    }

    /// Every parameter under the name that the table gives.
    pub fn by_table(&mut self, unit: &Unit, kind: &'static StepType) -> Result<Doc, Missing> {
        let args = self.table_args(unit, kind)?;
        Ok(self.call(unit, kind.target, args))
    }

    /// `callee(args)` where the step type stands in the YAML.
    pub fn call(&self, unit: &Unit, callee: &str, args: Vec<Doc>) -> Doc {
        let span = unit.step.kind.span;
        let callee = Doc::from(span, Doc::text(callee));
        Doc::Cat(vec![callee, Doc::List { open: "(", items: args, close: ")", spaced: false }])
    }

    pub fn table_args(&mut self, unit: &Unit, kind: &'static StepType) -> Result<Vec<Doc>, Missing> {
        let mut args = Vec::new();
        for param in kind.params {
            let found = self.arg(unit, param)?;
            args.extend(found.filter(|_| !param.to.is_empty()).map(|value| Doc::named(param.to, value)));
        }
        Ok(args)
    }

    /// A parameter as an expression; an error where it is required and missing, or cannot be what it must be.
    pub fn arg(&mut self, unit: &Unit, param: &Param) -> Result<Option<Doc>, Missing> {
        let Some(node) = self.param(unit, param.name).cloned() else {
            return if param.required { Err(Missing::of(param.name)) } else { Ok(None) };
        };
        if param.to.is_empty() {
            return Ok(None);
        }
        match self.value_of(param.kind, &node) {
            Some(value) => Ok(Some(value)),
            None => Err(Missing::wrong(param.name, &node)),
        }
    }

    /// A required parameter of the unit's own step type.
    pub fn need(&self, unit: &Unit, name: &'static str) -> Result<Node, Missing> {
        self.param(unit, name).cloned().ok_or(Missing::of(name))
    }

    /// A step that cannot work: its file is accepted, and it fails when it runs, as it always did.
    fn failing(&mut self, unit: &Unit, kind: &StepType, missing: &Missing) -> Doc {
        let reason = match &missing.wrong {
            None => format!("{}: {} is missing", kind.name, missing.name),
            Some((what, _)) => format!("{}: {} {what}", kind.name, missing.name),
        };
        let span = missing.wrong.as_ref().map_or(unit.step.id.span, |(_, span)| *span);
        let message = match &missing.wrong {
            None => format!("a `{}` step needs the parameter `{}`", kind.name, missing.name),
            Some((what, _)) => {
                format!("the parameter `{}` of a `{}` step {what}", missing.name, kind.name)
            }
        };
        let diagnostic = self
            .sink
            .new_at(code::PARAMETER, Severity::High, span, message)
            .note("The step fails when it runs.");
        self.sink.push(diagnostic);
        let callee = match kind.result {
            "unit" | "" => "fail".to_string(),
            result => format!("fail<{result}>"),
        };
        self.call(unit, &callee, vec![Doc::named("reason", literal::bare_string(&reason))])
    }

    fn unknown_params(&mut self, unit: &Unit, kind: &StepType) {
        let known: Vec<&str> = kind.params.iter().map(|p| p.name).collect();
        for entry in unit.step.params.entries() {
            if kind.param(&entry.key).is_some() || entry.key_span.is_empty() {
                continue;
            }
            let free = ["tool", "mission", "policy_check", "safety_check", "agent"].contains(&kind.name);
            if free {
                continue;
            }
            self.sink.report.losses += 1;
            let message = format!("a `{}` step has no parameter `{}`", kind.name, entry.key);
            let mut diagnostic = self.sink.new_at(code::UNKNOWN_KEY, Severity::Low, entry.key_span, message);
            if let Some(close) = closest(&entry.key, known.iter().copied()) {
                let quoted = self.text.get(entry.key_span.range()).is_some_and(|t| t.starts_with('"'));
                let text = if quoted { format!("\"{close}\"") } else { close.to_string() };
                diagnostic = diagnostic.help(format!("did you mean `{close}`?")).fix(
                    format!("write `{close}`"),
                    Applicability::Suggest,
                    entry.key_span,
                    text,
                );
            } else if known.is_empty() {
                diagnostic = diagnostic.help("it takes none");
            } else {
                diagnostic = diagnostic.help(format!("it takes {}", super::resolve::list_of(&known)));
            }
            self.sink.push(diagnostic);
        }
    }

    fn no_target(&mut self, unit: &Unit, kind: &StepType) -> Doc {
        let span = unit.step.kind.span;
        let message =
            format!("`{}` has no exact form in the mission language: it becomes a `hole`", kind.name);
        self.sink.lossy(Severity::Medium, span, message, kind.advice);
        self.hole(unit, kind.name, kind.result, &unit.step.params.clone())
    }

    fn unknown_step(&mut self, unit: &Unit) -> Doc {
        let name = if unit.step.kind.value.is_empty() { "step" } else { &unit.step.kind.value };
        self.hole(unit, name, "json", &unit.step.params.clone())
    }

    /// `hole<T>(kind: …, source: …, args: {…})`.
    pub fn hole(&mut self, unit: &Unit, name: &str, result: &str, params: &Node) -> Doc {
        self.sink.report.holes += 1;
        self.place = Place::Open;
        let args = if params.entries().is_empty() { Doc::record(Vec::new()) } else { self.json(params) };
        let source = self.source_of(unit.step.span);
        let args = vec![
            Doc::named("kind", literal::bare_string(name)),
            Doc::named("source", literal::bare_string(&source)),
            Doc::named("args", args),
        ];
        self.call(unit, &format!("hole<{result}>"), args)
    }

    /// The constant text of a parameter, references and all.
    pub fn constant(&self, unit: &Unit, name: &str) -> Option<(String, Span)> {
        let node = self.param(unit, name)?;
        Some((node.scalar_text()?, node.span))
    }
}

/// A required parameter that is not there, or is something else.
pub(crate) struct Missing {
    name: String,
    /// What is wrong with it, and where.
    wrong: Option<(String, Span)>,
}

impl Missing {
    pub fn of(name: &str) -> Missing {
        Missing { name: name.into(), wrong: None }
    }

    pub fn unknown(name: &str, node: &Node) -> Missing {
        let value = node.scalar_text().unwrap_or_default();
        Missing { name: name.into(), wrong: Some((format!("cannot be `{value}`"), node.span)) }
    }

    pub fn wrong(name: &str, node: &Node) -> Missing {
        Missing { name: name.into(), wrong: Some((format!("cannot be {}", node.describe()), node.span)) }
    }
}
