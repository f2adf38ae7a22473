//! Durations as text: `1h30m` in missions, `PT1H30M` (ISO 8601) in JSON.

use std::fmt::Write;

const MISSION: &[(&str, i128)] = &[
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// As missions write it: `1h30m`, `250ms`, `0s`.
pub fn format_duration(nanoseconds: i64) -> String {
    if nanoseconds == 0 {
        return "0s".to_owned();
    }
    let mut out = String::new();
    if nanoseconds < 0 {
        out.push('-');
    }
    let mut rest = i128::from(nanoseconds).abs();
    for (unit, size) in MISSION {
        if rest >= *size {
            // Writing to a string does not fail.
            let _ = write!(out, "{}{unit}", rest / size);
            rest %= size;
        }
    }
    out
}

/// As JSON has it: `PT1H30M`, `PT0.25S`. Days are 24 hours.
pub(crate) fn format_iso(nanoseconds: i64) -> String {
    let total = i128::from(nanoseconds).abs();
    let (seconds, nanos) = (total / 1_000_000_000, total % 1_000_000_000);
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    let mut out = String::from(if nanoseconds < 0 { "-P" } else { "P" });
    // Writing to a string does not fail.
    if days > 0 {
        let _ = write!(out, "{days}D");
    }
    if hours > 0 || minutes > 0 || seconds > 0 || nanos > 0 || days == 0 {
        out.push('T');
    }
    if hours > 0 {
        let _ = write!(out, "{hours}H");
    }
    if minutes > 0 {
        let _ = write!(out, "{minutes}M");
    }
    if nanos > 0 {
        let digits = format!("{nanos:09}");
        let _ = write!(out, "{seconds}.{}S", digits.trim_end_matches('0'));
    } else if seconds > 0 || out.ends_with('T') {
        let _ = write!(out, "{seconds}S");
    }
    out
}

/// The nanoseconds of `1h30m`, `1.5s` or `PT1H30M`; `None` where it is neither, or too long.
pub fn parse_duration(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let total = match text.strip_prefix('P') {
        Some(iso) => parse_iso(iso)?,
        None => parse_parts(text, MISSION)?,
    };
    i64::try_from(if negative { -total } else { total }).ok()
}

fn parse_iso(text: &str) -> Option<i128> {
    const DATE: &[(&str, i128)] = &[("W", 604_800_000_000_000), ("D", 86_400_000_000_000)];
    const TIME: &[(&str, i128)] = &[("H", 3_600_000_000_000), ("M", 60_000_000_000), ("S", 1_000_000_000)];
    let Some((date, time)) = text.split_once('T') else {
        return parse_parts(text, DATE);
    };
    let date = if date.is_empty() { 0 } else { parse_parts(date, DATE)? };
    date.checked_add(parse_parts(time, TIME)?)
}

/// Numbers with units, each unit at most once and in order.
fn parse_parts(text: &str, units: &[(&str, i128)]) -> Option<i128> {
    let (mut rest, mut units, mut total) = (text, units, 0_i128);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(end)?;
        let unit_end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit_end)?;
        let place = units.iter().position(|(name, _)| *name == unit)?;
        let (_, size) = units.get(place)?;
        total = total.checked_add(scaled(number, *size)?)?;
        units = units.get(place + 1..)?;
        rest = tail;
    }
    Some(total)
}

fn scaled(number: &str, size: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || whole.len() > 20 || fraction.len() > 15 || number.ends_with('.') {
        return None;
    }
    let mut total = whole.parse::<i128>().ok()?.checked_mul(size)?;
    if !fraction.is_empty() {
        // At most 15 digits: no overflow.
        let scale = 10_i128.pow(fraction.len() as u32);
        total = total.checked_add(fraction.parse::<i128>().ok()?.checked_mul(size)? / scale)?;
    }
    Some(total)
}
