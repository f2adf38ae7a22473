//! A started program with everything it starts.

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::process::{Child, Command};

/// The variable by which descendants are found that left the group and the parent.
const MARKER: &str = "RUSTCHAIN_PROCESS";

/// How often what is left is looked for: each round can meet processes started during the one before.
const ROUNDS: usize = 20;

/// The group and the descendants of a program. Killed when dropped, unless disarmed.
#[derive(Debug)]
pub struct ProcessTree {
    leader: Option<Pid>,
    marker: String,
    armed: AtomicBool,
}

impl ProcessTree {
    /// Starts a command in a process group of its own. Keep the tree before the child in a struct, so that
    /// it is dropped first.
    ///
    /// # Errors
    /// Those of the start.
    pub fn spawn(command: &mut Command) -> std::io::Result<(Child, ProcessTree)> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let marker = format!("{}.{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        command.process_group(0).env(MARKER, &marker);
        let child = command.spawn()?;
        let leader = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok((child, ProcessTree { leader, marker, armed: AtomicBool::new(true) }))
    }

    /// Nothing is killed any more: the program ended by itself and its child was waited for.
    pub fn disarm(&self) {
        self.armed.store(false, Ordering::Relaxed);
    }

    /// Kills the group and all descendants. Only before the child was waited for.
    pub fn kill(&self) {
        if let Some(leader) = self.leader {
            let below = descendants(leader);
            let _ = kill_process_group(leader, Signal::KILL);
            for pid in below {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        self.kill_rest();
    }

    /// Kills what the program left behind after its own end.
    pub fn kill_rest(&self) {
        for _ in 0..ROUNDS {
            let marked = marked(&self.marker);
            if marked.is_empty() {
                return;
            }
            for pid in marked {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }
}

impl Drop for ProcessTree {
    fn drop(&mut self) {
        if self.armed.swap(false, Ordering::Relaxed) {
            self.kill();
        }
    }
}

/// Processes below one, by their parents.
fn descendants(root: Pid) -> HashSet<Pid> {
    let parents: Vec<(Pid, i32)> = processes().filter_map(|pid| Some((pid, stat(pid)?.parent))).collect();
    let mut found = HashSet::new();
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        for (pid, _) in parents.iter().filter(|(_, p)| *p == parent.as_raw_nonzero().get()) {
            if found.insert(*pid) {
                open.push(*pid);
            }
        }
    }
    found
}

/// Living processes that carry the marker in the environment they were started with.
fn marked(marker: &str) -> Vec<Pid> {
    let entry = format!("{MARKER}={marker}");
    let carries = |pid: &Pid| {
        let environ = std::fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero()));
        environ.is_ok_and(|bytes| bytes.split(|b| *b == 0).any(|var| var == entry.as_bytes()))
    };
    processes().filter(carries).filter(|pid| stat(*pid).is_some_and(|s| !s.dead)).collect()
}

fn processes() -> impl Iterator<Item = Pid> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok().and_then(Pid::from_raw))
}

struct Stat {
    parent: i32,
    dead: bool,
}

/// State and parent: the fields after the last `)`, since the name may hold anything.
fn stat(pid: Pid) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    Some(Stat { parent, dead: matches!(state, "Z" | "X") })
}
