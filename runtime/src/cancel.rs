//! A flag that stops work, with children and deadlines.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tokio::sync::Notify;

/// Cancels what listens to it. Clones share the flag; a child is cancelled with its parent.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<State>);

#[derive(Debug, Default)]
struct State {
    set: AtomicBool,
    changed: Notify,
    parent: Option<CancelToken>,
    deadline: Option<Instant>,
}

impl CancelToken {
    /// A token of its own.
    pub fn new() -> CancelToken {
        CancelToken::default()
    }

    /// A token that is cancelled by itself or with this one.
    #[must_use]
    pub fn child(&self) -> CancelToken {
        self.child_until(None)
    }

    /// A child that says when it will be cancelled: at the deadline or at its parents', whichever is
    /// first. Who makes it cancels it.
    #[must_use]
    pub fn child_until(&self, deadline: Option<Instant>) -> CancelToken {
        let deadline = self.0.deadline.into_iter().chain(deadline).min();
        CancelToken(Arc::new(State { parent: Some(self.clone()), deadline, ..State::default() }))
    }

    /// When it will be cancelled, if that is known.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    /// Sets the flag. It stays set.
    pub fn cancel(&self) {
        self.0.set.store(true, Ordering::Release);
        self.0.changed.notify_waiters();
    }

    /// Is it set, here or in a parent?
    pub fn is_cancelled(&self) -> bool {
        self.0.set.load(Ordering::Acquire) || self.0.parent.as_ref().is_some_and(CancelToken::is_cancelled)
    }

    /// Ends when the flag is set, here or in a parent.
    pub async fn cancelled(&self) {
        let mut waits: Vec<_> = std::iter::successors(Some(self), |token| token.0.parent.as_ref())
            .map(|token| Box::pin(token.own()))
            .collect();
        if let [only] = waits.as_mut_slice() {
            return only.await;
        }
        futures_util::future::select_all(waits).await;
    }

    async fn own(&self) {
        let changed = self.0.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        if !self.0.set.load(Ordering::Acquire) {
            changed.await;
        }
    }
}
