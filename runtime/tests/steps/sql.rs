//! `sql.*` on real database files.

use crate::support::Project;
use rustchain_plan::{ErrorKind, Type, Value};
use serde_json::json;
use std::time::Duration;

fn row() -> Type {
    let fields =
        [("id", Type::Int), ("name", Type::String), ("ok", Type::Bool), ("tags", Type::String.list())];
    Type::Record(fields.map(|(n, t)| (n.into(), t)).into())
}

async fn filled() -> Project {
    let project = Project::new();
    let json = json!([
        { "id": 1, "name": "a'; DROP TABLE t; --", "ok": true, "tags": ["x"] },
        { "id": 2, "name": "b", "ok": false, "tags": [] },
    ]);
    let rows = rustchain_plan::decode(&json, &row().list(), &project.context.plan.schemas).unwrap();
    let insert =
        project.call("sql.insert", json!({ "db": "d/x.db", "table": "t" })).of(row()).value("rows", rows);
    assert_eq!(insert.json().await.unwrap(), json!({ "rows": 2, "last_id": 2 }));
    project
}

#[tokio::test]
async fn rows_come_back_typed() {
    let project = filled().await;
    let query = |sql: &str, params: serde_json::Value| {
        project.call("sql.query", json!({ "db": "d/x.db", "query": sql, "params": params }))
    };
    let rows =
        query("SELECT * FROM t WHERE id >= ?1 ORDER BY id", json!([1])).of(row()).json().await.unwrap();
    assert_eq!(rows[0], json!({ "id": 1, "name": "a'; DROP TABLE t; --", "ok": true, "tags": ["x"] }));
    assert_eq!(query("SELECT count(*) FROM t", json!([])).of(Type::Int).json().await.unwrap(), json!([2]));
    let maps = query("SELECT id AS n, NULL AS z FROM t LIMIT 1", json!([])).json().await.unwrap();
    assert_eq!(maps, json!([{ "n": 1, "z": null }]));
    let error = query("SELECT name FROM t", json!([])).of(Type::Int).error().await;
    assert_eq!(error.kind, ErrorKind::ParseError);
    assert!(error.message.starts_with("row 1: "), "{error}");
}

#[tokio::test]
async fn statements_run_all_or_not_at_all() {
    let project = filled().await;
    let execute = |sql: &str, params: serde_json::Value| {
        project.call("sql.execute", json!({ "db": "d/x.db", "query": sql, "params": params }))
    };
    let script = "CREATE TABLE u(k INTEGER PRIMARY KEY, v TEXT UNIQUE); INSERT INTO u VALUES (5, 'a')";
    assert_eq!(execute(script, json!([])).json().await.unwrap(), json!({ "rows": 1, "last_id": 5 }));
    let error =
        execute("INSERT INTO u VALUES (6, 'b'); INSERT INTO u VALUES (7, 'a')", json!([])).error().await;
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Constraint, "`d/x.db`: UNIQUE constraint failed: u.v")
    );
    let count = json!({ "db": "d/x.db", "query": "SELECT count(*) FROM u" });
    assert_eq!(project.call("sql.query", count).of(Type::Int).json().await.unwrap(), json!([1]));
    let changed = execute("UPDATE u SET v = ?1 WHERE k = ?2", json!(["z", 5])).json().await.unwrap();
    assert_eq!(changed["rows"], 1);
}

#[tokio::test]
async fn errors_have_kinds() {
    let project = filled().await;
    project.write("text.db", "this is no database, it is a text of some length");
    let cases = [
        ("sql.query", "d/x.db", "SELEC 1", ErrorKind::Invalid),
        ("sql.query", "d/x.db", "SELECT * FROM nothing", ErrorKind::Invalid),
        ("sql.query", "d/x.db", "SELECT ?1", ErrorKind::Invalid),
        ("sql.query", "d/x.db", "DELETE FROM t RETURNING id", ErrorKind::Invalid),
        ("sql.query", "d/x.db", "SELECT 1; SELECT 2", ErrorKind::Invalid),
        ("sql.query", "none.db", "SELECT 1", ErrorKind::Io),
        ("sql.query", "text.db", "SELECT * FROM t", ErrorKind::Io),
        ("sql.execute", "d/x.db", "ATTACH 'other.db' AS o", ErrorKind::Refused),
        ("sql.execute", "d/x.db", "PRAGMA query_only = 0", ErrorKind::Refused),
        ("sql.query", "d/x.db", "SELECT load_extension('x')", ErrorKind::Invalid),
    ];
    for (callee, db, sql, kind) in cases {
        let error = project.call(callee, json!({ "db": db, "query": sql })).error().await;
        assert_eq!(error.kind, kind, "{sql}: {error}");
    }
    assert!(!project.path("none.db").exists() && !project.path("other.db").exists());
}

#[tokio::test]
async fn a_query_that_is_given_up_is_interrupted() {
    let project = filled().await;
    let forever = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
    let query = project.call("sql.query", json!({ "db": "d/x.db", "query": forever })).of(Type::Int).run();
    assert!(tokio::time::timeout(Duration::from_millis(200), query).await.is_err());
    // The runtime waits for its threads when the test ends: a statement that goes on would hang it.
    let one = json!({ "db": "d/x.db", "query": "SELECT 1" });
    assert_eq!(
        project.call("sql.query", one).of(Type::Int).run().await.unwrap(),
        Value::list(vec![Value::Int(1)])
    );
}
