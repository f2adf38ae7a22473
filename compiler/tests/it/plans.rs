//! What missions become.

use crate::support::{analyse, shown};

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
