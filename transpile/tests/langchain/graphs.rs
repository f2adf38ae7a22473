//! Graphs of files that run a conversation, check their surroundings, or leave the building to others.

use crate::{files, losses, text};
use rustchain_transpile::from::langchain::{Graph, LangChainFile, OpKind};

const HEAD: &str = "from langgraph.graph import StateGraph, MessagesState, START, END\n";

/// The graphs of a file, those of global names first: nodes, then edges.
fn graphs(file: &LangChainFile) -> Vec<String> {
    let ops = file.objects.iter().map(|o| &o.op).chain(file.inner.iter().map(|i| &i.op));
    ops.filter_map(|op| match &op.kind {
        OpKind::Graph(graph) => Some(line(graph)),
        _ => None,
    })
    .collect()
}

fn line(graph: &Graph) -> String {
    let edge = |e: &rustchain_transpile::from::langchain::GraphEdge| {
        format!("{}{}{}", e.source, if e.conditional { "~" } else { "-" }, e.target)
    };
    graph.edges.iter().map(edge).collect::<Vec<_>>().join(" ")
}

fn of(source: &str) -> LangChainFile {
    text("a.py", &format!("{HEAD}{source}"))
}

const CHAIN: &str = "
def build(name):
    b = StateGraph(MessagesState)
    b.add_node(name, lambda s: s)
    b.add_edge(START, name)
    return b.compile()
";

#[test]
fn a_conversation_without_end_does_not_end_the_reading() {
    let file = of(&format!(
        "{CHAIN}
while True:
    line = input('> ')
    if line in ('q', 'quit'):
        break
    print(line)
while True:
    pass
last = build('x')
"
    ));
    assert_eq!(graphs(&file), ["__start__-x"]);
    assert!(losses(&file).contains("a loop that nothing in the file ends"), "{}", losses(&file));
}

#[test]
fn a_check_of_arguments_that_raises_is_passed_where_nobody_calls() {
    let file = of("
def build(folder=None, store=None):
    if folder is None and store is None:
        raise ValueError('one of the two')
    b = StateGraph(MessagesState)
    b.add_node('x', lambda s: s)
    b.add_edge(START, 'x')
    return b.compile()
");
    assert_eq!(graphs(&file), ["__start__-x"]);
}

#[test]
fn what_a_function_raises_that_nobody_calls_is_told() {
    let file = of("
def build(a):
    b = StateGraph(MessagesState)
    b.add_node('x', {}['node'])
    return b.compile()
");
    assert!(losses(&file).contains("raises KeyError"), "{}", losses(&file));
}

#[test]
fn a_module_that_raises_keeps_its_other_names() {
    let main = format!(
        "from nodes import first\n{HEAD}b = StateGraph(MessagesState)\nb.add_node(first)\nb.add_edge(START, 'first')\ng = b.compile()\n"
    );
    let nodes = "settings = {}['model']\ndef first(state):\n    return state\n";
    let file = files("app/main.py", &[("app/main.py", &main), ("app/nodes.py", nodes)]);
    assert_eq!(graphs(&file), ["__start__-first"]);
    assert!(losses(&file).contains("this raises KeyError"), "{}", losses(&file));
}

#[test]
fn an_instance_that_decides_has_no_targets_for_langgraph() {
    let file = of("
from typing import Literal
class Decide:
    def __call__(self, state) -> Literal['x']:
        return 'x'
b = StateGraph(MessagesState)
b.add_node('x', lambda s: s)
b.add_conditional_edges(START, Decide())
g = b.compile()
");
    assert_eq!(graphs(&file), ["__start__~*"]);
}
