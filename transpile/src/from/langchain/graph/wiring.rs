//! How a graph runs: its edges as LangGraph holds them, and what its functions do.

use super::body::{Block, End};
use super::carried::Carried;
use crate::from::langchain::model::Code;

/// Edges, branches and functions of a graph.
#[derive(Clone, Debug, Default)]
pub struct Wiring {
    /// In order of addition.
    pub edges: Vec<Edge>,
    /// In order of addition.
    pub branches: Vec<Branch>,
    /// Nodes with `defer=True`.
    pub deferred: Vec<String>,
    /// Nodes that run a function.
    pub functions: Vec<Function>,
    /// The bound of a run, where the file sets it.
    pub recursion_limit: Option<i64>,
}

/// `add_edge`.
#[derive(Clone, Debug)]
pub struct Edge {
    /// One node, or all that a join waits for.
    pub sources: Vec<String>,
    /// The node that follows.
    pub target: String,
    /// It waits for all sources.
    pub is_join: bool,
}

/// `add_conditional_edges`.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The node.
    pub source: String,
    /// What decides, or why that is not told.
    pub route: Result<Block, String>,
    /// The function as Python, where it was translated and could stay Python too.
    pub python: Option<Carried>,
    /// Label and target, where they are known.
    pub ends: Option<Vec<(String, String)>>,
}

/// What a node runs.
#[derive(Clone, Debug)]
pub struct Function {
    /// The node.
    pub node: String,
    /// What it does, or why that is not told.
    pub block: Result<Block, String>,
    /// As Python, where it was translated and could stay Python too.
    pub python: Option<Carried>,
    /// Where it stands.
    pub code: Option<Code>,
    /// Where its `Command` may go, as the annotation says.
    pub ends: Option<Vec<String>>,
    /// It gives a `Command` that goes somewhere.
    pub is_command: bool,
}

impl Wiring {
    /// The functions that stay Python, or may.
    pub fn carried(&self) -> impl Iterator<Item = &Carried> {
        let functions = self.functions.iter().map(|f| (&f.block, &f.python));
        let branches = self.branches.iter().map(|b| (&b.route, &b.python));
        functions.chain(branches).filter_map(|(block, python)| match block {
            Ok(Block { end: End::Python(carried), .. }) => Some(&**carried),
            _ => python.as_ref(),
        })
    }

    /// The function of a node.
    pub fn function(&self, node: &str) -> Option<&Function> {
        self.functions.iter().find(|f| f.node == node)
    }

    /// Where a node's command goes: `None`: it has none; `Some(None)`: only the run decides.
    pub fn goes(&self, node: &str) -> Option<Option<Vec<String>>> {
        let function = self.function(node)?;
        let block = function.block.as_ref().ok();
        let goes = block.map_or(function.is_command, has_goto);
        let known = |block: &Block| {
            let mut labels = Vec::new();
            block.collect_targets(&mut labels).then_some(labels)
        };
        goes.then(|| function.ends.clone().or_else(|| block.and_then(known)))
    }
}

/// May it end without a target?
pub fn may_stay(block: &Block) -> bool {
    match &block.end {
        End::Command { goto, .. } => goto.is_none(),
        End::If(_, yes, no) => may_stay(yes) || may_stay(no),
        End::Update(_) | End::Python(_) => true,
        End::Value(_) | End::Sends(_) => false,
    }
}

fn has_goto(block: &Block) -> bool {
    match &block.end {
        End::Command { goto, .. } => goto.is_some(),
        End::If(_, yes, no) => has_goto(yes) || has_goto(no),
        End::Python(carried) => carried.goes,
        _ => false,
    }
}
