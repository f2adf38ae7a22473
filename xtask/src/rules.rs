//! `cargo xtask rules`: docs/rules.md, from the catalogue and its pages.

use rustchain_compiler::checks::{Fixable, LATER, RULES, Rule, rule_of};
use rustchain_compiler::explain::{Page, explain, pages};
use rustchain_compiler::render::severity_name;
use std::fmt::Write;

const HEAD: &str = "# The checks\n
What `rustchain check` finds beyond names and types, made from the catalogue by `cargo xtask rules`. Each page's
examples are run as tests. `rustchain explain CODE` prints one of them.\n
- *error*: the mission does not compile; *high, medium, low*: findings, which `--deny` turns into failures (default: high).
- A fix that is *safe* is applied by `check --fix`, one that is *suggested* by `--unsafe-fixes` or in the editor.
- `// allow(RC0402): reason` on the line above takes a finding off; the reason is required, and a comment that takes
  nothing off is itself a finding (RC0810). Errors stay: they are mended, or their label is lowered by `trust` or `reveal`.
- `except = [\"RC0503\"]` in `rustchain.toml`, or `--except`, leaves a rule out; `--baseline FILE` leaves out what was
  there when the file was written.
";

/// The whole page.
pub fn page() -> Result<String, String> {
    let mut out = String::from(HEAD);
    out.push_str("\n| code | name | severity | confidence | fix |\n|---|---|---|---|---|\n");
    for rule in RULES {
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| [{code}](#{anchor}) | {name} | {severity} | {confidence} | {fix} |",
            code = rule.code,
            anchor = rule.code.to_lowercase(),
            name = rule.name,
            severity = severity_name(rule.severity),
            confidence = rule.confidence.name(),
            fix = fix_word(rule.fix),
        );
    }
    out.push_str(
        "\n## Later\n\nRules of the catalogue that are not built.\n\n| code | name | why |\n|---|---|---|\n",
    );
    for (code, name, why) in LATER {
        let _ = writeln!(out, "| {code} | {name} | {why} |");
    }
    out.push_str("\n## Errors of the compiler and the importers\n\nEach has its page: `rustchain explain CODE`.\n\n| code | |\n|---|---|\n");
    for page in pages().iter().filter(|p| rule_of(p.code).is_none()) {
        let _ = writeln!(out, "| {} | {} |", page.code, page.title());
    }
    for rule in RULES {
        let page = explain(rule.code).ok_or_else(|| format!("{} has no page", rule.code))?;
        section(&mut out, rule, page);
    }
    Ok(out)
}

fn fix_word(fix: Fixable) -> &'static str {
    match fix {
        Fixable::No => "",
        Fixable::Suggest => "suggested",
        Fixable::Safe => "safe",
    }
}

fn section(out: &mut String, rule: &Rule, page: &Page) {
    let _ = writeln!(out, "\n<a id=\"{}\"></a>\n", rule.code.to_lowercase());
    let _ = writeln!(out, "## {}: {}\n", rule.code, page.title());
    let _ = writeln!(
        out,
        "`{}`, {}, confidence {}",
        rule.name,
        severity_name(rule.severity),
        rule.confidence.name()
    );
    let body = page.text().split_once('\n').map_or("", |(_, body)| body);
    out.push_str(&body.trim_end().replace("\n## ", "\n### "));
    out.push('\n');
}
