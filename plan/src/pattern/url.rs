//! The normal form of urls, as far as two spellings reach the same resource (RFC 3986, section 6.2, and
//! what the WHATWG URL standard reads differently).

use std::fmt::Write;

/// The normal form: scheme and host lower case, no default port, no dot at the end of the host, addresses
/// in dotted form, no dot segments, percent-encoding in upper case and only where needed, a path, no
/// fragment. `None` where the text has no scheme with `://`, no host, a host that is not ASCII (write
/// punycode), or holds control characters.
pub(crate) fn normalise_url(text: &str) -> Option<String> {
    let text = text.trim_matches(' ');
    if text.chars().any(char::is_control) {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    if !is_scheme(scheme) {
        return None;
    }
    let scheme = scheme.to_ascii_lowercase();
    let rest = rest.split('#').next().unwrap_or_default();
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let rest = if is_web(&scheme) { rest.replace('\\', "/") } else { rest.to_owned() };
    let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?;
    let authority = normalise_authority(&scheme, authority)?;
    let path = remove_dot_segments(&normalise_percent(path));
    let mut out = format!("{scheme}://{authority}{path}");
    if let Some(query) = query {
        out.push('?');
        out.push_str(&normalise_percent(query));
    }
    Some(out)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

pub(super) fn is_web(scheme: &str) -> bool {
    matches!(scheme, "http" | "https" | "ws" | "wss")
}

pub(super) fn default_port(scheme: &str) -> &'static str {
    match scheme {
        "http" | "ws" => "80",
        "https" | "wss" => "443",
        _ => "",
    }
}

pub(super) fn normalise_authority(scheme: &str, authority: &str) -> Option<String> {
    let authority = normalise_percent(authority);
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority.as_str()),
    };
    let port_at = host.rfind(':').filter(|at| host.rfind(']').is_none_or(|end| end < *at));
    let (host, port) = host.split_at_checked(port_at.unwrap_or(host.len()))?;
    let port = port.trim_start_matches(':');
    if !port.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let port = match port.trim_start_matches('0') {
        "" => {
            if port.is_empty() {
                ""
            } else {
                "0"
            }
        }
        digits => digits,
    };
    let host = normalise_host(host);
    if host.contains(['%', ' ']) {
        return None;
    }
    if host.is_empty() && scheme != "file" {
        return None;
    }
    let mut out = user.map_or(String::new(), |user| format!("{user}@"));
    out.push_str(&host);
    if !port.is_empty() && port != default_port(scheme) {
        // Writing to a string does not fail.
        let _ = write!(out, ":{port}");
    }
    Some(out)
}

/// Lower case, without one dot at its end, an IPv4 address in dotted form.
fn normalise_host(host: &str) -> String {
    let lower = host.to_lowercase();
    let plain = lower.strip_suffix('.').unwrap_or(&lower);
    ipv4(plain).unwrap_or_else(|| plain.to_owned())
}

/// The dotted form of an IPv4 address in any spelling that clients accept: `127.1`, `0x7f000001`.
fn ipv4(host: &str) -> Option<String> {
    let parts: Vec<&str> = host.split('.').collect();
    let (last, init) = parts.split_last()?;
    if init.len() > 3 {
        return None;
    }
    let mut address = number(last).filter(|n| *n < 1 << (8 * (4 - init.len())))?;
    for (i, part) in init.iter().enumerate() {
        address |= number(part).filter(|n| *n < 256)? << (8 * (3 - i));
    }
    let byte = |shift: u32| address >> shift & 255;
    Some(format!("{}.{}.{}.{}", byte(24), byte(16), byte(8), byte(0)))
}

fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return if hex.is_empty() { Some(0) } else { u64::from_str_radix(hex, 16).ok() };
    }
    match text.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => u64::from_str_radix(octal, 8).ok(),
        _ => text.parse().ok(),
    }
}

/// `%7e` becomes `~`, `%c3` becomes `%C3`, bytes that must be encoded are.
pub(super) fn normalise_percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        if c != '%' {
            push_encoded(c, &mut out);
            continue;
        }
        let code = rest.get(..2).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                rest = rest.get(2..).unwrap_or_default();
                push_byte(byte, &mut out);
            }
            None => out.push('%'),
        }
    }
    out
}

fn push_byte(byte: u8, out: &mut String) {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        out.push(char::from(byte));
    } else {
        // Writing to a string does not fail.
        let _ = write!(out, "%{byte:02X}");
    }
}

/// A character of a url as it is, or percent-encoded where urls do not have it.
fn push_encoded(c: char, out: &mut String) {
    if c.is_ascii() && !c.is_ascii_control() && !" \"<>`{}|^".contains(c) {
        out.push(c);
        return;
    }
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        // Writing to a string does not fail.
        let _ = write!(out, "%{byte:02X}");
    }
}

/// RFC 3986, section 5.2.4; the result begins with `/`.
fn remove_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}
