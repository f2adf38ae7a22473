//! Canonical JSON (RFC 8785): one text for each value, for hashes and signatures.

use serde_json::{Number, Value as Json};
use std::cmp::Ordering;

/// The canonical text. Numbers are IEEE doubles, as the RFC has it: ints beyond 2^53 lose digits; keep
/// them in strings where they matter.
pub fn to_string(json: &Json) -> String {
    let mut out = String::new();
    write(json, &mut out);
    out
}

/// Adds the canonical text to a string.
pub(crate) fn write(json: &Json, out: &mut String) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Number(number) => write_number(number, out),
        Json::String(text) => write_string(text, out),
        Json::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Json::Object(entries) => write_object(entries, out),
    }
}

fn write_object(entries: &serde_json::Map<String, Json>, out: &mut String) {
    let mut sorted: Vec<(&String, &Json)> = entries.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| utf16_order(a, b));
    out.push('{');
    for (i, (key, value)) in sorted.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_string(key, out);
        out.push(':');
        write(value, out);
    }
    out.push('}');
}

/// The order of two texts by their UTF-16 units. That of their bytes is the same, save where one has characters
/// beyond the first plane, which begin with the byte 0xF0 or a higher one.
pub(crate) fn utf16_order(a: &str, b: &str) -> Ordering {
    let is_plain = |text: &str| text.bytes().all(|byte| byte < 0xF0);
    if is_plain(a) && is_plain(b) { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        out.push_str(text);
        out.push('"');
        return;
    }
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn write_number(number: &Number, out: &mut String) {
    const EXACT: i64 = 1 << 53;
    match number.as_i64() {
        Some(n) if (-EXACT..=EXACT).contains(&n) => out.push_str(&n.to_string()),
        // Every number of serde_json without arbitrary precision is a double, an i64 or a u64.
        _ => out.push_str(&format_double(number.as_f64().unwrap_or(0.0))),
    }
}

/// A finite double as ECMAScript's `Number.prototype.toString` writes it.
pub fn format_double(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return "0".to_owned();
    }
    let sign = if number < 0.0 { "-" } else { "" };
    // serde_json writes the shortest digits that give the number back, of two the even ones, as ECMAScript
    // does; only their layout differs.
    let text = Number::from_f64(number.abs()).map_or_else(String::new, |n| n.to_string());
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let padded = format!("{whole}{fraction}");
    let digits = padded.trim_start_matches('0');
    let zeros = padded.len() - digits.len();
    // The decimal point stands after this many digits.
    let point = exponent.parse::<i32>().unwrap_or(0) + whole.len() as i32 - zeros as i32;
    format!("{sign}{}", layout(digits.trim_end_matches('0'), point))
}

fn layout(digits: &str, point: i32) -> String {
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    if length <= point && point <= 21 {
        return format!("{digits}{}", zeros(point - length));
    }
    if 0 < point && point <= 21 {
        let (whole, fraction) =
            digits.split_at_checked(point.unsigned_abs() as usize).unwrap_or((digits, ""));
        return format!("{whole}.{fraction}");
    }
    if -6 < point && point <= 0 {
        return format!("0.{}{digits}", zeros(-point));
    }
    let exponent = point - 1;
    let sign = if exponent < 0 { '-' } else { '+' };
    let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
    let dot = if rest.is_empty() { "" } else { "." };
    format!("{first}{dot}{rest}e{sign}{}", exponent.abs())
}
