//! One file a command.

mod airflow;
mod audit;
mod check;
mod compile;
mod config;
mod explain;
mod facts;
mod fmt;
mod graph;
mod imported;
mod inspect;
mod langchain;
mod lsp;
mod plan;
mod policy;
mod run;
mod runs;
mod safety;
mod scaffold;
mod shell;
mod step;
mod test;
mod to_airflow;

use crate::args::{Command, TranspileCommand};
use crate::error::Error;
use crate::exit::Exit;
use crate::load::{is_plan_file, load_plan, load_with};
use crate::project::Target;
use crate::terminal::Terminal;
use rustchain_compiler::CompiledMission;
use rustchain_compiler::render::{Format, render};
use rustchain_grammar::Diagnostic;
use rustchain_plan::Plan;
use std::path::Path;

/// Runs a command.
pub fn run(command: Command, terminal: &Terminal) -> Result<Exit, Error> {
    match command {
        Command::Run(args) => run::run(&args, terminal),
        Command::Check(args) => check::run(&args, terminal),
        Command::Compile(args) => compile::run(&args, terminal),
        Command::Plan(args) => plan::run(&args, terminal),
        Command::Policy(command) => policy::run(&command, terminal),
        Command::Step(args) => step::run(&args, terminal),
        Command::Test(args) => test::run(&args, terminal),
        Command::Fmt(args) => fmt::run(&args, terminal),
        Command::Graph(args) => graph::run(&args, terminal),
        Command::Explain(args) => explain::run(&args, terminal),
        Command::New(args) => scaffold::new(&args, terminal),
        Command::Init(args) => scaffold::init(&args, terminal),
        Command::Transpile(TranspileCommand::FromAirflow(args)) => airflow::transpile(&args, terminal),
        Command::Transpile(TranspileCommand::FromLangchain(args)) => langchain::transpile(&args, terminal),
        Command::Inspect(args) => inspect::run(&args, terminal),
        Command::Transpile(TranspileCommand::ToAirflow(args)) => to_airflow::run(&args, terminal),
        Command::Runs(command) => runs::run(&command, terminal),
        Command::Audit(command) => audit::run(&command, terminal),
        Command::Safety(command) => safety::run(&command, terminal),
        Command::Config(command) => config::run(&command, terminal),
        Command::Lsp(_) => lsp::run(),
        Command::Completions(args) => shell::completions(&args, terminal),
        Command::Man => shell::man(terminal),
    }
}

/// The mission a target means; `None` where it does not compile, which is told on stderr.
fn compiled(
    target: &Target,
    shims: Option<&Path>,
    terminal: &Terminal,
) -> Result<Option<CompiledMission>, Error> {
    let shims = shims.map(crate::shims::read).transpose()?;
    let loaded = load_with(&target.path, shims.as_ref())?;
    if loaded.has_errors() {
        let errors: Vec<Diagnostic> = loaded.errors().cloned().collect();
        terminal.talk(&render(Format::Human, &errors, &loaded.analysis.sources, terminal.color_err));
        terminal.talk(&format!("`{}` does not compile\n", target.path.display()));
        return Ok(None);
    }
    loaded.pick(target).map(Some)
}

/// The plan of a mission or plan file.
fn plan_of(file: &str, shims: Option<&Path>, terminal: &Terminal) -> Result<Option<Plan>, Error> {
    let target = Target::parse(file);
    if is_plan_file(&target.path) {
        return load_plan(&target.path).map(Some);
    }
    Ok(compiled(&target, shims, terminal)?.map(|mission| mission.plan))
}
