//! A real HTTP server on loopback, with a script and a memory.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use std::sync::{Arc, Mutex};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// Path and query.
    pub uri: String,
    pub headers: Vec<(String, String)>,
}

/// Gives the answer to the n-th request (from 0): status, body.
type Script = dyn Fn(usize, &Request) -> (u16, String) + Send + Sync;

/// The server; it stops when it is dropped.
pub struct Server {
    pub url: String,
    seen: Arc<Mutex<Vec<Request>>>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

#[derive(Clone)]
struct Shared {
    script: Arc<Script>,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub fn start(script: impl Fn(usize, &Request) -> (u16, String) + Send + Sync + 'static) -> Server {
        let shared = Shared { script: Arc::new(script), seen: Arc::default() };
        let seen = shared.seen.clone();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("nonblocking");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let thread = std::thread::spawn(move || serve(listener, shared, stopped));
        Server { url, seen, stop: Some(stop), thread: Some(thread) }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.seen.lock().expect("no panic while locked").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

fn serve(listener: std::net::TcpListener, shared: Shared, stopped: tokio::sync::oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let app = axum::Router::new().fallback(answer).with_state(shared);
        tokio::select! {
            _ = axum::serve(listener, app) => {}
            _ = stopped => {}
        }
    });
}

async fn answer(State(shared): State<Shared>, uri: Uri, headers: HeaderMap) -> Response {
    let headers =
        headers.iter().map(|(k, v)| (k.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()));
    let request = Request { uri: uri.to_string(), headers: headers.collect() };
    let number = {
        let mut seen = shared.seen.lock().expect("no panic while locked");
        seen.push(request.clone());
        seen.len() - 1
    };
    let (status, body) = (shared.script)(number, &request);
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [("content-type", "application/json")], body).into_response()
}
