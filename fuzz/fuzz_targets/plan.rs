//! Any text as a plan file: a plan or an error, and what was read can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustchain_plan::Plan;

fuzz_target!(|data: &[u8]| {
    rustchain_fuzz::remember(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(plan) = Plan::from_json(text) else { return };
    let Ok(written) = plan.to_json_pretty() else { return };
    let again = Plan::from_json(&written).expect("what was written can be read");
    assert_eq!(again.hash().ok(), plan.hash().ok());
});
