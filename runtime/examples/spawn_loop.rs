//! The floor for processes: starts `/bin/true` N times, one after the other, and captures its output.
//! Usage: spawn_loop N

use std::process::{Command, ExitCode, Stdio};

fn main() -> ExitCode {
    let count: u32 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1000);
    for _ in 0..count {
        let ended = Command::new("/bin/true").stdin(Stdio::null()).output();
        if !ended.is_ok_and(|e| e.status.success()) {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
