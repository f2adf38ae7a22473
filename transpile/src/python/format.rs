//! `format()`, `str.format`, `%`.

use super::host::Host;
use super::machine::{Eval, Machine};
use super::value::{Args, Value};
use rustchain_grammar::Span;

/// Widest padding that is written out.
const MAX_WIDTH: usize = 10_000;

impl<H: Host> Machine<'_, H> {
    /// One value as text, by conversion (`r`, `s` or blank) and format spec; symbolic where not known.
    pub(super) fn format_value(&mut self, value: &Value, conversion: char, spec: &str, span: Span) -> Value {
        if value.is_symbol() {
            if conversion == ' ' && spec.is_empty() {
                return value.clone();
            }
            let assumed = value
                .assumed()
                .map(|a| self.format_value(&a, conversion, spec, span))
                .filter(|a| !a.is_symbol());
            let kind = super::value::SymbolKind::Op("format", vec![value.clone(), Value::str(spec)]);
            return self.symbol(kind, assumed, span);
        }
        let text = match conversion {
            'r' => self.repr(value, 0),
            's' => self.text(value).and_then(|t| apply_spec(&Value::str(t), spec)),
            _ => match value {
                Value::DateTime(t) if !spec.is_empty() => t.strftime(spec),
                _ if spec.is_empty() => self.text(value),
                Value::Int(_) | Value::Float(_) | Value::Str(_) => apply_spec(value, spec),
                _ => self.text(value).and_then(|t| apply_spec(&Value::str(t), spec)),
            },
        };
        match text {
            Some(text) => Value::str(text),
            None => self.unknown("text that is not known", span),
        }
    }

    /// `format.format(*args, **kwargs)`.
    pub(super) fn brace_format(&mut self, format: &str, args: &Args, span: Span) -> Eval<Value> {
        let mut parts = Vec::new();
        let mut auto = 0usize;
        let mut rest = format;
        while let Some(at) = rest.find(['{', '}']) {
            parts.push(Value::str(rest.get(..at).unwrap_or("")));
            let tail = rest.get(at..).unwrap_or("");
            if tail.starts_with("{{") || tail.starts_with("}}") {
                parts.push(Value::str(tail.get(..1).unwrap_or("")));
                rest = tail.get(2..).unwrap_or("");
                continue;
            }
            let Some(end) = closing(tail) else {
                return Err(self.raise("ValueError", "a brace without its partner in a format", span));
            };
            let field = tail.get(1..end).unwrap_or("");
            rest = tail.get(end + 1..).unwrap_or("");
            parts.push(self.format_field(field, args, &mut auto, span)?);
        }
        parts.push(Value::str(rest));
        self.concat(parts, span)
    }

    fn format_field(&mut self, field: &str, args: &Args, auto: &mut usize, span: Span) -> Eval<Value> {
        let (head, spec) = field.split_once(':').unwrap_or((field, ""));
        let (name, conversion) = match head.split_once('!') {
            Some((name, c)) => (name, c.chars().next().unwrap_or(' ')),
            None => (head, ' '),
        };
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (root, mut path) = name.split_at(end);
        let value = if root.is_empty() {
            *auto += 1;
            args.pos.get(*auto - 1).cloned()
        } else if let Ok(index) = root.parse::<usize>() {
            args.pos.get(index).cloned()
        } else {
            args.named(root).cloned()
        };
        let mut value = match (value, &args.unknown_kw, &args.unknown_pos) {
            (Some(value), ..) => value,
            (None, None, None) => return Err(self.raise("KeyError", root, span)),
            _ => self.unknown(format!("the format field `{root}`"), span),
        };
        while !path.is_empty() {
            if let Some(tail) = path.strip_prefix('.') {
                let end = tail.find(['.', '[']).unwrap_or(tail.len());
                let (name, rest) = tail.split_at(end);
                value = self.attr(&value, name, span)?;
                path = rest;
            } else if let Some((key, rest)) = path.strip_prefix('[').and_then(|t| t.split_once(']')) {
                let key = key.parse::<i64>().map_or_else(|_| Value::str(key), Value::Int);
                value = self.item(&value, &key, span)?;
                path = rest;
            } else {
                break;
            }
        }
        if spec.contains('{') {
            return Ok(self.unknown("a nested format", span));
        }
        let site = self.site(span);
        let value = self.shown(&value, conversion == 'r', site)?;
        Ok(self.format_value(&value, conversion, spec, span))
    }

    /// `format % values`.
    pub(super) fn percent_format(&mut self, format: &str, values: &Value, span: Span) -> Eval<Value> {
        let tuple = match self.object_of(values) {
            Some(super::value::Object::Tuple(items)) => items.to_vec(),
            _ => vec![values.clone()],
        };
        let mut next = tuple.into_iter();
        let mut parts = Vec::new();
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            parts.push(Value::str(rest.get(..at).unwrap_or("")));
            let mut tail = rest.get(at + 1..).unwrap_or("");
            let mut value = None;
            if let Some((key, after)) = tail.strip_prefix('(').and_then(|t| t.split_once(')')) {
                value = Some(self.item(values, &Value::str(key), span)?);
                tail = after;
            }
            let end = tail.find(|c: char| c.is_ascii_alphabetic() || c == '%').unwrap_or(tail.len());
            let (flags, after) = tail.split_at(end);
            let mut chars = after.chars();
            let Some(kind) = chars.next() else {
                return Err(self.raise("ValueError", "an incomplete format", span));
            };
            rest = chars.as_str();
            if kind == '%' {
                parts.push(Value::str("%"));
                continue;
            }
            let Some(value) = value.or_else(|| next.next()) else {
                return Err(self.raise("TypeError", "not enough arguments for the format", span));
            };
            let conversion = match kind {
                'r' | 'a' => 'r',
                's' => 's',
                _ => ' ',
            };
            let number = |kind: char| format!("{}{kind}", flags.replace('-', "<"));
            let spec = match kind {
                'd' | 'i' | 'u' => number('d'),
                'f' | 'e' | 'g' | 'x' | 'X' | 'o' => number(kind),
                _ if flags.is_empty() => String::new(),
                _ => flags.strip_prefix('-').map_or_else(|| format!(">{flags}"), |f| format!("<{f}")),
            };
            let value = match (kind, &value) {
                ('d' | 'i' | 'u', Value::Float(f)) => Value::Int(*f as i64),
                _ => value,
            };
            let site = self.site(span);
            let value = self.shown(&value, conversion == 'r', site)?;
            parts.push(self.format_value(&value, conversion, &spec, span));
        }
        parts.push(Value::str(rest));
        self.concat(parts, span)
    }
}

/// The index of the brace that closes the one at the start; `None` where none opens or closes.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (i, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    None
}

/// `format(value, spec)` for numbers and text; `None` for what is not covered.
fn apply_spec(value: &Value, spec: &str) -> Option<String> {
    if spec.is_empty() {
        return match value {
            Value::Str(s) => Some(s.to_string()),
            Value::Int(i) => Some(i.to_string()),
            Value::Float(f) => Some(super::text::float_text(*f)),
            _ => None,
        };
    }
    let chars: Vec<char> = spec.chars().collect();
    let mut at = 0;
    let is_align = |c: Option<&char>| matches!(c, Some('<' | '>' | '^' | '='));
    let (mut fill, mut align) = (' ', None);
    if is_align(chars.get(1)) {
        fill = *chars.first()?;
        align = chars.get(1).copied();
        at = 2;
    } else if is_align(chars.first()) {
        align = chars.first().copied();
        at = 1;
    }
    let mut plus = false;
    if let Some(c @ ('+' | '-' | ' ')) = chars.get(at) {
        plus = *c == '+';
        at += 1;
    }
    let alternate = chars.get(at) == Some(&'#');
    at += usize::from(alternate);
    if chars.get(at) == Some(&'0') {
        fill = '0';
        align = align.or(Some('='));
        at += 1;
    }
    let digits = |at: &mut usize| {
        let mut text = String::new();
        while let Some(c) = chars.get(*at).filter(|c| c.is_ascii_digit()) {
            text.push(*c);
            *at += 1;
        }
        text
    };
    let width: usize = digits(&mut at).parse().unwrap_or(0);
    let comma = matches!(chars.get(at), Some(',' | '_'));
    let separator = chars.get(at).copied().unwrap_or(',');
    at += usize::from(comma);
    let precision: Option<usize> = if chars.get(at) == Some(&'.') {
        at += 1;
        Some(digits(&mut at).parse().ok()?)
    } else {
        None
    };
    let kind = chars.get(at).copied();
    if width > MAX_WIDTH
        || precision.is_some_and(|p| p > MAX_WIDTH)
        || at + usize::from(kind.is_some()) != chars.len()
    {
        return None;
    }
    let (negative, body) = match (value, kind) {
        (Value::Str(s), None | Some('s')) => {
            (false, s.chars().take(precision.unwrap_or(usize::MAX)).collect::<String>())
        }
        (Value::Int(i), None | Some('d')) => (*i < 0, i.unsigned_abs().to_string()),
        (Value::Int(i), Some('x')) => {
            (*i < 0, format!("{}{:x}", if alternate { "0x" } else { "" }, i.unsigned_abs()))
        }
        (Value::Int(i), Some('X')) => (*i < 0, format!("{:X}", i.unsigned_abs())),
        (Value::Int(i), Some('o')) => (*i < 0, format!("{:o}", i.unsigned_abs())),
        (Value::Int(i), Some('b')) => (*i < 0, format!("{:b}", i.unsigned_abs())),
        (Value::Int(i), Some('f' | 'F')) => {
            (*i < 0, format!("{:.*}", precision.unwrap_or(6), (*i as f64).abs()))
        }
        (Value::Float(f), Some('f' | 'F')) => (*f < 0.0, format!("{:.*}", precision.unwrap_or(6), f.abs())),
        (Value::Float(f), Some('%')) => {
            (*f < 0.0, format!("{:.*}%", precision.unwrap_or(6), f.abs() * 100.0))
        }
        (Value::Float(f), None) if precision.is_none() => (*f < 0.0, super::text::float_text(f.abs())),
        _ => return None,
    };
    let body = if comma { grouped(&body, separator) } else { body };
    let sign = match (negative, plus) {
        (true, _) => "-",
        (false, true) => "+",
        _ => "",
    };
    let length = sign.len() + body.chars().count();
    let missing = width.saturating_sub(length);
    let pad = |n: usize| fill.to_string().repeat(n);
    let default = if matches!(value, Value::Str(_)) { '<' } else { '>' };
    Some(match align.unwrap_or(default) {
        '<' => format!("{sign}{body}{}", pad(missing)),
        '^' => format!("{}{sign}{body}{}", pad(missing / 2), pad(missing - missing / 2)),
        '=' => format!("{sign}{}{body}", pad(missing)),
        _ => format!("{}{sign}{body}", pad(missing)),
    })
}

fn grouped(body: &str, separator: char) -> String {
    let (whole, fraction) = body.split_once('.').map_or((body, None), |(w, f)| (w, Some(f)));
    let digits: Vec<char> = whole.chars().collect();
    let mut out = String::new();
    for (i, c) in digits.iter().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(*c);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}
