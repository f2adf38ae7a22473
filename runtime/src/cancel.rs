//! A flag that stops work, with children.

use std::sync::Arc;
use tokio::sync::watch;

/// Cancels what listens to it. Clones share the flag; a child is cancelled with its parent.
#[derive(Clone, Debug)]
pub struct CancelToken {
    flag: Arc<watch::Sender<bool>>,
    parent: Option<Arc<CancelToken>>,
}

impl Default for CancelToken {
    fn default() -> Self {
        CancelToken { flag: Arc::new(watch::Sender::new(false)), parent: None }
    }
}

impl CancelToken {
    /// A token of its own.
    pub fn new() -> CancelToken {
        CancelToken::default()
    }

    /// A token that is cancelled by itself or with this one.
    #[must_use]
    pub fn child(&self) -> CancelToken {
        CancelToken { parent: Some(Arc::new(self.clone())), ..CancelToken::default() }
    }

    /// Sets the flag. It stays set.
    pub fn cancel(&self) {
        self.flag.send_replace(true);
    }

    /// Is it set, here or in a parent?
    pub fn is_cancelled(&self) -> bool {
        *self.flag.borrow() || self.parent.as_ref().is_some_and(|p| p.is_cancelled())
    }

    /// Ends when the flag is set, here or in a parent.
    pub async fn cancelled(&self) {
        let mut waits: Vec<_> = std::iter::successors(Some(self), |token| token.parent.as_deref())
            .map(|token| {
                let mut receiver = token.flag.subscribe();
                Box::pin(async move {
                    let _ = receiver.wait_for(|set| *set).await;
                })
            })
            .collect();
        if let [only] = waits.as_mut_slice() {
            return only.await;
        }
        futures_util::future::select_all(waits).await;
    }
}
