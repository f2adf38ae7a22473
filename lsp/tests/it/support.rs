//! Fixtures with a cursor, and a client over a connection in memory.

use lsp_server::{Connection, Message, Notification, Request, Response};
use rustchain_lsp::ide::{Document, Snapshot};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

/// The path of the only file of [`at`]; nothing is there on disk.
pub fn path() -> PathBuf {
    PathBuf::from("/project/m.mission")
}

/// A world with one open buffer, and the byte where `$0` stood in it.
pub fn at(text: &str) -> (Snapshot, u32) {
    let offset = text.find("$0").expect("a cursor");
    let text = text.replacen("$0", "", 1);
    (with(&path(), &text), offset as u32)
}

/// A world with one open buffer.
pub fn with(path: &Path, text: &str) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.open(path.to_owned(), Document { text: text.into(), version: 1 });
    snapshot
}

/// A file of the project.
pub fn file(relative: &str) -> (PathBuf, String) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(relative).canonicalize().expect("a fixture");
    let text = std::fs::read_to_string(&path).expect("UTF-8");
    (path, text)
}

/// A client, with the server on a thread.
pub struct Client {
    connection: Connection,
    server: Option<JoinHandle<Result<(), String>>>,
    next: i32,
    /// What the server said by itself.
    pub heard: Vec<Message>,
}

impl Client {
    /// Starts a server and shakes hands.
    pub fn new(root: &Path, capabilities: Value) -> (Client, Value) {
        let (server, connection) = Connection::memory();
        let thread = std::thread::spawn(move || rustchain_lsp::serve(&server));
        let mut client = Client { connection, server: Some(thread), next: 0, heard: Vec::new() };
        let root = format!("file://{}", root.display());
        let params = json!({ "processId": null, "rootUri": root, "capabilities": capabilities });
        let answer = client.request("initialize", params).expect("a handshake");
        client.notify("initialized", json!({}));
        (client, answer)
    }

    /// Sends a notification.
    pub fn notify(&self, method: &str, params: Value) {
        let message = Notification::new(method.to_owned(), params);
        self.connection.sender.send(message.into()).expect("a server");
    }

    /// Sends a request and gives its id.
    pub fn send(&mut self, method: &str, params: Value) -> i32 {
        self.next += 1;
        let request = Request::new(self.next.into(), method.to_owned(), params);
        self.connection.sender.send(request.into()).expect("a server");
        self.next
    }

    /// The response to a request.
    pub fn response(&mut self, id: i32) -> Response {
        loop {
            let message = self.connection.receiver.recv_timeout(Duration::from_secs(60)).expect("an answer");
            match message {
                Message::Response(response) if response.id == id.into() => return response,
                other => self.heard.push(other),
            }
        }
    }

    /// Sends a request and waits for its result; an error is its code and message.
    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, (i64, String)> {
        let id = self.send(method, params);
        let response = serde_json::to_value(self.response(id)).expect("JSON");
        match response.get("error") {
            Some(error) => Err((
                error["code"].as_i64().unwrap_or_default(),
                error["message"].as_str().unwrap_or_default().to_owned(),
            )),
            None => Ok(response["result"].clone()),
        }
    }

    /// Opens a text.
    pub fn open(&self, path: &Path, text: &str) {
        let language = if path.extension().is_some_and(|e| e == "mission") { "mission" } else { "yaml" };
        self.notify(
            "textDocument/didOpen",
            json!({ "textDocument": { "uri": uri(path), "languageId": language, "version": 1, "text": text } }),
        );
    }

    /// Says goodbye; the server's last word.
    pub fn end(mut self) -> Result<(), String> {
        self.request("shutdown", Value::Null).expect("a goodbye");
        self.notify("exit", Value::Null);
        self.server.take().expect("a server").join().expect("no panic")
    }
}

/// A path as the client writes it.
pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}
