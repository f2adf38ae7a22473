//! Functions on timestamps and durations. Everything is UTC; no clock and no time zone data are read.

use super::call::Args;
use super::error::EvalError;
use super::math::shortened;
use crate::codec::parse_timestamp;
use crate::value::Value;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;

type Eval = Result<Value, EvalError>;

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

fn zoned(nanoseconds: i64) -> Result<jiff::Zoned, EvalError> {
    let time = Timestamp::from_nanosecond(i128::from(nanoseconds));
    Ok(time.map_err(|e| EvalError::arithmetic(e.to_string()))?.to_zoned(TimeZone::UTC))
}

fn timestamp(time: Timestamp) -> Eval {
    i64::try_from(time.as_nanosecond())
        .map(Value::Timestamp)
        .map_err(|_| EvalError::arithmetic("timestamps lie between the years 1677 and 2262"))
}

pub(super) fn format(args: &mut Args<'_>) -> Eval {
    let (time, pattern) = (args.timestamp(0)?, args.text(1)?);
    if has_wide_field(pattern) {
        return Err(EvalError::invalid("a field of the format is wider than 99"));
    }
    args.meter.room(pattern.len().saturating_mul(64))?;
    match strtime::format(pattern, &zoned(time)?) {
        Ok(text) => Ok(Value::string(text)),
        Err(error) => Err(EvalError::invalid(format!("`{}` is no format: {error}", shortened(pattern)))),
    }
}

/// `%100d` and the like: a hundred digits or more for each four characters of the format.
fn has_wide_field(pattern: &str) -> bool {
    pattern.split('%').skip(1).any(|field| {
        let width = field.trim_start_matches(|c: char| "-_0^#".contains(c));
        width.chars().take_while(char::is_ascii_digit).count() > 2
    })
}

pub(super) fn parse(args: &mut Args<'_>) -> Eval {
    let text = args.text(0)?;
    if !args.value(1)?.is_null() {
        return parse_with(text, args.text(1)?);
    }
    if let Some(time) = parse_timestamp(text).or_else(|| from_date(text.trim())) {
        return Ok(Value::Timestamp(time));
    }
    Err(EvalError::parse(format!("`{}` is no RFC 3339 time and no date", shortened(text))))
}

fn from_date(text: &str) -> Option<i64> {
    let plain = |c: char| c.is_ascii_digit() || "-:.T ".contains(c);
    if !text.chars().all(plain) {
        return None;
    }
    let time: DateTime = text.parse().ok()?;
    i64::try_from(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_nanosecond()).ok()
}

fn parse_with(text: &str, pattern: &str) -> Eval {
    let wrong = |why: String| {
        let (text, pattern) = (shortened(text), shortened(pattern));
        EvalError::parse(format!("`{text}` does not fit the format `{pattern}`: {why}"))
    };
    let parts = BrokenDownTime::parse(pattern, text).map_err(|e| wrong(e.to_string()))?;
    if let Ok(time) = parts.to_timestamp() {
        return timestamp(time);
    }
    let date = parts.to_date().map_err(|e| wrong(e.to_string()))?;
    let clock = parts.to_time().unwrap_or_default();
    let zoned = date.to_datetime(clock).to_zoned(TimeZone::UTC).map_err(|e| wrong(e.to_string()))?;
    timestamp(zoned.timestamp())
}

pub(super) fn weekday(args: &mut Args<'_>) -> Eval {
    let day = zoned(args.timestamp(0)?)?.weekday();
    Ok(Value::Int(i64::from(day.to_monday_one_offset())))
}

pub(super) fn floor(args: &mut Args<'_>) -> Eval {
    let (time, unit) = (args.timestamp(0)?, args.text(1)?);
    let size = match unit {
        "second" => SECOND,
        "minute" => 60 * SECOND,
        "hour" => 3_600 * SECOND,
        "day" => DAY,
        "week" | "month" | "year" => return floor_date(time, unit),
        _ => {
            let shown = shortened(unit);
            return Err(EvalError::invalid(format!(
                "`{shown}` is none of second, minute, hour, day, week, month, year"
            )));
        }
    };
    // The remainder is less than the size, so only the very first day of the range overflows.
    match time.checked_sub(time.rem_euclid(size)) {
        Some(start) => Ok(Value::Timestamp(start)),
        None => Err(EvalError::arithmetic("timestamps begin in the year 1677")),
    }
}

fn floor_date(time: i64, unit: &str) -> Eval {
    let zoned = zoned(time)?;
    let date = zoned.date();
    let start = match unit {
        "week" => {
            let days = i64::from(zoned.weekday().to_monday_zero_offset());
            return floor_day(time.checked_sub(days * DAY));
        }
        "month" => date.first_of_month(),
        _ => date.first_of_year(),
    };
    let start = start.to_zoned(TimeZone::UTC).map_err(|e| EvalError::arithmetic(e.to_string()))?;
    timestamp(start.timestamp())
}

fn floor_day(time: Option<i64>) -> Eval {
    time.and_then(|t| t.checked_sub(t.rem_euclid(DAY)))
        .map(Value::Timestamp)
        .ok_or_else(|| EvalError::arithmetic("timestamps begin in the year 1677"))
}

pub(super) fn unix(args: &mut Args<'_>) -> Eval {
    Ok(Value::Int(args.timestamp(0)?.div_euclid(SECOND)))
}

pub(super) fn from_unix(args: &mut Args<'_>) -> Eval {
    args.int(0)?
        .checked_mul(SECOND)
        .map(Value::Timestamp)
        .ok_or_else(|| EvalError::arithmetic("timestamps lie between the years 1677 and 2262"))
}

pub(super) fn seconds(args: &mut Args<'_>) -> Eval {
    Ok(Value::Float(args.duration(0)? as f64 / SECOND as f64))
}
