//! `chat.read`, `chat.append`, `memory.*` on real files.

use crate::ask::provider;
use crate::support::Project;
use axum::Router;
use axum::routing::post;
use rustchain_plan::ErrorKind;
use rustchain_plan::plan::Handle;
use rustchain_runtime::context::ResolvedMemory;
use rustchain_runtime::llm::LlmMode;
use serde_json::{Value as Json, json};

fn project(kind: &str, embed: Option<&str>, base: &str) -> Project {
    let folder = tempfile::tempdir().unwrap().keep();
    Project::set_up(
        |_| {},
        |run| {
            run.llm.mode = LlmMode::Live;
            run.providers.insert("e".into(), provider("openai", base));
            let memory = ResolvedMemory { kind: kind.into(), path: folder, embed: embed.map(Into::into) };
            run.memories.insert("notes".into(), Ok(memory));
        },
    )
}

fn with<'p>(project: &'p Project, callee: &str, param: &str, args: Json) -> crate::support::Call<'p> {
    project.call(callee, args).handle(param, Handle::Memory("notes".into()))
}

#[tokio::test]
async fn conversations_are_kept_by_key() {
    let project = project("chat.log", None, "");
    let append = |key: &str, text: &str| {
        let messages = json!([{ "role": "user", "content": text }]);
        with(&project, "chat.append", "log", json!({ "key": key, "messages": messages }))
    };
    let read = |args: Json| with(&project, "chat.read", "log", args);
    assert_eq!(read(json!({ "key": "a/../b" })).json().await.unwrap(), json!([]));
    assert_eq!(append("a/../b", "one\ntwo").json().await.unwrap(), 1);
    assert_eq!(append("a/../b", "three").json().await.unwrap(), 2);
    assert_eq!(append(&"k".repeat(500), "long").json().await.unwrap(), 1);
    let all = read(json!({ "key": "a/../b" })).json().await.unwrap();
    assert_eq!((&all[0]["content"], &all[0]["role"]), (&json!("one\ntwo"), &json!("user")));
    let last = read(json!({ "key": "a/../b", "limit": 1 })).json().await.unwrap();
    assert_eq!((last.as_array().unwrap().len(), &last[0]["content"]), (1, &json!("three")));
}

#[tokio::test]
async fn writers_at_the_same_time_lose_nothing() {
    let project = project("chat.log", None, "");
    let append = |n: usize| {
        let messages = json!([{ "role": "user", "content": "x".repeat(n * 1000) }]);
        with(&project, "chat.append", "log", json!({ "key": "k", "messages": messages })).run()
    };
    let results = futures_util::future::join_all((0..20).map(append)).await;
    assert!(results.iter().all(Result::is_ok));
    let all = with(&project, "chat.read", "log", json!({ "key": "k" })).json().await.unwrap();
    assert_eq!(all.as_array().unwrap().len(), 20);
}

async fn embeddings() -> String {
    let embed = |axum::Json(body): axum::Json<Json>| async move {
        let count = |text: &str, word: &str| text.matches(word).count();
        let vector = |text: &Json| {
            let text = text.as_str().unwrap();
            json!({ "embedding": [count(text, "cat"), count(text, "ship"), 0.1] })
        };
        let rows: Vec<Json> = body["input"].as_array().unwrap().iter().map(vector).collect();
        axum::Json(json!({ "data": rows, "usage": { "prompt_tokens": 1 } }))
    };
    crate::http::serve(Router::new().route("/embeddings", post(embed))).await
}

async fn filled(embed: Option<&str>, base: &str) -> Project {
    let project = project("vector", embed, base);
    let documents = json!([
        { "id": "1", "text": "a cat sleeps", "metadata": { "n": 1 } },
        { "id": "2", "text": "a ship sails" },
        { "id": "3", "text": "the ship's cat on a ship" },
    ]);
    let add = with(&project, "memory.add", "store", json!({ "documents": documents }));
    assert_eq!(add.json().await.unwrap(), 3);
    let again = json!({ "documents": [{ "id": "2", "text": "a ship sails away" }] });
    assert_eq!(with(&project, "memory.add", "store", again).json().await.unwrap(), 3);
    project
}

async fn ids(project: &Project, query: &str) -> Vec<String> {
    let args = json!({ "query": query, "k": 2 });
    let found = with(project, "memory.search", "store", args).json().await.unwrap();
    assert!(found[0]["score"].as_f64().unwrap() <= 1.0 + 1e-9);
    found.as_array().unwrap().iter().map(|d| d["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn texts_are_found_by_vectors() {
    let project = filled(Some("e"), &embeddings().await).await;
    assert_eq!(ids(&project, "cat").await, ["1", "3"]);
    assert_eq!(ids(&project, "ship").await, ["2", "3"]);
}

#[tokio::test]
async fn texts_are_found_by_words() {
    let project = filled(None, "").await;
    assert_eq!(ids(&project, "who sails? \"AND").await, ["2"]);
    assert_eq!(ids(&project, "sleeps").await, ["1"]);
    let none = with(&project, "memory.search", "store", json!({ "query": "?!" })).json().await.unwrap();
    assert_eq!(none, json!([]));
}

#[tokio::test]
async fn what_is_not_built_says_so() {
    let project = project("vector", Some("local"), "");
    let error = with(&project, "memory.search", "store", json!({ "query": "x" })).error().await;
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(error.message.contains("is not built in"), "{error}");
    let error = with(&project, "chat.read", "log", json!({ "key": "x" })).error().await;
    assert_eq!(error.message, "`notes` is a `vector`, not a `chat.log`");
}
