//! The state of a graph as a record, and which of its fields a run is given.

use super::states::{Due, Machine, Next, explore};
use super::types::Ty;
use crate::from::langchain::graph::body::{Block, End, Expr};
use crate::from::langchain::graph::model::{Graph, Join};
use crate::from::langchain::graph::wiring::Wiring;
use crate::from::langchain::model::OpKind;
use std::collections::BTreeSet;

/// The function that joins what a field holds with an update.
#[derive(Clone, Debug)]
pub enum Reducer {
    /// `add_messages`.
    Messages,
    /// `operator.add`.
    Add,
    /// `operator.or_`.
    Merge,
    /// One of the file, and the chain that it becomes.
    Own { join: Join, chain: String },
}

/// A field of the state.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// As the record has it.
    pub ty: Ty,
    /// The function that joins updates.
    pub reducer: Option<Reducer>,
    /// It may hold `None`, as its annotation says.
    pub is_nullable: bool,
    /// The run is given it.
    pub is_input: bool,
    /// What the file gives it where the run does not.
    pub given: Option<String>,
}

impl Field {
    /// The chain that joins its updates, where the file's own function does.
    pub fn joined_by(&self) -> Option<&str> {
        match &self.reducer {
            Some(Reducer::Own { chain, .. }) => Some(chain),
            _ => None,
        }
    }

    /// As an input of a mission. LangGraph joins what a run is given with an empty value.
    pub fn input(&self) -> String {
        match self.joined_by() {
            Some(_) => format!("{}: {}? = null", self.name, self.ty.text()),
            None => self.declaration(),
        }
    }

    /// What it holds at the start of a run.
    pub fn at_start(&self) -> String {
        let (name, zero) = (&self.name, self.ty.zero());
        match self.joined_by() {
            Some(join) => format!(
                "{name}: if {name} == null then {zero} else {join}(old: {zero}, new: {name} ?? {zero})"
            ),
            None => format!("{name}: {name}"),
        }
    }

    /// As a field of a record.
    pub fn declaration(&self) -> String {
        match self.default() {
            Some(default) => format!("{}: {} = {default}", self.name, self.ty.text()),
            None => format!("{}: {}", self.name, self.ty.text()),
        }
    }

    /// What it holds where nothing was given.
    pub fn default(&self) -> Option<&str> {
        if let Some(given) = &self.given {
            return Some(given);
        }
        match (&self.ty, &self.reducer) {
            (Ty::Optional(_) | Ty::Json, _) => Some("null"),
            (ty, Some(_)) => Some(ty.zero()),
            _ => None,
        }
    }
}

/// The fields that a graph shares with one around it.
///
/// # Errors
/// As [`fields`].
pub fn shared(graph: &Graph) -> Result<Vec<Field>, String> {
    match &graph.wiring {
        Some(wiring) => fields(graph, wiring, &explore(wiring)?),
        None if graph.agent.is_some() => Ok(vec![Field {
            name: "messages".to_owned(),
            ty: Ty::List(Box::new(Ty::Message)),
            reducer: Some(Reducer::Messages),
            is_nullable: false,
            is_input: true,
            given: None,
        }]),
        None => Err("it is not built from nodes and edges".to_owned()),
    }
}

/// The fields of a graph.
///
/// # Errors
/// A reducer without a counterpart.
pub fn fields(graph: &Graph, wiring: &Wiring, machine: &Machine) -> Result<Vec<Field>, String> {
    if graph.state.is_empty() {
        return Err("its state is not known".to_owned());
    }
    let mut out = Vec::new();
    for (name, field) in &graph.state {
        if super::texts::key(name) != *name {
            return Err(format!("no record has a field of the name of `{name}` in its state"));
        }
        let reducer = match (field.reducer.as_deref(), &field.join) {
            (None, _) => None,
            (Some(_), Some(join)) => Some(Reducer::Own { join: join.clone(), chain: String::new() }),
            (Some("_add_messages"), _) => Some(Reducer::Messages),
            (Some("add" | "concat" | "iadd"), _) => Some(Reducer::Add),
            (Some("or_" | "ior"), _) => Some(Reducer::Merge),
            (Some(other), _) => return Err(format!("the reducer `{other}` of `{name}` has no counterpart")),
        };
        let ty = match &reducer {
            Some(Reducer::Messages) => Ty::List(Box::new(Ty::Message)),
            Some(Reducer::Merge) => match Ty::of_annotation(&field.ty) {
                Ty::Json => Ty::Map(Box::new(Ty::Json)),
                own @ Ty::Map(_) => own,
                own => return Err(format!("`{name}` is {}, which `or` does not join", own.text())),
            },
            Some(Reducer::Own { .. }) => match Ty::of_annotation(&field.ty) {
                Ty::Json if field.ty.starts_with(['d', 'D']) => Ty::Map(Box::new(Ty::Json)),
                own if own.zero() != "null" => own,
                _ => {
                    return Err(format!(
                        "`{name}` has a reducer of its own, and its type `{}` has no empty value that is known",
                        field.ty
                    ));
                }
            },
            _ => Ty::of_annotation(&field.ty),
        };
        let given = field.default.as_ref().and_then(|value| super::providers::data(value).ok());
        let (ty, is_input) = match (&reducer, &given) {
            (Some(_), _) | (_, Some(_)) => (ty, true),
            _ => plain(ty, &Reads::of(name, graph, wiring), machine),
        };
        let is_nullable = matches!(Ty::of_annotation(&field.ty), Ty::Optional(_));
        out.push(Field { name: name.clone(), ty, reducer, is_nullable, is_input, given });
    }
    Ok(out)
}

/// A field that the last update sets: LangGraph has no value before the first.
fn plain(ty: Ty, reads: &Reads, machine: &Machine) -> (Ty, bool) {
    let early = reads.before_a_write(machine);
    let is_input = early || reads.writers.is_empty();
    match is_input && !reads.with_default {
        true => (ty, true),
        false => (ty.optional(), is_input),
    }
}

#[derive(Default)]
struct Reads {
    readers: BTreeSet<String>,
    /// Nodes whose branch reads it.
    branches: BTreeSet<String>,
    writers: BTreeSet<String>,
    with_default: bool,
}

impl Reads {
    fn of(name: &str, graph: &Graph, wiring: &Wiring) -> Reads {
        let mut out = Reads::default();
        for node in &graph.nodes {
            let Some(OpKind::Graph(inner)) = node.what.as_ref().map(|op| &op.kind) else { continue };
            let Some(field) = shared(inner).ok().and_then(|all| all.into_iter().find(|f| f.name == name))
            else {
                continue;
            };
            if field.is_input && field.default().is_none() {
                out.readers.insert(node.id.clone());
            }
            let writes = |b: &Block| b.writes().iter().any(|w| w == name);
            let written = inner.wiring.iter().flat_map(|w| &w.functions);
            if written.filter_map(|f| f.block.as_ref().ok()).any(writes) {
                out.writers.insert(node.id.clone());
            }
        }
        for function in &wiring.functions {
            let Ok(block) = &function.block else {
                out.readers.insert(function.node.clone());
                continue;
            };
            if block.writes().iter().any(|w| w == name) {
                out.writers.insert(function.node.clone());
            }
            if out.reads(block, name) {
                out.readers.insert(function.node.clone());
            }
        }
        for branch in &wiring.branches {
            if let Ok(block) = &branch.route
                && out.reads(block, name)
            {
                out.branches.insert(branch.source.clone());
            }
        }
        out
    }

    fn reads(&mut self, block: &Block, name: &str) -> bool {
        if let End::Python(carried) = &block.end {
            let read = carried.reads(name);
            self.with_default |= read == Some(true);
            return read.is_some();
        }
        let mut found = false;
        let mut with_default = false;
        block.each_expr(&mut |expr| match expr {
            Expr::Field(known) => found |= known == name,
            Expr::FieldOr(known, _) if known == name => {
                found = true;
                with_default = true;
            }
            _ => {}
        });
        self.with_default |= with_default;
        found
    }

    /// Is there a way from the start to a reader on which nobody writes?
    fn before_a_write(&self, machine: &Machine) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![0];
        while let Some(at) = open.pop() {
            let Some(state) = machine.states.get(at).filter(|_| seen.insert(at)) else { continue };
            // What is sent in a packet is not the state.
            let reads = |due: &Due| matches!(due, Due::Once(node) if self.readers.contains(node));
            if state.due.iter().any(reads) {
                return true;
            }
            if state.due.iter().any(|due| self.writers.contains(due.node())) {
                continue;
            }
            match &state.next {
                Next::To(next) => open.extend(next),
                Next::Choice { node, .. } if self.branches.contains(node) => return true,
                Next::Choice { ways, .. } => open.extend(ways.iter().filter_map(|(_, next)| *next)),
                Next::Choices { ways, .. } => {
                    if state.due.iter().any(|due| self.branches.contains(due.node())) {
                        return true;
                    }
                    open.extend(ways.iter().filter_map(|(_, next)| *next));
                }
            }
        }
        false
    }
}
