//! Where expressions stand: regions from the inside out, with what their parameters are bound to.

use rustchain_plan::plan::{Agent, Body, InputSpec, Node, Plan, Region};
use rustchain_plan::types::{Schema, Type};
use rustchain_plan::{Expr, Policy};
use smol_str::SmolStr;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a parameter of a region stands for.
#[derive(Clone)]
pub enum Bound<'p> {
    /// An argument, with the scope it stands in.
    Argument(&'p Expr, Rc<Scope<'p>>),
    /// An element of a list.
    Element(&'p Expr, Rc<Scope<'p>>),
    /// A mission input.
    Input(&'p InputSpec),
    /// Loop states, poll results, arguments that a model chooses.
    Unknown,
}

/// A region with what lies around it.
pub struct Scope<'p> {
    /// The plan.
    pub plan: &'p Plan,
    /// The next region outwards; `None` for the root and for chains.
    pub parent: Option<Rc<Scope<'p>>>,
    /// The region around this one in the plan, also where it cannot be seen from here (that of a chain's caller).
    pub outer: Option<Rc<Scope<'p>>>,
    /// The region; `None` for the one around a poll's `until`.
    pub region: Option<&'p Region>,
    /// Its parameters.
    pub params: BTreeMap<SmolStr, Bound<'p>>,
    /// Static id path of the region's nodes, without a trailing `/`.
    pub path: String,
    index: OnceCell<BTreeMap<&'p str, &'p Node>>,
}

impl<'p> Scope<'p> {
    /// The root region of a plan.
    pub fn root(plan: &'p Plan) -> Rc<Scope<'p>> {
        let params = plan.inputs.iter().map(|i| (i.name.clone(), Bound::Input(i))).collect();
        Rc::new(Scope {
            plan,
            parent: None,
            outer: None,
            region: Some(&plan.root),
            params,
            path: String::new(),
            index: OnceCell::new(),
        })
    }

    /// A chain offered to a model: its parameters are the model's.
    pub fn chain_tool(plan: &'p Plan, name: &str, region: &'p Region) -> Rc<Scope<'p>> {
        let params = region.params.iter().map(|p| (p.name.clone(), Bound::Unknown)).collect();
        Rc::new(Scope {
            plan,
            parent: None,
            outer: None,
            region: Some(region),
            params,
            path: name.to_owned(),
            index: OnceCell::new(),
        })
    }

    /// The scope so many regions outwards.
    pub fn up(self: &Rc<Scope<'p>>, up: u32) -> Option<Rc<Scope<'p>>> {
        let mut scope = self.clone();
        for _ in 0..up {
            scope = scope.parent.clone()?;
        }
        Some(scope)
    }

    /// The policies of the called missions that this region lies in, innermost first, each with the name of
    /// the step that calls it.
    pub fn called_policies(&self) -> Vec<(&'p Policy, &str)> {
        let mut out = Vec::new();
        let mut at = Some(self);
        while let Some(scope) = at {
            if let Some(policy) = scope.region.and_then(|r| r.policy.as_deref()) {
                out.push((policy, scope.path.as_str()));
            }
            at = scope.outer.as_deref();
        }
        out
    }

    /// The node of an id in this region.
    pub fn node(&self, id: &str) -> Option<&'p Node> {
        let region = self.region?;
        let index = || region.nodes.iter().map(|n| (n.id.as_str(), n)).collect();
        self.index.get_or_init(index).get(id).copied()
    }

    /// The id path of a node of this region.
    pub fn node_path(&self, id: &str) -> String {
        if self.path.is_empty() { id.to_owned() } else { format!("{}/{id}", self.path) }
    }

    /// The regions inside a node, each with its scope.
    pub fn inner(self: &Rc<Scope<'p>>, node: &'p Node) -> Vec<Rc<Scope<'p>>> {
        let child = |region, params, path: String, parent| {
            Rc::new(Scope {
                plan: self.plan,
                parent,
                outer: Some(self.clone()),
                region: Some(region),
                params,
                path,
                index: OnceCell::new(),
            })
        };
        let path = match node.body {
            Body::Value(_) | Body::Call(_) => return Vec::new(),
            _ => self.node_path(&node.id),
        };
        match &node.body {
            Body::Value(_) | Body::Call(_) => Vec::new(),
            Body::Chain { args, region, .. } => {
                let bind = |name: &SmolStr| match args.get(name) {
                    Some(arg) => Bound::Argument(arg, self.clone()),
                    None => Bound::Unknown,
                };
                let params = region.params.iter().map(|p| (p.name.clone(), bind(&p.name))).collect();
                vec![child(region, params, path, None)]
            }
            Body::Match { arms, .. } => arms
                .iter()
                .map(|arm| {
                    let path = format!("{path}/{}", arm.label());
                    child(&arm.region, BTreeMap::new(), path, Some(self.clone()))
                })
                .collect(),
            Body::For { bindings, region, .. } => {
                let bind =
                    |(name, list): &'p (SmolStr, Expr)| (name.clone(), Bound::Element(list, self.clone()));
                let params = bindings.iter().map(bind).collect();
                vec![child(region, params, path, Some(self.clone()))]
            }
            Body::Loop { var, region, .. } => {
                let params = BTreeMap::from([(var.clone(), Bound::Unknown)]);
                vec![child(region, params, path, Some(self.clone()))]
            }
            Body::Poll { region, .. } => vec![child(region, BTreeMap::new(), path, Some(self.clone()))],
        }
    }
}

/// A node where it stands.
pub struct Site<'p> {
    /// Its static id path, the key of the span table.
    pub path: String,
    /// The node.
    pub node: &'p Node,
    /// Its region.
    pub scope: Rc<Scope<'p>>,
}

/// Every node of a plan, outer before inner, in source order; chains offered as tools come last.
pub fn sites(plan: &Plan) -> Vec<Site<'_>> {
    let mut out = Vec::new();
    collect(&plan.root, Scope::root(plan), &mut out);
    for (name, region) in &plan.chain_tools {
        collect(region, Scope::chain_tool(plan, name, region), &mut out);
    }
    out
}

/// Every node of a region and what lies in it.
pub fn sites_of<'p>(region: &'p Region, scope: Rc<Scope<'p>>) -> Vec<Site<'p>> {
    let mut out = Vec::new();
    collect(region, scope, &mut out);
    out
}

fn collect<'p>(region: &'p Region, scope: Rc<Scope<'p>>, out: &mut Vec<Site<'p>>) {
    for node in &region.nodes {
        out.push(Site { path: scope.node_path(&node.id), node, scope: scope.clone() });
        for inner in scope.inner(node) {
            if let Some(region) = inner.region {
                collect(region, inner, out);
            }
        }
    }
}

/// Calls `f` with every node of a plan, mutable, in the order of [`sites`], with its id path.
pub fn for_each_node(plan: &mut Plan, f: &mut dyn FnMut(&str, &mut Node)) {
    for_each_in(&mut plan.root, "", f);
    for (name, region) in &mut plan.chain_tools {
        for_each_in(region, name, f);
    }
}

fn for_each_in(region: &mut Region, prefix: &str, f: &mut dyn FnMut(&str, &mut Node)) {
    for node in &mut region.nodes {
        let path = if prefix.is_empty() { node.id.to_string() } else { format!("{prefix}/{}", node.id) };
        f(&path, node);
        match &mut node.body {
            Body::Value(_) | Body::Call(_) => {}
            Body::Chain { region, .. }
            | Body::For { region, .. }
            | Body::Loop { region, .. }
            | Body::Poll { region, .. } => for_each_in(region, &path, f),
            Body::Match { arms, .. } => {
                for arm in arms {
                    let path = format!("{path}/{}", arm.label());
                    for_each_in(&mut arm.region, &path, f);
                }
            }
        }
    }
}

/// The type of a field of a type.
pub fn field_type(plan: &Plan, base: &Type, name: &str) -> Option<Type> {
    match base.non_null() {
        Type::Record(fields) => fields.get(name).cloned(),
        Type::Named(key) => match plan.schemas.get(key)? {
            Schema::Record(record) => record.fields.iter().find(|f| f.name == name).map(|f| f.ty.clone()),
            Schema::Enum(_) => None,
        },
        Type::Json => Some(Type::Json),
        _ => None,
    }
}

/// The agent that a node calls.
pub fn agent_of<'p>(plan: &'p Plan, node: &Node) -> Option<(&'p SmolStr, &'p Agent)> {
    let Body::Call(call) = &node.body else { return None };
    match call.kind {
        rustchain_plan::plan::CalleeKind::Agent => plan.agents.get_key_value(&call.callee),
        _ => None,
    }
}
