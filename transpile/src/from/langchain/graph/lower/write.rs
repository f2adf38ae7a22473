//! A graph as a mission: one state after the other where there is no choice, else a bounded loop over the state.

use super::block::{Ending, Writer};
use super::choices::way_of;
use super::print::Scope;
use super::providers::Providers;
use super::state::{Field, Reducer, fields, shared};
use super::states::{Due, Machine, State, Target, explore};
use super::types::Ty;
use crate::from::langchain::graph::body::{Block, End, Expr, Sends};
use crate::from::langchain::graph::builder::END;
use crate::from::langchain::graph::carried::Carried;
use crate::from::langchain::graph::model::{Graph, Join, NodeKind};
use crate::from::langchain::graph::wiring::Wiring;
use crate::from::langchain::lower::{Shared, agent};
use crate::from::langchain::model::{Data, Node, OpKind};
use crate::from::lower::names::{identifier, type_name};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Steps of a run where the file sets no bound. LangGraph's own default was 25 for long.
pub(super) const STEPS: i64 = 25;

/// A built graph as the mission `own`; what it needs goes to the file's declarations.
///
/// # Errors
/// What has no counterpart.
pub(in crate::from::langchain) fn mission(
    shared: &mut Shared<'_>,
    own: &str,
    graph: &Graph,
) -> Result<String, String> {
    if let Some(entry) = &graph.entry {
        return super::functional::mission(shared, own, entry);
    }
    let wiring = graph.wiring.as_ref().ok_or("it is not built from nodes and edges")?;
    let machine = explore(wiring)?;
    let mut fields = fields(graph, wiring, &machine)?;
    for field in &mut fields {
        if let Some(Reducer::Own { join, .. }) = field.reducer.clone() {
            let about = |why: String| format!("the reducer of `{}`: {why}", field.name);
            let chain = join_chain(shared, field, &join).map_err(about)?;
            field.reducer = Some(Reducer::Own { join, chain });
        }
    }
    let record = shared.names.fresh("State");
    let node_enum = shared.names.fresh("Node");
    let mut lowering = Lowering {
        graph,
        wiring,
        machine: &machine,
        fields: &fields,
        providers: Providers { shared },
        record,
        node_enum,
        items: Vec::new(),
        written: BTreeMap::new(),
        steps: BTreeSet::new(),
        round: Vec::new(),
    };
    let waits = !graph.interrupt_before.is_empty() || !graph.interrupt_after.is_empty();
    let line = machine.line().filter(|_| !waits);
    let body = match &line {
        Some(line) => lowering.line(line)?,
        None => lowering.looped()?,
    };
    let mut lines = vec![format!("mission {own} {{")];
    for field in fields.iter().filter(|f| f.is_input) {
        lines.push(format!("  input {}", field.input()));
    }
    lines.push("  policy inferred\n".to_owned());
    lines.extend(body.lines);
    lines.push(String::new());
    for field in &fields {
        lines.push(format!("  output {}: {} = {}.{}", field.name, field.ty.text(), body.last, field.name));
    }
    lines.push("}".to_owned());
    let mut items = lowering.records(line.is_none());
    items.append(&mut lowering.items);
    lowering.providers.shared.items.extend(items);
    Ok(lines.join("\n"))
}

/// What the mission of a graph does in another way than LangGraph, in words.
pub(in crate::from::langchain) fn approximations(graph: &Graph, text: &str) -> Vec<String> {
    let mut out = Vec::new();
    if text.contains(" = loop s from ") {
        let bound = graph.wiring.as_ref().and_then(|w| w.recursion_limit).unwrap_or(STEPS);
        out.push(format!("the loop ends with an error after {bound} rounds: confirm the bound"));
    }
    let routes = graph.wiring.iter().flat_map(|w| &w.branches).filter_map(|b| b.route.as_ref().ok());
    if routes.into_iter().any(Block::sends) {
        out.push(
            "where there is nothing to send, LangGraph ends, and here what follows the packets runs"
                .to_owned(),
        );
    }
    if let Some(saver) = &graph.checkpointer {
        out.push(format!("`{saver}` keeps no state between runs here: the log of a run keeps each step"));
    }
    for node in &graph.interrupt_before {
        out.push(format!("before `{node}` a person is asked, and a no ends the run"));
    }
    for node in &graph.interrupt_after {
        out.push(format!("after `{node}` a person is asked, and a no ends the run"));
    }
    out
}

/// The clause of a node's retry policy.
pub(super) fn retry_clause(policy: &[(String, Data)]) -> String {
    let number = |name: &str, default: f64| match policy.iter().find(|(known, _)| known == name) {
        Some((_, Data::Int(n))) => *n as f64,
        Some((_, Data::Float(x))) => *x,
        _ => default,
    };
    let more = number("max_attempts", 3.0) as i64 - 1;
    if more < 1 {
        return String::new();
    }
    let (first, cap) = (number("initial_interval", 0.5), number("max_interval", 128.0));
    let (first, cap) = ((first * 1000.0) as i64, (cap * 1000.0) as i64);
    format!(" with {{\n    retry {more} on [any] {{ backoff: exponential({first}ms), cap: {cap}ms }}\n  }}")
}

pub(super) struct Body {
    pub(super) lines: Vec<String>,
    /// The name that holds the last state.
    pub(super) last: String,
}

pub(super) struct Lowering<'l, 'p, 'f> {
    pub(super) graph: &'l Graph,
    pub(super) wiring: &'l Wiring,
    pub(super) machine: &'l Machine,
    pub(super) fields: &'l [Field],
    pub(super) providers: Providers<'p, 'f>,
    pub(super) record: String,
    pub(super) node_enum: String,
    pub(super) items: Vec<String>,
    /// The chains that were written, by what they do.
    pub(super) written: BTreeMap<String, String>,
    /// Names of the steps of the chain or mission that is written.
    pub(super) steps: BTreeSet<String>,
    /// What ran side by side in the round that is written last.
    pub(super) round: Vec<Ran>,
}

/// A node that ran beside others.
pub(super) struct Ran {
    pub(super) node: String,
    pub(super) step: String,
    pub(super) written: Vec<String>,
    pub(super) is_each: bool,
}

impl Lowering<'_, '_, '_> {
    pub(super) fn scope(&self) -> Scope {
        let fields = self.fields.iter().map(|f| (f.name.clone(), f.ty.clone())).collect();
        let nullable = self.fields.iter().filter(|f| f.is_nullable).map(|f| f.name.clone()).collect();
        Scope { state: "s".to_owned(), fields, nullable, ..Scope::default() }
    }

    fn reducers(&self) -> Vec<(String, Option<Reducer>)> {
        self.fields.iter().map(|f| (f.name.clone(), f.reducer.clone())).collect()
    }

    fn records(&self, looped: bool) -> Vec<String> {
        let mut out = Vec::new();
        let mut declared: Vec<String> = self.fields.iter().map(Field::declaration).collect();
        if looped {
            let mut members: Vec<String> = (0..self.machine.states.len()).map(|at| self.member(at)).collect();
            members.push("end = \"__end__\"".to_owned());
            out.push(format!("/// What is due.\nenum {} {{ {} }}", self.node_enum, members.join(", ")));
            declared.push(format!("at: {} = {}.{}", self.node_enum, self.node_enum, self.member(0)));
        }
        out.push(format!(
            "/// The state of the graph.\nrecord {} {{\n  {}\n}}",
            self.record,
            declared.join("\n  ")
        ));
        out
    }

    /// The member of the enum for a state.
    pub(super) fn member(&self, at: usize) -> String {
        let Some(state) = self.machine.states.get(at) else { return "end".to_owned() };
        let mut name = state_name(state);
        let same = self.machine.states.iter().take(at).filter(|s| state_name(s) == name).count();
        if same > 0 {
            name = format!("{name}_{}", same + 1);
        }
        name
    }

    pub(super) fn at(&self, next: Option<usize>) -> String {
        let member = next.map_or_else(|| "end".to_owned(), |at| self.member(at));
        format!("{}.{member}", self.node_enum)
    }

    /// The state that a run starts with.
    pub(super) fn start(&self) -> String {
        let given = self.fields.iter().filter(|f| f.is_input).map(Field::at_start);
        let given: Vec<String> = given.collect();
        if given.is_empty() {
            format!("{} {{}}", self.record)
        } else {
            format!("{} {{ {} }}", self.record, given.join(", "))
        }
    }

    // --- without a choice ---------------------------------------------------------------------

    fn line(&mut self, line: &[usize]) -> Result<Body, String> {
        let mut lines = vec![format!("  let start = {}", self.start())];
        let mut last = "start".to_owned();
        for at in line {
            let machine = self.machine;
            let Some(state) = machine.states.get(*at) else { continue };
            last = self.state_steps(state, &last, &mut lines)?;
        }
        Ok(Body { lines, last })
    }

    /// The steps of the nodes that are due; gives the name that holds the state after them.
    pub(super) fn state_steps(
        &mut self,
        state: &State,
        before: &str,
        lines: &mut Vec<String>,
    ) -> Result<String, String> {
        self.round.clear();
        if let [Due::Once(node)] = state.due.as_slice() {
            let step = self.step_name(node);
            let call = self.node_call(node, before)?;
            let clause = self.clause(node);
            lines.push(format!("  step {step} = {call}{clause}"));
            return Ok(step);
        }
        let mut updates: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
        for due in &state.due {
            let step = self.step_name(due.node());
            let (call, written) = match due {
                Due::Once(node) => self.update_call(node, before)?,
                Due::Each { node, from } => self.each_call(node, from, before)?,
            };
            let clause = self.clause(due.node());
            lines.push(format!("  step {step} = {call}{clause}"));
            let is_each = matches!(due, Due::Each { .. });
            for field in &written {
                updates.entry(field.clone()).or_default().push((step.clone(), is_each));
            }
            self.round.push(Ran { node: due.node().to_owned(), step, written, is_each });
        }
        let mut parts = vec![format!("..{before}")];
        for field in self.fields {
            let Some(writers) = updates.get(&field.name) else { continue };
            parts.push(format!("{}: {}", field.name, merged(field, before, writers)?));
        }
        let name = self.step_name(&format!("after_{}", state_name(state)));
        lines.push(format!("  let {name} = {} {{ {} }}", self.record, parts.join(", ")));
        Ok(name)
    }

    /// The state that a branch after a node sees: it runs with the node, before others of the round have written.
    pub(super) fn seen_after(
        &mut self,
        node: &str,
        before: &str,
        last: &str,
        lines: &mut Vec<String>,
    ) -> Result<String, String> {
        let Some(ran) = self.round.iter().find(|ran| ran.node == node) else { return Ok(last.to_owned()) };
        if ran.is_each {
            return Err(format!("the branch after `{node}` decides for each packet on its own"));
        }
        if self.round.len() == 1 {
            return Ok(last.to_owned());
        }
        let mut parts = vec![format!("..{before}")];
        for field in self.fields.iter().filter(|field| ran.written.contains(&field.name)) {
            let own = [(ran.step.clone(), false)];
            parts.push(format!("{}: {}", field.name, merged(field, before, &own)?));
        }
        let name = self.own_step(&format!("{}_alone", identifier(node)));
        lines.push(format!("  let {name} = {} {{ {} }}", self.record, parts.join(", ")));
        Ok(name)
    }

    /// What a node's retry policy asks for; of several the first.
    pub(super) fn clause(&self, node: &str) -> String {
        let found = self.graph.nodes.iter().find(|n| n.id == node).and_then(|n| n.retry.first());
        found.map(|policy| retry_clause(policy)).unwrap_or_default()
    }

    /// A fresh name for a step of a node.
    pub(super) fn step_name(&mut self, node: &str) -> String {
        let mut base = identifier(node);
        let reserved = ["start", "s", "state", "way", "done", "approved", "next", "following"];
        if self.fields.iter().any(|f| f.name == base) || reserved.contains(&base.as_str()) {
            base.push_str("_node");
        }
        let mut name = base.clone();
        let mut count = 2;
        while !self.steps.insert(name.clone()) {
            name = format!("{base}_{count}");
            count += 1;
        }
        name
    }

    /// A fresh name for a step of no node.
    pub(super) fn own_step(&mut self, base: &str) -> String {
        let mut name = base.to_owned();
        let mut count = 2;
        while !self.steps.insert(name.clone()) {
            name = format!("{base}_{count}");
            count += 1;
        }
        name
    }

    // --- nodes --------------------------------------------------------------------------------

    /// The chain that does something, and whether it must be written yet.
    pub(super) fn chain_of(&mut self, what: &str, name: &str) -> (String, bool) {
        if let Some(known) = self.written.get(what) {
            return (known.clone(), false);
        }
        let name = self.providers.fresh(name);
        self.written.insert(what.to_owned(), name.clone());
        (name, true)
    }

    /// The call that runs a node on a state and gives the state after it.
    fn node_call(&mut self, node: &str, before: &str) -> Result<String, String> {
        let (name, is_new) = self.chain_of(&format!("node {node}"), node);
        if is_new {
            self.node_chain(node, &name, None)?;
        }
        Ok(format!("{name}(s: {before})"))
    }

    /// A chain from a state to the state after a node; `ways` says where a command goes.
    pub(super) fn node_chain(
        &mut self,
        node: &str,
        name: &str,
        ways: Option<&[(Target, Option<usize>)]>,
    ) -> Result<(), String> {
        let about = |reason: String| format!("the node `{node}`: {reason}");
        let shown = self
            .graph
            .nodes
            .iter()
            .find(|n| n.id == node)
            .ok_or_else(|| about("it is not there".to_owned()))?;
        if let (NodeKind::ToolNode, Some(op)) = (shown.kind, &shown.what)
            && let OpKind::ToolNode(tools) = &op.kind
        {
            return self.tool_chain(name, tools).map_err(about);
        }
        if let Some(op) = shown.what.as_ref()
            && let OpKind::Graph(inner) = &op.kind
        {
            return self.graph_chain(name, op, inner).map_err(about);
        }
        let Some(function) = self.wiring.function(node) else {
            return Err(about("it runs something without a counterpart".to_owned()));
        };
        let block = function.block.clone().map_err(about)?;
        self.block_chain(name, &block, function.python.as_ref(), ways).map_err(about)
    }

    fn block_chain(
        &mut self,
        name: &str,
        block: &Block,
        python: Option<&Carried>,
        ways: Option<&[(Target, Option<usize>)]>,
    ) -> Result<(), String> {
        let (scope, reducers, record) = (self.scope(), self.reducers(), self.record.clone());
        let known: Vec<(String, String)> = ways
            .unwrap_or_default()
            .iter()
            .filter_map(|(target, state)| match target {
                Target::Node(node) => Some((node.clone(), self.at(*state))),
                Target::Packets(_) => None,
            })
            .collect();
        let stays = known.iter().find(|(target, _)| target == END).map(|(_, state)| state.clone());
        let (stays, ty) = (stays.unwrap_or_else(|| self.at(None)), self.node_enum.clone());
        let has_ways = ways.is_some();
        let at = move |goto: Option<&Expr>, scope: &Scope| -> Result<Option<String>, String> {
            match (goto, has_ways) {
                (Some(goto), true) => way_of(goto, &known, &ty, scope).map(Some),
                (None, true) => Ok(Some(stays.clone())),
                _ => Ok(None),
            }
        };
        let ending = Ending::State { record: &record, reducers: &reducers, at: &at };
        let mut writer = Writer::new(&mut self.providers, ending, &record);
        writer.chain_or_python(name, block, python, &scope)?;
        let made = std::mem::take(&mut writer.out);
        self.items.extend(made);
        Ok(())
    }

    fn tool_chain(&mut self, name: &str, tools: &[Node]) -> Result<(), String> {
        let mut names = Vec::new();
        for tool in tools {
            names.push(self.providers.tool(tool)?);
        }
        let messages = self.fields.iter().find(|f| matches!(f.reducer, Some(Reducer::Messages)));
        let field = messages.map(|f| f.name.clone()).ok_or("its state has no messages")?;
        self.items.push(format!(
            "chain {name}(s: {0}) -> {0} {{\n  step ran = chat.call(message: s.{field}[-1], tools: [{1}])\n  return {0} {{ ..s, {field}: s.{field} + ran }}\n}}",
            self.record,
            names.join(", ")
        ));
        Ok(())
    }

    /// A graph inside: its mission is called with the fields that both have.
    fn graph_chain(&mut self, name: &str, op: &Node, inner: &Graph) -> Result<(), String> {
        if inner.agent.is_some() {
            return self.agent_chain(name, op, inner);
        }
        if inner.wiring.is_none() {
            return Err("it runs a graph that is not built from nodes and edges".to_owned());
        }
        let (mission, is_new) =
            self.chain_of(&format!("graph {:p}", Arc::as_ptr(op)), &format!("{name}_graph"));
        if is_new {
            let text = self::mission(self.providers.shared, &mission, inner)?;
            self.items.push(text);
        }
        let (mut given, mut taken) = (Vec::new(), vec!["..s".to_owned()]);
        for theirs in shared(inner)? {
            let Some(ours) = self.fields.iter().find(|f| f.name == theirs.name) else {
                if theirs.is_input && theirs.default().is_none() {
                    return Err(format!(
                        "the graph inside needs `{}`, which is not in this state",
                        theirs.name
                    ));
                }
                continue;
            };
            let field = &ours.name;
            let zero = |own: &Ty, other: &Ty| match own {
                Ty::Optional(inner) if !matches!(other, Ty::Optional(_)) => format!(" ?? {}", inner.zero()),
                _ => String::new(),
            };
            if theirs.is_input {
                given.push(format!("{field}: s.{field}{}", zero(&ours.ty, &theirs.ty)));
            }
            taken.push(match &ours.reducer {
                Some(reducer @ (Reducer::Add | Reducer::Merge)) => {
                    let (old, more) = (format!("s.{field}"), format!("done.{field}"));
                    format!("{field}: {}", super::print::combined(reducer, &ours.ty, &old, &more))
                }
                Some(Reducer::Own { .. }) => {
                    return Err(format!(
                        "`{field}` has a reducer of its own, and the graph inside has it too"
                    ));
                }
                _ => format!("{field}: done.{field}{}", zero(&theirs.ty, &ours.ty)),
            });
        }
        let record = &self.record;
        self.items.push(format!(
            "chain {name}(s: {record}) -> {record} {{\n  step done = {mission}({})\n  return {record} {{ {} }}\n}}",
            given.join(", "),
            taken.join(", ")
        ));
        Ok(())
    }

    /// A prebuilt agent: it goes on from the messages of the state.
    fn agent_chain(&mut self, name: &str, op: &Node, inner: &Graph) -> Result<(), String> {
        const FIELD: &str = "messages";
        let is_shared = |f: &&Field| f.name == FIELD && matches!(f.reducer, Some(Reducer::Messages));
        if self.fields.iter().find(is_shared).is_none() {
            return Err("it runs an agent, and its state has no `messages` that are added".to_owned());
        }
        let (steps, messages) = agent::of_node(self.providers.shared, inner, op, &format!("s.{FIELD}"))?;
        let record = &self.record;
        self.items.push(format!(
            "chain {name}(s: {record}) -> {record} {{\n{steps}  return {record} {{ ..s, {FIELD}: {messages} }}\n}}"
        ));
        Ok(())
    }

    /// The call of a node that runs beside others: it gives what it adds.
    fn update_call(&mut self, node: &str, before: &str) -> Result<(String, Vec<String>), String> {
        let record = self.record.clone();
        let (name, is_new) = self.chain_of(&format!("update {node}"), &format!("{node}_update"));
        let written = self.update_chain(node, (&name, is_new), &record, self.scope())?;
        Ok((format!("{name}(s: {before})"), written))
    }

    fn update_chain(
        &mut self,
        node: &str,
        (name, is_new): (&str, bool),
        input: &str,
        scope: Scope,
    ) -> Result<Vec<String>, String> {
        let about = |reason: String| format!("the node `{node}`: {reason}");
        let function = self
            .wiring
            .function(node)
            .ok_or_else(|| about("it runs something without a counterpart".to_owned()))?;
        let block = function.block.clone().map_err(about)?;
        let written = block.writes();
        if !is_new {
            return Ok(written);
        }
        let record = self.providers.fresh(&format!("{}Added", type_name(node)));
        let mut declared = Vec::new();
        for field in &written {
            let known = self.fields.iter().find(|f| f.name == *field);
            let ty = known
                .map(|f| f.ty.text())
                .ok_or_else(|| about(format!("its state has no field `{field}`")))?;
            declared.push(format!("{field}: {ty}"));
        }
        self.items.push(format!("/// What `{node}` adds.\nrecord {record} {{ {} }}", declared.join(", ")));
        let reducers = self.reducers();
        let ending = Ending::Update { record: &record, fields: &written, reducers: &reducers };
        let mut writer = Writer::new(&mut self.providers, ending, input);
        writer.chain_or_python(name, &block, function.python.as_ref(), &scope).map_err(about)?;
        let made = std::mem::take(&mut writer.out);
        self.items.extend(made);
        Ok(written)
    }

    /// The call of a node once for each packet.
    fn each_call(&mut self, node: &str, from: &str, before: &str) -> Result<(String, Vec<String>), String> {
        let branch =
            self.wiring.branches.iter().find(|b| b.source == from).ok_or("a branch that is not there")?;
        let block = branch.route.clone()?;
        let sends = sends_of(&block, node).ok_or("its packets are not known")?.clone();
        let mut scope = self.scope();
        scope.state = before.to_owned();
        let (list, ty) = scope.print(&sends.list)?;
        let Ty::List(item) = ty else { return Err("it sends over something that is no list".to_owned()) };
        let mut inner = scope.clone();
        let bound = inner.bound(&sends.item, *item);
        let (name, is_new) = self.chain_of(&format!("each {node}"), &format!("{node}_each"));
        let input = match self.written.get(&format!("input {node}")) {
            Some(known) => known.clone(),
            None => self.chain_of(&format!("input {node}"), &format!("{}Input", type_name(node))).0,
        };
        let mut packet = Scope { state: "s".to_owned(), ..Scope::default() };
        (packet.fields, packet.nullable) = (self.scope().fields, self.scope().nullable);
        let (mut declared, mut given) = (Vec::new(), Vec::new());
        for (field, value) in &sends.fields {
            let (text, ty) = inner.print(value)?;
            declared.push(format!("{field}: {}", ty.text()));
            given.push(format!("{field}: {text}"));
            packet.fields.insert(field.clone(), ty);
        }
        packet.only = Some(sends.fields.iter().map(|(name, _)| name.clone()).collect());
        if is_new {
            self.items
                .push(format!("/// What is sent to `{node}`.\nrecord {input} {{ {} }}", declared.join(", ")));
        }
        let written = self.update_chain(node, (&name, is_new), &input, packet)?;
        let call = format!("for {bound} in {list} {{ {name}(s: {input} {{ {} }}) }}", given.join(", "));
        Ok((call, written))
    }
}

/// The chain of a function of the file that joins what a field holds with an update; gives its name.
fn join_chain(shared: &mut Shared<'_>, field: &Field, join: &Join) -> Result<String, String> {
    let block = join.block.as_ref().map_err(Clone::clone)?;
    if block.asks() {
        return Err("it asks something".to_owned());
    }
    let mut providers = Providers { shared };
    let name = providers.fresh(&format!("join_{}", field.name));
    let mut scope = Scope::default();
    for (parameter, text) in join.parameters.iter().zip(["old", "new"]) {
        scope.variables.insert(parameter.clone(), field.ty.clone());
        scope.texts.insert(parameter.clone(), text.to_owned());
    }
    let given = ["old", "new"].map(|name| (name.to_owned(), field.ty.clone()));
    let mut writer = Writer::new(&mut providers, Ending::Value, "");
    writer.chain(&name, block, &scope, &given)?;
    let (out, ty) = (std::mem::take(&mut writer.out), std::mem::replace(&mut writer.value, Ty::Null));
    if !super::print::fits(&ty, &field.ty) {
        return Err(format!("it gives {} and `{}` is {}", ty.text(), field.name, field.ty.text()));
    }
    providers.shared.items.extend(out);
    Ok(name)
}

fn sends_of<'b>(block: &'b Block, node: &str) -> Option<&'b Sends> {
    match &block.end {
        End::Sends(sends) if sends.node == node => Some(sends),
        End::If(_, yes, no) => sends_of(yes, node).or_else(|| sends_of(no, node)),
        _ => None,
    }
}

/// A field after several nodes wrote it at once, in the order of their names.
fn merged(field: &Field, before: &str, writers: &[(String, bool)]) -> Result<String, String> {
    let name = &field.name;
    match (&field.reducer, writers) {
        (None, [(step, false)]) => Ok(format!("{step}.{name}")),
        (None, _) => Err(format!("several nodes write `{name}` at once, which has no reducer")),
        (Some(reducer), _) => {
            let mut out = format!("{before}.{name}");
            for (step, each) in writers {
                match (each, &field.ty) {
                    (false, ty) if matches!(reducer, Reducer::Own { .. } | Reducer::Merge) => {
                        out = super::print::combined(reducer, ty, &out, &format!("{step}.{name}"));
                    }
                    (true, _) if field.joined_by().is_some() => {
                        return Err(format!("packets write `{name}`, which has a reducer of its own"));
                    }
                    (false, _) => out.push_str(&format!(" + {step}.{name}")),
                    (true, Ty::List(_)) => out.push_str(&format!(" + flatten([u.{name} for u in {step}])")),
                    (true, Ty::Int | Ty::Float) => {
                        out.push_str(&format!(" + sum([u.{name} for u in {step}])"))
                    }
                    (true, _) => return Err(format!("packets write `{name}`, which is no list")),
                }
            }
            Ok(out)
        }
    }
}

pub(super) fn state_name(state: &State) -> String {
    if state.due.is_empty() {
        return "start".to_owned();
    }
    let names: Vec<String> = state.due.iter().map(|d| identifier(d.node())).collect();
    names.join("_and_")
}
