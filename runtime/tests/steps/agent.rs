//! Agents and `chat.call`: tools that a model asks for.

use crate::ask::provider;
use crate::support::model::{Say, Script, calls, model, text};
use crate::support::{Outcome, Project, signature};
use futures_util::future::BoxFuture;
use rustchain_plan::plan::{Agent, Handle, OnErrorAction, ToolRef};
use rustchain_plan::policy::Budget;
use rustchain_plan::{ErrorKind, Expr, ExprId, ExprKind, Type, Value};
use rustchain_runtime::llm::LlmMode;
use rustchain_runtime::step::{StepError, ToolHost};
use serde_json::{Value as Json, json};

/// Adds numbers; refuses to add to 13.
struct Adder;

impl ToolHost for Adder {
    fn invoke<'b>(&'b self, tool: &'b ToolRef, args: Json, _: &'b str) -> BoxFuture<'b, Outcome> {
        assert_eq!(tool.callee, "math.add");
        Box::pin(async move {
            match (args["a"].as_i64(), args["b"].as_i64()) {
                (Some(13), _) => Err(StepError::new(ErrorKind::Refused, "no 13")),
                (Some(a), Some(b)) => Ok(Value::Int(a + b)),
                _ => Err(StepError::invalid("`math.add` needs numbers")),
            }
        })
    }
}

fn add() -> Vec<ToolRef> {
    vec![ToolRef { callee: "math.add".into(), kind: None, pin: None, effects: vec![] }]
}

fn finding() -> Type {
    Type::Record([("sum".into(), Type::Int)].into())
}

async fn project(answers: Vec<Say>, result: Type, change: impl FnOnce(&mut Agent)) -> (Project, Script) {
    let (base, script) = model(answers).await;
    let mut agent = Agent {
        model: "m".into(),
        system: Some(Expr::constant(Value::string("Add."))),
        prompt: Expr { id: ExprId(0), kind: ExprKind::Local("question".into()) },
        tools: add(),
        budget: Budget { turns: Some(4), ..Budget::default() },
        result: result.clone(),
        on_exhausted: None,
    };
    change(&mut agent);
    let numbers = [("a", Type::Int), ("b", Type::Int)];
    let project = Project::set_up(
        |plan| {
            plan.signatures.insert("math.add".into(), signature("math.add", &numbers, Type::Int));
            plan.signatures.insert("adder".into(), signature("adder", &[("question", Type::String)], result));
            plan.agents.insert("adder".into(), agent);
        },
        |run| {
            run.llm.mode = LlmMode::Live;
            run.providers.insert("m".into(), provider("openai", &base));
        },
    );
    (project, script)
}

fn run(project: &Project) -> crate::support::Call<'_> {
    project.call("adder", json!({ "question": "1 + 2?" })).host(&Adder)
}

#[tokio::test]
async fn tools_are_called_until_the_answer_is_given() {
    let answers = vec![
        calls(&[("math_add", json!({ "a": 1, "b": 2 })), ("math_add", json!({ "a": 13, "b": 1 }))]),
        calls(&[("answer", json!({ "sum": 3 }))]),
    ];
    let (project, script) = project(answers, finding(), |_| {}).await;
    assert_eq!(run(&project).json().await.unwrap(), json!({ "sum": 3 }));
    let first = &script.asked()[0].body;
    assert_eq!(first["messages"][1], json!({ "role": "user", "content": "1 + 2?" }));
    let names: Vec<&Json> =
        first["tools"].as_array().unwrap().iter().map(|t| &t["function"]["name"]).collect();
    assert_eq!(names, ["math_add", "answer"]);
    let messages = &script.last()["messages"];
    assert_eq!((&messages[3]["content"], &messages[3]["tool_call_id"]), (&json!("3"), &json!("c0")));
    assert_eq!(messages[4]["content"], "error: refused: no 13");
    let logged: Vec<_> =
        project.log.details().into_iter().filter(|(_, name, _)| name == "tool_call").collect();
    assert_eq!(logged.len(), 2);
    assert_eq!(logged[0].2["outcome"], json!({ "result": "3" }));
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_asked_for_again() {
    let answers = vec![
        text("It is three."),
        calls(&[("answer", json!({ "sum": "three" }))]),
        calls(&[("answer", json!({ "sum": 3 }))]),
    ];
    let (project, script) = project(answers, finding(), |_| {}).await;
    assert_eq!(run(&project).json().await.unwrap(), json!({ "sum": 3 }));
    let messages = script.last()["messages"].as_array().unwrap().clone();
    let last = messages.last().unwrap();
    assert_eq!((&last["role"], &last["tool_call_id"]), (&json!("tool"), &json!("c0")));
    assert!(
        last["content"].as_str().unwrap().starts_with("error: the model's answer cannot be read"),
        "{last}"
    );
}

#[tokio::test]
async fn a_text_answer_needs_no_tool_of_its_own() {
    let (project, script) = project(vec![text("three")], Type::String, |_| {}).await;
    assert_eq!(run(&project).json().await.unwrap(), "three");
    assert_eq!(script.last()["tools"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn every_bound_ends_the_loop() {
    let asks = || (0..9).map(|_| calls(&[("math_add", json!({ "a": 1, "b": 2 }))])).collect::<Vec<_>>();
    let (two, script) = project(asks(), Type::String, |agent| agent.budget.turns = Some(2)).await;
    let error = run(&two).error().await;
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Exhausted, "agent `adder` gave no answer within 2 turns")
    );
    assert_eq!(script.asked().len(), 2);
    let (tokens, script) = project(asks(), Type::String, |agent| agent.budget.tokens = Some(31)).await;
    assert_eq!(run(&tokens).error().await.kind, ErrorKind::Exhausted);
    assert_eq!(script.asked().len(), 3);
    let (wall, _) =
        project(vec![Say::Stall], Type::String, |agent| agent.budget.wall = Some(100_000_000)).await;
    assert_eq!(run(&wall).error().await.message, "agent `adder` gave no answer within 0.1 s");
    let fallback = |agent: &mut Agent| {
        agent.budget.turns = Some(1);
        agent.on_exhausted = Some(OnErrorAction::Use(Expr::constant(Value::string("unknown"))));
    };
    let (fallback, _) = project(asks(), Type::String, fallback).await;
    assert_eq!(run(&fallback).json().await.unwrap(), "unknown");
}

#[tokio::test]
async fn chat_call_answers_each_call_with_a_message() {
    let project = Project::new();
    let call = |calls: Json| {
        let message = json!({ "role": "assistant", "content": "", "tool_calls": calls });
        project
            .call("chat.call", json!({ "message": message }))
            .handle("tools", Handle::Tools(add()))
            .host(&Adder)
    };
    let calls = json!([
        { "id": "1", "name": "math.add", "arguments": { "a": 1, "b": 2 } },
        { "id": "2", "name": "math_add", "arguments": {} },
        { "id": "3", "name": "other", "arguments": {} },
    ]);
    let answers = call(calls).json().await.unwrap();
    let texts: Vec<&Json> = answers.as_array().unwrap().iter().map(|m| &m["content"]).collect();
    assert_eq!(
        texts,
        ["3", "error: invalid: `math.add` needs numbers", "error: invalid: no tool `other` was offered"]
    );
    assert_eq!((&answers[2]["role"], &answers[2]["tool_call_id"]), (&json!("tool"), &json!("3")));
    let refused = call(json!([{ "id": "1", "name": "math.add", "arguments": { "a": 13 } }])).error().await;
    assert_eq!(refused.kind, ErrorKind::Refused);
    assert_eq!(call(json!([])).json().await.unwrap(), json!([]));
}
