//! `csv.*`.

use crate::step::{StepCall, StepError};
use crate::steps::{convert, rows};
use ::csv::{ReaderBuilder, StringRecord, WriterBuilder};
use rustchain_plan::{ErrorKind, Type, Value};
use serde_json::{Map, Value as Json};

/// `csv.parse`.
pub fn parse(call: &StepCall<'_>) -> Result<Value, StepError> {
    let ty = convert::type_arg(call, &Type::Json);
    let schemas = &call.context.plan.schemas;
    let given = call.texts("columns")?;
    let text = call.text("text")?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(call)?)
        .has_headers(given.is_empty())
        .flexible(false)
        .from_reader(text.as_bytes());
    let header: Vec<String> = if given.is_empty() {
        reader.headers().map_err(failed)?.iter().map(str::to_owned).collect()
    } else {
        given.into_iter().map(str::to_owned).collect()
    };
    if let Some(name) = header.iter().enumerate().find(|(i, n)| header.iter().take(*i).any(|o| o == *n)) {
        return Err(StepError::new(ErrorKind::ParseError, format!("two columns are named `{}`", name.1)));
    }
    let columns = rows::columns(ty, schemas);
    let mut list = Vec::new();
    for record in reader.records() {
        let record = record.map_err(failed)?;
        let line = record.position().map_or(0, ::csv::Position::line);
        if record.len() != header.len() {
            let message = format!("line {line} has {} fields, not {}", record.len(), header.len());
            return Err(StepError::new(ErrorKind::ParseError, message));
        }
        let cell = |(name, text): (&String, &str)| {
            let ty = rows::column_type(columns.as_deref(), ty, name);
            (name.clone(), rows::from_text(text, ty, schemas))
        };
        let object: Map<String, Json> = header.iter().zip(record.iter()).map(cell).collect();
        list.push(convert::decode(call.context, Json::Object(object), ty).map_err(|mut e| {
            e.message = format!("line {line}: {}", e.message);
            e
        })?);
    }
    Ok(Value::list(list))
}

/// `csv.render`: columns in the order of the type's fields, else by name.
pub fn render(call: &StepCall<'_>) -> Result<Value, StepError> {
    let ty = convert::type_arg(call, &Type::Json);
    let encoded: Vec<Json> =
        call.list("rows")?.iter().map(|row| convert::encode(call.context, row)).collect();
    if let Some(at) = encoded.iter().position(|row| !row.is_object()) {
        return Err(StepError::invalid(format!("row {at} is no record and no map")));
    }
    let columns = rows::columns_of(&encoded, ty, &call.context.plan.schemas);
    let mut writer = WriterBuilder::new().delimiter(delimiter(call)?).from_writer(Vec::new());
    let invalid = |e: ::csv::Error| StepError::invalid(format!("no CSV form: {e}"));
    if !columns.is_empty() {
        writer.write_record(columns.iter().map(|(name, _)| name)).map_err(invalid)?;
    }
    for row in &encoded {
        let cells: StringRecord = columns.iter().map(|(name, _)| rows::to_text(row.get(name))).collect();
        writer.write_record(&cells).map_err(invalid)?;
    }
    let bytes = writer.into_inner().map_err(|e| StepError::invalid(format!("no CSV form: {e}")))?;
    Ok(Value::string(String::from_utf8_lossy(&bytes)))
}

fn delimiter(call: &StepCall<'_>) -> Result<u8, StepError> {
    match call.text("delimiter")?.as_bytes() {
        [byte] if !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        _ => Err(StepError::invalid("`delimiter` is one ASCII character, no quote and no line break")),
    }
}

fn failed(error: ::csv::Error) -> StepError {
    let message = match (error.kind(), error.position()) {
        (::csv::ErrorKind::UnequalLengths { expected_len, len, .. }, Some(at)) => {
            format!("line {} has {len} fields, not {expected_len}", at.line())
        }
        _ => format!("no CSV: {error}"),
    };
    StepError::new(ErrorKind::ParseError, message)
}
