//! Values taken out of a text: from a script to its environment, from a query to its parameters, a secret from a url to a
//! header and out of the log.

use super::context::Context;
use crate::effects::fold;
use crate::effects::scope::Site;
use crate::effects::shape::{is_enum, type_of};
use crate::spans::Place;
use rustchain_grammar::{Applicability, Diagnostic, Edit, Fix, Span};
use rustchain_plan::expr::{ExprKind, Part};
use rustchain_plan::plan::Call;
use rustchain_plan::signature::Sink;
use rustchain_plan::{Expr, Type};

/// The holes of a template whose value could be any text.
pub(super) fn of_text<'p>(context: &Context<'_>, site: &Site<'p>, arg: &'p Expr) -> Vec<&'p Expr> {
    let ExprKind::Template { parts, .. } = &arg.kind else { return Vec::new() };
    let holes = parts.iter().filter_map(|part| match part {
        Part::Hole(hole) => Some(hole),
        _ => None,
    });
    let any_text = |hole: &&'p Expr| {
        let ty = type_of(hole, &site.scope);
        let plain = matches!(ty, Some(Type::Bool | Type::Int | Type::Float))
            || ty.is_some_and(|t| is_enum(context.plan, &t));
        !plain && fold::values(hole, &site.scope).is_none()
    };
    holes.filter(any_text).collect()
}

/// The fix of what the flow found at a text (RC0401, RC0407, RC0452, RC0453).
pub(super) fn mend(context: &Context<'_>, diagnostic: &mut Diagnostic) {
    let sinks: &[Sink] = match diagnostic.code {
        "RC0401" => &[Sink::Shell],
        "RC0407" => &[Sink::Query],
        "RC0452" => &[Sink::Log],
        "RC0453" => &[Sink::Host, Sink::Shell],
        _ => return,
    };
    let at = Place { file: diagnostic.primary.file, span: diagnostic.primary.span };
    for (site, call) in context.calls() {
        let Some(signature) = context.plan.signatures.get(&call.callee) else { continue };
        for param in &signature.params {
            let Some(sink) = param.sink.filter(|s| sinks.contains(s)) else { continue };
            let Some(arg) = call.args.get(&param.name) else { continue };
            let place = context.argument(site, call, &param.name);
            if place.file != at.file || !place.span.range().contains(&(at.span.start as usize)) {
                continue;
            }
            let takes = |name: &str| signature.params.iter().any(|p| p.name == name);
            let fix = match sink {
                Sink::Shell => to_environment(context, call, &of_text(context, site, arg), place),
                Sink::Query if takes("params") => {
                    to_parameters(context, call, &of_text(context, site, arg), place)
                }
                Sink::Host if takes("headers") => to_header(context, call, hole_at(context, arg, at), place),
                Sink::Log => left_out(context, hole_at(context, arg, at), place),
                _ => None,
            };
            diagnostic.fixes.extend(fix);
            return;
        }
    }
}

/// The hole of a template that stands at a place.
fn hole_at<'p>(context: &Context<'_>, arg: &'p Expr, at: Place) -> Option<&'p Expr> {
    let ExprKind::Template { parts, .. } = &arg.kind else { return None };
    parts.iter().find_map(|part| match part {
        Part::Hole(hole) if hole.id.0 != 0 && context.spans.place(hole.id) == at => Some(hole),
        _ => None,
    })
}

/// A secret that is a parameter of the url's query becomes a bearer token, where there are no `headers:` yet.
fn to_header(context: &Context<'_>, call: &Call, hole: Option<&Expr>, url: Place) -> Option<Fix> {
    let (hole, literal) = (hole?, Literal::of(context, url)?);
    let (whole, before, after) = literal.hole(context, hole)?;
    let separator = before.rfind(['?', '&'])?;
    let name = before.get(separator + 1..)?.strip_suffix('=')?;
    let is_name =
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if call.args.contains_key("headers") || !is_name || !(after.is_empty() || after.starts_with('&')) {
        return None;
    }
    let start = literal.inside.start + separator as u32;
    let gone = match before.get(separator..)?.starts_with('?') && !after.is_empty() {
        true => Span::new(start + 1, whole.end + 1),
        false => Span::new(start, whole.end),
    };
    let secret = context.text(context.spans.place(hole.id));
    let edits = vec![Edit { file: url.file, span: gone, text: String::new() }];
    argument_after(
        url,
        format!("headers: {{ authorization: \"Bearer ${{{secret}}}\" }}"),
        "send it in a header",
        edits,
    )
}

/// Three stars in the place of a secret.
fn left_out(context: &Context<'_>, hole: Option<&Expr>, text: Place) -> Option<Fix> {
    let (whole, ..) = Literal::of(context, text)?.hole(context, hole?)?;
    let edits = vec![Edit { file: text.file, span: whole, text: "***".to_owned() }];
    Some(Fix { title: "leave it out".to_owned(), applicability: Applicability::Suggest, edits })
}

/// Each hole becomes `"$NAME"`, where all of them are names outside single quotes and there is no `env:` yet.
pub(super) fn to_environment(
    context: &Context<'_>,
    call: &Call,
    holes: &[&Expr],
    script: Place,
) -> Option<Fix> {
    let literal = Literal::of(context, script).filter(|_| !call.args.contains_key("env"))?;
    let mut edits = Vec::new();
    let mut names: Vec<(String, &str)> = Vec::new();
    for hole in holes {
        let name = match &hole.kind {
            ExprKind::Param { name, .. } | ExprKind::Let { name, .. } => name.to_uppercase(),
            ExprKind::Step { id, .. } => id.replace('.', "_").to_uppercase(),
            _ => return None,
        };
        let (whole, before, _) = literal.hole(context, hole)?;
        if before.matches('\'').count() % 2 == 1 {
            return None;
        }
        let quoted = before.matches('"').count() % 2 == 1;
        let text = if quoted { format!("${name}") } else { format!("{0}${name}{0}", literal.quote) };
        edits.push(Edit { file: script.file, span: whole, text });
        if !names.iter().any(|(n, _)| *n == name) {
            names.push((name, context.text(context.spans.place(hole.id))));
        }
    }
    let env: Vec<String> = names.iter().map(|(n, e)| format!("{n}: \"${{{e}}}\"")).collect();
    argument_after(script, format!("env: {{ {} }}", env.join(", ")), "give it by the environment", edits)
}

/// Each hole becomes `?1`, `?2` and so on, with the quotes around it gone, where all of them stand for values and there
/// are no `params:` yet.
fn to_parameters(context: &Context<'_>, call: &Call, holes: &[&Expr], query: Place) -> Option<Fix> {
    let literal = Literal::of(context, query).filter(|_| !call.args.contains_key("params"))?;
    let mut edits = Vec::new();
    let mut params = Vec::new();
    for hole in holes {
        let (mut whole, before, after) = literal.hole(context, hole)?;
        let quoted = before.ends_with('\'') && after.starts_with('\'');
        if quoted {
            whole = Span::new(whole.start - 1, whole.end + 1);
        }
        let before = before.strip_suffix('\'').filter(|_| quoted).unwrap_or(before);
        let last = before.trim_end().to_lowercase();
        let value = last.ends_with(['=', '<', '>', '(', ',', '+', '-', '|'])
            || [
                "like", "glob", "and", "or", "values", "limit", "offset", "between", "then", "else", "select",
            ]
            .iter()
            .any(|word| last.split_whitespace().last() == Some(word));
        if !value || before.matches('\'').count() % 2 == 1 {
            return None;
        }
        params.push(context.text(context.spans.place(hole.id)));
        edits.push(Edit { file: query.file, span: whole, text: format!("?{}", params.len()) });
    }
    argument_after(query, format!("params: [{}]", params.join(", ")), "give it by the parameters", edits)
}

/// One more named argument behind a place.
fn argument_after(place: Place, argument: String, title: &str, mut edits: Vec<Edit>) -> Option<Fix> {
    if edits.is_empty() {
        return None;
    }
    let end = Span::new(place.span.end, place.span.end);
    edits.push(Edit { file: place.file, span: end, text: format!(", {argument}") });
    Some(Fix { title: title.to_owned(), applicability: Applicability::Suggest, edits })
}

/// A text as it is written, between its quotes.
struct Literal<'a> {
    file: &'a str,
    inside: Span,
    /// How a `"` is written in it.
    quote: &'static str,
}

impl<'a> Literal<'a> {
    fn of(context: &Context<'a>, place: Place) -> Option<Literal<'a>> {
        let written = context.text(place);
        let tag = written.find('"')?;
        let (ends, quote) = if written.get(tag..)?.starts_with("\"\"\"") { (3, "\"") } else { (1, "\\\"") };
        let (start, end) = (place.span.start + tag as u32 + ends, place.span.end.checked_sub(ends)?);
        let (_, file) = context.sources.iter().find(|(id, _)| *id == place.file)?;
        (start <= end).then(|| Literal { file: &file.text, inside: Span::new(start, end), quote })
    }

    /// `${…}` of a hole with the text before and behind it; `None` where it is not written so.
    fn hole(&self, context: &Context<'_>, hole: &Expr) -> Option<(Span, &'a str, &'a str)> {
        let expression = context.spans.place(hole.id).span;
        let whole = Span::new(expression.start.checked_sub(2)?, expression.end + 1);
        let written = self.file.get(whole.range())?;
        let before = self.file.get(self.inside.start as usize..whole.start as usize)?;
        let after = self.file.get(whole.end as usize..self.inside.end as usize)?;
        (written.starts_with("${") && written.ends_with('}')).then_some((whole, before, after))
    }
}
