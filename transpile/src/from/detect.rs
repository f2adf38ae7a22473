//! Which importer a Python file is for.

/// An importer of Python files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Importer {
    /// DAG files.
    Airflow,
    /// Scripts that build chains, agents and graphs.
    LangChain,
}

/// The importer of what a Python text imports; `None` where it imports neither library. A DAG may use LangChain
/// inside its tasks: it is Airflow's.
pub fn by_imports(text: &str) -> Option<Importer> {
    let imports = |package: &str| {
        text.lines().map(str::trim_start).any(|line| {
            let rest = line.strip_prefix("from ").or_else(|| line.strip_prefix("import "));
            rest.is_some_and(|rest| rest.trim_start().starts_with(package))
        })
    };
    if imports("airflow") {
        return Some(Importer::Airflow);
    }
    (imports("langchain") || imports("langgraph")).then_some(Importer::LangChain)
}
