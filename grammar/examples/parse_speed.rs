//! Measures how fast a text is parsed, alone and with its tree: `parse_speed FILE…` repeats the files to several
//! sizes, then what doubling a broken text costs. Prints megabytes a second of processor time, the median of several runs.
//! `parse_speed BYTES FILE…` parses them once at one size, `tree` after the size makes the tree too, for a profiler.

use rustchain_grammar::{FileId, format, parse};
use std::time::{Duration, Instant};

const SIZES: [usize; 4] = [4_000, 200_000, 1_000_000, 10_000_000];

fn main() {
    let files: Vec<String> =
        std::env::args().skip(1).filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let block: String = files.iter().map(|text| text.replace("edition 2026\n", "")).collect();
    if block.is_empty() {
        println!("usage: parse_speed FILE…");
        return;
    }
    if let Some(size) = std::env::args().nth(1).and_then(|size| size.parse().ok()) {
        let parsed = parse(&repeated(&block, size), FileId(0));
        if std::env::args().nth(2).is_some_and(|word| word == "tree") {
            drop(parsed.tree());
        }
        return;
    }
    for size in SIZES {
        let text = repeated(&block, size);
        let parsed = median(|| drop(parse(&text, FileId(0))));
        let with_tree = median(|| drop(parse(&text, FileId(0)).tree()));
        let formatted = median(|| drop(format(&text)));
        let faults = parse(&text, FileId(0)).diagnostics.len();
        println!(
            "{:>9} bytes: ast {:>6.1} MB/s, ast and tree {:>6.1} MB/s ({:.3} ms), format {:>6.1} MB/s, {faults} faults",
            text.len(),
            speed(&text, parsed),
            speed(&text, with_tree),
            with_tree.as_secs_f64() * 1e3,
            speed(&text, formatted),
        );
    }
    for (name, piece) in BROKEN {
        let times: Vec<Duration> = [2_000, 4_000, 8_000]
            .iter()
            .map(|n| {
                let text = piece.repeat(*n);
                median(|| drop(parse(&text, FileId(0))))
            })
            .collect();
        let factors: Vec<String> =
            times.windows(2).map(|w| format!("{:.2}", w[1].as_secs_f64() / w[0].as_secs_f64())).collect();
        let last = times.last().copied().unwrap_or_default();
        println!("broken, {name}: {:.1} ms, doubling {}", last.as_secs_f64() * 1e3, factors.join(" "));
    }
}

/// Texts that cost a careless grammar the square of their length.
const BROKEN: [(&str, &str); 5] = [
    ("open braces", "{\n"),
    ("open angles", "f<"),
    ("open steps", "step a = f(\n"),
    ("open strings", "let a = \"x\n"),
    ("closers", "}\n"),
];

/// Whole lines of the block over and over; a single small file is cut at a declaration.
fn repeated(block: &str, size: usize) -> String {
    if size < block.len() {
        let cut = block.get(..size).and_then(|text| text.rfind("\n}\n")).map_or(block.len(), |at| at + 3);
        return block.get(..cut).unwrap_or(block).to_owned();
    }
    block.repeat(size / block.len())
}

/// The time this thread was on a processor, where the system tells it; else the time of day.
fn clock(start: Instant) -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = stat.as_deref().and_then(|s| s.split(' ').next()).and_then(|n| n.parse().ok());
    nanos.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

/// The median of several measurements, each long enough for a clock that counts hundredths of a second.
fn median(mut work: impl FnMut()) -> Duration {
    const LEAST: Duration = Duration::from_millis(50);
    let start = Instant::now();
    let mut batch = 1;
    loop {
        let before = Instant::now();
        (0..batch).for_each(|_| work());
        if before.elapsed() >= LEAST {
            break;
        }
        batch *= 2;
    }
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let before = clock(start);
            (0..batch).for_each(|_| work());
            (clock(start) - before) / batch
        })
        .collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn speed(text: &str, time: Duration) -> f64 {
    text.len() as f64 / 1e6 / time.as_secs_f64()
}
