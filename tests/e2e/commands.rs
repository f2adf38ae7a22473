//! Every command, its exit codes, and its help.

use crate::project::{Project, repository};

const SMALL: &str = "edition 2026\n\nmission m {\n  step a = 1\n  output a: int = a\n}\n";

#[test]
fn exit_codes_are_those_of_the_manual() {
    let project = Project::with("m.mission", SMALL);
    project.write("bad.mission", "edition 2026\n\nmission m {\n  step a = b\n}\n");
    project.expect(0, &["run", "m.mission"]);
    project.expect(1, &["run", "bad.mission"]);
    project.expect(2, &["run"]);
    project.expect(2, &["run", "m.mission", "--no-such-flag"]);
    project.expect(3, &["run", "nowhere.mission"]);
    project.expect(3, &["check", "nowhere"]);
}

/// The names under `Commands:` of a help text.
fn subcommands(help: &str) -> impl DoubleEndedIterator<Item = &str> {
    let list = help.split_once("Commands:\n").map_or("", |(_, rest)| rest);
    let list = list.split("\n\n").next().unwrap_or_default();
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help")
}

#[test]
fn the_help_of_each_command_is_in_the_manual() {
    let project = Project::new();
    let manual = std::fs::read_to_string(repository().join("docs/cli.md")).expect("docs/cli.md");
    let mut fresh = String::from(
        "# Command line\n\nExit codes: 0 done, 1 failed, 2 usage, 3 no input, 4 refused by policy or guard, 5 our bug, 130 interrupted.\n",
    );
    let mut waiting = vec![String::new()];
    while let Some(name) = waiting.pop() {
        let mut args: Vec<&str> = name.split_whitespace().collect();
        args.push("--help");
        let ended = project.expect(0, &args);
        let title = format!("rustchain {name}");
        fresh.push_str(&format!("\n## {}\n\n```\n{}```\n", title.trim(), ended.stdout));
        waiting.extend(
            subcommands(&ended.stdout).rev().map(|inner| format!("{name} {inner}").trim().to_owned()),
        );
    }
    if std::env::var_os("RUSTCHAIN_BLESS").is_some() {
        std::fs::write(repository().join("docs/cli.md"), &fresh).expect("written");
        return;
    }
    let stale = fresh.lines().zip(manual.lines()).find(|(fresh, written)| fresh != written);
    assert!(
        manual == fresh,
        "docs/cli.md is stale at {stale:?}: RUSTCHAIN_BLESS=1 cargo test -p rustchain --test e2e manual"
    );
}

#[test]
fn fmt_checks_writes_and_reads_stdin() {
    let project = Project::with("m.mission", "edition 2026\nmission   m {\nstep a=1\n}\n");
    project.expect(1, &["fmt", "--check", "m.mission"]);
    let diff = project.expect(1, &["fmt", "--diff", "m.mission"]);
    assert!(diff.stdout.contains("-step a=1") && diff.stdout.contains("+  step a = 1"), "{}", diff.stdout);
    project.expect(0, &["fmt", "m.mission"]);
    assert_eq!(project.read("m.mission"), "edition 2026\n\nmission m {\n  step a = 1\n}\n");
    project.expect(0, &["fmt", "--check", "m.mission"]);
}

#[test]
fn a_new_mission_is_clean_and_tested() {
    let project = Project::new();
    project.expect(0, &["new", "report"]);
    project.expect(0, &["check", "."]);
    project.expect(0, &["fmt", "--check", "."]);
    project.expect(0, &["test", "."]);
    project.expect(0, &["run", "report.mission", "-i", "name=you"]);
    assert_eq!(project.read("out/greeting.txt"), "Hello, you!");
    // Never over a file that is there.
    project.expect(1, &["new", "report"]);
}

#[test]
fn init_makes_a_project() {
    let project = Project::new();
    project.expect(0, &["init", "shop"]);
    project.expect(0, &["run", "shop/hello.mission"]);
    assert!(project.has("shop/out/greeting.txt"));
}

#[test]
fn settings_have_an_origin() {
    let project = Project::new().env("RUSTCHAIN_PARALLEL", "3");
    project.write("rustchain.toml", "deny = \"medium\"\n");
    let shown = project.expect(0, &["config", "show", "--origin"]);
    assert!(shown.stdout.contains("parallel = 3  # RUSTCHAIN_PARALLEL"), "{}", shown.stdout);
    assert!(
        shown.stdout.contains("deny = \"medium\"") && shown.stdout.contains("rustchain.toml"),
        "{}",
        shown.stdout
    );
    project.write("rustchain.toml", "parallel = \"banana\"\n");
    let ended = project.expect(2, &["config", "show"]);
    assert!(ended.stderr.contains("banana") && ended.stderr.contains("rustchain.toml"), "{}", ended.stderr);
}

#[test]
fn a_failed_test_says_what_it_found() {
    let text = format!("{SMALL}\ntest \"it is two\" for m {{\n  expect a == 2\n}}\n");
    let project = Project::with("m.mission", &text);
    let ended = project.expect(1, &["test", "."]);
    let all = format!("{}{}", ended.stdout, ended.stderr);
    assert!(all.contains("it is two") && all.contains("a == 2") && all.contains('1'), "{all}");
}

#[test]
fn graphs_are_drawn() {
    let project =
        Project::with("m.mission", "edition 2026\n\nmission m {\n  step a = 1\n  step b = a + 1\n}\n");
    let mermaid = project.expect(0, &["graph", "m.mission"]);
    assert!(mermaid.stdout.starts_with("flowchart") && mermaid.stdout.contains("-->"), "{}", mermaid.stdout);
    let dot = project.expect(0, &["graph", "m.mission", "--format", "dot"]);
    assert!(dot.stdout.starts_with("digraph") && dot.stdout.contains("->"), "{}", dot.stdout);
}

#[test]
fn every_code_is_explained() {
    let project = Project::new();
    let list = project.expect(0, &["explain"]);
    assert!(list.stdout.lines().count() >= 40, "{}", list.stdout);
    for line in list.stdout.lines() {
        let code = line.split_whitespace().next().expect("a code");
        let page = project.expect(0, &["explain", code]);
        assert!(page.stdout.contains("## Why"), "{code}");
    }
    project.expect(2, &["explain", "RC9999"]);
}

#[test]
fn completions_and_the_manual_page_are_printed() {
    let project = Project::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(project.expect(0, &["completions", shell]).stdout.contains("rustchain"));
    }
    assert!(project.expect(0, &["man"]).stdout.contains(".TH rustchain"));
}

#[test]
fn every_output_format_is_well_formed() {
    let project = Project::with("bad.mission", "edition 2026\n\nmission m {\n  step a = b\n}\n");
    for format in ["human", "short", "github", "junit", "gitlab", "jsonl", "json"] {
        let ended = project.expect(1, &["check", "bad.mission", "--format", format]);
        assert!(ended.stdout.contains("RC0"), "{format}: {}", ended.stdout);
    }
    let sarif = project.json(0, &["check", "bad.mission", "--format", "sarif"]);
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(1));
    let gitlab = project.json(1, &["check", "bad.mission", "--format", "gitlab"]);
    assert_eq!(gitlab[0]["fingerprint"].as_str().map(str::len), Some(64));
}
