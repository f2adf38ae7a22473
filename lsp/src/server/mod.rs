//! The protocol: reads messages in wire order on one thread, answers requests on a few others, from a snapshot.

mod capabilities;
mod convert;
mod diagnostics;
mod pool;
mod requests;
mod results;
mod semantic;
mod sync;

use crate::ide::Snapshot;
use capabilities::Client;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use pool::Pool;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Serves one client over stdin and stdout until it says `exit`.
///
/// # Errors
/// Where the client breaks the protocol so that nothing can follow, or goes away without a word.
pub fn run() -> Result<(), String> {
    let (connection, threads) = Connection::stdio();
    let result = serve(&connection);
    drop(connection);
    threads.join().map_err(|e| e.to_string())?;
    result
}

/// Serves one client over a connection until it says `exit`.
///
/// # Errors
/// As [`run`].
pub fn serve(connection: &Connection) -> Result<(), String> {
    let (id, params) = connection.initialize_start().map_err(|e| e.to_string())?;
    let client = Client::new(params.get("capabilities").unwrap_or(&Value::Null));
    let answer = json!({
        "capabilities": capabilities::server(client),
        "serverInfo": { "name": "rustchain", "version": env!("CARGO_PKG_VERSION") },
    });
    connection.initialize_finish(id, answer).map_err(|e| e.to_string())?;
    Server::new(connection, client, roots(&params)).messages()
}

/// The folders of an `initialize` request.
fn roots(params: &Value) -> Vec<PathBuf> {
    let folders = params.get("workspaceFolders").and_then(Value::as_array);
    let uris: Vec<&Value> = match folders {
        Some(folders) => folders.iter().filter_map(|f| f.get("uri")).collect(),
        None => params.get("rootUri").into_iter().collect(),
    };
    let uri = |value: &Value| convert::path_of(&gen_lsp_types::Uri(value.as_str()?.to_owned()));
    uris.into_iter().filter_map(uri).collect()
}

/// Requests on their way, each with a flag that says it is cancelled.
type InFlight = Arc<Mutex<HashMap<RequestId, Arc<AtomicBool>>>>;

struct Server<'a> {
    connection: &'a Connection,
    client: Client,
    snapshot: Snapshot,
    roots: Vec<PathBuf>,
    in_flight: InFlight,
    /// Goes up with each change of a text.
    generation: Arc<AtomicU64>,
    pool: Pool,
    diagnostics: diagnostics::Worker,
    semantic: Arc<semantic::Kept>,
    next_request: i32,
}

impl<'a> Server<'a> {
    fn new(connection: &'a Connection, client: Client, roots: Vec<PathBuf>) -> Server<'a> {
        let sender = connection.sender.clone();
        let outbox = move |message| {
            // The writer ends only after the client did.
            let _ = sender.send(message);
        };
        let threads = std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 4));
        Server {
            connection,
            client,
            snapshot: Snapshot::with_roots(roots.clone()),
            roots,
            in_flight: InFlight::default(),
            generation: Arc::default(),
            pool: Pool::new(threads),
            diagnostics: diagnostics::Worker::new(outbox, client),
            semantic: Arc::default(),
            next_request: 0,
        }
    }

    fn messages(&mut self) -> Result<(), String> {
        for message in &self.connection.receiver {
            match message {
                Message::Request(request) if request.method == "shutdown" => {
                    self.send(Response::new_ok(request.id, ()).into());
                    return self.until_exit();
                }
                Message::Request(request) => self.request(request),
                Message::Notification(notification) if notification.method == "exit" => {
                    return Err("the client left without `shutdown`".to_owned());
                }
                Message::Notification(notification) => self.notification(notification),
                Message::Response(_) => {}
            }
        }
        Err("the client went away".to_owned())
    }

    /// After `shutdown` only `exit` counts; requests are refused.
    fn until_exit(&self) -> Result<(), String> {
        for message in &self.connection.receiver {
            match message {
                Message::Notification(n) if n.method == "exit" => return Ok(()),
                Message::Request(request) => {
                    let why = "the server is shutting down".to_owned();
                    self.send(Response::new_err(request.id, ErrorCode::InvalidRequest as i32, why).into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn send(&self, message: Message) {
        // The writer ends only after the client did.
        let _ = self.connection.sender.send(message);
    }

    fn request(&mut self, request: Request) {
        let Some(handler) = requests::handler(&request.method) else {
            let why = format!("`{}` is not something this server can do", request.method);
            self.send(Response::new_err(request.id, ErrorCode::MethodNotFound as i32, why).into());
            return;
        };
        let cancelled = Arc::new(AtomicBool::new(false));
        lock(&self.in_flight).insert(request.id.clone(), Arc::clone(&cancelled));
        let job = Job {
            context: requests::Context {
                snapshot: self.snapshot.clone(),
                client: self.client,
                semantic: Arc::clone(&self.semantic),
            },
            generation: self.generation.load(Ordering::Relaxed),
            newest: Arc::clone(&self.generation),
            in_flight: Arc::clone(&self.in_flight),
            cancelled,
            handler,
        };
        let sender = self.connection.sender.clone();
        self.pool.spawn(move || {
            let response = job.answer(request);
            let _ = sender.send(response.into());
        });
    }

    fn notification(&mut self, notification: Notification) {
        match notification.method.as_str() {
            "$/cancelRequest" => self.cancel(&notification.params),
            "workspace/didChangeWorkspaceFolders" => {
                sync::folders(&mut self.roots, &notification.params);
                self.rebuild();
                self.changed();
            }
            "workspace/didChangeWatchedFiles" | "textDocument/didSave" => self.changed(),
            method => {
                let encoding = self.client.encoding;
                match sync::apply(&mut self.snapshot, encoding, method, notification.params) {
                    Ok(sync::Effect::Nothing) => {}
                    Ok(sync::Effect::Changed) => self.changed(),
                    Ok(sync::Effect::Closed(path)) => {
                        self.semantic.forget(&path);
                        self.diagnostics.close(path);
                        self.changed();
                    }
                    Err(why) => self.log(&format!("{method}: {why}")),
                }
            }
        }
    }

    /// The open buffers over other folders.
    fn rebuild(&mut self) {
        let mut next = Snapshot::with_roots(self.roots.clone());
        for (path, document) in self.snapshot.documents() {
            next.open(path.clone(), document.clone());
        }
        self.snapshot = next;
    }

    fn cancel(&mut self, params: &Value) {
        let id = match params.get("id") {
            Some(Value::Number(n)) => n.as_i64().and_then(|n| i32::try_from(n).ok()).map(RequestId::from),
            Some(Value::String(s)) => Some(RequestId::from(s.clone())),
            _ => None,
        };
        if let Some(flag) = id.and_then(|id| lock(&self.in_flight).get(&id).cloned()) {
            flag.store(true, Ordering::Relaxed);
        }
    }

    /// A text has changed: what was asked before it is stale, diagnostics are due.
    fn changed(&mut self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
        if self.client.pulls {
            if self.client.refreshes {
                self.next_request += 1;
                let id = RequestId::from(format!("refresh-{}", self.next_request));
                self.send(Request::new(id, "workspace/diagnostic/refresh".to_owned(), ()).into());
            }
            return;
        }
        self.diagnostics.publish(self.snapshot.clone());
    }

    fn log(&self, text: &str) {
        let params = json!({ "type": 2, "message": text });
        self.send(Notification::new("window/logMessage".to_owned(), params).into());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One request with the world as it was when it came.
struct Job {
    context: requests::Context,
    generation: u64,
    newest: Arc<AtomicU64>,
    in_flight: InFlight,
    cancelled: Arc<AtomicBool>,
    handler: &'static requests::Handler,
}

impl Job {
    fn answer(self, request: Request) -> Response {
        let id = request.id.clone();
        let response = self.result(request);
        lock(&self.in_flight).remove(&id);
        response
    }

    fn result(&self, request: Request) -> Response {
        let id = request.id;
        if let Some(refusal) = self.stale(&id) {
            return refusal;
        }
        let method = request.method;
        let run = || (self.handler.run)(&self.context, request.params);
        let result = catch_unwind(AssertUnwindSafe(run));
        if let Some(refusal) = self.stale(&id) {
            return refusal;
        }
        match result {
            Ok(Ok(value)) => Response::new_ok(id, value),
            Ok(Err(error)) => Response::new_err(id, error.code, error.message),
            Err(_) => {
                // The panic hook has written where; the client goes on.
                let why = format!("a bug in `{method}`; see the server's standard error");
                Response::new_err(id, ErrorCode::InternalError as i32, why)
            }
        }
    }

    fn stale(&self, id: &RequestId) -> Option<Response> {
        if self.cancelled.load(Ordering::Relaxed) {
            let why = "cancelled".to_owned();
            return Some(Response::new_err(id.clone(), ErrorCode::RequestCanceled as i32, why));
        }
        if self.handler.only_newest && self.generation < self.newest.load(Ordering::Relaxed) {
            let why = "the text has changed".to_owned();
            return Some(Response::new_err(id.clone(), ErrorCode::ContentModified as i32, why));
        }
        None
    }
}
