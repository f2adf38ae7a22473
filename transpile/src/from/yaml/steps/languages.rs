//! Compiling, testing, formatting, linting: the program of each language.

use super::Missing;
use crate::from::yaml::doc::Doc;
use crate::from::yaml::literal;
use crate::from::yaml::translate::Translator;
use crate::from::yaml::units::Unit;

pub(super) fn lower(t: &mut Translator<'_>, unit: &Unit, kind: &str) -> Result<Doc, Missing> {
    let path = t.need(unit, "path")?;
    let language = t.constant(unit, "language").map_or("rust".into(), |(text, _)| text.to_lowercase());
    let Some((program, args)) = program(kind, &language) else {
        let Some(node) = t.param(unit, "language") else { return Err(Missing::of("language")) };
        return Err(Missing::unknown("language", node));
    };
    let args = args.iter().map(|arg| literal::bare_string(arg)).collect();
    let args = vec![
        Doc::named("program", literal::bare_string(program)),
        Doc::named("args", Doc::list(args)),
        Doc::named("cwd", t.template(&path)),
    ];
    Ok(t.call(unit, "exec.run", args))
}

fn program(kind: &str, language: &str) -> Option<(&'static str, &'static [&'static str])> {
    let language = match language {
        "rust" | "rs" => "rust",
        "go" | "golang" => "go",
        "node" | "javascript" | "typescript" | "js" | "ts" => "node",
        "python" | "py" => "python",
        _ => return None,
    };
    Some(match (kind, language) {
        ("compile_code", "rust") => ("cargo", &["check"]),
        ("compile_code", "go") => ("go", &["build", "./..."]),
        ("compile_code", "node") => ("npm", &["run", "build"]),
        ("compile_code", "python") => ("python3", &["-m", "compileall", "."]),
        ("run_tests", "rust") => ("cargo", &["test"]),
        ("run_tests", "go") => ("go", &["test", "./..."]),
        ("run_tests", "node") => ("npm", &["test"]),
        ("run_tests", "python") => ("python3", &["-m", "pytest"]),
        ("format_code", "rust") => ("cargo", &["fmt"]),
        ("format_code", "go") => ("gofmt", &["-w", "."]),
        ("format_code", "node") => ("npx", &["prettier", "--write", "."]),
        ("format_code", "python") => ("ruff", &["format", "."]),
        ("lint_code", "rust") => ("cargo", &["clippy"]),
        ("lint_code", "go") => ("go", &["vet", "./..."]),
        ("lint_code", "node") => ("npx", &["eslint", "."]),
        ("lint_code", "python") => ("ruff", &["check", "."]),
        _ => return None,
    })
}
