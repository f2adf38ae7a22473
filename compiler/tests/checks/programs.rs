//! What flows through programs: what their output carries, and which of their words are read as code.

use crate::support::{check, codes};

/// The codes found where a program gets `env` and its output becomes an output and the name of a program.
fn told(script: &str, env: &str) -> Vec<&'static str> {
    let analysis = check(&format!(
        r#"edition 2026
mission m {{
  secret key: string from env("KEY")
  policy {{ allow net.read "https://a.example/**", allow exec "**", allow env "KEY", allow fs.read "**", allow fs.write "**" }}
  defaults {{ timeout 5s }}
  step page = http.get<string>(url: "https://a.example/x")
  step done = exec.bash(script: {script:?}, env: {{ V: {env} }})
  step next = exec.run(program: done.stdout)
  output end: string = done.stdout
  output size: int = len(page) + next.exit_code
}}
"#
    ));
    let all = codes(&analysis);
    assert!(all.iter().all(|c| *c >= "RC03"), "{script}: {:?}", analysis.diagnostics);
    all
}

#[test]
fn a_secret_of_the_environment_is_in_what_is_printed() {
    let secret = |script: &str| told(script, "key").contains(&"RC0452");
    for script in [
        "set -x; true",
        "bash -x run.sh",
        "echo $V",
        "echo \"$V\" | sort",
        "echo $V | grep -v x",
        "printenv V",
        "cat < \"$V\"",
        "env",
    ] {
        assert!(secret(script), "{script}");
    }
    for script in [
        "set -euo pipefail; true",
        "bash run.sh",
        "true",
        "echo $V | curl -d @- https://a.example/y",
        "python3 run.py < \"$V\"",
        "printenv W",
        "echo $V | grep -q x",
        "echo $V | wc -c",
    ] {
        assert!(!secret(script), "{script}");
    }
}

#[test]
fn what_a_program_fetched_is_untrusted() {
    let untrusted = |script: &str| told(script, "\"x\"").contains(&"RC0404");
    for script in ["curl https://a.example/y", "git fetch origin", "git -q clone https://a.example/y"] {
        assert!(untrusted(script), "{script}");
    }
    for script in ["git status", "make clone", "ls"] {
        assert!(!untrusted(script), "{script}");
    }
}

#[test]
fn the_program_of_a_filter_is_code_and_its_values_are_not() {
    let is_code = |script: &str| {
        let all = told(script, "page");
        all.contains(&"RC0401") || all.contains(&"RC0407")
    };
    for script in [
        "jq --arg a b \"$V\" data.json",
        "jq -r \"$V\" data.json",
        "awk -F , \"$V\" data.csv",
        "awk -v n=1 \"$V\" data.csv",
        "sed -n \"$V\" data.csv",
        "sed -e \"$V\" data.csv",
        "psql -c \"$V\"",
        "python3 -c \"$V\"",
        "eval \"$V\"",
    ] {
        assert!(is_code(script), "{script}");
    }
    for script in [
        "jq --arg a \"$V\" .x data.json",
        "awk -v n=\"$V\" '{ print n }' data.csv",
        "sed -f \"$V\" data.csv",
        "grep -F \"$V\" data.csv",
    ] {
        assert!(!is_code(script), "{script}");
    }
}

#[test]
fn a_path_that_a_copy_gives_is_no_content() {
    let analysis = check(
        r#"edition 2026
mission m {
  policy { allow net.read "https://a.example/**", allow fs.read "out/**", allow fs.write "out/**" }
  step page = http.get<string>(url: "https://a.example/x") with { timeout 5s }
  step kept = fs.write(path: "out/a.txt", text: page)
  step copy = fs.copy(from: "out/a.txt", to: "out/b.txt") with { after [kept] }
  step text = fs.read(path: copy)
  output size: int = len(text)
}
"#,
    );
    assert!(!codes(&analysis).contains(&"RC0405"), "{:?}", analysis.diagnostics);
}
