//! One call of a Python function.

use super::reply::read;
use super::worker::{Key, Workers};
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use rustchain_plan::plan::Tool;
use rustchain_plan::{EffectKind, ErrorKind, Value};
use serde_json::{Map, Value as Json, json};

/// Runs the tool `call.callee`: arguments as JSON by their names, the result decoded against its type. What
/// the function prints goes to the log. A call that is given up kills its worker.
pub async fn call(call: StepCall<'_>) -> Result<Value, StepError> {
    let Some(Tool::Python { file, function, requires }) = call.context.plan.tools.get(call.callee) else {
        return Err(StepError::invalid(format!("the plan has no tool `{}`", call.callee)));
    };
    let path = call.resolve(file);
    if !path.is_file() {
        return Err(StepError::new(ErrorKind::NotFound, format!("there is no file `{file}`")));
    }
    let key = Key { file: path, root: call.context.root.clone(), variables: variables(&call) };
    let request = json!({ "function": function, "args": arguments(&call), "requires": requires });
    let workers = call.context.shared(Workers::default);
    let mut worker = workers.take(&key)?;
    let answer = worker.ask(request).await;
    let printed = worker.printed().await;
    if !printed.is_empty() {
        call.log("output", json!({ "text": printed }));
    }
    let json = match answer {
        Ok(answer) => {
            workers.give_back(key, worker);
            read(&call, file, function, answer)?
        }
        Err(error) => {
            let status = worker.status().await;
            let message = format!("`{function}` of `{file}` ended its process ({status}): {error}");
            return Err(
                StepError::new(ErrorKind::Exception, message).with_detail(json!({ "stderr": printed }))
            );
        }
    };
    convert::decode(call.context, json, call.result).map_err(|mut e| {
        e.message = format!("`{function}` of `{file}` gave: {}", e.message);
        e
    })
}

fn arguments(call: &StepCall<'_>) -> Json {
    let params = call.signature.params.iter().zip(&call.args);
    let args = params.map(|(param, value)| (param.name.to_string(), convert::encode(call.context, value)));
    Json::Object(args.collect::<Map<_, _>>())
}

/// The environment variables that the tool declares as its effects.
fn variables(call: &StepCall<'_>) -> Vec<String> {
    let declared = call.effects.iter().filter(|e| e.kind == EffectKind::Env && e.pattern.is_literal());
    declared.map(|e| e.pattern.0.to_string()).collect()
}
