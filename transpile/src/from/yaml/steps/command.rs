//! Programs: an argument vector, no shell unless the mission named one.

use super::Missing;
use crate::from::yaml::doc::Doc;
use crate::from::yaml::literal;
use crate::from::yaml::node::{Kind, Node};
use crate::from::yaml::translate::{Place, Translator};
use crate::from::yaml::units::Unit;
use rustchain_grammar::Severity;

/// Characters that only a shell reads.
const SHELL: &[char] = &['|', '&', ';', '<', '>', '$', '`', '*', '?', '~', '(', ')', '\n'];

/// `command`: `bash -c` is a script, everything else a program with arguments.
pub(super) fn lower(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let (command, mut args) = command_and_args(t, unit)?;
    let text = command.scalar_text().ok_or_else(|| Missing::wrong("command", &command))?;
    if let Some(script) = script_of(&text, &args) {
        return t.bash(unit, &script, Vec::new());
    }
    if is_shell(&text) && args.first().and_then(Node::text) == Some("-c") && args.len() > 2 {
        let message = "arguments after the script of `-c` are not carried over";
        t.sink.lossy(Severity::Medium, command.span, message, "pass them by `env`");
        if let Some(script) = args.get(1).cloned() {
            return t.bash(unit, &script, Vec::new());
        }
    }
    let mut program = command.clone();
    if args.is_empty() && text.trim().contains(char::is_whitespace) {
        let outside: String = crate::from::yaml::reference::scan(&text)
            .iter()
            .filter_map(|p| match p {
                crate::from::yaml::reference::Piece::Text(text) => Some(*text),
                crate::from::yaml::reference::Piece::Reference(_) => None,
            })
            .collect();
        let words = words(&text);
        let (false, Some((first, rest))) =
            (outside.contains(SHELL), words.as_deref().and_then(|w| w.split_first()))
        else {
            let message = "`command` names one program: this line is for a shell, so it runs in bash";
            t.sink.lossy(Severity::Low, command.span, message, "write `step_type: shell`, or give `args`");
            return t.bash(unit, &command, Vec::new());
        };
        let word = |text: &String| Node { kind: Kind::Text(text.clone()), span: command.span };
        let mut nodes = std::iter::once(first).chain(rest).map(word);
        program = nodes.next().unwrap_or(program);
        args = nodes.collect();
    }
    run(t, unit, &program, &args)
}

fn command_and_args(t: &Translator<'_>, unit: &Unit) -> Result<(Node, Vec<Node>), Missing> {
    let command = t.need(unit, "command")?;
    let args = t.param(unit, "args").cloned();
    let mut args = match args {
        Some(Node { kind: Kind::List(items), .. }) => items,
        Some(node) if node.scalar_text().is_some() => vec![node],
        Some(node) => return Err(Missing::wrong("args", &node)),
        None => Vec::new(),
    };
    // `command: [git, status]`.
    if let Kind::List(items) = &command.kind {
        let Some((first, rest)) = items.split_first() else { return Err(Missing::of("command")) };
        args.splice(0..0, rest.iter().cloned());
        return Ok((first.clone(), args));
    }
    Ok((command, args))
}

fn is_shell(program: &str) -> bool {
    matches!(program.trim(), "bash" | "sh" | "/bin/bash" | "/bin/sh" | "/usr/bin/bash" | "/usr/bin/env bash")
}

/// The script of `bash -c SCRIPT`, as arguments or in one line.
fn script_of(command: &str, args: &[Node]) -> Option<Node> {
    if is_shell(command) {
        return match args {
            [flag, script] if matches!(flag.text(), Some("-c" | "-lc" | "-ec" | "-euc")) => {
                Some(script.clone())
            }
            _ => None,
        };
    }
    None
}

fn run(t: &mut Translator<'_>, unit: &Unit, program: &Node, args: &[Node]) -> Result<Doc, Missing> {
    let mut all = vec![Doc::named("program", t.text_value(program))];
    all.extend(tail(t, unit, args));
    Ok(t.call(unit, "exec.run", all))
}

/// Arguments after the program: args, stdin, env, cwd.
fn tail(t: &mut Translator<'_>, unit: &Unit, args: &[Node]) -> Vec<Doc> {
    let mut all = Vec::new();
    if !args.is_empty() {
        let args = args.iter().map(|arg| t.text_value(arg)).collect();
        all.push(Doc::named("args", Doc::list(args)));
    }
    if let Some(node) = t.param(unit, "stdin").cloned() {
        all.push(Doc::named("stdin", t.text_value(&node)));
    }
    if let Some(node) = t.param(unit, "env").cloned().filter(|n| !n.entries().is_empty()) {
        t.place = Place::Guarded;
        all.push(Doc::named("env", t.text_map(&node)));
        t.place = Place::Open;
    }
    if let Some(node) = t.param(unit, "working_dir").cloned() {
        all.push(Doc::named("cwd", t.template(&node)));
    }
    all
}

/// `process_start`: a program that goes on running.
pub(super) fn start(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let (command, args) = command_and_args(t, unit)?;
    let mut all = vec![Doc::named("program", t.text_value(&command))];
    all.extend(tail(t, unit, &args));
    Ok(t.call(unit, "exec.start", all))
}

/// `python`: the code on stdin, so that no shell and no argument list sees it.
pub(super) fn python(t: &mut Translator<'_>, unit: &Unit) -> Result<Doc, Missing> {
    let code = t.need(unit, "code")?;
    let text = code.scalar_text().ok_or_else(|| Missing::wrong("code", &code))?;
    let references = crate::from::yaml::reference::scan(&text)
        .iter()
        .any(|p| matches!(p, crate::from::yaml::reference::Piece::Reference(r) if r.style != crate::from::yaml::reference::Style::Single));
    let source = match references {
        true => t.text_value(&code),
        false => literal::raw("python\"\"\"", &text, t.text, code.span),
    };
    let args = match t.param(unit, "args").cloned() {
        Some(node) => t.texts(&node),
        None => Vec::new(),
    };
    let mut all = vec![literal::bare_string("-")];
    all.extend(args);
    let mut call = vec![
        Doc::named("program", literal::bare_string("python3")),
        Doc::named("args", Doc::list(all)),
        Doc::named("stdin", source),
    ];
    if let Some(node) = t.param(unit, "working_dir").cloned() {
        call.push(Doc::named("cwd", t.template(&node)));
    }
    Ok(t.call(unit, "exec.run", call))
}

/// A command line in words, quotes taken off; `None` where a quote is open.
fn words(text: &str) -> Option<Vec<String>> {
    let (mut out, mut word, mut quote, mut any) = (Vec::new(), String::new(), None, false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        // `{{ x }}` is one word, spaces and all.
        if c == '{' && word.ends_with('{') {
            word.push(c);
            for c in chars.by_ref() {
                word.push(c);
                if word.ends_with("}}") {
                    break;
                }
            }
            continue;
        }
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some('"') | None, '\\') => word.push(chars.next()?),
            (Some(_), c) => word.push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                any = true;
            }
            (None, c) if c.is_whitespace() => {
                if any || !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
                any = false;
            }
            (None, c) => word.push(c),
        }
    }
    if any || !word.is_empty() {
        out.push(word);
    }
    quote.is_none().then_some(out)
}
