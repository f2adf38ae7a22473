//! Time of the analysis of a large mission: `cargo run --release --example speed -- [KILOBYTES]`.

use rustchain_compiler::{MemoryVfs, Options, analyse_text};
use rustchain_grammar::FileId;
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

fn text(kilobytes: usize) -> String {
    let mut text = String::from(
        "edition 2026\n\nrecord Row { id: int, name: string, tags: list<string> = [] }\n\nmission big {\n  \
         input who: string = \"x\"\n  policy {\n    allow fs.write \"out/**\"\n    allow net.read \"https://example.com/**\"\n  }\n  \
         defaults { timeout 30s }\n",
    );
    let mut n = 0;
    while text.len() < kilobytes * 1024 {
        let before = if n == 0 { 0 } else { n - 1 };
        let _ = write!(
            text,
            "\n  /// Step {n}.\n  step page_{n} = http.get<list<Row>>(url: \"https://example.com/${{who}}/{n}\") with {{\n    \
             retry 2 on [timeout, http_5xx] {{ backoff: exponential(1s), cap: 30s }}\n  }}\n  \
             let names_{n} = [r.name for r in page_{n} if r.id > {n} && len(r.tags) > 0]\n  \
             step file_{n} = fs.write(path: \"out/{n}.txt\", text: \"${{join(names_{n}, \", \")}} and {n}\") with {{ after [page_{before}] }}\n",
        );
        n += 1;
    }
    text.push_str("}\n");
    text
}

fn best(mut run: impl FnMut()) -> Duration {
    let times = (0..5).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

fn main() {
    let kilobytes = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(1024);
    let text = text(kilobytes);
    let megabytes = text.len() as f64 / 1e6;
    let vfs = MemoryVfs::new();
    let analysis = analyse_text(&vfs, Path::new("m.mission"), &text, Options::default());
    assert!(!analysis.has_errors(), "{:?}", analysis.diagnostics.first());
    let parse = best(|| drop(rustchain_grammar::parse(&text, FileId(0))));
    let all = best(|| drop(analyse_text(&vfs, Path::new("m.mission"), &text, Options::default())));
    let rate = |t: Duration| megabytes / t.as_secs_f64();
    println!(
        "{megabytes:.2} MB: parse {parse:?} ({:.1} MB/s), all {all:?} ({:.1} MB/s)",
        rate(parse),
        rate(all)
    );
}
