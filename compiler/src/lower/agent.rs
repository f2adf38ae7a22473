//! Agents.

use crate::index::Symbol;
use crate::names::DeclRef;
use crate::spans::AgentPlaces;
use crate::types::Cx;
use crate::types::scope::{Frame, Local};
use rustchain_grammar::Span;
use rustchain_grammar::ast::{AgentDecl, ErrorAction, NamedArg};
use rustchain_plan::plan::Agent;
use rustchain_plan::policy::Budget;
use rustchain_plan::{Type, Value};
use smol_str::SmolStr;

impl Cx<'_> {
    /// Embeds an agent: its model, prompts, tools and bounds.
    pub fn embed_agent(&mut self, decl: DeclRef, agent: &AgentDecl, name: &SmolStr) {
        let signature = self.declared_signature(decl, Vec::new());
        self.used.signatures.insert(name.clone(), signature);
        let told = self.diagnostics.len();
        let lowered = self.within_module(decl.module, |cx| cx.agent(decl, agent, name));
        self.silence(told);
        match lowered {
            Some(agent) => {
                self.used.agents.insert(name.clone(), agent);
            }
            None => self.tainted = true,
        }
    }

    /// An agent's declaration.
    pub fn agent(&mut self, decl: DeclRef, agent: &AgentDecl, name: &SmolStr) -> Option<Agent> {
        let declared = self.program.callable(decl);
        let mut places = AgentPlaces {
            name: self.place(agent.name.span),
            close: self.place(Span::new(agent.close.start, agent.close.start)),
            budget: agent.budget.as_ref().map(|(_, span)| self.place(*span)),
            tools: Vec::new(),
        };
        let model = match &agent.model {
            Some(e) => self.provider_name(e),
            None => {
                let message = format!("the agent `{}` has no `model`", agent.name.text);
                let d = self.error("RC0203", agent.name.span, message).help("add `model NAME` of a provider");
                self.report(d);
                None
            }
        };
        let mut tools = Vec::with_capacity(agent.tools.len());
        for e in &agent.tools {
            if let Some(tool) = self.tool_ref(e) {
                tools.push(tool);
                places.tools.push(self.place(e.span));
            }
        }
        let mut locals = Vec::with_capacity(declared.params.len());
        for (field, param) in agent.params.iter().zip(&declared.params) {
            let at = self.place(field.name.span);
            self.note(field.name.span, Symbol::Parameter, &param.name, Some(&param.ty), Some(at));
            locals.push(Local::bound(param.name.clone(), param.ty.clone(), at));
        }
        self.frames.push(Frame::Locals(locals));
        let system = agent.system.as_ref().map(|e| self.check(e, &Type::String));
        let prompt = match &agent.prompt {
            Some(e) => Some(self.check(e, &Type::String)),
            None => {
                let message = format!("the agent `{}` has no `prompt`", agent.name.text);
                let d = self.error("RC0203", agent.name.span, message).help("add `prompt \"…\"`");
                self.report(d);
                None
            }
        };
        let on_exhausted = agent.on_exhausted.as_ref().map(|action| {
            let used = match action {
                ErrorAction::Use(e) => Some(self.check(e, &declared.result)),
                _ => None,
            };
            super::clauses::error_action(action, used)
        });
        self.frames.pop();
        let budget = agent.budget.as_ref().map_or_else(Budget::default, |(args, _)| self.budget(args, true));
        self.use_type(&declared.result);
        self.spans.agents.insert(name.clone(), places);
        Some(Agent {
            model: model?,
            system,
            prompt: prompt?,
            tools,
            budget,
            result: declared.result.clone(),
            on_exhausted,
        })
    }

    /// `budget { usd: 2.00, tokens: 200_000, wall: 10m, turns: 8 }`.
    pub fn budget(&mut self, args: &[NamedArg], turns: bool) -> Budget {
        let mut budget = Budget::default();
        for arg in args {
            let ty = match arg.name.text.as_str() {
                "usd" => Type::Float,
                "tokens" => Type::Int,
                "wall" => Type::Duration,
                "turns" if turns => Type::Int,
                other => {
                    let d = self.error("RC0204", arg.name.span, format!("a budget has no `{other}`"));
                    let known = ["usd", "tokens", "wall", "turns"];
                    let d = crate::names::did_you_mean(d, arg.name.span, other, known);
                    self.report(d);
                    continue;
                }
            };
            let Some(value) = self.constant_of(&arg.value, &ty, "a budget") else { continue };
            let negative = match &value {
                Value::Float(x) => *x < 0.0,
                Value::Int(n) | Value::Duration(n) => *n < 0,
                _ => false,
            };
            if negative {
                let d = self.error("RC0217", arg.value.span, "a budget cannot be negative");
                self.report(d);
            }
            match (arg.name.text.as_str(), value) {
                ("usd", Value::Float(usd)) => budget.usd = Some(usd),
                ("tokens", Value::Int(tokens)) => budget.tokens = Some(tokens),
                ("wall", Value::Duration(wall)) => budget.wall = Some(wall),
                ("turns", Value::Int(turns)) => budget.turns = Some(turns),
                _ => {}
            }
        }
        budget
    }
}
