//! What a file has built so far.

use super::graph::GraphState;
use super::model::{Effect, Node, Op, OpKind, Origin};
use crate::python::value::ObjId;
use crate::python::{Args, Machine, ModuleId, Native, Site, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// The evaluator with this host.
pub(super) type M<'v> = Machine<'v, LangChainHost>;

/// Tables of [`Native`] objects. Numbers from 100 belong to [`super::graph`].
pub(super) mod kind {
    /// A runnable, prompt, model or tool: [`super::LangChainHost::ops`].
    pub const OP: u16 = 1;
    /// Any other object: [`super::LangChainHost::things`].
    pub const THING: u16 = 2;
    /// The first number of the graph's own tables.
    pub const GRAPH: u16 = 100;
}

/// An object that is no runnable: a message, a store, embeddings, memory, a decorator that waits.
#[derive(Clone, Debug)]
pub(super) struct Thing {
    /// What it is.
    pub class: ThingClass,
    /// Its class, e.g. `InMemoryVectorStore`, and the module it is imported from.
    pub name: String,
    pub package: String,
    /// What it was given.
    pub args: Args,
    pub site: Site,
}

/// What a [`Thing`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ThingClass {
    /// `SystemMessage(…)`.
    Message,
    /// `SystemMessagePromptTemplate…`, `MessagesPlaceholder`: a part of a chat prompt.
    MessageTemplate,
    /// A vector store.
    Store,
    /// Embeddings.
    Embeddings,
    /// A chat memory.
    Memory,
    /// `ConfigurableField`.
    ConfigurableField,
    /// `@tool(…)` that waits for its function.
    ToolDecorator,
    /// `@before_model` and other middleware of one function; `@hook_config(…)`.
    Middleware,
    /// A class that `create_model` makes.
    MadeClass,
    /// Anything else of the libraries: loaders, splitters, documents, caches.
    Other,
}

/// The model.
#[derive(Debug, Default)]
pub struct LangChainHost {
    /// Runnables, prompts, models, tools.
    pub(super) ops: Vec<Node>,
    /// Other objects.
    pub(super) things: Vec<Thing>,
    /// Prompts, models and tools that are made as parts of others, in order.
    pub(super) losses: Vec<PendingLoss>,
    /// What instances of classes of the file are.
    pub(super) instances: RefCell<HashMap<ObjId, Node>>,
    /// Where methods of middleware may send the agent, by the method.
    pub(super) jumps: HashMap<ObjId, Vec<String>>,
    /// The tables of LangGraph's objects.
    pub(super) graph: GraphState,
    /// How deep objects are nested, by their address.
    pub(super) extents: HashMap<usize, Extent>,
    /// Where LangChain is installed.
    pub(super) library: Option<String>,
    /// Functions that the file does not call are called for the inventory.
    pub(super) uncalled: bool,
    /// The code cells of a notebook: number and first line.
    pub(super) cells: Vec<(usize, usize)>,
}

/// A loss whose place is not resolved yet.
#[derive(Clone, Debug)]
pub(super) struct PendingLoss {
    pub effect: Effect,
    pub message: String,
    pub site: Site,
}

impl LangChainHost {
    /// Notes something that could not be told; the same thing at the same place once.
    pub(super) fn lose(&mut self, effect: Effect, message: impl Into<String>, site: Site) {
        let message = message.into();
        let same = |l: &PendingLoss| l.site == site && l.message == message;
        if self.losses.len() < 1_000 && !self.losses.iter().any(same) {
            self.losses.push(PendingLoss { effect, message, site });
        }
    }
}

/// Where a place is, for people: in a notebook, the cell and the line in it.
pub(super) fn origin(m: &M<'_>, site: Site) -> Origin {
    let mut origin = crate::from::callable::origin(m, site);
    if site.module == ModuleId(0)
        && let Some((cell, start)) = m.host.cells.iter().rev().find(|(_, start)| *start < origin.line)
    {
        origin.file = format!("{}#cell-{cell}", origin.file);
        origin.line -= start;
    }
    origin
}

/// A fresh object without a place in the tables.
pub(super) fn node(m: &M<'_>, kind: OpKind, site: Site) -> Node {
    Arc::new(Op { kind, origin: origin(m, site) })
}

/// Deepest nesting of objects.
const MAX_NESTED: u32 = 300;
/// Most objects in one object, each as often as it is written out.
const MAX_WITHIN: u64 = 50_000;
/// Bytes that one object takes until the end, in all that is made of it.
const OBJECT_BYTES: usize = 4_096;

/// How deep an object is nested, and how many objects it holds where each is written out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extent {
    depth: u32,
    objects: u64,
    /// Directly inside.
    parts: usize,
}

fn extent_of(known: &mut HashMap<usize, Extent>, op: &Node) -> Extent {
    let key = Arc::as_ptr(op) as usize;
    if let Some(extent) = known.get(&key) {
        return *extent;
    }
    let mut extent = Extent::default();
    super::walk::children(op, &mut |child| {
        let inner = extent_of(known, child);
        extent.depth = extent.depth.max(inner.depth);
        extent.objects = extent.objects.saturating_add(inner.objects);
        extent.parts += 1;
    });
    extent.depth += 1;
    extent.objects = extent.objects.saturating_add(1);
    known.insert(key, extent);
    extent
}

/// Puts an object into the table; one that is nested too deeply or holds too many is cut.
pub(super) fn push(m: &mut M<'_>, op: Node) -> Value {
    let extent = extent_of(&mut m.host.extents, &op);
    m.owe(OBJECT_BYTES + 16 * extent.parts);
    let reason = match extent {
        Extent { depth, .. } if depth > MAX_NESTED => Some("objects are nested too deeply"),
        Extent { objects, .. } if objects > MAX_WITHIN => Some("an object holds too many others"),
        _ => None,
    };
    let op = match reason {
        None => op,
        Some(reason) => {
            let site = m.site(Default::default());
            m.host.lose(Effect::Structure, reason, site);
            Arc::new(Op { kind: OpKind::Unknown(reason.into()), origin: op.origin.clone() })
        }
    };
    m.host.ops.push(op);
    Value::Native(Native { kind: kind::OP, id: m.host.ops.len() as u32 - 1 })
}

/// Makes an object.
pub(super) fn make(m: &mut M<'_>, kind: OpKind, site: Site) -> Value {
    let op = node(m, kind, site);
    push(m, op)
}

/// Makes an object that is no runnable.
pub(super) fn thing(
    m: &mut M<'_>,
    class: ThingClass,
    name: &str,
    package: &str,
    args: &Args,
    site: Site,
) -> Value {
    m.host.things.push(Thing {
        class,
        name: name.to_owned(),
        package: package.to_owned(),
        args: args.clone(),
        site,
    });
    Value::Native(Native { kind: kind::THING, id: m.host.things.len() as u32 - 1 })
}

/// The runnable, prompt, model or tool behind a value that is one already.
pub(super) fn op_of(m: &M<'_>, value: &Value) -> Option<Node> {
    match value {
        Value::Native(n) if n.kind == kind::OP => m.host.ops.get(n.id as usize).cloned(),
        Value::Native(n) if n.kind >= kind::GRAPH => super::graph::op(m, *n),
        Value::Symbol(symbol) => op_of(m, symbol.assumed.as_ref()?),
        _ => None,
    }
}

/// The other object behind a value.
pub(super) fn thing_of<'a>(m: &'a M<'_>, value: &Value) -> Option<&'a Thing> {
    match value {
        Value::Native(n) if n.kind == kind::THING => m.host.things.get(n.id as usize),
        Value::Symbol(symbol) => thing_of(m, symbol.assumed.as_ref()?),
        _ => None,
    }
}
