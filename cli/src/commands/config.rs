//! `rustchain config`.

use crate::args::ConfigCommand;
use crate::config::{Config, SETTINGS};
use crate::error::Error;
use crate::exit::Exit;
use crate::project::root_of;
use crate::terminal::Terminal;
use std::path::Path;

pub(super) fn run(command: &ConfigCommand, terminal: &Terminal) -> Result<Exit, Error> {
    let ConfigCommand::Show { origin } = command;
    let config = Config::load(&root_of(Path::new(".")))?;
    let mut out = String::new();
    for (key, setted) in config.iter() {
        if *origin && let Some(setting) = SETTINGS.iter().find(|s| s.key == key) {
            out.push_str(&format!("# {}\n", setting.doc));
        }
        out.push_str(&format!("{key} = {}", setted.value));
        if *origin {
            out.push_str(&format!("  # {}", setted.origin));
        }
        out.push('\n');
    }
    terminal.data(&out)?;
    Ok(Exit::Ok)
}
