//! No file hangs the importer, makes it panic, or passes as complete when it is not.

use proptest::prelude::*;
use rustchain_transpile::from::airflow::{AirflowOptions, Effect, import, read};
use rustchain_transpile::vfs::{DiskVfs, MemoryVfs, Vfs};

fn one(text: String) -> MemoryVfs {
    MemoryVfs { files: [("d.py".to_owned(), text)].into() }
}

fn check(text: &str) {
    let vfs = one(text.to_owned());
    let made = import(&vfs, &["d.py".to_owned()], &AirflowOptions::default());
    for file in &made.missions {
        let parsed = rustchain_grammar::parse(&file.text, rustchain_grammar::FileId(0));
        assert!(parsed.diagnostics.is_empty(), "{text}\n{}\n{:?}", file.text, parsed.diagnostics);
    }
}

#[test]
fn hostile_files_end_with_a_message() {
    let head = "from airflow.sdk import DAG\nwith DAG('d', schedule=None): pass\n";
    let cases = [
        "while True: pass".to_owned(),
        "x = 'a' * 10**12".to_owned(),
        "x = [0] * 10**12".to_owned(),
        "for i in range(10**15): pass".to_owned(),
        "def f(): return f()\nf()".to_owned(),
        "f = lambda: f()\nf()".to_owned(),
        "x = []\nwhile True: x = [x]".to_owned(),
        "x = []\nfor i in range(10**6): x.append(x)".to_owned(),
        "x = 'a'\nwhile True: x += x".to_owned(),
        "class A(A): pass\nclass B: pass\nB.__init__ = B\nB()".to_owned(),
        format!("x = {}1{}", "(".repeat(5_000), ")".repeat(5_000)),
        format!("x = {}1", "-".repeat(100_000)),
        format!("x = {}1", "1 + ".repeat(15_000)),
        format!("x = {}1", "lambda: ".repeat(3_000)),
        format!("x = {}1", "1 if x else ".repeat(3_000)),
        (0..200).map(|i| format!("{}if x:\n", " ".repeat(i))).collect::<String>() + &" ".repeat(200) + "pass",
        "a = b = [1]\na.append(b)\nprint(str(a))\nx = f'{a}'".to_owned(),
        "import itertools\nlist(itertools.product(range(1000), repeat=9))".to_owned(),
    ];
    for case in cases {
        let started = std::time::Instant::now();
        let seen = read(&one(format!("{head}{case}")), "d.py", &AirflowOptions::default());
        let short: String = case.chars().take(60).collect();
        assert!(started.elapsed().as_secs() < 20, "{short} took {:?}", started.elapsed());
        let told = seen.losses.iter().any(|l| l.effect == Effect::Graph);
        let harmless = ["a = b", "x = 1 + 1", "x = lambda", "f = lambda", "x = []\nfor"]
            .iter()
            .any(|p| short.starts_with(p));
        assert!(told || harmless || short.starts_with("x = "), "{short}: nothing was told");
    }
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let seen = read(&one("x = 1\n".repeat(1_000_000)), "d.py", &AirflowOptions::default());
    assert!(seen.losses[0].message.contains("more than the limit"));
}

#[test]
fn a_missing_file_is_told() {
    let seen = read(&MemoryVfs::default(), "d.py", &AirflowOptions::default());
    assert!(seen.losses[0].message.contains("no such file"));
}

#[test]
fn bytes_that_are_not_text_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("d.py");
    std::fs::write(&path, b"x = '\xff'").expect("written");
    let error = DiskVfs::default().read(path.to_str().expect("a path")).expect_err("not UTF-8");
    assert!(error.contains("not UTF-8 at byte 5"), "{error}");
}

/// How many changed files are tried: a few, or what `RUSTCHAIN_MUTATIONS` says.
pub fn cases(few: u32) -> u32 {
    std::env::var("RUSTCHAIN_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(few)
}

fn corpus() -> Vec<String> {
    let folder = super::fixtures();
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("the folder").map(|e| e.expect("an entry").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "py") && !p.ends_with("endless.py"));
    paths.sort();
    paths.iter().map(|p| std::fs::read_to_string(p).expect("text")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(48), ..ProptestConfig::default() })]

    #[test]
    fn truncated_files_never_panic(file in 0usize..28, at in 0.0f64..1.0) {
        let texts = corpus();
        let text = &texts[file % texts.len()];
        let mut end = (text.len() as f64 * at) as usize;
        while !text.is_char_boundary(end) { end -= 1; }
        check(&text[..end]);
    }

    #[test]
    fn mutated_files_never_panic(file in 0usize..28, edits in proptest::collection::vec((0.0f64..1.0, 0usize..16), 1..6)) {
        const BITS: [&str; 16] = [
            "(", ")", "[", "]", ":", "\n", "    ", "=", ">>", "*", "**", "None", "lambda: ", "for x in y ", "'", "\\",
        ];
        let texts = corpus();
        let mut text = texts[file % texts.len()].clone();
        for (at, bit) in edits {
            let mut place = (text.len() as f64 * at) as usize;
            while !text.is_char_boundary(place) { place -= 1; }
            text.insert_str(place, BITS[bit]);
        }
        check(&text);
    }

    #[test]
    fn lines_in_any_order_never_panic(file in 0usize..28, seed in any::<u64>()) {
        let texts = corpus();
        let mut lines: Vec<&str> = texts[file % texts.len()].lines().collect();
        let n = lines.len().max(1);
        for i in 0..n.min(8) {
            let j = (seed.rotate_left(i as u32 * 7) as usize) % n;
            lines.swap(i * 3 % n, j);
        }
        check(&lines.join("\n"));
    }
}

#[test]
fn a_mapped_group_without_tasks_leaves_no_comment_behind() {
    check(
        "from airflow.sdk import DAG, task, task_group\nwith DAG('d', schedule=None):\n    @task_group\n    def each(x):\n        'Nothing yet.'\n    @task\n    def last(): ...\n    each.expand(x=[1, 2])\n    last()\n",
    );
}

/// Thousands of tasks are written in the order in which they wait, whatever the order they were made in. Time that grew
/// with the square of their number, or worse, would be felt here.
#[test]
fn thousands_of_tasks_are_written_in_order() {
    let text = "from airflow.sdk import DAG\nfrom airflow.providers.standard.operators.empty import EmptyOperator\n\
        with DAG('d', schedule=None):\n    \
            made = [EmptyOperator(task_id=f't{i}') for i in reversed(range(3000))]\n    \
            for later, earlier in zip(made, made[1:]):\n        earlier >> later\n";
    let made = import(&one(text.to_owned()), &["d.py".to_owned()], &AirflowOptions::default());
    let steps = made.missions[0].text.lines().filter_map(|line| line.trim().strip_prefix("step "));
    let names: Vec<&str> = steps.filter_map(|step| step.split(' ').next()).collect();
    let wanted: Vec<String> = (0..3000).map(|i| format!("t{i}")).collect();
    assert_eq!(names, wanted);
}
