//! Callables of a plan as tools of a model.

use super::arguments::as_arguments;
use super::message::ToolSpec;
use crate::context::RunContext;
use crate::steps::convert;
use rustchain_plan::plan::ToolRef;
use rustchain_plan::{Signature, Type, Value};
use serde_json::{Map, Value as Json, json};

/// What a model is told of the tools.
pub fn specs(context: &RunContext, tools: &[ToolRef]) -> Vec<ToolSpec> {
    tools.iter().map(|tool| spec(context, tool)).collect()
}

fn spec(context: &RunContext, tool: &ToolRef) -> ToolSpec {
    let plan = &context.plan;
    let signature = plan.signatures.get(&tool.callee);
    let parameters = match (signature, plan.chain_tools.get(&tool.callee)) {
        (Some(signature), _) => params(context, signature),
        (None, Some(region)) => {
            let params = region.params.iter().map(|p| (p.name.as_str(), &p.ty, "", None));
            object(context, params)
        }
        (None, None) => object(context, std::iter::empty()),
    };
    let mut description = signature.map_or(String::new(), |s| s.doc.trim().to_owned());
    if let Some(pin) = &tool.pin {
        description = format!("{description}\nOnly for {pin}").trim().to_owned();
    }
    ToolSpec { name: tool.callee.to_string(), description, parameters }
}

fn params(context: &RunContext, signature: &Signature) -> Json {
    let params =
        signature.params.iter().filter(|p| !matches!(p.ty, Type::Provider | Type::Memory | Type::Tool));
    object(context, params.map(|p| (p.name.as_str(), &p.ty, p.doc.as_str(), p.default.as_ref())))
}

/// Name, type, doc, default.
fn object<'p>(
    context: &RunContext,
    params: impl Iterator<Item = (&'p str, &'p Type, &'p str, Option<&'p Value>)>,
) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, ty, doc, default) in params {
        let mut schema = as_arguments(rustchain_plan::json_schema(ty, &context.plan.schemas));
        if let Json::Object(map) = &mut schema {
            if !doc.trim().is_empty() {
                map.insert("description".to_owned(), Json::from(doc.trim()));
            }
            map.extend(default.map(|value| ("default".to_owned(), convert::encode(context, value))));
        }
        if default.is_none() && !matches!(ty, Type::Optional(_)) {
            required.push(name);
        }
        properties.insert(name.to_owned(), schema);
    }
    let mut out = Map::from_iter([
        ("type".to_owned(), Json::from("object")),
        ("properties".to_owned(), Json::Object(properties)),
    ]);
    if !required.is_empty() {
        out.insert("required".to_owned(), json!(required));
    }
    Json::Object(out)
}
