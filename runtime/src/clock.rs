//! The only place that reads a clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the time of a run comes from. It never goes back.
#[derive(Debug)]
pub enum Clock {
    /// The system's: wall time when it was made, and monotonic time since.
    System {
        /// Nanoseconds since 1970 UTC.
        origin: i64,
        /// The same moment.
        since: Instant,
    },
    /// Stands still unless somebody waits: tests.
    Fixed(AtomicI64),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Clock {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock::System { origin: nanoseconds(since_1970), since: Instant::now() }
    }

    /// A clock that stands at `nanoseconds` since 1970 UTC.
    pub fn fixed(nanoseconds: i64) -> Clock {
        Clock::Fixed(AtomicI64::new(nanoseconds))
    }

    /// Nanoseconds since 1970 UTC.
    pub fn now(&self) -> i64 {
        match self {
            Clock::System { origin, since } => origin.saturating_add(nanoseconds(since.elapsed())),
            Clock::Fixed(at) => at.load(Ordering::Relaxed),
        }
    }

    /// Does it stand still? Waits pass at once then.
    pub fn is_fixed(&self) -> bool {
        matches!(self, Clock::Fixed(_))
    }

    /// Waits. A fixed clock moves on by as much at once.
    pub async fn sleep(&self, duration: Duration) {
        match self {
            Clock::System { .. } => tokio::time::sleep(duration).await,
            Clock::Fixed(at) => {
                at.fetch_add(nanoseconds(duration), Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Nanoseconds of a duration; 292 years at most.
pub(crate) fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// Monotonic time, for deadlines.
pub fn instant() -> Instant {
    Instant::now()
}
