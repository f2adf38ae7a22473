//! Lists: separators, what was not understood, closers that are missing.

use super::Lower;
use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::flat::Node;
use crate::kind::SyntaxKind as K;
use crate::parser::Rule;
use crate::recover;
use crate::span::Span;

/// What the members of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    Item,
    Stmt,
    Clause,
    PolicyLine,
    AgentLine,
    ToolLine,
    FnLine,
    FnArm,
    TestLine,
    Field,
    Param,
    EnumMember,
    Arg,
    Element,
    Entry,
    Arm,
    Path,
    ErrorKind,
    Reply,
}

impl Context {
    /// The rule that matches one member strictly, or several.
    pub fn rule(self) -> Rule {
        match self {
            Context::Item => Rule::only_item,
            Context::Stmt => Rule::only_stmt,
            Context::Clause => Rule::only_clause,
            Context::PolicyLine => Rule::only_policy_line,
            Context::AgentLine => Rule::only_agent_line,
            Context::ToolLine => Rule::only_tool_line,
            Context::FnLine => Rule::only_fn_line,
            Context::FnArm => Rule::only_fn_arm,
            Context::TestLine => Rule::only_test_line,
            Context::Field | Context::Param => Rule::only_field,
            Context::EnumMember => Rule::only_enum_member,
            Context::Arg => Rule::only_arg,
            Context::Element => Rule::only_element,
            Context::Entry => Rule::only_entry,
            Context::Arm => Rule::only_arm,
            Context::Path => Rule::only_path,
            Context::ErrorKind => Rule::only_kind,
            Context::Reply => Rule::only_reply,
        }
    }

    /// How a member is called in a message.
    pub fn noun(self) -> &'static str {
        match self {
            Context::Item => "a declaration",
            Context::Stmt => "a statement",
            Context::Clause => "a clause",
            Context::PolicyLine => "a policy line",
            Context::AgentLine => "a line of an agent",
            Context::ToolLine => "`requires` or `effect`",
            Context::FnLine => "`effect`, `replay` or `raises`",
            Context::FnArm | Context::Arm => "an arm",
            Context::TestLine => "`given`, `mock` or `expect`",
            Context::Field => "a field",
            Context::Param => "a parameter",
            Context::EnumMember => "a member",
            Context::Arg => "an argument",
            Context::Element => "an expression",
            Context::Entry => "a field",
            Context::Path => "a step",
            Context::ErrorKind => "an error kind",
            Context::Reply => "a reply",
        }
    }

    /// Do members end at a new line, as in braces?
    pub fn ends_at_line(self) -> bool {
        !matches!(
            self,
            Context::Param
                | Context::Arg
                | Context::Element
                | Context::Path
                | Context::ErrorKind
                | Context::Reply
        )
    }
}

impl<'a> Lower<'a> {
    /// Walks the members of a list. Checks that they are separated, reports what was not understood and a missing
    /// closer. `each` gets every member with its docs, also those of kind `ERROR`.
    pub fn list(
        &mut self,
        list: Node<'a>,
        context: Context,
        mut each: impl FnMut(&mut Self, ast::Docs, Node<'a>),
    ) {
        let mut state = ListState::default();
        let mut children = list.children();
        while let Some(node) = children.next() {
            let opens = matches!(node.kind(), K::L_BRACE | K::L_PAREN | K::L_BRACKET);
            if !opens && state.opened.is_none() && context != Context::Item {
                continue; // the head of a declaration
            }
            state.reported &= self.is_on_reported_line(&state, node);
            match node.kind() {
                _ if opens => state.opened = Some(node.span()),
                K::COMMA => state.is_separated = true,
                K::MISSING => self.missing_closer(node.span(), state.opened, state.after_error),
                K::R_BRACE | K::R_PAREN | K::R_BRACKET | K::KEYWORD => {}
                K::DOCS => {
                    self.check_separated(context, &mut state, node);
                    state.docs = self.docs(node);
                }
                K::ERROR => {
                    let is_same_cause = state.after_error || self.is_on_reported_line(&state, node);
                    // Docs before what was not understood are not the cause.
                    let is_docs = self.slice(node.span()).starts_with("///");
                    if is_docs && children.peek_kind() == Some(K::ERROR) {
                        continue;
                    }
                    if !is_same_cause {
                        let left = state.previous.map(|p| p.span()).filter(|_| !state.is_separated);
                        let found = recover::explain(self.text, self.file, context, left, node.span());
                        self.diagnostics.push(found);
                    }
                    state.after(node, true);
                    each(self, ast::Docs::default(), node);
                }
                _ => {
                    self.check_separated(context, &mut state, node);
                    let docs = std::mem::take(&mut state.docs);
                    state.after(node, false);
                    each(self, docs, node);
                }
            }
        }
    }

    fn check_separated(&mut self, context: Context, state: &mut ListState<'a>, node: Node<'a>) {
        let Some(previous) = state.previous else { return };
        if state.is_separated || state.after_error || matches!(node.kind(), K::COMP_FOR | K::COMP_IF) {
            return;
        }
        if context.ends_at_line() && !self.is_on_line_of(previous.span(), node) {
            return;
        }
        if self.is_on_reported_line(state, node) {
            return;
        }
        state.is_separated = true; // one message a place
        state.reported = true;
        let is_value = previous.kind() == K::VALUE_STMT;
        let misspelt =
            if is_value { recover::misspelt(self.text, self.file, context, previous.span()) } else { None };
        let found =
            misspelt.unwrap_or_else(|| recover::not_separated(self.text, self.file, context, node.span()));
        self.diagnostics.push(found);
    }

    fn is_on_line_of(&self, previous: Span, node: Node<'a>) -> bool {
        !self.slice(Span::new(previous.end, node.span().start)).contains('\n')
    }

    /// Was something said about this line already?
    fn is_on_reported_line(&self, state: &ListState<'a>, node: Node<'a>) -> bool {
        state.reported && state.previous.is_some_and(|previous| self.is_on_line_of(previous.span(), node))
    }

    fn missing_closer(&mut self, at: Span, opened: Option<Span>, after_error: bool) {
        let Some(opened) = opened else { return };
        let end = self.text.trim_end().len() as u32;
        let is_swallowed = |d: &Diagnostic| d.code == "RC0003" && d.primary.span.end >= end;
        if after_error || self.diagnostics.last().is_some_and(is_swallowed) {
            return; // the same cause
        }
        let found = recover::missing_closer(self.text, self.file, at, opened);
        let inner = self
            .diagnostics
            .last_mut()
            .filter(|d| d.code == found.code && d.primary.span == found.primary.span);
        match inner {
            Some(inner) => recover::join_missing(inner, found),
            None => self.diagnostics.push(found),
        }
    }
}

#[derive(Default)]
struct ListState<'a> {
    opened: Option<Span>,
    previous: Option<Node<'a>>,
    is_separated: bool,
    /// Something was said about the line of `previous`.
    reported: bool,
    after_error: bool,
    docs: ast::Docs,
}

impl<'a> ListState<'a> {
    fn after(&mut self, node: Node<'a>, is_error: bool) {
        self.previous = Some(node);
        self.is_separated = false;
        self.after_error = is_error;
    }
}
