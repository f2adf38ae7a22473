//! Every mission of the gallery: clean, formatted, its tests pass, and it runs on real input.

use crate::project::{Project, ended, repository};
use crate::server::Server;
use serde_json::json;
use std::process::Command;

fn folders() -> Vec<String> {
    let entries = std::fs::read_dir(repository().join("missions")).expect("the gallery");
    let mut names: Vec<String> =
        entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).filter(|n| !n.contains('.')).collect();
    names.sort();
    assert!(names.len() >= 10, "{names:?}");
    names
}

#[test]
fn the_gallery_has_no_findings_at_severity_high() {
    for name in folders() {
        Project::gallery(&name).expect(0, &["check", "."]);
    }
}

#[test]
fn the_gallery_is_formatted() {
    for name in folders() {
        Project::gallery(&name).expect(0, &["fmt", "--check", "."]);
    }
}

#[test]
fn the_tests_of_the_gallery_pass() {
    for name in folders() {
        let ended = Project::gallery(&name).expect(0, &["test", "."]);
        assert!(ended.stderr.contains("passed"), "{name}: {}", ended.stderr);
    }
}

#[test]
fn triage_answers_from_its_cassette() {
    let project = Project::gallery("triage");
    let result = project.json(0, &["run", "triage.mission", "--format", "json"]);
    assert_eq!(result["outputs"]["urgent"], json!(["T-101", "T-103"]));
    let report = project.read("out/report.md");
    assert!(report.contains("4 tickets, 2 urgent."), "{report}");
}

#[test]
fn a_plan_compiled_from_another_folder_finds_its_cassette() {
    let project = Project::gallery("triage");
    let folder = project.path().file_name().expect("a name").to_string_lossy().into_owned();
    let mission = format!("{folder}/triage.mission");
    let mut compile = project.command(&["compile", &mission, "-o", "-"]);
    let compiled = compile.current_dir(project.path().parent().expect("a parent")).output();
    let compiled = ended(compiled.expect("the binary starts"));
    assert_eq!(compiled.code, 0, "{}", compiled.stderr);
    let plan: serde_json::Value = serde_json::from_str(&compiled.stdout).expect("a plan");
    assert_eq!(plan["debug"]["source"], "triage.mission");
    project.write("elsewhere.plan.json", &compiled.stdout);
    let result = project.json(0, &["run", "--plan", "elsewhere.plan.json", "--format", "json"]);
    assert_eq!(result["outputs"]["urgent"], json!(["T-101", "T-103"]));
}

#[test]
fn a_called_mission_keeps_its_own_budget() {
    let project = Project::gallery("triage");
    let caller = "\nmission caller {\n  policy {\n    allow fs.read \"*.json\"\n    allow fs.write \"out/**\"\n    \
                  allow llm [fast]\n  }\n  step sorted = triage()\n  output urgent: list<string> = sorted.urgent\n}\n";
    let text = project.read("triage.mission") + caller;
    project.write("triage.mission", &text);
    let result = project.json(0, &["run", "triage.mission#caller", "--format", "json"]);
    assert_eq!(result["outputs"]["urgent"], json!(["T-101", "T-103"]));

    let unhandled: Vec<&str> = text.lines().filter(|line| !line.contains("on error: use")).collect();
    let strict = unhandled.join("\n").replace("tokens: 20_000", "tokens: 60");
    project.write("triage.mission", &strict);
    let ended = project.expect(1, &["run", "triage.mission#caller"]);
    assert!(
        ended.stderr.contains("`sorted` used") && ended.stderr.contains("its budget is 60"),
        "{}",
        ended.stderr
    );
}

#[test]
fn log_analysis_finds_the_failing_path() {
    let project = Project::gallery("log-analysis");
    let result = project.json(0, &["run", "log_analysis.mission", "--format", "json"]);
    assert_eq!(result["outputs"], json!({ "hits": 6, "failing": ["/cart"] }));
    assert_eq!(project.read("out/failing.csv"), "path,failures,hits\n/cart,2,3\n");
}

#[test]
fn csv_report_sums_in_sql() {
    let project = Project::gallery("csv-report");
    let result = project.json(0, &["run", "csv_report.mission", "--format", "json"]);
    assert_eq!(result["outputs"], json!({ "loaded": 5, "best": "South" }));
    let report = project.read("out/report.md");
    assert!(report.contains("| South | 32 | 132.50 |"), "{report}");
    assert!(report.contains("| North | 14 | 90.00 |"), "{report}");
}

#[test]
fn release_notes_read_a_real_repository() {
    let project = Project::gallery("release-notes");
    project.write("work/readme.md", "one\n");
    let git = |args: &[&str]| {
        let ended = Command::new("git")
            .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"])
            .args(args)
            .current_dir(project.path().join("work"))
            .output()
            .expect("git");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "start"]);
    git(&["tag", "v1"]);
    for message in ["feat: a new door", "fix: the old door closes", "paint"] {
        git(&["commit", "-q", "--allow-empty", "-m", message]);
    }
    let args = ["run", "release_notes.mission", "-i", "repo=work", "-i", "since=v1", "-i", "version=v2"];
    project.expect(0, &args);
    let notes = project.read("out/notes.md");
    assert!(notes.starts_with("# v2\n\n## Features\n\n- a new door ("), "{notes}");
    assert!(notes.contains("## Fixes\n\n- the old door closes (") && notes.contains("## Other\n\n- paint ("));
}

#[test]
fn fetch_report_reads_a_real_server() {
    let server = Server::start(|_, _| {
        let readings = json!([
            { "station": "Pass", "celsius": -7.5, "taken": "2026-11-22T06:00:00Z" },
            { "station": "Lake", "celsius": 3.0, "taken": "2026-11-22T06:00:00Z" },
        ]);
        (200, readings.to_string())
    });
    let project = Project::gallery("fetch-report");
    let service = format!("service={}", server.url);
    let result = project.json(0, &["run", "fetch_report.mission", "-i", &service, "--format", "json"]);
    assert_eq!(result["outputs"], json!({ "coldest": ["Pass"], "reported": true }));
    assert!(project.read("out/stations.md").contains("Coldest: Pass with -7.5 degrees."));
}

#[test]
fn api_sync_retries_what_may_be_retried() {
    // The second contact's service is busy twice; the third is refused for good.
    let server = Server::start(|_, request| {
        let busy = request.uri.ends_with("/c2");
        let key = request.headers.iter().any(|(name, _)| name == "idempotency-key");
        match (request.uri.rsplit('/').next(), key) {
            (_, false) => (400, "{}".to_owned()),
            (Some("c3"), _) => (422, "{}".to_owned()),
            _ if busy && SEEN.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2 => (503, "{}".to_owned()),
            _ => (200, "{}".to_owned()),
        }
    });
    static SEEN: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let project = Project::gallery("api-sync").env("SYNC_TOKEN", "very-secret-token");
    let service = format!("service={}", server.url);
    let result = project.json(0, &["run", "api_sync.mission", "-i", &service, "--format", "json"]);
    assert_eq!(result["outputs"], json!({ "sent": 2, "lost": ["c3"] }));
    let requests = server.requests();
    assert_eq!(requests.iter().filter(|r| r.uri.ends_with("/c2")).count(), 3);
    assert_eq!(requests.iter().filter(|r| r.uri.ends_with("/c3")).count(), 1);
    assert!(
        requests
            .iter()
            .all(|r| r.headers.contains(&("authorization".into(), "Bearer very-secret-token".into())))
    );
    assert_eq!(project.read("out/lost.json"), "[\n  \"c3\"\n]");
    assert_secret_is_nowhere(&project, "very-secret-token");
}

fn assert_secret_is_nowhere(project: &Project, secret: &str) {
    let ended =
        Command::new("grep").args(["-r", secret, "."]).current_dir(project.path()).output().expect("grep");
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "");
}

#[test]
fn summarise_maps_and_reduces() {
    let project = Project::gallery("summarise");
    let result = project.json(0, &["run", "summarise.mission", "--format", "json"]);
    assert_eq!(result["outputs"]["parts"], json!(2));
    assert!(!project.read("out/summary.txt").trim().is_empty());
}

#[test]
fn publish_stops_before_an_approval() {
    let server = Server::start(|_, _| (200, "{}".to_owned()));
    let project = Project::gallery("publish");
    let target = format!("target={}", server.url);
    let ended = project.expect(4, &["run", "publish.mission", "-i", &target]);
    assert!(ended.stderr.contains("approval"), "{}", ended.stderr);
    assert!(server.requests().is_empty());
}

#[test]
fn housekeeping_packs_and_commits() {
    let project = Project::gallery("housekeeping");
    let work = project.path().join("work");
    project.write("work/reports/old.xml", "<old/>");
    project.write("work/reports/new.xml", "<new/>");
    let sh = |script: &str| {
        let ended = Command::new("bash").args(["-ec", script]).current_dir(&work).output().expect("bash");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        String::from_utf8_lossy(&ended.stdout).into_owned()
    };
    sh("touch -d '90 days ago' reports/old.xml; git init -q; git config user.name A; \
        git config user.email a@example.com; git add .; git commit -qm start");
    let result = project.json(0, &["run", "housekeeping.mission", "--format", "json"]);
    assert_eq!(result["outputs"]["packed"], json!(1));
    assert_eq!(sh("git log -1 --format=%s"), "Pack old reports\n");
    assert_eq!(sh("tar tzf archive.tar.gz | grep -c old.xml"), "1\n");
    assert!(project.has("work/reports/new.xml") && !project.has("work/reports/old.xml"));
}

#[test]
fn fan_out_indexes_every_text() {
    let project = Project::gallery("fan-out");
    let result = project.json(0, &["run", "fan_out.mission", "--format", "json"]);
    assert_eq!(result["outputs"]["files"], json!(3));
    let index: serde_json::Value = serde_json::from_str(&project.read("out/index.json")).expect("json");
    assert_eq!(index[0]["name"], "lines.txt");
    assert_eq!(index[0]["lines"], 3);
}
