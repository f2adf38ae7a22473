//! Arguments that are no values: providers, memories, tools.

use crate::names::{self, DeclRef, Found, Space, refs};
use crate::types::Cx;
use crate::types::call::Target;
use rustchain_grammar::Span;
use rustchain_grammar::ast::{self, Arg, ExprKind as E, ItemKind};
use rustchain_plan::plan::{CalleeKind, Handle, ToolRef};
use rustchain_plan::{Type, Value};
use smol_str::SmolStr;

impl Cx<'_> {
    /// The handle that an argument names.
    pub fn handle(&mut self, ty: &Type, arg: &ast::Expr) -> Option<Handle> {
        match ty {
            Type::Provider => Some(Handle::Provider(self.provider_name(arg)?)),
            Type::Memory => Some(Handle::Memory(self.memory_name(arg)?)),
            Type::Optional(inner) => match arg.kind {
                E::Null => None,
                _ => self.handle(inner, arg),
            },
            Type::List(_) => Some(Handle::Tools(self.tools(arg).into_iter().map(|(t, _)| t).collect())),
            _ => None,
        }
    }

    /// A value declaration of the wanted kind.
    fn named_decl(&mut self, arg: &ast::Expr, what: &str, is: fn(&ItemKind) -> bool) -> Option<DeclRef> {
        let Some(path) = refs::dotted(arg) else {
            let message = format!("expected the name of a {what}");
            let d = self.error("RC0220", arg.span, message).help(format!("declare it: `{what} name = …`"));
            self.report(d);
            return None;
        };
        let segments: Vec<&str> = path.split('.').collect();
        let modules = &self.program.modules;
        match self.program.names.path(modules, self.module, Space::Value, &segments) {
            Found::Decl(decl) if is(&self.program.item(decl).kind) => {
                self.note_decl(arg.span, decl, None);
                return Some(decl);
            }
            Found::BrokenImport => {
                self.tainted = true;
                return None;
            }
            _ => {}
        }
        let mut known: Vec<String> = self.program.names.candidates(modules, self.module, Space::Value);
        known.retain(|name| {
            let segments: Vec<&str> = name.split('.').collect();
            match self.program.names.path(modules, self.module, Space::Value, &segments) {
                Found::Decl(decl) => is(&self.program.item(decl).kind),
                _ => false,
            }
        });
        let d = self.error("RC0220", arg.span, format!("there is no {what} `{path}`"));
        let mut d = names::did_you_mean(d, arg.span, &path, known.iter().map(String::as_str));
        if d.help.is_none() {
            d = match known.as_slice() {
                [] => d.help(format!("declare one: `{what} {path} = …`")),
                known => d.help(format!("declared here: {}", quoted(known))),
            };
        }
        self.report(d);
        None
    }

    /// The key of the provider that an expression names; embeds it.
    pub fn provider_name(&mut self, arg: &ast::Expr) -> Option<SmolStr> {
        let decl = self.named_decl(arg, "provider", |k| matches!(k, ItemKind::Provider(_)))?;
        Some(self.embed_provider(decl))
    }

    /// The key of the memory that an expression names; embeds it.
    pub fn memory_name(&mut self, arg: &ast::Expr) -> Option<SmolStr> {
        let decl = self.named_decl(arg, "memory", |k| matches!(k, ItemKind::Memory(_)))?;
        Some(self.embed_memory(decl))
    }

    /// `[multiply, http.get("https://…/**")]`.
    pub fn tools(&mut self, arg: &ast::Expr) -> Vec<(ToolRef, Span)> {
        match &arg.kind {
            E::List(items) => items.iter().filter_map(|e| Some((self.tool_ref(e)?, e.span))).collect(),
            E::Paren(inner) => self.tools(inner),
            _ => {
                let d = self
                    .error("RC0220", arg.span, "tools are given as a list of names")
                    .help("for example `[json.select, http.get(\"https://docs.example.com/**\")]`");
                self.report(d);
                Vec::new()
            }
        }
    }

    /// One tool: a callable's name, or a call that pins its effect to a pattern.
    pub fn tool_ref(&mut self, e: &ast::Expr) -> Option<ToolRef> {
        let (callee, pin) = match &e.kind {
            E::Call { callee, args, .. } => (callee.as_ref(), self.pin(args, e.span)?),
            _ => (e, None),
        };
        self.note_target(callee);
        match self.target(callee) {
            Target::Library(signature) => {
                self.use_signature(signature);
                let kind = Some(CalleeKind::Step);
                Some(ToolRef { callee: signature.name.clone(), kind, pin, effects: Vec::new() })
            }
            Target::Declared(decl) => {
                let kind = match &self.program.item(decl).kind {
                    ItemKind::Agent(_) => Some(CalleeKind::Agent),
                    ItemKind::Tool(_) => Some(CalleeKind::Tool),
                    _ => None,
                };
                let callee = match kind {
                    Some(_) => self.embed_callable(decl),
                    None => self.embed_chain_tool(decl),
                };
                Some(ToolRef { callee, kind, pin, effects: Vec::new() })
            }
            Target::Unlocked => {
                self.unlocked();
                None
            }
            Target::Broken => {
                self.tainted = true;
                None
            }
            Target::Form(_) => {
                let d = self.error("RC0220", e.span, "this is a form of the language, not a tool");
                self.report(d);
                None
            }
            Target::Method(..) | Target::Unknown => {
                self.unknown_callable(callee);
                None
            }
        }
    }

    /// The pattern in `http.get("https://…/**")`. Outer `None`: reported.
    #[allow(clippy::option_option)]
    fn pin(&mut self, args: &[Arg], span: Span) -> Option<Option<SmolStr>> {
        match args {
            [] => Some(None),
            [arg] => match self.check_constant(&arg.value, &Type::String, "the pattern of a tool")? {
                Value::String(text) => Some(Some(text.as_ref().into())),
                _ => None,
            },
            _ => {
                let d = self.error("RC0204", span, "a tool is pinned by one pattern");
                self.report(d);
                None
            }
        }
    }

    /// Embeds an agent or a foreign tool with its signature.
    pub fn embed_callable(&mut self, decl: DeclRef) -> SmolStr {
        let name = self.program.plan_name(decl);
        if !self.used.seen.insert(decl) {
            return name;
        }
        let program = self.program;
        match &program.item(decl).kind {
            ItemKind::Agent(agent) => self.embed_agent(decl, agent, &name),
            ItemKind::Tool(tool) => self.embed_tool(decl, tool, &name),
            _ => {}
        }
        name
    }

    fn embed_chain_tool(&mut self, decl: DeclRef) -> SmolStr {
        let name = self.program.plan_name(decl);
        if !self.used.seen.insert(decl) {
            return name;
        }
        let signature = self.declared_signature(decl, Vec::new());
        self.used.signatures.insert(name.clone(), signature);
        if self.deep {
            let lowered = self.lowered_chain(decl);
            self.used.chain_tools.insert(name.clone(), lowered.region.clone());
        }
        name
    }
}

/// `` `a`, `b` ``.
pub(crate) fn quoted(names: &[String]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}
