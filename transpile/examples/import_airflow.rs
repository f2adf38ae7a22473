//! Writes the missions, Python files and report that the Airflow importer makes of DAG files.
//!
//! usage: import_airflow OUT_DIR FILE…

use rustchain_transpile::from::airflow::{AirflowOptions, import};
use rustchain_transpile::vfs::DiskVfs;
use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("a folder is missing")?;
    let files: Vec<String> = args.collect();
    let made = import(&DiskVfs::default(), &files, &AirflowOptions::default());
    for file in made.missions.iter().chain(&made.python_files) {
        let path = std::path::Path::new(&folder).join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, &file.text)?;
    }
    write!(std::io::stdout(), "{}", made.report.to_text())?;
    let mut broken = 0;
    for file in &made.missions {
        for d in rustchain_grammar::parse(&file.text, rustchain_grammar::FileId(0)).diagnostics {
            let line = file.text.get(..d.primary.span.start as usize).map_or(0, |t| t.lines().count());
            writeln!(std::io::stdout(), "{}:{line}: {} {}", file.path, d.code, d.message)?;
            broken += 1;
        }
    }
    writeln!(std::io::stdout(), "{} files, {broken} syntax errors", made.missions.len())?;
    Ok(())
}
