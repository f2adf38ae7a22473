//! The label of one leaf, with how it came there.

use crate::spans::Place;
use rustchain_grammar::Label;
use rustchain_plan::Labels;
use rustchain_plan::types::{Schema, Schemas, Type};
use std::rc::Rc;

/// How much somebody outside can say through a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capacity {
    /// Nothing: the value is trusted.
    #[default]
    None,
    /// One of a few values that the mission's author wrote: an enum, a bool, a bounded int, a length.
    Closed,
    /// A number or a time: no syntax can hide in it.
    Number,
    /// A path that `confine` keeps under a root.
    Confined,
    /// Any text.
    Text,
}

/// So many places are told at each end of a long way.
const ENDS: usize = 8;

/// A place on the way of a label, with the way before it.
#[derive(Debug)]
pub struct Trace {
    place: Place,
    message: String,
    before: Option<Rc<Trace>>,
}

impl Trace {
    /// Where a label enters.
    pub fn source(place: Place, message: impl Into<String>) -> Rc<Trace> {
        Rc::new(Trace { place, message: message.into(), before: None })
    }

    /// The way so far and one place more.
    pub fn then(self: &Rc<Trace>, place: Place, message: impl Into<String>) -> Rc<Trace> {
        if self.place == place {
            return self.clone();
        }
        Rc::new(Trace { place, message: message.into(), before: Some(self.clone()) })
    }

    /// As labels of a diagnostic, source first.
    pub fn labels(&self) -> Vec<Label> {
        let mut out = Vec::new();
        let mut at = Some(self);
        while let Some(trace) = at {
            let Place { file, span } = trace.place;
            out.push(Label { file, span, message: trace.message.clone() });
            at = trace.before.as_deref();
        }
        out.reverse();
        out.dedup_by(|a, b| a.file == b.file && a.span == b.span);
        if out.len() > 2 * ENDS {
            out.drain(ENDS..out.len() - ENDS);
        }
        out
    }
}

/// Long ways are let go one place after the other, not by recursion.
impl Drop for Trace {
    fn drop(&mut self) {
        let mut next = self.before.take();
        while let Some(trace) = next {
            next = Rc::into_inner(trace).and_then(|mut t| t.before.take());
        }
    }
}

type Why = Option<Rc<Trace>>;

/// The label of one leaf: which labels, how much can be said through it, and the way each label came.
/// Two marks are equal where their labels are; the ways are for people.
#[derive(Clone, Debug, Default)]
pub struct Mark {
    untrusted: Capacity,
    secret: bool,
    personal: bool,
    /// Chosen outside the mission (an input): a path made of it may lie outside the project.
    pub external: bool,
    /// Text of a model that nothing has validated.
    pub model: bool,
    /// One of the author's own values, chosen by looking at untrusted text; many of them can spell anything.
    pub chosen: bool,
    why_untrusted: Why,
    why_secret: Why,
    why_personal: Why,
}

impl PartialEq for Mark {
    fn eq(&self, other: &Mark) -> bool {
        self.bits() == other.bits()
    }
}

impl Mark {
    fn bits(&self) -> (Capacity, bool, bool, bool, bool, bool) {
        (self.untrusted, self.secret, self.personal, self.external, self.model, self.chosen)
    }

    /// Labels of a leaf of a type, with the place they come from.
    pub fn new(labels: Labels, capacity: Capacity, why: &Rc<Trace>) -> Mark {
        let mut mark = Mark::default();
        if labels.contains(Labels::UNTRUSTED) {
            mark.untrusted = capacity.max(Capacity::Closed);
            mark.why_untrusted = Some(why.clone());
        }
        if labels.contains(Labels::SECRET) {
            mark.secret = true;
            mark.why_secret = Some(why.clone());
        }
        if labels.contains(Labels::PERSONAL) {
            mark.personal = true;
            mark.why_personal = Some(why.clone());
        }
        mark
    }

    /// The labels as a set.
    pub fn labels(&self) -> Labels {
        let mut out = Labels::NONE;
        if self.untrusted > Capacity::None {
            out = out.join(Labels::UNTRUSTED);
        }
        if self.secret {
            out = out.join(Labels::SECRET);
        }
        if self.personal {
            out = out.join(Labels::PERSONAL);
        }
        out
    }

    /// How much somebody outside can say through it.
    pub fn capacity(&self) -> Capacity {
        self.untrusted
    }

    /// Untrusted, and more than a number.
    pub fn is_untrusted_text(&self) -> bool {
        self.untrusted == Capacity::Text
    }

    /// Untrusted, and more than a number or a time.
    pub fn is_more_than_a_number(&self) -> bool {
        self.untrusted > Capacity::Number
    }

    /// Can it decide more than one of a few values would?
    pub fn steers(&self) -> bool {
        self.untrusted >= Capacity::Number || self.chosen
    }

    /// Carries `secret`.
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// Carries `personal`.
    pub fn is_personal(&self) -> bool {
        self.personal
    }

    /// The way of `untrusted`, source first.
    pub fn untrusted_path(&self) -> Vec<Label> {
        self.why_untrusted.as_ref().map(|t| t.labels()).unwrap_or_default()
    }

    /// The way of a label, source first.
    pub fn path(&self, label: Labels) -> Vec<Label> {
        let why = match label {
            Labels::UNTRUSTED => &self.why_untrusted,
            Labels::SECRET => &self.why_secret,
            _ => &self.why_personal,
        };
        why.as_ref().map(|t| t.labels()).unwrap_or_default()
    }

    /// Union.
    #[must_use]
    pub fn join(&self, other: &Mark) -> Mark {
        let (high, low) = if other.untrusted > self.untrusted { (other, self) } else { (self, other) };
        Mark {
            untrusted: high.untrusted,
            secret: self.secret || other.secret,
            personal: self.personal || other.personal,
            external: self.external || other.external,
            model: self.model || other.model,
            chosen: self.chosen || other.chosen,
            why_untrusted: high.why_untrusted.clone().or_else(|| low.why_untrusted.clone()),
            why_secret: self.why_secret.clone().or_else(|| other.why_secret.clone()),
            why_personal: self.why_personal.clone().or_else(|| other.why_personal.clone()),
        }
    }

    /// The mark of something that says at most so much about this value.
    #[must_use]
    pub fn capped(&self, most: Capacity) -> Mark {
        Mark { untrusted: self.untrusted.min(most), ..self.clone() }
    }

    /// The mark of a choice that looked at this value.
    #[must_use]
    pub fn choosing(&self) -> Mark {
        let by_text = self.chosen || self.untrusted >= Capacity::Number;
        Mark { chosen: by_text, external: false, model: false, ..self.capped(Capacity::Closed) }
    }

    /// The mark of many such values in a row.
    #[must_use]
    pub fn spelled(&self) -> Mark {
        if !self.chosen {
            return self.clone();
        }
        Mark { untrusted: Capacity::Text, chosen: false, ..self.clone() }
    }

    /// Without some labels.
    #[must_use]
    pub fn without(&self, labels: Labels) -> Mark {
        let mut mark = self.clone();
        if labels.contains(Labels::UNTRUSTED) {
            mark.untrusted = Capacity::None;
            mark.why_untrusted = None;
            mark.model = false;
            mark.chosen = false;
        }
        if labels.contains(Labels::SECRET) {
            mark.secret = false;
            mark.why_secret = None;
        }
        if labels.contains(Labels::PERSONAL) {
            mark.personal = false;
            mark.why_personal = None;
        }
        mark
    }

    /// Only some labels of it.
    #[must_use]
    pub fn only(&self, labels: Labels) -> Mark {
        let all = Labels::UNTRUSTED.join(Labels::SECRET).join(Labels::PERSONAL);
        let mut mark = self.without(all.without(labels));
        mark.external = false;
        mark
    }

    /// With one more place on the way.
    #[must_use]
    pub fn via(&self, place: Place, message: &str) -> Mark {
        let step = |why: &Why| why.as_ref().map(|t| t.then(place, message));
        Mark {
            why_untrusted: step(&self.why_untrusted),
            why_secret: step(&self.why_secret),
            why_personal: step(&self.why_personal),
            ..self.clone()
        }
    }

    /// No label at all.
    pub fn is_clean(&self) -> bool {
        self.labels().is_none()
    }
}

/// What can be said through a value of a type.
pub fn capacity_of(ty: &Type, bounded: bool, schemas: &Schemas) -> Capacity {
    match ty.non_null() {
        Type::Bool | Type::Unit | Type::Null => Capacity::Closed,
        Type::Int if bounded => Capacity::Closed,
        Type::Int | Type::Float | Type::Timestamp | Type::Duration => Capacity::Number,
        Type::Named(key) => match schemas.get(key) {
            Some(Schema::Enum(_)) => Capacity::Closed,
            _ => Capacity::Text,
        },
        _ => Capacity::Text,
    }
}
