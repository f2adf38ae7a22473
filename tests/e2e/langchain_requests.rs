//! A mission sends what the LangChain application that it stands for sent. What the libraries sent is recorded by
//! `tests/ecosystem/langchain/record.py`; here nothing of theirs is needed.

use crate::project::{Ended, Project, repository};
use crate::recorded::Recorded;
use serde_json::{Map, Value};

/// A case of `tests/fixtures/langchain`.
pub struct Case {
    name: String,
    pub drive: Value,
    mission: String,
    /// The application.
    pub app: String,
    lines: String,
    pub result: Value,
}

impl Case {
    /// A case whose mission is written by hand.
    fn read(name: &str) -> Case {
        let case = Case::of("requests", name);
        let mission = repository().join("tests/fixtures/langchain/requests").join(name).join("app.mission");
        Case { mission: std::fs::read_to_string(&mission).unwrap_or_else(|e| panic!("{name}: {e}")), ..case }
    }

    /// A case whose mission is imported.
    pub fn of(kind: &str, name: &str) -> Case {
        let folder = repository().join("tests/fixtures/langchain").join(kind).join(name);
        let read = |file: &str| {
            std::fs::read_to_string(folder.join(file)).unwrap_or_else(|e| panic!("{name}/{file}: {e}"))
        };
        let json = |file: &str| serde_json::from_str(&read(file)).expect("JSON");
        Case {
            name: name.to_owned(),
            drive: json("drive.json"),
            mission: String::new(),
            app: read("app.py"),
            lines: read("recorded.jsonl"),
            result: json("result.json"),
        }
    }

    /// The inputs of each call, with the session of the configuration.
    fn inputs(&self) -> Vec<Map<String, Value>> {
        let given = match &self.drive["input"] {
            Value::Array(calls) => calls.clone(),
            one => vec![one.clone()],
        };
        let session = self.drive.pointer("/config/configurable/session_id");
        let add = |call: Value| {
            // What a function with one parameter is given, or several inputs by name.
            let mut call = match self.drive["parameter"].as_str() {
                Some(parameter) => Map::from_iter([(parameter.to_owned(), call)]),
                None => call.as_object().cloned().expect("an object"),
            };
            call.extend(session.map(|id| ("session_id".to_owned(), id.clone())));
            call
        };
        given.into_iter().map(add).collect()
    }

    /// Runs `mission` once for each call; the last end and the server.
    fn run(&self, mission: &str) -> (Ended, Recorded) {
        self.run_in(Project::with("app.mission", mission), "app.mission")
    }

    /// Runs a mission of a project.
    pub fn run_in(&self, project: Project, target: &str) -> (Ended, Recorded) {
        let server = Recorded::start(&self.lines);
        let project = project
            .env("OPENAI_BASE_URL", &format!("{}/v1", server.url))
            .env("ANTHROPIC_BASE_URL", &server.url)
            .env("OLLAMA_HOST", &server.url);
        let mut last = None;
        for inputs in self.inputs() {
            project.write("inputs.json", &Value::Object(inputs).to_string());
            last = Some(project.run(&["run", target, "--inputs", "inputs.json", "--format", "json"]));
        }
        (last.expect("a call"), server)
    }
}

/// Ids of calls are the vendor's; members that are absent, null or empty say the same.
pub fn plain(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(name, value)| {
                !matches!(name.as_str(), "id" | "tool_call_id")
                    && !value.is_null()
                    && **value != Value::Array(Vec::new())
            });
            Value::Object(kept.map(|(name, value)| (name.clone(), plain(value))).collect())
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// The mission asks what the application asked, and ends with what it gave.
fn same(name: &str) {
    let case = Case::read(name);
    let (ended, server) = case.run(&case.mission);
    let said = format!("{}\n{}\n{}", server.differences().join("\n"), ended.stdout, ended.stderr);
    assert_eq!((ended.code, server.differences().len()), (0, 0), "{}\n{said}", case.name);
    let outputs: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let got = match outputs["outputs"].get("result") {
        Some(result) => result.clone(),
        None => outputs["outputs"].clone(),
    };
    let wanted = match case.result.get("content").filter(|_| got.is_string()) {
        Some(content) => content,
        None => &case.result,
    };
    match wanted.get("final").filter(|_| got.is_string()) {
        Some(text) => assert_eq!(got, *text, "{name}"),
        None => assert_eq!(plain(&got), plain(wanted), "{name}"),
    }
}

macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            same(stringify!($name).trim_start_matches("the_requests_of_"));
        })*
    };
}

cases!(
    the_requests_of_agent,
    the_requests_of_anthropic,
    the_requests_of_branch,
    the_requests_of_chain,
    the_requests_of_client_retry,
    the_requests_of_fallback,
    the_requests_of_graph,
    the_requests_of_history,
    the_requests_of_ollama,
    the_requests_of_parallel,
    the_requests_of_react,
    the_requests_of_retry,
    the_requests_of_stream,
    the_requests_of_structured_json,
    the_requests_of_structured_schema,
    the_requests_of_structured_tool,
    the_requests_of_tool_loop,
    the_requests_of_tools,
);

/// The import of an application sends what the application sent; what differs, or why it does not convert.
fn of_import(name: &str) -> Result<(), String> {
    let case = Case::of("requests", name);
    let project = Project::with("app.py", &case.app);
    let made = project.run(&["transpile", "from-langchain", "app.py", "-o", "."]);
    if made.code != 0 {
        return Err(format!("not converted: {}{}", made.stdout, made.stderr));
    }
    let (ended, server) = case.run_in(project, "app.mission");
    match (ended.code, server.differences().as_slice()) {
        (0, []) => Ok(()),
        (code, differences) => Err(format!("exit {code}: {}\n{}", differences.join("\n"), ended.stderr)),
    }
}

#[test]
fn imports_send_what_the_applications_sent() {
    let folder = repository().join("tests/fixtures/langchain/requests");
    let mut failed = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Err(why) = of_import(&name) {
            failed.push(format!("{name}: {why}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn every_recorded_application_has_its_test() {
    let folder = repository().join("tests/fixtures/langchain/requests");
    let source = include_str!("langchain_requests.rs");
    for entry in std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(source.contains(&format!("the_requests_of_{name},")), "{name}");
    }
}

#[test]
fn one_changed_temperature_is_caught() {
    let case = Case::read("parallel");
    let changed = case.mission.replace("temperature: 0.0", "temperature: 0.1");
    assert_ne!(changed, case.mission);
    let (ended, server) = case.run(&changed);
    assert_ne!(ended.code, 0);
    let differences = server.differences();
    assert!(
        differences.iter().any(|d| d.contains("asked, not recorded") && d.contains("0.1")),
        "{differences:?}"
    );
    assert!(differences.iter().any(|d| d.contains("never asked")), "{differences:?}");
}

#[test]
fn one_changed_word_of_a_tool_is_caught() {
    let case = Case::read("react");
    let changed = case.mission.replace("/// How many are left.", "/// How many were left.");
    assert_ne!(changed, case.mission);
    assert!(!case.run(&changed).1.differences().is_empty());
}
