//! Jupyter notebooks: the code cells as one Python file.

use serde::Deserialize;

/// A notebook as Python.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Notebook {
    /// The code cells, one after the other; lines that are no Python are comments.
    pub source: String,
    /// For each code cell: its 1-based number among all cells and the 0-based line where it begins.
    pub cells: Vec<(usize, usize)>,
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
        let code = python_of(&code);
        line += code.matches('\n').count() + 1;
        out.source.push_str(&code);
        out.source.push('\n');
    }
    Ok(out)
}

/// A cell without magics: they become comments of the same number of lines.
fn python_of(code: &str) -> String {
    let first = code.trim_start();
    if first.starts_with("%%") && !first.starts_with("%%time") && !first.starts_with("%%capture") {
        return code.lines().map(|l| format!("# {l}")).collect::<Vec<_>>().join("\n");
    }
    let mut continued = false;
    let mut out = Vec::new();
    for l in code.split('\n') {
        let trimmed = l.trim_start();
        let indent = l.get(..l.len() - trimmed.len()).unwrap_or("");
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
}
