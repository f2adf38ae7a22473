//! What running a program does to labels: what its command line fetches, reads, prints and writes.

use super::call::{Arguments, joined};
use super::mark::{Capacity, Mark, Trace};
use super::store::Medium;
use super::walk::Walker;
use crate::command::{
    Pipeline, Stage, UNKNOWN, argument_text, base_name, command_words, pipelines_of, program_of,
};
use rustchain_plan::expr::ExprKind;
use rustchain_plan::plan::Call;
use rustchain_plan::{Labels, Pattern};

/// Programs whose output comes from the network.
const NETWORK: &[&str] = &[
    "curl",
    "wget",
    "fetch",
    "aria2c",
    "http",
    "https",
    "xh",
    "lynx",
    "w3m",
    "gh",
    "glab",
    "ssh",
    "scp",
    "sftp",
    "rsync",
    "ftp",
    "nc",
    "ncat",
    "socat",
    "telnet",
    "dig",
    "nslookup",
    "whois",
    "aws",
    "gcloud",
    "az",
    "kubectl",
    "psql",
    "mysql",
    "redis-cli",
    "mail",
];
/// What git fetches, or shows of what others wrote.
const GIT: &[&str] = &["clone", "fetch", "pull", "ls-remote", "log", "show", "diff", "submodule"];
/// Programs that print the files they are given.
const READERS: &[&str] = &[
    "cat", "head", "tail", "tac", "nl", "sed", "awk", "grep", "egrep", "rg", "jq", "yq", "cut", "sort",
    "uniq", "tr", "base64", "xxd", "od", "strings", "less", "more", "rev", "fold", "column", "paste", "join",
    "diff",
];
/// Programs that hand on what they read.
const FILTERS: &[&str] = &[
    "cat", "tee", "base64", "tr", "sed", "cut", "head", "tail", "rev", "xxd", "od", "fold", "gzip", "tac",
    "awk", "sort", "uniq", "grep", "egrep", "fgrep", "rg", "nl", "paste", "fmt", "column", "hexdump",
    "strings", "jq", "yq",
];
/// Folders that hold no one's text.
const SYSTEM: &[&str] = &["/dev/", "/proc/", "/sys/", "/bin/", "/usr/", "/opt/", "/sbin/"];

impl<'p> Walker<'p> {
    fn pipelines(&self, call: &'p Call, at: usize) -> Vec<Pipeline> {
        self.frames.get(at).map(|f| pipelines_of(&f.scope, call)).unwrap_or_default()
    }

    /// What a program's output carries, beyond the label of the network.
    pub fn printed(&mut self, call: &'p Call, path: &str, at: usize, args: &Arguments) -> Mark {
        let arg = |name: &str| args.get(name).map(super::tree::Tree::all).unwrap_or_default();
        let kept = Labels::UNTRUSTED.join(Labels::PERSONAL);
        let mut mark = joined(args).only(kept).join(&arg("stdin").only(Labels::SECRET));
        let pipelines = self.pipelines(call, at);
        let folder = self.frames.get(at).and_then(|f| argument_text(&f.scope, call, "cwd"));
        for stage in pipelines.iter().flatten() {
            mark = mark.join(&self.read_by(stage, folder.as_deref()));
        }
        let place = self.callee_place(path);
        if pipelines.iter().flatten().any(is_network) {
            let why = Trace::source(place, "untrusted: the program's output comes over the network");
            mark = mark.join(&Mark::new(Labels::UNTRUSTED, Capacity::Text, &why));
        } else if pipelines.iter().flatten().any(reads_outside) {
            let why = Trace::source(place, "untrusted: the program reads a file outside the project");
            mark = mark.join(&Mark::new(Labels::UNTRUSTED, Capacity::Text, &why));
        }
        mark.join(&self.secrets_shown(call, at, &pipelines, false))
    }

    /// What lies in the files that a stage names.
    fn read_by(&self, stage: &Stage, folder: Option<&str>) -> Mark {
        let reader = program_of(stage).is_some_and(|(p, _)| READERS.contains(&p));
        let mut mark = Mark::default();
        for word in command_words(stage).iter().skip(1) {
            for file in files_of(word, folder, reader) {
                for pattern in [file.clone(), format!("{file}/**")] {
                    mark = mark.join(&self.stores.read(Medium::File, &Pattern(pattern.as_str().into())));
                }
            }
        }
        mark
    }

    /// What a program that was given or fetched labelled text leaves in the files it names.
    pub fn leave_by_program(&mut self, call: &'p Call, path: &str, at: usize, args: &Arguments) {
        let mut mark = self.printed(call, path, at, args);
        let pipelines = self.pipelines(call, at);
        mark = mark.join(&self.secrets_shown(call, at, &pipelines, true));
        mark.external = false;
        if mark.is_clean() {
            return;
        }
        let folder = self.frames.get(at).and_then(|f| argument_text(&f.scope, call, "cwd"));
        for stage in pipelines.iter().flatten() {
            for word in command_words(stage).iter().skip(1).filter(|w| w.contains(['/', '.'])) {
                for file in files_of(word, folder.as_deref(), false) {
                    let under = Pattern(format!("{file}/**").into());
                    self.stores.write(Medium::File, &Pattern(file.into()), &mark);
                    self.stores.write(Medium::File, &under, &mark);
                }
            }
        }
    }

    /// The secrets of the environment that a program prints, or with `into_files` writes.
    fn secrets_shown(&mut self, call: &'p Call, at: usize, pipelines: &[Pipeline], into_files: bool) -> Mark {
        let Some(env) = call.args.get("env") else { return Mark::default() };
        let named: Vec<(String, Mark)> = match &env.kind {
            ExprKind::Map(entries) => {
                entries.iter().map(|(n, e)| (n.to_string(), self.expr(e, at).all())).collect()
            }
            _ => vec![(String::new(), self.expr(env, at).all())],
        };
        let traced = pipelines.iter().flatten().any(traces);
        let mut mark = Mark::default();
        for (name, value) in named.iter().filter(|(_, m)| m.is_secret()) {
            let shows = |p: &Pipeline| shows(p, name, into_files);
            if traced && !into_files || pipelines.iter().any(shows) {
                mark = mark.join(&value.only(Labels::SECRET));
            }
        }
        mark
    }
}

fn is_network(stage: &Stage) -> bool {
    let Some((program, args)) = program_of(stage) else { return false };
    let verb = || args.iter().find(|a| !a.starts_with('-')).map(String::as_str);
    NETWORK.contains(&program) || program == "git" && verb().is_some_and(|v| GIT.contains(&v))
}

fn reads_outside(stage: &Stage) -> bool {
    let Some((program, args)) = program_of(stage) else { return false };
    // The first operand of these is no file.
    let program_text = matches!(program, "sed" | "awk" | "grep" | "egrep" | "rg" | "jq" | "yq");
    let outside = |w: &String| {
        let leaves = w.starts_with(['/', '~']) || w.split('/').any(|s| s == "..");
        leaves && !SYSTEM.iter().any(|s| w.starts_with(s))
    };
    let redirected = args.windows(2).any(|w| matches!(w, [op, file] if op == "<" && outside(file)));
    let mut operands = args.iter().filter(|a| !a.starts_with('-'));
    if program_text {
        operands.next();
    }
    let until = operands.take_while(|w| *w != ">" && *w != "<");
    redirected || READERS.contains(&program) && until.into_iter().any(outside)
}

/// The files that a word may name, as patterns.
fn files_of(word: &str, folder: Option<&str>, reader: bool) -> Vec<String> {
    let word = word.trim_start_matches('@');
    let word = match word.split_once('=') {
        Some((_, value)) => value,
        None if word.starts_with('-') => return Vec::new(),
        None => word,
    };
    let nameless = word.is_empty() || matches!(word, ">" | "<") || word.contains("://");
    if nameless || (word.chars().all(|c| c == UNKNOWN) && !reader) || word.contains(char::is_whitespace) {
        return Vec::new();
    }
    let unknown = word.contains([UNKNOWN, '$']);
    let pattern = match unknown {
        true if word.starts_with([UNKNOWN, '$']) => "**".to_owned(),
        true => format!("{}**", word.split([UNKNOWN, '$']).next().unwrap_or_default()),
        false => word.trim_end_matches('/').to_owned(),
    };
    let inside =
        folder.filter(|f| !f.contains(UNKNOWN)).map(|f| format!("{}/{pattern}", f.trim_end_matches('/')));
    std::iter::once(pattern).chain(inside).collect()
}

fn traces(stage: &Stage) -> bool {
    match program_of(stage) {
        Some(("set", args)) => {
            args.iter().any(|a| a == "xtrace" || a == "verbose" || is_flag(a, &['x', 'v']))
        }
        Some((shell, args)) if crate::command::is_shell(shell) => {
            args.iter().any(|a| is_flag(a, &['x', 'v']))
        }
        _ => false,
    }
}

fn is_flag(word: &str, letters: &[char]) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.len() <= 5 && word.contains(letters)
}

/// Does a pipeline print the variable, or with `into_files` write it to one?
fn shows(pipeline: &Pipeline, name: &str, into_files: bool) -> bool {
    let Some(at) = pipeline.iter().position(|s| prints(s, name)) else { return false };
    let rest = pipeline.iter().skip(at + 1);
    let handed_on = rest.clone().all(hands_on);
    let to_file = pipeline.iter().skip(at).any(|s| {
        let redirects = s
            .windows(2)
            .any(|w| matches!(w, [op, to] if op == ">" && !to.starts_with('&') && to != "/dev/stderr"));
        redirects || program_of(s).is_some_and(|(p, _)| p == "tee")
    });
    handed_on
        && (to_file == into_files || pipeline.iter().any(|s| program_of(s).is_some_and(|(p, _)| p == "tee")))
}

/// Is what a program reads in what it prints?
fn hands_on(stage: &Stage) -> bool {
    let Some((program, args)) = program_of(stage) else { return false };
    let is_quiet = matches!(program, "grep" | "egrep" | "fgrep" | "rg")
        && args
            .iter()
            .any(|a| is_flag(a, &['q', 'c']) || matches!(a.as_str(), "--quiet" | "--silent" | "--count"));
    FILTERS.contains(&program) && !is_quiet
}

fn prints(stage: &Stage, name: &str) -> bool {
    let Some((program, args)) = program_of(stage) else {
        // `env` alone is a wrapper without a program.
        return stage.iter().any(|w| base_name(w) == "env");
    };
    let names = |w: &String| mentions(w, name);
    match program {
        "printenv" => args.is_empty() || name.is_empty() || args.iter().any(|a| a == name),
        "set" => args.is_empty(),
        "export" | "declare" => args.iter().all(|a| a.starts_with('-')),
        "echo" | "printf" | "print" | "cat" | "tee" => args.iter().any(names),
        _ if FILTERS.contains(&program) => {
            args.windows(2).any(|w| matches!(w, [op, text] if op == "<" && names(text)))
        }
        _ => false,
    }
}

/// Does a word hold `$NAME` or `${NAME`? An empty name stands for any.
pub(super) fn mentions(word: &str, name: &str) -> bool {
    let plain = format!("${name}");
    let whole = |(at, _): (usize, &str)| {
        let next = word[at + plain.len()..].chars().next();
        next.is_none_or(|c| !(c.is_alphanumeric() || c == '_')) || name.is_empty()
    };
    word.contains(&format!("${{{name}")) || word.match_indices(plain.as_str()).any(whole)
}
