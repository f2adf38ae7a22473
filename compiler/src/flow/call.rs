//! Labels through calls: what the arguments bring and what the callee adds.

use super::mark::{Capacity, Mark, Trace};
use super::store::Medium;
use super::tree::Tree;
use super::walk::Walker;
use crate::spans::Place;
use rustchain_plan::plan::{Call, CalleeKind};
use rustchain_plan::signature::Sink;
use rustchain_plan::{Effect, EffectKind, Labels, Signature};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The arguments of a call with their marks.
pub(super) type Arguments = BTreeMap<SmolStr, Tree>;

impl<'p> Walker<'p> {
    pub fn call(&mut self, call: &'p Call, path: &str, at: usize) -> Tree {
        let args: Arguments = call.args.iter().map(|(n, e)| (n.clone(), self.expr(e, at))).collect();
        for (name, tree) in &args {
            let entry = self.arguments.entry((path.to_owned(), name.clone())).or_default();
            *entry = entry.join(&tree.all());
        }
        self.interpreters(call, path, at, &args);
        self.sinks(call, path, at, &args);
        if call.kind == CalleeKind::Agent {
            self.agent(call, path, &args);
        }
        self.flow_rules(call, path, &args);
        self.leave(call, path, at, &args);
        self.result(call, path, at, &args)
    }

    pub fn callee_place(&self, path: &str) -> Place {
        let places = self.places(path);
        places.and_then(|p| p.callee.or(Some(p.name))).unwrap_or(self.spans.mission)
    }

    fn result(&mut self, call: &'p Call, path: &str, at: usize, args: &Arguments) -> Tree {
        let signature = self.plan.signatures.get(&call.callee);
        let place = self.callee_place(path);
        let mut labels = signature.map_or(Labels::NONE, |s| s.result_labels);
        let mut inherited = Mark::default();
        match call.kind {
            CalleeKind::Agent => {
                labels = labels.join(Labels::UNTRUSTED);
                inherited = joined(args).only(Labels::PERSONAL);
            }
            CalleeKind::Hole => labels = labels.join(Labels::UNTRUSTED),
            CalleeKind::Tool => {
                inherited = joined(args).join(&self.stored(&call.effects));
                if call.effects.iter().any(|e| is_network(e.kind) || is_outside(e)) {
                    labels = labels.join(Labels::UNTRUSTED);
                }
            }
            CalleeKind::Step => {
                inherited = match call.callee.as_str() {
                    "exec.run" | "exec.bash" | "exec.start" => self.printed(call, path, at, args),
                    _ => self.inherited(call, signature, args),
                };
                if self.reads_outside(call, args) {
                    labels = labels.join(Labels::UNTRUSTED);
                }
            }
        }
        let listed_outside = matches!(call.callee.as_str(), "fs.list" | "fs.find")
            && args.get("path").is_some_and(|t| t.all().external);
        let from_model = call.kind == CalleeKind::Agent || call.callee == "ask";
        let why = Trace::source(place, source_message(call));
        let declared =
            Trace::source(place, format!("a field of what `{}` gives is declared so", call.callee));
        let mark = |capacity: Capacity, field: Labels| {
            let own = Mark::new(labels, capacity, &why);
            let mut mark = own.join(&Mark::new(field, capacity, &declared)).join(&inherited.capped(capacity));
            mark.model = from_model && capacity == Capacity::Text;
            mark.external = listed_outside && capacity == Capacity::Text;
            mark
        };
        Tree::of_type(&call.result, &self.plan.schemas, &mark)
    }

    /// What the arguments and what lies in files, databases and memories add to a step's result.
    fn inherited(&self, call: &Call, signature: Option<&Signature>, args: &Arguments) -> Mark {
        let arg = |name: &str| args.get(name).map(Tree::all).unwrap_or_default();
        match call.callee.as_str() {
            "ask" | "chat.call" => joined(args).only(Labels::PERSONAL),
            "embed" => arg("text"),
            "fs.write" | "fs.make_dir" => arg("path"),
            "fs.copy" | "fs.move" => arg("to"),
            "fs.list" | "fs.find" | "fs.exists" => Mark::default(),
            "human.ask" | "human.approve" => Mark::default(),
            _ if call.effects.is_empty() && signature.is_some_and(|s| s.effects.is_empty()) => joined(args),
            _ => self.stored(&call.effects),
        }
    }

    /// What was left where these effects read.
    pub fn stored(&self, effects: &[Effect]) -> Mark {
        let read = |e: &Effect| match e.kind {
            EffectKind::FsRead => self.stores.read(Medium::File, &e.pattern),
            EffectKind::Sql => self.stores.read(Medium::Database, &e.pattern),
            EffectKind::MemoryRead => self.stores.read(Medium::Memory, &e.pattern),
            _ => Mark::default(),
        };
        effects.iter().fold(Mark::default(), |acc, e| acc.join(&read(e)))
    }

    /// What a call leaves in files, databases and memories.
    fn leave(&mut self, call: &'p Call, path: &str, at: usize, args: &Arguments) {
        if matches!(call.callee.as_str(), "exec.run" | "exec.bash" | "exec.start") {
            return self.leave_by_program(call, path, at, args);
        }
        let signature = self.plan.signatures.get(&call.callee);
        let is_place = |name: &str| {
            let sink = signature.and_then(|s| s.param(name)).and_then(|p| p.sink);
            matches!(sink, Some(Sink::Path | Sink::Host | Sink::Query | Sink::Program))
        };
        let content = args.iter().filter(|(n, _)| !is_place(n));
        let mut mark = content.fold(Mark::default(), |acc, (_, t)| acc.join(&t.all()));
        mark = match call.callee.as_str() {
            "http.download" => {
                let why = Trace::source(self.callee_place(path), "untrusted: a file from the network");
                mark.only(Labels::NONE).join(&Mark::new(Labels::UNTRUSTED, Capacity::Text, &why))
            }
            "fs.copy" | "fs.move" | "archive.pack" | "archive.unpack" => {
                let mark = self.stored(&as_reads(&call.effects));
                let from = call.effects.iter().any(|e| e.kind == EffectKind::FsRead && is_outside(e));
                let moved = call.callee == "fs.move" && call.effects.iter().any(is_outside);
                let why =
                    Trace::source(self.callee_place(path), "untrusted: the file lies outside the project");
                match from || moved {
                    true => mark.join(&Mark::new(Labels::UNTRUSTED, Capacity::Text, &why)),
                    false => mark,
                }
            }
            _ => mark,
        };
        mark.external = false;
        for effect in &call.effects {
            match effect.kind {
                EffectKind::FsWrite if call.callee == "archive.unpack" => {
                    let under = rustchain_plan::Pattern(format!("{}/**", effect.pattern.0).into());
                    self.stores.write(Medium::File, &under, &mark);
                }
                EffectKind::FsWrite => self.stores.write(Medium::File, &effect.pattern, &mark),
                EffectKind::Sql => self.stores.write(Medium::Database, &effect.pattern, &mark),
                EffectKind::MemoryWrite => self.stores.write(Medium::Memory, &effect.pattern, &mark),
                _ => {}
            }
        }
    }

    /// Does it read a file that may lie outside the project?
    fn reads_outside(&self, call: &Call, args: &Arguments) -> bool {
        if !matches!(call.callee.as_str(), "fs.read" | "fs.read_bytes") {
            return false;
        }
        let external = args.get("path").is_some_and(|t| t.all().external) && self.may_read_outside();
        call.effects
            .iter()
            .filter(|e| e.kind == EffectKind::FsRead)
            .any(|e| is_outside(e) || (e.pattern.0.starts_with('*') && external))
    }

    /// Does the policy let a path leave the project? A relative grant never does.
    fn may_read_outside(&self) -> bool {
        let policy = &self.plan.policy;
        let leaves =
            |pattern: &str| pattern == "**" || pattern.starts_with(['/', '~']) || pattern.starts_with("..");
        let reads = policy.allow.iter().filter(|g| g.effect.kind == EffectKind::FsRead);
        policy.inferred || reads.into_iter().any(|g| leaves(g.effect.pattern.0.as_str()))
    }
}

fn as_reads(effects: &[Effect]) -> Vec<Effect> {
    let from = |e: &Effect| Effect { kind: EffectKind::FsRead, pattern: e.pattern.clone() };
    effects.iter().map(from).collect()
}

pub(super) fn joined(args: &Arguments) -> Mark {
    let mut mark = args.values().fold(Mark::default(), |acc, t| acc.join(&t.all()));
    mark.external = false;
    mark
}

/// Does it name a file outside the project?
fn is_outside(effect: &Effect) -> bool {
    let text = effect.pattern.0.as_str();
    let file = matches!(effect.kind, EffectKind::FsRead | EffectKind::FsWrite);
    file && (text.starts_with(['/', '~']) || text.split('/').any(|s| s == ".."))
}

fn is_network(kind: EffectKind) -> bool {
    matches!(kind, EffectKind::NetRead | EffectKind::NetWrite | EffectKind::Mcp)
}

fn source_message(call: &Call) -> String {
    match call.kind {
        CalleeKind::Agent => format!("untrusted: what agent `{}` gives", call.callee),
        CalleeKind::Hole => "untrusted: nothing is known of a hole's result".to_owned(),
        _ => match call.callee.as_str() {
            "ask" => "untrusted: text of a model".to_owned(),
            "fs.read" | "fs.read_bytes" => "untrusted: the file may lie outside the project".to_owned(),
            callee => format!("untrusted: what `{callee}` gives"),
        },
    }
}
