//! Processes, archives, health, waiting, logging.

use super::Missing;
use crate::from::yaml::doc::Doc;
use crate::from::yaml::literal;
use crate::from::yaml::node::Kind;
use crate::from::yaml::translate::{Translator, duration};
use crate::from::yaml::units::Unit;
use rustchain_grammar::Severity;

/// `service_health`: `tcp://host:port`, port 80 unless the service names one.
pub(super) fn health(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let service = t.need(unit, "service")?;
    let text = service.scalar_text().ok_or_else(|| Missing::wrong("service", &service))?;
    let (scheme, rest) = text.split_once("://").unwrap_or(("", &text));
    let host = rest.split('/').next().unwrap_or(rest);
    let constant = !host.contains(['{', '$']);
    let named_port = constant && host.rsplit(':').next().is_some_and(|p| p.parse::<u16>().is_ok());
    let port = match t.constant(unit, "port") {
        Some((port, _)) if port.parse::<u16>().is_ok() => port,
        _ if scheme == "https" => "443".into(),
        _ => "80".into(),
    };
    let address = match (constant, named_port) {
        (true, true) => Doc::from(service.span, literal::bare_string(&format!("tcp://{host}"))),
        (true, false) => Doc::from(service.span, literal::bare_string(&format!("tcp://{host}:{port}"))),
        (false, _) => {
            let value = t.text_value(&service);
            Doc::Cat(vec![Doc::text("\"tcp://${"), value, Doc::text(format!("}}:{port}\""))])
        }
    };
    Ok(t.call(unit, "net.reachable", vec![Doc::named("address", address)]))
}

/// `compress`: the format as stated, else by the name of the archive.
pub(super) fn compress(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let (source, destination) = (t.need(unit, "source")?, t.need(unit, "destination")?);
    let name = destination.scalar_text().unwrap_or_default();
    let stated = t.constant(unit, "format").map(|(text, span)| (text.to_lowercase(), span));
    let format = match stated.as_ref().map(|(text, _)| text.as_str()) {
        Some("zip") => "zip",
        Some("tar") => "tar",
        Some("tar.gz" | "tgz" | "gzip" | "gz" | "tar_gz" | "targz") => "tar_gz",
        Some(other) => {
            let span = stated.as_ref().map(|(_, span)| *span).unwrap_or_default();
            let message = format!("no archive format `{other}`: `tar.gz` is taken");
            t.sink.lossy(Severity::Medium, span, message, "known are `tar`, `tar.gz` and `zip`");
            "tar_gz"
        }
        None if name.ends_with(".zip") => "zip",
        None if name.ends_with(".gz") || name.ends_with(".tgz") => "tar_gz",
        None => "tar",
    };
    let args = vec![
        Doc::named("from", t.template(&source)),
        Doc::named("to", t.template(&destination)),
        Doc::named("format", Doc::text(format!("Archive.{format}"))),
    ];
    Ok(t.call(unit, "archive.pack", args))
}

/// `sleep`: a number of seconds, or a text such as `5m`.
pub(super) fn sleep(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let node = t.need(unit, "duration")?;
    let milliseconds = unit.step.params.get("duration_ms").is_some();
    let seconds = match &node.kind {
        Kind::Int(value) => Some(*value as f64),
        Kind::Float(value) => Some(*value),
        Kind::Text(text) => crate::from::yaml::decode::parse_seconds(text),
        _ => None,
    };
    let seconds = seconds.map(|s| if milliseconds { s / 1000.0 } else { s });
    let Some(seconds) = seconds.filter(|s| (0.0..1e9).contains(s)) else {
        return Err(Missing::wrong("duration", &node));
    };
    let wait = Doc::from(node.span, Doc::text(duration(seconds)));
    Ok(t.call(unit, "wait.sleep", vec![Doc::named("for", wait)]))
}

/// `log_message`, by its level.
pub(super) fn log(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let message = t.need(unit, "message")?;
    let callee = match t.constant(unit, "level").map(|(l, _)| l.to_lowercase()).as_deref() {
        Some("warn" | "warning" | "error") => "log.warn",
        Some("debug" | "trace") => "log.debug",
        _ => "log.info",
    };
    let message = t.text_value(&message);
    Ok(t.call(unit, callee, vec![Doc::named("message", message)]))
}

/// `audit_log`: a line in the run's log, which is the audit trail.
pub(super) fn audit(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let message = match t.param(unit, "message").cloned() {
        Some(node) => t.text_value(&node),
        None => literal::bare_string(&unit.step.id.value),
    };
    if let Some(metadata) = t.param(unit, "metadata").cloned() {
        let values = t.json(&metadata);
        let parts =
            vec![Doc::text("\"${"), message, Doc::text("} ${json.render("), values, Doc::text(")}\"")];
        return Ok(t.call(unit, "log.info", vec![Doc::named("message", Doc::Cat(parts))]));
    }
    Ok(t.call(unit, "log.info", vec![Doc::named("message", message)]))
}
