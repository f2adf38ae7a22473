//! `ask` and `embed` over every wire format, and what goes wrong there.

use crate::support::model::{Say, Script, calls, model, text};
use crate::support::{Project, signature};
use rustchain_plan::plan::{Handle, ToolRef};
use rustchain_plan::types::{EnumSchema, MemberSchema, Schema};
use rustchain_plan::{ErrorKind, Plan, Type, Value};
use rustchain_runtime::context::{ResolvedProvider, RunContext};
use rustchain_runtime::llm::{LlmMode, LlmOptions};
use rustchain_runtime::step::StepError;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// A provider `m` of a vendor on a server.
pub fn provider(vendor: &str, base: &str) -> Result<ResolvedProvider, StepError> {
    let options = [("base_url", Value::string(base)), ("api_key", Value::string("k3y-s3cret"))];
    let options: BTreeMap<_, _> = options.map(|(n, v)| (n.into(), v)).into();
    Ok(ResolvedProvider::Model { vendor: vendor.into(), model: "m-1".into(), options })
}

fn types(plan: &mut Plan) {
    let member = |name: &str| MemberSchema { name: name.into(), wire: name.into(), doc: String::new() };
    let members = vec![member("low"), member("high")];
    plan.schemas.insert("Severity".into(), Schema::Enum(EnumSchema { doc: String::new(), members }));
    let doc = "Adds numbers.".to_owned();
    let add = signature("math.add", &[("a", Type::Int), ("b", Type::Int)], Type::Int);
    plan.signatures.insert("math.add".into(), rustchain_plan::Signature { doc, ..add });
}

pub fn project(vendor: &str, base: &str) -> Project {
    let live = |run: &mut RunContext| {
        run.llm = LlmOptions { mode: LlmMode::Live, cassette: None };
        run.providers.insert("m".into(), provider(vendor, base));
    };
    Project::set_up(types, live)
}

pub fn ask<'p>(project: &'p Project, args: Json) -> crate::support::Call<'p> {
    project.call("ask", args).handle("model", Handle::Provider("m".into()))
}

fn person() -> Type {
    Type::Record([("name".into(), Type::String), ("age".into(), Type::Int)].into())
}

async fn openai(answers: Vec<Say>) -> (Project, Script) {
    let (base, script) = model(answers).await;
    (project("openai", &base), script)
}

#[tokio::test]
async fn a_text_is_asked_for_and_counted() {
    let (project, script) = openai(vec![text("Hello")]).await;
    let args = json!({
        "system": "Be brief.", "messages": [{ "role": "assistant", "content": "Yes?" }], "prompt": "Hi",
        "temperature": 0.5, "max_tokens": 9, "stop": ["x"], "seed": 3, "options": { "user": "u" },
    });
    assert_eq!(ask(&project, args).of(Type::String).json().await.unwrap(), "Hello");
    let messages = json!([
        { "role": "system", "content": "Be brief." },
        { "role": "assistant", "content": "Yes?" },
        { "role": "user", "content": "Hi" },
    ]);
    assert_eq!(
        script.last(),
        json!({ "model": "m-1", "messages": messages, "temperature": 0.5, "max_tokens": 9, "stop": ["x"], "seed": 3, "user": "u" })
    );
    let asked = &script.asked()[0];
    assert_eq!(
        (asked.path.as_str(), asked.headers["authorization"].to_str().unwrap()),
        ("/chat/completions", "Bearer k3y-s3cret")
    );
    let usage = &project.log.usages()[0];
    assert_eq!((usage.prompt_tokens, usage.completion_tokens, usage.usd), (10, 5, None));
    assert!(!format!("{:?}", project.log.details()).contains("k3y-s3cret"));
}

#[tokio::test]
async fn a_typed_answer_is_asked_for_by_schema() {
    let (project, script) = openai(vec![text("Here: ```json\n{\"name\": \"Ann\", \"age\": 7}\n```")]).await;
    let answer = ask(&project, json!({ "prompt": "who" })).of(person()).json().await.unwrap();
    assert_eq!(answer, json!({ "age": 7, "name": "Ann" }));
    let format = &script.last()["response_format"];
    assert_eq!((&format["type"], &format["json_schema"]["strict"]), (&json!("json_schema"), &json!(true)));
    assert_eq!(format["json_schema"]["schema"]["required"], json!(["age", "name"]));
}

#[tokio::test]
async fn every_output_mode_is_sent_as_it_is_named() {
    let object = "{\"name\": \"Ann\", \"age\": 7}";
    let answers = vec![text(object), calls(&[("answer", json!({ "name": "Ann", "age": 7 }))]), text(object)];
    let (project, script) = openai(answers).await;
    for (output, has) in [("json_mode", "response_format"), ("tool", "tool_choice"), ("text", "messages")] {
        let args = json!({ "prompt": "who", "output": output });
        let answer = ask(&project, args).of(person()).json().await.unwrap();
        assert_eq!(answer["name"], "Ann", "{output}");
        assert!(script.last().get(has).is_some(), "{output}");
    }
    assert_eq!(script.asked()[0].body["messages"][0]["role"], "system");
    assert_eq!(script.asked()[1].body["tool_choice"]["function"]["name"], "answer");
    assert!(script.last().get("response_format").is_none());
}

#[tokio::test]
async fn enums_and_lists_stand_in_an_object_and_text_reads_wire_names() {
    let (project, script) =
        openai(vec![text("{\"value\": \"high\"}"), text(" high\n"), text("{\"value\": [1, 2]}")]).await;
    let severity = || Type::Named("Severity".into());
    assert_eq!(ask(&project, json!({ "prompt": "?" })).of(severity()).json().await.unwrap(), "high");
    assert_eq!(script.last()["response_format"]["json_schema"]["schema"]["required"], json!(["value"]));
    let args = json!({ "prompt": "?", "output": "text" });
    assert_eq!(ask(&project, args).of(severity()).json().await.unwrap(), "high");
    assert_eq!(
        ask(&project, json!({ "prompt": "?" })).of(Type::Int.list()).json().await.unwrap(),
        json!([1, 2])
    );
}

#[tokio::test]
async fn answers_that_cannot_be_read_are_parse_errors_with_an_excerpt() {
    let garbage = vec![
        text("I am not sure."),
        text("{\"name\": 1}"),
        Say::Text("<html>"),
        Say::Json(json!({ "x": 1 })),
    ];
    let (project, _) = openai(garbage).await;
    for part in ["I am not sure.", "{\"name\": 1}", "<html>", "no `choices`"] {
        let error = ask(&project, json!({ "prompt": "?" })).of(person()).error().await;
        assert_eq!(error.kind, ErrorKind::ParseError);
        assert!(error.message.contains(part), "{error}");
    }
}

#[tokio::test]
async fn failures_of_the_server_have_kinds() {
    let answers = vec![
        Say::Status(429, vec![("retry-after", "2")], "slow down"),
        Say::Status(500, vec![], "oops"),
        Say::Status(401, vec![], "bad key"),
        Say::Reset,
        Say::Json(json!({ "choices": [{ "message": { "refusal": "I can't." } }] })),
    ];
    let (project, _) = openai(answers).await;
    let kinds = [
        ErrorKind::RateLimit,
        ErrorKind::Http5xx,
        ErrorKind::Http4xx,
        ErrorKind::Network,
        ErrorKind::Refusal,
    ];
    for kind in kinds {
        let error = ask(&project, json!({ "prompt": "?" })).of(Type::String).error().await;
        assert_eq!(error.kind, kind, "{error}");
        assert_eq!(error.retry_after, (kind == ErrorKind::RateLimit).then_some(Duration::from_secs(2)));
    }
}

#[tokio::test]
async fn a_provider_that_stalls_times_out() {
    let (base, _) = model(vec![Say::Stall]).await;
    let project = Project::set_up(types, |run| {
        run.llm.mode = LlmMode::Live;
        let mut provider = provider("openai", &base).unwrap();
        if let ResolvedProvider::Model { options, .. } = &mut provider {
            options.insert("timeout".into(), Value::Duration(100_000_000));
        }
        run.providers.insert("m".into(), Ok(provider));
    });
    let error = ask(&project, json!({ "prompt": "?" })).of(Type::String).error().await;
    assert_eq!(error.kind, ErrorKind::Timeout);
}

fn tools() -> Handle {
    Handle::Tools(vec![ToolRef { callee: "math.add".into(), kind: None, pin: None, effects: vec![] }])
}

#[tokio::test]
async fn a_message_keeps_its_tool_calls() {
    let (project, script) = openai(vec![calls(&[("math_add", json!({ "a": 1, "b": 2 }))])]).await;
    let call = ask(&project, json!({ "prompt": "?" })).handle("tools", tools());
    let message = call.of(Type::Named("Message".into())).json().await.unwrap();
    let asked = json!([{ "id": "c0", "name": "math.add", "arguments": { "a": 1, "b": 2 } }]);
    assert_eq!((&message["role"], &message["tool_calls"]), (&json!("assistant"), &asked));
    let tool = &script.last()["tools"][0]["function"];
    assert_eq!((&tool["name"], &tool["description"]), (&json!("math_add"), &json!("Adds numbers.")));
    assert_eq!(tool["parameters"]["required"], json!(["a", "b"]));
}

#[tokio::test]
async fn a_stream_is_joined() {
    let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"lo\"},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";
    let cut = "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n";
    let (project, script) = openai(vec![Say::Text(stream), Say::Text(cut)]).await;
    let args = json!({ "prompt": "?", "stream": true });
    assert_eq!(ask(&project, args.clone()).of(Type::String).json().await.unwrap(), "Hello");
    assert_eq!((&script.last()["stream"], project.log.usages()[0].prompt_tokens), (&json!(true), 3));
    let error = ask(&project, args).of(Type::String).error().await;
    assert_eq!(error.kind, ErrorKind::Network);
}

#[tokio::test]
async fn anthropic_and_ollama_speak_their_own_formats() {
    let reply = json!({
        "content": [{ "type": "tool_use", "id": "t", "name": "answer", "input": { "name": "Ann", "age": 7 } }],
        "stop_reason": "tool_use", "usage": { "input_tokens": 4, "output_tokens": 2 },
    });
    let (base, script) = model(vec![Say::Json(reply)]).await;
    let anthropic = project("anthropic", &base);
    let args = json!({ "system": "Be brief.", "prompt": "who" });
    assert_eq!(ask(&anthropic, args.clone()).of(person()).json().await.unwrap()["age"], 7);
    let asked = &script.asked()[0];
    assert_eq!(
        (asked.path.as_str(), asked.headers["x-api-key"].to_str().unwrap()),
        ("/v1/messages", "k3y-s3cret")
    );
    assert_eq!(
        (&asked.body["system"], &asked.body["tool_choice"]["name"]),
        (&json!("Be brief."), &json!("answer"))
    );
    assert_eq!(
        asked.body["messages"],
        json!([{ "role": "user", "content": [{ "type": "text", "text": "who" }] }])
    );
    assert_eq!(anthropic.log.usages()[0].prompt_tokens, 4);

    let reply = json!({ "message": { "content": "{\"name\":\"Ann\",\"age\":7}" }, "done_reason": "stop", "eval_count": 2 });
    let (base, script) = model(vec![Say::Json(reply)]).await;
    let ollama = project("ollama", &base);
    assert_eq!(ask(&ollama, args).of(person()).json().await.unwrap()["age"], 7);
    assert_eq!(
        (script.asked()[0].path.as_str(), &script.last()["format"]["type"]),
        ("/api/chat", &json!("object"))
    );
}

#[tokio::test]
async fn the_first_provider_that_answers_counts() {
    let (down, _) = model(vec![Say::Status(503, vec![], "down"), Say::Status(503, vec![], "down")]).await;
    let (up, _) = model(vec![text("ok"), Say::Status(500, vec![], "also")]).await;
    let project = Project::set_up(types, |run| {
        run.llm.mode = LlmMode::Live;
        run.providers.insert("a".into(), provider("openai", &down));
        run.providers.insert("b".into(), provider("openai", &up));
        run.providers.insert("m".into(), Ok(ResolvedProvider::FirstOf(vec!["a".into(), "b".into()])));
    });
    assert_eq!(ask(&project, json!({ "prompt": "?" })).of(Type::String).json().await.unwrap(), "ok");
    assert_eq!(project.log.usages()[0].provider, "b");
    let error = ask(&project, json!({ "prompt": "?" })).of(Type::String).error().await;
    assert!(error.message.contains("(before: `a`: ") && error.message.contains("503"), "{error}");
}

#[tokio::test]
async fn a_vector_is_given() {
    let (project, script) = openai(vec![Say::Json(json!({ "data": [{ "embedding": [0.5, 1] }] }))]).await;
    let embed = project.call("embed", json!({ "text": "x" })).handle("model", Handle::Provider("m".into()));
    assert_eq!(embed.json().await.unwrap(), json!([0.5, 1.0]));
    assert_eq!((script.asked()[0].path.as_str(), &script.last()["input"]), ("/embeddings", &json!(["x"])));
}

#[tokio::test]
async fn answers_are_recorded_and_replayed_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let cassette = folder.path().join("triage.cassette.jsonl");
    let with = |mode: LlmMode, base: &str| {
        let (provider, cassette) = (provider("openai", base), Some(cassette.clone()));
        Project::set_up(types, |run| {
            run.llm = LlmOptions { mode, cassette };
            run.redactor.add("token", "t0k3n-value");
            run.providers.insert("m".into(), provider);
        })
    };
    let (base, script) = model(vec![text("one"), text("two"), text("other")]).await;
    let recording = with(LlmMode::Record, &base);
    for prompt in ["same t0k3n-value", "same t0k3n-value", "the weather in Rome"] {
        ask(&recording, json!({ "prompt": prompt })).of(Type::String).run().await.unwrap();
    }
    assert_eq!(script.asked().len(), 3);
    let recorded = std::fs::read_to_string(&cassette).unwrap();
    assert_eq!(recorded.lines().count(), 3);
    assert!(!recorded.contains("t0k3n") && !recorded.contains("k3y-s3cret"), "{recorded}");

    let replay = with(LlmMode::Auto, "http://127.0.0.1:1");
    for expected in ["one", "two", "two"] {
        let answer =
            ask(&replay, json!({ "prompt": "same t0k3n-value" })).of(Type::String).json().await.unwrap();
        assert_eq!(answer, expected);
    }
    assert_eq!((replay.log.usages()[0].prompt_tokens, replay.log.usages()[0].usd), (10, Some(0.0)));
    let error = ask(&replay, json!({ "prompt": "the weather in Oslo" })).of(Type::String).error().await;
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert_eq!(
        error.message,
        "the cassette `triage.cassette.jsonl` has no answer to this request; the nearest recorded one differs at \
         `/messages/0/content`: here \"the weather in Oslo\", there \"same [secret:token]\"; `--llm record` asks the \
         provider and adds its answers"
    );
}

#[tokio::test]
async fn without_a_key_and_a_cassette_nothing_is_asked() {
    let project = Project::set_up(types, |run| {
        let vendor = |vendor: &str| ResolvedProvider::Model {
            vendor: vendor.into(),
            model: "m".into(),
            options: BTreeMap::new(),
        };
        run.llm.cassette = Some("/nowhere/x.cassette.jsonl".into());
        run.providers.insert("m".into(), Ok(vendor("anthropic")));
        run.providers.insert("odd".into(), Ok(vendor("odd")));
    });
    let error = ask(&project, json!({ "prompt": "?" })).of(Type::String).error().await;
    assert_eq!(
        error.message,
        "provider `m` needs a key: ANTHROPIC_API_KEY is not set and there is no cassette `x.cassette.jsonl`"
    );
    let odd = project.call("ask", json!({ "prompt": "?" })).handle("model", Handle::Provider("odd".into()));
    assert_eq!(odd.of(Type::String).error().await.message, "no provider is built in for `odd`");
}
