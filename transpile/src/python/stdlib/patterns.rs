//! `re`: what Rust's engine reads the same way; everything else stays symbolic.

use crate::python::dict::Dict;
use crate::python::host::Host;
use crate::python::machine::{Eval, Machine};
use crate::python::value::{Args, Object, Site, Value};
use regex::{Captures, Regex, RegexBuilder};
use std::rc::Rc;

/// Largest compiled pattern, in bytes.
const MAX_PATTERN: usize = 1 << 20;

impl<H: Host> Machine<'_, H> {
    pub(super) fn call_patterns(&mut self, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        let Some(name) = path.strip_prefix("re.") else { return Ok(None) };
        if name == "escape" {
            return Ok(args.pos.first().and_then(Value::as_str).map(|t| Value::str(regex::escape(t))));
        }
        if args.named("flags").is_some() {
            return Ok(None);
        }
        let Some(pattern) = args.pos.first().cloned() else { return Ok(None) };
        if name == "compile" {
            if args.pos.len() > 1 || pattern.as_str().and_then(|p| compiled(p, "search")).is_none() {
                return Ok(None);
            }
            let mut attrs = Dict::new();
            attrs.insert_str("pattern", pattern);
            let class = Value::External("re.Pattern".into());
            return Ok(Some(self.alloc(Object::Instance(class, attrs))));
        }
        let mut rest = args.clone();
        rest.pos.remove(0);
        let pattern = match &pattern {
            Value::Str(text) => text.clone(),
            other => match self.plain_attr(other, "pattern") {
                Some(Value::Str(text)) => text,
                _ => return Ok(None),
            },
        };
        self.apply_pattern(&pattern, name, &rest, site)
    }

    /// A method of a compiled pattern or of a match.
    pub(in crate::python) fn pattern_method(
        &mut self,
        receiver: &Value,
        name: &str,
        args: &Args,
        site: Site,
    ) -> Eval<Option<Value>> {
        if let Some(Value::Str(pattern)) = self.plain_attr(receiver, "pattern") {
            return self.apply_pattern(&pattern, name, args, site);
        }
        let groups = self.plain_attr(receiver, "<groups>");
        let Some(items) = groups.as_ref().and_then(|g| self.as_items(g)) else { return Ok(None) };
        let names = self.plain_attr(receiver, "<names>").unwrap_or(Value::None);
        Ok(match (name, args.pos.first()) {
            ("group", None) => items.first().cloned(),
            ("group" | "__getitem__", Some(Value::Int(i))) if args.pos.len() == 1 => {
                usize::try_from(*i).ok().and_then(|i| items.get(i)).cloned()
            }
            ("group" | "__getitem__", Some(Value::Str(key))) if args.pos.len() == 1 => {
                self.as_dict(&names).and_then(|d| d.get_str(key)).cloned()
            }
            ("groups", None) => Some(self.tuple(items.get(1..).unwrap_or_default().to_vec())),
            ("groupdict", None) => Some(names),
            _ => None,
        })
    }

    fn apply_pattern(&mut self, pattern: &str, name: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        let Some(regex) = compiled(pattern, name) else { return Ok(None) };
        let text = |i: usize| args.pos.get(i).and_then(Value::as_str);
        // `$` also matches before a last line end in Python.
        let same = |text: &str| !(text.ends_with('\n') && pattern.contains('$'));
        let subject = if matches!(name, "sub" | "subn") { text(1) } else { text(0) };
        let Some(subject) = subject.filter(|s| same(s)).map(str::to_owned) else { return Ok(None) };
        self.charge(subject.len() * 8, site.span)?;
        Ok(match name {
            "match" | "search" | "fullmatch" if args.pos.len() == 1 => Some(match regex.captures(&subject) {
                Some(found) => self.match_object(&regex, &found),
                None => Value::None,
            }),
            "findall" | "finditer" if args.pos.len() == 1 => {
                let mut out = Vec::new();
                for found in regex.captures_iter(&subject) {
                    out.push(match (name, found.len()) {
                        ("finditer", _) => self.match_object(&regex, &found),
                        (_, 1 | 2) => group(&found, found.len() - 1),
                        _ => {
                            let groups = (1..found.len()).map(|i| group(&found, i)).collect();
                            self.tuple(groups)
                        }
                    });
                }
                self.charge(out.len() * 64, site.span)?;
                Some(self.list(out))
            }
            "split" if args.pos.len() == 1 && regex.captures_len() == 1 => {
                let parts: Vec<Value> = regex.split(&subject).map(Value::str).collect();
                self.charge(parts.len() * 64, site.span)?;
                Some(self.list(parts))
            }
            "sub" => {
                let limit = match args.get(2, "count") {
                    Some(Value::Int(n)) => usize::try_from(*n).unwrap_or(0),
                    None => 0,
                    _ => return Ok(None),
                };
                self.substitute(&regex, args.pos.first(), &subject, limit, site)?
            }
            _ => None,
        })
    }

    fn substitute(
        &mut self,
        regex: &Regex,
        by: Option<&Value>,
        subject: &str,
        limit: usize,
        site: Site,
    ) -> Eval<Option<Value>> {
        let mut out = String::new();
        let mut end = 0;
        for (i, found) in regex.captures_iter(subject).enumerate() {
            let Some(whole) = found.get(0) else { continue };
            if limit > 0 && i >= limit {
                break;
            }
            out.push_str(subject.get(end..whole.start()).unwrap_or(""));
            end = whole.end();
            match by {
                Some(Value::Str(template)) => match expanded(template, &found) {
                    Some(text) => out.push_str(&text),
                    None => return Ok(None),
                },
                Some(function @ Value::Obj(_)) => {
                    let object = self.match_object(regex, &found);
                    match self.call(function, Args::of(vec![object]), site)? {
                        Value::Str(text) => out.push_str(&text),
                        _ => return Ok(None),
                    }
                }
                _ => return Ok(None),
            }
            self.charge(out.len().saturating_sub(end).max(16), site.span)?;
        }
        out.push_str(subject.get(end..).unwrap_or(""));
        Ok(Some(Value::str(out)))
    }

    fn match_object(&mut self, regex: &Regex, found: &Captures<'_>) -> Value {
        let groups: Vec<Value> = (0..found.len()).map(|i| group(found, i)).collect();
        let named: Vec<(Rc<str>, Value)> = regex
            .capture_names()
            .enumerate()
            .filter_map(|(i, name)| name.map(|n| (Rc::from(n), group(found, i))))
            .collect();
        let groups = self.tuple(groups);
        let names = self.dict_of(named);
        let mut attrs = Dict::new();
        attrs.insert_str("<groups>", groups);
        attrs.insert_str("<names>", names);
        self.alloc(Object::Instance(Value::External("re.Match".into()), attrs))
    }
}

fn group(found: &Captures<'_>, at: usize) -> Value {
    found.get(at).map_or(Value::None, |g| Value::str(g.as_str()))
}

/// The pattern for a function; `None` where Rust's engine does not read it, or reads it in another way.
fn compiled(pattern: &str, function: &str) -> Option<Regex> {
    if pattern.contains("(?#") || pattern.contains("\\Z") || pattern.contains("[[") || pattern.contains("&&")
    {
        return None;
    }
    let anchored = match function {
        "match" => format!(r"\A(?:{pattern})"),
        "fullmatch" => format!(r"\A(?:{pattern})\z"),
        _ => pattern.to_owned(),
    };
    RegexBuilder::new(&anchored).size_limit(MAX_PATTERN).build().ok()
}

/// A replacement with `\1` and `\g<name>`; `None` for escapes that are not known.
fn expanded(template: &str, found: &Captures<'_>) -> Option<String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at)?);
        let tail = rest.get(at + 1..)?;
        let next = tail.chars().next()?;
        match next {
            '0'..='9' => {
                let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len()).min(2);
                let index: usize = tail.get(..end)?.parse().ok()?;
                out.push_str(found.get(index)?.as_str());
                rest = tail.get(end..)?;
            }
            'g' => {
                let (name, after) = tail.strip_prefix("g<")?.split_once('>')?;
                let group = match name.parse::<usize>() {
                    Ok(index) => found.get(index),
                    Err(_) => found.name(name),
                };
                out.push_str(group?.as_str());
                rest = after;
            }
            '\\' => {
                out.push('\\');
                rest = tail.get(1..)?;
            }
            'n' => {
                out.push('\n');
                rest = tail.get(1..)?;
            }
            _ => return None,
        }
    }
    out.push_str(rest);
    Some(out)
}
