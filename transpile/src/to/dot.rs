//! A plan as a Graphviz digraph.

use super::graph::{Arrow, DrawnBox, draw};
use rustchain_plan::Plan;

/// The digraph's text. A block is a cluster with a point that its arrows start and end at.
pub fn dot(plan: &Plan) -> String {
    let drawing = draw(plan);
    let mut out = format!("digraph {} {{\n  compound=true;\n  node [shape=box];\n", quote(&plan.mission));
    for drawn in &drawing.boxes {
        write_box(&mut out, drawn, 1);
    }
    for Arrow { from, to, order_only } in &drawing.arrows {
        let style = if *order_only { " [style=dashed]" } else { "" };
        out.push_str(&format!("  {} -> {}{style};\n", quote(from), quote(to)));
    }
    out.push_str("}\n");
    out
}

fn write_box(out: &mut String, drawn: &DrawnBox, depth: usize) {
    let indent = "  ".repeat(depth);
    let label = quote(&format!("{}\n{}", drawn.title, drawn.what));
    if drawn.inner.is_empty() {
        out.push_str(&format!("{indent}{} [label={label}];\n", quote(&drawn.path)));
        return;
    }
    out.push_str(&format!("{indent}subgraph {} {{\n", quote(&format!("cluster_{}", drawn.path))));
    out.push_str(&format!("{indent}  label={label};\n{indent}  {} [shape=point];\n", quote(&drawn.path)));
    for inner in &drawn.inner {
        write_box(out, inner, depth + 1);
    }
    out.push_str(&format!("{indent}}}\n"));
}

fn quote(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}
