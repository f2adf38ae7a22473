//! Why a step failed: a closed set, named in `on error [..]`, `retry .. on [..]` and `raises [..]`.

use serde::{Deserialize, Serialize};

/// The kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// An attempt or a step took longer than its `timeout` or `within`.
    Timeout,
    /// No connection, DNS, TLS, reset.
    Network,
    /// Status 4xx, 429 excepted.
    #[serde(rename = "http_4xx")]
    Http4xx,
    /// Status 5xx.
    #[serde(rename = "http_5xx")]
    Http5xx,
    /// Status 429, or a provider's word for it.
    RateLimit,
    /// A body or a reply could not be read as what it should be.
    ParseError,
    /// A process ended with this status; signals are 128 + number.
    Exit(i32),
    /// A bound of `loop`, an agent or a poll was reached.
    Exhausted,
    /// A file, program or row that is not there.
    NotFound,
    /// The operating system refused.
    Permission,
    /// Any other failure of a file or a process.
    Io,
    /// The policy or a guard refused.
    Refused,
    /// An index outside the list, a key outside the map.
    Index,
    /// A `where` constraint does not hold.
    Constraint,
    /// An argument that the callee does not accept.
    Invalid,
    /// A budget is used up.
    Budget,
    /// Foreign code raised an exception.
    Exception,
    /// Foreign code asked that its step be skipped. Never retried.
    Skipped,
    /// Foreign code said that no further attempt can help. Never retried.
    Fatal,
    /// The model refused to answer.
    Refusal,
    /// A person said no, or nobody answered.
    Denied,
    /// `fail(..)` was called.
    Failed,
    /// A division by zero, an overflow, a value outside what a function accepts.
    Arithmetic,
}

impl ErrorKind {
    /// True where another attempt would be against what was said: by a policy, a budget or the code itself.
    pub fn is_final(self) -> bool {
        matches!(self, ErrorKind::Refused | ErrorKind::Budget | ErrorKind::Skipped | ErrorKind::Fatal)
    }

    /// Every kind but `exit(n)`, by name.
    pub const NAMED: &'static [(&'static str, ErrorKind)] = &[
        ("timeout", ErrorKind::Timeout),
        ("network", ErrorKind::Network),
        ("http_4xx", ErrorKind::Http4xx),
        ("http_5xx", ErrorKind::Http5xx),
        ("rate_limit", ErrorKind::RateLimit),
        ("parse_error", ErrorKind::ParseError),
        ("exhausted", ErrorKind::Exhausted),
        ("not_found", ErrorKind::NotFound),
        ("permission", ErrorKind::Permission),
        ("io", ErrorKind::Io),
        ("refused", ErrorKind::Refused),
        ("index", ErrorKind::Index),
        ("constraint", ErrorKind::Constraint),
        ("invalid", ErrorKind::Invalid),
        ("budget", ErrorKind::Budget),
        ("exception", ErrorKind::Exception),
        ("skipped", ErrorKind::Skipped),
        ("fatal", ErrorKind::Fatal),
        ("refusal", ErrorKind::Refusal),
        ("denied", ErrorKind::Denied),
        ("failed", ErrorKind::Failed),
        ("arithmetic", ErrorKind::Arithmetic),
    ];

    /// The name without an argument: `exit` for any exit status.
    pub fn name(self) -> &'static str {
        if let ErrorKind::Exit(_) = self {
            return "exit";
        }
        ErrorKind::NAMED.iter().find(|(_, k)| *k == self).map_or("exit", |(n, _)| n)
    }
}

impl std::fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ErrorKind::Exit(code) => write!(f, "exit({code})"),
            other => f.write_str(other.name()),
        }
    }
}

/// What an `on [..]` list matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KindPattern {
    /// `any`.
    Any,
    /// `exit`: any status.
    AnyExit,
    /// Exactly this kind (and this status).
    Is(ErrorKind),
}

impl KindPattern {
    /// Does it match?
    pub fn matches(self, kind: ErrorKind) -> bool {
        match self {
            KindPattern::Any => true,
            KindPattern::AnyExit => matches!(kind, ErrorKind::Exit(_)),
            KindPattern::Is(k) => k == kind,
        }
    }
}
