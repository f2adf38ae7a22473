//! A plan as a Mermaid flowchart.

use super::graph::{Arrow, DrawnBox, draw};
use rustchain_plan::Plan;
use std::collections::BTreeMap;

/// The flowchart's text. Arrows of order without data are dotted.
pub fn mermaid(plan: &Plan) -> String {
    let drawing = draw(plan);
    let mut ids = BTreeMap::new();
    let mut out = String::from("flowchart TD\n");
    for drawn in &drawing.boxes {
        write_box(&mut out, drawn, 1, &mut ids);
    }
    for Arrow { from, to, order_only } in &drawing.arrows {
        if let (Some(from), Some(to)) = (ids.get(from), ids.get(to)) {
            let arrow = if *order_only { "-.->" } else { "-->" };
            out.push_str(&format!("  {from} {arrow} {to}\n"));
        }
    }
    out
}

fn write_box(out: &mut String, drawn: &DrawnBox, depth: usize, ids: &mut BTreeMap<String, String>) {
    let id = format!("n{}", ids.len());
    ids.insert(drawn.path.clone(), id.clone());
    let indent = "  ".repeat(depth);
    if drawn.inner.is_empty() {
        out.push_str(&format!("{indent}{id}[\"{}<br/>{}\"]\n", escape(&drawn.title), escape(&drawn.what)));
        return;
    }
    out.push_str(&format!("{indent}subgraph {id}[\"{}: {}\"]\n", escape(&drawn.title), escape(&drawn.what)));
    for inner in &drawn.inner {
        write_box(out, inner, depth + 1, ids);
    }
    out.push_str(&format!("{indent}end\n"));
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
