//! `system.resources`.

use crate::step::{StepCall, StepError};
use crate::steps::convert;
use rustchain_plan::Value;

/// CPUs, load and memory of this machine, from `/proc`.
pub fn resources(call: &StepCall<'_>) -> Result<Value, StepError> {
    let memory = read("/proc/meminfo")?;
    let load = read("/proc/loadavg")?;
    let load = load.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0.0);
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(convert::record(
        call,
        [
            ("cpus", convert::int(cpus)),
            ("load", Value::Float(load)),
            ("memory_total", convert::int(kibibytes(&memory, "MemTotal:"))),
            ("memory_available", convert::int(kibibytes(&memory, "MemAvailable:"))),
        ],
    ))
}

fn read(path: &str) -> Result<String, StepError> {
    std::fs::read_to_string(path).map_err(|e| StepError::io(path, &e))
}

/// A line such as `MemTotal:  16384 kB`, in bytes.
fn kibibytes(text: &str, name: &str) -> i64 {
    let rest = text.lines().find_map(|line| line.strip_prefix(name));
    let number = rest.and_then(|rest| rest.split_whitespace().next()).and_then(|n| n.parse::<i64>().ok());
    number.unwrap_or(0).saturating_mul(1024)
}
