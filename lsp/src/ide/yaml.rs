//! Completion in YAML missions: keys, step types, ids of steps.

use super::completion::{Offer, OfferKind, Offers, escaped};
use rustchain_grammar::Span;
use rustchain_transpile::from::yaml::step_types;

const MISSION_KEYS: &[(&str, &str)] = &[
    ("version", "version: \"1.0\""),
    ("name", "name: $0"),
    ("description", "description: $0"),
    ("config", "config:\n  $0"),
    (
        "steps",
        "steps:\n  - id: ${1:first}\n    name: ${2:First}\n    step_type: ${3:noop}\n    parameters:\n      $0",
    ),
];
const STEP_KEYS: &[(&str, &str)] = &[
    ("id", "id: $0"),
    ("name", "name: $0"),
    ("step_type", "step_type: $0"),
    ("depends_on", "depends_on: [$0]"),
    ("parameters", "parameters:\n  $0"),
    ("timeout_seconds", "timeout_seconds: ${1:30}$0"),
    ("continue_on_error", "continue_on_error: ${1|true,false|}"),
];

/// The offers at a byte of a YAML mission.
pub fn complete(text: &str, offset: u32) -> Option<Offers> {
    let before = text.get(..offset as usize)?;
    let line = before.rsplit('\n').next()?;
    let typed_from = line.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |i| i + 1);
    let typed = line.get(typed_from..)?;
    let replace = Span::new(offset - typed.len() as u32, offset);
    let key = line.trim_start().trim_start_matches("- ");
    let offers = if let Some(rest) = key.strip_prefix("step_type:").or_else(|| key.strip_prefix("type:")) {
        if rest.trim() != typed {
            return None;
        }
        let types = step_types().iter().map(|t| offer(t.name, OfferKind::Function, t.name.to_owned()));
        types.collect()
    } else if key.starts_with("depends_on:") || in_list_of(before, "depends_on:") {
        ids(text).map(|id| offer(id, OfferKind::Value, escaped(id))).collect()
    } else if key == typed {
        let keys = if line.starts_with([' ', '-']) { STEP_KEYS } else { MISSION_KEYS };
        keys.iter().map(|(name, snippet)| offer(name, OfferKind::Keyword, (*snippet).to_owned())).collect()
    } else {
        return None;
    };
    Some(Offers::new(replace, offers, typed))
}

fn offer(label: &str, kind: OfferKind, snippet: String) -> Offer {
    Offer { label: label.to_owned(), kind, detail: String::new(), doc: String::new(), snippet }
}

/// The ids of the steps, in order.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let rest = line.trim_start().trim_start_matches("- ").strip_prefix("id:")?;
        let id = rest.trim().trim_matches(['"', '\'']);
        (!id.is_empty()).then_some(id)
    })
}

/// Are the lines above, up to a key, items of that key's list?
fn in_list_of(before: &str, key: &str) -> bool {
    let mut lines = before.lines().rev();
    let own = lines.next().unwrap_or_default();
    if !own.trim_start().starts_with('-') {
        return false;
    }
    lines
        .find(|l| !l.trim_start().starts_with("- ") || l.contains(':'))
        .is_some_and(|l| l.trim().ends_with(key))
}
