//! The floor for processes: starts `/bin/true` N times in each of so many threads, one after the other, and captures
//! its output. Usage: spawn_loop N [THREADS]

use std::process::{Command, ExitCode, Stdio};

fn main() -> ExitCode {
    let number = |at| std::env::args().nth(at).and_then(|n| n.parse::<usize>().ok());
    let count = number(1).unwrap_or(1000);
    let threads: Vec<_> =
        (0..number(2).unwrap_or(1)).map(|_| std::thread::spawn(move || (0..count).all(|_| run()))).collect();
    match threads.into_iter().all(|thread| thread.join().unwrap_or(false)) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn run() -> bool {
    Command::new("/bin/true").stdin(Stdio::null()).output().is_ok_and(|e| e.status.success())
}
