//! What sinks refuse.

use super::call::{Arguments, joined};
use super::mark::{Capacity, Mark};
use super::report::Finding;
use super::walk::Walker;
use crate::effects::overlap::effects_overlap;
use crate::effects::row::is_read;
use crate::effects::shape::shapes;
use crate::spans::Place;
use rustchain_grammar::{Label, Severity};
use rustchain_plan::effect::PatternSyntax;
use rustchain_plan::expr::{ExprKind, Part};
use rustchain_plan::plan::{Agent, Call, Handle, Provider, ToolRef};
use rustchain_plan::policy::FlowRule;
use rustchain_plan::signature::{Param, Sink};
use rustchain_plan::{Effect, EffectKind, Expr, Labels, Policy, Type};
use smol_str::SmolStr;

/// One argument at its sink.
struct AtSink<'a, 'p> {
    call: &'p Call,
    path: &'a str,
    param: &'p Param,
    arg: &'p Expr,
    place: Place,
    mark: Mark,
    at: usize,
}

impl<'p> Walker<'p> {
    /// Every argument of a call at its sink.
    pub fn sinks(&mut self, call: &'p Call, path: &str, at: usize, args: &Arguments) {
        let Some(signature) = self.plan.signatures.get(&call.callee) else { return };
        for param in &signature.params {
            let (Some(arg), Some(tree)) = (call.args.get(&param.name), args.get(&param.name)) else {
                continue;
            };
            let mark = tree.all();
            let place =
                self.culprit(arg, at, &mark).unwrap_or_else(|| self.argument_place(path, &param.name, arg));
            if param.trusted {
                self.demand_trusted(&call.callee, &param.name, path, &mark, place);
            }
            if let Some(sink) = param.sink {
                self.sink(sink, AtSink { call, path, param, arg, place, mark, at });
            }
        }
        self.prompt_with_tools(call, path, at, args);
    }

    /// The one hole of a template that brings the label, where there is one.
    fn culprit(&mut self, arg: &'p Expr, at: usize, mark: &Mark) -> Option<Place> {
        let ExprKind::Template { parts, .. } = &arg.kind else { return None };
        let secret = mark.is_secret();
        let mut found = None;
        for part in parts {
            let Part::Hole(hole) = part else { continue };
            let brings = self.expr(hole, at).all();
            if hole.id.0 == 0 || !(if secret { brings.is_secret() } else { brings.is_untrusted_text() }) {
                continue;
            }
            if found.replace(self.spans.place(hole.id)).is_some() {
                return None;
            }
        }
        found
    }

    fn sink(&mut self, sink: Sink, at: AtSink<'_, 'p>) {
        if sink == Sink::Shell {
            let what = "is part of a script, which every user can list while it runs";
            self.secret(&at.mark, "RC0453", what, "part of a script", at.place);
        }
        match sink {
            Sink::Program if at.mark.capacity() > Capacity::Closed => {
                self.refuse(&at, "RC0404", "untrusted text chooses the program", "names the program", None);
            }
            Sink::Shell if at.mark.capacity() > Capacity::Number => {
                let help = "give the value to the script by `env:` and read it there as \"$NAME\", or use `exec.run`";
                self.refuse(&at, "RC0401", "untrusted text reaches a shell", "read by a shell", Some(help));
            }
            Sink::Query | Sink::Source if at.mark.capacity() > Capacity::Number => {
                let help = "let values enter by parameters, never by the text";
                self.refuse(&at, "RC0407", "untrusted text is read as code", "read as code", Some(help));
            }
            Sink::Path if at.mark.is_untrusted_text() => {
                let help = "keep it under a folder: `confine(name, \"folder\")`";
                self.refuse(&at, "RC0405", "untrusted text chooses a path", "used as a path", Some(help));
            }
            Sink::Host => self.url(&at),
            Sink::Argv => self.argv(&at),
            Sink::Prompt => self.prompt(at.mark.clone(), &at.call.callee, &at.param.name, at.place),
            Sink::System => self.system(at.mark.clone(), &at.call.callee, at.place),
            Sink::Memory => {
                self.secret(&at.mark, "RC0451", "is remembered or embedded", "remembered", at.place);
                if at.call.effects.iter().any(|e| e.kind == EffectKind::Llm) {
                    self.personal(&at.mark, &at.call.callee, at.place);
                }
            }
            Sink::Log => {
                self.secret(&at.mark, "RC0452", "is written to the log", "goes to the log", at.place)
            }
            _ => {}
        }
    }

    fn refuse(
        &mut self,
        at: &AtSink<'_, 'p>,
        code: &'static str,
        what: &str,
        label: &'static str,
        help: Option<&'static str>,
    ) {
        self.report.refuse(at.path, &at.param.name);
        self.report.add(Finding {
            code,
            severity: Severity::Error,
            place: at.place,
            message: format!("{what}: `{}` of `{}`", at.param.name, at.call.callee),
            label,
            path: at.mark.path(Labels::UNTRUSTED),
            note: None,
            help,
        });
    }

    fn secret(&mut self, mark: &Mark, code: &'static str, what: &str, label: &'static str, place: Place) {
        if !mark.is_secret() {
            return;
        }
        let help = match code {
            "RC0453" => "send it in a header or in the environment of the program",
            _ => "leave it out, or `reveal(…, reason: \"…\")` where it is no secret any more",
        };
        self.report.add(Finding {
            code,
            severity: Severity::Error,
            place,
            message: format!("a secret {what}"),
            label,
            path: mark.path(Labels::SECRET),
            note: None,
            help: Some(help),
        });
    }

    fn personal(&mut self, mark: &Mark, callee: &str, place: Place) {
        if !mark.is_personal() || self.policies().iter().all(|p| p.personal) {
            return;
        }
        let forbidden = self.spans.policy.as_ref().is_some_and(|p| p.personal.is_some());
        self.report.add(Finding {
            code: "RC0457",
            severity: Severity::Error,
            place,
            message: format!("personal data goes to the model of `{callee}`"),
            label: "seen by a model",
            path: mark.path(Labels::PERSONAL),
            note: None,
            help: Some(match forbidden {
                true => "leave it out: an organisation policy, or that of the called mission, does not `allow personal`",
                false => "leave it out, or write `allow personal` in the policy where the model's maker may have it",
            }),
        });
    }

    fn url(&mut self, at: &AtSink<'_, 'p>) {
        self.secret(
            &at.mark,
            "RC0453",
            "is part of a url, which servers and proxies log",
            "part of a url",
            at.place,
        );
        if matches!(at.param.ty.non_null(), Type::Map(_)) || at.mark.capacity() <= Capacity::Closed {
            return;
        }
        let host = self.host_mark(at.arg, at.at);
        if host.capacity() > Capacity::Closed {
            let refused = AtSink { mark: host, path: at.path, ..*at };
            self.refuse(
                &refused,
                "RC0406",
                "untrusted text chooses the host of a request",
                "names the host",
                None,
            );
        }
    }

    fn argv(&mut self, at: &AtSink<'_, 'p>) {
        self.secret(
            &at.mark,
            "RC0453",
            "is an argument of a program, which every user can list",
            "an argument",
            at.place,
        );
        if !at.mark.is_untrusted_text() || at.param.name == "message" {
            return;
        }
        let Some(scope) = self.frames.get(at.at).map(|f| f.scope.clone()) else { return };
        let items: Vec<&'p Expr> = match &at.arg.kind {
            ExprKind::List(items) => items.iter().collect(),
            _ => vec![at.arg],
        };
        for item in items {
            let known = shapes(item, &scope, PatternSyntax::Name);
            if let [only] = known.as_slice() {
                if only.prefix() == "--" && only.pieces.len() == 1 {
                    return;
                }
                if !only.prefix().is_empty() {
                    continue;
                }
            }
            let mark = self.expr(item, at.at).all();
            if mark.is_untrusted_text() {
                self.option_injection(at, item, &mark);
            }
        }
    }

    fn option_injection(&mut self, at: &AtSink<'_, 'p>, item: &Expr, mark: &Mark) {
        let place = if item.id.0 == 0 { at.place } else { self.spans.place(item.id) };
        if self.report.has(place, &["RC0401", "RC0407"]) {
            return;
        }
        self.report.add(Finding {
            code: "RC0403",
            severity: Severity::Medium,
            place,
            message: format!("untrusted text is an argument of `{}`: it could be an option", at.call.callee),
            label: "could start with `-`",
            path: mark.path(Labels::UNTRUSTED),
            note: None,
            help: Some("put `\"--\"` before it where the program knows that, or join it to its option: `\"--title=${x}\"`"),
        });
    }

    fn prompt(&mut self, mark: Mark, callee: &str, param: &str, place: Place) {
        self.secret(
            &mark,
            "RC0451",
            &format!("goes to a model: `{param}` of `{callee}`"),
            "sent to a model",
            place,
        );
        self.personal(&mark, callee, place);
    }

    fn system(&mut self, mark: Mark, callee: &str, place: Place) {
        self.secret(
            &mark,
            "RC0451",
            &format!("goes to a model: `system` of `{callee}`"),
            "sent to a model",
            place,
        );
        self.personal(&mark, callee, place);
        if mark.capacity() <= Capacity::Closed {
            return;
        }
        self.report.add(Finding {
            code: "RC0409",
            severity: Severity::Error,
            place,
            message: format!("untrusted text is part of the orders of `{callee}`"),
            label: "read as orders",
            path: mark.path(Labels::UNTRUSTED),
            note: Some("What a system prompt says is followed; who writes it, commands the model."),
            help: Some("move it to `prompt:`, as data"),
        });
    }

    /// An agent: its prompts with the arguments in them, and what its tools make of them.
    pub fn agent(&mut self, call: &'p Call, path: &str, args: &Arguments) {
        let Some(agent) = self.plan.agents.get(&call.callee) else { return };
        let outer = std::mem::take(&mut self.locals);
        self.locals = args.iter().map(|(n, t)| (n.clone(), t.clone())).collect();
        let at = self.top();
        let prompt = self.expr(&agent.prompt, at).all();
        let system = agent.system.as_ref().map(|e| (self.expr(e, at).all(), self.spans.place(e.id)));
        self.locals = outer;
        let place = self.worst_argument(call, path, args).unwrap_or_else(|| self.callee_place(path));
        self.prompt(prompt.clone(), &call.callee, "prompt", place);
        if let Some((mark, at)) = system {
            let mark = mark.via(at, "joins the system prompt");
            self.system(mark, &call.callee, place);
        }
        self.privileged_prompt(path, &call.callee, &agent.tools, &prompt, place);
        self.fed_by_tools(&call.callee, agent);
        self.trifecta(call, path, agent, &joined(args));
    }

    /// The place of the argument that carries most.
    fn worst_argument(&self, call: &'p Call, path: &str, args: &Arguments) -> Option<Place> {
        let weight = |m: &Mark| (m.capacity(), m.is_secret(), m.is_personal());
        let worst = args.iter().max_by_key(|(_, t)| weight(&t.all()))?;
        Some(self.argument_place(path, worst.0, call.args.get(worst.0)?))
    }

    fn prompt_with_tools(&mut self, call: &'p Call, path: &str, _at: usize, args: &Arguments) {
        if call.callee != "ask" {
            return;
        }
        let tools = call.handles.values().find_map(|h| match h {
            Handle::Tools(tools) => Some(tools),
            _ => None,
        });
        let Some(tools) = tools else { return };
        for name in ["prompt", "messages"] {
            if let (Some(tree), Some(arg)) = (args.get(name), call.args.get(name)) {
                let place = self.argument_place(path, name, arg);
                self.privileged_prompt(path, "ask", tools, &tree.all(), place);
            }
        }
    }

    /// RC0409: untrusted text joins the prompt of a model whose tools do more than read.
    fn privileged_prompt(&mut self, path: &str, callee: &str, tools: &[ToolRef], mark: &Mark, place: Place) {
        if mark.capacity() < Capacity::Confined {
            return;
        }
        let Some((tool, effect)) = self.privileged(tools) else { return };
        self.privileged.insert(path.to_owned());
        if self.prompts_may_be_untrusted() || self.is_approved(&effect) {
            return;
        }
        self.report.add(Finding {
            code: "RC0409",
            severity: Severity::Error,
            place,
            message: format!("untrusted text joins the prompt of `{callee}`, whose tool `{tool}` has the effect `{effect}`"),
            label: "read by a model that can act",
            path: mark.path(Labels::UNTRUSTED),
            note: Some("Text in a prompt can order the model to use its tools; nothing tells data from orders."),
            help: Some("give the text to a model without tools and pass on a typed answer, or write `require approval for …` or `prompt untrusted approve` in the policy"),
        });
    }

    /// RC0409: one tool brings untrusted text into the conversation, another acts.
    fn fed_by_tools(&mut self, name: &SmolStr, agent: &Agent) {
        // What a server answers to what it was sent tells it nothing new: such a tool feeds only the others.
        let feeds = |feed: &ToolRef, act: &SmolStr| {
            let answers = |e: &Effect| e.kind == EffectKind::NetWrite && feed.callee == *act;
            feed.effects.iter().any(|e| brings_untrusted(e.kind) && !answers(e))
        };
        let acting = agent.tools.iter().filter_map(|t| self.privileged(std::slice::from_ref(t)));
        let pair = acting.into_iter().find_map(|(act, effect)| {
            let feed = agent.tools.iter().find(|t| feeds(t, &act))?;
            Some((feed, act, effect))
        });
        let Some((feed, tool, effect)) = pair else { return };
        if self.prompts_may_be_untrusted() || self.is_approved(&effect) {
            return;
        }
        let place = self.spans.agents.get(name).map_or(self.spans.mission, |a| a.name);
        let path = self.tool_labels(name, agent, feed, &tool);
        self.report.add(Finding {
            code: "RC0409",
            severity: Severity::High,
            place,
            message: format!("agent `{name}` reads untrusted text by `{}` and has `{effect}` by `{tool}`", feed.callee),
            label: "reads and acts",
            path,
            note: Some("What a tool brings into the conversation can order the model to use the other tools."),
            help: Some("split it: one agent reads and gives a typed answer, another acts; or write `require approval for …` in the policy"),
        });
    }

    fn tool_labels(&self, name: &str, agent: &Agent, feed: &ToolRef, tool: &str) -> Vec<Label> {
        let Some(places) = self.spans.agents.get(name) else { return Vec::new() };
        let at = |callee: &str, message: &str| {
            let index = agent.tools.iter().position(|t| t.callee == callee)?;
            let Place { file, span } = *places.tools.get(index)?;
            Some(Label { file, span, message: message.to_owned() })
        };
        [at(&feed.callee, "brings untrusted text"), at(tool, "acts")].into_iter().flatten().collect()
    }

    /// The first tool that does more than read, with its effect.
    fn privileged(&self, tools: &[ToolRef]) -> Option<(SmolStr, Effect)> {
        tools.iter().find_map(|tool| {
            let effect = tool.effects.iter().find(|e| !is_read(e.kind) && e.kind != EffectKind::Human)?;
            Some((tool.callee.clone(), effect.clone()))
        })
    }

    fn is_approved(&self, effect: &Effect) -> bool {
        self.policies().iter().any(|p| p.approvals.iter().any(|a| effects_overlap(&a.effect, effect)))
    }

    /// The policies that bind the innermost region: the mission's, and those of the called missions around it.
    fn policies(&self) -> Vec<&'p Policy> {
        let scope = self.frames.last().map(|f| f.scope.clone());
        let called = scope.map(|s| s.called_policies().into_iter().map(|(p, _)| p).collect::<Vec<_>>());
        std::iter::once(&self.plan.policy).chain(called.into_iter().flatten()).collect()
    }

    fn prompts_may_be_untrusted(&self) -> bool {
        self.policies().iter().all(|p| p.prompt_untrusted.is_some())
    }

    /// RC0410: private data, untrusted content and a way out in one agent.
    fn trifecta(&mut self, call: &Call, path: &str, agent: &Agent, args: &Mark) {
        let effects = || agent.tools.iter().flat_map(|t| t.effects.iter().map(move |e| (&t.callee, e)));
        let reads_private = effects()
            .any(|(_, e)| matches!(e.kind, EffectKind::FsRead | EffectKind::Sql | EffectKind::MemoryRead));
        let private = args.is_personal() || args.is_secret() || reads_private;
        let untrusted = args.is_untrusted_text() || effects().any(|(_, e)| brings_untrusted(e.kind));
        let Some((tool, way)) = effects().find(|(_, e)| leads_out(e)) else { return };
        if !private || !untrusted || self.is_approved(way) {
            return;
        }
        self.report.add(Finding {
            code: "RC0410",
            severity: Severity::High,
            place: self.callee_place(path),
            message: format!(
                "agent `{}` holds private data, reads untrusted content and has a way out: `{way}` by `{tool}`",
                call.callee
            ),
            label: "all three in one agent",
            path: args.path(Labels::UNTRUSTED),
            note: Some("Untrusted content can order the agent to send the private data away."),
            help: Some("take one of the three away, or write `require approval for …` for the way out in the policy"),
        });
    }

    /// RC0305: `never flow L to E`.
    pub fn flow_rules(&mut self, call: &'p Call, path: &str, args: &Arguments) {
        let rules: Vec<&'p FlowRule> = self.policies().into_iter().flat_map(|p| &p.flows).collect();
        for rule in rules {
            let hits = call.effects.iter().filter(|e| effects_overlap(e, &rule.to));
            let Some(effect) = hits.into_iter().find(|e| self.vendor_fits(rule.vendor.as_deref(), e)) else {
                continue;
            };
            for (name, tree) in args {
                let mark = tree.all();
                let Some(arg) = call.args.get(name) else { continue };
                if mark.labels().contains(rule.label) {
                    let place = self.argument_place(path, name, arg);
                    self.flows_out(rule, effect, mark.path(rule.label), place);
                }
            }
            self.flow_in_agent(call, path, rule, effect);
        }
    }

    /// What the tools of a model bring, and what it says itself, may go to every tool it has.
    fn flow_in_agent(&mut self, call: &'p Call, path: &str, rule: &FlowRule, effect: &Effect) {
        let tools: &[ToolRef] = match self.plan.agents.get(&call.callee) {
            Some(agent) => &agent.tools,
            None => call.handles.values().find_map(tools_of).unwrap_or_default(),
        };
        let brings = |tool: &&ToolRef| {
            let signature = self.plan.signatures.get(&tool.callee);
            let result = signature.map_or(Labels::UNTRUSTED, |s| s.result_labels);
            result.join(self.stored(&tool.effects).labels()).contains(rule.label)
        };
        let by_tool = tools.iter().position(|t| t.effects.contains(effect));
        let source = tools.iter().find(brings);
        let own_words = by_tool.is_some() && rule.label == Labels::UNTRUSTED;
        if source.is_none() && !own_words {
            return;
        }
        let place = self.callee_place(path);
        let at = self.spans.agents.get(&call.callee);
        let mut way = Vec::new();
        let tool_place = |tool: &ToolRef| {
            let index = tools.iter().position(|t| t == tool)?;
            at.and_then(|a| a.tools.get(index)).copied()
        };
        let words = rule.label.names().collect::<Vec<_>>().join(", ");
        if let Some((tool, place)) = source.and_then(|t| Some((t, tool_place(t)?))) {
            let message = format!("`{}` brings {words} data", tool.callee);
            way.push(Label { file: place.file, span: place.span, message });
        }
        self.flows_out(rule, effect, way, place);
    }

    fn flows_out(&mut self, rule: &FlowRule, effect: &Effect, path: Vec<Label>, place: Place) {
        let words = rule.label.names().collect::<Vec<_>>().join(", ");
        let vendor = rule.vendor.as_ref().map(|v| format!(" of vendor `{v}`")).unwrap_or_default();
        self.report.add(Finding {
            code: "RC0305",
            severity: Severity::Error,
            place,
            message: format!("{words} data flows to `{effect}`{vendor}, which the policy forbids"),
            label: "flows out here",
            path,
            note: None,
            help: None,
        });
    }

    fn vendor_fits(&self, vendor: Option<&str>, effect: &Effect) -> bool {
        let Some(vendor) = vendor else { return true };
        let mut todo = vec![SmolStr::from(effect.pattern.0.as_str())];
        let mut seen = std::collections::BTreeSet::new();
        while let Some(name) = todo.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            match self.plan.providers.get(&name) {
                Some(Provider::Model { vendor: of, .. }) if of == vendor => return true,
                Some(Provider::FirstOf(names)) => todo.extend(names.iter().cloned()),
                _ => {}
            }
        }
        false
    }

    /// An output is shown to whoever runs the mission.
    pub fn output(&mut self, name: &str, mark: &Mark, place: Place) {
        self.secret(mark, "RC0452", &format!("is the output `{name}`"), "shown as a result", place);
    }

    /// RC0413: an untrusted argument where `trusted` is demanded.
    pub fn demand_trusted(&mut self, callee: &str, param: &str, path: &str, mark: &Mark, place: Place) {
        if mark.capacity() == Capacity::None {
            return;
        }
        self.report.refuse(path, param);
        self.report.add(Finding {
            code: "RC0413",
            severity: Severity::Error,
            place,
            message: format!("`{param}` of `{callee}` must be trusted, and this is not"),
            label: "untrusted",
            path: mark.path(Labels::UNTRUSTED),
            note: None,
            help: None,
        });
    }

    /// RC0408.
    pub fn controls_flow(&mut self, what: &str, callee: &str, effect: &Effect, mark: &Mark, place: Place) {
        self.report.add(Finding {
            code: "RC0408",
            severity: Severity::Medium,
            place,
            message: format!("untrusted text decides {what}, and with it whether `{callee}` has the effect `{effect}`"),
            label: "depends on untrusted text",
            path: mark.path(Labels::UNTRUSTED),
            note: Some("An enum, a bool, a bounded int or a length may steer: each is one of a few values the author wrote."),
            help: Some("decode it into an enum or a bool first"),
        });
    }

    /// RC0411.
    pub fn unvalidated_model_output(&mut self, mark: &Mark, place: Place) {
        self.report.add(Finding {
            code: "RC0411",
            severity: Severity::Medium,
            place,
            message: "a model's text is used as structured data without a type".to_owned(),
            label: "nothing has checked its form",
            path: mark.path(Labels::UNTRUSTED),
            note: None,
            help: Some("name a record: `ask<Verdict>(…)`, or `decode<Verdict>(…)`"),
        });
    }

    /// RC0412.
    pub fn lowered_without_reason(&mut self, place: Place) {
        self.report.add(Finding {
            code: "RC0412",
            severity: Severity::Error,
            place,
            message: "a label is lowered without a reason".to_owned(),
            label: "the reason is empty",
            path: Vec::new(),
            note: Some("The reason stands in the log and in `check --trust`, for those who review it."),
            help: Some("say why it is safe: `reason: \"…\"`"),
        });
    }
}

fn tools_of(handle: &Handle) -> Option<&[ToolRef]> {
    match handle {
        Handle::Tools(tools) => Some(tools),
        _ => None,
    }
}

fn brings_untrusted(kind: EffectKind) -> bool {
    matches!(
        kind,
        EffectKind::NetRead
            | EffectKind::NetWrite
            | EffectKind::Mcp
            | EffectKind::Sql
            | EffectKind::MemoryRead
    )
}

/// Can what it is given reach somebody outside?
fn leads_out(effect: &Effect) -> bool {
    match effect.kind {
        EffectKind::NetWrite | EffectKind::Exec | EffectKind::Mcp => true,
        EffectKind::NetRead => {
            let text = effect.pattern.0.as_str();
            let after = text.split_once("://").map_or(text, |(_, rest)| rest);
            after.split('/').next().is_none_or(|host| host.contains('*'))
        }
        _ => false,
    }
}
