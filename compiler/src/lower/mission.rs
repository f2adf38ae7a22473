//! Missions.

use super::chain::mission_defaults;
use super::region::Statements;
use crate::CompiledMission;
use crate::index::Symbol;
use crate::names::{DeclRef, placement};
use crate::spans::PolicyPlaces;
use crate::types::program::Program;
use crate::types::{Cx, builtin};
use rustchain_grammar::ast::{Input, ItemKind, Let, MissionDecl, Stmt, StmtKind};
use rustchain_grammar::{Applicability, Diagnostic, Severity, Span};
use rustchain_plan::expr::Expr;
use rustchain_plan::plan::{Debug, InputSpec, OnFailure, OutputSpec, RegionParam, Schedule};
use rustchain_plan::{Labels, PLAN_VERSION, Plan, Policy, Region, Type};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Everything a mission states beside its steps.
#[derive(Default)]
struct Header {
    policy: Option<(Policy, PolicyPlaces)>,
    policy_span: Option<Span>,
    id: Option<SmolStr>,
    within: Option<Expr>,
    schedule: Schedule,
    on_failure: OnFailure,
    outcome_leaves: bool,
    meta: BTreeMap<String, serde_json::Value>,
}

/// Lowers a mission. No plan where it, or something it uses, is broken.
pub(crate) fn lower(
    program: &Program,
    decl: DeclRef,
    mission: &MissionDecl,
) -> (Option<CompiledMission>, Vec<Diagnostic>) {
    let mut cx = Cx::new(program, decl.module);
    cx.deep = true;
    cx.open.push(decl);
    cx.spans.mission = cx.place(mission.name.span);
    cx.spans.mission_whole = cx.place(program.item(decl).span);
    cx.spans.mission_close = cx.place(Span::new(mission.close.start, mission.close.start));
    placement::check(cx.file(), &mission.body, placement::Place::Mission, &mut cx.diagnostics);
    let mut inputs = cx.inputs(&mission.body);
    let mut params: Vec<RegionParam> = inputs.iter().map(port_param).collect();
    cx.frames.push(Cx::region_frame(params.iter().map(|p| (&p.name, &p.ty))));
    for stmt in &mission.body {
        if let StmtKind::Input(i) | StmtKind::Secret(i) = &stmt.kind {
            let ty = params.iter().find(|p| p.name == i.name.text).map_or(Type::Error, |p| p.ty.clone());
            cx.param_place(&i.name, &ty);
        }
    }
    let defaults = mission_defaults(&mission.body);
    let Statements { lets, nodes } = cx.statements(&mission.body, &defaults);
    let outputs = cx.outputs(&mission.body);
    let header = cx.header(&mission.body);
    cx.frames.pop();
    let hoisted = std::mem::take(&mut cx.hoisted);
    params.extend(hoisted.iter().map(port_param));
    inputs.extend(hoisted);
    let schemas = cx.used_schemas();
    let failed = cx.tainted || cx.diagnostics.iter().any(|d| d.severity == Severity::Error);
    let diagnostics = std::mem::take(&mut cx.diagnostics);
    if failed {
        return (None, diagnostics);
    }
    let stated = header.policy.is_some();
    let (mut policy, mut places) = header.policy.unwrap_or_else(|| cx.no_policy());
    let bound = cx.bind_by_organisation(&mut policy, &mut places);
    cx.spans.policy = (stated || bound).then_some(places);
    let debug = cx.debug(header.meta);
    let name = mission.name.text.clone();
    let plan = Plan {
        plan_version: PLAN_VERSION,
        id: header.id.unwrap_or_else(|| name.clone()),
        mission: name,
        doc: program.item(decl).docs.text.clone(),
        inputs,
        root: Region { params, lets, nodes, ..Region::default() },
        outputs,
        on_failure: header.on_failure,
        outcome_leaves: header.outcome_leaves,
        within: header.within,
        schedule: header.schedule,
        policy,
        signatures: cx.used.signatures,
        schemas,
        providers: cx.used.providers,
        memories: cx.used.memories,
        agents: cx.used.agents,
        tools: cx.used.tools,
        chain_tools: cx.used.chain_tools,
        debug,
    };
    let file = program.modules[decl.module].file;
    let compiled = CompiledMission { plan, tests: Vec::new(), spans: cx.spans, file, sound: true };
    (Some(compiled), diagnostics)
}

fn port_param(input: &InputSpec) -> RegionParam {
    RegionParam {
        name: input.name.clone(),
        ty: input.ty.clone(),
        constraint: input.constraint.clone(),
        labels: input.labels,
        trusted: false,
    }
}

impl Cx<'_> {
    /// A mission that states no policy may do nothing.
    fn no_policy(&self) -> (Policy, PolicyPlaces) {
        let (name, insert) = (self.spans.mission, self.spans.mission_close);
        (Policy::default(), PolicyPlaces { name, insert, absent: true, ..PolicyPlaces::default() })
    }

    /// Binds a mission by the organisation policies; false where there is none.
    fn bind_by_organisation(&mut self, policy: &mut Policy, places: &mut PolicyPlaces) -> bool {
        let program = self.program;
        let mut bound = false;
        for (decl, item) in program.items().filter(|(decl, _)| program.policies.contains(&decl.module)) {
            let ItemKind::Policy(organisation) = &item.kind else { continue };
            let told = self.diagnostics.len();
            let (theirs, at) =
                self.within_module(decl.module, |cx| cx.policy(&organisation.body, organisation.name.span));
            // The declaration itself reports these.
            self.diagnostics.truncate(told);
            policy.bind(&organisation.name.text, &theirs);
            places.bind(at, !theirs.allow.is_empty());
            bound = true;
        }
        bound
    }

    fn inputs(&mut self, body: &[Stmt]) -> Vec<InputSpec> {
        let mut specs: Vec<InputSpec> = Vec::new();
        for stmt in body {
            let (input, secret) = match &stmt.kind {
                StmtKind::Input(input) => (input, false),
                StmtKind::Secret(input) => (input, true),
                _ => continue,
            };
            let place = self.place(stmt.span);
            if let Some(first) = self.spans.ports.get(&input.name.text).copied() {
                let d = crate::names::duplicate(self.file(), &input.name, "input", first.span);
                self.report(d);
                continue;
            }
            self.spans.ports.insert(input.name.text.clone(), place);
            specs.push(self.input(input, stmt, secret));
        }
        specs
    }

    fn input(&mut self, input: &Input, stmt: &Stmt, secret: bool) -> InputSpec {
        let ty = self.resolve_type(&input.ty);
        self.use_type(&ty);
        let (mut labels, _) = crate::types::declared::labels(&input.ty);
        if secret {
            labels = labels.join(Labels::SECRET);
        }
        let constraint = input.constraint.as_ref().map(|c| self.constraint(&input.name.text, &ty, c));
        let default = input.default.as_ref().and_then(|e| {
            let value = self.check_constant(e, &ty, "a default")?;
            if let Some(c) = &input.constraint {
                self.check_constant_constraint(self.module, &input.name.text, &ty, c, &value, e.span);
            }
            Some(self.at(e.span, rustchain_plan::ExprKind::Const(value)))
        });
        let env = input.from.as_ref().and_then(|e| {
            let name = builtin::env_name(e);
            if name.is_none() {
                let d = self
                    .error("RC0220", e.span, "an input is read from the environment only")
                    .help("write `from env(\"NAME\")`");
                self.report(d);
            }
            name
        });
        InputSpec {
            name: input.name.text.clone(),
            doc: stmt.docs.text.clone(),
            ty,
            labels,
            constraint,
            env,
            default,
        }
    }

    fn outputs(&mut self, body: &[Stmt]) -> Vec<OutputSpec> {
        let mut specs: Vec<OutputSpec> = Vec::new();
        let mut seen: BTreeMap<SmolStr, Span> = BTreeMap::new();
        for stmt in body {
            let StmtKind::Output(output) = &stmt.kind else { continue };
            if let Some(first) = seen.insert(output.name.text.clone(), output.name.span) {
                let d = crate::names::duplicate(self.file(), &output.name, "output", first);
                self.report(d);
                continue;
            }
            let place = self.place(stmt.span);
            self.spans.ports.entry(output.name.text.clone()).or_insert(place);
            let spec = self.output(output, stmt);
            let own = self.place(output.name.span);
            self.note(output.name.span, Symbol::Output, &output.name.text, Some(&spec.ty), Some(own));
            specs.push(spec);
        }
        specs
    }

    fn output(&mut self, output: &Let, stmt: &Stmt) -> OutputSpec {
        let (value, ty) = match &output.ty {
            Some(written) => {
                let ty = self.resolve_type(written);
                (self.check(&output.value, &ty), ty)
            }
            None => {
                let typed = self.elab(&output.value, None);
                self.untyped_output(output, &typed.ty);
                (typed.expr, typed.ty)
            }
        };
        self.use_type(&ty);
        OutputSpec { name: output.name.text.clone(), doc: stmt.docs.text.clone(), ty, value }
    }

    /// Outputs are what others see: their types are written.
    fn untyped_output(&mut self, output: &Let, found: &Type) {
        if *found == Type::Error {
            return;
        }
        let shown = match found {
            Type::Named(key) => self.type_name(key),
            other => other.to_string(),
        };
        let at = Span::new(output.name.span.end, output.name.span.end);
        let message = format!("the output `{}` has no type", output.name.text);
        let d = self.error("RC0212", output.name.span, message).help(format!("its value is `{shown}`")).fix(
            format!("add `: {shown}`"),
            Applicability::Safe,
            at,
            format!(": {shown}"),
        );
        self.report(d);
    }

    fn header(&mut self, body: &[Stmt]) -> Header {
        let mut header = Header::default();
        let mut seen: Vec<(&'static str, Span)> = Vec::new();
        for stmt in body {
            let word = match &stmt.kind {
                StmtKind::PolicyName(_) | StmtKind::PolicyInferred | StmtKind::PolicyBlock(_) => "policy",
                StmtKind::Id(..) => "id",
                StmtKind::Within(_) => "within",
                StmtKind::Schedule(_) => "schedule",
                StmtKind::OnFailure(_) => "on failure",
                StmtKind::Outcome(_) => "outcome",
                StmtKind::Defaults(clauses) => {
                    self.check_defaults(clauses);
                    continue;
                }
                StmtKind::Meta(name, args) => {
                    let value = self.meta_value(args);
                    header.meta.insert(name.text.to_string(), value);
                    continue;
                }
                _ => continue,
            };
            if let Some((_, first)) = seen.iter().find(|(w, _)| *w == word) {
                let d = self.error("RC0120", stmt.span, format!("`{word}` is given twice")).also(
                    self.file(),
                    *first,
                    "first given here",
                );
                self.report(d);
                continue;
            }
            seen.push((word, stmt.span));
            self.header_line(stmt, &mut header);
        }
        header
    }

    fn header_line(&mut self, stmt: &Stmt, header: &mut Header) {
        match &stmt.kind {
            StmtKind::PolicyName(path) => header.policy = self.named_policy(path),
            StmtKind::PolicyBlock(body) => {
                let word = Span::new(stmt.span.start, stmt.span.start + "policy".len() as u32);
                header.policy = Some(self.policy(body, word));
            }
            StmtKind::PolicyInferred => {
                let places = PolicyPlaces {
                    name: self.place(stmt.span),
                    insert: self.place(stmt.span),
                    ..PolicyPlaces::default()
                };
                header.policy = Some((Policy { inferred: true, ..Policy::default() }, places));
            }
            StmtKind::Id(id, _) => header.id = Some(id.clone()),
            StmtKind::Within(e) => header.within = Some(self.check(e, &Type::Duration)),
            StmtKind::Schedule(schedule) => header.schedule = self.schedule(schedule),
            StmtKind::OnFailure(name) => {
                let words = [("stop", OnFailure::Stop), ("finish", OnFailure::Finish)];
                header.on_failure = self.word(name, "on failure", &words).unwrap_or_default();
            }
            StmtKind::Outcome(name) => {
                header.outcome_leaves = self.word(name, "outcome", &[("leaves", true)]).unwrap_or_default();
            }
            _ => {}
        }
        header.policy_span = Some(stmt.span);
    }

    fn debug(&mut self, mission_meta: BTreeMap<String, serde_json::Value>) -> Debug {
        let mut meta: BTreeMap<String, BTreeMap<String, serde_json::Value>> = BTreeMap::new();
        if !mission_meta.is_empty() {
            meta.insert(String::new(), mission_meta);
        }
        for (path, name, value) in std::mem::take(&mut self.meta) {
            meta.entry(path).or_default().insert(name.to_string(), value);
        }
        let file = self.file();
        let lines = self.program.line_index(self.module);
        let own = self.spans.nodes.iter().filter(|(_, p)| p.name.file == file);
        let lines = own.map(|(path, p)| (path.clone(), lines.line(p.name.span.start))).collect();
        Debug { source: self.program.relative_path(self.module), lines, meta }
    }
}
