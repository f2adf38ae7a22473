//! FTP, SSH and ping by the programs that everyone has.

use super::Missing;
use crate::from::yaml::doc::Doc;
use crate::from::yaml::literal;
use crate::from::yaml::translate::{Place, Translator};
use crate::from::yaml::units::Unit;
use rustchain_grammar::Severity;

/// By `curl`; user and password go in by its configuration on stdin, never as arguments.
pub(super) fn ftp(t: &mut Translator<'_>, unit: &Unit, upload: bool) -> Result<Doc, Missing> {
    let (host, local, remote) =
        (t.need(unit, "host")?, t.need(unit, "local_file")?, t.need(unit, "remote_file")?);
    let message = format!("`{}` becomes a call of the program `curl`", unit.step.kind.value);
    t.sink.lossy(Severity::Low, unit.step.kind.span, message, "");
    let port = t.constant(unit, "port").map_or(String::new(), |(port, _)| format!(":{port}"));
    let host = hole(t.text_value(&host));
    let mut path = remote.clone();
    if let crate::from::yaml::node::Kind::Text(text) = &mut path.kind {
        *text = text.trim_start_matches('/').to_string();
    }
    let remote = hole(t.text_value(&path));
    let url =
        Doc::Cat(vec![Doc::text("\"ftp://"), host, Doc::text(format!("{port}/")), remote, Doc::text("\"")]);
    let flag = if upload { "--upload-file" } else { "--output" };
    let mut args: Vec<Doc> =
        ["--silent", "--show-error", "--fail"].iter().map(|a| literal::bare_string(a)).collect();
    let user = t.param(unit, "username").cloned();
    if user.is_some() {
        args.extend(["--config", "-"].iter().map(|a| literal::bare_string(a)));
    }
    args.extend([literal::bare_string(flag), t.text_value(&local), url]);
    let mut all =
        vec![Doc::named("program", literal::bare_string("curl")), Doc::named("args", Doc::list(args))];
    if let Some(user) = user {
        t.place = Place::Guarded;
        let user = hole(t.text_value(&user));
        let password = match t.param(unit, "password").cloned() {
            Some(node) => hole(t.text_value(&node)),
            None => Doc::text(""),
        };
        t.place = Place::Open;
        let config = vec![Doc::text("\"user = \\\""), user, Doc::text(":"), password, Doc::text("\\\"\"")];
        all.push(Doc::named("stdin", Doc::Cat(config)));
    }
    Ok(t.call(unit, "exec.run", all))
}

/// A value inside of a template: its literal text, or `${…}`.
fn hole(value: Doc) -> Doc {
    let flat = value.flat();
    let inner = flat.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match inner.filter(|text| !flat.starts_with("\"\"\"") && !text.is_empty()) {
        Some(text) => Doc::text(text),
        None => Doc::Cat(vec![Doc::text("${"), value, Doc::text("}")]),
    }
}

/// By `ssh`, which never asks.
pub(super) fn ssh(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let (host, user, command) = (t.need(unit, "host")?, t.need(unit, "username")?, t.need(unit, "command")?);
    let message = "`ssh_execute` becomes a call of the program `ssh`";
    t.sink.lossy(Severity::Low, unit.step.kind.span, message, "");
    let (host, user) = (hole(t.text_value(&host)), hole(t.text_value(&user)));
    let mut args: Vec<Doc> = ["-o", "BatchMode=yes"].iter().map(|a| literal::bare_string(a)).collect();
    if let Some((port, _)) = t.constant(unit, "port") {
        args.extend(["-p", &port].iter().map(|a| literal::bare_string(a)));
    }
    args.push(Doc::Cat(vec![Doc::text("\""), user, Doc::text("@"), host, Doc::text("\"")]));
    args.push(literal::bare_string("--"));
    args.push(t.text_value(&command));
    let args = vec![Doc::named("program", literal::bare_string("ssh")), Doc::named("args", Doc::list(args))];
    Ok(t.call(unit, "exec.run", args))
}

/// By `ping`.
pub(super) fn ping(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let host = t.need(unit, "host")?;
    let count = t.constant(unit, "count").map_or("4".into(), |(text, _)| text);
    let mut args = vec![literal::bare_string("-c"), literal::bare_string(&count)];
    args.push(t.text_value(&host));
    let args = vec![Doc::named("program", literal::bare_string("ping")), Doc::named("args", Doc::list(args))];
    Ok(t.call(unit, "exec.run", args))
}
