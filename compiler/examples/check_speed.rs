//! Measures how fast missions are analysed: `check_speed [SHAPE]` prints, for each shape of mission, the megabytes a
//! second of processor time, how many times the time without rules that is, and what doubling the steps costs. `check_speed SHAPE STEPS` analyses one mission once, for
//! a profiler.

use rustchain_compiler::{Analysis, MemoryVfs, Options, analyse_text, checks};
use rustchain_plan::Plan;
use std::path::Path;
use std::time::{Duration, Instant};

const STEPS: [usize; 4] = [625, 1_250, 2_500, 5_000];

fn main() {
    let only = std::env::args().nth(1);
    if let Some(steps) = std::env::args().nth(2).and_then(|steps| steps.parse().ok()) {
        let shape = SHAPES.iter().find(|(name, _)| only.as_deref() == Some(*name));
        shape.into_iter().for_each(|(_, shape)| drop(analysis(&shape(steps), false)));
        return;
    }
    for (name, shape) in SHAPES.iter().filter(|(name, _)| only.as_deref().is_none_or(|o| o == *name)) {
        for index in [false, true] {
            let times: Vec<(usize, Duration)> = STEPS
                .iter()
                .map(|steps| {
                    let text = shape(*steps);
                    (text.len(), least(|| drop(analysis(&text, index))))
                })
                .collect();
            let (len, last) = times.last().copied().unwrap_or_default();
            let seconds = |time: Duration| time.as_secs_f64();
            let factors: Vec<String> =
                times.windows(2).map(|w| format!("{:.2}", seconds(w[1].1) / seconds(w[0].1))).collect();
            let rules = rules(&shape(STEPS[STEPS.len() - 1]));
            println!(
                "{name:<8} {} 5,000 steps, {len:>7} bytes: {:>7.1} ms, {:>5.1} MB/s; all rules {:.2}x; doubling {}",
                if index { "with index," } else { "           " },
                seconds(last) * 1e3,
                len as f64 / 1e6 / seconds(last),
                seconds(last) / (seconds(last) - seconds(rules)),
                factors.join(" "),
            );
        }
    }
}

/// The time of everything that follows lowering: effects, flow and every rule.
fn rules(text: &str) -> Duration {
    let analysis = analysis(text, false);
    let times = (0..3).map(|_| {
        let mut plans: Vec<Plan> = analysis.missions.iter().map(|m| m.plan.clone()).collect();
        let start = cpu();
        for (plan, mission) in plans.iter_mut().zip(&analysis.missions) {
            drop(checks::check(plan, &mission.spans, &analysis.sources, None));
        }
        cpu() - start
    });
    times.min().unwrap_or_default()
}

/// The text of a mission of so many steps.
type Shape = fn(usize) -> String;

const SHAPES: [(&str, Shape); 7] = [
    ("texts", texts),
    ("noops", noops),
    ("chain", chain),
    ("http", http),
    ("files", files),
    ("rows", rows),
    ("inferred", inferred),
];

fn mission(policy: &str, lines: impl Iterator<Item = String>) -> String {
    let steps: String = lines.collect();
    format!("edition 2026\n\nmission m {{\n  input name: string = \"x\"\n{policy}{steps}}}\n")
}

/// Values that hang on the one before.
fn texts(steps: usize) -> String {
    let line = |i: usize| {
        let before = if i == 0 { "name".to_owned() } else { format!("s{}", i - 1) };
        format!("  step s{i} = \"${{{before}}} and ${{len({before}) + {i}}}\"\n")
    };
    mission("", (0..steps).map(line))
}

/// Steps that hang on nothing.
fn noops(steps: usize) -> String {
    mission("", (0..steps).map(|i| format!("  step s{i} = noop()\n")))
}

/// Steps in a row.
fn chain(steps: usize) -> String {
    let line = |i: usize| match i {
        0 => "  step s0 = noop()\n".to_owned(),
        _ => format!("  step s{i} = noop() with {{ after [s{}] }}\n", i - 1),
    };
    mission("", (0..steps).map(line))
}

/// Calls that reach out, with retries and timeouts, each with the answer of the one before.
fn http(steps: usize) -> String {
    let line = |i: usize| match i {
        0 => "  step s0 = http.get(url: \"https://example.org/0\") with { timeout 5s, retry 2 }\n".to_owned(),
        _ => format!(
            "  step s{i} = http.get(url: \"https://example.org/{i}/${{s{}.status}}\") with {{ timeout 5s, retry 2 }}\n",
            i - 1
        ),
    };
    mission("  policy { allow net.read \"https://example.org/**\" }\n", (0..steps).map(line))
}

/// Files that are written, and read by the next step.
fn files(steps: usize) -> String {
    let line = |i: usize| match i % 2 {
        0 => format!("  step s{i} = fs.write(path: \"out/{i}.txt\", text: name)\n"),
        _ => format!("  step s{i} = fs.read(path: \"out/{}.txt\") with {{ after [s{}] }}\n", i - 1, i - 1),
    };
    mission("  policy { allow fs.write \"out/**\", allow fs.read \"out/**\" }\n", (0..steps).map(line))
}

/// Typed answers, lists and clauses of every kind.
fn rows(steps: usize) -> String {
    let line = |i: usize| match i % 2 {
        0 => format!(
            "  step s{i} = http.get<list<Row>>(url: \"https://example.org/${{name}}/{i}\") with {{\n    \
             retry 2 on [timeout, http_5xx] {{ backoff: exponential(1s), cap: 30s }}\n    timeout 30s\n  }}\n  \
             let n{i} = [r.name for r in s{i} if r.id > {i} && len(r.tags) > 0]\n"
        ),
        _ => format!("  step s{i} = fs.write(path: \"out/{i}.txt\", text: join(n{}, \", \"))\n", i - 1),
    };
    let policy = "  policy { allow fs.write \"out/**\", allow net.read \"https://example.org/**\" }\n";
    let mission = mission(policy, (0..steps).map(line));
    mission.replacen("mission", "record Row { id: int, name: string, tags: list<string> = [] }\n\nmission", 1)
}

/// As many grants as steps.
fn inferred(steps: usize) -> String {
    let line = |i: usize| format!("  step s{i} = fs.write(path: \"out/{i}.txt\", text: name)\n");
    mission("  policy inferred\n", (0..steps).map(line))
}

fn analysis(text: &str, index: bool) -> Analysis {
    let options = Options { index, ..Options::default() };
    let analysis = analyse_text(&MemoryVfs::default(), Path::new("m.mission"), text, options);
    if let Some(error) = analysis.diagnostics.iter().find(|_| analysis.has_errors()) {
        eprintln!("{}", error.message);
        std::process::exit(1);
    }
    analysis
}

/// The least processor time of several runs.
fn least(mut work: impl FnMut()) -> Duration {
    let times = (0..3).map(|_| {
        let start = cpu();
        work();
        cpu() - start
    });
    times.min().unwrap_or_default()
}

/// The processor time of this thread, where the system tells it; else the time of day.
fn cpu() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = stat.as_deref().and_then(|s| s.split(' ').next()).and_then(|n| n.parse().ok());
    nanos.map_or_else(|| START.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}
