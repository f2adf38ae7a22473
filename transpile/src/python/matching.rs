//! Patterns of `match`.

use super::host::Host;
use super::machine::{Eval, Machine};
use super::syntax::{ast, span_of};
use super::value::{Object, Value};

impl<H: Host> Machine<'_, H> {
    /// Does the subject match? `None` where it is not known. Names of the pattern are bound.
    pub(super) fn match_pattern(&mut self, pattern: &ast::Pattern, subject: &Value) -> Eval<Option<bool>> {
        let span = span_of(pattern);
        self.step(span)?;
        Ok(match pattern {
            ast::Pattern::MatchValue(p) => {
                let value = self.eval(&p.value)?;
                if subject.is_symbol() || value.is_symbol() { None } else { self.equal(subject, &value) }
            }
            ast::Pattern::MatchSingleton(p) => {
                let value = match p.value {
                    ast::Singleton::None => Value::None,
                    ast::Singleton::True => Value::Bool(true),
                    ast::Singleton::False => Value::Bool(false),
                };
                if subject.is_symbol() { None } else { self.equal(subject, &value) }
            }
            ast::Pattern::MatchAs(p) => {
                let inner = match &p.pattern {
                    Some(inner) => self.deeper(span, |m| m.match_pattern(inner, subject))?,
                    None => Some(true),
                };
                if let (Some(name), Some(true)) = (&p.name, inner) {
                    self.bind(&name.id, subject.clone());
                }
                inner
            }
            ast::Pattern::MatchOr(p) => {
                let mut sure = Some(false);
                for option in &p.patterns {
                    match self.deeper(span, |m| m.match_pattern(option, subject))? {
                        Some(true) => return Ok(Some(true)),
                        None => sure = None,
                        Some(false) => {}
                    }
                }
                sure
            }
            ast::Pattern::MatchSequence(p)
                if !p.patterns.iter().any(|p| matches!(p, ast::Pattern::MatchStar(_))) =>
            {
                let is_sequence = matches!(self.object_of(subject), Some(Object::List(_) | Object::Tuple(_)));
                match self.as_items(subject) {
                    Some(items) if is_sequence => {
                        if items.len() != p.patterns.len() {
                            return Ok(Some(false));
                        }
                        for (inner, item) in p.patterns.iter().zip(&items) {
                            match self.deeper(span, |m| m.match_pattern(inner, item))? {
                                Some(true) => {}
                                other => return Ok(other),
                            }
                        }
                        Some(true)
                    }
                    _ if subject.is_symbol() => None,
                    _ => Some(false),
                }
            }
            ast::Pattern::MatchMapping(p) if !subject.is_symbol() => {
                if self.as_dict(subject).is_none() {
                    return Ok(Some(false));
                }
                for (key, inner) in p.keys.iter().zip(&p.patterns) {
                    let key = self.eval(key)?;
                    let found = match (self.key(&key), self.as_dict(subject)) {
                        (Some(hash), Some(dict)) => dict.get(&hash).cloned(),
                        _ => return Ok(None),
                    };
                    let Some(value) = found else { return Ok(Some(false)) };
                    match self.deeper(span, |m| m.match_pattern(inner, &value))? {
                        Some(true) => {}
                        other => return Ok(other),
                    }
                }
                if p.rest.is_some() { None } else { Some(true) }
            }
            ast::Pattern::MatchClass(p) if !subject.is_symbol() => {
                let class = self.eval(&p.cls)?;
                match self.is_instance(subject, &class) {
                    Some(true) => {}
                    other => return Ok(other),
                }
                let simple = matches!(&class, Value::External(path) if path.starts_with("builtins."));
                for (i, inner) in p.arguments.patterns.iter().enumerate() {
                    let value = match (simple, self.fields_of(subject)) {
                        (true, _) if i == 0 => subject.clone(),
                        (false, Some(fields)) if i < fields.len() => fields[i].1.clone(),
                        _ => return Ok(None),
                    };
                    match self.deeper(span, |m| m.match_pattern(inner, &value))? {
                        Some(true) => {}
                        other => return Ok(other),
                    }
                }
                for keyword in &p.arguments.keywords {
                    let Some(value) = self.attr_opt(subject, &keyword.attr.id, span)? else {
                        return Ok(Some(false));
                    };
                    match self.deeper(span, |m| m.match_pattern(&keyword.pattern, &value))? {
                        Some(true) => {}
                        other => return Ok(other),
                    }
                }
                Some(true)
            }
            _ => None,
        })
    }
}
