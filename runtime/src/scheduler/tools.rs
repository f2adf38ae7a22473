//! Callables offered to a model, called by it.

use super::effects::{Admitted, requests, within_pin};
use super::frame::Frame;
use super::{Engine, Fail};
use crate::codec;
use crate::in_force::Called;
use crate::mock::Mocked;
use crate::registry;
use crate::step::{Run, StepCall, StepError, ToolHost};
use futures_util::future::BoxFuture;
use rustchain_plan::plan::{CalleeKind, ToolRef};
use rustchain_plan::{ErrorKind, Signature, Type, Value};
use serde_json::Value as Json;
use smol_str::{SmolStr, format_smolstr};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Runs tools on the engine that runs their caller.
pub(super) struct Tools<'e> {
    pub engine: &'e Engine<'e>,
    /// The called missions that the caller lies in.
    pub called: Called<'e>,
}

impl ToolHost for Tools<'_> {
    fn invoke<'b>(
        &'b self,
        tool: &'b ToolRef,
        args: Json,
        path: &'b str,
    ) -> BoxFuture<'b, Result<Value, StepError>> {
        let engine = self.engine;
        Box::pin(async move {
            let path = format_smolstr!("{path}/{}", tool.callee);
            let Json::Object(args) = args else {
                return Err(StepError::invalid(format!("the arguments of `{}` are no object", tool.callee)));
            };
            match tool.kind {
                None => engine.chain_tool(tool, args, path, self.called.clone()).await,
                Some(kind) => engine.callable_tool(tool, kind, args, path, self.called.clone()).await,
            }
        })
    }
}

type Object = serde_json::Map<String, Json>;

impl<'e> Engine<'e> {
    async fn chain_tool(
        &'e self,
        tool: &ToolRef,
        mut args: Object,
        path: SmolStr,
        called: Called<'e>,
    ) -> Result<Value, StepError> {
        let Some(region) = self.chain_tools.get(&tool.callee) else {
            return Err(StepError::invalid(format!("the plan has no chain `{}`", tool.callee)));
        };
        let mut params = Vec::with_capacity(region.source.params.len());
        let signature = self.plan.signatures.get(&tool.callee);
        for param in &region.source.params {
            let declared = signature.and_then(|s| s.params.iter().find(|p| p.name == param.name));
            let default = declared.and_then(|p| p.default.clone());
            let value = match (args.remove(param.name.as_str()), default) {
                (None, Some(default)) => default,
                (given, _) => codec::decode(&given.unwrap_or(Json::Null), &param.ty, &self.plan.schemas)
                    .map_err(|e| named(&param.name, e))?,
            };
            params.push((param.name.clone(), value));
        }
        no_more(tool, &args)?;
        let cancel = self.context.cancel.child();
        let frame =
            Arc::new(Frame::new(region, params.clone(), None, format_smolstr!("{path}/"), cancel, called));
        for (param, (_, value)) in region.source.params.iter().zip(&params) {
            if let Some(constraint) = &param.constraint {
                self.holds(&frame, constraint, &param.name, value)?;
            }
        }
        match self.region_value(frame).await {
            Ok(value) => Ok(value),
            Err(Fail::Error(error) | Fail::Final(error)) => Err(error),
            Err(Fail::Cancelled) => {
                Err(StepError::new(ErrorKind::Failed, format!("`{}` was cancelled", tool.callee)))
            }
        }
    }

    async fn callable_tool(
        &'e self,
        tool: &ToolRef,
        kind: CalleeKind,
        args: Object,
        path: SmolStr,
        called: Called<'e>,
    ) -> Result<Value, StepError> {
        let Some(signature) = self.plan.signatures.get(&tool.callee) else {
            return Err(StepError::invalid(format!("the plan has no signature of `{}`", tool.callee)));
        };
        let type_args: Vec<Type> =
            signature.type_params.iter().map(|(_, default)| default.clone().unwrap_or(Type::Json)).collect();
        let values = self.tool_args(tool, signature, &type_args, args)?;
        let admitted = self.check_tool(&called, tool, signature, &values, &path)?;
        if let Some(mocks) = &self.mocks {
            match mocks.reply(&tool.callee, kind, &path, signature, &self.plan.schemas) {
                Mocked::Value(value) => {
                    if value.is_ok() {
                        self.succeeded(&called, &admitted);
                    }
                    return value;
                }
                Mocked::Unmocked(error) => return Err(error),
                Mocked::Real => {}
            }
        }
        let run = match kind {
            CalleeKind::Step => registry::find(&tool.callee).map(|kind| kind.run),
            CalleeKind::Tool => registry::TOOL,
            CalleeKind::Agent => registry::AGENT,
            CalleeKind::Hole => None,
        };
        let (handles, host) = (BTreeMap::new(), Tools { engine: self, called: called.clone() });
        let result = instantiate(&signature.result, signature, &type_args);
        let cancel = self.context.cancel.child();
        let call = StepCall {
            callee: &tool.callee,
            signature,
            args: values,
            type_args: &type_args,
            result: &result,
            handles: &handles,
            effects: &tool.effects,
            policies: &admitted.policies,
            path: &path,
            attempt: 1,
            deadline: None,
            cancel,
            context: &self.context,
            tools: &host,
        };
        self.journal.step_started(&path, &tool.callee, 1);
        let result = match run {
            Some(Run::Inline(run)) => run(&call),
            Some(Run::Async(run)) => run(call).await,
            None => Err(StepError::invalid(format!("this build cannot run `{}`", tool.callee))),
        };
        if result.is_ok() {
            self.succeeded(&called, &admitted);
        }
        result
    }

    fn tool_args(
        &self,
        tool: &ToolRef,
        signature: &Signature,
        type_args: &[Type],
        mut args: Object,
    ) -> Result<Vec<Value>, StepError> {
        let mut values = Vec::with_capacity(signature.params.len());
        for param in &signature.params {
            values.push(match (args.remove(param.name.as_str()), &param.default) {
                (Some(json), _) => {
                    let ty = instantiate(&param.ty, signature, type_args);
                    codec::decode(&json, &ty, &self.plan.schemas).map_err(|e| named(&param.name, e))?
                }
                (None, Some(default)) => default.clone(),
                (None, None) if matches!(param.ty, Type::Optional(_)) => Value::Null,
                (None, None) => {
                    return Err(StepError::invalid(format!("`{}` needs `{}`", tool.callee, param.name)));
                }
            });
        }
        no_more(tool, &args)?;
        Ok(values)
    }

    /// A tool's arguments come from a model: its pin and the policy are decided on each call.
    fn check_tool(
        &self,
        called: &Called<'e>,
        tool: &ToolRef,
        signature: &Signature,
        args: &[Value],
        path: &SmolStr,
    ) -> Result<Admitted<'e>, StepError> {
        let requests = requests(signature, args, |_| None);
        if let Some(pin) = &tool.pin {
            for (kind, value) in &requests {
                if !within_pin(*kind, value, pin) {
                    let message =
                        format!("`{}` is pinned to `{pin}`, which `{value}` is outside of", tool.callee);
                    return Err(StepError::new(ErrorKind::Refused, message));
                }
            }
        }
        self.check_tool_effects(called, tool, signature, args, &requests, path)
    }
}

fn no_more(tool: &ToolRef, rest: &Object) -> Result<(), StepError> {
    match rest.keys().next() {
        Some(name) => Err(StepError::invalid(format!("`{}` has no parameter `{name}`", tool.callee))),
        None => Ok(()),
    }
}

fn named(param: &str, error: StepError) -> StepError {
    StepError { message: format!("`{param}`: {}", error.message), ..error }
}

/// A type of a signature with its parameters replaced.
fn instantiate(ty: &Type, signature: &Signature, args: &[Type]) -> Type {
    let inner = |ty: &Type| Box::new(instantiate(ty, signature, args));
    match ty {
        Type::Param(name) => {
            let at = signature.type_params.iter().position(|(param, _)| param == name);
            at.and_then(|at| args.get(at)).cloned().unwrap_or(Type::Json)
        }
        Type::List(item) => Type::List(inner(item)),
        Type::Map(item) => Type::Map(inner(item)),
        Type::Optional(item) => Type::Optional(inner(item)),
        Type::Record(fields) => {
            let fields = fields.iter().map(|(name, ty)| (name.clone(), instantiate(ty, signature, args)));
            Type::Record(fields.collect())
        }
        other => other.clone(),
    }
}
