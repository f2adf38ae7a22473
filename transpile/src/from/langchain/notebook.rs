//! Jupyter notebooks: the code cells as one Python file.

use crate::python::syntax;
use serde::Deserialize;

/// A notebook as Python.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Notebook {
    /// The code cells, one after the other; lines that are no Python are comments.
    pub source: String,
    /// For each code cell: its 1-based number among all cells and the 0-based line where it begins.
    pub cells: Vec<(usize, usize)>,
    /// Cells that do not parse, and so do not run: where their problem is in `source`, and what it is.
    pub broken: Vec<(u32, String)>,
}

#[derive(Deserialize)]
struct File {
    cells: Option<Vec<Cell>>,
    /// Version 3 of the format.
    worksheets: Option<Vec<Sheet>>,
}

#[derive(Deserialize)]
struct Sheet {
    #[serde(default)]
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    #[serde(default)]
    cell_type: String,
    #[serde(default, alias = "input")]
    source: Source,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Lines(Vec<String>),
    Text(String),
}

impl Default for Source {
    fn default() -> Self {
        Source::Text(String::new())
    }
}

/// Reads a notebook. Outputs are skipped without being kept.
///
/// # Errors
/// It is no notebook.
pub(super) fn parse(text: &str) -> Result<Notebook, String> {
    if !text.trim_start().starts_with('{') {
        return Err("this is no notebook: it is no JSON object".into());
    }
    let file: File = serde_json::from_str(text).map_err(|e| format!("this is no notebook: {e}"))?;
    if file.cells.is_none() && file.worksheets.is_none() {
        return Err("this is no notebook: it has no cells".into());
    }
    let mut out = Notebook::default();
    let mut line = 0;
    let sheets = file.worksheets.unwrap_or_default().into_iter().flat_map(|s| s.cells);
    for (index, cell) in file.cells.unwrap_or_default().into_iter().chain(sheets).enumerate() {
        if cell.cell_type != "code" {
            continue;
        }
        let code = match cell.source {
            Source::Lines(lines) => lines.concat(),
            Source::Text(text) => text,
        };
        out.cells.push((index + 1, line));
        // What is Python as it is has no magics: a line of a text may begin as one does.
        let code = match problem_of(&code) {
            None => code,
            Some(_) => {
                let python = python_of(&code);
                match problem_of(&python) {
                    None => python,
                    Some(problem) => {
                        out.broken.push((out.source.len() as u32, problem));
                        commented(&python)
                    }
                }
            }
        };
        line += code.matches('\n').count() + 1;
        out.source.push_str(&code);
        out.source.push('\n');
    }
    Ok(out)
}

/// Why a cell does not parse.
fn problem_of(code: &str) -> Option<String> {
    match syntax::parse(code) {
        Ok((_, problems)) => problems.into_iter().next().map(|p| p.message),
        Err(problem) => Some(problem.message),
    }
}

/// Every line as a comment.
fn commented(code: &str) -> String {
    code.split('\n').map(|l| format!("# {l}")).collect::<Vec<_>>().join("\n")
}

/// `name = !command` and `name = %magic`: the name, and what follows.
fn assigned(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once('=')?;
    let (name, rest) = (name.trim(), rest.trim_start());
    let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.is_empty();
    (is_name && rest.starts_with(['!', '%'])).then_some((name, rest))
}

/// A cell without magics: they become comments of the same number of lines.
fn python_of(code: &str) -> String {
    let first = code.trim_start();
    if first.starts_with("%%") && !first.starts_with("%%time") && !first.starts_with("%%capture") {
        return commented(code);
    }
    let mut continued = false;
    let mut out = Vec::new();
    for l in code.split('\n') {
        let trimmed = l.trim_start();
        let indent = l.get(..l.len() - trimmed.len()).unwrap_or("");
        if let Some(timed) = trimmed.strip_prefix("%time ").filter(|_| !continued) {
            out.push(format!("{indent}{timed}"));
            continue;
        }
        if let Some((name, command)) = assigned(trimmed).filter(|_| !continued) {
            out.push(format!("{indent}{name} = get_ipython()  # {command}"));
            continue;
        }
        let is_magic = continued
            || trimmed.starts_with(['%', '!', '?'])
            || (trimmed.ends_with('?') && !trimmed.contains(['#', '"', '\'']));
        if is_magic {
            out.push(format!("{indent}pass  # {trimmed}"));
            continued = trimmed.ends_with('\\');
            continue;
        }
        out.push(l.to_owned());
    }
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn code_cells_become_one_file_and_magics_comments() {
        let text = r##"{"cells": [
            {"cell_type": "markdown", "source": ["# Title"]},
            {"cell_type": "code", "source": ["!pip install x\n", "a = 1"], "outputs": [{"data": "ignored"}]},
            {"cell_type": "code", "source": "%%bash\nls"},
            {"cell_type": "code", "source": "b = a"}
        ]}"##;
        let notebook = parse(text).unwrap();
        assert_eq!(notebook.source, "pass  # !pip install x\na = 1\n# %%bash\n# ls\nb = a\n");
        assert_eq!(notebook.cells, [(2, 0), (3, 2), (4, 4)]);
        assert!(parse("[]").is_err());
    }

    #[test]
    fn a_line_of_a_text_is_no_magic() {
        let text = r##"{"cells": [{"cell_type": "code", "source": "p = \"\"\"\n!important\n%s?\nx = !y\n\"\"\""}]}"##;
        let notebook = parse(text).unwrap();
        assert_eq!(notebook.source, "p = \"\"\"\n!important\n%s?\nx = !y\n\"\"\"\n");
    }

    #[test]
    fn a_cell_that_does_not_parse_is_left_out_alone() {
        let text = r##"{"cells": [
            {"cell_type": "code", "source": "a = (\nb"},
            {"cell_type": "code", "source": "files = !ls\n%time c = await f()"}
        ]}"##;
        let notebook = parse(text).unwrap();
        assert_eq!(notebook.source, "# a = (\n# b\nfiles = get_ipython()  # !ls\nc = await f()\n");
        assert_eq!(notebook.broken.len(), 1);
        assert_eq!(notebook.broken[0].0, 0);
    }
}
