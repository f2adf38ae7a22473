//! A graph with choices: a bounded loop over its states, a chain for each, and the chains that say what follows.

use super::block::{Ending, Writer, choice};
use super::print::Scope;
use super::states::{Due, Next, State, Target};
use super::texts::quoted;
use super::types::Ty;
use super::write::{Body, Lowering, STEPS};
use crate::from::langchain::graph::body::{End, Expr};
use crate::from::langchain::graph::wiring::Branch;

impl Lowering<'_, '_, '_> {
    pub(super) fn looped(&mut self) -> Result<Body, String> {
        let mut arms = Vec::new();
        for at in 0..self.machine.states.len() {
            let member = self.member(at);
            let name = self.providers.fresh(&format!("at_{member}"));
            self.arm(at, &name)?;
            arms.push(format!("      {member} => {name}(s: s),"));
        }
        arms.push("      end => s,".to_owned());
        let bound = self.wiring.recursion_limit.unwrap_or(STEPS);
        let mut lines = vec![format!(
            "  step state = loop s from {} until s.at == {}, max {bound} {{\n    match s.at {{",
            self.start(),
            self.at(None)
        )];
        lines.extend(arms);
        lines.push("    }\n  }".to_owned());
        Ok(Body { lines, last: "state".to_owned() })
    }

    /// The chain of a state: what is asked before its nodes, they themselves, what is asked after them.
    fn arm(&mut self, at: usize, name: &str) -> Result<(), String> {
        let machine = self.machine;
        let Some(state) = machine.states.get(at) else { return Ok(()) };
        let graph = self.graph;
        let due = |asking: &[String]| {
            let nodes: Vec<&str> =
                state.due.iter().map(Due::node).filter(|n| asking.iter().any(|a| a == n)).collect();
            (!nodes.is_empty()).then(|| nodes.join(" and "))
        };
        let before = due(&graph.interrupt_before);
        let after = due(&graph.interrupt_after).filter(|_| !matches!(state.next, Next::To(None)));
        let (record, end) = (self.record.clone(), self.at(None));
        let head = |name: &str| format!("chain {name}(s: {record}) -> {record} {{");
        let ask = |subject: String| format!("  step approved = human.approve(subject: {})", quoted(&subject));
        let mut own = name.to_owned();
        let mut around = Vec::new();
        if let Some(nodes) = before {
            let inner = self.providers.fresh(&format!("{name}_approved"));
            let ask = ask(format!("Run the node {nodes}?"));
            around.push(format!(
                "{}\n{ask}\n  step next = if approved then {inner}(s: s) else {record} {{ ..s, at: {end} }}\n  return next\n}}",
                head(&own)
            ));
            own = inner;
        }
        if let Some(nodes) = after {
            let inner = self.providers.fresh(&format!("{name}_done"));
            let ask = ask(format!("Go on after the node {nodes}?"));
            around.push(format!(
                "{}\n  step done = {inner}(s: s)\n{ask} with {{ after [done] }}\n  return if approved then done else {record} {{ ..done, at: {end} }}\n}}",
                head(&own)
            ));
            own = inner;
        }
        self.nodes_of(state, &own)?;
        self.items.extend(around.into_iter().rev());
        Ok(())
    }

    /// The chain of a state's nodes and of what follows.
    fn nodes_of(&mut self, state: &State, name: &str) -> Result<(), String> {
        let mut lines = Vec::new();
        self.steps.clear();
        if let ([Due::Once(node)], Next::Choice { node: chooser, ways }) = (state.due.as_slice(), &state.next)
            && chooser == node
            && self.wiring.goes(node).is_some()
        {
            let clause = self.clause(node);
            if clause.is_empty() {
                return self.node_chain(node, name, Some(ways));
            }
            let inner = self.providers.fresh(node);
            self.node_chain(node, &inner, Some(ways))?;
            lines.push(format!("  step done = {inner}(s: s){clause}"));
            self.push_chain(name, &lines, "done");
            return Ok(());
        }
        let last = match state.due.is_empty() {
            true => "s".to_owned(),
            false => self.state_steps(state, "s", &mut lines)?,
        };
        let next = match &state.next {
            Next::To(next) => self.at(*next),
            Next::Choice { node, ways } => {
                let route = self.route(node, ways)?;
                let seen = self.seen_after(node, "s", &last, &mut lines)?;
                lines.push(format!("  step way = {route}(s: {seen})"));
                "way".to_owned()
            }
            Next::Choices { branches, ways } => self.choices(branches, ways, &last, &mut lines)?,
        };
        let value = format!("{} {{ ..{last}, at: {next} }}", self.record);
        self.push_chain(name, &lines, &value);
        Ok(())
    }

    fn push_chain(&mut self, name: &str, lines: &[String], value: &str) {
        let record = &self.record;
        self.items.push(format!(
            "chain {name}(s: {record}) -> {record} {{\n{}\n  return {value}\n}}",
            lines.join("\n")
        ));
    }

    /// What several branches say at once: a step for each, which gives its target; the state of all together.
    fn choices(
        &mut self,
        branches: &[usize],
        ways: &[(Vec<String>, Option<usize>)],
        last: &str,
        lines: &mut Vec<String>,
    ) -> Result<String, String> {
        let mut said: Vec<String> = Vec::new();
        for at in branches {
            let wiring = self.wiring;
            let branch = wiring.branches.get(*at).ok_or("a branch that is not there")?;
            let target = |(label, target): &(String, String)| (label.clone(), quoted(target));
            let labels = match &branch.ends {
                Some(ends) => ends.iter().map(target).collect(),
                None => {
                    let at = said.len();
                    let mut own: Vec<&String> =
                        ways.iter().filter_map(|(targets, _)| targets.get(at)).collect();
                    own.sort();
                    own.dedup();
                    own.into_iter().map(|name| (name.clone(), quoted(name))).collect()
                }
            };
            let route = self.route_chain(branch, labels, Vec::new(), "string".to_owned())?;
            let seen = self.seen_after(&branch.source, "s", last, lines)?;
            let step = self.own_step("way");
            lines.push(format!("  step {step} = {route}(s: {seen})"));
            said.push(step);
        }
        let ty = &self.node_enum;
        let first = said.first().ok_or("no branch decides")?;
        let mut next = format!("decode<{ty}>(json.of({first}))");
        for (targets, state) in ways.iter().rev() {
            let tests: Vec<String> = said
                .iter()
                .zip(targets)
                .map(|(step, target)| format!("({step} == {})", quoted(target)))
                .collect();
            next = format!("if {} then {} else {next}", tests.join(" && "), self.at(*state));
        }
        let step = self.own_step("following");
        lines.push(format!("  step {step} = {next}"));
        Ok(step)
    }

    /// The chain that says what follows a node; gives its name.
    fn route(&mut self, node: &str, ways: &[(Target, Option<usize>)]) -> Result<String, String> {
        let wiring = self.wiring;
        let branch = wiring.branches.iter().find(|b| b.source == node);
        let branch = branch.ok_or_else(|| format!("the branch after `{node}` is not there"))?;
        let mut labels: Vec<(String, String)> = Vec::new();
        let mut packets: Vec<(String, String)> = Vec::new();
        for (target, state) in ways {
            let next = self.at(*state);
            match target {
                Target::Packets(node) => packets.push((node.clone(), next)),
                Target::Node(target) => match &branch.ends {
                    Some(ends) => {
                        let said = ends
                            .iter()
                            .filter(|(_, t)| t == target)
                            .map(|(label, _)| (label.clone(), next.clone()));
                        labels.extend(said);
                    }
                    None => labels.push((target.clone(), next)),
                },
            }
        }
        let ty = self.node_enum.clone();
        self.route_chain(branch, labels, packets, ty)
    }

    /// The chain of a branch, which gives what stands beside the label, or beside the node that it sends packets to.
    fn route_chain(
        &mut self,
        branch: &Branch,
        labels: Vec<(String, String)>,
        packets: Vec<(String, String)>,
        ty: String,
    ) -> Result<String, String> {
        let node = &branch.source;
        let about = |reason: String| format!("the branch after `{node}`: {reason}");
        let block = branch.route.clone().map_err(about)?;
        let name = self.providers.fresh(&format!("after_{node}"));
        let way = |end: &End, scope: &Scope| -> Result<String, String> {
            match end {
                End::Value(value) => way_of(value, &labels, &ty, scope),
                End::Sends(sends) => {
                    let found =
                        packets.iter().find(|(node, _)| *node == sends.node).map(|(_, next)| next.clone());
                    found.ok_or_else(|| "it sends to a node that is not told".to_owned())
                }
                _ => Err("it gives no label".to_owned()),
            }
        };
        let (scope, record) = (self.scope(), self.record.clone());
        let ending = Ending::Way { ty: &ty, way: &way };
        let mut writer = Writer::new(&mut self.providers, ending, &record);
        writer.chain_or_python(&name, &block, branch.python.as_ref(), &scope).map_err(about)?;
        let made = std::mem::take(&mut writer.out);
        self.items.extend(made);
        Ok(name)
    }
}

/// The state that a label leads to.
pub(super) fn way_of(
    value: &Expr,
    ways: &[(String, String)],
    ty: &str,
    scope: &Scope,
) -> Result<String, String> {
    let of = |label: &str| ways.iter().find(|(known, _)| known == label).map(|(_, state)| state.clone());
    match value {
        Expr::Text(label) => of(label).ok_or_else(|| format!("it goes to `{label}`, which is no way")),
        Expr::Bool(yes) => {
            let label = if *yes { "True" } else { "False" };
            of(label).ok_or_else(|| format!("it goes to `{label}`, which is no way"))
        }
        Expr::If(test, yes, no) => Ok(format!(
            "if {} then {} else {}",
            scope.test(test)?,
            way_of(yes, ways, ty, scope)?,
            way_of(no, ways, ty, scope)?
        )),
        Expr::List(items) => match items.as_slice() {
            [one] => way_of(one, ways, ty, scope),
            _ => Err("it goes to several nodes at once".to_owned()),
        },
        other => {
            let (text, own) = scope.print(other)?;
            match own {
                Ty::String => Ok(choice(&text, ways, ty)),
                Ty::Bool => {
                    let (yes, no) = (of("True"), of("False"));
                    let (Some(yes), Some(no)) = (yes, no) else { return Err("it gives a bool".to_owned()) };
                    Ok(format!("if {text} then {yes} else {no}"))
                }
                _ => Err("its label is no text".to_owned()),
            }
        }
    }
}
