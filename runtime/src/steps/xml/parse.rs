//! `xml.parse`.

use crate::step::{StepCall, StepError};
use crate::steps::convert;
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use rustchain_plan::{ErrorKind, Value};
use serde_json::{Map, Value as Json, json};

/// How deep elements may stand in each other.
const DEPTH: usize = 100;

/// Gives the root element.
pub fn parse(call: &StepCall<'_>) -> Result<Value, StepError> {
    convert::decode(call.context, read(call.text("text")?)?, call.result)
}

#[derive(Default)]
struct Element {
    name: String,
    attributes: Map<String, Json>,
    text: String,
    children: Vec<Json>,
}

impl Element {
    fn json(self) -> Json {
        // Between children white space is layout.
        let text = if self.children.is_empty() { self.text.as_str() } else { self.text.trim() };
        json!({ "name": self.name, "attributes": self.attributes, "text": text, "children": self.children })
    }
}

fn read(text: &str) -> Result<Json, StepError> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let event = reader.read_event();
        let at = reader.buffer_position();
        match event.map_err(|e| failed(at, &e.to_string()))? {
            Event::Start(start) => {
                if open.len() >= DEPTH || (open.is_empty() && root.is_some()) {
                    return Err(failed(at, "more than one root, or elements too deep"));
                }
                open.push(element(&start, at)?);
            }
            Event::Empty(start) => close(element(&start, at)?, &mut open, &mut root, at)?,
            Event::End(_) => {
                if let Some(element) = open.pop() {
                    close(element, &mut open, &mut root, at)?;
                }
            }
            Event::Text(text) => add(&text.xml_content(XmlVersion::Implicit1_0), &mut open, at)?,
            Event::CData(text) => add(&text.xml_content(XmlVersion::Implicit1_0), &mut open, at)?,
            Event::GeneralRef(name) => {
                let text = entity(&name).ok_or_else(|| failed(at, &format!("the entity `&{};`", &*name)))?;
                add(&text, &mut open, at)?;
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    match (root, open.last()) {
        (Some(root), None) => Ok(root),
        (_, Some(element)) => {
            Err(failed(reader.buffer_position(), &format!("`<{}>` is not closed", element.name)))
        }
        (None, None) => Err(failed(0, "no element")),
    }
}

fn element(start: &BytesStart<'_>, at: u64) -> Result<Element, StepError> {
    let mut element = Element { name: start.name().into_inner().to_owned(), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| failed(at, &e.to_string()))?;
        let value =
            attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|e| failed(at, &e.to_string()))?;
        element.attributes.insert(attribute.key.into_inner().to_owned(), Json::from(value.into_owned()));
    }
    Ok(element)
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Json>, at: u64) -> Result<(), StepError> {
    match open.last_mut() {
        Some(parent) => parent.children.push(element.json()),
        None if root.is_none() => *root = Some(element.json()),
        None => return Err(failed(at, "more than one root element")),
    }
    Ok(())
}

fn add(text: &str, open: &mut [Element], at: u64) -> Result<(), StepError> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(failed(at, "text outside of the root element")),
    }
    Ok(())
}

/// The five of XML itself, and characters by number.
fn entity(name: &quick_xml::events::BytesRef<'_>) -> Option<String> {
    if let Ok(Some(c)) = name.resolve_char_ref() {
        return Some(c.to_string());
    }
    let text = match &**name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    };
    Some(text.to_owned())
}

fn failed(at: u64, message: &str) -> StepError {
    StepError::new(ErrorKind::ParseError, format!("no XML at byte {at}: {message}"))
}
