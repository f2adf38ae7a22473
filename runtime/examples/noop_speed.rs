//! How fast no-op steps run: `noop_speed [COUNT] [chain|fan] [log]`, or the steps of a plan file, again and again in one
//! process: `noop_speed PLAN.json [NAME=TEXT …] [log]`. Prints nanoseconds a step: of the clock, the best
//! run from its start to the end of its last step; of the processor, everything that all runs took.

use rustchain_plan::plan::{Body, Call, CalleeKind, Need, NeedKind, Node, OnFailure, Plan, Region, Schedule};
use rustchain_plan::signature::{Replay, Signature};
use rustchain_plan::{PLAN_VERSION, Policy, Type};
use rustchain_runtime::{Input, RunOptions, run};
use std::collections::BTreeMap;
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let log = args.iter().any(|arg| arg == "log");
    let (plan, shape) = match args.first() {
        Some(file) if file.ends_with(".json") => {
            (Plan::from_json(&std::fs::read_to_string(file)?)?, "of a plan".to_owned())
        }
        count => {
            let count = count.map_or(Ok(10_000), |text| text.parse())?;
            let chain = args.get(1).is_none_or(|shape| shape == "chain");
            (plan(count, chain), if chain { "chain" } else { "fan-out" }.to_owned())
        }
    };
    let inputs = args.iter().filter_map(|arg| arg.split_once('='));
    let inputs: BTreeMap<String, Input> =
        inputs.map(|(name, text)| (name.to_owned(), Input::Text(text.to_owned()))).collect();
    let count = plan.root.nodes.len();
    let plan = Arc::new(plan);
    let root = std::env::temp_dir().join(format!("noop-speed-{}", std::process::id()));
    std::fs::create_dir_all(&root)?;
    let mut best = u128::MAX;
    let rounds = (400_000 / count.max(1)).clamp(20, 2_000);
    let before = cpu_nanos();
    for _ in 0..rounds {
        let mut options = RunOptions::new(&root);
        options.log = log;
        options.inputs.clone_from(&inputs);
        let report = run(&plan, options)?;
        best = best.min(report.duration.as_nanos());
        assert_eq!(report.steps.len(), count);
    }
    let cpu = (cpu_nanos() - before) / (rounds * count.max(1)) as u128;
    std::fs::remove_dir_all(&root)?;
    let per_step = best / count.max(1) as u128;
    println!(
        "{count} steps, {shape}, log {log}: {per_step} ns a step, processor {cpu} ns a step, peak {} MB",
        peak_mb()
    );
    Ok(())
}

/// User and system time of the process, its ended threads included; the system counts hundredths of a second.
fn cpu_nanos() -> u128 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u128>().ok());
    ticks.sum::<u128>() * 10_000_000
}

fn peak_mb() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kb = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kb.map_or_else(|| "?".to_owned(), |kb| (kb / 1024).to_string())
}

fn plan(count: usize, chain: bool) -> Plan {
    let needs = |at: usize| match at {
        0 => Vec::new(),
        _ => vec![Need { id: format!("s{}", if chain { at - 1 } else { 0 }).into(), kind: NeedKind::Order }],
    };
    let nodes = (0..count).map(|at| Node { needs: needs(at), ..noop(&format!("s{at}")) }).collect();
    let signature = Signature {
        name: "noop".into(),
        doc: String::new(),
        type_params: Vec::new(),
        params: Vec::new(),
        result: Type::Unit,
        result_labels: rustchain_plan::Labels::NONE,
        pure: false,
        effects: Vec::new(),
        replay: Vec::new(),
        raises: Vec::new(),
    };
    Plan {
        plan_version: PLAN_VERSION,
        mission: "speed".into(),
        id: "speed".into(),
        doc: String::new(),
        inputs: Vec::new(),
        root: Region { nodes, ..Region::default() },
        outputs: Vec::new(),
        on_failure: OnFailure::Stop,
        outcome_leaves: false,
        within: None,
        schedule: Schedule::None,
        policy: Policy::default(),
        signatures: BTreeMap::from([("noop".into(), signature)]),
        schemas: BTreeMap::new(),
        providers: BTreeMap::new(),
        memories: BTreeMap::new(),
        agents: BTreeMap::new(),
        tools: BTreeMap::new(),
        chain_tools: BTreeMap::new(),
        debug: Default::default(),
    }
}

fn noop(id: &str) -> Node {
    let call = Call {
        callee: "noop".into(),
        kind: CalleeKind::Step,
        type_args: Vec::new(),
        args: BTreeMap::new(),
        handles: BTreeMap::new(),
        result: Type::Unit,
        effects: Vec::new(),
        guards: Vec::new(),
        replay: Replay::Safe,
        needs_approval: false,
    };
    Node {
        id: id.into(),
        display: None,
        doc: String::new(),
        ty: Type::Unit,
        needs: Vec::new(),
        trigger: None,
        teardown: None,
        when: None,
        on_error: Vec::new(),
        cache: None,
        retry: None,
        timeout: None,
        within: None,
        updates: Vec::new(),
        body: Body::Call(call),
    }
}
