//! Ready-made tools and toolkits of the libraries: how the model calls them and what they take. Their descriptions stay in
//! the library.

use super::data::{data, texts};
use super::model::{Data, Effect, OpKind, Tool};
use super::state::{M, make, thing_of};
use crate::python::{Args, Site, Value};
use serde_json::{Map, Value as Json, json};

/// An argument: its name, its description, and its default. All of these are texts.
type Argument = (&'static str, &'static str, Option<&'static str>);

const QUERY: &[Argument] = &[("query", "", None)];
const LOOK_UP: &[Argument] = &[("query", "search query to look up", None)];
const URL: &[Argument] = &[("url", "", None)];
const TEXT: &[Argument] = &[("text", "", None)];

/// The name by which the model calls a tool, and its arguments where they are these (langchain-community 0.4).
fn known(class: &str) -> Option<(&'static str, Option<&'static [Argument]>)> {
    let (name, arguments): (_, &'static [Argument]) = match class {
        "TavilySearchResults" => ("tavily_search_results_json", LOOK_UP),
        "TavilyAnswer" => ("tavily_answer", LOOK_UP),
        "DuckDuckGoSearchRun" | "DuckDuckGoSearchTool" => ("duckduckgo_search", LOOK_UP),
        "DuckDuckGoSearchResults" => ("duckduckgo_results_json", LOOK_UP),
        "ArxivQueryRun" => ("arxiv", LOOK_UP),
        "WikipediaQueryRun" => ("wikipedia", &[("query", "query to look up on wikipedia", None)]),
        "YahooFinanceNewsTool" => {
            ("yahoo_finance_news", &[("query", "company ticker query to look up", None)])
        }
        "GoogleSerperRun" => ("google_serper", QUERY),
        "GoogleSerperResults" => ("google_serper_results_json", QUERY),
        "WolframAlphaQueryRun" => ("wolfram_alpha", QUERY),
        "PubmedQueryRun" => ("pub_med", QUERY),
        "PythonREPLTool" => ("Python_REPL", QUERY),
        "PythonAstREPLTool" => ("python_repl_ast", &[("query", "code snippet to run", None)]),
        "HumanInputRun" => ("human", QUERY),
        "BingSearchRun" => ("bing_search", QUERY),
        "BingSearchResults" => ("bing_search_results_json", QUERY),
        "YouTubeSearchTool" => ("youtube_search", QUERY),
        "GoogleScholarQueryRun" => ("google_scholar", QUERY),
        "RequestsGetTool" => ("requests_get", URL),
        "RequestsDeleteTool" => ("requests_delete", URL),
        "RequestsPostTool" => ("requests_post", TEXT),
        "RequestsPatchTool" => ("requests_patch", TEXT),
        "RequestsPutTool" => ("requests_put", TEXT),
        "QuerySQLDataBaseTool" | "QuerySQLDatabaseTool" => {
            ("sql_db_query", &[("query", "A detailed and correct SQL query.", None)])
        }
        "QuerySQLCheckerTool" => {
            ("sql_db_query_checker", &[("query", "A detailed and SQL query to be checked.", None)])
        }
        "ListSQLDatabaseTool" => ("sql_db_list_tables", &[("tool_input", "An empty string", Some(""))]),
        "InfoSQLDatabaseTool" => (
            "sql_db_schema",
            &[(
                "table_names",
                "A comma-separated list of the table names for which to return the schema. Example input: \
                 'table1, table2, table3'",
                None,
            )],
        ),
        "CopyFileTool" => (
            "copy_file",
            &[
                ("source_path", "Path of the file to copy", None),
                ("destination_path", "Path to save the copied file", None),
            ],
        ),
        "MoveFileTool" => (
            "move_file",
            &[
                ("source_path", "Path of the file to move", None),
                ("destination_path", "New path for the moved file", None),
            ],
        ),
        "DeleteFileTool" => ("file_delete", &[("file_path", "Path of the file to delete", None)]),
        "ReadFileTool" => ("read_file", &[("file_path", "name of file", None)]),
        "ListDirectoryTool" => ("list_directory", &[("dir_path", "Subdirectory to list.", Some("."))]),
        "FileSearchTool" => (
            "file_search",
            &[
                ("dir_path", "Subdirectory to search in.", Some(".")),
                ("pattern", "Unix shell regex, where * matches everything.", None),
            ],
        ),
        // What these take is no plain text.
        "WriteFileTool" => return Some(("write_file", None)),
        "ShellTool" => return Some(("terminal", None)),
        "TavilySearch" => return Some(("tavily_search", None)),
        "TavilyExtract" => return Some(("tavily_extract", None)),
        "OpenWeatherMapQueryRun" => return Some(("open_weather_map", None)),
        _ => return None,
    };
    Some((name, Some(arguments)))
}

/// What a tool takes.
fn schema(class: &str, arguments: Option<&[Argument]>) -> Json {
    let Some(arguments) = arguments else {
        return match class {
            "WriteFileTool" => json!({
                "type": "object",
                "properties": {
                    "file_path": { "description": "name of file", "type": "string" },
                    "text": { "description": "text to write to file", "type": "string" },
                    "append": {
                        "default": false,
                        "description": "Whether to append to an existing file.",
                        "type": "boolean",
                    },
                },
                "required": ["file_path", "text"],
            }),
            "ShellTool" => json!({
                "type": "object",
                "properties": { "commands": {
                    "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
                    "description": "List of shell commands to run. Deserialized using json.loads",
                } },
                "required": ["commands"],
            }),
            _ => json!({}),
        };
    };
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, description, default) in arguments {
        let mut property = json!({ "type": "string" });
        if !description.is_empty() {
            property["description"] = (*description).into();
        }
        match default {
            Some(default) => property["default"] = (*default).into(),
            None => required.push(*name),
        }
        properties.insert((*name).to_owned(), property);
    }
    let mut out = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        out["required"] = json!(required);
    }
    out
}

/// A call of the class of a ready-made tool.
pub(super) fn made(m: &mut M<'_>, class: &str, args: &Args, site: Site) -> Value {
    let found = known(class);
    let name = match args.named("name") {
        Some(name) => data(m, name),
        None => match found {
            Some((name, _)) => Data::Str(name.into()),
            None => Data::Unknown(format!("the name that `{class}` has")),
        },
    };
    let description = match args.named("description") {
        Some(text) => data(m, text),
        None => Data::Unknown(format!("the description that `{class}` has")),
    };
    let args_schema = schema(class, found.and_then(|(_, arguments)| arguments));
    let what = match args_schema.get("properties") {
        Some(_) => "its description is",
        None => "its description and arguments are",
    };
    m.host.lose(Effect::Setting, format!("`{class}` is a tool of a library: {what} not in the file"), site);
    let tool =
        Tool { name, description, args_schema, class: class.to_owned(), code: None, return_direct: false };
    make(m, OpKind::Tool(tool), site)
}

const SQL: &[&str] =
    &["QuerySQLDatabaseTool", "InfoSQLDatabaseTool", "ListSQLDatabaseTool", "QuerySQLCheckerTool"];
const FILES: &[&str] = &[
    "CopyFileTool",
    "DeleteFileTool",
    "FileSearchTool",
    "MoveFileTool",
    "ReadFileTool",
    "WriteFileTool",
    "ListDirectoryTool",
];

/// `toolkit.get_tools()` of a toolkit whose tools are known.
pub(super) fn method(m: &mut M<'_>, receiver: &Value, name: &str, site: Site) -> Option<Value> {
    if name != "get_tools" {
        return None;
    }
    let toolkit = thing_of(m, receiver)?;
    let classes = match toolkit.name.as_str() {
        "SQLDatabaseToolkit" => SQL,
        "FileManagementToolkit" => FILES,
        _ => return None,
    };
    let chosen = match toolkit.args.named("selected_tools") {
        None | Some(Value::None) => None,
        given => Some(texts(m, given)?),
    };
    let is_chosen = |class: &str| {
        let name = known(class).map_or("", |(name, _)| name);
        chosen.as_ref().is_none_or(|names| names.iter().any(|n| n == name))
    };
    let tools = classes
        .iter()
        .filter(|class| is_chosen(class))
        .map(|class| made(m, class, &Args::default(), site))
        .collect();
    Some(m.list(tools))
}
