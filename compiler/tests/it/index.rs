//! What names stand for, as editors ask.

use crate::support::at;
use rustchain_compiler::{DiskVfs, Options, analyse};
use std::fmt::Write;

#[test]
fn every_name_of_the_sample() {
    let path = at("whole/triage.mission");
    let analysis = analyse(&DiskVfs, &path, Options { index: true, ..Options::default() }).expect("a file");
    let mut out = String::new();
    for u in analysis.index.uses.iter().filter(|u| u.place.file.0 == 0) {
        let text = |p: rustchain_compiler::spans::Place| {
            let file = &analysis.sources.file(p.file).text;
            let line = file[..p.span.start as usize].matches('\n').count() + 1;
            format!("{line}:{}", &file[p.span.range()])
        };
        let ty = u.ty.as_ref().map_or(String::new(), |t| format!(": {t}"));
        let declared = u.declaration.map_or_else(|| "library".to_owned(), text);
        let _ = writeln!(out, "{} {:?} {}{ty} <- {declared}", text(u.place), u.symbol, u.name);
    }
    insta::assert_snapshot!(out);
}
