//! YAML and JSON missions of the older format, as a user has them.

use crate::project::Project;
use serde_json::json;

const COPY: &str = "version: \"1.0\"
name: Copy a file
steps:
  - id: make
    name: Make it
    step_type: create_file
    parameters:
      path: a.txt
      content: hello
  - id: read
    name: Read it
    step_type: read_file
    depends_on: [make]
    parameters:
      path: a.txt
  - id: copy
    name: Write it again
    step_type: create_file
    depends_on: [read]
    parameters:
      path: b.txt
      content: \"it said: {{read.content}}\"
";

#[test]
fn a_yaml_mission_runs() {
    let project = Project::with("m.yaml", COPY);
    let ended = project.expect(0, &["run", "m.yaml"]);
    assert_eq!(project.read("b.txt"), "it said: hello", "{}", ended.stderr);
}

#[test]
fn a_json_mission_runs() {
    let mission = json!({
        "version": "1.0", "name": "j",
        "steps": [
            { "id": "a", "name": "a", "step_type": "command", "parameters": { "command": "echo", "args": ["hi"] } },
            { "id": "b", "name": "b", "step_type": "create_file", "depends_on": ["a"],
              "parameters": { "path": "o.txt", "content": "${a.output.stdout}" } },
        ],
    });
    let project = Project::with("m.json", &mission.to_string());
    project.expect(0, &["run", "m.json"]);
    assert_eq!(project.read("o.txt"), "hi\n");
}

#[test]
fn a_typo_is_shown_in_the_yaml_once_with_a_fix() {
    let project = Project::with("m.yaml", &COPY.replacen("create_file", "creat_file", 1));
    let ended = project.expect(1, &["check", "m.yaml"]);
    assert_eq!(ended.stdout.matches("error[").count(), 1, "{}", ended.stdout);
    assert!(ended.stdout.contains("m.yaml:6:") && ended.stdout.contains("`create_file`"), "{}", ended.stdout);
}

#[test]
fn all_errors_are_told_at_once() {
    let broken =
        COPY.replacen("create_file", "creat_file", 1).replace("depends_on: [read]", "depends_on: [reed]");
    let project = Project::with("m.yaml", &broken);
    let ended = project.expect(1, &["check", "m.yaml"]);
    assert_eq!(ended.stdout.matches("error[").count(), 2, "{}", ended.stdout);
}

#[test]
fn a_yaml_mission_becomes_mission_text_that_does_the_same() {
    let project = Project::with("m.yaml", COPY);
    let text = project.expect(0, &["fmt", "--to", "mission", "m.yaml"]).stdout;
    let other = Project::with("m.mission", &text);
    other.expect(0, &["fmt", "--check", "m.mission"]);
    other.expect(0, &["run", "m.mission"]);
    assert_eq!(other.read("b.txt"), "it said: hello");
}

#[test]
fn broken_yaml_is_one_syntax_error() {
    let project = Project::with("m.yaml", "version: \"1.0\"\nname: x\nsteps:\n  - id: a\n   name: b\n");
    let ended = project.expect(1, &["check", "m.yaml"]);
    assert_eq!(ended.stdout.matches("error[").count(), 1, "{}", ended.stdout);
}

#[test]
fn a_failed_step_with_continue_on_error_does_not_stop_the_rest() {
    let yaml = "version: \"1.0\"\nname: x\nsteps:\n  - id: slow\n    name: slow\n    step_type: command\n    timeout_seconds: 1\n    \
                continue_on_error: true\n    parameters: {command: sleep, args: [\"6\"]}\n  - id: next\n    name: next\n    \
                step_type: create_file\n    depends_on: [slow]\n    parameters: {path: o.txt, content: went on}\n";
    let project = Project::with("m.yaml", yaml);
    project.expect(0, &["run", "m.yaml"]);
    assert_eq!(project.read("o.txt"), "went on");
}
