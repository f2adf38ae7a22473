//! `rustchain audit`.

use crate::args::AuditCommand;
use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::Terminal;
use rustchain_runtime::log::{RUNS, VerifyReport, list_runs, verify};

pub(super) fn run(command: &AuditCommand, terminal: &Terminal) -> Result<Exit, Error> {
    let AuditCommand::Verify { id, root } = command;
    let runs = list_runs(root);
    let ids = match id {
        Some(id) => vec![super::runs::find(&runs, id)?],
        None if runs.is_empty() => return Err(Error::NoInput(format!("`{}` has no runs", root.display()))),
        None => runs.iter().map(|run| run.id.to_string()).collect(),
    };
    let mut sound = true;
    for id in ids {
        let dir = root.join(RUNS).join(&id);
        let report = verify(&dir).map_err(|source| Error::Read { path: dir, source })?;
        sound &= report.is_sound();
        terminal.data(&text(&id, &report))?;
    }
    Ok(if sound { Exit::Ok } else { Exit::Failed })
}

fn text(id: &str, report: &VerifyReport) -> String {
    let mut out = match (report.problems.is_empty(), report.complete) {
        (true, true) => format!("{id}  sound: {} records, unbroken\n", report.records),
        (true, false) => {
            format!("{id}  incomplete: {} records, unbroken, without the end of the run\n", report.records)
        }
        (false, _) => format!("{id}  changed: {} records\n", report.records),
    };
    for problem in &report.problems {
        match problem.line {
            0 => out.push_str(&format!("  {}\n", problem.message)),
            line => out.push_str(&format!("  record {line}: {}\n", problem.message)),
        }
    }
    for erased in &report.erased {
        out.push_str(&format!("  payload {erased} was erased\n"));
    }
    out
}
