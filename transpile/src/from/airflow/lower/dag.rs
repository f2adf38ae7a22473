//! One DAG as one mission.

use super::jinja::Scope;
use super::links::Links;
use super::names::{Names, identifier, type_name};
use super::schedule;
use super::text::{docs, duration, string, timestamp};
use super::{OriginRange, Shared};
use crate::from::airflow::{AirflowDag, AirflowTask, Data, Effect, Mapping};
use crate::from::lower::{Fate, Written};
use rustchain_grammar::Span;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Where a task stands in the mission.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Names of the groups around it.
    pub groups: Vec<String>,
    /// The step's name.
    pub name: String,
    /// The step of the mapped group around it.
    pub mapped_group: Option<String>,
}

/// A condition on a step, and the step it reads.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub source: String,
    /// With `@` for the reference to the source.
    pub code: String,
}

/// The lowering of one DAG.
pub(in crate::from::airflow::lower) struct Lowering<'a, 'f> {
    pub dag: &'a AirflowDag,
    pub links: Links<'a>,
    pub shared: &'a mut Shared<'f>,
    pub places: BTreeMap<String, Place>,
    pub group_names: BTreeMap<String, String>,
    pub conditions: BTreeMap<String, Vec<Condition>>,
    /// Branch task to its enum's name.
    pub enums: BTreeMap<String, String>,
    /// Input lines by name.
    pub inputs: Vec<(String, String)>,
    pub params: BTreeMap<String, String>,
    input_names: Names,
    /// Tasks that the step being written reads.
    pub reads: BTreeSet<String>,
    /// The task being written.
    pub current: String,
}

pub(super) fn lower(dag: &AirflowDag, name: &str, shared: &mut Shared<'_>) -> Written {
    let mut lowering = Lowering {
        dag,
        links: Links::of(dag),
        shared,
        places: BTreeMap::new(),
        group_names: BTreeMap::new(),
        conditions: BTreeMap::new(),
        enums: BTreeMap::new(),
        inputs: Vec::new(),
        params: BTreeMap::new(),
        input_names: Names::default(),
        reads: BTreeSet::new(),
        current: String::new(),
    };
    lowering.place_all();
    lowering.declare_params();
    lowering.find_conditions();
    lowering.write(name)
}

impl Lowering<'_, '_> {
    fn place_all(&mut self) {
        // A name inside a group must not hide one of the scopes around it, which its steps may refer to.
        let mut scopes: BTreeMap<Option<String>, Names> = BTreeMap::new();
        let mut step_names: BTreeMap<String, String> = BTreeMap::new();
        let order = [None].into_iter().chain(self.dag.groups.iter().map(|g| Some(g.group_id.clone())));
        for scope in order {
            let parent = self
                .dag
                .groups
                .iter()
                .find(|g| Some(&g.group_id) == scope.as_ref())
                .map(|g| g.parent.clone());
            let mut names = parent.and_then(|p| scopes.get(&p).cloned()).unwrap_or_default();
            for group in self.dag.groups.iter().filter(|g| g.parent == scope) {
                self.group_names.insert(group.group_id.clone(), names.fresh(&group.label));
            }
            for task in self.dag.tasks.iter().filter(|t| t.group == scope) {
                step_names.insert(task.task_id.clone(), names.fresh(&task.label));
            }
            scopes.insert(scope, names);
        }
        for task in &self.dag.tasks {
            let name = step_names.get(&task.task_id).cloned().unwrap_or_else(|| identifier(&task.task_id));
            let mut groups = Vec::new();
            let mut mapped_group = None;
            let mut at = task.group.clone();
            while let Some(id) = at {
                let Some(group) = self.dag.groups.iter().find(|g| g.group_id == id) else { break };
                groups.insert(0, self.group_names.get(&id).cloned().unwrap_or_default());
                if group.mapping.is_some() {
                    mapped_group = Some(id);
                }
                at = group.parent.clone();
            }
            self.places.insert(task.task_id.clone(), Place { groups, name, mapped_group });
        }
    }

    /// How the step being written refers to a task; inside a mapped group from outside it is the group.
    pub(super) fn reference(&self, task: &str) -> Option<String> {
        let place = self.places.get(task)?;
        let here = self.places.get(&self.current);
        let same_mapped = here.is_some_and(|h| h.mapped_group == place.mapped_group);
        if let (Some(group), false) = (&place.mapped_group, same_mapped) {
            return self.group_reference(group);
        }
        if here.is_some_and(|h| h.groups == place.groups) {
            return Some(place.name.clone());
        }
        let mut path = place.groups.clone();
        path.push(place.name.clone());
        Some(path.join("."))
    }

    fn group_reference(&self, group: &str) -> Option<String> {
        let mut path = Vec::new();
        let mut at = Some(group.to_owned());
        while let Some(id) = at {
            path.insert(0, self.group_names.get(&id)?.clone());
            at = self.dag.groups.iter().find(|g| g.group_id == id)?.parent.clone();
        }
        Some(path.join("."))
    }

    /// The expression of what a task returns, remembered as read.
    pub(super) fn xcom_expr(&mut self, task: &str, key: Option<&str>) -> Option<String> {
        let reference = self.reference(task)?;
        let source = self.links.task(task)?;
        let is_bash = self.is_command(source);
        let many = matches!(source.arg("multiple_outputs"), Some(Data::Bool(true)));
        let key = key.filter(|k| *k != "return_value");
        if is_bash && key.is_some() && !many {
            return None;
        }
        self.reads.insert(task.to_owned());
        Some(match key {
            Some(key) if is_bash => {
                format!("json.parse(lines({reference}.stdout)[-1]).{}", quoted_field(key))
            }
            None if is_bash && source.mapping.is_none() => format!("lines({reference}.stdout)[-1]"),
            None => reference,
            Some(key) if self.xcom_type(task, None).starts_with("map<") => {
                format!("{reference}[{}]", string(key))
            }
            Some(key) => format!("{reference}.{}", quoted_field(key)),
        })
    }

    /// True for a task that becomes a step of `exec.bash`, whose result is the last line of its output.
    pub(super) fn is_command(&self, task: &AirflowTask) -> bool {
        let Some(command) = task.text_arg("bash_command").filter(|_| task.operator == "BashOperator") else {
            return task.operator == "BashOperator";
        };
        let own_file = command.ends_with(".sh") || command.ends_with(".bash");
        !own_file && super::jinja::read(command, self.dag, task, &mut super::jinja::Anything).is_ok()
    }

    fn declare_params(&mut self) {
        let mut params: Vec<(String, Data)> = Vec::new();
        if let Some(Data::Dict(items)) = self.dag.arg("params") {
            params.extend(items.iter().filter_map(|(k, v)| Some((k.as_str()?.to_owned(), v.clone()))));
        }
        for task in &self.dag.tasks {
            if let Some(Data::Dict(items)) = task.arg("params") {
                for (k, v) in items {
                    if let Some(k) = k.as_str().filter(|k| !params.iter().any(|(n, _)| n == k)) {
                        params.push((k.to_owned(), v.clone()));
                    }
                }
            }
        }
        for (name, value) in params {
            self.declare_param(&name, &value);
        }
    }

    fn declare_param(&mut self, name: &str, value: &Data) {
        let (default, kw) = match value {
            Data::Call { path, pos, kw } if path.ends_with("Param") => {
                let default = pos.first().or_else(|| kw.iter().find(|(k, _)| k == "default").map(|(_, v)| v));
                (default.cloned(), kw.clone())
            }
            other => (Some(other.clone()), Vec::new()),
        };
        let text = |n: &str| kw.iter().find(|(k, _)| k == n).and_then(|(_, v)| v.as_str());
        let ty = match kw.iter().find(|(k, _)| k == "type").map(|(_, v)| v) {
            Some(Data::Str(t)) if t == "array" => default.as_ref().map_or("json".into(), data_type),
            Some(Data::Str(t)) => schema_type(t, false),
            Some(Data::List(types)) => {
                let names: Vec<&str> = types.iter().filter_map(Data::as_str).collect();
                let optional = names.contains(&"null");
                let rest: Vec<&&str> = names.iter().filter(|n| **n != "null").collect();
                match rest.as_slice() {
                    [one] => schema_type(one, optional),
                    _ => "json".into(),
                }
            }
            _ => default.as_ref().map_or("json".into(), data_type),
        };
        let id = self.input_names.fresh(name);
        let doc = text("description")
            .or(text("title"))
            .or(text("description_md"))
            .map(|d| docs(d, 2))
            .unwrap_or_default();
        let line = match default.as_ref().map(plain_expr) {
            Some(Some(default)) if default == "null" && !ty.ends_with('?') && ty != "json" => {
                format!("{doc}  input {id}: {ty}? = null")
            }
            Some(Some(default)) => format!("{doc}  input {id}: {ty} = {default}"),
            None => format!("{doc}  input {id}: {ty}"),
            Some(None) => {
                let dag = self.dag;
                let message = format!("the default of the parameter `{name}` is not known");
                self.shared.note(Fate::Lost, (&dag.dag_id, None), Effect::Attribute, message, &dag.origin);
                format!("{doc}  input {id}: {ty}")
            }
        };
        self.params.insert(name.to_owned(), id.clone());
        self.inputs.push((id, line));
    }

    /// An input that comes from the environment.
    pub(super) fn env_input(&mut self, variable: &str, default: Option<&Data>) -> String {
        let key = format!("env {variable}");
        if let Some(name) = self.params.get(&key) {
            return name.clone();
        }
        let short = variable.strip_prefix("AIRFLOW_VAR_").unwrap_or(variable).to_lowercase();
        let id = self.input_names.fresh(&short);
        let (ty, tail) = match default.map(|d| (data_type(d), plain_expr(d))) {
            Some((_, Some(text))) if text == "null" => ("string?".to_owned(), " = null".to_owned()),
            Some((ty, Some(text))) => (ty, format!(" = {text}")),
            _ => ("string".into(), String::new()),
        };
        let line = format!("  input {id}: {ty} from env({}){tail}", string(variable));
        self.params.insert(key, id.clone());
        self.inputs.push((id.clone(), line));
        id
    }

    // --- branches -------------------------------------------------------------------------------

    fn find_conditions(&mut self) {
        let dag = self.dag;
        for task in &dag.tasks {
            match super::operators::gate(task) {
                Some(super::operators::Gate::Branch) => self.branch(task),
                Some(super::operators::Gate::ShortCircuit) => self.short_circuit(task),
                Some(super::operators::Gate::Latest) => {
                    for down in self.links.downstream(&task.task_id) {
                        self.condition(&down, &task.task_id, "@".into());
                    }
                }
                None => {}
            }
        }
    }

    fn condition(&mut self, task: &str, source: &str, code: String) {
        let list = self.conditions.entry(task.to_owned()).or_default();
        list.push(Condition { source: source.to_owned(), code });
    }

    fn branch(&mut self, task: &AirflowTask) {
        let targets = self.links.downstream(&task.task_id);
        if targets.is_empty() {
            return;
        }
        let name = self.shared.names.fresh(&format!("{}Branch", type_name(&task.label)));
        let mut members = Names::default();
        let mut lines = Vec::new();
        let mut of: BTreeMap<String, String> = BTreeMap::new();
        for target in &targets {
            let member = members.fresh(target);
            let wire = if member == *target { String::new() } else { format!(" = {}", string(target)) };
            lines.push(format!("{member}{wire}"));
            of.insert(target.clone(), member);
        }
        self.shared.items.push(format!("enum {name} {{ {} }}", lines.join(", ")));
        let reached: Vec<HashSet<&str>> = targets.iter().map(|t| self.links.reachable(t)).collect();
        for target in &targets {
            // A task that the chosen one leads to is not skipped either.
            let chosen: Vec<String> = targets
                .iter()
                .zip(&reached)
                .filter(|(c, reached)| *c == target || reached.contains(target.as_str()))
                .map(|(c, _)| c)
                .filter_map(|c| of.get(c).map(|m| format!("{name}.{m}")))
                .collect();
            let code = match (branch_returns_list(task), chosen.as_slice()) {
                (true, parts) => parts.iter().map(|p| format!("{p} in @")).collect::<Vec<_>>().join(" || "),
                (false, [one]) => format!("@ == {one}"),
                (false, parts) => format!("@ in [{}]", parts.join(", ")),
            };
            self.condition(target, &task.task_id, code);
        }
        self.enums.insert(task.task_id.clone(), name);
    }

    fn short_circuit(&mut self, task: &AirflowTask) {
        let dag = self.dag;
        let all = !matches!(task.arg("ignore_downstream_trigger_rules"), Some(Data::Bool(false)));
        let direct = self.links.downstream(&task.task_id);
        for down in &direct {
            self.condition(down, &task.task_id, "@".into());
        }
        if !all {
            return;
        }
        let reached = self.links.reachable(&task.task_id);
        for other in &dag.tasks {
            let far = reached.contains(other.task_id.as_str()) && !direct.contains(&other.task_id);
            if far && other.trigger_rule != "all_success" {
                self.condition(&other.task_id, &task.task_id, "@".into());
                self.approximate(
                    other,
                    Effect::Attribute,
                    format!(
                        "`{}` skips this task whatever its rule: it has become a condition",
                        task.task_id
                    ),
                );
            }
        }
    }

    // --- text -----------------------------------------------------------------------------------

    fn write(mut self, name: &str) -> Written {
        let mut body = String::new();
        let mut origins = Vec::new();
        let roots: Vec<(bool, String)> = self.members(None);
        self.write_members(&roots, None, 2, &mut body, &mut origins);
        let mut head = String::new();
        if let Some(doc) = self.dag.doc.as_deref().or(self.dag.arg("description").and_then(Data::as_str)) {
            head.push_str(&docs(doc.trim(), 0));
        }
        let start = head.len() as u32;
        head.push_str(&format!("mission {name} {{\n"));
        if name != self.dag.dag_id {
            head.push_str(&format!("  id {}\n", string(&self.dag.dag_id)));
        }
        let (line, problem) = schedule::schedule(self.dag, self.shared.options.version);
        head.push_str(&format!("  {line}\n"));
        if let Some(problem) = problem {
            let dag = self.dag;
            self.shared.note(Fate::Lost, (&dag.dag_id, None), Effect::Attribute, problem, &dag.origin);
        }
        head.push_str(&self.meta());
        for (_, line) in &self.inputs {
            head.push_str(line);
            head.push('\n');
        }
        head.push_str("  on failure: finish\n  outcome leaves\n  policy inferred\n");
        let shift = head.len() as u32;
        let mut all = vec![OriginRange {
            here: Span::new(start, shift),
            file: self.dag.origin.file.clone(),
            there: self.dag.origin.span,
        }];
        all.extend(origins.into_iter().map(|o: OriginRange| OriginRange { here: o.here.shift(shift), ..o }));
        Written { text: format!("{head}{body}}}\n"), origins: all }
    }

    fn meta(&mut self) -> String {
        let keep = [
            "start_date",
            "end_date",
            "catchup",
            "max_active_runs",
            "max_active_tasks",
            "dagrun_timeout",
            "tags",
            "owner",
            "dag_display_name",
            "is_paused_upon_creation",
            "max_consecutive_failed_dag_runs",
            "fail_fast",
        ];
        let quiet = [
            "dag_id",
            "schedule",
            "schedule_interval",
            "timetable",
            "default_args",
            "params",
            "doc_md",
            "description",
        ];
        let mut parts = Vec::new();
        let dag = self.dag;
        for (name, value) in &dag.args {
            if quiet.contains(&name.as_str()) {
                continue;
            }
            match (keep.contains(&name.as_str()), plain_expr(value)) {
                (true, Some(text)) => parts.push(format!("{name}: {text}")),
                _ => {
                    let message = format!("the DAG's `{name}` is not carried over");
                    self.shared.note(
                        Fate::Lost,
                        (&dag.dag_id, None),
                        Effect::Attribute,
                        message,
                        &dag.origin,
                    );
                }
            }
        }
        if let Some(Data::Dict(defaults)) = dag.arg("default_args") {
            for (key, value) in defaults {
                let (Some(key @ ("owner" | "depends_on_past" | "email" | "start_date")), Some(text)) =
                    (key.as_str(), plain_expr(value))
                else {
                    continue;
                };
                if !parts.iter().any(|p| p.starts_with(&format!("{key}:"))) {
                    parts.push(format!("{key}: {text}"));
                }
            }
        }
        if parts.is_empty() {
            return String::new();
        }
        let one = format!("  meta airflow {{ {} }}\n", parts.join(", "));
        if one.len() <= 101 {
            return one;
        }
        let lines: Vec<String> = parts.iter().map(|p| format!("    {p}\n")).collect();
        format!("  meta airflow {{\n{}  }}\n", lines.concat())
    }

    /// Members of a group, or of the DAG itself: those that others wait for first.
    pub(super) fn members(&self, group: Option<&str>) -> Vec<(bool, String)> {
        let mut all: Vec<(bool, String, u32)> = Vec::new();
        for task in self.dag.tasks.iter().filter(|t| t.group.as_deref() == group) {
            all.push((false, task.task_id.clone(), task.origin.span.start));
        }
        for inner in self.dag.groups.iter().filter(|g| g.parent.as_deref() == group) {
            all.push((true, inner.group_id.clone(), inner.origin.span.start));
        }
        let index: HashMap<(bool, &str), usize> =
            all.iter().enumerate().map(|(i, (is_group, id, _))| ((*is_group, id.as_str()), i)).collect();
        let group_of: HashMap<&str, &str> =
            (self.dag.tasks.iter()).filter_map(|t| Some((t.task_id.as_str(), t.group.as_deref()?))).collect();
        let parent_of: HashMap<&str, &str> = (self.dag.groups.iter())
            .filter_map(|g| Some((g.group_id.as_str(), g.parent.as_deref()?)))
            .collect();
        // The member that a task is or lies in, by its groups or by its name.
        let owner = |task: &str| -> Option<usize> {
            if let Some(own) = index.get(&(false, task)) {
                return Some(*own);
            }
            let around = std::iter::successors(group_of.get(task).copied(), |g| parent_of.get(g).copied());
            let prefixes = task.match_indices('.').filter_map(|(end, _)| task.get(..end));
            around.chain(prefixes).filter_map(|group| index.get(&(true, group)).copied()).min()
        };
        let mut waits: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); all.len()];
        for (from, to, _) in &self.dag.edges {
            if let (Some(a), Some(b)) = (owner(from), owner(to))
                && a != b
                && let Some(set) = waits.get_mut(b)
            {
                set.insert(a);
            }
        }
        in_order(&waits).into_iter().filter_map(|i| all.get(i)).map(|(g, id, _)| (*g, id.clone())).collect()
    }

    fn in_group(&self, task: &str, group: &str) -> bool {
        let mut at = self.links.task(task).and_then(|t| t.group.clone());
        while let Some(id) = at {
            if id == group {
                return true;
            }
            at = self.dag.groups.iter().find(|g| g.group_id == id).and_then(|g| g.parent.clone());
        }
        false
    }

    pub(super) fn write_members(
        &mut self,
        members: &[(bool, String)],
        group: Option<&str>,
        indent: usize,
        out: &mut String,
        origins: &mut Vec<OriginRange>,
    ) {
        for (is_group, id) in members {
            if group.is_none() || !out.ends_with("{\n") {
                out.push('\n');
            }
            if *is_group {
                self.write_group(id, indent, out, origins);
            } else if let Some(task) = self.links.task(id) {
                self.write_task(task, indent, out, origins);
            }
        }
    }

    fn write_group(&mut self, id: &str, indent: usize, out: &mut String, origins: &mut Vec<OriginRange>) {
        let dag = self.dag;
        let Some(group) = dag.groups.iter().find(|g| g.group_id == id) else { return };
        // A mapped group without tasks has nothing to stand for it.
        if group.mapping.is_some() && !dag.tasks.iter().any(|t| self.in_group(&t.task_id, id)) {
            return;
        }
        let pad = " ".repeat(indent);
        if let Some(tooltip) = &group.tooltip {
            out.push_str(&docs(tooltip.trim(), indent));
        }
        let start = out.len() as u32;
        let name = self.group_names.get(id).cloned().unwrap_or_default();
        let members = self.members(Some(id));
        match &group.mapping {
            None => {
                out.push_str(&format!("{pad}group {name} {{\n"));
                self.write_members(&members, Some(id), indent + 2, out, origins);
                out.push_str(&format!("{pad}}}\n"));
            }
            Some(mapping) => self.write_mapped_group(id, &name, mapping, &members, indent, out, origins),
        }
        origins.push(OriginRange {
            here: Span::new(start, out.len() as u32),
            file: group.origin.file.clone(),
            there: group.origin.span,
        });
    }

    #[allow(clippy::too_many_arguments)]
    fn write_mapped_group(
        &mut self,
        id: &str,
        name: &str,
        mapping: &Mapping,
        members: &[(bool, String)],
        indent: usize,
        out: &mut String,
        origins: &mut Vec<OriginRange>,
    ) {
        let dag = self.dag;
        let pad = " ".repeat(indent);
        let inside: BTreeSet<String> =
            dag.tasks.iter().filter(|t| self.in_group(&t.task_id, id)).map(|t| t.task_id.clone()).collect();
        let Some(first) = inside.iter().find_map(|t| self.links.task(t)) else { return };
        self.current = String::new();
        self.reads.clear();
        let bindings = match mapping {
            Mapping::Product(pairs) => {
                let mut parts = Vec::new();
                for (arg, value) in pairs {
                    match self.expr(first, value, false) {
                        Ok(text) => {
                            let text = self.decoded(value, text, "list<json>");
                            parts.push(format!("{} in {text}", identifier(arg)));
                        }
                        Err(what) => {
                            self.lose_body(first, format!("the group is mapped over {what}"));
                            parts.push(format!(
                                "{} in hole<list<json>>(kind: \"airflow.expand\", source: \"\", args: {{}})",
                                identifier(arg)
                            ));
                        }
                    }
                }
                parts.join(", ")
            }
            Mapping::Kwargs(_) => {
                self.lose_body(first, "a group mapped with expand_kwargs".into());
                "k in hole<list<json>>(kind: \"airflow.expand_kwargs\", source: \"\", args: {})".into()
            }
        };
        let mut after: BTreeSet<String> = BTreeSet::new();
        for (from, to, _) in &dag.edges {
            if inside.contains(to) && !inside.contains(from) && !self.reads.contains(from) {
                after.extend(self.reference(from));
            }
        }
        out.push_str(&format!("{pad}step {name} = for {bindings}, max 16 {{\n"));
        self.write_members(members, Some(id), indent + 2, out, origins);
        let leaf = members
            .iter()
            .rev()
            .find(|(g, _)| !*g)
            .and_then(|(_, t)| self.places.get(t))
            .map(|p| p.name.clone());
        out.push_str(&format!("{pad}  {}\n{pad}}}", leaf.unwrap_or_else(|| "null".into())));
        let mut clauses = Vec::new();
        if !after.is_empty() {
            clauses.push(format!("after [{}]", after.into_iter().collect::<Vec<_>>().join(", ")));
            clauses.push("trigger all_success".into());
        }
        out.push_str(&super::call::with(&clauses, indent, 1));
        out.push('\n');
    }
}

impl Scope for Lowering<'_, '_> {
    fn xcom(&mut self, task: &str, key: Option<&str>) -> Option<String> {
        self.xcom_expr(task, key)
    }

    fn xcom_type(&self, task: &str, key: Option<&str>) -> String {
        Lowering::xcom_type(self, task, key)
    }

    fn differs(&mut self, message: &str) {
        let Some(task) = self.links.task(&self.current) else { return };
        let told =
            self.shared.report.entries.iter().any(|entry| {
                entry.message == message && entry.subject.task_id.as_ref() == Some(&task.task_id)
            });
        if !told {
            self.approximate(task, Effect::Body, message.to_owned());
        }
    }

    fn param(&mut self, name: &str) -> Option<String> {
        if let Some(id) = self.params.get(name) {
            return Some(id.clone());
        }
        // `dag_run.conf[…]` gives keys that no parameter declares.
        let id = self.input_names.fresh(name);
        self.params.insert(name.to_owned(), id.clone());
        self.inputs.push((id.clone(), format!("  input {id}: string")));
        Some(id)
    }

    fn variable(&mut self, name: &str, json: bool) -> Option<String> {
        if json {
            return None;
        }
        Some(self.env_input(&format!("AIRFLOW_VAR_{}", name.to_uppercase()), None))
    }
}

/// A field after a dot: an identifier, or a name in backquotes.
pub(super) fn quoted_field(name: &str) -> String {
    if identifier(name) == name { name.to_owned() } else { format!("`{name}`") }
}

/// Every index, after those it waits for; of several that are ready the least is first, and of those that wait in a
/// circle too.
fn in_order(waits: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut open: Vec<usize> = waits.iter().map(BTreeSet::len).collect();
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); waits.len()];
    for (i, set) in waits.iter().enumerate() {
        for before in set {
            next[*before].push(i);
        }
    }
    let mut ready: BTreeSet<usize> = (0..waits.len()).filter(|i| open[*i] == 0).collect();
    let mut rest: BTreeSet<usize> = (0..waits.len()).collect();
    let mut order = Vec::with_capacity(waits.len());
    while let Some(i) = ready.pop_first().or_else(|| rest.first().copied()) {
        if !rest.remove(&i) {
            continue;
        }
        order.push(i);
        for after in &next[i] {
            open[*after] = open[*after].saturating_sub(1);
            if open[*after] == 0 {
                ready.insert(*after);
            }
        }
    }
    order
}

/// A branch whose function returns several ids.
pub(super) fn branch_returns_list(task: &AirflowTask) -> bool {
    let Some(callable) = &task.callable else { return false };
    let annotated = callable
        .returns
        .as_deref()
        .is_some_and(|r| r.contains("list") || r.contains("List") || r.contains("Iterable"));
    annotated || callable.source.contains("return [")
}

fn schema_type(name: &str, optional: bool) -> String {
    let ty = match name {
        "string" => "string",
        "integer" => "int",
        "number" => "float",
        "boolean" => "bool",
        _ => return "json".into(),
    };
    if optional { format!("{ty}?") } else { ty.to_owned() }
}

/// The type of a plain value.
pub(super) fn data_type(data: &Data) -> String {
    match data {
        Data::Str(_) => "string".into(),
        Data::Int(_) => "int".into(),
        Data::Float(_) => "float".into(),
        Data::Bool(_) => "bool".into(),
        Data::Delta(_) => "duration".into(),
        Data::Time(..) => "timestamp".into(),
        Data::List(items) => match items.first().map(data_type) {
            Some(first) if first != "json" && items.iter().all(|i| data_type(i) == first) => {
                format!("list<{first}>")
            }
            _ => "json".into(),
        },
        _ => "json".into(),
    }
}

/// A plain value as an expression; `None` where it is not plain.
pub(super) fn plain_expr(data: &Data) -> Option<String> {
    Some(match data {
        Data::None => "null".into(),
        Data::Bool(b) => b.to_string(),
        Data::Int(i) => i.to_string(),
        Data::Float(f) if f.is_finite() => format!("{f:?}"),
        Data::Str(s) => string(s),
        Data::Delta(d) if *d >= 0 => duration(*d),
        Data::Time(iso, _) => timestamp(iso),
        Data::List(items) => {
            format!("[{}]", items.iter().map(plain_expr).collect::<Option<Vec<_>>>()?.join(", "))
        }
        Data::Dict(items) if items.is_empty() => "{}".into(),
        Data::Dict(items) => {
            let parts: Option<Vec<String>> = items
                .iter()
                .map(|(k, v)| Some(format!("{}: {}", super::values::field(k.as_str()?), plain_expr(v)?)))
                .collect();
            format!("{{ {} }}", parts?.join(", "))
        }
        _ => return None,
    })
}
