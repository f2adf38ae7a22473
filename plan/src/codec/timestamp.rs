//! Timestamps as text.

/// RFC 3339 in UTC, with as many digits of a second as are needed: `2026-01-01T00:00:00Z`.
pub fn format_timestamp(nanoseconds: i64) -> String {
    match jiff::Timestamp::from_nanosecond(i128::from(nanoseconds)) {
        Ok(time) => time.to_string(),
        // Never: every i64 lies between the years 1677 and 2262.
        Err(_) => nanoseconds.to_string(),
    }
}

/// The nanoseconds since 1970 of an RFC 3339 text; `None` where it is none, or outside 1677 to 2262.
pub fn parse_timestamp(text: &str) -> Option<i64> {
    let time: jiff::Timestamp = text.trim().parse().ok()?;
    i64::try_from(time.as_nanosecond()).ok()
}
