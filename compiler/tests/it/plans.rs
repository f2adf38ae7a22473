//! What missions become.

use crate::support::{analyse, at, shown};

#[test]
fn a_simple_mission() {
    let analysis = analyse(
        r#"edition 2026
mission m {
  input who: string = "world"
  policy inferred
  step page = http.get<string>(url: "https://example.com/${who}")
  step file = fs.write(path: "out/${who}.txt", text: page) with { timeout 5s, retry 2 on [io] }
  step count = len(page) + 1
  step list = exec.run(program: "ls", args: ["-l"]) with { after [file], on error: continue }
  output n: int = count
}
"#,
    );
    assert!(!analysis.has_errors(), "{}", shown(&analysis));
    let plan = &analysis.missions[0].plan;
    plan.validate().expect("sound");
    insta::assert_snapshot!(plan.to_json_pretty().expect("json"));
}

/// One snapshot a mission of `fixtures/good`.
#[test]
fn every_good_fixture_has_its_plan() {
    let mut paths: Vec<_> =
        std::fs::read_dir(at("good")).expect("a folder").flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a file");
        let analysis = analyse(&text);
        assert!(!analysis.has_errors(), "{}\n{}", path.display(), shown(&analysis));
        for mission in &analysis.missions {
            let plan = &mission.plan;
            plan.validate().unwrap_or_else(|e| panic!("{}: {e}", plan.mission));
            let json = plan.to_json_pretty().expect("json");
            let again = rustchain_plan::Plan::from_json(&json).expect("a plan");
            assert_eq!(again.hash_hex().ok(), plan.hash_hex().ok());
            let second = analyse(&text).mission(&plan.mission).map(|m| m.plan.hash_hex().ok());
            assert_eq!(second, Some(plan.hash_hex().ok()), "the same text gives the same plan");
            insta::assert_snapshot!(format!("plan_{}", plan.mission), json);
        }
    }
}

#[test]
fn white_space_and_comments_change_no_hash() {
    let text = std::fs::read_to_string(at("good/control.mission")).expect("a file");
    let spaced = text.replace("\n  step ", "\n\n  // a comment\n  step ");
    let hash = |text: &str| analyse(text).missions[0].plan.hash_hex().expect("a hash");
    assert_eq!(hash(&text), hash(&spaced));
}
