//! YAML documents as PyYAML reads them.

use crate::python::plain::Plain;
use saphyr::{Scalar, ScalarStyle, Yaml, YamlLoader};
use saphyr_parser::Parser;

/// The documents of a YAML text; `None` where it is not plain data.
pub(crate) fn yaml_documents(text: &str) -> Option<Vec<Plain>> {
    // Anchors can make a small text large, which the budget below would see too late.
    if text.matches('*').count() > 100 && text.contains('&') {
        return None;
    }
    let mut loader = YamlLoader::<Yaml<'_>>::default();
    loader.early_parse(false);
    Parser::new_from_str(text).load(&mut loader, true).ok()?;
    let documents = loader.into_documents();
    if documents.is_empty() {
        return Some(vec![Plain::Null]);
    }
    documents.iter().map(|d| convert(d, 0)).collect()
}

fn convert(node: &Yaml<'_>, depth: u32) -> Option<Plain> {
    if depth > 40 {
        return None;
    }
    Some(match node {
        Yaml::Representation(text, ScalarStyle::Plain, None) => plain(text)?,
        Yaml::Representation(text, _, None) => Plain::Str(text.to_string()),
        Yaml::Sequence(items) => {
            Plain::List(items.iter().map(|i| convert(i, depth + 1)).collect::<Option<_>>()?)
        }
        Yaml::Mapping(map) => {
            let mut out = Vec::new();
            let mut bases = Vec::new();
            for (key, value) in map {
                let value = convert(value, depth + 1)?;
                match convert(key, depth + 1)? {
                    Plain::Str(s) if s == "<<" => bases.push(value),
                    Plain::Str(s) => out.push((s, value)),
                    // Keys that are not text would have to stay numbers or dates.
                    _ => return None,
                }
            }
            let own = std::mem::take(&mut out);
            bases.into_iter().try_for_each(|b| merge(&mut out, b))?;
            for (key, value) in own {
                match out.iter_mut().find(|(k, _)| *k == key) {
                    Some(slot) => slot.1 = value,
                    None => out.push((key, value)),
                }
            }
            Plain::Map(out)
        }
        Yaml::Value(Scalar::String(s)) => Plain::Str(s.to_string()),
        _ => return None,
    })
}

/// `<<: *base` gives what the mapping itself does not have; the first of several bases wins.
fn merge(out: &mut Vec<(String, Plain)>, value: Plain) -> Option<()> {
    match value {
        Plain::Map(base) => {
            for (key, value) in base {
                if !out.iter().any(|(k, _)| *k == key) {
                    out.push((key, value));
                }
            }
            Some(())
        }
        Plain::List(bases) => bases.into_iter().try_for_each(|b| merge(out, b)),
        _ => None,
    }
}

/// A plain scalar by the rules of YAML 1.1, which PyYAML follows; `None` for dates and base-60 numbers.
fn plain(text: &str) -> Option<Plain> {
    let word = |all: &[&str]| all.contains(&text);
    if word(&["", "~", "null", "Null", "NULL"]) {
        return Some(Plain::Null);
    }
    if word(&["yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"]) {
        return Some(Plain::Bool(true));
    }
    if word(&["no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"]) {
        return Some(Plain::Bool(false));
    }
    let digits = text.trim_start_matches(['+', '-']);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || text.len() - digits.len() > 1 {
        return Some(Plain::Str(text.into()));
    }
    let bare = text.replace('_', "");
    let unsigned = digits.replace('_', "");
    if unsigned.len() > 1 && unsigned.starts_with('0') && unsigned.chars().all(|c| ('0'..='7').contains(&c)) {
        let sign = if text.starts_with('-') { -1 } else { 1 };
        return i64::from_str_radix(&unsigned, 8).ok().map(|n| Plain::Int(sign * n));
    }
    if unsigned.chars().all(|c| c.is_ascii_digit()) && !(unsigned.len() > 1 && unsigned.starts_with('0')) {
        return bare.trim_start_matches('+').parse::<i64>().ok().map(Plain::Int);
    }
    if unsigned.starts_with("0x") || unsigned.starts_with("0b") {
        return None;
    }
    let float = unsigned.contains('.')
        && unsigned.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    if float && let Ok(number) = bare.trim_start_matches('+').parse::<f64>() {
        return Some(Plain::Float(number));
    }
    let dated = text.len() >= 8
        && text.split('-').count() >= 3
        && text.split('-').next().is_some_and(|y| y.len() == 4 && y.chars().all(|c| c.is_ascii_digit()));
    let base_60 =
        digits.contains(':') && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | '_'));
    if dated && text.chars().all(|c| c.is_ascii_digit() || "-:TtZz.+ ".contains(c)) || base_60 {
        return None;
    }
    Some(Plain::Str(text.into()))
}
