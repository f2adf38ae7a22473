//! `check` in a project: its cache, baselines, `--watch`, shellcheck; `safety report`.

use crate::project::Project;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

const GREET: &str = r#"edition 2026

mission greet {
  policy {
    allow exec "bash"
  }
  input name: string
  step hello = exec.bash(script: "echo ${name}") with { timeout 10s }
}
"#;

fn codes(json: &str) -> Vec<String> {
    let value: Value = serde_json::from_str(json).expect("JSON");
    let all = value["diagnostics"].as_array().expect("a list");
    all.iter().map(|d| d["code"].as_str().unwrap_or_default().to_owned()).collect()
}

fn check(project: &Project) -> Vec<String> {
    codes(&project.run(&["check", "--format", "json"]).stdout)
}

fn entries(project: &Project) -> Vec<std::path::PathBuf> {
    let folder = project.path().join(".rustchain/cache/check");
    let all = std::fs::read_dir(folder).expect("a cache").flatten().map(|e| e.path());
    let mut all: Vec<_> = all.filter(|p| p.extension().is_some_and(|e| e == "json")).collect();
    all.sort();
    all
}

#[test]
fn a_check_is_answered_from_the_cache_while_nothing_changed() {
    let project = Project::with("greet.mission", GREET);
    assert_eq!(check(&project), ["RC0402"]);
    let [entry] = entries(&project).try_into().expect("one entry");
    // What the cache says is what is told: here an entry that was changed with its sum.
    let text = std::fs::read_to_string(&entry).expect("an entry");
    let body =
        text.split_once('\n').expect("two parts").1.replace("a value is written", "A VALUE IS WRITTEN");
    std::fs::write(&entry, format!("{}\n{body}", sha256(&body))).expect("written");
    assert!(project.run(&["check", "--format", "json"]).stdout.contains("A VALUE IS WRITTEN"));
    assert!(!project.run(&["check", "--no-cache", "--format", "json"]).stdout.contains("A VALUE IS WRITTEN"));
    project.write("greet.mission", &GREET.replace("echo ${name}", "echo hello"));
    assert_eq!(check(&project), Vec::<String>::new());
}

fn sha256(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn a_broken_cache_is_as_none() {
    let project = Project::with("greet.mission", GREET);
    assert_eq!(check(&project), ["RC0402"]);
    for broken in ["", "no sum", "abc\n{}", "\n\n", "{}"] {
        let [entry] = entries(&project).try_into().expect("one entry");
        std::fs::write(&entry, broken).expect("written");
        assert_eq!(check(&project), ["RC0402"], "{broken:?}");
    }
    std::fs::remove_dir_all(project.path().join(".rustchain")).expect("removed");
    project.write(".rustchain", "a file where the folder should be");
    assert_eq!(check(&project), ["RC0402"]);
}

/// Everything that was read counts: an import that changed, one that came to be.
#[test]
fn a_change_of_an_import_is_seen() {
    let import = "edition 2026\n\nimport \"./words.mission\" as words\n\n";
    let mission = GREET.replace("edition 2026\n\n", import).replace("${name}", "${words.greeting}");
    let project = Project::with("greet.mission", &mission);
    assert_eq!(check(&project)[0], "RC0106");
    project.write("words.mission", "edition 2026\n\nlet greeting = \"hello\"\n");
    assert!(!check(&project).contains(&"RC0106".to_owned()));
    project.write("words.mission", "edition 2026\n\nlet greting = \"hello\"\n");
    assert!(check(&project).iter().any(|c| c.starts_with("RC01")));
}

#[test]
fn a_baseline_tells_only_what_is_new() {
    let project = Project::with("greet.mission", GREET);
    project.expect(1, &["check", "--deny", "medium"]);
    let written =
        project.expect(0, &["check", "--deny", "medium", "--baseline", "known.json", "--write-baseline"]);
    assert!(written.stderr.contains("1 finding in known.json"), "{}", written.stderr);
    project.expect(0, &["check", "--deny", "medium", "--baseline", "known.json"]);
    // Lines that move change nothing; a second finding of the same rule is new.
    let second = "  step bye = exec.bash(script: \"echo bye ${name}\") with { timeout 10s }\n}\n";
    project
        .write("greet.mission", &format!("// a comment\n{}{second}", GREET.trim_end().trim_end_matches('}')));
    let ended =
        project.expect(1, &["check", "--deny", "medium", "--format", "short", "--baseline", "known.json"]);
    assert_eq!(ended.stdout.lines().count(), 1, "{}", ended.stdout);
    assert!(ended.stdout.starts_with("greet.mission:10:"), "{}", ended.stdout);
    project.write("greet.mission", &GREET.replace("${name}", "hello"));
    let gone = project.expect(0, &["check", "--baseline", "known.json"]);
    assert!(gone.stderr.contains("1 finding of the baseline is not there any more"), "{}", gone.stderr);
    project.write("known.json", "{}");
    assert!(project.run(&["check", "--baseline", "known.json"]).stderr.contains("is no baseline"));
}

#[test]
fn a_watch_checks_again_after_a_change() {
    let project = Project::with("greet.mission", GREET);
    let mut command = project.command(&["check", "--watch", "--format", "short"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut waits = || loop {
        match lines.next() {
            Some(Ok(line)) if line == "waiting for changes" => return true,
            Some(Ok(_)) => {}
            _ => return false,
        }
    };
    assert!(waits());
    project.write("greet.mission", &GREET.replace("${name}", "hello"));
    assert!(waits());
    child.kill().expect("killed");
    child.wait().expect("ended");
}

/// A program of the name `shellcheck` that finds one defect.
#[cfg(unix)]
#[test]
fn shellcheck_is_asked_where_it_is_on_the_path() {
    use std::os::unix::fs::PermissionsExt;
    let script = GREET.replace("echo ${name}", "cd $HOME; ls");
    let project = Project::with("greet.mission", &script);
    assert_eq!(check(&project), Vec::<String>::new());
    let report = r#"{"comments":[{"file":"-","line":1,"endLine":1,"column":4,"endColumn":9,"level":"warning","code":2164,"message":"Use 'cd ... || exit' in case cd fails."}]}"#;
    project.write("bin/report.json", report);
    project.write("bin/shellcheck", "#!/bin/sh\ncat >/dev/null\ncat \"${0%/*}/report.json\"\nexit 1\n");
    let program = project.path().join("bin/shellcheck");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("executable");
    let path = format!(
        "{}:{}",
        program.parent().expect("a folder").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let project = project.env("PATH", &path);
    let json = project.run(&["check", "--format", "json"]).stdout;
    assert_eq!(codes(&json), ["RC0808"]);
    assert!(json.contains("Use 'cd ... || exit' in case cd fails (SC2164)"), "{json}");
    let allowed =
        script.replace("  step hello", "  // allow(RC0808): the home is always there\n  step hello");
    project.write("greet.mission", &allowed);
    assert_eq!(check(&project), Vec::<String>::new());
}

#[test]
fn the_safety_report_has_a_fact_behind_each_point() {
    let project = Project::gallery("triage");
    let report = project.expect(0, &["safety", "report", "triage.mission", "--format", "json"]);
    let value: Value = serde_json::from_str(&report.stdout).expect("JSON");
    assert_eq!(value["schema_version"], 1);
    let mission = &value["missions"][0];
    let mut total = 0.0;
    for step in mission["steps"].as_array().expect("steps") {
        let reasons = step["reasons"].as_array().expect("reasons");
        let sum: f64 = reasons.iter().map(|r| r["points"].as_f64().expect("a number")).sum();
        assert!((sum - step["points"].as_f64().expect("a number")).abs() < 1e-9, "{step}");
        assert!(
            reasons.iter().all(|r| r["text"] != "" && r["location"]["line"].as_u64() > Some(0)),
            "{step}"
        );
        total += sum;
    }
    assert!((total - mission["points"].as_f64().expect("a number")).abs() < 1e-9);
    assert_eq!(mission["grade"], "low");
    let people = project.expect(0, &["safety", "report", "triage.mission"]).stdout;
    assert!(people.starts_with("triage: risk low"), "{people}");
}

#[test]
fn an_error_is_a_severe_risk() {
    let text = GREET.replace("input name: string", "input name: untrusted string");
    let project = Project::with("greet.mission", &text);
    let report = project.expect(1, &["safety", "report", "greet.mission"]).stdout;
    assert!(report.contains("greet: risk severe") && report.contains("50.0  RC0401"), "{report}");
}
