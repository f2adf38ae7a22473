//! `rustchain new` and `rustchain init`.

use crate::args::{InitArgs, NewArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::terminal::Terminal;
use std::io::Write;
use std::path::Path;

const MISSION: &str = include_str!("template.mission");

const PROJECT: &str = "# Settings of this project; `rustchain config show --origin` lists them all.
parallel = 16
deny = \"high\"
";

pub(super) fn new(args: &NewArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let name = &args.name;
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !valid {
        return Err(Error::usage(
            format!("`{name}` is no name for a mission"),
            "a name has letters, digits and `_`, and does not start with a digit",
        ));
    }
    let path = format!("{name}.mission");
    create(Path::new(&path), &MISSION.replace("NAME", name))?;
    terminal.talk(&format!("made {path}\nnext: rustchain test {path} && rustchain run {path}\n"));
    Ok(Exit::Ok)
}

pub(super) fn init(args: &InitArgs, terminal: &Terminal) -> Result<Exit, Error> {
    let folder = &args.folder;
    std::fs::create_dir_all(folder).map_err(|source| Error::Write { path: folder.clone(), source })?;
    create(&folder.join("rustchain.toml"), PROJECT)?;
    let mission = folder.join("hello.mission");
    create(&mission, &MISSION.replace("NAME", "hello"))?;
    let shown = mission.display();
    terminal.talk(&format!("made a project in {}\nnext: rustchain run {shown}\n", folder.display()));
    Ok(Exit::Ok)
}

/// Writes a new file; never over one that is there.
fn create(path: &Path, text: &str) -> Result<(), Error> {
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut f| f.write_all(text.as_bytes()))
        .map_err(|source| Error::Write { path: path.to_owned(), source })
}
