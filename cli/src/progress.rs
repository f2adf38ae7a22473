//! What a run tells while it goes on: a line a step; on a terminal also what is running now.

use crate::terminal::{Terminal, plural};
use indicatif::{ProgressBar, ProgressStyle};
use rustchain_runtime::{Event, Failure, Outcome, Progress, RunReport, StepReport};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Prints events to stderr.
pub struct Printer {
    terminal: Terminal,
    quiet: bool,
    bar: Option<ProgressBar>,
    running: Mutex<BTreeSet<String>>,
}

impl Printer {
    /// A printer; quiet ones print failures only.
    pub fn new(terminal: Terminal, quiet: bool) -> Printer {
        let bar = (terminal.interactive && !quiet).then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Printer { terminal, quiet, bar, running: Mutex::default() }
    }

    /// The callback of a run.
    pub fn callback(self: Arc<Printer>) -> Progress {
        Arc::new(move |event| self.event(event))
    }

    fn event(&self, event: &Event) {
        match event {
            Event::RunStarted { run_id, mission, .. } => self.line(&format!("{mission}  run {run_id}")),
            Event::StepStarted { path, .. } => self.running(|running| running.insert(path.to_string())),
            Event::StepRetried { path, attempt, pause, failure } => {
                let pause = pause.as_secs_f64();
                self.line(&format!(
                    "↻ {path}  attempt {attempt} failed, next in {pause:.1}s: {}",
                    brief(failure)
                ));
            }
            Event::StepEnded(step) => self.ended(step),
            Event::Detail { path, name, detail } => self.detail(path, name, detail),
            Event::RunEnded { .. } => {}
        }
    }

    fn ended(&self, step: &StepReport) {
        self.running(|running| running.remove(step.path.as_str()));
        let failed = step.outcome == Outcome::Failed && !step.handled;
        // An expression or an element of a block says nothing by itself.
        if !failed && (step.callee.is_none() || self.quiet) && step.error.is_none() {
            return;
        }
        if self.quiet && !failed {
            return;
        }
        let mark = match step.outcome {
            Outcome::Succeeded => self.paint("✓", "32"),
            Outcome::Failed if step.handled => self.paint("!", "33"),
            Outcome::Failed => self.paint("✗", "31"),
            Outcome::Skipped => "-".to_owned(),
            Outcome::Blocked | Outcome::Cancelled => self.paint("·", "33"),
        };
        let seconds = step.duration as f64 / 1e9;
        let mut line = format!("{mark} {}  {}", step.path, step.callee.as_deref().unwrap_or_default());
        if step.outcome == Outcome::Succeeded {
            line.push_str(&format!("  {seconds:.2}s"));
        } else {
            line.push_str(&format!("  {}", step.outcome));
        }
        if let Some(error) = &step.error {
            line.push_str(&format!("  {}", brief(error)));
        }
        self.line(&line);
        if let (true, Some(error)) = (failed, &step.error) {
            self.more(error);
        }
    }

    /// What a failed program or tool said.
    fn more(&self, error: &Failure) {
        let Some(detail) = error.detail.as_ref().and_then(|d| d.as_object()) else { return };
        for name in ["stderr", "traceback", "body"] {
            let Some(text) = detail.get(name).and_then(|v| v.as_str()) else { continue };
            for line in text.trim_end().lines().rev().take(12).collect::<Vec<_>>().into_iter().rev() {
                self.line(&format!("    {line}"));
            }
        }
    }

    fn detail(&self, path: &str, name: &str, detail: &serde_json::Value) {
        let text = detail.as_str().map_or_else(|| detail.to_string(), str::to_owned);
        match name {
            "log.info" | "log.warn" => self.line(&format!("  {path}: {text}")),
            _ => {}
        }
    }

    /// The last lines of a run.
    pub fn finish(&self, report: &RunReport) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        for error in report.errors.iter().filter(|e| e.path.is_none()) {
            self.terminal.talk(&format!("✗ {}\n", brief(&error.failure)));
        }
        if self.quiet {
            return;
        }
        let count = |outcome| report.steps.iter().filter(|s| s.outcome == outcome).count();
        let mut line = format!(
            "{}  {} succeeded, {} failed, {} skipped, {} blocked, {} cancelled in {:.2}s",
            report.outcome,
            count(Outcome::Succeeded),
            count(Outcome::Failed),
            count(Outcome::Skipped),
            count(Outcome::Blocked),
            count(Outcome::Cancelled),
            report.duration.as_secs_f64(),
        );
        if report.usage.calls > 0 {
            let tokens = report.usage.prompt_tokens + report.usage.completion_tokens;
            let calls = report.usage.calls as usize;
            line.push_str(&format!("; {calls} model {}, {tokens} tokens", plural(calls, "call", "calls")));
        }
        self.terminal.talk(&format!("{line}\n"));
    }

    fn running(&self, change: impl FnOnce(&mut BTreeSet<String>) -> bool) {
        let Some(bar) = &self.bar else { return };
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut running);
        bar.set_message(running.iter().cloned().collect::<Vec<_>>().join("  "));
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.terminal.talk(&format!("{text}\n"))),
            None => self.terminal.talk(&format!("{text}\n")),
        }
    }

    fn paint(&self, text: &str, code: &str) -> String {
        match self.terminal.color_err {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }
}

fn brief(failure: &Failure) -> String {
    format!("{}: {}", failure.kind, failure.message)
}
