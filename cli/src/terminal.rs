//! Writing to the terminal: stdout is data, stderr is talk.

use crate::error::Error;
use std::io::{IsTerminal, Write};

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where output goes and how.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Colour on stdout.
    pub color_out: bool,
    /// Colour on stderr.
    pub color_err: bool,
    /// Is stderr a person's terminal?
    pub interactive: bool,
}

impl Terminal {
    /// Looks at the environment.
    pub fn new(choice: ColorChoice) -> Terminal {
        let forced = env_set("CLICOLOR_FORCE");
        let wanted = |tty: bool| match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => !env_set("NO_COLOR") && (tty || forced),
        };
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        Terminal { color_out: wanted(out), color_err: wanted(err), interactive: err }
    }

    /// Data. A reader that went away (`| head`) ends the program quietly.
    pub fn data(&self, text: &str) -> Result<(), Error> {
        let mut out = std::io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
            Err(source) => Err(Error::Write { path: "<stdout>".into(), source }),
        }
    }

    /// Talk. What cannot be said is not an error.
    pub fn talk(&self, text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

/// The word for a count.
pub fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

fn env_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0")
}
