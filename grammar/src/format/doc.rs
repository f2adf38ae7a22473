//! A document: text with places where a line may end.

use crate::span::Span;

/// A part of a document.
#[derive(Clone, Debug)]
pub(super) enum Doc {
    /// A token of the source, on one line.
    Token(Span),
    /// Text that the source need not have.
    Fixed(&'static str),
    /// Text of a string. Lines after the first are moved to the indent of the line plus one level, where `strip` is
    /// the indent they have now; without `strip` they stay as they are.
    StringText { span: Span, strip: Option<Span>, is_last: bool },
    /// A line end where the group is broken, else the text.
    Line(&'static str),
    /// A line end, and the group is broken.
    Hard,
    /// An empty line before the next line.
    Blank,
    /// A comment behind code, at its old column if there is room; a line end follows.
    Trailing(Span),
    /// The first where the group is broken, else the second.
    IfBroken(&'static str, &'static str),
    /// One level deeper.
    Indent(Vec<Doc>),
    /// Either all on one line or broken at each of its own lines.
    Group { docs: Vec<Doc>, is_broken: bool },
}

impl Doc {
    /// A group that is broken if anything in it must be.
    pub fn group(docs: Vec<Doc>, is_broken: bool) -> Doc {
        let is_broken = is_broken || docs.iter().any(|doc| doc.must_break(true));
        Doc::Group { docs, is_broken }
    }

    /// A group that is broken for its own lines only: groups in it may be broken while it is not.
    pub fn loose_group(docs: Vec<Doc>, is_broken: bool) -> Doc {
        let is_broken = is_broken || docs.iter().any(|doc| doc.must_break(false));
        Doc::Group { docs, is_broken }
    }

    fn must_break(&self, look_into_groups: bool) -> bool {
        match self {
            Doc::Hard | Doc::Blank | Doc::Trailing(_) => true,
            Doc::Indent(docs) => docs.iter().any(|doc| doc.must_break(look_into_groups)),
            Doc::Group { is_broken, .. } => look_into_groups && *is_broken,
            _ => false,
        }
    }
}
