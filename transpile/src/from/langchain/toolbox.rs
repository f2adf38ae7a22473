//! Ready-made tools and toolkits of the libraries: how the model calls them and what they take. Their descriptions stay in
//! the library.

use super::data::{data, texts};
use super::model::{Data, Effect, OpKind, Tool};
use super::state::{M, make, thing_of};
use crate::python::{Args, Site, Value};
use serde_json::{Map, Value as Json, json};

/// An argument: its name and its default. All of these are texts.
type Argument = (&'static str, Option<&'static str>);

const QUERY: &[Argument] = &[("query", None)];
const URL: &[Argument] = &[("url", None)];
const TEXT: &[Argument] = &[("text", None)];
const FILE: &[Argument] = &[("file_path", None)];
const MOVED: &[Argument] = &[("source_path", None), ("destination_path", None)];

/// The name by which the model calls a tool, and its arguments where they are these (langchain-community 0.4).
fn known(class: &str) -> Option<(&'static str, Option<&'static [Argument]>)> {
    let (name, arguments): (_, &'static [Argument]) = match class {
        "TavilySearchResults" => ("tavily_search_results_json", QUERY),
        "TavilyAnswer" => ("tavily_answer", QUERY),
        "DuckDuckGoSearchRun" | "DuckDuckGoSearchTool" => ("duckduckgo_search", QUERY),
        "DuckDuckGoSearchResults" => ("duckduckgo_results_json", QUERY),
        "ArxivQueryRun" => ("arxiv", QUERY),
        "WikipediaQueryRun" => ("wikipedia", QUERY),
        "YahooFinanceNewsTool" => ("yahoo_finance_news", QUERY),
        "GoogleSerperRun" => ("google_serper", QUERY),
        "GoogleSerperResults" => ("google_serper_results_json", QUERY),
        "WolframAlphaQueryRun" => ("wolfram_alpha", QUERY),
        "PubmedQueryRun" => ("pub_med", QUERY),
        "PythonREPLTool" => ("Python_REPL", QUERY),
        "PythonAstREPLTool" => ("python_repl_ast", QUERY),
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
        "QuerySQLDataBaseTool" | "QuerySQLDatabaseTool" => ("sql_db_query", QUERY),
        "QuerySQLCheckerTool" => ("sql_db_query_checker", QUERY),
        "ListSQLDatabaseTool" => ("sql_db_list_tables", &[("tool_input", Some(""))]),
        "InfoSQLDatabaseTool" => ("sql_db_schema", &[("table_names", None)]),
        "CopyFileTool" => ("copy_file", MOVED),
        "MoveFileTool" => ("move_file", MOVED),
        "DeleteFileTool" => ("file_delete", FILE),
        "ReadFileTool" => ("read_file", FILE),
        "ListDirectoryTool" => ("list_directory", &[("dir_path", Some("."))]),
        "FileSearchTool" => ("file_search", &[("dir_path", Some(".")), ("pattern", None)]),
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

/// What a tool takes, without the descriptions.
fn schema(class: &str, arguments: Option<&[Argument]>) -> Json {
    let Some(arguments) = arguments else {
        return match class {
            "WriteFileTool" => json!({
                "type": "object",
                "properties": {
                    "file_path": { "type": "string" },
                    "text": { "type": "string" },
                    "append": { "default": false, "type": "boolean" },
                },
                "required": ["file_path", "text"],
            }),
            "ShellTool" => json!({
                "type": "object",
                "properties": { "commands": {
                    "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
                } },
                "required": ["commands"],
            }),
            _ => json!({}),
        };
    };
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, default) in arguments {
        let mut property = json!({ "type": "string" });
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
        Some(_) => "its description and those of its arguments are",
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
