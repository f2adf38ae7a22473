//! `rustchain check --effects`, `--trust`, `--cost`: what is known of missions, instead of findings.

use super::plan::{cost_json, cost_text};
use crate::args::CheckArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::load::{Loaded, load_with};
use crate::terminal::Terminal;
use rustchain_compiler::CompiledMission;
use rustchain_compiler::cost::{Cost, cost, price_source};
use rustchain_compiler::effects::suggest_policy;
use rustchain_compiler::flow::Lowered;
use rustchain_compiler::render::Format;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Prints the facts that were asked for, of every mission.
pub(super) fn run(args: &CheckArgs, files: &[PathBuf], terminal: &Terminal) -> Result<Exit, Error> {
    let as_json = match args.format {
        Format::Human => false,
        Format::Json => true,
        _ => return Err(Error::usage("facts are printed as `human` or `json`", "write `--format json`")),
    };
    let mut failed = false;
    let mut all: Vec<Value> = Vec::new();
    let shims = args.shims.as_deref().map(crate::shims::read).transpose()?;
    for file in files {
        let loaded = load_with(file, shims.as_ref())?;
        failed |= loaded.has_errors();
        for mission in &loaded.analysis.missions {
            match as_json {
                true => all.push(facts(args, file, &loaded, mission)),
                false => terminal.data(&text(args, file, &loaded, mission))?,
            }
        }
    }
    if as_json {
        terminal.data(&format!("{:#}\n", json!({ "schema_version": 1, "missions": all })))?;
    }
    Ok(if failed { Exit::Failed } else { Exit::Ok })
}

fn text(args: &CheckArgs, file: &Path, loaded: &Loaded, mission: &CompiledMission) -> String {
    let name = format!("{}#{}", file.display(), mission.plan.mission);
    if args.effects {
        return format!("// {name}\n{}\n", suggest_policy(&mission.plan));
    }
    if args.cost {
        return format!("{name}\n{}", cost_report(&cost(&mission.plan)));
    }
    let lowered = lowered(mission);
    let mut out = format!("{name}: {} lowered\n", lowered.len());
    for one in &lowered {
        let (path, line, column) = place(loaded, one);
        out.push_str(&format!("  {path}:{line}:{column}  {}  {:?}\n", labels(one), one.reason.as_str()));
    }
    out
}

fn facts(args: &CheckArgs, file: &Path, loaded: &Loaded, mission: &CompiledMission) -> Value {
    let mut out = json!({ "file": file.display().to_string(), "mission": mission.plan.mission });
    let mut put = |name: &str, value: Value| {
        if let Some(map) = out.as_object_mut() {
            map.insert(name.to_owned(), value);
        }
    };
    if args.effects {
        let rows = rustchain_compiler::effects::rows(&mission.plan);
        put("allow", json!(rustchain_compiler::effects::allow_lines(&rows)));
    }
    if args.cost {
        put("cost", cost_json(&cost(&mission.plan)));
        put("prices", json!(price_source()));
    }
    if args.trust {
        let all = lowered(mission);
        let one = |one: &Lowered| {
            let (path, line, column) = place(loaded, one);
            json!({ "file": path, "line": line, "column": column, "labels": one.labels, "reason": one.reason })
        };
        put("lowered", all.iter().map(one).collect());
    }
    out
}

/// Every `trust` and `reveal`, in order of place.
fn lowered(mission: &CompiledMission) -> Vec<Lowered> {
    rustchain_compiler::flow::analyse(&mission.plan, &mission.spans).lowered
}

fn labels(lowered: &Lowered) -> String {
    lowered.labels.names().collect::<Vec<_>>().join(", ")
}

fn place(loaded: &Loaded, lowered: &Lowered) -> (String, usize, usize) {
    let file = loaded.analysis.sources.file(lowered.place.file);
    let before = file.text.get(..lowered.place.span.start as usize).unwrap_or_default();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (file.path.clone(), before.matches('\n').count() + 1, column)
}

fn cost_report(cost: &Cost) -> String {
    let mut out = cost_text(cost);
    for call in &cost.calls {
        let times = super::plan::bound_text(&call.times, u64::to_string);
        let tokens = super::plan::bound_text(&call.tokens, u64::to_string);
        let usd = super::plan::bound_text(&call.usd, |usd| format!("{usd:.4}"));
        out.push_str(&format!("  `{}`: {times} evaluations, {tokens} tokens, {usd} USD\n", call.path));
    }
    if !cost.calls.is_empty() {
        out.push_str(&format!("  prices: {}\n", price_source()));
    }
    out
}
