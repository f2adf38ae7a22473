//! Prints what the Airflow importer sees in a DAG file, as JSON.
//!
//! usage: inspect_airflow [--airflow 2|3] [--root DIR]… [--env K=V]… [--vars FILE.json] FILE

use rustchain_transpile::from::airflow::{AirflowOptions, AirflowVersion, inspect, read};
use rustchain_transpile::vfs::DiskVfs;
use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = AirflowOptions::default();
    let mut file = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or("a value is missing");
        match arg.as_str() {
            "--airflow" => {
                options.version = if value()? == "2" { AirflowVersion::Two } else { AirflowVersion::Three }
            }
            "--root" => options.roots.push(value()?),
            "--env" => {
                let pair = value()?;
                let (name, text) = pair.split_once('=').ok_or("--env wants K=V")?;
                options.env.insert(name.to_owned(), text.to_owned());
            }
            "--vars" => options.variables = serde_json::from_str(&std::fs::read_to_string(value()?)?)?,
            _ => file = Some(arg),
        }
    }
    let seen = read(&DiskVfs::default(), &file.ok_or("a file is missing")?, &options);
    writeln!(std::io::stdout(), "{:#}", inspect(&seen))?;
    Ok(())
}
