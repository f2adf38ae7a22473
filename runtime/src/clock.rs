//! The only place that reads a clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Where the time of a run comes from.
#[derive(Debug)]
pub enum Clock {
    /// The system's.
    System,
    /// Stands still unless moved: tests.
    Fixed(AtomicI64),
}

impl Clock {
    /// A clock that stands at `nanoseconds` since 1970 UTC.
    pub fn fixed(nanoseconds: i64) -> Clock {
        Clock::Fixed(AtomicI64::new(nanoseconds))
    }

    /// Wall time, nanoseconds since 1970 UTC.
    pub fn now(&self) -> i64 {
        match self {
            Clock::System => system_now(),
            Clock::Fixed(at) => at.load(Ordering::Relaxed),
        }
    }

    /// Does it stand still? Waits pass at once then.
    pub fn is_fixed(&self) -> bool {
        matches!(self, Clock::Fixed(_))
    }

    /// Waits. A fixed clock moves on by as much at once.
    pub async fn sleep(&self, duration: std::time::Duration) {
        match self {
            Clock::System => tokio::time::sleep(duration).await,
            Clock::Fixed(at) => {
                let nanoseconds = i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
                let _ = at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |t| {
                    Some(t.saturating_add(nanoseconds))
                });
                tokio::task::yield_now().await;
            }
        }
    }
}

fn system_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map(|d| d.as_nanos()).unwrap_or(0);
    i64::try_from(since).unwrap_or(i64::MAX)
}

/// Monotonic time, for deadlines and durations.
pub fn instant() -> Instant {
    Instant::now()
}
