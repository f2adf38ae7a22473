//! Walking over objects and what they are made of.

use super::model::{Data, Message, Node, Op, OpKind, Part, PromptBody};

/// Deepest object that is walked into.
const MAX_DEPTH: u32 = 200;

/// Calls `f` with an object and everything inside it, in order.
pub(super) fn each(op: &Node, f: &mut dyn FnMut(&Op)) {
    each_node(op, &mut |node| f(node));
}

/// As [`each`], with the shared object.
pub(super) fn each_node(op: &Node, f: &mut dyn FnMut(&Node)) {
    let mut seen = std::collections::HashSet::new();
    visit(op, f, &mut seen, 0);
}

fn visit(op: &Node, f: &mut dyn FnMut(&Node), seen: &mut std::collections::HashSet<*const Op>, depth: u32) {
    if depth > MAX_DEPTH || !seen.insert(std::sync::Arc::as_ptr(op)) {
        return;
    }
    f(op);
    children(op, &mut |child| visit(child, f, seen, depth + 1));
}

/// The objects directly inside one.
pub(super) fn children(op: &Op, f: &mut dyn FnMut(&Node)) {
    match &op.kind {
        OpKind::Prompt(prompt) => {
            if let PromptBody::Messages(messages) = &prompt.body {
                for message in messages {
                    if let Message::Nested(inner) = message {
                        f(inner);
                    }
                }
            }
        }
        OpKind::Model(_)
        | OpKind::Parser(_)
        | OpKind::Tool(_)
        | OpKind::Lambda(_)
        | OpKind::Pick { .. }
        | OpKind::Passthrough
        | OpKind::Unknown(_) => {}
        OpKind::Seq(steps) | OpKind::ToolNode(steps) => steps.iter().for_each(&mut *f),
        OpKind::Parallel(branches) | OpKind::Assign(branches) => branches.iter().for_each(|(_, b)| f(b)),
        OpKind::Branch { cases, default } => {
            for (test, then) in cases {
                f(test);
                f(then);
            }
            f(default);
        }
        OpKind::Fallbacks { primary, fallbacks, .. } => {
            f(primary);
            fallbacks.iter().for_each(f);
        }
        OpKind::Retry { bound, .. } | OpKind::Map(bound) | OpKind::History { bound, .. } => f(bound),
        OpKind::Bind(bind) => {
            f(&bind.bound);
            bind.tools.iter().for_each(f);
        }
        OpKind::Configurable(c) => {
            f(&c.default);
            c.alternatives.iter().for_each(|(_, a)| f(a));
        }
        OpKind::Retriever(r) => r.parts.iter().for_each(|(_, p)| f(p)),
        OpKind::Chain(chain) => {
            for (_, part) in &chain.parts {
                match part {
                    Part::One(op) => f(op),
                    Part::Many(ops) => ops.iter().for_each(&mut *f),
                    Part::Named(ops) => ops.iter().for_each(|(_, op)| f(op)),
                }
            }
        }
        OpKind::Executor(e) => {
            f(&e.agent);
            e.tools.iter().for_each(f);
        }
        OpKind::Graph(graph) => super::graph::children(graph, f),
        OpKind::Opaque { args, .. } => args.iter().for_each(|(_, d)| in_data(d, f)),
    }
}

fn in_data(data: &Data, f: &mut dyn FnMut(&Node)) {
    match data {
        Data::Op(op) => f(op),
        Data::List(items) => items.iter().for_each(|d| in_data(d, f)),
        Data::Dict(items) => items.iter().for_each(|(_, d)| in_data(d, f)),
        _ => {}
    }
}
