//! typosquat-name: a package or a model whose name is one slip away from a well-known one.

use super::context::Context;
use super::text::commands;
use crate::command::{Stage, program_of};
use rustchain_grammar::{Applicability, Diagnostic, Severity};
use rustchain_plan::Value;
use rustchain_plan::expr::ExprKind;
use rustchain_plan::plan::Provider;
use rustchain_plan::price as prices;
use std::collections::BTreeSet;

/// Packages of PyPI that nearly everybody has heard of.
const PYTHON: &[&str] = &[
    "requests",
    "urllib3",
    "numpy",
    "pandas",
    "scipy",
    "matplotlib",
    "django",
    "flask",
    "fastapi",
    "pydantic",
    "sqlalchemy",
    "pytest",
    "setuptools",
    "certifi",
    "boto3",
    "botocore",
    "cryptography",
    "pyyaml",
    "jinja2",
    "tensorflow",
    "torch",
    "transformers",
    "openai",
    "anthropic",
    "langchain",
    "langgraph",
    "scikit-learn",
    "pillow",
    "beautifulsoup4",
    "selenium",
    "celery",
    "redis",
    "psycopg2",
    "aiohttp",
    "httpx",
    "click",
    "tqdm",
    "rich",
    "black",
    "ruff",
    "mypy",
    "poetry",
    "virtualenv",
    "airflow",
    "apache-airflow",
    "streamlit",
    "gunicorn",
    "uvicorn",
];
/// And of npm.
const NODE: &[&str] = &[
    "react",
    "express",
    "lodash",
    "axios",
    "typescript",
    "webpack",
    "eslint",
    "prettier",
    "chalk",
    "commander",
    "next",
    "vite",
    "jest",
    "mocha",
    "moment",
    "dotenv",
    "cross-env",
    "electron",
    "puppeteer",
    "playwright",
    "nodemon",
    "rimraf",
    "yargs",
    "uuid",
    "mongoose",
    "socket.io",
    "ts-node",
    "esbuild",
    "rollup",
    "tailwindcss",
];

pub(super) fn run(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for command in commands(context) {
        let found = command.pipelines.iter().flatten().find_map(mistyped);
        let Some((name, known)) = found.filter(|_| seen.insert(command.place)) else { continue };
        let message = format!("package `{name}` is one slip away from `{known}`");
        let finding =
            context.finding("RC1006", Severity::Medium, command.place, message).label("is this the one?");
        let at = context.text(command.place).find(&name).map(|i| {
            let start = command.place.span.start + i as u32;
            rustchain_grammar::Span::new(start, start + name.len() as u32)
        });
        out.push(match at {
            Some(span) => finding.fix(format!("take `{known}`"), Applicability::Suggest, span, known),
            None => finding.help(format!("take `{known}`, or allow the finding with a reason")),
        });
    }
    for (name, provider) in &context.plan.providers {
        let Provider::Model { vendor, model, .. } = provider else { continue };
        let ExprKind::Const(Value::String(model)) = &model.kind else { continue };
        if prices::price(vendor, model).is_some() {
            continue;
        }
        let Some(known) = prices::known_models(vendor).into_iter().find(|k| one_slip(model, k)) else {
            continue;
        };
        let Some(place) = context.spans.providers.get(name).copied() else { continue };
        let message = format!("model `{model}` is one slip away from `{known}`");
        out.push(
            context
                .finding("RC1006", Severity::Medium, place, message)
                .label("is this the one?")
                .help(format!("write \"{known}\", or allow the finding with a reason")),
        );
    }
    out
}

fn mistyped(stage: &Stage) -> Option<(String, &'static str)> {
    let (program, args) = program_of(stage)?;
    let (known, mut words): (&[&str], _) = match program {
        "pip" | "pip3" | "pipx" | "uv" | "uvx" => (PYTHON, args.iter()),
        "npm" | "pnpm" | "yarn" | "npx" => (NODE, args.iter()),
        _ => return None,
    };
    if !matches!(program, "uvx" | "npx") {
        words.find(|w| matches!(w.as_str(), "install" | "i" | "add"))?;
    }
    words.filter(|w| !w.starts_with('-')).find_map(|word| {
        let name = word.split(['=', '<', '>', '~', '[', '@', '!']).next().unwrap_or_default();
        let near = |k: &&&str| one_slip(name, k);
        let squats = !known.contains(&name) && name.len() >= 4;
        known.iter().find(near).filter(|_| squats).map(|k| (name.to_owned(), *k))
    })
}

/// One letter too many, too few, another, or two exchanged.
pub fn one_slip(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    if long.len() - short.len() > 1 || a == b {
        return false;
    }
    let start = short.iter().zip(long.iter()).take_while(|(x, y)| x == y).count();
    if short.len() < long.len() {
        return short[start..] == long[start + 1..];
    }
    let same_after = |skip: usize| short.get(start + skip..) == long.get(start + skip..);
    let exchanged =
        start + 1 < short.len() && short[start] == long[start + 1] && short[start + 1] == long[start];
    same_after(1) || exchanged && same_after(2)
}
