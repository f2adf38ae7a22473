//! Foreign tools.

use crate::names::DeclRef;
use crate::types::Cx;
use rustchain_grammar::ast::{ExprKind as E, ToolDecl};
use rustchain_plan::plan::Tool;
use rustchain_plan::signature::{EffectArg, EffectSpec};
use rustchain_plan::{EffectKind, Type, Value};
use smol_str::SmolStr;

impl Cx<'_> {
    /// Embeds a tool with its signature.
    pub fn embed_tool(&mut self, decl: DeclRef, tool: &ToolDecl, name: &SmolStr) {
        let told = self.diagnostics.len();
        let (lowered, effects) = self.within_module(decl.module, |cx| (cx.tool(tool), cx.tool_effects(tool)));
        self.silence(told);
        let signature = self.declared_signature(decl, effects);
        self.used.signatures.insert(name.clone(), signature);
        match lowered {
            Some(tool) => {
                self.used.tools.insert(name.clone(), tool);
            }
            None => self.tainted = true,
        }
    }

    /// `python("tasks/x.py:f") { requires […] }`.
    pub fn tool(&mut self, tool: &ToolDecl) -> Option<Tool> {
        let E::Call { callee, args, args_span, .. } = &tool.source.kind else {
            if !matches!(tool.source.kind, E::Error) {
                let d = self
                    .error("RC0220", tool.source.span, "a tool is a call of `python`, `mcp` or `wasm`")
                    .help("for example `python(\"tasks/x.py:f\")`");
                self.report(d);
            }
            return None;
        };
        let E::Name(kind) = &callee.kind else { return None };
        match kind.text.as_str() {
            "python" => {}
            "mcp" | "wasm" => {
                let message = format!(
                    "the types of `{}` are not known: `rustchain.lock` has no entry for it",
                    tool.name.text
                );
                let d = self
                    .error("RC0118", tool.source.span, message)
                    .help("tools of MCP servers and plugins are typed from `rustchain.lock`");
                self.report(d);
                return None;
            }
            other => {
                let d = self.error("RC0220", callee.span, format!("there is no kind of tool `{other}`"));
                let d = crate::names::did_you_mean(d, callee.span, other, ["python", "mcp", "wasm"]);
                self.report(d);
                return None;
            }
        }
        let [arg] = args.as_slice() else {
            let d = self.error("RC0203", *args_span, "`python` takes one argument, `\"file.py:function\"`");
            self.report(d);
            return None;
        };
        let Some(Value::String(text)) = self.check_constant(&arg.value, &Type::String, "the place of a tool")
        else {
            return None;
        };
        let Some((file, function)) = text.rsplit_once(':').filter(|(f, n)| !f.is_empty() && !n.is_empty())
        else {
            let d = self
                .error("RC0215", arg.value.span, format!("`{text}` names no function"))
                .help("write `\"tasks/x.py:function\"`");
            self.report(d);
            return None;
        };
        let (file, function) = (SmolStr::from(file), SmolStr::from(function));
        let mut requires = Vec::with_capacity(tool.requires.len());
        for e in &tool.requires {
            if let Some(Value::String(package)) = self.check_constant(e, &Type::String, "a requirement") {
                requires.push(package.as_ref().into());
            }
        }
        Some(Tool::Python { file, function, requires })
    }

    /// The row of a tool: its interpreter and its `effect` lines.
    pub fn tool_effects(&mut self, tool: &ToolDecl) -> Vec<EffectSpec> {
        let interpreter = EffectArg::Fixed("python3".into());
        let mut effects = vec![EffectSpec { case: None, kind: EffectKind::Exec, arg: interpreter }];
        for line in &tool.effects {
            let Some(kind) = self.effect_kind(&line.effect) else { continue };
            if line.args.is_empty() {
                effects.push(EffectSpec { case: None, kind, arg: EffectArg::None });
            }
            for arg in &line.args {
                for (pattern, _) in self.effect_patterns(kind, arg) {
                    effects.push(EffectSpec { case: None, kind, arg: EffectArg::Fixed(pattern.0) });
                }
            }
        }
        effects
    }
}
