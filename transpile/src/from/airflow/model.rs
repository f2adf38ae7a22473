//! What a DAG file means to Airflow, as plain data.

use super::state::Effect;
use crate::from::callable::Callable;
pub use crate::from::callable::Origin;

/// A value of a Python file.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// `None`.
    None,
    /// A bool.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// Text.
    Str(String),
    /// A list, tuple or set.
    List(Vec<Data>),
    /// A dict.
    Dict(Vec<(Data, Data)>),
    /// A timedelta in microseconds.
    Delta(i64),
    /// A time: ISO 8601 and the zone as given.
    Time(String, Option<String>),
    /// The result of a task, or a key of it.
    XCom {
        /// The task.
        task: String,
        /// `return_value` without one.
        key: Option<String>,
    },
    /// `xcom.map(f)`.
    XComMap(Box<Data>, Box<Data>),
    /// `a.zip(b)`.
    XComZip(Vec<Data>),
    /// `a.concat(b)`.
    XComConcat(Vec<Data>),
    /// An argument of the mapped group around the task.
    GroupArgument(String),
    /// A function.
    Function(Box<Callable>),
    /// Something of a library, by path.
    External(String),
    /// A call of something of a library, or an instance of a class, with what it was given.
    Call {
        /// Its path.
        path: String,
        /// Positional arguments.
        pos: Vec<Data>,
        /// Named arguments.
        kw: Vec<(String, Data)>,
    },
    /// `a & b`, `a | b` and other operators on values that are not plain.
    Op(String, Vec<Data>),
    /// Text made of parts.
    Concat(Vec<Data>),
    /// An environment variable, with its default.
    Env(String, Option<Box<Data>>),
    /// An Airflow variable, setting or connection: kind, name and default.
    Input(String, String, Option<Box<Data>>),
    /// Not known: why, and what it is by default.
    Unknown(String, Option<Box<Data>>),
}

impl Data {
    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Data::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The value when every input has its default.
    pub fn assumed(&self) -> Option<&Data> {
        match self {
            Data::Env(_, d) | Data::Input(_, _, d) | Data::Unknown(_, d) => {
                d.as_deref().and_then(Data::assumed)
            }
            known => Some(known),
        }
    }

    /// True where a part is not known.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Data::Unknown(..) | Data::Env(..) | Data::Input(..) | Data::Concat(_) | Data::Op(..))
    }
}

/// How a task or group is mapped.
#[derive(Clone, Debug, PartialEq)]
pub enum Mapping {
    /// `expand(a=…, b=…)`.
    Product(Vec<(String, Data)>),
    /// `expand_kwargs(…)`.
    Kwargs(Data),
}

/// A task.
#[derive(Clone, Debug, PartialEq)]
pub struct AirflowTask {
    /// The full id.
    pub task_id: String,
    /// The id without group prefixes.
    pub label: String,
    /// The class, as Airflow names it.
    pub operator: String,
    /// The class with its module.
    pub path: String,
    /// `task`, `task.branch` …; `None` for a classic operator.
    pub decorator: Option<String>,
    /// The rule.
    pub trigger_rule: String,
    /// Further attempts.
    pub retries: i64,
    /// The group's full id.
    pub group: Option<String>,
    /// `expand`.
    pub mapping: Option<Mapping>,
    /// `@setup`, `as_setup()`.
    pub is_setup: bool,
    /// `@teardown`, `as_teardown()`.
    pub is_teardown: bool,
    /// `on_failure_fail_dagrun`.
    pub fails_dag_run: bool,
    /// Arguments as given or set later.
    pub args: Vec<(String, Data)>,
    /// Arguments that `default_args` give and the task does not.
    pub defaults: Vec<(String, Data)>,
    /// What a Python task runs.
    pub callable: Option<Callable>,
    /// Positional arguments of a decorated function's call.
    pub call_pos: Vec<Data>,
    /// Named arguments of a decorated function's call.
    pub call_kw: Vec<(String, Data)>,
    /// Where it is made.
    pub origin: Origin,
}

impl AirflowTask {
    /// An argument: given, or by default.
    pub fn arg(&self, name: &str) -> Option<&Data> {
        let find = |list: &'_ [(String, Data)]| list.iter().position(|(k, _)| k == name);
        match find(&self.args) {
            Some(at) => self.args.get(at).map(|(_, v)| v),
            None => find(&self.defaults).and_then(|at| self.defaults.get(at)).map(|(_, v)| v),
        }
    }

    /// An argument that is text.
    pub fn text_arg(&self, name: &str) -> Option<&str> {
        self.arg(name).and_then(Data::as_str)
    }
}

/// A task group.
#[derive(Clone, Debug, PartialEq)]
pub struct AirflowGroup {
    /// The full id.
    pub group_id: String,
    /// The id without prefixes.
    pub label: String,
    /// The group around it.
    pub parent: Option<String>,
    /// Tooltip or docstring.
    pub tooltip: Option<String>,
    /// `expand`.
    pub mapping: Option<Mapping>,
    /// Members in order: (is a group, full id).
    pub children: Vec<(bool, String)>,
    /// Where it is made.
    pub origin: Origin,
}

/// A DAG.
#[derive(Clone, Debug, PartialEq)]
pub struct AirflowDag {
    /// Its id.
    pub dag_id: String,
    /// Arguments as given or set later.
    pub args: Vec<(String, Data)>,
    /// The docstring of its function, or `doc_md`.
    pub doc: Option<String>,
    /// Tasks in order of creation.
    pub tasks: Vec<AirflowTask>,
    /// Groups in order of creation.
    pub groups: Vec<AirflowGroup>,
    /// Upstream, downstream, label.
    pub edges: Vec<(String, String, Option<String>)>,
    /// Where it is made.
    pub origin: Origin,
}

impl AirflowDag {
    /// An argument.
    pub fn arg(&self, name: &str) -> Option<&Data> {
        self.args.iter().find(|(k, _)| k == name).map(|(_, v)| v)
    }

    /// A task by its full id.
    pub fn task(&self, id: &str) -> Option<&AirflowTask> {
        self.tasks.iter().find(|t| t.task_id == id)
    }
}

/// Something that could not be told from the file.
#[derive(Clone, Debug, PartialEq)]
pub struct AirflowLoss {
    /// The DAG; `None`: any of the file.
    pub dag_id: Option<String>,
    /// The task.
    pub task_id: Option<String>,
    /// What it touches.
    pub effect: Effect,
    /// One sentence.
    pub message: String,
    /// Where.
    pub origin: Origin,
}

/// A DAG file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AirflowFile {
    /// Its DAGs.
    pub dags: Vec<AirflowDag>,
    /// What is not known of them.
    pub losses: Vec<AirflowLoss>,
    /// The Python files that were read: path and text, the DAG file first.
    pub sources: Vec<(String, String)>,
}
