//! Output parsers.

use super::data::{data, kwargs};
use super::model::{Data, Effect, OpKind, Parser};
use super::names::Name;
use super::state::{M, make};
use crate::python::{Args, Eval, Site, Value};

/// A call of a class of parsers.
pub(super) fn call(m: &mut M<'_>, name: &Name<'_>, args: &Args, site: Site) -> Eval<Option<Value>> {
    if !is_parser(name.name)
        || !matches!(name.method, "" | "from_llm" | "from_response_schemas" | "from_rail_string")
    {
        return Ok(None);
    }
    let class = match name.name {
        // Another name of the same class.
        "SimpleJsonOutputParser" => "JsonOutputParser",
        other => other,
    };
    let wanted = args.named("pydantic_object").or(args.named("pydantic_schema")).or(match class {
        "PydanticOutputParser" => args.pos.first(),
        _ => None,
    });
    let schema = match wanted.cloned() {
        Some(value) => {
            let schema = super::structured::schema_of(m, &value, site);
            if schema.is_none() {
                m.host.lose(Effect::Setting, format!("the schema of `{class}` is not known"), site);
            }
            schema
        }
        None => None,
    };
    let mut given: Vec<(String, Data)> = kwargs(m, args);
    given.retain(|(k, _)| !matches!(k.as_str(), "pydantic_object" | "pydantic_schema"));
    if let (Some(first), "StructuredOutputParser") = (args.pos.first(), class) {
        given.push(("response_schemas".into(), data(m, first)));
    }
    Ok(Some(make(m, OpKind::Parser(Parser { class: class.to_owned(), schema, args: given }), site)))
}

/// Is this a class of output parsers?
pub(super) fn is_parser(class: &str) -> bool {
    class.ends_with("OutputParser")
        || class.ends_with("ToolsParser")
        || class.ends_with("OutputFixingParser")
        || matches!(
            class,
            "JsonOutputKeyToolsParser"
                | "RegexParser"
                | "RegexDictParser"
                | "JsonKeyOutputFunctionsParser"
                | "PydanticOutputFunctionsParser"
                | "JsonOutputFunctionsParser"
                | "PydanticAttrOutputFunctionsParser"
                | "RetryWithErrorOutputParser"
                | "GuardrailsOutputParser"
        )
}

/// A parser that LangChain adds by itself.
pub(super) fn implied(class: &str, schema: Option<super::model::Schema>) -> OpKind {
    OpKind::Parser(Parser { class: class.into(), schema, args: Vec::new() })
}
