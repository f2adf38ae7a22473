//! Calls that cannot be followed: could they have changed the graph?

use super::state::{AirflowHost, Effect};
use super::tasks::last;
use crate::python::{Args, Machine, Site};

type M<'v> = Machine<'v, AirflowHost>;

/// Top-level packages whose functions make no tasks.
#[rustfmt::skip]
const PLAIN: &[&str] = &[
    "MySQLdb", "abc", "aiohttp", "argparse", "array", "ast", "asyncio", "atexit", "attr", "attrs",
    "aws_cdk", "azure", "base64", "binascii", "bisect", "boto3", "botocore", "bs4", "builtins", "bz2",
    "calendar", "cgi", "cmath", "codecs", "collections", "colorsys", "concurrent", "configparser",
    "contextlib", "contextvars", "copy", "croniter", "cryptography", "csv", "ctypes", "dataclasses",
    "datetime", "dateutil", "dbt", "decimal", "deepdiff", "difflib", "dis", "docker", "dotenv", "duckdb",
    "elasticsearch", "email", "enum", "errno", "faulthandler", "filecmp", "fnmatch", "fractions",
    "ftplib", "functools", "gc", "getpass", "gettext", "glob", "google", "graphlib", "great_expectations",
    "gzip", "hashlib", "heapq", "hmac", "html", "http", "httpx", "hvac", "identity()", "imaplib",
    "importlib", "inspect", "io", "ipaddress", "itertools", "jinja2", "json", "jwt", "keyword",
    "kubernetes", "ldap3", "linecache", "locale", "logging", "loguru", "lzma", "math", "mergedeep",
    "mimetypes", "mmap", "multiprocessing", "numbers", "numpy", "openai", "opensearch_dsl",
    "opensearchpy", "opentelemetry", "operator", "os", "packaging", "pandas", "paramiko", "pathlib",
    "pendulum", "pickle", "pinecone", "pkgutil", "platform", "plistlib", "polars", "posixpath", "pprint",
    "prometheus_client", "psycopg", "psycopg2", "pwd", "pyarrow", "pydantic", "pymongo", "pymysql",
    "pyspark", "pytest", "pytz", "queue", "quopri", "random", "re", "redis", "reprlib", "requests",
    "rich", "ruamel", "runpy", "sched", "secrets", "select", "sentry_sdk", "shelve", "shlex", "shutil",
    "signal", "site", "slack", "slack_sdk", "smtplib", "snowflake", "socket", "sqlalchemy", "sqlite3",
    "sqlparse", "ssl", "stat", "statistics", "statsd", "string", "struct", "structlog", "subprocess",
    "sys", "sysconfig", "tabulate", "tarfile", "tempfile", "tenacity", "textwrap", "threading", "time",
    "timeit", "tokenize", "toml", "tomli", "traceback", "types", "typing", "typing_extensions",
    "unicodedata", "unittest", "urllib", "uuid", "warnings", "wave", "weakref", "weaviate", "xml",
    "xmlrpc", "yaml", "zipfile", "zipimport", "zlib", "zone", "zoneinfo",
];

/// A call of something that is not modelled.
pub(super) fn unknown_call(m: &mut M<'_>, callee: &str, args: &Args, site: Site) {
    let name = last(callee);
    let package = callee.split('.').next().unwrap_or(callee);
    let holds = first_node(m, args);
    let airflow = package == "airflow";
    let class = name.starts_with(|c: char| c.is_ascii_uppercase());
    let by_dag = match &holds {
        Some(Node::Dag(dag)) => Some(Some(*dag)),
        Some(Node::Task(dag)) => Some(*dag),
        _ => None,
    };
    if PLAIN.contains(&package) {
        return;
    }
    if let Some(dag) = by_dag {
        if airflow && !class && !name.contains("dag") {
            return;
        }
        let message =
            format!("`{callee}` gets the DAG or its tasks and is not known: it may add tasks or edges");
        m.host.lose(dag, None, Effect::Graph, message, site);
        return;
    }
    let Some(dag) = m.host.current_dag() else {
        if !airflow && makes_dags(name) {
            let message = format!("`{callee}` is not known: it may make a DAG");
            m.host.lose(None, None, Effect::Graph, message, site);
        }
        return;
    };
    let suspicious = match (airflow, class) {
        (true, _) => ["Operator", "Sensor", "TaskGroup"].iter().any(|s| name.ends_with(s)),
        (false, true) => {
            ["Operator", "Sensor", "Group", "Task", "Dag", "DAG"].iter().any(|s| name.ends_with(s))
        }
        (false, false) => callee.contains('.') || name.chars().all(|c| c.is_alphanumeric() || c == '_'),
    };
    if suspicious {
        let message =
            format!("`{callee}` is called inside the DAG and is not known: it may add tasks or edges");
        m.host.lose(Some(dag), None, Effect::Graph, message, site);
    }
}

fn makes_dags(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("dag") || name.contains("factory") || name.contains("pipeline")
}

enum Node {
    Dag(usize),
    Task(Option<usize>),
}

fn first_node(m: &M<'_>, args: &Args) -> Option<Node> {
    let all = args.pos.iter().chain(args.kw.iter().map(|(_, v)| v));
    all.flat_map(|v| m.as_items(v).unwrap_or_else(|| vec![v.clone()])).find_map(|v| {
        if let Some(dag) = m.host.as_dag(&v) {
            return Some(Node::Dag(dag));
        }
        match m.host.as_group(&v) {
            Some(group) => Some(Node::Task(m.host.groups.get(group).and_then(|g| g.dag))),
            None => m.host.task_of(&v).map(|t| Node::Task(m.host.tasks.get(t).and_then(|t| t.dag))),
        }
    })
}
