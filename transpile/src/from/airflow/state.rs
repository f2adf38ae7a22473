//! What a DAG file has built so far, in Airflow's own terms.

use super::options::AirflowVersion;
use crate::python::value::ObjId;
use crate::python::{Args, Native, Plain, Site, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// Tables of [`Native`] objects.
pub(super) mod kind {
    /// A DAG.
    pub const DAG: u16 = 1;
    /// A task group.
    pub const GROUP: u16 = 2;
    /// A reference to what a task returns.
    pub const XCOM: u16 = 3;
    /// A function decorated with `@task`.
    pub const TASK_FUNCTION: u16 = 4;
    /// `@task(…)` that waits for its function.
    pub const TASK_DECORATOR: u16 = 5;
    /// An edge label.
    pub const LABEL: u16 = 6;
    /// `Operator.partial(…)`.
    pub const PARTIAL: u16 = 7;
    /// `@dag(…)` that waits for its function, or has it.
    pub const DAG_FUNCTION: u16 = 8;
    /// `@task_group(…)` that waits for its function, or has it.
    pub const GROUP_FUNCTION: u16 = 9;
    /// An argument of a mapped task group.
    pub const MAPPED_ARG: u16 = 10;
    /// `@asset(…)`: the decorator, then the asset.
    pub const ASSET: u16 = 11;
}

/// A DAG while the file runs.
#[derive(Debug)]
pub(super) struct Dag {
    pub id: Rc<str>,
    pub args: Args,
    pub site: Site,
    pub tasks: Vec<usize>,
    pub groups: Vec<usize>,
    /// The ids of its tasks and groups.
    pub ids: HashSet<Rc<str>>,
    /// It was entered with `with`, made by `@dag` or `@asset`, or put into the module's globals.
    pub collected: bool,
    pub doc: Option<Rc<str>>,
    pub overrides: Vec<(Rc<str>, Value)>,
}

/// A task while the file runs.
#[derive(Debug)]
pub(super) struct Task {
    pub id: Rc<str>,
    /// The id without the prefixes of groups.
    pub label: Rc<str>,
    pub dag: Option<usize>,
    pub group: Option<usize>,
    pub object: Value,
    /// The class as Airflow names it, and the module it is imported from.
    pub operator: Rc<str>,
    pub path: Rc<str>,
    /// `@task`, `@task.branch` …; `None` for a classic operator.
    pub decorator: Option<Rc<str>>,
    pub args: Args,
    /// Arguments that `default_args` give.
    pub defaults: Vec<(Rc<str>, Value)>,
    pub callable: Option<Value>,
    pub call_args: Args,
    pub expand: Option<Expand>,
    pub upstream: BTreeSet<usize>,
    pub downstream: BTreeSet<usize>,
    pub is_setup: bool,
    pub is_teardown: bool,
    pub fail_on_teardown: bool,
    pub overrides: Vec<(Rc<str>, Value)>,
    pub site: Site,
}

/// How a mapped task or group is expanded.
#[derive(Clone, Debug)]
pub(super) enum Expand {
    /// `expand(a=…, b=…)`: the cross product.
    Product(Vec<(Rc<str>, Value)>),
    /// `expand_kwargs(list)`.
    Kwargs(Value),
}

/// A task group while the file runs.
#[derive(Debug)]
pub(super) struct Group {
    pub id: Rc<str>,
    pub label: Rc<str>,
    pub dag: Option<usize>,
    pub parent: Option<usize>,
    pub prefix: bool,
    pub defaults: Option<Value>,
    pub children: Vec<Child>,
    pub tooltip: Option<Value>,
    pub expand: Option<Expand>,
    pub site: Site,
}

/// A member of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Child {
    /// A task.
    Task(usize),
    /// A group.
    Group(usize),
}

/// What a reference to results stands for.
#[derive(Clone, Debug)]
pub(super) enum XCom {
    /// The result of a task, or a key of it.
    Plain { task: usize, key: Option<Rc<str>> },
    /// `xcom.map(f)`.
    Map { base: Value, function: Value },
    /// `xcom.zip(…)`.
    Zip(Vec<Value>),
    /// `xcom.concat(…)`.
    Concat(Vec<Value>),
}

/// A function decorated with `@task`, `@dag`, `@task_group` or `@asset`, or the decorator before it has one.
#[derive(Clone, Debug)]
pub(super) struct Decorated {
    /// The decorator's name without its module: `task`, `task.branch`, `setup`, `dag`.
    pub decorator: Rc<str>,
    pub function: Option<Value>,
    pub args: Args,
    /// Call arguments of `.partial(…)`.
    pub partial: Args,
    pub is_setup: bool,
    pub is_teardown: bool,
    pub site: Site,
}

/// `Operator.partial(…)`.
#[derive(Clone, Debug)]
pub(super) struct Partial {
    pub class: Value,
    pub args: Args,
    pub site: Site,
}

/// An edge label with what stands on its sides.
#[derive(Clone, Debug, Default)]
pub(super) struct LabelEdges {
    pub text: Rc<str>,
    pub upstream: Vec<usize>,
    pub downstream: Vec<usize>,
}

/// An asset made by `@asset`.
#[derive(Clone, Debug)]
pub(super) struct AssetDef {
    pub args: Args,
    pub function: Option<Value>,
    pub dag: Option<usize>,
}

/// What a loss touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Tasks or edges may be missing or too many.
    Graph,
    /// A setting of a task or DAG.
    Attribute,
    /// What a task does.
    Body,
}

/// Something that could not be told from the file.
#[derive(Clone, Debug)]
pub(super) struct Loss {
    pub dag: Option<usize>,
    pub task: Option<usize>,
    pub effect: Effect,
    pub message: String,
    pub site: Site,
}

/// A `with` block that is open.
#[derive(Clone, Debug)]
pub(super) enum Context {
    Dag(usize),
    Group(usize),
    /// Setup or teardown tasks, and the tasks that were made inside.
    Setup {
        setups: Vec<usize>,
        teardowns: Vec<usize>,
        inside: Vec<usize>,
    },
}

/// The model.
#[derive(Debug, Default)]
pub struct AirflowHost {
    pub(super) version: AirflowVersion,
    pub(super) variables: BTreeMap<String, Plain>,
    pub(super) dags: Vec<Dag>,
    pub(super) tasks: Vec<Task>,
    pub(super) groups: Vec<Group>,
    pub(super) xcoms: Vec<XCom>,
    pub(super) decorated: Vec<Decorated>,
    pub(super) partials: Vec<Partial>,
    pub(super) labels: Vec<LabelEdges>,
    pub(super) assets: Vec<AssetDef>,
    pub(super) mapped_args: Vec<Rc<str>>,
    pub(super) contexts: Vec<Context>,
    pub(super) task_of: HashMap<ObjId, usize>,
    /// Instances of own classes that derive from `TaskGroup`.
    pub(super) group_objects: HashMap<ObjId, usize>,
    /// Instances of the file's own classes of DAGs.
    pub(super) dag_objects: HashMap<ObjId, usize>,
    /// Where instances of own operator and group classes are made.
    pub(super) made_at: HashMap<ObjId, Site>,
    /// Groups that make a task at the end of their block: its class and id.
    pub(super) launchers: HashMap<usize, (&'static str, &'static str)>,
    pub(super) losses: Vec<Loss>,
    pub(super) edge_labels: BTreeMap<(usize, usize), Rc<str>>,
}

impl AirflowHost {
    /// A model without DAGs.
    pub fn new(version: AirflowVersion, variables: BTreeMap<String, Plain>) -> Self {
        AirflowHost { version, variables, ..Self::default() }
    }

    /// The DAG whose `with` block is open.
    pub(super) fn current_dag(&self) -> Option<usize> {
        self.contexts.iter().rev().find_map(|c| match c {
            Context::Dag(dag) => Some(*dag),
            _ => None,
        })
    }

    /// The group whose `with` block is open inside the open DAG.
    pub(super) fn current_group(&self) -> Option<usize> {
        for context in self.contexts.iter().rev() {
            match context {
                Context::Group(group) => return Some(*group),
                Context::Dag(_) => return None,
                Context::Setup { .. } => {}
            }
        }
        None
    }

    pub(super) fn native(kind: u16, len: usize) -> Value {
        Value::Native(Native { kind, id: (len - 1) as u32 })
    }

    pub(super) fn new_xcom(&mut self, xcom: XCom) -> Value {
        self.xcoms.push(xcom);
        Self::native(kind::XCOM, self.xcoms.len())
    }

    /// The task behind a value: an operator object or a plain reference to its result.
    pub(super) fn task_of(&self, value: &Value) -> Option<usize> {
        match value {
            Value::Obj(id) => self.task_of.get(id).copied(),
            Value::Native(n) if n.kind == kind::XCOM => self.xcom_tasks(value).first().copied(),
            _ => None,
        }
    }

    /// The DAG behind a value.
    pub(super) fn as_dag(&self, value: &Value) -> Option<usize> {
        match value {
            Value::Native(n) if n.kind == kind::DAG => Some(n.id as usize),
            Value::Obj(id) => self.dag_objects.get(id).copied(),
            _ => None,
        }
    }

    /// The task group behind a value.
    pub(super) fn as_group(&self, value: &Value) -> Option<usize> {
        match value {
            Value::Native(n) if n.kind == kind::GROUP => Some(n.id as usize),
            Value::Obj(id) => self.group_objects.get(id).copied(),
            _ => None,
        }
    }

    /// The tasks that a reference to results needs.
    pub(super) fn xcom_tasks(&self, value: &Value) -> Vec<usize> {
        let Value::Native(n) = value else { return Vec::new() };
        if n.kind != kind::XCOM {
            return Vec::new();
        }
        match self.xcoms.get(n.id as usize) {
            Some(XCom::Plain { task, .. }) => vec![*task],
            Some(XCom::Map { base, .. }) => self.xcom_tasks(base),
            Some(XCom::Zip(parts) | XCom::Concat(parts)) => {
                parts.iter().flat_map(|p| self.xcom_tasks(p)).collect()
            }
            None => Vec::new(),
        }
    }

    pub(super) fn lose(
        &mut self,
        dag: Option<usize>,
        task: Option<usize>,
        effect: Effect,
        message: String,
        site: Site,
    ) {
        let same = |l: &Loss| l.dag == dag && l.task == task && l.effect == effect && l.message == message;
        if !self.losses.iter().any(same) && self.losses.len() < 1_000 {
            self.losses.push(Loss { dag, task, effect, message, site });
        }
    }

    /// The ids of tasks and groups that a DAG has.
    pub(super) fn used_ids(&self, dag: Option<usize>) -> Option<&HashSet<Rc<str>>> {
        Some(&self.dags.get(dag?)?.ids)
    }

    /// True where a DAG has a task or group of this id.
    pub(super) fn is_used(&self, dag: Option<usize>, id: &str) -> bool {
        self.used_ids(dag).is_some_and(|used| used.contains(id))
    }

    /// All tasks of a group, those of inner groups included, in order.
    pub(super) fn group_tasks(&self, group: usize) -> Vec<usize> {
        let mut out = Vec::new();
        let mut stack = vec![Child::Group(group)];
        while let Some(next) = stack.pop() {
            match next {
                Child::Task(task) => out.push(task),
                Child::Group(group) => {
                    if let Some(group) = self.groups.get(group) {
                        stack.extend(group.children.iter().rev());
                    }
                }
            }
        }
        out
    }

    /// The prefix that ids inside a group get.
    pub(super) fn child_id(&self, group: Option<usize>, label: &str) -> Rc<str> {
        match group.and_then(|g| self.groups.get(g)) {
            Some(group) if group.prefix && !group.id.is_empty() => format!("{}.{label}", group.id).into(),
            _ => label.into(),
        }
    }
}
