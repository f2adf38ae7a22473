//! Calls as steps.

use crate::names::DeclRef;
use crate::types::Cx;
use crate::types::assign::fits;
use crate::types::builtin::Form;
use crate::types::call::{Slot, Target, is_handle, slots_of};
use crate::types::generic::Bindings;
use rustchain_grammar::Span;
use rustchain_grammar::ast::{self, Arg, ItemKind};
use rustchain_plan::expr::{Expr, ExprKind};
use rustchain_plan::plan::{Body, Call, CalleeKind};
use rustchain_plan::signature::{EffectSpec, Param, Replay};
use rustchain_plan::{Labels, Signature, Type, Value};
use smol_str::SmolStr;
use std::collections::BTreeMap;

impl Cx<'_> {
    /// A call as a step: what it does and the type of its value.
    pub fn call_body(
        &mut self,
        callee: &ast::Expr,
        type_args: &[ast::TypeExpr],
        args: &[Arg],
        args_span: Span,
        want: Option<&Type>,
        key: &str,
    ) -> (Body, Type) {
        self.note_callee(callee, args, key);
        self.note_target(callee);
        match self.target(callee) {
            Target::Library(signature) => self.library_step(signature, callee, type_args, args, want),
            Target::Declared(decl) => match &self.program.item(decl).kind {
                ItemKind::Chain(_) | ItemKind::Mission(_) => self.chain_step(decl, callee, args, key),
                ItemKind::Agent(_) => self.declared_step(decl, CalleeKind::Agent, callee, args),
                _ => self.declared_step(decl, CalleeKind::Tool, callee, args),
            },
            Target::Form(Form::Hole) => self.hole_step(callee, type_args, args, want, key),
            _ => {
                let typed = self.call(callee, callee, type_args, args, args_span, want);
                (Body::Value(typed.expr), typed.ty)
            }
        }
    }

    fn note_callee(&mut self, callee: &ast::Expr, args: &[Arg], key: &str) {
        let place = self.place(callee.span);
        let named =
            args.iter().filter_map(|a| Some((a.name.as_ref()?.text.clone(), self.place(a.value.span))));
        let named: BTreeMap<SmolStr, _> = named.collect();
        if let Some(places) = self.spans.nodes.get_mut(key) {
            places.callee = Some(place);
            places.args = named;
        }
    }

    fn library_step(
        &mut self,
        signature: &'static Signature,
        callee: &ast::Expr,
        type_args: &[ast::TypeExpr],
        args: &[Arg],
        want: Option<&Type>,
    ) -> (Body, Type) {
        let slots = slots_of(signature);
        let given = self.match_arguments(&signature.name, callee.span, &slots, args, false);
        let mut bindings = self.given_bindings(signature, type_args, callee.span);
        let exprs = self.typed_arguments(signature, &given, &mut bindings);
        let mut call_args = BTreeMap::new();
        let mut handles = BTreeMap::new();
        for ((param, arg), expr) in signature.params.iter().zip(&given).zip(exprs) {
            if let (Some(arg), true) = (arg, is_handle(&param.ty)) {
                if let Some(handle) = self.handle(&param.ty, arg) {
                    handles.insert(param.name.clone(), handle);
                }
                continue;
            }
            if let Some(expr) = expr {
                call_args.insert(param.name.clone(), expr);
            }
        }
        let result = self.result_type(signature, &mut bindings, want, callee.span).unwrap_or(Type::Error);
        self.use_signature(signature);
        let types: Vec<Type> =
            signature.type_params.iter().filter_map(|(n, _)| bindings.get(n).cloned()).collect();
        types.iter().for_each(|t| self.use_type(t));
        self.use_type(&result);
        let call = Call {
            callee: signature.name.clone(),
            kind: CalleeKind::Step,
            type_args: types,
            args: call_args,
            handles,
            result: result.clone(),
            effects: Vec::new(),
            guards: Vec::new(),
            replay: Replay::Never,
            needs_approval: false,
        };
        (Body::Call(call), result)
    }

    /// An agent or a tool.
    fn declared_step(
        &mut self,
        decl: DeclRef,
        kind: CalleeKind,
        callee: &ast::Expr,
        args: &[Arg],
    ) -> (Body, Type) {
        let declared = self.program.callable(decl);
        let exprs = self.declared_arguments(decl, callee, args);
        let named = declared.params.iter().map(|p| p.name.clone()).zip(exprs);
        let name = self.embed_callable(decl);
        let result = declared.result.clone();
        self.use_type(&result);
        let call = Call {
            callee: name,
            kind,
            type_args: Vec::new(),
            args: named.collect(),
            handles: BTreeMap::new(),
            result: result.clone(),
            effects: Vec::new(),
            guards: Vec::new(),
            replay: Replay::Never,
            needs_approval: false,
        };
        let lifted = match &self.program.item(decl).kind {
            ItemKind::Agent(agent) => match agent.on_exhausted {
                Some(ast::ErrorAction::Skip | ast::ErrorAction::Continue) => result.optional(),
                _ => result,
            },
            _ => result,
        };
        (Body::Call(call), lifted)
    }

    /// `hole<T>(kind: …, source: …, args: {…})`.
    fn hole_step(
        &mut self,
        callee: &ast::Expr,
        type_args: &[ast::TypeExpr],
        args: &[Arg],
        want: Option<&Type>,
        key: &str,
    ) -> (Body, Type) {
        let result = match (type_args, want) {
            ([ty], _) => self.resolve_type(ty),
            ([], Some(want)) => want.clone(),
            _ => {
                let d = self.error("RC0212", callee.span, "`hole` needs its type").help("write `hole<T>(…)`");
                self.report(d);
                Type::Error
            }
        };
        if let Some(decl) = self.shim_for(args) {
            return self.shim_step(decl, callee, args, &result, key);
        }
        let signature = hole_signature();
        let slots: Vec<Slot> = slots_of(&signature);
        let given = self.match_arguments("hole", callee.span, &slots, args, false);
        let mut bindings = Bindings::default();
        let exprs = self.typed_arguments(&signature, &given, &mut bindings);
        let named = signature.params.iter().zip(exprs);
        let call_args: BTreeMap<SmolStr, Expr> =
            named.filter_map(|(p, e)| Some((p.name.clone(), e?))).collect();
        self.use_type(&result);
        self.used.signatures.entry(signature.name.clone()).or_insert(signature);
        let call = Call {
            callee: "hole".into(),
            kind: CalleeKind::Hole,
            type_args: vec![result.clone()],
            args: call_args,
            handles: BTreeMap::new(),
            result: result.clone(),
            effects: Vec::new(),
            guards: Vec::new(),
            replay: Replay::Never,
            needs_approval: false,
        };
        (Body::Call(call), result)
    }

    /// The chain or tool that stands for a hole of this kind.
    fn shim_for(&self, args: &[Arg]) -> Option<DeclRef> {
        if self.program.shims.is_empty() {
            return None;
        }
        let kind = named(args, "kind")?;
        let ast::ExprKind::Template(parts) = &kind.kind else { return None };
        let [ast::TemplatePart::Text(text, _)] = parts.as_slice() else { return None };
        self.program.shims.get(text.as_str()).copied()
    }

    /// The call that stands for a hole: the members of its `args` are the arguments, or all of them together
    /// where the only parameter is `args: json`.
    fn shim_step(
        &mut self,
        decl: DeclRef,
        callee: &ast::Expr,
        args: &[Arg],
        wanted: &Type,
        key: &str,
    ) -> (Body, Type) {
        let declared = self.program.callable(decl);
        let whole = matches!(declared.params.as_slice(), [p] if p.name == "args" && p.ty == Type::Json);
        let given: Vec<Arg> = match named(args, "args").map(|e| (e, &e.kind)) {
            None => Vec::new(),
            Some((e, _)) if whole => {
                let name = ast::Name { text: "args".into(), span: e.span };
                vec![Arg { name: Some(name), value: e.clone() }]
            }
            Some((_, ast::ExprKind::Record { fields, base: None, .. })) => {
                let arg = |f: &ast::NamedArg| Arg { name: Some(f.name.clone()), value: f.value.clone() };
                fields.iter().map(arg).collect()
            }
            Some((e, _)) => {
                let message = "a shim needs the `args` of its hole written out: `args: { … }`";
                let d = self.error("RC0201", e.span, message);
                self.report(d);
                return (Body::Value(self.at(e.span, ExprKind::Const(Value::Null))), Type::Error);
            }
        };
        let (body, ty) = match &self.program.item(decl).kind {
            ItemKind::Chain(_) | ItemKind::Mission(_) => self.chain_step(decl, callee, &given, key),
            ItemKind::Agent(_) => self.declared_step(decl, CalleeKind::Agent, callee, &given),
            _ => self.declared_step(decl, CalleeKind::Tool, callee, &given),
        };
        if !fits(&ty, wanted) {
            let name = self.program.plan_name(decl);
            let message = format!("the shim `{name}` gives `{ty}`, the hole needs `{wanted}`");
            let d = self.error("RC0201", callee.span, message);
            self.report(d);
        }
        (body, ty)
    }

    /// The signature of a chain, agent or tool.
    pub fn declared_signature(&mut self, decl: DeclRef, effects: Vec<EffectSpec>) -> Signature {
        let declared = self.program.callable(decl);
        let params = declared.params.iter().map(|p| {
            self.use_type(&p.ty);
            Param {
                name: p.name.clone(),
                doc: p.doc.clone(),
                ty: p.ty.clone(),
                labels: p.labels,
                trusted: p.trusted,
                sink: None,
                default: match (&p.default, p.optional) {
                    (Some(value), _) => Some(value.clone()),
                    (None, true) => Some(Value::Null),
                    (None, false) => None,
                },
            }
        });
        let params = params.collect();
        self.use_type(&declared.result);
        Signature {
            name: self.program.plan_name(decl),
            doc: self.program.item(decl).docs.text.clone(),
            type_params: Vec::new(),
            params,
            result: declared.result.clone(),
            result_labels: declared.result_labels,
            pure: false,
            effects,
            replay: Vec::new(),
            raises: Vec::new(),
        }
    }
}

fn named<'a>(args: &'a [Arg], name: &str) -> Option<&'a ast::Expr> {
    args.iter().find(|a| a.name.as_ref().is_some_and(|n| n.text == name)).map(|a| &a.value)
}

fn hole_signature() -> Signature {
    let param = |name: &str, ty: Type, default: Option<Value>| Param {
        name: name.into(),
        doc: String::new(),
        ty,
        labels: Labels::NONE,
        trusted: false,
        sink: None,
        default,
    };
    Signature {
        name: "hole".into(),
        doc: "A construct that the importer could not carry.".into(),
        type_params: vec![("T".into(), None)],
        params: vec![
            param("kind", Type::String, None),
            param("source", Type::String, Some(Value::string(""))),
            param("args", Type::Json, Some(Value::json(serde_json::json!({})))),
        ],
        result: Type::Param("T".into()),
        result_labels: Labels::NONE,
        pure: false,
        effects: Vec::new(),
        replay: Vec::new(),
        raises: Vec::new(),
    }
}
