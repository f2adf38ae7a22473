//! Graphs are read as LangGraph builds them: the `.edges` beside each fixture are made by LangGraph itself
//! (`tests/ecosystem/langgraph/edges.py`).

use rustchain_transpile::from::langchain::{Graph, LangChainOptions, NodeKind, OpKind, read};
use rustchain_transpile::vfs::DiskVfs;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/langgraph")
}

fn lines(name: &str, graph: &Graph) -> String {
    let inner = graph.nodes.iter().filter(|n| !matches!(n.kind, NodeKind::Start | NodeKind::End));
    let ids: Vec<&str> = inner.map(|n| n.id.as_str()).collect();
    let mark = |conditional: bool| if conditional { "?" } else { "" };
    let edges: BTreeSet<(&str, &str, &str)> = graph
        .edges
        .iter()
        // LangGraph does not tell of a Command without an annotation.
        .filter(|e| !(e.target == "*" && e.via.as_deref() == Some("command")))
        .map(|e| (e.source.as_str(), e.target.as_str(), mark(e.conditional)))
        .collect();
    let mut out = format!("{name}: {}\n", ids.join(", "));
    for (source, target, mark) in edges {
        out.push_str(&format!("  {source} ->{mark} {target}\n"));
    }
    out
}

/// The graphs of a fixture, by their global names.
fn graphs(file: &str) -> String {
    let path = fixtures().join(file);
    let seen = read(&DiskVfs::default(), &path.display().to_string(), &LangChainOptions::default());
    let graph = |op: &OpKind| match op {
        OpKind::Graph(graph) => Some(graph.clone()),
        _ => None,
    };
    seen.objects.iter().filter_map(|o| Some(lines(&o.name, &graph(&o.op.kind)?))).collect()
}

fn same(file: &str) {
    let wanted = std::fs::read_to_string(fixtures().join(file).with_extension("edges")).expect("edges");
    assert_eq!(graphs(file), wanted, "{file}");
}

#[test]
fn nodes_and_edges_of_every_form_are_read() {
    same("forms.py");
}

#[test]
fn graphs_that_loops_functions_and_classes_build_are_read() {
    same("built.py");
}

#[test]
fn agents_supervisors_and_swarms_are_read() {
    same("agents.py");
}
