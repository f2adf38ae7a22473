//! Declarations by themselves: each is checked once, whether something uses it or not.

use crate::incremental::Wanted;
use crate::names::{DeclRef, Space, refs, walk};
use crate::types::Cx;
use crate::types::call::Target;
use crate::types::program::Program;
use rustchain_grammar::ast::{self, ExprKind as E, ItemKind, StmtKind};
use rustchain_grammar::{Diagnostic, Span};
use std::collections::HashMap;

/// Checks everything wanted but missions and tests; what is found, by declaration.
pub(crate) fn check(program: &Program, wanted: &Wanted) -> Vec<(DeclRef, Vec<Diagnostic>)> {
    let mut found = Vec::new();
    for (decl, item) in program.items().filter(|(decl, _)| wanted.has(*decl)) {
        let mut cx = Cx::new(program, decl.module);
        cx.declaration(decl, &item.kind);
        found.push((decl, cx.diagnostics));
    }
    let calls = recursion(program, wanted).into_iter().filter(|(decl, _)| wanted.has(*decl));
    found.extend(calls.map(|(decl, d)| (decl, vec![d])));
    found
}

impl Cx<'_> {
    fn declaration(&mut self, decl: DeclRef, kind: &ItemKind) {
        self.note_declarations(decl);
        match kind {
            ItemKind::Let(_) => {
                self.program.global_let(decl);
            }
            ItemKind::Record(record) => self.record_declaration(decl, record),
            ItemKind::Provider(provider) => {
                self.provider(&provider.name.text, &provider.value);
            }
            ItemKind::Memory(memory) => {
                self.memory(&memory.value);
            }
            ItemKind::Policy(policy) => {
                self.policy(&policy.body, policy.name.span);
            }
            ItemKind::Agent(agent) => {
                let name = agent.name.text.clone();
                self.agent(decl, agent, &name);
            }
            ItemKind::Chain(chain) => {
                self.program.callable(decl);
                if chain.value.is_none() && self.program.callable(decl).result != rustchain_plan::Type::Unit {
                    let message = format!("the chain `{}` gives no value", chain.name.text);
                    let d = self
                        .error("RC0205", chain.name.span, message)
                        .also(self.file(), chain.result.span, "its result is declared here")
                        .help("end it with `return …`");
                    self.report(d);
                }
                self.chain_region(decl, chain);
            }
            ItemKind::Tool(tool) => {
                self.program.callable(decl);
                self.tool(tool);
                self.tool_effects(tool);
            }
            ItemKind::Mission(_) => {
                self.program.callable(decl);
            }
            ItemKind::Enum(_)
            | ItemKind::TypeAlias(_)
            | ItemKind::Test(_)
            | ItemKind::Fn(_)
            | ItemKind::Error => {}
        }
    }

    fn record_declaration(&mut self, decl: DeclRef, record: &ast::RecordDecl) {
        let Some(key) = self.program.key(decl) else { return };
        let Some(infos) = self.program.record_fields(&key) else { return };
        for (index, (field, info)) in record.fields.iter().zip(infos.iter()).enumerate() {
            if let Some(condition) = &field.constraint {
                self.constraint(&field.name.text, &info.ty, condition);
            }
            let Some(default) = self.program.field_default(&key, index) else { continue };
            if let Some(condition) = &field.constraint {
                let span = field.default.as_ref().map_or(field.span, |d| d.span);
                self.check_constant_constraint(
                    decl.module,
                    &field.name.text,
                    &info.ty,
                    condition,
                    &default,
                    span,
                );
            }
        }
    }
}

/// Chains, agents and missions that call themselves, as far as the wanted ones lead.
fn recursion(program: &Program, wanted: &Wanted) -> Vec<(DeclRef, Diagnostic)> {
    let mut state: HashMap<DeclRef, bool> = HashMap::new();
    let mut found = Vec::new();
    for (decl, _) in program.items().filter(|(decl, _)| wanted.has(*decl)) {
        visit(program, decl, &mut state, &mut Vec::new(), &mut found);
    }
    found
}

fn visit(
    program: &Program,
    decl: DeclRef,
    state: &mut HashMap<DeclRef, bool>,
    path: &mut Vec<DeclRef>,
    found: &mut Vec<(DeclRef, Diagnostic)>,
) {
    if state.contains_key(&decl) {
        return;
    }
    state.insert(decl, false);
    path.push(decl);
    for (target, span) in &callees(program, decl, &program.item(decl).kind) {
        if state.get(target) != Some(&false) {
            visit(program, *target, state, path, found);
            continue;
        }
        let at = path.iter().position(|d| d == target).unwrap_or_default();
        let mut names: Vec<String> = path[at..].iter().map(|d| program.plan_name(*d).to_string()).collect();
        names.push(program.plan_name(*target).to_string());
        let file = program.modules[decl.module].file;
        let path = names.join(" → ");
        let diagnostic = match &program.item(*target).kind {
            ItemKind::Provider(_) => {
                let message = format!("the provider `{}` falls back on itself", program.plan_name(*target));
                Diagnostic::error("RC0108", file, *span, message)
                    .note(format!("The providers go round: {path}."))
            }
            _ => {
                let message = format!("`{}` calls itself", program.plan_name(*target));
                Diagnostic::error("RC0109", file, *span, message)
                    .note(format!("The calls go round: {path}."))
                    .help("repeat with `loop s from … until …, max N { … }`")
            }
        };
        found.push((decl, diagnostic));
    }
    path.pop();
    state.insert(decl, true);
}

/// The declared callables that an expression calls.
fn calls_in(cx: &Cx<'_>, e: &ast::Expr, found: &mut Vec<(DeclRef, Span)>) {
    walk::any(e, &mut |e| {
        if let E::Call { callee, .. } = &e.kind
            && let Target::Declared(target) = cx.target(callee)
        {
            found.push((target, callee.span));
        }
        false
    });
}

fn callees(program: &Program, decl: DeclRef, kind: &ItemKind) -> Vec<(DeclRef, Span)> {
    let cx = Cx::anonymous(program, decl.module);
    let mut found: Vec<(DeclRef, Span)> = Vec::new();
    let mut look = |e: &ast::Expr| calls_in(&cx, e, &mut found);
    match kind {
        ItemKind::Chain(chain) => {
            chain.body.iter().for_each(|s| walk::statement(s, &mut look));
            chain.value.iter().for_each(&mut look);
        }
        ItemKind::Mission(mission) => {
            let outputs = |s: &&ast::Stmt| !matches!(s.kind, StmtKind::Input(_) | StmtKind::Secret(_));
            mission.body.iter().filter(outputs).for_each(|s| walk::statement(s, &mut look));
        }
        ItemKind::Provider(provider) => {
            walk::any(&provider.value, &mut |e| {
                let E::Name(name) = &e.kind else { return false };
                found.extend(program.names.local(decl.module, Space::Value, &name.text).map(|d| (d, e.span)));
                false
            });
        }
        ItemKind::Agent(agent) => {
            for tool in &agent.tools {
                let callee = match &tool.kind {
                    E::Call { callee, .. } => callee.as_ref(),
                    _ => tool,
                };
                if refs::dotted(callee).is_some()
                    && let Target::Declared(target) = cx.target(callee)
                {
                    found.push((target, callee.span));
                }
            }
        }
        _ => {}
    }
    found
}
