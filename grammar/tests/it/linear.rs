//! Time grows with the length of the text, whatever the text is.

use crate::files::{fixture, large};
use rustchain_grammar::{FileId, parse};
use std::time::{Duration, Instant};

/// The time this thread was on a processor, where the system tells it: other work does not count.
fn thread_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

fn time(text: &str) -> Duration {
    let (wall, thread) = (Instant::now(), thread_time());
    let parsed = parse(text, FileId(0));
    let tree = parsed.tree();
    assert_eq!(u32::from(tree.text_range().len()) as usize, text.len());
    match (thread, thread_time()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => wall.elapsed(),
    }
}

/// Doubling a text may at most double the time; eight times the text gets sixteen times, for what the clock does not see.
/// Quadratic would be sixty-four.
fn assert_linear(name: &str, make: impl Fn(usize) -> String) {
    let mut size = 250;
    // Below this the clock says little.
    while size < 20_000 && time(&make(size)) < Duration::from_millis(8) {
        size *= 2;
    }
    let ratio = || {
        let (short, long) = (time(&make(size)), time(&make(size * 8)));
        (long.as_secs_f64() / short.as_secs_f64().max(0.004), short, long)
    };
    let measured = (0..3).map(|_| ratio()).min_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, short, long) = measured.expect("three measurements");
    assert!(ratio < 16.0, "{name}: {size} takes {short:?}, eight times as much {long:?}");
}

#[test]
fn valid_text_is_linear() {
    assert_linear("a large file", large);
    assert_linear("many steps", |n| format!("mission m {{\n{}}}\n", "step a = f(x: 1)\n".repeat(n)));
}

#[test]
fn formatting_is_linear() {
    let text = |n: usize| "/// Doc.\nlet a = [1, 2] // c\n\nmission m {\n  step a = f(x: 1)\n}\n".repeat(n);
    let time = |n: usize| {
        let (text, before) = (text(n), thread_time());
        assert!(rustchain_grammar::format(&text).is_ok());
        thread_time().zip(before).map(|(after, before)| (after - before).as_secs_f64())
    };
    let (Some(short), Some(long)) = (time(100), time(800)) else { return };
    assert!(long < short.max(0.02) * 16.0, "100 take {short}, 800 take {long}");
}

#[test]
fn open_brackets_are_linear() {
    for open in ["{", "(", "[", "{\n", "f(", "a: {", "step x = f({\n"] {
        assert_linear(open, |n| open.repeat(n));
        assert_linear(open, |n| format!("mission m {{\n  step a = {}", open.repeat(n)));
    }
}

#[test]
fn open_angles_are_linear() {
    assert_linear("f<", |n| format!("let a = {}", "f<".repeat(n)));
    assert_linear("f<a> ", |n| format!("let a = {}", "f<a ".repeat(n)));
    assert_linear("list<", |n| format!("type A = {}", "list<".repeat(n)));
    assert_linear("x<a<b>", |n| format!("let a = {}", "x<a<b>".repeat(n)));
}

#[test]
fn chains_are_linear() {
    for part in
        ["!", "-", "a + ", "a.", "a(", "if a then ", "if a then b else ", "match a { b => ", "a ? ", "in "]
    {
        assert_linear(part, |n| format!("let a = {}b\n", part.repeat(n)));
    }
}

#[test]
fn broken_lines_are_linear() {
    for line in [
        "step = \n",
        "stp a = b\n",
        "}\n",
        ")\n",
        "\"\n",
        "\"\"\"\n",
        "///\n",
        "//!\n",
        "step a = f(x: , y: 2)\n",
        "@\n",
        "`\n",
        "${\n",
        "mission m {\n",
        "step a = [b for\n",
        "with {\n",
        "a b c d e\n",
        "{ a: 1,, }\n",
    ] {
        assert_linear(line, |n| line.repeat(n / 4));
        assert_linear(line, |n| format!("mission m {{\n{}}}\n", line.repeat(n / 4)));
    }
}

#[test]
fn one_long_line_is_linear() {
    for part in ["a ", "x: 1, ", "\\", "\"a\" ", "😀", "// ", "[1], ", "a < b, "] {
        assert_linear(part, |n| part.repeat(n));
        assert_linear(part, |n| format!("let a = [{}]\n", part.repeat(n)));
    }
}

#[test]
fn the_fixtures_cut_short_are_linear() {
    let steps = fixture("steps");
    let cut = steps.get(..steps.len() / 2).map(str::to_owned).unwrap_or(steps);
    assert_linear("half a file", |n| cut.repeat(n / 500 + 1));
}
