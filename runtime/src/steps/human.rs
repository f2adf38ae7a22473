//! `human.*`: questions to people.

use crate::people::Question;
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use rustchain_plan::{ErrorKind, Type, Value};

/// `human.ask`: the answer decoded against T.
pub async fn ask(call: StepCall<'_>) -> Result<Value, StepError> {
    let ty = convert::type_arg(&call, call.result);
    let answer = answer(&call, ty).await?;
    convert::decode(call.context, answer, ty)
}

/// `human.approve`: true or false.
pub async fn approve(call: StepCall<'_>) -> Result<Value, StepError> {
    match answer(&call, &Type::Bool).await? {
        serde_json::Value::Bool(yes) => Ok(Value::Bool(yes)),
        other => Err(StepError::new(ErrorKind::Denied, format!("the answer is neither yes nor no: {other}"))),
    }
}

async fn answer(call: &StepCall<'_>, ty: &Type) -> Result<serde_json::Value, StepError> {
    let question = Question {
        path: call.path.to_owned(),
        subject: call.text("subject")?.to_owned(),
        body: call.opt_text("body")?.unwrap_or_default().to_owned(),
        by: call.texts("by")?.into_iter().map(str::to_owned).collect(),
        schema: rustchain_plan::json_schema(ty, &call.context.plan.schemas),
    };
    let Some(people) = &call.context.people else {
        let message = format!("nobody can be asked in this run: {}", question.subject);
        return Err(StepError::new(ErrorKind::Denied, message));
    };
    let subject = question.subject.clone();
    let answer = people.ask(question).await;
    answer.ok_or_else(|| StepError::new(ErrorKind::Denied, format!("no answer to: {subject}")))
}
