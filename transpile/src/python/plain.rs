//! Data of a JSON or YAML file, with the members of an object in their order.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Plain data.
#[derive(Clone, Debug, PartialEq)]
pub enum Plain {
    /// `null`.
    Null,
    /// A bool.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Str(String),
    /// A list.
    List(Vec<Plain>),
    /// Members in order; the last of equal keys counts.
    Map(Vec<(String, Plain)>),
}

impl Plain {
    /// The data of a JSON text.
    ///
    /// # Errors
    /// The text is not JSON.
    pub fn from_json(text: &str) -> Result<Plain, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// JSON text with Python's separators; `indent` spaces a level.
    pub fn to_json(&self, indent: Option<usize>) -> String {
        let mut out = String::new();
        self.write(&mut out, indent, 1);
        out
    }

    fn write(&self, out: &mut String, indent: Option<usize>, level: usize) {
        let line = |out: &mut String, level: usize| {
            if let Some(width) = indent {
                out.push('\n');
                out.push_str(&" ".repeat(width * level));
            }
        };
        let comma = if indent.is_some() { "," } else { ", " };
        match self {
            Plain::Null => out.push_str("null"),
            Plain::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Plain::Int(i) => out.push_str(&i.to_string()),
            Plain::Float(f) => out.push_str(&super::text::float_text(*f)),
            Plain::Str(s) => write_text(s, out),
            Plain::List(items) if items.is_empty() => out.push_str("[]"),
            Plain::Map(items) if items.is_empty() => out.push_str("{}"),
            Plain::List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i > 0 { comma } else { "" });
                    line(out, level);
                    item.write(out, indent, level + 1);
                }
                line(out, level - 1);
                out.push(']');
            }
            Plain::Map(items) => {
                out.push('{');
                for (i, (key, value)) in items.iter().enumerate() {
                    out.push_str(if i > 0 { comma } else { "" });
                    line(out, level);
                    write_text(key, out);
                    out.push_str(": ");
                    value.write(out, indent, level + 1);
                }
                line(out, level - 1);
                out.push('}');
            }
        }
    }
}

/// A JSON string in ASCII, as Python writes it.
fn write_text(text: &str, out: &mut String) {
    for c in serde_json::Value::from(text).to_string().chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        let mut units = [0u16; 2];
        for unit in c.encode_utf16(&mut units) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
}

impl From<&str> for Plain {
    fn from(text: &str) -> Self {
        Plain::Str(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Plain;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("JSON data")
            }

            fn visit_unit<E>(self) -> Result<Plain, E> {
                Ok(Plain::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Plain, E> {
                Ok(Plain::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Plain, E> {
                Ok(Plain::Int(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Plain, E> {
                Ok(i64::try_from(value).map_or(Plain::Float(value as f64), Plain::Int))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Plain, E> {
                Ok(Plain::Float(value))
            }

            fn visit_str<E>(self, value: &str) -> Result<Plain, E> {
                Ok(Plain::Str(value.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Plain, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Plain::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Plain, A::Error> {
                let mut items: Vec<(String, Plain)> = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    items.push(entry);
                }
                Ok(Plain::Map(items))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
