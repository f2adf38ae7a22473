//! What an analysis found, by the declaration it was found about, so that an edit re-does only the work that depends
//! on it.
//!
//! A declaration depends on every other whose name is a word of its text, and on what those depend on. That is more
//! than it needs and simple to be sure of. The declarations that an edit touched, and all that depend on them, are
//! looked at again; everything else is moved to where its text stands now.

use crate::checks;
use crate::index::{Index, Use};
use crate::lower;
use crate::names::{self, DeclRef, Space};
use crate::source::{Loaded, Module, Vfs};
use crate::spans::Place;
use crate::types::program::Program;
use crate::{Analysis, CompiledMission, Options};
use rustchain_grammar::ast::{File, Item, ItemKind};
use rustchain_grammar::{Diagnostic, FileId, Reparse, Severity, Span, reparse};
use smol_str::SmolStr;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// What was found about one declaration of the entry.
#[derive(Clone, Debug, Default)]
struct Record {
    /// Hashes of the words of its text, sorted.
    words: Vec<u64>,
    /// By names, types and lowering.
    told: Vec<Diagnostic>,
    /// By the checks of its plan.
    checked: Vec<Diagnostic>,
}

/// What is kept beside an analysis.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memo {
    root: PathBuf,
    /// Without the entry's syntax, which the analysis has.
    modules: Vec<Module>,
    /// Syntax errors and failed imports.
    loaded: Vec<Diagnostic>,
    /// One a declaration of the entry.
    records: Vec<Record>,
    /// Found about nothing of the entry.
    rest: Vec<Diagnostic>,
    /// The modules of organisation policies.
    policies: Vec<usize>,
    /// What the checks found in imported missions, each with its policy.
    imported: Vec<(Option<Place>, Vec<Diagnostic>)>,
}

/// Which declarations are looked at.
pub(crate) enum Wanted {
    /// Every one.
    All,
    /// Some of the entry.
    Entry(Vec<bool>),
}

impl Wanted {
    /// Is it one of them?
    pub fn has(&self, decl: DeclRef) -> bool {
        match self {
            Wanted::All => true,
            Wanted::Entry(items) => decl.module == 0 && items.get(decl.item) == Some(&true),
        }
    }
}

/// Looks at every declaration.
pub(crate) fn whole(vfs: &dyn Vfs, loaded: Loaded, root: &Path, options: Options<'_>) -> Analysis {
    let Loaded { sources, modules, policies, diagnostics } = loaded;
    // What stands for holes, and who reads scripts, is asked anew each time. A policy of the organisation binds
    // missions that do not name it.
    let keep = options.index && options.shims.is_none() && options.shell.is_none() && !policies.contains(&0);
    let mut memo =
        Memo { root: root.to_owned(), loaded: diagnostics, policies: policies.clone(), ..Memo::default() };
    if let (Some(entry), true) = (modules.first(), keep) {
        let text = &sources.file(entry.file).text;
        let items = &entry.ast.items;
        memo.records = (0..items.len()).map(|i| Record::of(text, items, i)).collect();
    } else {
        memo.records.resize_with(modules.first().map_or(0, |m| m.ast.items.len()), Record::default);
    }
    let loaded = Loaded { sources, modules, policies, diagnostics: Vec::new() };
    let mut program = Program::new(loaded, root, options.index);
    if let Some(shims) = options.shims {
        let mut found = Vec::new();
        program.shims = shims.resolve(vfs, &program.modules, &program.names, &mut found);
        program.keep(found);
    }
    let mut missions = Vec::new();
    memo.look(&program, &Wanted::All, options.shell, &mut missions);
    memo.finish(program, missions, Index::default(), &Wanted::All, keep)
}

impl Analysis {
    /// The analysis of the entry with another text: what [`crate::analyse_text`] gives, for the work that the edit
    /// needs. `None` where everything must be looked at: nothing was kept (see [`crate::Options::index`]), or the
    /// edit touched the head of the file. The texts of imports must be what they were.
    pub fn edited(self, text: &str) -> Option<Analysis> {
        let mut memo = *self.memo?;
        let id = self.entry;
        let (mut sources, mut syntax) = (self.sources, self.syntax);
        let old = std::mem::replace(&mut sources.file_mut(id).text, text.to_owned());
        let before: Vec<(Space, SmolStr)> = syntax.items.iter().filter_map(declared).collect();
        let tested: Vec<Option<SmolStr>> = syntax.items.iter().map(tested).collect();
        let done = reparse(&mut syntax, &mut memo.loaded, id, &old, text)?;
        let after: Vec<(Space, SmolStr)> = syntax.items.iter().filter_map(declared).collect();
        memo.follow(id, &done, text, &syntax);
        // A mission loses the test that is gone or is another's now.
        let lost: Vec<SmolStr> = tested[done.old.clone()].iter().flatten().cloned().collect();
        let wanted = memo.wanted(&done, &syntax, &lost, (before != after).then_some((&before, &after)));
        let edit = Moved { id, lines: Lines::of(&old, text, &done), done };
        let is_kept = |m: &CompiledMission| {
            let place = m.spans.mission_whole.span;
            !edit.done.touches(place) && !at_new(&wanted, &syntax, edit.done.moved(place).start)
        };
        let mut missions: Vec<CompiledMission> = self.missions.into_iter().filter(is_kept).collect();
        missions.iter_mut().for_each(|m| edit.mission(m));
        let index = edit.index(self.index, &wanted, &syntax);
        let root = std::mem::take(&mut memo.root);
        let mut modules = std::mem::take(&mut memo.modules);
        modules.first_mut()?.ast = syntax;
        let loaded = Loaded { sources, modules, policies: memo.policies.clone(), diagnostics: Vec::new() };
        let program = Program::new(loaded, &root, true);
        memo.root = root;
        memo.look(&program, &wanted, None, &mut missions);
        missions.sort_by_key(|m| m.spans.mission_whole.span.start);
        Some(memo.finish(program, missions, index, &wanted, true))
    }
}

impl Memo {
    /// Runs the passes over the wanted declarations; adds the missions that have a plan.
    fn look(
        &mut self,
        program: &Program,
        wanted: &Wanted,
        shell: Option<&dyn checks::ShellLint>,
        missions: &mut Vec<CompiledMission>,
    ) {
        for (decl, found) in lower::declaration::check(program, wanted) {
            self.tell(decl, found);
        }
        let mut fresh: Vec<(DeclRef, CompiledMission)> = Vec::new();
        for (decl, item) in program.items().filter(|(decl, _)| wanted.has(*decl)) {
            let ItemKind::Mission(mission) = &item.kind else { continue };
            let (compiled, found) = lower::mission::lower(program, decl, mission);
            self.tell(decl, found);
            // Missions of imported files are checked; the entry's are what is asked for.
            match compiled {
                Some(mut m) if decl.module != 0 => {
                    let found = checks::check(&mut m.plan, &m.spans, &program.sources, shell);
                    self.imported.push((m.spans.policy.as_ref().map(|p| p.name), found));
                }
                compiled => fresh.extend(compiled.map(|m| (decl, m))),
            }
        }
        for (decl, found) in lower::tests::lower(program, wanted, &mut fresh) {
            self.tell(decl, found);
        }
        for found in program.take_diagnostics() {
            let place = &found.primary;
            let items =
                program.modules.first().filter(|m| m.file == place.file).map(|m| m.ast.items.as_slice());
            match items.and_then(|items| item_at(items, place.span.start)) {
                Some(item) if wanted.has(DeclRef { module: 0, item }) => self.records[item].told.push(found),
                None if matches!(wanted, Wanted::All) => self.rest.push(found),
                _ => {}
            }
        }
        for (decl, mission) in &mut fresh {
            let record = &mut self.records[decl.item];
            record.checked = checks::check(&mut mission.plan, &mission.spans, &program.sources, shell);
            record.checked.extend(lower::bounds::check(&mission.plan, &mission.spans));
        }
        missions.extend(fresh.into_iter().map(|(_, mission)| mission));
    }

    fn tell(&mut self, decl: DeclRef, found: Vec<Diagnostic>) {
        match self.records.get_mut(decl.item).filter(|_| decl.module == 0) {
            Some(record) => record.told.extend(found),
            None => self.rest.extend(found),
        }
    }

    /// What concerns all: findings that have one cause, what is suppressed, the order.
    fn finish(
        mut self,
        program: Program,
        mut missions: Vec<CompiledMission>,
        mut index: Index,
        wanted: &Wanted,
        keep: bool,
    ) -> Analysis {
        let items = program.modules.first().map(|m| m.ast.items.as_slice()).unwrap_or_default();
        let checked = missions.iter().filter_map(|m| {
            let item = item_at(items, m.spans.mission_whole.span.start)?;
            Some((m.spans.policy.as_ref().map(|p| p.name), self.records.get(item)?.checked.clone()))
        });
        let mut found = checks::together(checked.chain(self.imported.iter().cloned()).collect());
        if let (Some(entry), false) = (program.modules.first(), missions.is_empty()) {
            found.extend(checks::of_text(entry.file, &program.sources));
        }
        crate::one_cause(&mut found);
        let errors: Vec<Place> =
            found.iter().filter(|d| d.severity == Severity::Error).map(crate::place).collect();
        for mission in &mut missions {
            mission.sound = !errors.iter().any(|e| mission.spans.concerns(*e));
        }
        let told = self.records.iter().flat_map(|r| &r.told);
        let mut diagnostics: Vec<Diagnostic> =
            told.chain(&self.rest).chain(&self.loaded).cloned().chain(found).collect();
        crate::as_declared(&mut diagnostics, &program);
        crate::follow_from_syntax(&mut diagnostics, &program.sources);
        let mut diagnostics = checks::suppress(diagnostics, &program.sources);
        crate::sort(&mut diagnostics);
        let policies = lower::policy::declared(&program, 0);
        program.take_diagnostics();
        let Program { sources, mut modules, index: uses, .. } = program;
        let entry = modules.first_mut();
        let (syntax, entry) = entry.map(|m| (std::mem::take(&mut m.ast), m.file)).unwrap_or_default();
        let mut uses = uses.map(|u| u.into_inner()).unwrap_or_default();
        uses.retain(|u| is_wanted(wanted, entry, &syntax, u.place));
        index.extend(uses);
        index.link(entry, &syntax, |item| wanted.has(DeclRef { module: 0, item }));
        self.modules = modules;
        // A generated text is not edited.
        let memo = (keep && entry == FileId(0)).then(|| Box::new(self));
        Analysis { sources, missions, policies, diagnostics, index, syntax, entry, memo }
    }

    /// Moves everything to where it stands now; the records of what is gone go.
    fn follow(&mut self, id: FileId, done: &Reparse, text: &str, syntax: &File) {
        let new = done.old.start..done.old.start + done.new;
        self.records.splice(done.old.clone(), new.map(|i| Record::of(text, &syntax.items, i)));
        let records = self.records.iter_mut().flat_map(|r| r.told.iter_mut().chain(&mut r.checked));
        records.chain(&mut self.rest).for_each(|d| d.follow(id, done));
    }

    /// The declarations that an edit concerns; their findings go. `names`: what was and is declared, where that
    /// differs.
    fn wanted(
        &mut self,
        done: &Reparse,
        syntax: &File,
        lost: &[SmolStr],
        names: Option<(&Names, &Names)>,
    ) -> Wanted {
        let items = &syntax.items;
        let is_of = |i: &usize, name: &SmolStr| matches!(&items[*i].kind, ItemKind::Mission(m) if m.name.text == *name);
        let mut wanted = vec![false; items.len()];
        let mut open: Vec<usize> = (done.old.start..done.old.start + done.new).collect();
        open.extend((0..items.len()).filter(|i| lost.iter().any(|name| is_of(i, name))));
        if let Some((before, after)) = names {
            // Suggestions speak of every name there is.
            let suggests =
                |r: &Record| r.told.iter().chain(&r.checked).any(|d| d.severity == Severity::Error);
            open.extend((0..items.len()).filter(|i| suggests(&self.records[*i])));
            let changed: Vec<u64> = changed(before, after).flat_map(word_of).collect();
            open.extend((0..items.len()).filter(|i| self.records[*i].has_any(&changed)));
            if !self.rest.is_empty() {
                self.rest.clear();
                self.records.iter_mut().for_each(Record::clear);
                return Wanted::All;
            }
        }
        while let Some(item) = open.pop() {
            if std::mem::replace(&mut wanted[item], true) {
                continue;
            }
            // A test is lowered with its mission.
            if let Some(name) = tested(&items[item]) {
                open.extend((0..items.len()).filter(|i| is_of(i, &name) && !wanted[*i]));
            }
            let word: Vec<u64> = declared(&items[item]).iter().flat_map(|(_, name)| word_of(name)).collect();
            if !word.is_empty() {
                open.extend((0..items.len()).filter(|i| !wanted[*i] && self.records[*i].has_any(&word)));
            }
        }
        self.records.iter_mut().zip(&wanted).filter(|(_, w)| **w).for_each(|(r, _)| r.clear());
        Wanted::Entry(wanted)
    }
}

impl Record {
    fn of(text: &str, items: &[Item], index: usize) -> Record {
        let end = items.get(index + 1).map_or(text.len(), |next| begin(next) as usize);
        let text = text.get(begin(&items[index]) as usize..end).unwrap_or_default();
        let mut words: Vec<u64> = words(text).map(hash).collect();
        words.sort_unstable();
        words.dedup();
        Record { words, ..Record::default() }
    }

    fn has_any(&self, words: &[u64]) -> bool {
        words.iter().any(|w| self.words.binary_search(w).is_ok())
    }

    fn clear(&mut self) {
        self.told.clear();
        self.checked.clear();
    }
}

type Names = Vec<(Space, SmolStr)>;

/// The names that are declared before or after only.
fn changed<'a>(before: &'a Names, after: &'a Names) -> impl Iterator<Item = &'a SmolStr> {
    let (was, is): (HashSet<_>, HashSet<_>) = (before.iter().collect(), after.iter().collect());
    let changed: Vec<&(Space, SmolStr)> = was.symmetric_difference(&is).copied().collect();
    changed.into_iter().map(|(_, name)| name)
}

/// The mission that a test is of.
fn tested(item: &Item) -> Option<SmolStr> {
    match &item.kind {
        ItemKind::Test(test) => Some(test.mission.text()),
        _ => None,
    }
}

fn declared(item: &Item) -> Option<(Space, SmolStr)> {
    names::declared(item).map(|(name, space)| (space, name.text.clone()))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty())
}

/// The first word of a name: all of it, but for names in backquotes.
fn word_of(name: &SmolStr) -> Option<u64> {
    words(name).next().map(hash)
}

fn hash(word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    word.hash(&mut hasher);
    hasher.finish()
}

/// Where a declaration begins, docs included.
fn begin(item: &Item) -> u32 {
    if item.docs.span.is_empty() { item.span.start } else { item.docs.span.start }
}

/// The declaration that a byte belongs to: the last that begins before it.
fn item_at(items: &[Item], offset: u32) -> Option<usize> {
    items.partition_point(|i| begin(i) <= offset).checked_sub(1)
}

fn at_new(wanted: &Wanted, syntax: &File, offset: u32) -> bool {
    item_at(&syntax.items, offset).is_some_and(|item| wanted.has(DeclRef { module: 0, item }))
}

fn is_wanted(wanted: &Wanted, entry: FileId, syntax: &File, place: Place) -> bool {
    match wanted {
        Wanted::All => true,
        Wanted::Entry(_) => place.file == entry && at_new(wanted, syntax, place.span.start),
    }
}

/// How lines have moved.
struct Lines {
    /// The first line, from 1, behind what was parsed again.
    from: u32,
    by: i64,
}

impl Lines {
    fn of(old: &str, new: &str, done: &Reparse) -> Lines {
        let count = |text: &str| text.bytes().filter(|b| *b == b'\n').count() as i64;
        let end = (done.span.end as usize).min(old.len());
        let from = count(old.get(..end).unwrap_or(old)) as u32 + 1;
        Lines { from, by: count(new) - count(old) }
    }

    fn moved(&self, line: u32) -> u32 {
        if line >= self.from { (i64::from(line) + self.by).max(1) as u32 } else { line }
    }
}

/// An edit, for what stays.
struct Moved {
    id: FileId,
    done: Reparse,
    lines: Lines,
}

impl Moved {
    fn place(&self, place: &mut Place) {
        if place.file == self.id {
            place.span = self.done.moved(place.span);
        }
    }

    fn mission(&self, mission: &mut CompiledMission) {
        mission.spans.each(&mut |place| self.place(place));
        if self.lines.by != 0 {
            mission.plan.debug.lines.values_mut().for_each(|line| *line = self.lines.moved(*line));
            for test in &mut mission.tests {
                let mocks = test.mocks.iter_mut().map(|mock| &mut mock.line);
                let expects = test.expects.iter_mut().map(|expect| &mut expect.line);
                mocks.chain(expects).chain([&mut test.line]).for_each(|line| *line = self.lines.moved(*line));
            }
        }
    }

    /// The names outside of the wanted declarations.
    fn index(&self, index: Index, wanted: &Wanted, syntax: &File) -> Index {
        if matches!(wanted, Wanted::All) {
            return Index::default();
        }
        let gone =
            |span: Span| self.done.touches(span) || at_new(wanted, syntax, self.done.moved(span).start);
        let mut uses: Vec<Use> = index.uses;
        uses.retain(|u| u.place.file != self.id || !gone(u.place.span));
        for name in &mut uses {
            self.place(&mut name.place);
            name.declaration.iter_mut().for_each(|place| self.place(place));
        }
        Index { uses }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryVfs, analyse_text};

    /// Which declarations are looked at again after an edit.
    fn looked_at(old: &str, new: &str) -> Vec<bool> {
        let options = Options { index: true, ..Options::default() };
        let analysis = analyse_text(&MemoryVfs::new(), Path::new("m.mission"), old, options);
        let (mut memo, mut syntax) = (*analysis.memo.expect("kept"), analysis.syntax);
        let before: Names = syntax.items.iter().filter_map(declared).collect();
        let done = reparse(&mut syntax, &mut memo.loaded, FileId(0), old, new).expect("a part");
        let after: Names = syntax.items.iter().filter_map(declared).collect();
        memo.follow(FileId(0), &done, new, &syntax);
        match memo.wanted(&done, &syntax, &[], (before != after).then_some((&before, &after))) {
            Wanted::Entry(items) => items,
            Wanted::All => vec![true; syntax.items.len()],
        }
    }

    const TEXT: &str = r#"edition 2026

chain shout(text: string) -> string {
  return "${text}!"
}

chain greet(name: string) -> string {
  step loud = shout(text: name)
  return "hello ${loud}"
}

mission a {
  input name: string = "x"
  step s = greet(name: name)
  output o: string = s
}

mission b {
  input name: string = "y"
  output o: string = name
}

test "a greets" for a {
  expect o != ""
}
"#;

    #[test]
    fn a_letter_in_a_mission_looks_at_it_and_its_tests() {
        let new = TEXT.replace("step s = greet(name: name)", "step s = greet(name: nam)");
        assert_eq!(looked_at(TEXT, &new), [false, false, true, false, true]);
    }

    #[test]
    fn a_letter_in_a_chain_looks_at_all_that_call_it() {
        let new = TEXT.replace("${text}!", "${text}!!");
        assert_eq!(looked_at(TEXT, &new), [true, true, true, false, true]);
    }

    #[test]
    fn a_letter_in_a_test_looks_at_its_mission() {
        let new = TEXT.replace("expect o != \"\"", "expect o != \"a\"");
        assert_eq!(looked_at(TEXT, &new), [false, false, true, false, true]);
    }

    #[test]
    fn a_new_name_looks_at_what_had_errors_and_what_says_it() {
        let old = TEXT.replace("output o: string = name", "output o: string = nothing");
        let new = old.replace("mission a {", "mission c {");
        assert_eq!(looked_at(&old, &new), [false, false, true, true, true]);
    }
}
