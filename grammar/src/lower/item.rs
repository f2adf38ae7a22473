//! Top-level declarations.

use super::Lower;
use super::list::Context;
use crate::ast::*;
use crate::flat::{Children, Node};
use crate::kind::SyntaxKind as K;
use crate::span::Span;

impl<'a> Lower<'a> {
    pub fn item(&mut self, docs: Docs, node: Node<'a>) -> Item {
        let kind = match node.kind() {
            K::LET_DECL => ItemKind::Let(self.let_decl(node)),
            K::ENUM_DECL => ItemKind::Enum(self.enum_decl(node)),
            K::RECORD_DECL => ItemKind::Record(self.record_decl(node)),
            K::TYPE_ALIAS => ItemKind::TypeAlias(self.type_alias(node)),
            K::PROVIDER_DECL => {
                let (name, value) = self.named_value(node);
                ItemKind::Provider(ProviderDecl { name, value })
            }
            K::MEMORY_DECL => {
                let (name, value) = self.named_value(node);
                ItemKind::Memory(MemoryDecl { name, value })
            }
            K::POLICY_DECL => ItemKind::Policy(self.policy_decl(node)),
            K::AGENT_DECL => ItemKind::Agent(self.agent_decl(node)),
            K::CHAIN_DECL => ItemKind::Chain(self.chain_decl(node)),
            K::TOOL_DECL => ItemKind::Tool(self.tool_decl(node)),
            K::MISSION_DECL => ItemKind::Mission(self.mission_decl(node)),
            K::TEST_DECL => ItemKind::Test(self.test_decl(node)),
            K::FN_DECL => ItemKind::Fn(self.fn_decl(node)),
            _ => ItemKind::Error,
        };
        Item { docs, kind, span: node.span() }
    }

    /// `let x: T = e`, `output x: T = e`.
    pub fn let_decl(&mut self, node: Node<'a>) -> Let {
        let mut children = node.children();
        let name = self.next_name(&mut children);
        let ty = self.stated_type(&mut children);
        let value = self.next_expr(&mut children);
        Let { name, ty, value }
    }

    fn enum_decl(&mut self, node: Node<'a>) -> EnumDecl {
        let name = self.next_name(&mut node.children());
        let mut members = Vec::new();
        self.list(node, Context::EnumMember, |lower, _, node| {
            if node.kind() != K::ENUM_MEMBER {
                return;
            }
            let mut children = node.children();
            let docs = lower.leading_docs(&mut children);
            let name = lower.next_name(&mut children);
            let wire = children.eat(K::EQ).map(|_| lower.next_text(&mut children));
            members.push(EnumMember { docs, name, wire });
        });
        EnumDecl { name, members }
    }

    fn record_decl(&mut self, node: Node<'a>) -> RecordDecl {
        let mut children = node.children();
        let name = self.next_name(&mut children);
        let mut type_params = Vec::new();
        for (param, default) in self.type_params(&mut children) {
            if let Some(default) = default {
                self.report("RC0001", default.span, "a type parameter of a record has no default");
            }
            type_params.push(param);
        }
        let fields = self.fields(node, Context::Field);
        RecordDecl { name, type_params, fields }
    }

    fn type_alias(&mut self, node: Node<'a>) -> TypeAlias {
        let mut children = node.children();
        let name = self.next_name(&mut children);
        TypeAlias { name, ty: self.next_type(&mut children) }
    }

    fn named_value(&mut self, node: Node<'a>) -> (Name, Expr) {
        let mut children = node.children();
        let name = self.next_name(&mut children);
        (name, self.next_expr(&mut children))
    }

    fn chain_decl(&mut self, node: Node<'a>) -> ChainDecl {
        let (name, params, result, mut children) = self.head(node);
        if let Some(value) = self.expr_after(&mut children, K::EQ) {
            return ChainDecl {
                name,
                params,
                result,
                body: Vec::new(),
                value: Some(value),
                is_expression: true,
            };
        }
        let mut body = children.eat(K::BLOCK).map(|block| self.block(block)).unwrap_or_default();
        let value = match body.last() {
            Some(Stmt { kind: StmtKind::Return(_), .. }) => match body.pop().map(|stmt| stmt.kind) {
                Some(StmtKind::Return(value)) => Some(value),
                _ => None,
            },
            _ => None,
        };
        ChainDecl { name, params, result, body, value, is_expression: false }
    }

    /// `name(params) -> R`, and what follows.
    fn head(&mut self, node: Node<'a>) -> (Name, Vec<FieldDecl>, TypeExpr, Children<'a>) {
        let mut children = node.children();
        let name = self.next_name(&mut children);
        let params = children.eat(K::PARAMS).map(|p| self.fields(p, Context::Param)).unwrap_or_default();
        let result = self.next_type(&mut children);
        (name, params, result, children)
    }

    fn agent_decl(&mut self, node: Node<'a>) -> AgentDecl {
        let (name, params, result, _) = self.head(node);
        let mut agent = AgentDecl {
            name,
            params,
            result,
            model: None,
            system: None,
            prompt: None,
            tools: Vec::new(),
            budget: None,
            on_exhausted: None,
            close: closer(node),
        };
        let mut seen: Vec<(K, Span)> = Vec::new();
        self.list(node, Context::AgentLine, |lower, _, line| {
            if line.kind() != K::ERROR {
                lower.check_once(&mut seen, line);
            }
            lower.agent_line(&mut agent, line);
        });
        agent
    }

    /// A line of which an agent has one.
    fn check_once(&mut self, seen: &mut Vec<(K, Span)>, line: Node<'a>) {
        let first = seen.iter().find(|(kind, _)| *kind == line.kind()).map(|(_, span)| *span);
        seen.push((line.kind(), line.span()));
        let Some(first) = first else { return };
        let here = self.file;
        let diagnostic = self.report("RC0009", line.span(), "an agent has one line of this kind");
        *diagnostic = diagnostic.clone().also(here, first, "the first one");
    }

    fn agent_line(&mut self, agent: &mut AgentDecl, line: Node<'a>) {
        let mut children = line.children();
        match line.kind() {
            K::AGENT_MODEL => agent.model = Some(self.next_expr(&mut children)),
            K::AGENT_SYSTEM => agent.system = Some(self.next_expr(&mut children)),
            K::AGENT_PROMPT => agent.prompt = Some(self.next_expr(&mut children)),
            K::AGENT_TOOLS => agent.tools = self.next_elements(&mut children),
            K::BUDGET => agent.budget = Some((self.next_entries(&mut children), line.span())),
            K::ON_LINE => {
                let event = self.next_name(&mut children);
                if event.text != "exhausted" {
                    self.report("RC0001", event.span, "an agent has no such event; expected `exhausted`");
                    return;
                }
                agent.on_exhausted = Some(self.next_action(&mut children));
            }
            _ => {}
        }
    }

    fn tool_decl(&mut self, node: Node<'a>) -> ToolDecl {
        let mut children = node.children();
        let name = self.next_name(&mut children);
        let params = children.eat(K::PARAMS).map(|p| self.fields(p, Context::Param));
        let result = children.eat(K::ARROW).map(|_| self.next_type(&mut children));
        let source = self.next_expr(&mut children);
        if params.is_some() != result.is_some() {
            self.report("RC0001", name.span, "a tool states both its parameters and its result, or neither");
        }
        let mut tool = ToolDecl { name, params, result, source, requires: Vec::new(), effects: Vec::new() };
        let Some(body) = children.eat(K::TOOL_BODY) else { return tool };
        self.list(body, Context::ToolLine, |lower, _, line| {
            let mut children = line.children();
            match line.kind() {
                K::REQUIRES => tool.requires.extend(lower.next_elements(&mut children)),
                K::EFFECT_LINE => tool.effects.push(lower.next_effect(&mut children)),
                _ => {}
            }
        });
        tool
    }

    fn mission_decl(&mut self, node: Node<'a>) -> MissionDecl {
        let mut children = node.children();
        let name = self.next_name(&mut children);
        let block = children.eat(K::BLOCK);
        let close = block.map(closer).unwrap_or_default();
        let body = block.map(|block| self.block(block)).unwrap_or_default();
        MissionDecl { name, body, close }
    }

    fn test_decl(&mut self, node: Node<'a>) -> TestDecl {
        let mut children = node.children();
        let title = self.next_text(&mut children);
        let mission = self.next_path(&mut children);
        let mut lines = Vec::new();
        self.list(node, Context::TestLine, |lower, _, line| {
            let kind = lower.test_line(line);
            lines.push(TestLine { kind, span: line.span() });
        });
        TestDecl { title, mission, lines }
    }

    fn test_line(&mut self, line: Node<'a>) -> TestLineKind {
        let mut children = line.children();
        match line.kind() {
            K::GIVEN => {
                let name = self.next_name(&mut children);
                TestLineKind::Given(name, self.next_expr(&mut children))
            }
            K::EXPECT => TestLineKind::Expect(self.next_expr(&mut children)),
            K::MOCK => {
                let target = self.next_path(&mut children);
                let within = self.eat_word(&mut children, "in").map(|_| self.next_path(&mut children));
                children.eat(K::ARROW);
                let reply = match children.next() {
                    Some(reply) => self.reply(reply),
                    None => MockReply::Value(super::error_expr(line.span())),
                };
                TestLineKind::Mock { target, within, reply }
            }
            _ => TestLineKind::Error,
        }
    }

    fn reply(&mut self, node: Node<'a>) -> MockReply {
        match node.kind() {
            K::EXPR => MockReply::Value(self.expr(node)),
            K::REPLY_APPROVAL => MockReply::Approval(self.slice(node.span()) == "granted"),
            K::REPLY_ERROR => match node.children().seek(K::KIND) {
                Some(kind) => MockReply::Error(self.error_kind(kind)),
                None => MockReply::Value(super::error_expr(node.span())),
            },
            K::REPLY_EACH => {
                let mut replies = Vec::new();
                self.list(node, Context::Reply, |lower, _, node| {
                    let reply = lower.reply(node);
                    replies.push(reply);
                });
                MockReply::Each(replies)
            }
            _ => MockReply::Value(super::error_expr(node.span())),
        }
    }
}

/// The closing brace of a node, or the place where it is missing.
pub(super) fn closer(node: Node<'_>) -> Span {
    let last = node.children().last();
    last.filter(|n| matches!(n.kind(), K::R_BRACE | K::MISSING)).map_or(node.span(), |n| n.span())
}
