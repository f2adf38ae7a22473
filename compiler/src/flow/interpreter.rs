//! Programs that read an argument, their input or a variable as code.

use super::call::Arguments;
use super::mark::Mark;
use super::program::mentions;
use super::report::Finding;
use super::walk::Walker;
use crate::command::{
    Pipeline, Stage, base_name, code_after_shell, command_words, is_language, is_shell, pipelines_of,
    program_of, runs_its_input, vector,
};
use crate::spans::Place;
use rustchain_grammar::Severity;
use rustchain_plan::expr::ExprKind;
use rustchain_plan::plan::Call;
use rustchain_plan::{Expr, Labels};

/// Who reads the text as code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    Shell,
    Language,
}

impl<'p> Walker<'p> {
    /// RC0401 and RC0407 of programs: `bash -c`, `python3 -c`, `ssh host`, `sqlite3 db`, `eval`, `… | sh`.
    pub fn interpreters(&mut self, call: &'p Call, path: &str, at: usize, args: &Arguments) {
        let Some(scope) = self.frames.get(at).map(|f| f.scope.clone()) else { return };
        if matches!(call.callee.as_str(), "exec.run" | "exec.start") {
            let Some(program) = crate::command::argument_text(&scope, call, "program") else { return };
            let words = call.args.get("args").map(|a| vector(a, &scope)).unwrap_or_default();
            let texts: Stage = std::iter::once(program).chain(words.iter().map(|w| w.text.clone())).collect();
            for (index, reader) in code_words(&texts) {
                let Some(word) = index.checked_sub(1).and_then(|i| words.get(i)) else { continue };
                self.code(call, path, at, word.expr, reader);
            }
        }
        let pipelines = pipelines_of(&scope, call);
        self.input_is_code(call, path, args, &pipelines);
        self.variable_is_code(call, path, at, &pipelines);
    }

    fn code(&mut self, call: &Call, path: &str, at: usize, expr: &'p Expr, reader: Reader) {
        let mark = self.expr(expr, at).all();
        let place =
            if expr.id.0 == 0 { self.argument_place(path, "args", expr) } else { self.spans.place(expr.id) };
        self.read_as_code(call, &mark, place, reader, "an argument");
    }

    fn input_is_code(&mut self, call: &'p Call, path: &str, args: &Arguments, pipelines: &[Pipeline]) {
        let (Some(tree), Some(expr)) = (args.get("stdin"), call.args.get("stdin")) else { return };
        let stages = || pipelines.iter().flatten();
        let reader = if stages().any(|s| runs_its_input(s) && program_of(s).is_some_and(|(p, _)| is_shell(p)))
        {
            Reader::Shell
        } else if stages().any(|s| runs_its_input(s) || reads_queries(s)) {
            Reader::Language
        } else {
            return;
        };
        let place = self.argument_place(path, "stdin", expr);
        self.read_as_code(call, &tree.all(), place, reader, "the input");
    }

    fn variable_is_code(&mut self, call: &'p Call, path: &str, at: usize, pipelines: &[Pipeline]) {
        let Some(env) = call.args.get("env") else { return };
        let ExprKind::Map(entries) = &env.kind else { return };
        for (name, value) in entries {
            let mark = self.expr(value, at).all();
            let used = pipelines.iter().find_map(|p| variable_reader(p, name));
            let Some(reader) = used else { continue };
            let place = if value.id.0 == 0 {
                self.argument_place(path, "env", env)
            } else {
                self.spans.place(value.id)
            };
            self.read_as_code(call, &mark, place, reader, "a variable");
        }
    }

    fn read_as_code(&mut self, call: &Call, mark: &Mark, place: Place, reader: Reader, what: &str) {
        if !mark.is_more_than_a_number() {
            return;
        }
        let (code, message, help) = match reader {
            Reader::Shell => (
                "RC0401",
                format!("untrusted text reaches a shell: {what} of `{}`", call.callee),
                "write the script out, and give it the value as \"$1\" or by `env:`, in double quotes",
            ),
            Reader::Language => (
                "RC0407",
                format!("untrusted text is read as code: {what} of `{}`", call.callee),
                "let values enter by arguments or parameters, never by the text of the program",
            ),
        };
        self.report.add(Finding {
            code,
            severity: Severity::Error,
            place,
            message,
            label: "read as code",
            path: mark.path(Labels::UNTRUSTED),
            note: None,
            help: Some(help),
        });
    }
}

/// The words of a stage that are read as code.
fn code_words(stage: &Stage) -> Vec<(usize, Reader)> {
    let mut out = Vec::new();
    if let Some(at) = code_after_shell(stage) {
        out.push((at, Reader::Shell));
    }
    let skipped = stage.len() - command_words(stage).len();
    let Some((program, args)) = program_of(stage) else { return out };
    let operands = || {
        let all = args.iter().enumerate().map(move |(i, w)| (i + skipped + 1, w));
        all.filter(|(_, w)| !w.starts_with('-')).map(|(i, _)| i)
    };
    let after = |options: &[&str]| {
        let at = args.iter().position(|a| options.contains(&a.as_str()));
        at.map(|i| i + skipped + 2)
    };
    match program {
        "ssh" => out.extend(operands().skip(1).map(|i| (i, Reader::Shell))),
        "eval" => out.extend(operands().map(|i| (i, Reader::Shell))),
        "sqlite3" | "duckdb" => out.extend(operands().skip(1).map(|i| (i, Reader::Language))),
        "psql" | "mysql" | "mariadb" => {
            out.extend(after(&["-c", "--command", "-e", "--execute"]).map(|i| (i, Reader::Language)));
            let joined = args
                .iter()
                .enumerate()
                .filter(|(_, w)| w.starts_with("--command=") || w.starts_with("--execute="));
            out.extend(joined.map(|(i, _)| (i + skipped + 1, Reader::Language)));
        }
        "awk" | "gawk" | "mawk" | "sed" | "jq" | "yq" => {
            let at = filter_program(args).map(|i| i + skipped + 1);
            out.extend(at.map(|i| (i, Reader::Language)));
        }
        _ if is_language(program) => {
            let options = ["-c", "-e", "-E", "-r", "-p", "--eval", "--print", "eval"];
            out.extend(after(&options).map(|i| (i, Reader::Language)));
        }
        _ => {}
    }
    // A list that is not written out may hold the code.
    if out.is_empty() && (is_shell(program) || is_language(program)) && args.len() == 1 && args[0] == "\u{0}"
    {
        out.push((skipped + 1, if is_shell(program) { Reader::Shell } else { Reader::Language }));
    }
    out
}

/// The index of the program text among the arguments of `awk`, `sed` or `jq`.
fn filter_program(args: &[String]) -> Option<usize> {
    let mut at = 0;
    loop {
        match args.get(at)?.as_str() {
            "--arg" | "--argjson" | "--slurpfile" | "--rawfile" => at += 3,
            "-v" | "-F" | "-i.bak" | "--indent" => at += 2,
            "-e" | "--expression" => return Some(at + 1),
            "-f" | "--file" | "--from-file" => return None,
            word if word.starts_with('-') => at += 1,
            _ => return Some(at),
        }
    }
}

fn reads_queries(stage: &Stage) -> bool {
    let Some((program, args)) = program_of(stage) else { return false };
    let given = args.iter().any(|a| matches!(a.as_str(), "-c" | "-e" | "--command" | "--execute"));
    match program {
        "psql" | "mysql" | "mariadb" => !given,
        "sqlite3" | "duckdb" => args.iter().filter(|a| !a.starts_with('-')).count() < 2,
        _ => false,
    }
}

/// Who reads a variable as code in a pipeline.
fn variable_reader(pipeline: &Pipeline, name: &str) -> Option<Reader> {
    for (index, stage) in pipeline.iter().enumerate() {
        for (at, reader) in code_words(stage) {
            if stage.get(at).is_some_and(|word| mentions(word, name)) {
                return Some(reader);
            }
        }
        let first = command_words(stage).first();
        if first.is_some_and(|word| mentions(word, name)) {
            return Some(Reader::Shell);
        }
        let printed = first.is_some_and(|w| matches!(base_name(w), "echo" | "printf" | "cat"));
        if printed && stage.iter().any(|w| mentions(w, name)) {
            let run = pipeline.iter().skip(index + 1).find(|s| runs_its_input(s));
            if let Some(run) = run {
                let shell = program_of(run).is_some_and(|(p, _)| is_shell(p));
                return Some(if shell { Reader::Shell } else { Reader::Language });
            }
        }
        let here = stage.windows(2).any(|w| matches!(w, [op, text] if op == "<" && mentions(text, name)));
        if here && runs_its_input(stage) {
            return Some(Reader::Shell);
        }
    }
    None
}
