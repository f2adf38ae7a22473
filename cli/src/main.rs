//! The `rustchain` command.

mod args;
mod baseline;
mod cache;
mod commands;
mod config;
mod error;
mod exit;
mod fix;
mod interrupt;
mod load;
mod people;
mod progress;
mod project;
mod report;
mod shellcheck;
mod shims;
mod terminal;
mod watch;

use clap::Parser;
use exit::Exit;
use std::process::ExitCode;
use terminal::Terminal;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let terminal = Terminal::new(cli.color);
    report_bugs();
    let ended = std::panic::catch_unwind(|| commands::run(cli.command, &terminal));
    let exit = match ended {
        Ok(Ok(exit)) => exit,
        Ok(Err(error)) => {
            let exit = error.exit();
            report(error, &terminal);
            exit
        }
        Err(_) => Exit::Bug,
    };
    exit.into()
}

/// An operational error with its causes and advice.
fn report(error: error::Error, terminal: &Terminal) {
    let theme = match (terminal.color_err, terminal.interactive) {
        (true, _) => miette::GraphicalTheme::unicode(),
        (false, true) => miette::GraphicalTheme::unicode_nocolor(),
        (false, false) => miette::GraphicalTheme::none(),
    };
    let handler = miette::GraphicalReportHandler::new_themed(theme).with_links(false);
    let mut text = String::new();
    // A failure to format falls back to the bare message.
    if handler.render_report(&mut text, &error).is_err() {
        text = format!("{error}\n");
    }
    terminal.talk(text.trim_start_matches('\n'));
}

/// A panic is a bug of ours: say so, with what a report needs.
fn report_bugs() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "unknown place".to_owned(), ToString::to_string);
        let message = info.payload_as_str().unwrap_or("no message");
        eprintln!(
            "rustchain {}: internal error: {message}\n  at {place}\n  This is a bug in rustchain, not in your \
             mission. Please report it with the file that caused it: {}/issues",
            env!("CARGO_PKG_VERSION"),
            env!("CARGO_PKG_REPOSITORY"),
        );
    }));
}
