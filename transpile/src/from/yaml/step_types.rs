//! The step types of YAML missions: parameters, results, and what each becomes. The importer reads this
//! table, and the JSON Schema of the YAML form is made from it.

/// A step type.
#[derive(Clone, Copy, Debug)]
pub struct StepType {
    /// As in `step_type:`.
    pub name: &'static str,
    /// What it does, one sentence.
    pub doc: &'static str,
    /// Parameters in the order of the target's arguments.
    pub params: &'static [Param],
    /// The function of the standard library that it becomes; empty where there is none.
    pub target: &'static str,
    /// The type of the result in the mission language.
    pub result: &'static str,
    /// Parts of the result that references may name; the first is the result as a whole.
    pub outputs: &'static [Output],
    /// What to use instead where there is no target.
    pub advice: &'static str,
}

/// A parameter of a step type.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its documented name.
    pub name: &'static str,
    /// Other names that are understood.
    pub aliases: &'static [&'static str],
    /// What it holds.
    pub kind: ParamKind,
    /// Without it the step fails.
    pub required: bool,
    /// The argument of the target; empty where the step type has a translation of its own.
    pub to: &'static str,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// A text, references included.
    Text,
    /// A path of the file system.
    Path,
    /// A URL.
    Url,
    /// An integer.
    Int,
    /// A number.
    Float,
    /// `true` or `false`.
    Bool,
    /// A list of texts.
    Texts,
    /// A map from text to text.
    TextMap,
    /// Anything.
    Json,
}

/// A part of a result.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// As references name it.
    pub name: &'static str,
    /// The expression, `$` for the step; `@path` for the parameter `path`; empty where the part does not exist here.
    pub expr: &'static str,
    /// Its type.
    pub ty: Ty,
}

/// As much of a type as the importer needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    /// `string`.
    Text,
    /// `path`.
    Path,
    /// `int`.
    Int,
    /// `float`.
    Float,
    /// `bool`.
    Bool,
    /// `json`.
    Json,
    /// Lists.
    List,
    /// Records and the rest.
    Other,
}

impl StepType {
    /// The parameter of a name or alias.
    pub fn param(&self, name: &str) -> Option<&'static Param> {
        self.params.iter().find(|p| p.name == name || p.aliases.contains(&name))
    }

    /// A part of the result.
    pub fn output(&self, name: &str) -> Option<&'static Output> {
        self.outputs.iter().find(|o| o.name == name)
    }
}

const fn req(name: &'static str, kind: ParamKind, to: &'static str) -> Param {
    Param { name, aliases: &[], kind, required: true, to }
}

const fn opt(name: &'static str, kind: ParamKind, to: &'static str) -> Param {
    Param { name, aliases: &[], kind, required: false, to }
}

impl Param {
    const fn or(self, aliases: &'static [&'static str]) -> Param {
        Param { aliases, ..self }
    }
}

const fn out(name: &'static str, expr: &'static str, ty: Ty) -> Output {
    Output { name, expr, ty }
}

use ParamKind::{
    Bool as B, Float as F, Int as I, Json as J, Path as P, Text as T, TextMap as M, Texts as L, Url as U,
};

const PROCESS: &[Output] = &[
    out("output", "$.stdout", Ty::Text),
    out("stdout", "$.stdout", Ty::Text),
    out("stderr", "$.stderr", Ty::Text),
    out("exit_code", "$.exit_code", Ty::Int),
    out("success", "$.exit_code == 0", Ty::Bool),
    out("formatted", "$.exit_code == 0", Ty::Bool),
    out("command", "@command", Ty::Text),
    out("language", "@language", Ty::Text),
    out("host", "@host", Ty::Text),
];
const TEXT: &[Output] = &[
    out("output", "$", Ty::Text),
    out("content", "$", Ty::Text),
    out("response", "$", Ty::Text),
    out("text", "$", Ty::Text),
    out("analysis", "$", Ty::Text),
    out("model", "@model", Ty::Text),
    out("prompt", "@prompt", Ty::Text),
    out("objective", "@objective", Ty::Text),
    out("agent_name", "@name", Ty::Text),
    out("usage", "", Ty::Json),
    out("tokens_used", "", Ty::Int),
    out("finish_reason", "", Ty::Text),
];
const JSON: &[Output] =
    &[out("output", "$", Ty::Json), out("parsed", "$", Ty::Json), out("valid", "true", Ty::Bool)];
const NOTHING: &[Output] = &[];

const LANGUAGE: &[Param] =
    &[req("path", P, "").or(&["working_dir", "project_path", "source", "project"]), opt("language", T, "")];
const MODEL: &[Param] = &[
    req("prompt", T, "prompt").or(&["message", "input", "query", "text"]),
    opt("model", T, ""),
    opt("provider", T, ""),
    opt("temperature", F, "temperature"),
    opt("max_tokens", I, "max_tokens"),
    opt("system", T, "system").or(&["system_prompt", "system_message"]),
    opt("seed", I, "seed"),
    opt("stop", L, "stop").or(&["stop_sequences"]),
    opt("stream", B, "stream"),
];

const fn kind(
    name: &'static str,
    target: &'static str,
    result: &'static str,
    params: &'static [Param],
    outputs: &'static [Output],
    doc: &'static str,
) -> StepType {
    StepType { name, doc, params, target, result, outputs, advice: "" }
}

const fn none(
    name: &'static str,
    params: &'static [Param],
    advice: &'static str,
    doc: &'static str,
) -> StepType {
    const HOLE: &[Output] = &[out("output", "$", Ty::Json)];
    StepType { name, doc, params, target: "", result: "json", outputs: HOLE, advice }
}

#[rustfmt::skip]
static TYPES: &[StepType] = &[
    // -- files --
    kind("create_file", "fs.write", "path",
        &[req("path", P, "path").or(&["file_path", "file", "output_file"]), opt("content", T, "text").or(&["text", "data"])],
        &[out("output", "$", Ty::Path), out("path", "$", Ty::Path), out("file", "$", Ty::Path), out("file_path", "$", Ty::Path),
          out("created", "true", Ty::Bool), out("content", "@content", Ty::Text), out("size", "len(@content)", Ty::Int)],
        "Writes a text to a file."),
    kind("edit_file", "fs.write", "path",
        &[req("path", P, "").or(&["file_path", "file"]), opt("content", T, "").or(&["text"]), opt("append", B, ""), opt("operation", T, "").or(&["mode"]),
          opt("old", T, "").or(&["find", "search", "pattern", "old_text", "old_content"]), opt("new", T, "").or(&["replace", "replacement", "new_text", "new_content"])],
        &[out("output", "@path", Ty::Path), out("path", "@path", Ty::Path), out("modified", "true", Ty::Bool), out("size", "", Ty::Int)],
        "Overwrites a file, appends to it, or replaces text in it."),
    kind("delete_file", "fs.delete", "bool",
        &[req("path", P, "path").or(&["file_path", "file"]), opt("recursive", B, "recursive")],
        &[out("output", "$", Ty::Bool), out("existed", "$", Ty::Bool), out("deleted", "$", Ty::Bool), out("path", "@path", Ty::Path)],
        "Deletes a file."),
    kind("copy_file", "fs.copy", "path",
        &[req("source", P, "from").or(&["from", "src", "source_path"]), req("destination", P, "to").or(&["to", "dest", "target", "destination_path"])],
        &[out("output", "$", Ty::Path), out("destination", "$", Ty::Path), out("source", "@source", Ty::Path), out("size", "", Ty::Int)],
        "Copies a file."),
    kind("move_file", "fs.move", "path",
        &[req("source", P, "from").or(&["from", "src", "source_path"]), req("destination", P, "to").or(&["to", "dest", "target", "destination_path"])],
        &[out("output", "$", Ty::Path), out("destination", "$", Ty::Path), out("source", "@source", Ty::Path), out("moved", "true", Ty::Bool)],
        "Moves a file."),
    kind("read_file", "fs.read", "string",
        &[req("path", P, "path").or(&["file_path", "file"])],
        &[out("output", "$", Ty::Text), out("content", "$", Ty::Text), out("text", "$", Ty::Text), out("path", "@path", Ty::Path), out("size", "len($)", Ty::Int)],
        "The text of a file."),
    kind("list_directory", "fs.list", "list<Entry>",
        &[opt("path", P, "path").or(&["directory", "dir"])],
        &[out("output", "$", Ty::List), out("entries", "$", Ty::List), out("files", "$", Ty::List), out("count", "len($)", Ty::Int), out("path", "@path", Ty::Path)],
        "What is in a folder."),
    kind("file_search", "fs.find", "list<Entry>",
        &[opt("path", P, "").or(&["directory", "dir"]), req("pattern", T, "").or(&["query", "name"])],
        &[out("output", "$", Ty::List), out("results", "$", Ty::List), out("matches", "len($)", Ty::Int), out("count", "len($)", Ty::Int), out("pattern", "@pattern", Ty::Text)],
        "Files whose name contains a text."),
    // -- data --
    kind("parse_json", "json.parse", "json", &[req("content", T, "").or(&["text", "data", "input", "json"])], JSON, "The value of a JSON text."),
    kind("parse_yaml", "yaml.parse", "json", &[req("content", T, "text").or(&["text", "data", "input", "yaml"])], JSON, "The value of a YAML text."),
    kind("parse_xml", "xml.parse", "XmlElement", &[req("content", T, "text").or(&["text", "data", "input", "xml"])],
        &[out("output", "json.of($)", Ty::Json), out("elements", "$.children", Ty::List), out("element_count", "len($.children)", Ty::Int), out("valid", "true", Ty::Bool)],
        "The elements of an XML text."),
    kind("validate_schema", "schema.validate", "list<string>", &[req("data", J, "").or(&["content", "input", "json"]), req("schema", J, "")],
        &[out("output", "$", Ty::List), out("valid", "len($) == 0", Ty::Bool), out("validated", "true", Ty::Bool), out("errors", "$", Ty::List), out("note", "", Ty::Text)],
        "Checks a value against a JSON Schema."),
    kind("csv_process", "csv.parse", "list<map<string, string>>",
        &[opt("content", T, "").or(&["data", "text", "csv"]), opt("input_file", P, "").or(&["file_path", "path", "file"]), opt("delimiter", T, "delimiter")],
        &[out("output", "$", Ty::List), out("records", "$", Ty::List), out("rows", "$", Ty::List), out("row_count", "len($)", Ty::Int), out("headers", "keys($[0])", Ty::List)],
        "The rows of a CSV text."),
    // -- code --
    kind("compile_code", "exec.run", "Process", LANGUAGE, PROCESS, "Checks that a project compiles."),
    kind("run_tests", "exec.run", "Process", LANGUAGE, PROCESS, "Runs a project's tests."),
    kind("format_code", "exec.run", "Process", LANGUAGE, PROCESS, "Formats a project's code."),
    kind("lint_code", "exec.run", "Process", LANGUAGE, PROCESS, "Lints a project's code."),
    none("extract_functions", &[opt("path", P, "path"), opt("language", T, "language")],
        "run the tool that does it with `exec.run`, for example `ctags --output-format=json`", "Lists the functions of a file."),
    none("generate_docs", &[opt("path", P, "path"), opt("language", T, "language")],
        "run the generator with `exec.run`, for example `cargo doc`", "Generates documentation."),
    // -- git --
    kind("git_commit", "git.commit", "string", &[req("message", T, "message"), opt("path", P, "repo").or(&["repository", "repo"])],
        &[out("output", "$", Ty::Text), out("commit", "$", Ty::Text), out("committed", "true", Ty::Bool), out("message", "@message", Ty::Text)], "Stages everything and commits."),
    kind("git_branch", "git.branch", "string", &[req("branch", T, "name").or(&["branch_name", "name"]), opt("path", P, "repo").or(&["repository", "repo"])],
        &[out("output", "$", Ty::Text), out("branch", "$", Ty::Text), out("created", "true", Ty::Bool)], "Makes a branch."),
    kind("git_merge", "git.merge", "string", &[req("branch", T, "branch").or(&["branch_name", "source"]), opt("path", P, "repo").or(&["repository", "repo"])],
        &[out("output", "$", Ty::Text), out("merged_branch", "@branch", Ty::Text), out("success", "true", Ty::Bool)], "Merges a branch."),
    kind("git_status", "git.status", "GitStatus", &[opt("path", P, "repo").or(&["repository", "repo"])],
        &[out("output", "join($.files, \"\\n\")", Ty::Text), out("status", "join($.files, \"\\n\")", Ty::Text), out("clean", "$.clean", Ty::Bool), out("branch", "$.branch", Ty::Text)], "The state of the work tree."),
    kind("git_diff", "git.diff", "string", &[opt("path", P, "repo").or(&["repository", "repo"])],
        &[out("output", "$", Ty::Text), out("diff", "$", Ty::Text), out("has_changes", "$ != \"\"", Ty::Bool)], "The changes of the work tree."),
    // -- system --
    kind("process_start", "exec.start", "int", &[req("command", T, ""), opt("args", L, ""), opt("working_dir", P, "").or(&["cwd", "working_directory"])],
        &[out("output", "$", Ty::Int), out("pid", "$", Ty::Int), out("started", "true", Ty::Bool), out("command", "@command", Ty::Text)], "Starts a program and goes on."),
    kind("process_kill", "exec.kill", "bool", &[req("pid", I, "pid").or(&["process_id"])],
        &[out("output", "$", Ty::Bool), out("killed", "$", Ty::Bool), out("pid", "@pid", Ty::Int)], "Ends a process that this run started."),
    kind("monitor_resources", "system.resources", "Resources", &[],
        &[out("output", "json.of($)", Ty::Json), out("cpu_usage_percent", "100.0 * $.load / $.cpus", Ty::Float), out("memory", "json.of($)", Ty::Json),
          out("memory.total_bytes", "$.memory_total", Ty::Int), out("memory.free_bytes", "$.memory_available", Ty::Int),
          out("memory.used_bytes", "$.memory_total - $.memory_available", Ty::Int)], "CPU and memory."),
    kind("service_health", "net.reachable", "bool", &[req("service", T, "").or(&["host", "service_name", "name", "url"]), opt("port", I, "")],
        &[out("output", "$", Ty::Bool), out("healthy", "$", Ty::Bool), out("service", "@service", Ty::Text), out("port", "@port", Ty::Int)], "Does a service accept connections?"),
    kind("compress", "archive.pack", "int", &[req("source", P, "").or(&["input", "path", "from"]), req("destination", P, "").or(&["output", "archive", "to"]), opt("format", T, "").or(&["type"])],
        &[out("output", "@destination", Ty::Path), out("destination", "@destination", Ty::Path), out("source", "@source", Ty::Path), out("format", "@format", Ty::Text), out("compressed", "true", Ty::Bool)], "Packs a file or folder."),
    // -- databases --
    kind("sql_query", "sql.query", "list<map<string, json>>", &[req("query", T, "").or(&["sql"]), opt("database_url", T, "").or(&["database", "db", "connection_string"]), opt("params", J, "").or(&["parameters", "bindings"])],
        &[out("output", "$", Ty::List), out("results", "$", Ty::List), out("rows", "$", Ty::List), out("row_count", "len($)", Ty::Int)], "Rows of an SQL query."),
    none("redis_set", &[req("key", T, "key"), req("value", T, "value"), opt("redis_url", T, "url")],
        "run `redis-cli` with `exec.run`, or keep the value in a file with `fs.write`", "Sets a key in Redis."),
    none("redis_get", &[req("key", T, "key"), opt("redis_url", T, "url")],
        "run `redis-cli` with `exec.run`, or read the value from a file with `fs.read`", "Gets a key from Redis."),
    kind("db_backup", "fs.copy", "path", &[req("source", P, "from").or(&["database", "database_path"]), req("destination", P, "to").or(&["backup_path", "output"])],
        &[out("output", "$", Ty::Path), out("destination", "$", Ty::Path), out("source", "@source", Ty::Path), out("backed_up", "true", Ty::Bool)], "Copies a database file."),
    none("db_migrate", &[opt("migration_dir", P, "dir").or(&["migrations_path", "migrations"]), opt("database_url", T, "url")],
        "run each migration with `sql.execute`, or the migration tool with `exec.run`", "Runs migrations."),
    // -- network --
    none("websocket_connect", &[req("url", U, "url"), opt("message", T, "message")],
        "run a client such as `websocat` with `exec.run`", "Sends a message over a web socket."),
    kind("ftp_upload", "exec.run", "Process", &[req("host", T, ""), opt("username", T, "").or(&["user"]), opt("password", T, ""), req("local_file", P, ""), req("remote_file", T, ""), opt("port", I, "")], PROCESS, "Sends a file by FTP."),
    kind("ftp_download", "exec.run", "Process", &[req("host", T, ""), opt("username", T, "").or(&["user"]), opt("password", T, ""), req("local_file", P, ""), req("remote_file", T, ""), opt("port", I, "")], PROCESS, "Fetches a file by FTP."),
    kind("ssh_execute", "exec.run", "Process", &[req("host", T, ""), req("username", T, "").or(&["user"]), req("command", T, ""), opt("port", I, "")], PROCESS, "Runs a command on another machine."),
    kind("ping_host", "exec.run", "Process", &[req("host", T, ""), opt("count", I, "")], PROCESS, "Pings a host."),
    // -- models --
    kind("generate_embedding", "embed", "list<float>", &[req("text", T, "text").or(&["input", "content"]), opt("model", T, ""), opt("provider", T, "")],
        &[out("output", "$", Ty::List), out("embedding", "$", Ty::List), out("dimensions", "len($)", Ty::Int), out("text", "@text", Ty::Text), out("model", "@model", Ty::Text)], "The vector of a text."),
    none("similarity_search", &[req("query_embedding", J, "query_embedding"), opt("database", T, "database"), opt("top_k", I, "k")],
        "use `rag_query`, which embeds its text and searches the store", "The closest texts of a vector."),
    kind("model_inference", "ask", "string", MODEL, TEXT, "Asks a model."),
    // -- core --
    kind("noop", "noop", "unit", &[opt("message", T, "")], NOTHING, "Does nothing."),
    kind("command", "exec.run", "Process",
        &[req("command", T, "").or(&["cmd", "program", "script"]), opt("args", L, "").or(&["arguments"]), opt("working_dir", P, "cwd").or(&["cwd", "working_directory"]),
          opt("env", M, "").or(&["environment"]), opt("stdin", T, "stdin").or(&["input"]), opt("timeout", I, "").or(&["timeout_seconds"])], PROCESS, "Runs a program."),
    kind("http", "http.get", "string",
        &[req("url", U, "").or(&["endpoint"]), opt("method", T, ""), opt("headers", M, ""), opt("body", J, "").or(&["data", "json", "payload"]), opt("query", M, "").or(&["query_params"]),
          opt("expected_status", I, "").or(&["expected_status_code"]), opt("timeout", I, "").or(&["timeout_seconds"]), opt("output_file", P, "").or(&["save_to"])],
        &[out("output", "$", Ty::Text), out("response", "$", Ty::Text), out("body", "$", Ty::Text), out("content", "$", Ty::Text), out("data", "$", Ty::Text), out("url", "@url", Ty::Text), out("method", "@method", Ty::Text)], "An HTTP request."),
    kind("llm", "ask", "string", MODEL, TEXT, "Asks a model."),
    kind("tool", "", "json", &[req("tool", T, "").or(&["tool_name", "name"]), opt("parameters", J, "").or(&["tool_parameters", "params", "input"]), opt("args", L, "").or(&["arguments"]), opt("timeout", I, "")],
        &[out("output", "$", Ty::Json)], "Calls a tool."),
    kind("rag_query", "memory.search", "list<Document>", &[req("query", T, "").or(&["question", "text"]), opt("limit", I, "").or(&["top_k", "k"]), opt("threshold", F, "").or(&["min_score"])],
        &[out("output", "join([d.text for d in $], \"\\n\\n\")", Ty::Text), out("context", "join([d.text for d in $], \"\\n\\n\")", Ty::Text), out("results", "$", Ty::List), out("results_count", "len($)", Ty::Int), out("query", "@query", Ty::Text), out("processing_time_ms", "", Ty::Int)], "The closest remembered texts."),
    kind("rag_add", "memory.add", "int", &[req("id", T, "").or(&["document_id"]), req("content", T, "").or(&["text", "document"]), opt("metadata", J, "")],
        &[out("output", "$", Ty::Int), out("document_id", "@id", Ty::Text), out("content_length", "len(@content)", Ty::Int), out("added", "true", Ty::Bool)], "Remembers a text."),
    kind("chain", "", "string",
        &[opt("steps", J, ""), opt("type", T, "").or(&["chain_type"]), opt("prompt", T, "prompt"), opt("model", T, ""), opt("provider", T, ""), opt("temperature", F, "temperature"), opt("max_tokens", I, "max_tokens"), opt("system", T, "system")],
        TEXT, "Steps one after the other."),
    kind("agent", "", "string",
        &[req("objective", T, "").or(&["task", "prompt", "goal"]), opt("name", T, "").or(&["agent_name"]), opt("agent_type", T, ""), opt("tools", L, ""), opt("max_iterations", I, "").or(&["max_turns"]),
          opt("model", T, ""), opt("provider", T, ""), opt("system", T, "").or(&["system_prompt", "role"]), opt("temperature", F, ""), opt("max_tokens", I, ""), opt("mission_file", P, ""), opt("mission_params", J, "")],
        TEXT, "A model that uses tools until it is done."),
    // -- beyond the documented ones --
    kind("conditional", "", "string", &[req("condition", T, ""), opt("if_true", J, "").or(&["then"]), opt("if_false", J, "").or(&["else"])], TEXT, "One of two branches."),
    kind("sleep", "wait.sleep", "unit", &[req("duration", F, "").or(&["seconds", "duration_seconds", "delay"])], NOTHING, "Waits."),
    kind("log_message", "log.info", "unit", &[req("message", T, "message").or(&["text"]), opt("level", T, "")], NOTHING, "A line in the log."),
    kind("audit_log", "log.info", "unit", &[opt("message", T, "").or(&["action", "event"]), opt("metadata", J, "")], NOTHING, "A line in the log, which is signed."),
    kind("python", "exec.run", "Process", &[req("code", T, "").or(&["script", "source"]), opt("args", L, ""), opt("working_dir", P, "cwd").or(&["cwd"])], PROCESS, "Runs Python code."),
    kind("shell", "exec.bash", "Process", &[req("command", T, "").or(&["script", "cmd"]), opt("args", L, ""), opt("working_dir", P, "cwd").or(&["cwd"]), opt("env", M, "").or(&["environment"]), opt("stdin", T, "stdin")], PROCESS, "Runs a bash script."),
    none("mission", &[req("mission_file", P, "file").or(&["file", "path"]), opt("mission_params", J, "params").or(&["parameters", "params"])],
        "convert the other mission with `rustchain fmt --to mission`, import it, and call it", "Runs another mission."),
    none("policy_check", &[opt("action", T, "action").or(&["policy"]), opt("context", J, "context")], "write what is allowed in the mission's `policy` block: it is checked before anything runs", "Asks the policy engine."),
    none("safety_check", &[opt("target_file", P, "target_file"), opt("validation_mode", T, "validation_mode"), opt("risk_threshold", J, "risk_threshold")], "run `rustchain check`, which checks every mission before it runs", "Asks the safety checker."),
    none("train_model", &[opt("model", T, "model"), opt("data", J, "data"), opt("config", J, "config")], "run the training program with `exec.run`", "Trains a model."),
    none("http_server", &[opt("port", I, "port"), opt("host", T, "host")], "start a server with `exec.start`", "Serves HTTP."),
];

/// Names of other documents and versions, and what they mean here.
#[rustfmt::skip]
const ALIASES: &[(&str, &str)] = &[
    ("file_create", "create_file"), ("write_file", "create_file"), ("write", "create_file"), ("file_read", "read_file"), ("load_file", "read_file"), ("read", "read_file"),
    ("edit", "edit_file"), ("create", "create_file"), ("list_files", "list_directory"), ("search_files", "file_search"), ("bash", "shell"), ("sh", "shell"), ("exec", "command"),
    ("run_command", "command"), ("http_request", "http"), ("llm_chat", "llm"), ("llm_completion", "llm"), ("classify_text", "llm"),
    ("run_inference", "model_inference"), ("agent_reasoning", "agent"), ("chain_execute", "chain"), ("tool_call", "tool"),
    ("log", "log_message"), ("wait", "sleep"), ("delay", "sleep"), ("rag_ingest", "rag_add"), ("rag_search", "rag_query"), ("policy", "policy_check"),
    ("safety", "safety_check"), ("safety_validate", "safety_check"), ("audit", "audit_log"), ("python_script", "python"), ("condition", "conditional"), ("sub_mission", "mission"), ("run_mission", "mission"),
    ("embedding", "generate_embedding"), ("validate_json", "validate_schema"), ("git_add", "git_commit"),
];

/// All step types, the documented ones first.
pub fn step_types() -> &'static [StepType] {
    TYPES
}

/// The step type of a canonical name.
pub fn find(name: &str) -> Option<&'static StepType> {
    TYPES.iter().find(|t| t.name == name)
}

/// A step type as someone wrote it, in its canonical spelling, and whether it is known.
pub fn canonical(text: &str) -> (String, bool) {
    let snake = snake_case(text);
    if find(&snake).is_some() {
        return (snake, true);
    }
    match ALIASES.iter().find(|(alias, _)| *alias == snake) {
        Some((_, name)) => ((*name).into(), true),
        None => (snake, false),
    }
}

/// `CreateFile`, `create-file`, `Create File` as `create_file`; `LLM` as `llm`.
fn snake_case(text: &str) -> String {
    let mut out = String::new();
    let mut before: Option<char> = None;
    for c in text.trim().chars() {
        let boundary = c.is_uppercase() && before.is_some_and(|b| b.is_lowercase() || b.is_ascii_digit());
        if (boundary || !c.is_alphanumeric()) && !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        }
        before = Some(c);
    }
    out
}
