//! Completion: what may stand at the cursor, by the block around it, the types and the names in scope.

use super::analysed::{Analysed, body_of, stmt_name, word};
use super::context::{self, Block, Call};
use super::{Snapshot, render, signature};
use rustchain_compiler::index::Symbol;
use rustchain_grammar::ast::{self, ItemKind, TypeExprKind};
use rustchain_grammar::{FileId, Span};
use rustchain_plan::{EffectKind, Schema, Type};
use std::collections::BTreeSet;
use std::path::Path;

/// What an offer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferKind {
    /// A word of the language.
    Keyword,
    /// A declared name.
    Name(Symbol),
    /// A function of the library.
    Function,
    /// A named argument.
    Argument,
    /// A field.
    Field,
    /// A module of the library or an import.
    Module,
    /// A member of an enum, a fixed value.
    Value,
    /// A type.
    Type,
    /// A file or folder.
    File,
}

/// Something that may stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What the list shows.
    pub label: String,
    /// What it is.
    pub kind: OfferKind,
    /// A type or signature.
    pub detail: String,
    /// More words.
    pub doc: String,
    /// What is inserted, as a snippet: `$1`, `${2:text}` are tab stops.
    pub snippet: String,
}

/// The offers at a byte, with the range they replace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// What is replaced.
    pub replace: Span,
    /// Best first.
    pub offers: Vec<Offer>,
    /// There are more than [`MOST`]: those nearest to what is typed; with more letters others may come.
    pub cut: bool,
}

/// Longer lists are cut: nobody reads them, and each letter would send them again.
pub const MOST: usize = 600;

impl Offers {
    /// Offers for what is typed in a range.
    pub fn new(replace: Span, mut offers: Vec<Offer>, typed: &str) -> Offers {
        let cut = offers.len() > MOST;
        if cut {
            let typed = typed.to_lowercase();
            let has_letters = |label: &str| {
                let mut letters = label.chars().flat_map(char::to_lowercase);
                typed.chars().all(|t| letters.any(|l| l == t))
            };
            offers.retain(|o| has_letters(&o.label));
            offers.sort_by_key(|o| !o.label.to_lowercase().starts_with(&typed));
            offers.truncate(MOST);
        }
        Offers { replace, offers, cut }
    }
}

/// The offers at a byte of the user's text.
pub fn complete(snapshot: &Snapshot, path: &Path, offset: u32) -> Option<Offers> {
    let file = snapshot.analysed(path)?;
    if file.is_foreign() {
        return super::yaml::complete(file.text(), offset);
    }
    let text = file.text();
    let (typed, start) = context::word_before(text, offset);
    let replace = Span::new(start, offset);
    let before = text.get(..start as usize).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    if let Some(offers) = path_offers(path, text, offset) {
        return Some(offers);
    }
    if context::is_text(text, offset) || line.trim_start().starts_with("//") {
        return None;
    }
    let mut list = List { file: &file, snapshot, offset, offers: Vec::new(), seen: BTreeSet::new() };
    if before.ends_with('.') && !before.ends_with("..") {
        let base = context::base_before(text, start.saturating_sub(1))?;
        list.after_dot(&base);
    } else {
        list.anything(&context::block_at(text, start), line, typed);
    }
    Some(Offers::new(replace, list.offers, typed))
}

/// Files beside this one, in the string of an import.
fn path_offers(path: &Path, text: &str, offset: u32) -> Option<Offers> {
    let before = text.get(..offset as usize)?;
    let line = before.rsplit('\n').next()?;
    let written = line.trim_start().strip_prefix("import")?.trim_start().strip_prefix('"')?;
    if written.contains('"') {
        return None;
    }
    let (folder, typed) = written.rsplit_once('/').unwrap_or((".", written));
    let entries = std::fs::read_dir(path.parent()?.join(folder)).ok()?;
    let mut offers = Vec::new();
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_folder = entry.path().is_dir();
        if name.starts_with('.') || !(is_folder || name.ends_with(".mission")) || entry.path() == path {
            continue;
        }
        let label = if is_folder { format!("{name}/") } else { name };
        let prefix = if written.contains('/') { "" } else { "./" };
        let snippet = escaped(&format!("{prefix}{label}"));
        offers.push(Offer {
            label,
            kind: OfferKind::File,
            detail: String::new(),
            doc: String::new(),
            snippet,
        });
    }
    offers.sort_by(|a, b| a.label.cmp(&b.label));
    Some(Offers::new(Span::new(offset - typed.len() as u32, offset), offers, typed))
}

/// Text as a snippet that inserts it as it is.
pub fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}")
}

struct List<'a> {
    file: &'a Analysed,
    snapshot: &'a Snapshot,
    offset: u32,
    offers: Vec<Offer>,
    seen: BTreeSet<String>,
}

const TOP: &[(&str, &str)] = &[
    ("mission", "mission ${1:name} {\n  $0\n}"),
    ("record", "record ${1:Name} {\n  ${2:field}: ${3:string}$0\n}"),
    ("enum", "enum ${1:Name} { $0 }"),
    ("type", "type ${1:Name} = $0"),
    ("let", "let ${1:name} = $0"),
    ("provider", "provider ${1:fast} = ${2:openai}(\"${3:gpt-4o-mini}\", temperature: ${4:0.0})$0"),
    ("policy", "policy ${1:name} {\n  allow $0\n}"),
    ("chain", "chain ${1:name}(${2:text}: ${3:string}) -> ${4:string} {\n  $0\n}"),
    (
        "agent",
        "agent ${1:name}(${2:question}: string) -> ${3:string} {\n  model ${4:fast}\n  prompt \"\\${${2:question}}\"\n  tools [$5]\n  budget { turns: ${6:6}, tokens: ${7:20_000} }\n}$0",
    ),
    ("tool", "tool ${1:name}(${2:text}: ${3:string}) -> ${4:string} = python(\"${5:tools.py}:${1:name}\")$0"),
    ("memory", "memory ${1:name} = $0"),
    ("import", "import \"./$0\""),
    ("test", "test \"${1:title}\" for ${2:mission} {\n  expect $0\n}"),
    ("edition", "edition 2026"),
];
const BODY: &[(&str, &str)] = &[
    ("step", "step ${1:name} = $0"),
    ("let", "let ${1:name} = $0"),
    ("input", "input ${1:name}: ${2:string}$0"),
    ("secret", "secret ${1:name}: string from env(\"${2:NAME}\")$0"),
    ("output", "output ${1:name}: ${2:string} = $0"),
    ("policy", "policy {\n  allow $0\n}"),
    ("defaults", "defaults { $0 }"),
    ("group", "group ${1:name} {\n  $0\n}"),
    ("schedule", "schedule $0"),
    ("on failure", "on failure: ${1|stop,finish|}"),
    ("return", "return $0"),
];
const CLAUSES: &[(&str, &str)] = &[
    ("after", "after [$0]"),
    ("when", "when $0"),
    ("on error", "on error: ${1|continue,skip,fail,use|}$0"),
    (
        "retry",
        "retry ${1:3} on [${2:timeout, http_5xx}] { backoff: exponential(${3:500ms}), cap: ${4:20s} }$0",
    ),
    ("timeout", "timeout ${1:30s}$0"),
    ("within", "within ${1:5m}$0"),
    (
        "trigger",
        "trigger ${1|all_success,all_done,all_failed,one_success,one_failed,one_done,none_failed,none_skipped,none_failed_min_one_success,all_skipped,always|}$0",
    ),
    ("teardown", "teardown ${1:step}$0"),
    ("id", "id \"$0\""),
];
const POLICY: &[(&str, &str)] = &[
    ("allow", "allow $0"),
    ("deny", "deny $0"),
    ("budget", "budget { usd: ${1:1.00}, tokens: ${2:100_000}, wall: ${3:10m} }$0"),
    ("require approval for", "require approval for ${1:net.write} when untrusted$0"),
    ("never", "never ${1:net.write} after ${2:fs.read}$0"),
    ("never flow", "never flow ${1|secret,personal,untrusted|} to ${2:llm}$0"),
    ("at most", "at most ${1:3} ${2:net.write}$0"),
    ("sandbox", "sandbox $0"),
];
const AGENT: &[(&str, &str)] = &[
    ("model", "model $0"),
    ("system", "system \"$0\""),
    ("prompt", "prompt \"$0\""),
    ("tools", "tools [$0]"),
    ("budget", "budget { turns: ${1:6}, tokens: ${2:20_000}, usd: ${3:0.20} }$0"),
    ("on exhausted", "on exhausted: $0"),
];
const TEST: &[(&str, &str)] =
    &[("given", "given ${1:input} = $0"), ("mock", "mock ${1:ask} -> $0"), ("expect", "expect $0")];
const EXPRESSION: &[(&str, &str)] = &[
    ("if", "if ${1:condition} then ${2:a} else ${3:b}$0"),
    ("match", "match ${1:value} {\n  ${2:member} => $3,\n  _ => $0,\n}"),
    ("for", "for ${1:x} in ${2:xs}, max ${3:4} {\n  $0\n}"),
    ("loop", "loop ${1:s} from ${2:init} until ${3:done}, max ${4:10} {\n  $0\n}"),
    ("true", "true"),
    ("false", "false"),
    ("null", "null"),
];
const TYPES: &[&str] = &[
    "bool",
    "int",
    "float",
    "string",
    "bytes",
    "timestamp",
    "duration",
    "url",
    "path",
    "json",
    "unit",
    "list",
    "map",
];
const LABELS: &[&str] = &["untrusted", "secret", "personal"];

impl List<'_> {
    fn add(&mut self, label: &str, kind: OfferKind, detail: &str, doc: &str, snippet: String) {
        if self.seen.insert(label.to_owned()) {
            let (label, detail, doc) = (label.to_owned(), detail.to_owned(), doc.to_owned());
            self.offers.push(Offer { label, kind, detail, doc, snippet });
        }
    }

    fn words(&mut self, words: &[(&str, &str)]) {
        for (label, snippet) in words {
            self.add(label, OfferKind::Keyword, "", "", (*snippet).to_owned());
        }
    }

    fn anything(&mut self, block: &Block, line: &str, typed: &str) {
        let head = line.trim_start();
        let at_start = head.is_empty();
        match block {
            Block::Top if at_start => self.words(TOP),
            Block::Policy if at_start => self.words(POLICY),
            Block::Policy => self.effects(head),
            Block::Clauses if at_start || head.trim_end().ends_with('{') => self.words(CLAUSES),
            Block::Agent if at_start => self.words(AGENT),
            Block::Test if at_start => self.words(TEST),
            Block::Record => self.types(),
            Block::Value(name) => self.fields_left(name),
            _ if is_type_place(head) => self.types(),
            Block::Body if at_start => {
                self.words(BODY);
                self.values(typed);
            }
            Block::Arguments(call) if call.argument.is_none() => {
                self.arguments(call);
                self.values(typed);
            }
            Block::Arguments(call) => {
                self.argument_values(call);
                self.values(typed);
            }
            _ => self.values(typed),
        }
    }

    fn effects(&mut self, head: &str) {
        if head.ends_with('"') {
            return;
        }
        if head.starts_with("allow llm") || head.contains("llm [") {
            self.of_symbol(&[Symbol::Provider]);
            return;
        }
        for kind in EffectKind::ALL {
            let patterned = matches!(
                kind,
                EffectKind::NetRead
                    | EffectKind::NetWrite
                    | EffectKind::FsRead
                    | EffectKind::FsWrite
                    | EffectKind::Exec
            );
            let snippet =
                if patterned { format!("{} \"$0\"", kind.name()) } else { format!("{}$0", kind.name()) };
            self.add(kind.name(), OfferKind::Value, "effect", "", snippet);
        }
    }

    fn types(&mut self) {
        for name in TYPES {
            let snippet = match *name {
                "list" => "list<$1>$0".to_owned(),
                "map" => "map<string, $1>$0".to_owned(),
                _ => (*name).to_owned(),
            };
            self.add(name, OfferKind::Type, "", "", snippet);
        }
        for label in LABELS {
            self.add(label, OfferKind::Keyword, "label", "", (*label).to_owned());
        }
        self.of_symbol(&[Symbol::Type]);
        self.modules();
    }

    fn of_symbol(&mut self, symbols: &[Symbol]) {
        let file = self.file;
        for name in file.declarations().filter(|u| symbols.contains(&u.symbol)) {
            let ty = name.ty.as_ref().map(ToString::to_string).unwrap_or_default();
            self.add(&name.name, OfferKind::Name(name.symbol), &ty, "", name.name.to_string());
        }
    }

    fn modules(&mut self) {
        let file = self.file;
        for import in &file.analysis.syntax.imports {
            let alias = rustchain_compiler::source::alias_of(import);
            self.add(&alias, OfferKind::Module, &import.path, "", alias.to_string());
        }
    }

    /// Names in scope, then the library.
    fn values(&mut self, typed: &str) {
        let file = self.file;
        let here = file.item_at(self.offset).map(|i| i.span);
        let own = self.own_name();
        let lets: BTreeSet<u32> = file.analysis.syntax.items.iter().filter_map(top_let).collect();
        for name in file.declarations() {
            let at = name.place.span;
            let visible = match name.symbol {
                Symbol::Field | Symbol::Member | Symbol::Output => false,
                Symbol::Variable => {
                    at.start < self.offset && here.is_some_and(|s| s.contains(at.start)) && self.in_scope(at)
                }
                Symbol::Step | Symbol::Group | Symbol::Parameter => {
                    here.is_some_and(|s| s.contains(at.start)) && own != Some(at)
                }
                Symbol::Let => {
                    let top = lets.contains(&at.start);
                    (top || here.is_some_and(|s| s.contains(at.start))) && own != Some(at)
                }
                _ => true,
            };
            if !visible || name.name.contains('.') {
                continue;
            }
            let ty = name.ty.as_ref().map_or_else(|| word(name.symbol).to_owned(), ToString::to_string);
            let snippet = match name.symbol {
                Symbol::Chain | Symbol::Agent | Symbol::Tool => self.declared_call(&name.name),
                _ => escaped(&name.name),
            };
            self.add(&name.name, OfferKind::Name(name.symbol), &ty, "", snippet);
        }
        self.modules();
        self.words(EXPRESSION);
        let mut modules = BTreeSet::new();
        for signature in rustchain_stdlib::signatures() {
            match signature.name.split_once('.') {
                // A whole name once its module is typed; else the module.
                Some((module, _)) if !typed.is_empty() && module.starts_with(typed) => {
                    modules.insert(module);
                    self.library(signature);
                }
                Some((module, _)) => {
                    modules.insert(module);
                }
                None => self.library(signature),
            }
        }
        for module in modules {
            self.add(module, OfferKind::Module, "library", "", module.to_owned());
        }
    }

    /// Is the variable's own construct around the cursor?
    fn in_scope(&self, at: Span) -> bool {
        let text = self.file.text();
        let between = text.get(at.end as usize..self.offset as usize).unwrap_or_default();
        let mut depth = 0_i32;
        for c in between.chars() {
            match c {
                '{' | '[' | '(' => depth += 1,
                '}' | ']' | ')' => depth -= 1,
                _ => {}
            }
            if depth < 0 {
                return false;
            }
        }
        true
    }

    /// The name that the statement around the cursor gives: it cannot be read there.
    fn own_name(&self) -> Option<Span> {
        let item = self.file.item_at(self.offset)?;
        let around = body_of(item).iter().filter(|s| s.span.contains(self.offset));
        match &item.kind {
            ItemKind::Let(d) => Some(d.name.span),
            _ => around.filter_map(stmt_name).map(|n| n.span).next_back(),
        }
    }

    fn declared_call(&self, name: &str) -> String {
        let items = &self.file.analysis.syntax.items;
        let found = items.iter().filter_map(|i| signature::callable(&i.kind)).find(|(n, ..)| *n == name);
        let Some((_, params, _)) = found else { return escaped(name) };
        let needed = params.iter().filter(|p| p.default.is_none());
        let stops: Vec<String> =
            needed.enumerate().map(|(i, p)| format!("{}: ${}", p.name.text, i + 1)).collect();
        format!("{name}({})$0", stops.join(", "))
    }

    fn library(&mut self, signature: &rustchain_plan::Signature) {
        let needed = signature.params.iter().filter(|p| p.default.is_none());
        let mut stop = 0;
        let mut next = || {
            stop += 1;
            stop
        };
        let types: Vec<String> = signature
            .type_params
            .iter()
            .map(|(name, default)| (name, default, next()))
            .map(|(name, _, n)| format!("${{{n}:{name}}}"))
            .collect();
        let types = if types.is_empty() || signature.type_params.iter().all(|(_, default)| default.is_some())
        {
            String::new()
        } else {
            format!("<{}>", types.join(", "))
        };
        let args: Vec<String> = needed.map(|p| format!("{}: ${}", p.name, next())).collect();
        let snippet = format!("{}{types}({})$0", signature.name, args.join(", "));
        self.add(
            &signature.name,
            OfferKind::Function,
            &render::signature(signature),
            &signature.doc,
            snippet,
        );
    }

    fn arguments(&mut self, call: &Call) {
        if let Some(signature) = rustchain_stdlib::signature(&call.callee) {
            for param in signature.params.iter().filter(|p| !call.given.contains(p.name.as_str())) {
                self.add(
                    &format!("{}:", param.name),
                    OfferKind::Argument,
                    &render::param(param),
                    &param.doc,
                    format!("{}: $0", param.name),
                );
            }
            return;
        }
        let file = self.file;
        let items = &file.analysis.syntax.items;
        let found =
            items.iter().filter_map(|i| signature::callable(&i.kind)).find(|(n, ..)| *n == call.callee);
        let Some((_, params, _)) = found else { return };
        for param in params.iter().filter(|p| !call.given.contains(p.name.text.as_str())) {
            let shown = file.text().get(param.span.range()).unwrap_or_default().to_owned();
            let snippet = format!("{}: $0", param.name.text);
            self.add(
                &format!("{}:", param.name.text),
                OfferKind::Argument,
                &shown,
                &param.docs.text,
                snippet,
            );
        }
    }

    fn argument_values(&mut self, call: &Call) {
        let Some(signature) = rustchain_stdlib::signature(&call.callee) else { return };
        let Some(param) = call.argument.as_ref().and_then(|name| signature.param(name)) else { return };
        match &param.ty {
            Type::Provider => self.of_symbol(&[Symbol::Provider]),
            Type::Memory => self.of_symbol(&[Symbol::Memory]),
            Type::Named(name) => self.members(name),
            _ => {}
        }
    }

    fn members(&mut self, of: &str) {
        let file = self.file;
        let members: Vec<(String, String)> = file
            .analysis
            .syntax
            .items
            .iter()
            .filter_map(|i| match &i.kind {
                ItemKind::Enum(d) if d.name.text == of => Some(&d.members),
                _ => None,
            })
            .flatten()
            .map(|m| (m.name.text.to_string(), m.docs.text.clone()))
            .collect();
        for (member, doc) in members {
            let full = format!("{of}.{member}");
            self.add(&full, OfferKind::Value, of, &doc, full.clone());
        }
    }

    fn fields_left(&mut self, name: &str) {
        for (field, ty, doc) in record_fields(self.file, self.snapshot, name) {
            let snippet = format!("{field}: $0");
            self.add(&format!("{field}:"), OfferKind::Field, &ty, &doc, snippet);
        }
        self.values("");
    }

    fn after_dot(&mut self, base: &str) {
        let file = self.file;
        let prefix = format!("{base}.");
        for signature in rustchain_stdlib::signatures().filter(|s| s.name.starts_with(&prefix)) {
            let before = self.offers.len();
            self.library(signature);
            for offer in &mut self.offers[before..] {
                offer.label = offer.label.trim_start_matches(&prefix).to_owned();
                offer.snippet = offer.snippet.trim_start_matches(&prefix).to_owned();
            }
        }
        let import =
            file.analysis.syntax.imports.iter().find(|i| rustchain_compiler::source::alias_of(i) == base);
        if let Some(import) = import {
            self.exports(import);
        }
        let is_enum = |i: &&ast::Item| matches!(&i.kind, ItemKind::Enum(d) if d.name.text == base);
        if let Some(item) = file.analysis.syntax.items.iter().find(is_enum)
            && let ItemKind::Enum(decl) = &item.kind
        {
            for member in &decl.members {
                let name = member.name.text.as_str();
                self.add(name, OfferKind::Value, base, &member.docs.text, name.to_owned());
            }
        }
        for name in file.declarations().filter(|u| u.name.starts_with(&prefix) && u.symbol == Symbol::Step) {
            let rest = name.name.trim_start_matches(&prefix).to_owned();
            let ty = name.ty.as_ref().map(ToString::to_string).unwrap_or_default();
            self.add(&rest, OfferKind::Name(Symbol::Step), &ty, "", escaped(&rest));
        }
        if let Some(ty) = self.type_of(base) {
            for (field, ty, doc) in record_fields(file, self.snapshot, &ty) {
                self.add(&field, OfferKind::Field, &ty, &doc, escaped(&field));
            }
            if ty.starts_with("list<") {
                self.add(
                    "get",
                    OfferKind::Function,
                    "the element at an index, or null",
                    "",
                    "get($1)$0".to_owned(),
                );
            }
        }
    }

    fn exports(&mut self, import: &ast::Import) {
        let Some(folder) = self.file.path.parent() else { return };
        let path = rustchain_compiler::source::normalise(&folder.join(import.path.as_str()));
        let Some(other) = self.snapshot.analysed(&path) else { return };
        for item in &other.analysis.syntax.items {
            let Some(entry) = super::symbols::top(item) else { continue };
            let snippet = match signature::callable(&item.kind) {
                Some((name, params, _)) => {
                    let needed = params.iter().filter(|p| p.default.is_none()).enumerate();
                    let stops: Vec<String> =
                        needed.map(|(i, p)| format!("{}: ${}", p.name.text, i + 1)).collect();
                    format!("{name}({})$0", stops.join(", "))
                }
                None => escaped(&entry.name),
            };
            self.add(&entry.name, OfferKind::Name(entry.symbol), &entry.detail, &item.docs.text, snippet);
        }
    }

    /// The type of a dotted name, as it is written.
    fn type_of(&self, base: &str) -> Option<String> {
        let mut parts = base.split('.');
        let first = parts.next()?;
        let (first, indices) = indexed(first);
        let here = self.file.item_at(self.offset).map(|i| i.span);
        let named = |u: &&rustchain_compiler::index::Use| {
            u.name == first && here.is_none_or(|s| s.contains(u.place.span.start))
        };
        let found = self.file.declarations().filter(named).filter(|u| u.ty.is_some()).last();
        let found = found.or_else(|| self.file.declarations().find(|u| u.name == first && u.ty.is_some()))?;
        let mut ty = element(&found.ty.as_ref()?.to_string(), indices)?;
        for part in parts {
            let (part, indices) = indexed(part);
            let fields = record_fields(self.file, self.snapshot, &ty);
            ty = element(&fields.into_iter().find(|(name, ..)| name == part)?.1, indices)?;
        }
        Some(ty)
    }
}

/// Where the name of a top-level `let` begins.
fn top_let(item: &ast::Item) -> Option<u32> {
    match &item.kind {
        ItemKind::Let(d) => Some(d.name.span.start),
        _ => None,
    }
}

/// A name without its `[]`, and how many there were.
fn indexed(part: &str) -> (&str, usize) {
    let name = part.trim_end_matches("[]");
    (name, (part.len() - name.len()) / 2)
}

/// The type of an element of a list, so many lists deep.
fn element(ty: &str, depth: usize) -> Option<String> {
    let mut ty = ty;
    for _ in 0..depth {
        ty = ty.trim_end_matches('?').strip_prefix("list<")?.strip_suffix('>')?;
    }
    Some(ty.to_owned())
}

fn is_type_place(head: &str) -> bool {
    let declares = ["input ", "secret ", "output ", "step ", "let "].iter().any(|w| head.starts_with(w));
    let open = head.rfind(':').is_some_and(|i| !head[i..].contains('=') && head[i + 1..].trim().is_empty());
    (declares && open && !head.contains('=')) || head.ends_with("-> ") || head.ends_with('<')
}

/// Fields of a record type: name, type as written, docs.
fn record_fields(file: &Analysed, snapshot: &Snapshot, ty: &str) -> Vec<(String, String, String)> {
    let name = ty.trim_end_matches('?');
    if let Some(library) = rustchain_stdlib::library_type(name.split('<').next().unwrap_or(name))
        && let Schema::Record(record) = &library.schema
    {
        return record.fields.iter().map(|f| (f.name.to_string(), f.ty.to_string(), String::new())).collect();
    }
    let (module, own) = name.split_once('.').map_or((None, name), |(module, own)| (Some(module), own));
    let Some(module) = module else { return declared_fields(&file.analysis.syntax, file.text(), own) };
    let import =
        file.analysis.syntax.imports.iter().find(|i| rustchain_compiler::source::alias_of(i) == module);
    let path = import.and_then(|i| Some(file.path.parent()?.join(i.path.as_str())));
    let text = path.and_then(|p| snapshot.text(&rustchain_compiler::source::normalise(&p)));
    let Some(text) = text else { return Vec::new() };
    declared_fields(&rustchain_grammar::parse(&text, FileId(0)).ast, &text, own)
}

fn declared_fields(file: &ast::File, text: &str, name: &str) -> Vec<(String, String, String)> {
    for item in &file.items {
        match &item.kind {
            ItemKind::Record(d) if d.name.text == name => {
                let shown = |f: &ast::FieldDecl| text.get(f.ty.span.range()).unwrap_or_default().to_owned();
                let unlabelled = |f: &ast::FieldDecl| {
                    let shown = shown(f);
                    let labels = f.ty.labels.last().map_or(0, |l| (l.span.end - f.ty.span.start) as usize);
                    shown.get(labels..).unwrap_or_default().trim_start().to_owned()
                };
                return d
                    .fields
                    .iter()
                    .map(|f| (f.name.text.to_string(), unlabelled(f), f.docs.text.clone()))
                    .collect();
            }
            ItemKind::TypeAlias(d) if d.name.text == name => {
                if let TypeExprKind::Named(path, _) = &d.ty.kind
                    && path.text() != name
                {
                    return declared_fields(file, text, &path.text());
                }
            }
            _ => {}
        }
    }
    Vec::new()
}
