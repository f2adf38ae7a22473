//! Templates: fixed text and holes make a string, a url or a path.
//!
//! A hole of a url or path template that does not stand at the very start cannot change where the fixed
//! text points: in a url it is percent-encoded, and what would be a `.` or `..` segment is refused, in a
//! path also an empty one. Policies rely on it: the pattern of such a template has `*` or `**` there.

use super::compare;
use super::error::EvalError;
use super::meter::Meter;
use super::render::render;
use super::url::{is_dots, percent_encode};
use crate::expr::TemplateForm;
use crate::types::Schemas;
use crate::value::Value;
use std::ops::Range;

/// A template being put together.
pub(super) struct Builder {
    form: TemplateForm,
    text: String,
    /// Where the holes of a url or path are, without one at the very start.
    holes: Vec<Range<usize>>,
    /// A hole stands at the very start: what it holds is a whole prefix.
    opened: bool,
}

impl Builder {
    pub(super) fn new(form: TemplateForm) -> Builder {
        Builder { form, text: String::new(), holes: Vec::new(), opened: false }
    }

    pub(super) fn fixed(&mut self, text: &str, meter: &mut Meter) -> Result<(), EvalError> {
        // A url that is a prefix may end in `/`: `${base}/items` has one there, not two.
        let after_prefix = self.form == TemplateForm::Url && self.opened && self.holes.is_empty();
        if after_prefix && self.text.ends_with('/') && text.starts_with('/') {
            self.text.pop();
        }
        self.opened = true;
        self.push(text, meter)
    }

    pub(super) fn hole(
        &mut self,
        value: &Value,
        schemas: &Schemas,
        meter: &mut Meter,
    ) -> Result<(), EvalError> {
        if !matches!(value, Value::String(_) | Value::Path(_) | Value::Url(_)) {
            compare::check_size(value, meter)?;
        }
        let text = render(value, schemas);
        if self.form == TemplateForm::String || !self.opened {
            self.opened = true;
            return self.push(&text, meter);
        }
        let start = self.text.len();
        match self.form {
            TemplateForm::Url => {
                meter.look(text.len())?;
                let encoded = percent_encode(&text);
                self.push(&encoded, meter)?;
            }
            _ => self.push(&text, meter)?,
        }
        self.holes.push(start..self.text.len());
        Ok(())
    }

    fn push(&mut self, text: &str, meter: &mut Meter) -> Result<(), EvalError> {
        meter.room(text.len())?;
        self.text.push_str(text);
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Value, EvalError> {
        match self.form {
            TemplateForm::String => Ok(Value::String(self.text.into())),
            TemplateForm::Url => {
                let end = self.text.find(['?', '#']).unwrap_or(self.text.len());
                let start = self.text.find("://").map_or(0, |at| at + 3);
                self.check_segments(start, end, is_dots, "url")?;
                Ok(Value::Url(self.text.into()))
            }
            TemplateForm::Path => {
                if self.text.contains('\0') {
                    return Err(EvalError::invalid("a path cannot hold a zero byte"));
                }
                self.check_segments(0, self.text.len(), |s| s.is_empty() || is_dots(s), "path")?;
                Ok(Value::Path(self.text.into()))
            }
        }
    }

    /// Refuses segments that a hole takes part in and that change the direction.
    fn check_segments(
        &self,
        start: usize,
        end: usize,
        bad: fn(&str) -> bool,
        what: &str,
    ) -> Result<(), EvalError> {
        let mut at = start;
        for segment in self.text.get(start..end).unwrap_or_default().split('/') {
            let range = at..at + segment.len();
            at = range.end + 1;
            let touched = self.holes.iter().any(|h| h.start <= range.end && range.start <= h.end);
            if touched && bad(segment) {
                return Err(EvalError::invalid(format!(
                    "a hole makes `{segment}` a segment of the {what}; only at the very start of a {what} may \
                     a hole be empty or lead upwards"
                )));
            }
        }
        Ok(())
    }
}
