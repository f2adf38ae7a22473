//! `url.*`, and percent-encoding.

use super::call::Args;
use super::error::EvalError;
use crate::pattern;
use crate::value::Value;
use std::fmt::Write;

type Eval = Result<Value, EvalError>;

/// Every byte but the unreserved ones (RFC 3986, section 2.3) as `%XX`.
pub(super) fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `.` or `..`, also percent-encoded.
pub(super) fn is_dots(segment: &str) -> bool {
    let plain = segment.replace("%2e", ".").replace("%2E", ".");
    plain == "." || plain == ".."
}

pub(super) fn encode(args: &mut Args<'_>) -> Eval {
    let text = args.text(0)?;
    args.meter.room(text.len().saturating_mul(3))?;
    Ok(Value::string(percent_encode(text)))
}

pub(super) fn host(args: &mut Args<'_>) -> Eval {
    let url = args.text(0)?;
    args.meter.room(url.len())?;
    let normal = pattern::normalise_url(url).ok_or_else(|| no_url(url))?;
    let (_, rest) = normal.split_once("://").unwrap_or(("", ""));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let end = match host.rfind(']') {
        Some(end) => end + 1,
        None => host.find(':').unwrap_or(host.len()),
    };
    Ok(Value::string(host.get(..end).unwrap_or_default()))
}

fn no_url(text: &str) -> EvalError {
    EvalError::invalid(format!("`{text}` is no url with a scheme and a host"))
}

/// Resolves a reference (RFC 3986, section 5.2).
pub(super) fn join(args: &mut Args<'_>) -> Eval {
    let (base, reference) = (args.text(0)?, args.text(1)?);
    args.meter.room(base.len().saturating_add(reference.len()).saturating_mul(2))?;
    let base = pattern::normalise_url(base).ok_or_else(|| no_url(base))?;
    let joined = resolve(&base, reference);
    let normal = pattern::normalise_url(&joined).ok_or_else(|| no_url(&joined))?;
    Ok(Value::Url(normal.into()))
}

fn resolve(base: &str, reference: &str) -> String {
    if has_scheme(reference) {
        return reference.to_owned();
    }
    let (scheme, rest) = base.split_once("://").unwrap_or(("", base));
    let base = rest.split('#').next().unwrap_or_default();
    if let Some(authority) = reference.strip_prefix("//") {
        return format!("{scheme}://{authority}");
    }
    let path_end = base.find('?').unwrap_or(base.len());
    let path_start = base.find('/').unwrap_or(path_end).min(path_end);
    let authority = base.get(..path_start).unwrap_or_default();
    let path = base.get(path_start..path_end).unwrap_or_default();
    match reference.chars().next() {
        None | Some('#') => format!("{scheme}://{base}{reference}"),
        Some('?') => format!("{scheme}://{authority}{path}{reference}"),
        Some('/') => format!("{scheme}://{authority}{reference}"),
        Some(_) => {
            let folder = path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or("/");
            format!("{scheme}://{authority}{folder}{reference}")
        }
    }
}

fn has_scheme(reference: &str) -> bool {
    let Some((scheme, _)) = reference.split_once(':') else {
        return false;
    };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}
