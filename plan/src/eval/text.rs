//! Functions on text. Positions and lengths count characters (Unicode scalar values).

use super::call::Args;
use super::error::EvalError;
use crate::value::Value;

type Eval = Result<Value, EvalError>;

fn made(args: &mut Args<'_>, text: &str) -> Eval {
    args.meter.room(text.len())?;
    Ok(Value::string(text))
}

fn texts<'t>(args: &mut Args<'_>, parts: impl Iterator<Item = &'t str>) -> Eval {
    let mut out = Vec::new();
    for part in parts {
        args.meter.room_values(1)?;
        args.meter.room(part.len())?;
        out.push(Value::string(part));
    }
    Ok(Value::list(out))
}

pub(super) fn lower(args: &mut Args<'_>) -> Eval {
    let text = args.text(0)?;
    args.meter.room(text.len().saturating_mul(3))?;
    Ok(Value::string(text.to_lowercase()))
}

pub(super) fn upper(args: &mut Args<'_>) -> Eval {
    let text = args.text(0)?;
    args.meter.room(text.len().saturating_mul(3))?;
    Ok(Value::string(text.to_uppercase()))
}

pub(super) fn trim(args: &mut Args<'_>) -> Eval {
    let text = args.text(0)?;
    made(args, text.trim())
}

pub(super) fn split(args: &mut Args<'_>) -> Eval {
    let (text, separator) = (args.text(0)?, args.text(1)?);
    if !separator.is_empty() {
        return texts(args, text.split(separator));
    }
    texts(args, text.char_indices().map(|(at, c)| text.get(at..at + c.len_utf8()).unwrap_or_default()))
}

pub(super) fn lines(args: &mut Args<'_>) -> Eval {
    let text = args.text(0)?;
    texts(args, text.lines())
}

pub(super) fn words(args: &mut Args<'_>) -> Eval {
    let text = args.text(0)?;
    texts(args, text.split_whitespace())
}

pub(super) fn join(args: &mut Args<'_>) -> Eval {
    let (parts, separator) = (args.list(0)?, args.text(1)?);
    let mut out = String::new();
    for (i, part) in parts.iter().enumerate() {
        let text = part.as_text().ok_or_else(|| {
            EvalError::invalid(format!("`join` needs texts; element {i} is {}", part.form()))
        })?;
        args.meter.room(text.len().saturating_add(separator.len()))?;
        if i > 0 {
            out.push_str(separator);
        }
        out.push_str(text);
    }
    Ok(Value::String(out.into()))
}

pub(super) fn replace(args: &mut Args<'_>) -> Eval {
    let (text, old, new) = (args.text(0)?, args.text(1)?, args.text(2)?);
    let hits = text.matches(old).count();
    args.meter.room(hits.saturating_mul(new.len()).saturating_add(text.len()))?;
    Ok(Value::string(text.replace(old, new)))
}

pub(super) fn starts_with(args: &mut Args<'_>) -> Eval {
    Ok(Value::Bool(args.text(0)?.starts_with(args.text(1)?)))
}

pub(super) fn ends_with(args: &mut Args<'_>) -> Eval {
    Ok(Value::Bool(args.text(0)?.ends_with(args.text(1)?)))
}

/// A position where negative counts from the end and what is outside is cut off.
fn clipped(position: i64, length: usize) -> usize {
    let distance = usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX);
    if position < 0 { length.saturating_sub(distance) } else { distance.min(length) }
}

pub(super) fn substring(args: &mut Args<'_>) -> Eval {
    let text = args.text(0)?;
    let length = text.chars().count();
    let start = clipped(args.int(1)?, length);
    let end = if args.value(2)?.is_null() { length } else { clipped(args.int(2)?, length) };
    args.meter.room(text.len())?;
    Ok(Value::string(text.chars().skip(start).take(end.saturating_sub(start)).collect::<String>()))
}

pub(super) fn repeat(args: &mut Args<'_>) -> Eval {
    let (text, count) = (args.text(0)?, args.count(1)?);
    args.meter.room(text.len().saturating_mul(count))?;
    Ok(Value::string(text.repeat(count)))
}

pub(super) fn truncate(args: &mut Args<'_>) -> Eval {
    let (text, length, mark) = (args.text(0)?, args.count(1)?, args.text(2)?);
    if text.chars().count() <= length {
        return made(args, text);
    }
    let kept = length.saturating_sub(mark.chars().count());
    args.meter.room(text.len().saturating_add(mark.len()))?;
    let cut = text.chars().take(kept).chain(mark.chars()).take(length);
    Ok(Value::string(cut.collect::<String>()))
}

/// The characters that fill a text up to a width.
fn filling(args: &mut Args<'_>) -> Result<String, EvalError> {
    let (text, width, fill) = (args.text(0)?, args.count(1)?, args.text(2)?);
    let lacking = width.saturating_sub(text.chars().count());
    if lacking == 0 || fill.is_empty() {
        return Ok(String::new());
    }
    args.meter.room(lacking.saturating_mul(4))?;
    Ok(fill.chars().cycle().take(lacking).collect())
}

pub(super) fn pad_start(args: &mut Args<'_>) -> Eval {
    let filling = filling(args)?;
    let text = args.text(0)?;
    made(args, &(filling + text))
}

pub(super) fn pad_end(args: &mut Args<'_>) -> Eval {
    let filling = filling(args)?;
    let text = args.text(0)?;
    args.meter.room(text.len())?;
    made(args, &(text.to_owned() + &filling))
}

pub(super) fn indent(args: &mut Args<'_>) -> Eval {
    let (text, prefix) = (args.text(0)?, args.text(1)?);
    let count = text.split_inclusive('\n').count();
    args.meter.room(count.saturating_mul(prefix.len()).saturating_add(text.len()))?;
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        if !line.trim_end_matches(['\r', '\n']).is_empty() {
            out.push_str(prefix);
        }
        out.push_str(line);
    }
    Ok(Value::String(out.into()))
}

pub(super) fn before(args: &mut Args<'_>) -> Eval {
    let (text, separator) = (args.text(0)?, args.text(1)?);
    made(args, text.split_once(separator).map_or(text, |(before, _)| before))
}

pub(super) fn after(args: &mut Args<'_>) -> Eval {
    let (text, separator) = (args.text(0)?, args.text(1)?);
    made(args, text.split_once(separator).map_or("", |(_, after)| after))
}
