//! The command line.

use crate::error::Error;
use crate::terminal::ColorChoice;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Missions as compiled programs: check, run, audit.
#[derive(Debug, Parser)]
#[command(name = "rustchain", version, max_term_width = 100, propagate_version = false)]
pub struct Cli {
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t)]
    pub color: ColorChoice,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compile and run a mission
    Run(RunArgs),
    /// Find what is wrong with missions, before they run
    #[command(alias = "validate")]
    Check(CheckArgs),
    /// Compile a mission to a plan file
    Compile(CompileArgs),
    /// Show what a mission would do: steps, waves, effects, guards, cost bound, hash
    Plan(PlanArgs),
    /// Compare policies, or write the lines that missions need
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Evaluate one step of a plan; inputs as JSON on stdin
    Step(StepArgs),
    /// Run the `test` blocks of missions
    Test(TestArgs),
    /// Format missions
    Fmt(FmtArgs),
    /// Draw a mission's steps
    Graph(GraphArgs),
    /// Explain a diagnostic code
    Explain(ExplainArgs),
    /// Make a new mission file
    New(NewArgs),
    /// Make a project: `rustchain.toml` and a first mission
    Init(InitArgs),
    /// Turn workflows of other engines into missions
    #[command(subcommand)]
    Transpile(TranspileCommand),
    /// Show what an importer sees in a file, as JSON
    Inspect(InspectArgs),
    /// Look at past runs
    #[command(subcommand)]
    Runs(RunsCommand),
    /// Verify the logs of past runs
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Weigh the risk of a mission
    #[command(subcommand)]
    Safety(SafetyCommand),
    /// Look at settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Serve an editor: the language server, over stdin and stdout
    Lsp(LspArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

/// `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// A `.mission`, YAML or JSON mission, or an Airflow DAG file; FILE#NAME picks one of several
    #[arg(required_unless_present = "plan", conflicts_with = "plan")]
    pub file: Option<String>,
    /// Run a compiled plan instead
    #[arg(long, value_name = "FILE.plan.json")]
    pub plan: Option<PathBuf>,
    /// An input: text, or JSON where the input is no text
    #[arg(short, long = "input", value_name = "NAME=VALUE")]
    pub inputs: Vec<String>,
    /// Inputs as a JSON object
    #[arg(long = "inputs", value_name = "FILE")]
    pub inputs_file: Option<PathBuf>,
    /// Show what would run and check inputs, but run nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Steps that run at once
    #[arg(long, value_name = "N")]
    pub max_parallel: Option<i64>,
    /// As if the mission said `on failure: finish`
    #[arg(long)]
    pub keep_going: bool,
    /// What stands for holes of an imported mission: lines `"KIND" = "FILE.mission#NAME"`
    #[arg(long, value_name = "FILE", conflicts_with = "plan")]
    pub shims: Option<PathBuf>,
    /// Where `ask` gets its answers
    #[arg(long, value_enum)]
    pub llm: Option<LlmMode>,
    /// The moment the run is for (`run.scheduled`), RFC 3339
    #[arg(long, value_name = "TIME")]
    pub scheduled: Option<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
    /// Print only failures and the result
    #[arg(short, long)]
    pub quiet: bool,
}

/// Where model answers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LlmMode {
    /// The cassette where there is one, else the provider
    Auto,
    /// The cassette beside the mission
    Replay,
    /// The provider
    Live,
    /// The provider, and the answers into the cassette
    Record,
}

impl LlmMode {
    /// The word in settings.
    pub fn word(self) -> &'static str {
        match self {
            LlmMode::Auto => "auto",
            LlmMode::Replay => "replay",
            LlmMode::Live => "live",
            LlmMode::Record => "record",
        }
    }
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ResultFormat {
    /// For people
    #[default]
    Human,
    /// JSON with `schema_version`
    Json,
}

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Files and folders
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// human, short, json, jsonl, sarif, github, gitlab, junit
    #[arg(long, default_value = "human", value_parser = diagnostic_format)]
    pub format: rustchain_compiler::render::Format,
    /// Fail on findings at or above this severity: note, low, medium, high, error
    #[arg(long, value_name = "SEVERITY")]
    pub deny: Option<String>,
    /// Leave out a code
    #[arg(long, value_name = "CODE")]
    pub except: Vec<String>,
    /// Do not tell what this file knows; errors are told all the same
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write everything that is found now into the file of `--baseline`
    #[arg(long, requires = "baseline", conflicts_with_all = ["fix", "unsafe_fixes", "watch"])]
    pub write_baseline: bool,
    /// Check again whenever a file changes, until Ctrl-C
    #[arg(long, conflicts_with_all = ["fix", "unsafe_fixes", "effects"])]
    pub watch: bool,
    /// Neither read nor write `.rustchain/cache`
    #[arg(long)]
    pub no_cache: bool,
    /// What stands for holes of imported missions: lines `"KIND" = "FILE.mission#NAME"`; nothing is cached
    #[arg(long, value_name = "FILE")]
    pub shims: Option<PathBuf>,
    /// Apply safe fixes
    #[arg(long)]
    pub fix: bool,
    /// Apply suggested fixes too
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// Print the effects of each mission as policy lines instead
    #[arg(long, conflicts_with_all = ["fix", "unsafe_fixes"])]
    pub effects: bool,
    /// Print every `trust` and `reveal` with its reason instead
    #[arg(long, conflicts_with_all = ["fix", "unsafe_fixes", "effects"])]
    pub trust: bool,
    /// Print the most that each mission can cost instead: tokens, money, time
    #[arg(long, conflicts_with_all = ["fix", "unsafe_fixes", "effects", "trust"])]
    pub cost: bool,
}

fn diagnostic_format(text: &str) -> Result<rustchain_compiler::render::Format, String> {
    let named = rustchain_compiler::render::Format::NAMED;
    let found = named.iter().find(|(name, _)| *name == text).map(|(_, format)| *format);
    found.ok_or_else(|| {
        let names: Vec<&str> = named.iter().map(|(name, _)| *name).collect();
        format!("one of {}", names.join(", "))
    })
}

/// `policy`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Tell what a new policy permits that an old one refused, each with an example; exit 1 where there is any
    Diff(PolicyDiffArgs),
    /// Write into missions the exact lines of their policies: what is missing, instead of `policy inferred`,
    /// without what no step can use
    Suggest(PolicySuggestArgs),
}

/// `policy diff`.
#[derive(Debug, Args)]
pub struct PolicyDiffArgs {
    /// The file before; FILE#NAME picks a policy or a mission
    pub old: String,
    /// The file after; FILE#NAME picks a policy or a mission
    pub new: String,
    /// human, short, json, jsonl, sarif, github, gitlab, junit
    #[arg(long, default_value = "human", value_parser = diagnostic_format)]
    pub format: rustchain_compiler::render::Format,
}

/// `policy suggest`.
#[derive(Debug, Args)]
pub struct PolicySuggestArgs {
    /// Files and folders
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Print the least policy of each mission; change nothing
    #[arg(long)]
    pub print: bool,
}

/// `compile`.
#[derive(Debug, Args)]
pub struct CompileArgs {
    /// The mission; FILE#NAME picks one of several
    pub file: String,
    /// Where to write; `-` for stdout [default: NAME.plan.json beside the mission]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// What stands for holes of an imported mission: lines `"KIND" = "FILE.mission#NAME"`
    #[arg(long, value_name = "FILE")]
    pub shims: Option<PathBuf>,
}

/// `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The mission or plan file; FILE#NAME picks one of several
    pub file: String,
    /// What stands for holes of an imported mission: lines `"KIND" = "FILE.mission#NAME"`
    #[arg(long, value_name = "FILE")]
    pub shims: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
}

/// `step`.
#[derive(Debug, Args)]
pub struct StepArgs {
    /// The plan file
    pub plan: PathBuf,
    /// The step's id; `ID/ARM` for an arm of a `match`
    #[arg(required_unless_present = "part", default_value = "", hide_default_value = true)]
    pub id: String,
    /// The folder that paths of the plan mean [default: the project of the plan file]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// json: stdin is {"inputs", "steps", "absent", "element", "run"}, stdout how the step ended
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
    /// Evaluate a part of the step instead
    #[arg(long, value_enum)]
    pub part: Option<StepPartArg>,
    /// This is the N-th attempt; the caller makes the others that the step's `retry` allows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub attempt: Option<u32>,
}

/// Parts of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StepPartArg {
    /// The elements of a `for`
    Elements,
    /// The body of a `for`, for the element that is given
    Element,
    /// The name of the arm that a `match` takes
    Choice,
    /// The outputs of the mission; ID is left out
    Outputs,
}

/// `test`.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Files and folders
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Only tests whose title contains this
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
}

/// `fmt`.
#[derive(Debug, Args)]
pub struct FmtArgs {
    /// Files and folders; `-` formats stdin
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Change nothing; exit 1 where something would change
    #[arg(long)]
    pub check: bool,
    /// Change nothing; print what would change
    #[arg(long)]
    pub diff: bool,
    /// Write a YAML or JSON mission as mission text, to stdout
    #[arg(long, value_name = "FORM", value_parser = ["mission"])]
    pub to: Option<String>,
}

/// `graph`.
#[derive(Debug, Args)]
pub struct GraphArgs {
    /// The mission or plan file; FILE#NAME picks one of several
    pub file: String,
    /// The language of the drawing
    #[arg(long, value_enum, default_value_t)]
    pub format: GraphFormat,
}

/// Languages of drawings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// Mermaid flowchart
    #[default]
    Mermaid,
    /// Graphviz
    Dot,
}

/// What `lsp` is given.
#[derive(Debug, Args)]
pub struct LspArgs {
    /// Accepted because editors pass it; there is no other way
    #[arg(long, hide = true)]
    pub stdio: bool,
}

/// `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A code such as RC0301; without it, all codes with their titles
    pub code: Option<String>,
}

/// `new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The mission's name; the file is NAME.mission
    pub name: String,
}

/// `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder
    #[arg(default_value = ".")]
    pub folder: PathBuf,
}

/// `runs`.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// List runs, newest first
    List {
        /// The project's folder
        #[arg(long, default_value = ".")]
        root: PathBuf,
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        format: ResultFormat,
    },
    /// Show the steps of a run
    Show {
        /// The run's id, or an unambiguous beginning; `last` for the newest
        id: String,
        /// The project's folder
        #[arg(long, default_value = ".")]
        root: PathBuf,
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        format: ResultFormat,
    },
}

/// `audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that no record of a log was changed, removed or reordered
    Verify {
        /// The run's id, or an unambiguous beginning; without it every run
        id: Option<String>,
        /// The project's folder
        #[arg(long, default_value = ".")]
        root: PathBuf,
    },
}

/// `safety`.
#[derive(Debug, Subcommand)]
pub enum SafetyCommand {
    /// Print the risk of each step: points, each with the effect, label or finding behind it
    Report {
        /// The mission; FILE#NAME picks one of several
        file: String,
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        format: ResultFormat,
    },
}

/// `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the settings in force
    Show {
        /// With where each comes from
        #[arg(long)]
        origin: bool,
    },
}

/// `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `transpile`.
#[derive(Debug, Subcommand)]
pub enum TranspileCommand {
    /// Read Airflow DAG files, without Python or Airflow
    FromAirflow(FromAirflowArgs),
    /// Read LangChain and LangGraph files, without Python or LangChain
    FromLangchain(FromLangChainArgs),
    /// Write a mission as an Airflow DAG file with its plan
    ToAirflow(ToAirflowArgs),
}

/// What importers do with what they made.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Where missions and the code of Python functions are written
    #[arg(short, long, default_value = "missions")]
    pub output: PathBuf,
    /// How to print the report of what was carried over, approximated and lost
    #[arg(long, value_enum, default_value_t)]
    pub report: ReportFormat,
    /// Exit 0 although something was lost
    #[arg(long)]
    pub allow_loss: bool,
    /// Run all checks on the missions and tell what they find at its place in the files that were read
    #[arg(long)]
    pub check: bool,
}

/// `transpile from-langchain`.
#[derive(Debug, Args)]
pub struct FromLangChainArgs {
    /// Scripts, notebooks, `langgraph.json`, JSON of `dumps()` or `to_json()`, old prompt and chain files
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// What becomes of what was read
    #[command(flatten)]
    pub import: ImportArgs,
    /// A folder of own modules
    #[arg(long = "root", value_name = "DIR")]
    pub roots: Vec<PathBuf>,
    /// A site-packages folder with LangChain: the default prompts of its chains are read from there
    #[arg(long, value_name = "DIR")]
    pub library: Option<PathBuf>,
    /// An environment variable
    #[arg(long = "env", value_name = "NAME=VALUE")]
    pub env: Vec<String>,
}

/// `transpile to-airflow`.
#[derive(Debug, Args)]
pub struct ToAirflowArgs {
    /// The mission or plan file; FILE#NAME picks one of several
    pub file: String,
    /// Where the DAG file, the plan and the code of Python tools are written
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// The major version of Airflow that loads it
    #[arg(long = "airflow", value_name = "2|3", default_value_t = 3, value_parser = clap::value_parser!(u8).range(2..=3))]
    pub version: u8,
    /// Exit 0 although something was lost
    #[arg(long)]
    pub allow_loss: bool,
    /// How to print what Airflow has no exact form for
    #[arg(long, value_enum, default_value_t)]
    pub report: ReportFormat,
}

/// `transpile from-airflow`.
#[derive(Debug, Args)]
pub struct FromAirflowArgs {
    /// DAG files and folders
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// What becomes of what was read
    #[command(flatten)]
    pub import: ImportArgs,
    /// What surrounds the files
    #[command(flatten)]
    pub airflow: AirflowArgs,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people
    #[default]
    Human,
    /// JSON
    Json,
}

/// What surrounds a DAG file.
#[derive(Debug, Args)]
pub struct AirflowArgs {
    /// The major version of Airflow that the files are for
    #[arg(long = "airflow", value_name = "2|3", default_value_t = 3, value_parser = clap::value_parser!(u8).range(2..=3))]
    pub version: u8,
    /// A folder of own modules
    #[arg(long = "root", value_name = "DIR")]
    pub roots: Vec<PathBuf>,
    /// Airflow variables, a JSON object
    #[arg(long, value_name = "FILE.json")]
    pub vars: Option<PathBuf>,
    /// An environment variable
    #[arg(long = "env", value_name = "NAME=VALUE")]
    pub env: Vec<String>,
}

impl AirflowArgs {
    /// The environment variables that are given.
    ///
    /// # Errors
    /// One is not written `NAME=VALUE`.
    pub fn environment(&self) -> Result<BTreeMap<String, String>, Error> {
        environment(&self.env)
    }
}

/// Variables that are written `NAME=VALUE`.
///
/// # Errors
/// One is not written so.
pub fn environment(pairs: &[String]) -> Result<BTreeMap<String, String>, Error> {
    let parse = |pair: &String| match pair.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(Error::usage(format!("`{pair}` is no variable"), "write --env NAME=VALUE")),
    };
    pairs.iter().map(parse).collect()
}

/// Where a file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Importer {
    /// Airflow
    Airflow,
    /// LangChain or LangGraph
    Langchain,
}

/// `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The file
    pub file: PathBuf,
    /// The importer; without it the imports of the file tell
    #[arg(long, value_enum)]
    pub from: Option<Importer>,
    /// How to print
    #[arg(long, value_parser = ["json"], default_value = "json")]
    pub format: String,
    /// A site-packages folder with LangChain: the default prompts of its chains are read from there
    #[arg(long, value_name = "DIR")]
    pub library: Option<PathBuf>,
    /// What surrounds the file
    #[command(flatten)]
    pub airflow: AirflowArgs,
}
