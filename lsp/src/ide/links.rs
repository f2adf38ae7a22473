//! Document links: imported files, python files, and what constant paths name.

use super::Snapshot;
use rustchain_grammar::Span;
use rustchain_grammar::ast::{ExprKind, ItemKind, TemplatePart};
use std::path::{Path, PathBuf};

/// A link in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What is underlined.
    pub span: Span,
    /// The file.
    pub target: PathBuf,
}

/// The links of a file whose targets exist.
pub fn links(snapshot: &Snapshot, path: &Path) -> Vec<Link> {
    let Some(file) = snapshot.analysed(path) else { return Vec::new() };
    let Some(folder) = path.parent() else { return Vec::new() };
    let target = |written: &str| rustchain_compiler::source::normalise(&folder.join(written));
    let mut links = Vec::new();
    for import in &file.analysis.syntax.imports {
        links.push(Link { span: import.path_span, target: target(&import.path) });
    }
    for item in &file.analysis.syntax.items {
        let ItemKind::Tool(tool) = &item.kind else { continue };
        let ExprKind::Call { args, .. } = &tool.source.kind else { continue };
        let Some(first) = args.first() else { continue };
        if let ExprKind::Template(parts) = &first.value.kind
            && let [TemplatePart::Text(text, _)] = parts.as_slice()
        {
            let (file, _) = text.rsplit_once(':').unwrap_or((text, ""));
            links.push(Link { span: first.value.span, target: target(file) });
        }
    }
    links.retain(|l| l.target.is_file());
    links.into_iter().filter_map(|l| Some(Link { span: file.span(l.span)?, ..l })).collect()
}
