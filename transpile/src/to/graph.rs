//! A plan as nodes, groups and edges: what drawings share.

use rustchain_plan::plan::{Body, NeedKind, Node, Plan, Region};

/// A drawing: boxes in boxes, arrows between boxes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// In source order.
    pub boxes: Vec<DrawnBox>,
    /// In source order.
    pub arrows: Vec<Arrow>,
}

/// A step, or a block with what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnBox {
    /// The static id path.
    pub path: String,
    /// The id in its region.
    pub title: String,
    /// What it does: `http.get`, `for`, `match`.
    pub what: String,
    /// What its call may do to the world, as policy lines.
    pub effects: Vec<String>,
    /// The steps inside; empty for a plain step.
    pub inner: Vec<DrawnBox>,
}

/// An arrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// Path of the upstream.
    pub from: String,
    /// Path of the downstream.
    pub to: String,
    /// Order without data.
    pub order_only: bool,
}

/// Draws a plan.
pub fn draw(plan: &Plan) -> Drawing {
    let mut arrows = Vec::new();
    let boxes = region(&plan.root, "", &mut arrows);
    Drawing { boxes, arrows }
}

fn region(region: &Region, prefix: &str, arrows: &mut Vec<Arrow>) -> Vec<DrawnBox> {
    region.nodes.iter().map(|node| drawn(node, prefix, arrows)).collect()
}

fn drawn(node: &Node, prefix: &str, arrows: &mut Vec<Arrow>) -> DrawnBox {
    let path = format!("{prefix}{}", node.id);
    for need in &node.needs {
        let from = format!("{prefix}{}", need.id);
        arrows.push(Arrow { from, to: path.clone(), order_only: need.kind == NeedKind::Order });
    }
    let below = format!("{path}/");
    let (what, effects, inner) = match &node.body {
        Body::Value(_) => ("value".to_owned(), Vec::new(), Vec::new()),
        Body::Call(call) => {
            let effects = call.effects.iter().map(ToString::to_string).collect();
            (call.callee.to_string(), effects, Vec::new())
        }
        Body::Chain { name, region: body, .. } => {
            (format!("chain {name}"), Vec::new(), region(body, &below, arrows))
        }
        Body::For { region: body, .. } => ("for".to_owned(), Vec::new(), region(body, &below, arrows)),
        Body::Loop { region: body, .. } => ("loop".to_owned(), Vec::new(), region(body, &below, arrows)),
        Body::Poll { region: body, .. } => ("poll".to_owned(), Vec::new(), region(body, &below, arrows)),
        Body::Match { arms, .. } => {
            let inner = arms.iter().flat_map(|arm| region(&arm.region, &arm_prefix(&below, arm), arrows));
            ("match".to_owned(), Vec::new(), inner.collect())
        }
    };
    DrawnBox { path, title: node.id.to_string(), what, effects, inner }
}

fn arm_prefix(prefix: &str, arm: &rustchain_plan::plan::Arm) -> String {
    format!("{prefix}{}/", arm.label())
}
