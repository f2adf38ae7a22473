//! Providers and memories.

use crate::names::DeclRef;
use crate::types::Cx;
use rustchain_grammar::ast::{self, Arg, ExprKind as E, ItemKind};
use rustchain_plan::expr::Expr;
use rustchain_plan::plan::{Memory, Provider};
use rustchain_plan::{Type, Value};
use smol_str::SmolStr;
use std::collections::BTreeMap;

impl Cx<'_> {
    /// Embeds a provider and those it falls back on; gives its key.
    pub fn embed_provider(&mut self, decl: DeclRef) -> SmolStr {
        let name = self.program.plan_name(decl);
        if !self.used.seen.insert(decl) {
            // Not there yet: it is being embedded, so it falls back on itself; its declaration says so.
            self.tainted |= !self.used.providers.contains_key(&name);
            return name;
        }
        let ItemKind::Provider(provider) = &self.program.item(decl).kind else { return name };
        let item_span = self.program.item(decl).span;
        let told = self.diagnostics.len();
        let lowered = self.within_module(decl.module, |cx| {
            let place = cx.place(item_span);
            cx.spans.providers.insert(name.clone(), place);
            cx.provider(&name, &provider.value)
        });
        self.silence(told);
        match lowered {
            Some(provider) => {
                self.used.providers.insert(name.clone(), provider);
            }
            None => self.tainted = true,
        }
        name
    }

    /// Drops what a declaration reports by itself.
    pub fn silence(&mut self, told: usize) {
        if self.deep && self.diagnostics.len() > told {
            self.diagnostics.truncate(told);
            self.tainted = true;
        }
    }

    /// `openai("gpt-4o-mini", temperature: 0.0)` or `first_of([…])`.
    pub fn provider(&mut self, name: &SmolStr, value: &ast::Expr) -> Option<Provider> {
        let E::Call { callee, args, args_span, .. } = &value.kind else {
            if !matches!(value.kind, E::Error) {
                let d = self
                    .error("RC0220", value.span, "a provider is a call")
                    .help("for example `openai(\"gpt-4o-mini\", temperature: 0.0)`");
                self.report(d);
            }
            return None;
        };
        let E::Name(vendor) = &callee.kind else {
            let d = self.error("RC0220", callee.span, "expected the name of a vendor");
            self.report(d);
            return None;
        };
        if vendor.text == "first_of" {
            return self.first_of(name, args, *args_span);
        }
        let allowed = std::mem::replace(&mut self.env_allowed, true);
        let lowered = self.model(&vendor.text, args, *args_span);
        self.env_allowed = allowed;
        lowered
    }

    /// A provider written inside `first_of`: its key is the outer one's with its position.
    fn unnamed_provider(&mut self, owner: &SmolStr, index: usize, e: &ast::Expr) -> Option<SmolStr> {
        let name: SmolStr = format!("{owner}.{}", index + 1).into();
        let provider = self.provider(&name, e)?;
        let place = self.place(e.span);
        self.spans.providers.insert(name.clone(), place);
        self.used.providers.insert(name.clone(), provider);
        Some(name)
    }

    fn first_of(
        &mut self,
        owner: &SmolStr,
        args: &[Arg],
        args_span: rustchain_grammar::Span,
    ) -> Option<Provider> {
        let [Arg { name: None, value }] = args else {
            let d = self.error("RC0203", args_span, "`first_of` takes a list of providers");
            self.report(d);
            return None;
        };
        let E::List(items) = &value.kind else {
            let d = self.error("RC0220", value.span, "`first_of` takes a list of providers");
            self.report(d);
            return None;
        };
        if items.is_empty() {
            let d = self.error("RC0203", value.span, "`first_of` needs at least one provider");
            self.report(d);
        }
        let mut names = Vec::with_capacity(items.len());
        for (index, e) in items.iter().enumerate() {
            names.push(match &e.kind {
                E::Call { .. } => self.unnamed_provider(owner, index, e)?,
                _ => self.provider_name(e)?,
            });
        }
        Some(Provider::FirstOf(names))
    }

    fn model(
        &mut self,
        vendor: &SmolStr,
        args: &[Arg],
        args_span: rustchain_grammar::Span,
    ) -> Option<Provider> {
        let mut model: Option<Expr> = None;
        let mut options: BTreeMap<SmolStr, Expr> = BTreeMap::new();
        for arg in args {
            match &arg.name {
                None if model.is_none() => model = Some(self.check(&arg.value, &Type::String)),
                Some(name) if name.text == "model" && model.is_none() => {
                    model = Some(self.check(&arg.value, &Type::String));
                }
                None => {
                    let d = self.error("RC0214", arg.value.span, "options of a provider are named");
                    self.report(d);
                }
                Some(name) => {
                    let typed = self.elab(&arg.value, None);
                    if options.insert(name.text.clone(), typed.expr).is_some() {
                        let d = self.error("RC0204", name.span, format!("`{}` is given twice", name.text));
                        self.report(d);
                    }
                }
            }
        }
        let Some(model) = model else {
            let d = self
                .error("RC0203", args_span, format!("`{vendor}` lacks the name of a model"))
                .help(format!("write `{vendor}(\"model-name\")`"));
            self.report(d);
            return None;
        };
        Some(Provider::Model { vendor: vendor.clone(), model, options })
    }

    /// Embeds a memory; gives its key.
    pub fn embed_memory(&mut self, decl: DeclRef) -> SmolStr {
        let name = self.program.plan_name(decl);
        if !self.used.seen.insert(decl) {
            return name;
        }
        let ItemKind::Memory(memory) = &self.program.item(decl).kind else { return name };
        let told = self.diagnostics.len();
        let lowered = self.within_module(decl.module, |cx| cx.memory(&memory.value));
        self.silence(told);
        match lowered {
            Some(memory) => {
                self.used.memories.insert(name.clone(), memory);
            }
            None => self.tainted = true,
        }
        name
    }

    /// `vector(path: …, embed: …)`, `chat.log(path: …)`.
    pub fn memory(&mut self, value: &ast::Expr) -> Option<Memory> {
        let kinds = ["vector", "chat.log"];
        let E::Call { callee, args, args_span, .. } = &value.kind else {
            if !matches!(value.kind, E::Error) {
                let d = self.error("RC0220", value.span, "a memory is a call of `vector` or `chat.log`");
                self.report(d);
            }
            return None;
        };
        let kind = crate::names::refs::dotted(callee).unwrap_or_default();
        if !kinds.contains(&kind.as_str()) {
            let d = self.error("RC0220", callee.span, format!("there is no memory `{kind}`"));
            let d = crate::names::did_you_mean(d, callee.span, &kind, kinds);
            self.report(d);
            return None;
        }
        let mut path = None;
        let mut embed = None;
        for arg in args {
            match arg.name.as_ref().map(|n| n.text.as_str()) {
                Some("path") => path = Some(self.check(&arg.value, &Type::Path)),
                Some("embed") if kind == "vector" => embed = self.embedding(&arg.value),
                Some(other) => {
                    let span = arg.name.as_ref().map_or(arg.value.span, |n| n.span);
                    let d = self.error("RC0204", span, format!("`{kind}` has no parameter `{other}`"));
                    let d = crate::names::did_you_mean(d, span, other, ["path", "embed"]);
                    self.report(d);
                }
                None => {
                    let d =
                        self.error("RC0214", arg.value.span, format!("the arguments of `{kind}` are named"));
                    self.report(d);
                }
            }
        }
        let Some(path) = path else {
            let d = self.error("RC0203", *args_span, format!("`{kind}` lacks the argument `path: path`"));
            self.report(d);
            return None;
        };
        Some(Memory { kind, path, embed })
    }

    /// `local`, or a provider.
    fn embedding(&mut self, e: &ast::Expr) -> Option<SmolStr> {
        if matches!(&e.kind, E::Name(name) if name.text == "local") {
            return Some("local".into());
        }
        self.provider_name(e)
    }

    /// A constant for `Option<f64>` budgets and the like.
    pub fn constant_of(&mut self, e: &ast::Expr, ty: &Type, what: &str) -> Option<Value> {
        self.check_constant(e, ty, what)
    }
}
