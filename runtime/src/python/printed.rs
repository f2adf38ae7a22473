//! What a worker prints, call by call.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::sync::watch;

/// How much is kept of each call's output: 1 MiB.
const LIMIT: usize = 1 << 20;

/// Collects standard error in a task of its own, so that a worker never waits for a reader.
#[derive(Debug)]
pub struct Printed {
    text: Arc<Mutex<Vec<u8>>>,
    /// How many calls have ended; `u64::MAX` where the pipe is closed.
    ended: watch::Receiver<u64>,
}

impl Printed {
    /// Begins to read.
    pub fn collect(pipe: impl AsyncRead + Unpin + Send + 'static) -> Printed {
        let text = Arc::new(Mutex::new(Vec::new()));
        let (sender, ended) = watch::channel(0);
        let sink = Arc::clone(&text);
        tokio::spawn(async move {
            let mut reader = BufReader::new(pipe);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).await.is_ok_and(|n| n > 0) {
                match marker(&line) {
                    Some(call) => {
                        let _ = sender.send(call);
                    }
                    None => keep(&sink, &line),
                }
                line.clear();
            }
            let _ = sender.send(u64::MAX);
        });
        Printed { text, ended }
    }

    /// What was printed up to the end of a call.
    pub async fn until(&mut self, call: u64) -> String {
        let _ = self.ended.wait_for(|ended| *ended >= call).await;
        let bytes = std::mem::take(&mut *self.text.lock().unwrap_or_else(PoisonError::into_inner));
        // The marker begins with a line break of its own.
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.strip_suffix('\n').unwrap_or(&text).to_owned()
    }
}

fn marker(line: &[u8]) -> Option<u64> {
    let rest = line.strip_prefix(b"\0")?;
    std::str::from_utf8(rest).ok()?.trim_end().parse().ok()
}

fn keep(text: &Mutex<Vec<u8>>, line: &[u8]) {
    let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
    let room = LIMIT.saturating_sub(text.len()).min(line.len());
    text.extend_from_slice(line.get(..room).unwrap_or_default());
}
