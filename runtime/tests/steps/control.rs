//! `noop`, `fail`, `wait.*`, `clock.*`, `random.*`, `log.*`, `system.*`, `human.*`.

use crate::support::Project;
use futures_util::future::BoxFuture;
use rustchain_plan::{ErrorKind, Type, Value};
use rustchain_runtime::clock::Clock;
use rustchain_runtime::people::{People, Question};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn fail_fails_with_its_reason() {
    let error = Project::new().call("fail", json!({ "reason": "no data" })).error().await;
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Failed, "no data"));
}

#[tokio::test]
async fn waits_move_the_run_clock() {
    let project = Project::set_up(|_| {}, |run| run.clock = Clock::fixed(1_000).into());
    project.call("wait.sleep", json!({ "for": "PT1H" })).run().await.unwrap();
    let now = project.call("clock.now", json!({})).run().await.unwrap();
    assert_eq!(now, Value::Timestamp(3_600_000_001_000));
    let until = |time: &str| project.call("wait.until", json!({ "time": time }));
    until("1970-01-01T02:00:00Z").run().await.unwrap();
    until("1969-01-01T00:00:00Z").run().await.unwrap();
    let now = project.call("clock.now", json!({})).run().await.unwrap();
    assert_eq!(now, Value::Timestamp(7_200_000_000_000));
}

#[tokio::test]
async fn random_numbers_stay_in_range_and_repeat_with_a_seed() {
    let project = Project::new();
    let mut seen = std::collections::BTreeSet::new();
    for i in 0..200 {
        let draw = || project.call("random.int", json!({ "low": -1, "high": 1 })).at(&format!("s[{i}]"));
        let Value::Int(n) = draw().run().await.unwrap() else { panic!() };
        assert_eq!(draw().run().await.unwrap(), Value::Int(n));
        seen.insert(n);
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [-1, 0, 1]);
    let all = json!({ "low": i64::MIN, "high": i64::MAX });
    assert!(matches!(project.call("random.int", all).run().await, Ok(Value::Int(_))));
    let error = project.call("random.int", json!({ "low": 2, "high": 1 })).error().await;
    assert_eq!(error.kind, ErrorKind::Invalid);
    let uuid = project.call("random.uuid", json!({})).json().await.unwrap();
    let uuid = uuid.as_str().unwrap();
    assert_eq!((uuid.len(), uuid.as_bytes()[14]), (36, b'4'));
}

#[tokio::test]
async fn log_lines_reach_the_log() {
    let project = Project::new();
    project.call("log.warn", json!({ "message": "careful" })).run().await.unwrap();
    let details = project.log.details();
    assert_eq!(details, [("step".into(), "message".into(), json!({ "level": "warn", "text": "careful" }))]);
}

#[tokio::test]
async fn resources_are_those_of_the_machine() {
    let resources = Project::new().call("system.resources", json!({})).json().await.unwrap();
    assert!(resources["cpus"].as_i64().unwrap() >= 1);
    assert!(resources["memory_total"].as_i64().unwrap() >= resources["memory_available"].as_i64().unwrap());
}

struct Answers(Option<Json>);

impl People for Answers {
    fn ask(&self, question: Question) -> BoxFuture<'_, Option<Json>> {
        assert_eq!(question.subject, "Ship it?");
        Box::pin(async { self.0.clone() })
    }
}

fn asked(answer: Option<Json>) -> Project {
    Project::set_up(|_| {}, |run| run.people = Some(Box::new(Answers(answer))))
}

#[tokio::test]
async fn people_answer_with_typed_values() {
    let subject = json!({ "subject": "Ship it?" });
    let yes = asked(Some(json!(true))).call("human.approve", subject.clone()).json().await.unwrap();
    assert_eq!(yes, json!(true));
    let list = Type::Int.list();
    let numbers = asked(Some(json!([1, 2]))).call("human.ask", subject.clone()).of(list).json().await;
    assert_eq!(numbers.unwrap(), json!([1, 2]));
    let error = asked(None).call("human.ask", subject.clone()).of(Type::String).error().await;
    assert_eq!(error.kind, ErrorKind::Denied);
    let error = Project::new().call("human.approve", subject).error().await;
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Denied, "nobody can be asked in this run: Ship it?")
    );
}
