//! Text and calendar functions: `shlex`, `urllib.parse`, `string.Template`, `textwrap`, `calendar`.

use crate::python::dict::Dict;
use crate::python::host::Host;
use crate::python::machine::{Eval, Machine};
use crate::python::value::{Args, Object, Site, Value};

const MONTHS: [&str; 13] = [
    "",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl<H: Host> Machine<'_, H> {
    pub(super) fn call_words(&mut self, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        let first = args.pos.first().cloned();
        let text = first.as_ref().and_then(Value::as_str);
        self.charge(text.map_or(0, str::len), site.span)?;
        Ok(match (path, text) {
            ("shlex.quote", Some(text)) => Some(Value::str(shell_quoted(text))),
            ("shlex.split", Some(text)) => shell_words(text).map(|words| {
                let words = words.into_iter().map(Value::str).collect();
                self.list(words)
            }),
            ("shlex.join", _) => {
                let items = first.as_ref().and_then(|l| self.as_items(l)).unwrap_or_default();
                let words: Option<Vec<String>> = items.iter().map(|w| w.as_str().map(shell_quoted)).collect();
                words.map(|w| Value::str(w.join(" ")))
            }
            ("urllib.parse.quote", Some(text)) => {
                let safe = args.get(1, "safe").map_or(Some("/"), Value::as_str);
                safe.map(|safe| Value::str(percent_encoded(text, safe, false)))
            }
            ("urllib.parse.quote_plus", Some(text)) => Some(Value::str(percent_encoded(text, "", true))),
            ("urllib.parse.urlencode", _) => {
                let dict = first.as_ref().and_then(|d| self.as_dict(d));
                let pairs: Option<Vec<String>> = dict.filter(|d| !d.open).and_then(|d| {
                    d.iter()
                        .map(|(k, v)| {
                            let (k, v) = (self.text(k)?, self.text(v)?);
                            Some(format!(
                                "{}={}",
                                percent_encoded(&k, "", true),
                                percent_encoded(&v, "", true)
                            ))
                        })
                        .collect()
                });
                pairs.map(|p| Value::str(p.join("&")))
            }
            ("string.Template", Some(_)) => {
                let mut attrs = Dict::new();
                attrs.insert_str("template", first.unwrap_or(Value::None));
                Some(self.alloc(Object::Instance(Value::External("string.Template".into()), attrs)))
            }
            ("textwrap.indent", Some(text)) => args.get(1, "prefix").and_then(Value::as_str).map(|prefix| {
                let lines = text.split_inclusive('\n').map(|line| match line.trim().is_empty() {
                    true => line.to_owned(),
                    false => format!("{prefix}{line}"),
                });
                Value::str(lines.collect::<String>())
            }),
            ("calendar.monthrange", _) => match args.pos.as_slice() {
                [Value::Int(year), Value::Int(month @ 1..=12)] if (1..=9999).contains(year) => {
                    let weekday = self.call_when("datetime.date", &date_args(*year, *month), site)?;
                    let weekday = match weekday {
                        Some(date) => self.builtin_method(&date, "weekday", &Args::default(), site)?,
                        None => None,
                    };
                    weekday.map(|w| self.tuple(vec![w, Value::Int(days_in(*year, *month))]))
                }
                _ => None,
            },
            ("calendar.isleap", _) => match args.pos.as_slice() {
                [Value::Int(year)] => Some(Value::Bool(days_in(*year, 2) == 29)),
                _ => None,
            },
            _ => None,
        })
    }

    pub(super) fn calendar_names(&mut self, name: &str) -> Option<Value> {
        let names: Vec<Value> = match name {
            "month_name" => MONTHS.iter().map(|m| Value::str(*m)).collect(),
            "month_abbr" => MONTHS.iter().map(|m| Value::str(m.get(..3).unwrap_or(""))).collect(),
            _ => return None,
        };
        Some(self.list(names))
    }

    /// `Template(…).substitute(…)`.
    pub(in crate::python) fn template_method(
        &mut self,
        receiver: &Value,
        args: &Args,
        site: Site,
    ) -> Eval<Option<Value>> {
        let Some(Value::Str(template)) = self.plain_attr(receiver, "template") else { return Ok(None) };
        let mapping = args.pos.first().cloned();
        let mut parts = Vec::new();
        let mut rest: &str = &template;
        while let Some(at) = rest.find('$') {
            parts.push(Value::str(rest.get(..at).unwrap_or("")));
            let tail = rest.get(at + 1..).unwrap_or("");
            if let Some(after) = tail.strip_prefix('$') {
                parts.push(Value::str("$"));
                rest = after;
                continue;
            }
            let (name, after) = match tail.strip_prefix('{') {
                Some(braced) => match braced.split_once('}') {
                    Some(found) => found,
                    None => return Ok(None),
                },
                None => {
                    let end = tail.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(tail.len());
                    tail.split_at(end)
                }
            };
            let given = args.named(name).cloned();
            let value = given.or_else(|| {
                let dict = self.as_dict(mapping.as_ref()?)?;
                dict.get_str(name).cloned()
            });
            let Some(value) = value else { return Ok(None) };
            parts.push(self.format_value(&value, ' ', "", site.span));
            rest = after;
        }
        parts.push(Value::str(rest));
        self.concat(parts, site.span).map(Some)
    }
}

fn date_args(year: i64, month: i64) -> Args {
    Args::of(vec![Value::Int(year), Value::Int(month), Value::Int(1)])
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn shell_quoted(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !text.is_empty() && text.chars().all(safe) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\"'\"'"))
}

/// Words of a command line of plain quotes; `None` where it holds more.
fn shell_words(text: &str) -> Option<Vec<String>> {
    if text.contains(['\\', '#']) {
        return None;
    }
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

fn percent_encoded(text: &str, safe: &str, plus: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' if plus => out.push('+'),
            b if b.is_ascii_alphanumeric() || b"_.-~".contains(&b) || safe.as_bytes().contains(&b) => {
                out.push(char::from(b));
            }
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}
