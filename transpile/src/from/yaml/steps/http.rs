//! HTTP requests: the function by the method and by what is read of the answer.

use super::Missing;
use super::data;
use crate::from::yaml::doc::Doc;
use crate::from::yaml::literal;
use crate::from::yaml::node::{Kind, Node};
use crate::from::yaml::translate::{Place, Translator};
use crate::from::yaml::units::Unit;
use rustchain_grammar::Severity;

/// What a request gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// A `Response` with status and headers; no status fails.
    pub response: bool,
    /// The body is decoded as JSON.
    pub json: bool,
}

/// By what references read, and by what the request asks for.
pub(crate) fn shape(t: &Translator<'_>, unit: &Unit) -> Shape {
    let wants = |names: &[&str]| {
        unit.wants.iter().any(|want| {
            let want = want.strip_prefix("output.").unwrap_or(want);
            names.iter().any(|name| want.split('.').next() == Some(*name))
        })
    };
    let expected = t.param(unit, "expected_status").is_some();
    let method = method(t, unit);
    let plain = ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str());
    let body = t.param(unit, "body").is_some();
    let body_unsupported = body && matches!(method.as_str(), "GET" | "DELETE");
    let text_body = body && is_text_body(t, unit);
    let response = expected
        || !plain
        || body_unsupported
        || text_body
        || wants(&["status", "status_code", "code", "headers"]);
    let known = [
        "output",
        "result",
        "response",
        "body",
        "data",
        "content",
        "url",
        "method",
        "status",
        "status_code",
        "code",
        "headers",
        "text",
        "",
    ];
    let deeper = unit.wants.iter().any(|want| {
        let want = want.strip_prefix("output.").unwrap_or(want);
        let mut parts = want.split('.');
        let first = parts.next().unwrap_or_default();
        !known.contains(&first) || (first != "headers" && parts.next().is_some())
    });
    Shape { response, json: deeper || accepts_json(t, unit) }
}

fn method(t: &Translator<'_>, unit: &Unit) -> String {
    t.constant(unit, "method").map_or("GET".into(), |(text, _)| text.trim().to_uppercase())
}

fn header(t: &Translator<'_>, unit: &Unit, name: &str) -> Option<String> {
    let headers = t.param(unit, "headers")?;
    let entry = headers.entries().iter().find(|e| e.key.eq_ignore_ascii_case(name))?;
    entry.value.scalar_text()
}

fn accepts_json(t: &Translator<'_>, unit: &Unit) -> bool {
    header(t, unit, "accept").is_some_and(|value| value.contains("json"))
}

/// A body that is sent as it is: a text whose content type is not JSON.
fn is_text_body(t: &Translator<'_>, unit: &Unit) -> bool {
    let text = t.param(unit, "body").is_some_and(|node| node.text().is_some());
    text && header(t, unit, "content-type").is_some_and(|value| !value.contains("json"))
}

pub(super) fn lower(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let url = t.need(unit, "url")?;
    if url.scalar_text().is_none() {
        return Err(Missing::wrong("url", &url));
    }
    let shape = shape(t, unit);
    let method = method(t, unit);
    if let Some(path) = t.param(unit, "output_file").cloned() {
        let mut args = vec![Doc::named("url", t.template(&url)), Doc::named("path", t.template(&path))];
        args.extend(headers(t, unit));
        return Ok(t.call(unit, "http.download", args));
    }
    let ty = if shape.json { "json" } else { "string" };
    let mut args = Vec::new();
    let callee = if shape.response {
        args.push(Doc::named("method", method_doc(t, unit, &method)));
        "http.request".to_string()
    } else {
        format!("http.{}", method.to_lowercase())
    };
    args.push(Doc::named("url", t.template(&url)));
    args.extend(headers(t, unit));
    args.extend(query(t, unit, &callee));
    args.extend(body(t, unit));
    expect_status(t, unit);
    Ok(t.call(unit, &format!("{callee}<{ty}>"), args))
}

fn method_doc(t: &Translator<'_>, unit: &Unit, method: &str) -> Doc {
    let text = literal::bare_string(method);
    match t.param(unit, "method") {
        Some(node) => Doc::from(node.span, text),
        None => text,
    }
}

fn headers(t: &mut Translator<'_>, unit: &Unit) -> Option<Doc> {
    let node = t.param(unit, "headers").cloned().filter(|n| !n.entries().is_empty())?;
    t.place = Place::Guarded;
    let map = t.text_map(&node);
    t.place = Place::Open;
    Some(Doc::named("headers", map))
}

/// `query:` is an argument of `http.get` alone.
fn query(t: &mut Translator<'_>, unit: &Unit, callee: &str) -> Option<Doc> {
    let node = t.param(unit, "query").cloned().filter(|n| !n.entries().is_empty())?;
    if callee != "http.get" {
        let message = "`query` is carried over for plain GET requests only";
        t.sink.lossy(Severity::Medium, node.span, message, "write the query in the url");
        return None;
    }
    Some(Doc::named("query", t.text_map(&node)))
}

fn body(t: &mut Translator<'_>, unit: &Unit) -> Option<Doc> {
    let node = t.param(unit, "body").cloned()?;
    if is_text_body(t, unit) {
        return Some(Doc::named("text", t.text_value(&node)));
    }
    Some(Doc::named("body", json_body(t, &node)))
}

/// A text that is JSON is sent as the JSON it is, any other value as itself.
fn json_body(t: &mut Translator<'_>, node: &Node) -> Doc {
    let looks_json = node.text().is_some_and(|text| {
        text.trim_start().starts_with(['{', '[']) && !text.trim_start().starts_with("{{")
    });
    let whole = node.text().is_some_and(|text| {
        use crate::from::yaml::reference::{Piece, scan};
        matches!(scan(text.trim()).as_slice(), [Piece::Reference(_)])
    });
    match &node.kind {
        Kind::Text(_) if looks_json || whole => data::value(t, node),
        _ => t.json(node),
    }
}

/// `expected_status: 404`: a step behind the request that fails where the status is another.
fn expect_status(t: &mut Translator<'_>, unit: &Unit) {
    let Some((status, span)) = t.constant(unit, "expected_status") else { return };
    let Ok(status) = status.parse::<u16>() else {
        t.sink.lossy(Severity::Medium, span, "`expected_status` is not carried over: it is no status", "");
        return;
    };
    let name = t.fresh(&format!("{}_status", unit.ident));
    let read = match unit.optional() {
        true => format!("({}?.status ?? {status})", unit.ident),
        false => format!("{}.status", unit.ident),
    };
    let reason = format!("\"expected status {status}, got ${{{read}}}\"");
    let value = Doc::from(span, Doc::call("fail<unit>", vec![Doc::named("reason", Doc::text(reason))]));
    let when = Doc::from(span, Doc::text(format!("when {read} != {status}")));
    t.behind.push((name, value, when));
}
