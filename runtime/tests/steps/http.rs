//! `http.*` against a real server.

use crate::support::{Project, allow};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use rustchain_plan::{EffectKind, ErrorKind, Type, Value};
use serde_json::json;
use std::time::Duration;

/// Serves an app on loopback; gives its address.
pub async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

async fn echo(method: Method, RawQuery(query): RawQuery, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).map(|v| v.to_str().unwrap().to_owned());
    axum::Json(json!({
        "method": method.as_str(), "query": query, "body": String::from_utf8_lossy(&body),
        "type": header("content-type"), "authorization": header("authorization"),
        "key": header("idempotency-key"), "other": header("x-other"),
    }))
    .into_response()
}

async fn status(Path(code): Path<u16>) -> Response {
    let mut response = (StatusCode::from_u16(code).unwrap(), "the reason").into_response();
    response.headers_mut().insert(header::RETRY_AFTER, "7".parse().unwrap());
    response
}

async fn redirect(Path((code, target)): Path<(u16, String)>) -> Response {
    let code = StatusCode::from_u16(code).unwrap();
    let target = if target.starts_with("http") { target } else { format!("/{target}") };
    (code, [(header::LOCATION, target)]).into_response()
}

async fn server() -> String {
    let app = Router::new()
        .route("/echo", any(echo))
        .route("/status/{code}", any(status))
        .route("/to/{code}/{*target}", any(redirect))
        .route("/loop", any(|| async { (StatusCode::FOUND, [(header::LOCATION, "/loop")]) }))
        .route("/text", get(|| async { "plain" }))
        .route("/empty", any(|| async { StatusCode::NO_CONTENT }))
        .route("/stall", get(|| async { tokio::time::sleep(Duration::from_secs(600)).await }))
        .route("/ticket", get(|| async { axum::Json(json!({ "name": "a", "is_dir": true, "size": 1 })) }));
    serve(app).await
}

fn reader(base: &str) -> Project {
    let all = format!("{base}/**");
    Project::with(|plan| plan.policy = allow(&[(EffectKind::NetRead, &all), (EffectKind::NetWrite, &all)]))
}

#[tokio::test]
async fn a_body_is_decoded_as_its_type() {
    let base = server().await;
    let project = Project::new();
    let get = |path: &str| project.call("http.get", json!({ "url": format!("{base}{path}") }));
    assert_eq!(get("/text").of(Type::String).json().await.unwrap(), "plain");
    assert_eq!(get("/text").of(Type::Bytes).run().await.unwrap(), Value::Bytes(b"plain".as_slice().into()));
    assert_eq!(get("/text").of(Type::Unit).run().await.unwrap(), Value::Null);
    let fields = [("name".into(), Type::String), ("size".into(), Type::Int)].into();
    let record = get("/ticket").of(Type::Record(fields)).json().await.unwrap();
    assert_eq!(record, json!({ "name": "a", "size": 1 }));
    let error = get("/text").of(Type::Json).error().await;
    assert_eq!(error.kind, ErrorKind::ParseError);
    assert!(error.message.starts_with(&format!("GET {base}/text: the body is no JSON")), "{error}");
    let fields = [("missing".into(), Type::String)].into();
    let error = get("/ticket").of(Type::Record(fields)).error().await;
    assert_eq!(error.kind, ErrorKind::ParseError, "{error}");
    assert_eq!(get("/empty").of(Type::Json).json().await.unwrap(), json!(null));
}

#[tokio::test]
async fn requests_carry_what_they_are_given() {
    let base = server().await;
    let project = Project::new();
    let url = format!("{base}/echo?a=1");
    let got =
        project.call("http.get", json!({ "url": url, "query": { "q": "x y&z" } })).json().await.unwrap();
    assert_eq!((&got["query"], &got["type"]), (&json!("a=1&q=x+y%26z"), &json!(null)));
    for (callee, method) in [("http.post", "POST"), ("http.put", "PUT"), ("http.patch", "PATCH")] {
        let args = json!({
            "url": url, "body": { "n": 1 }, "idempotency_key": "k-1", "headers": { "authorization": "Bearer t" },
        });
        let got = project.call(callee, args).json().await.unwrap();
        assert_eq!((&got["method"], &got["body"]), (&json!(method), &json!("{\"n\":1}")));
        assert_eq!((&got["type"], &got["key"]), (&json!("application/json"), &json!("k-1")));
        assert_eq!(got["authorization"], "Bearer t");
    }
    let got = project.call("http.delete", json!({ "url": url })).json().await.unwrap();
    assert_eq!(got["method"], "DELETE");
    let bad = json!({ "url": url, "headers": { "x": "a\nb" } });
    assert_eq!(project.call("http.get", bad).error().await.kind, ErrorKind::Invalid);
}

#[tokio::test]
async fn statuses_become_kinds() {
    let base = server().await;
    let project = Project::new();
    for (code, kind) in [(404, ErrorKind::Http4xx), (503, ErrorKind::Http5xx), (429, ErrorKind::RateLimit)] {
        let url = format!("{base}/status/{code}?key=s3cret");
        let error = project.call("http.get", json!({ "url": url })).error().await;
        assert_eq!((error.kind, error.retry_after), (kind, Some(Duration::from_secs(7))));
        assert!(error.message.starts_with(&format!("GET {base}/status/{code} answered {code}")), "{error}");
        assert!(error.message.ends_with(": the reason") && !error.message.contains("s3cret"), "{error}");
        assert_eq!(error.detail.unwrap()["status"], code);
    }
}

#[tokio::test]
async fn a_request_gives_any_status() {
    let base = server().await;
    let project = Project::new();
    let args = json!({ "method": "GET", "url": format!("{base}/status/404") });
    let response = project.call("http.request", args).json().await.unwrap();
    assert_eq!((&response["status"], &response["body"]), (&json!(404), &json!("the reason")));
    assert_eq!(response["headers"]["retry-after"], "7");
    let args = json!({ "method": "POST", "url": format!("{base}/echo"), "text": "raw", "headers": { "content-type": "text/x" } });
    let response = project.call("http.request", args).of(Type::Json).json().await.unwrap();
    assert_eq!((&response["body"]["body"], &response["body"]["type"]), (&json!("raw"), &json!("text/x")));
}

#[tokio::test]
async fn each_redirect_is_decided_by_the_policy() {
    let (base, other) = (server().await, server().await);
    let project = reader(&base);
    let get = |path: String| {
        let headers = json!({ "authorization": "Bearer t", "x-other": "o" });
        project.call("http.get", json!({ "url": format!("{base}{path}"), "headers": headers }))
    };
    let got = get("/to/302/echo".into()).json().await.unwrap();
    assert_eq!(got["authorization"], "Bearer t");
    let error = get(format!("/to/302/{other}/echo")).error().await;
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.message.contains(&format!("redirects to {other}/echo")), "{error}");
    let error = get("/loop".into()).error().await;
    assert_eq!(error.message, format!("GET {base}/loop: more than 10 redirects"));
    let post = |code: u16| {
        project.call("http.post", json!({ "url": format!("{base}/to/{code}/echo"), "body": [1] }))
    };
    let got = post(303).json().await.unwrap();
    assert_eq!((&got["method"], &got["body"]), (&json!("GET"), &json!("")));
    let got = post(307).json().await.unwrap();
    assert_eq!((&got["method"], &got["body"]), (&json!("POST"), &json!("[1]")));
}

#[tokio::test]
async fn another_origin_gets_no_credentials() {
    let (base, other) = (server().await, server().await);
    let project = Project::set_up(
        |plan| plan.policy = allow(&[(EffectKind::NetRead, "**")]),
        |run| run.redactor.add("key", "s3cr3t"),
    );
    for (name, value, left) in
        [("authorization", "Bearer t", "authorization"), ("x-other", "s3cr3t", "other")]
    {
        let url = format!("{base}/to/302/{other}/echo");
        let got =
            project.call("http.get", json!({ "url": url, "headers": { name: value } })).json().await.unwrap();
        assert_eq!(got[left], json!(null));
    }
}

#[tokio::test]
async fn what_does_not_answer_is_network_or_given_up() {
    let project = Project::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let reachable =
        |port: u16| project.call("net.reachable", json!({ "address": format!("tcp://127.0.0.1:{port}") }));
    assert_eq!(reachable(port).run().await.unwrap(), Value::Bool(true));
    drop(listener);
    assert_eq!(reachable(port).run().await.unwrap(), Value::Bool(false));
    let url = format!("http://127.0.0.1:{port}/x?key=s3cret");
    let error = project.call("http.get", json!({ "url": url })).error().await;
    assert_eq!(error.kind, ErrorKind::Network);
    assert!(error.message.contains("Connection refused") && !error.message.contains("s3cret"), "{error}");

    let base = server().await;
    let stalled = project.call("http.get", json!({ "url": format!("{base}/stall") })).run();
    assert!(tokio::time::timeout(Duration::from_millis(200), stalled).await.is_err());
}

#[tokio::test]
async fn a_download_appears_whole() {
    let base = server().await;
    let project = Project::new();
    let url = format!("{base}/text");
    let size = project.call("http.download", json!({ "url": url, "path": "in/x.txt" })).run().await.unwrap();
    assert_eq!((size, project.text("in/x.txt").as_str()), (Value::Int(5), "plain"));
    let url = format!("{base}/status/404");
    let error = project.call("http.download", json!({ "url": url, "path": "in/y.txt" })).error().await;
    assert_eq!(error.kind, ErrorKind::Http4xx);
    assert_eq!(std::fs::read_dir(project.path("in")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_body_that_ends_early_leaves_no_file() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 1024]).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart").await.unwrap();
    });
    let project = Project::new();
    project.write("in/old", "");
    let error = project.call("http.download", json!({ "url": url, "path": "in/x" })).error().await;
    assert_eq!(error.kind, ErrorKind::Network, "{error}");
    assert_eq!(std::fs::read_dir(project.path("in")).unwrap().count(), 1);
}
