//! Pushed diagnostics: one thread that always works on the newest snapshot.

use super::capabilities::Client;
use super::convert::{Convert, uri_of};
use super::results;
use crate::ide::{self, Snapshot};
use gen_lsp_types as lsp;
use lsp_server::{Message, Notification};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

enum Order {
    Publish(Snapshot),
    Close(PathBuf),
}

/// The thread; it ends when the worker goes.
pub struct Worker {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread.
    pub fn new<S: Outbox>(outbox: S, client: Client) -> Worker {
        let (orders, queue) = channel();
        let thread = std::thread::spawn(move || work(&queue, &outbox, client));
        Worker { orders: Some(orders), thread: Some(thread) }
    }

    /// Publishes what has changed since the last time; an older order that still waits is dropped.
    pub fn publish(&self, snapshot: Snapshot) {
        self.order(Order::Publish(snapshot));
    }

    /// Takes the diagnostics of a closed buffer away.
    pub fn close(&self, path: PathBuf) {
        self.order(Order::Close(path));
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // The thread ends only after the sender went.
            let _ = orders.send(order);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Where messages to the client go.
pub trait Outbox: Send + 'static {
    /// Sends; what cannot be sent is dropped.
    fn post(&self, message: Message);
}

impl<F: Fn(Message) + Send + 'static> Outbox for F {
    fn post(&self, message: Message) {
        self(message);
    }
}

fn work(queue: &Receiver<Order>, outbox: &impl Outbox, client: Client) {
    let mut shown: BTreeMap<PathBuf, Vec<lsp::Diagnostic>> = BTreeMap::new();
    while let Ok(first) = queue.recv() {
        let mut newest = None;
        for order in std::iter::once(first).chain(queue.try_iter()) {
            match order {
                Order::Publish(snapshot) => newest = Some(snapshot),
                Order::Close(path) => {
                    shown.remove(&path);
                    publish(outbox, &path, None, Vec::new());
                }
            }
        }
        let Some(snapshot) = newest else { continue };
        for (path, document) in snapshot.documents() {
            let found = catch_unwind(AssertUnwindSafe(|| {
                let mut convert = Convert::new(&snapshot, client.encoding);
                let Some(file) = snapshot.analysed(path) else { return Vec::new() };
                let found = ide::diagnostics::of(&file);
                found.iter().map(|d| results::diagnostic(&mut convert, &file, d)).collect()
            }));
            // The panic hook has written where; the last diagnostics stay.
            let Ok(found) = found else { continue };
            if shown.get(path) != Some(&found) {
                publish(outbox, path, Some(document.version), found.clone());
                shown.insert(path.clone(), found);
            }
        }
    }
}

fn publish(
    outbox: &impl Outbox,
    path: &std::path::Path,
    version: Option<i32>,
    diagnostics: Vec<lsp::Diagnostic>,
) {
    let params = lsp::PublishDiagnosticsParams { uri: uri_of(path), version, diagnostics };
    outbox.post(Notification::new("textDocument/publishDiagnostics".to_owned(), params).into());
}
