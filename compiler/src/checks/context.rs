//! What a rule may look at.

use super::exprs;
use super::graph::Graph;
use super::rc0808::ShellLint;
use crate::effects::fold;
use crate::effects::scope::{Site, sites};
use crate::flow::Analysis;
use crate::spans::{NodePlaces, Place, Spans};
use rustchain_grammar::{Diagnostic, Edit, Severity, SourceMap, Span};
use rustchain_plan::plan::{Call, Plan};
use rustchain_plan::{Body, Expr, Value};

/// A compiled mission with what the passes before know of it.
pub struct Context<'a> {
    /// The plan, its rows filled.
    pub plan: &'a Plan,
    /// Where its parts stand.
    pub spans: &'a Spans,
    /// Its flows.
    pub flow: &'a Analysis,
    /// The texts.
    pub sources: &'a SourceMap,
    /// Reads scripts, where there is somebody who does.
    pub shell: Option<&'a dyn ShellLint>,
    /// Every node, outer before inner, in source order.
    pub sites: Vec<Site<'a>>,
    /// Every expression written in the mission, not what lies inside it.
    pub roots: Vec<&'a Expr>,
    /// Which steps run before which.
    pub graph: Graph<'a>,
}

impl<'a> Context<'a> {
    /// The context of a plan.
    pub fn new(plan: &'a Plan, spans: &'a Spans, flow: &'a Analysis, sources: &'a SourceMap) -> Self {
        let sites = sites(plan);
        let roots = exprs::all(plan, &sites);
        Context { plan, spans, flow, sources, shell: None, sites, roots, graph: Graph::default() }
    }

    /// Every call with its site.
    pub fn calls(&self) -> impl Iterator<Item = (&Site<'a>, &'a Call)> {
        self.sites.iter().filter_map(|site| match &site.node.body {
            Body::Call(call) => Some((site, call)),
            _ => None,
        })
    }

    /// An id path and those of the nodes around it.
    pub fn with_those_around(path: &str) -> impl Iterator<Item = &str> {
        let ends = path.match_indices('/').map(|(i, _)| i).chain([path.len()]);
        ends.filter_map(|end| path.get(..end))
    }

    /// The places of a node.
    pub fn places(&self, path: &str) -> Option<&'a NodePlaces> {
        self.spans.nodes.get(path)
    }

    /// Where a node's callee stands, else its name.
    pub fn callee(&self, path: &str) -> Place {
        let places = self.places(path);
        places.and_then(|p| p.callee.or(Some(p.name))).unwrap_or(self.spans.mission)
    }

    /// Where a node's name stands.
    pub fn name(&self, path: &str) -> Place {
        self.places(path).map_or(self.spans.mission, |p| p.name)
    }

    /// Where an argument of a call stands.
    pub fn argument(&self, site: &Site<'_>, call: &Call, param: &str) -> Place {
        let place = self.places(&site.path).and_then(|p| p.args.get(param)).copied();
        let by_expr = || call.args.get(param).filter(|e| e.id.0 != 0).map(|e| self.spans.place(e.id));
        place.or_else(by_expr).unwrap_or_else(|| self.callee(&site.path))
    }

    /// Where a clause of a node stands, else the node's name.
    pub fn clause(&self, path: &str, keyword: &str) -> Place {
        let clause = self.places(path).and_then(|p| p.clauses.get(keyword)).copied();
        clause.unwrap_or_else(|| self.name(path))
    }

    /// The constant value of an argument.
    pub fn constant(&self, site: &Site<'a>, call: &'a Call, param: &str) -> Option<Value> {
        fold::constant(call.args.get(param)?, &site.scope)
    }

    /// The edit that gives a step one more clause; `None` where the step has no statement of its own.
    pub fn add_clause(&self, path: &str, clause: &str) -> Option<Edit> {
        if path == "_" || path.ends_with("/_") {
            return None;
        }
        let places = self.places(path)?;
        let (file, at, text) = match places.with {
            Some(with) => {
                let one_line = !self.text(with).contains('\n');
                let text = if one_line { format!(" {clause},") } else { format!("\n    {clause}") };
                (with.file, with.span.start + 1, text)
            }
            None => (places.whole.file, places.whole.span.end, format!(" with {{ {clause} }}")),
        };
        Some(Edit { file, span: Span::new(at, at), text })
    }

    /// The edit that takes a clause from a step, with its `with { … }` where nothing else stands there.
    pub fn remove_clause(&self, path: &str, keyword: &str) -> Option<Edit> {
        let places = self.places(path)?;
        let (clause, with) = (*places.clauses.get(keyword)?, places.with?);
        let written = self.text(with);
        let (start, end) = (clause.span.start - with.span.start, clause.span.end - with.span.start);
        let (before, after) =
            (written.get(1..start as usize)?, written.get(end as usize..written.len() - 1)?);
        let blank = |text: &str| text.len() - text.trim_start().len();
        let span = if before.trim().is_empty() && after.trim().is_empty() {
            let statement =
                self.text(Place { span: Span::new(places.whole.span.start, with.span.start), ..with });
            let kept = statement.trim_end().strip_suffix("with")?.trim_end().len() as u32;
            Span::new(places.whole.span.start + kept, with.span.end)
        } else if let Some(rest) =
            after.trim_start().strip_prefix(',').or((!after.trim().is_empty()).then_some(after.trim_start()))
        {
            Span::new(clause.span.start, clause.span.end + (after.len() - rest.len() + blank(rest)) as u32)
        } else {
            let kept = before.trim_end().trim_end_matches(',').len();
            Span::new(clause.span.start - (before.len() - kept) as u32, clause.span.end)
        };
        Some(Edit { file: with.file, span, text: String::new() })
    }

    /// The text of a place.
    pub fn text(&self, place: Place) -> &'a str {
        let file = self.sources.iter().find(|(id, _)| *id == place.file);
        file.and_then(|(_, f)| f.text.get(place.span.range())).unwrap_or_default()
    }

    /// A finding at a place.
    pub fn finding(
        &self,
        code: &'static str,
        severity: Severity,
        place: Place,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(code, severity, place.file, place.span, message)
    }
}
