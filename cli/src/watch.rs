//! Waits until something under some paths changes.

use crate::error::Error;
use notify::{Event, RecursiveMode, Watcher, recommended_watcher};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Changes that come this close together are one.
const TOGETHER: Duration = Duration::from_millis(80);

/// A watch over paths.
pub struct Watch {
    events: Receiver<notify::Result<Event>>,
    /// Ends with the watch.
    _watcher: notify::RecommendedWatcher,
}

impl Watch {
    /// Watches folders with what is in them, and the folders of files.
    ///
    /// # Errors
    /// Where the system cannot watch a path.
    pub fn over(paths: &[PathBuf]) -> Result<Watch, Error> {
        let failed = |e: notify::Error| Error::Failed(format!("cannot watch: {e}"));
        let (sender, events) = channel();
        let mut watcher = recommended_watcher(sender).map_err(failed)?;
        for path in paths {
            let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
            let folder = if path.is_dir() { path } else { parent.unwrap_or(std::path::Path::new(".")) };
            watcher.watch(folder, RecursiveMode::Recursive).map_err(failed)?;
        }
        Ok(Watch { events, _watcher: watcher })
    }

    /// Returns once a file was changed; false where nothing can change any more.
    pub fn wait(&self) -> bool {
        loop {
            match self.events.recv() {
                Ok(Ok(event)) if matters(&event) => break,
                Ok(_) => {}
                Err(_) => return false,
            }
        }
        while self.events.recv_timeout(TOGETHER).is_ok() {}
        true
    }
}

/// A change of a file that is not the program's own.
fn matters(event: &Event) -> bool {
    let own = |p: &PathBuf| {
        p.components().any(|c| matches!(c.as_os_str().to_str(), Some(".rustchain" | ".git" | "target")))
    };
    !event.kind.is_access() && !event.paths.iter().all(own)
}
