//! Any bytes as a log: the verifier and the readers give a report, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    rustchain_fuzz::remember(data);
    let _ = rustchain_runtime::log::verify_bytes(data);
});
