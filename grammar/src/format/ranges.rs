//! From places of a formatted text to places of its input, and back.

use crate::span::Span;

/// Pairs of ranges of a formatted text and of its input that hold the same token, in order on both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeMap {
    pairs: Vec<(Span, Span)>,
}

impl RangeMap {
    /// The next pair; both sides lie behind the pairs so far.
    pub(super) fn push(&mut self, output: Span, input: Span) {
        self.pairs.push((output, input));
    }

    /// All pairs: range of the formatted text, range of the input.
    pub fn iter(&self) -> impl Iterator<Item = (Span, Span)> {
        self.pairs.iter().copied()
    }

    /// The range of the input that a range of the formatted text came from; `None` where it has no token.
    pub fn input_of(&self, output: Span) -> Option<Span> {
        convert(&self.pairs, output, |pair| (pair.0, pair.1))
    }

    /// The range of the formatted text that a range of the input became; `None` where it has no token.
    pub fn output_of(&self, input: Span) -> Option<Span> {
        convert(&self.pairs, input, |pair| (pair.1, pair.0))
    }
}

/// The union of what the tokens that a range touches became, exact inside a first and last token of equal length.
fn convert(
    pairs: &[(Span, Span)],
    range: Span,
    sides: impl Fn(&(Span, Span)) -> (Span, Span),
) -> Option<Span> {
    let first = pairs
        .partition_point(|pair| sides(pair).0.end <= range.start && !touches_empty(sides(pair).0, range));
    let mut result: Option<Span> = None;
    for pair in pairs.get(first..)? {
        let (from, to) = sides(pair);
        if from.start >= range.end && !(range.is_empty() && from.start == range.end) {
            break;
        }
        let part = exact(from, to, range);
        result = Some(result.map_or(part, |sum| sum.to(part)));
    }
    result
}

/// An empty range at the end of a token belongs to it.
fn touches_empty(token: Span, range: Span) -> bool {
    range.is_empty() && token.end == range.start
}

/// The part of `to` that the part of `from` within `range` became.
fn exact(from: Span, to: Span, range: Span) -> Span {
    if from.len() != to.len() {
        return to;
    }
    let start = range.start.clamp(from.start, from.end) - from.start;
    let end = range.end.clamp(from.start, from.end) - from.start;
    Span::new(to.start + start, to.start + end)
}
