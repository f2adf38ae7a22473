//! Canonical JSON (RFC 8785): one text for each value, for hashes and signatures.

use serde::Serialize;
use serde::ser::{self, Error as _};
use serde_json::{Error, Number, Value as Json};
use std::cmp::Ordering;
use std::fmt::Write as _;
use std::ops::Range;

/// The canonical text. Numbers are IEEE doubles, as the RFC has it: ints beyond 2^53 lose digits; keep
/// them in strings where they matter.
pub fn to_string(json: &Json) -> String {
    let mut writer = Writer::default();
    // The keys of a JSON value are strings, which is all that a writer asks for.
    let _ = json.serialize(&mut writer);
    writer.text
}

/// Writes the canonical text of whatever is serialised with it.
#[derive(Default)]
pub(crate) struct Writer {
    /// What was written.
    pub text: String,
    /// The list of nodes of each region of a plan becomes an object: by id, what else the node holds.
    pub nodes_by_id: bool,
    /// A member of the next struct that is left out.
    pub omitted: Option<&'static str>,
    /// What the member held that the last object left out.
    left_out: String,
    /// The next list is one of nodes.
    is_nodes: bool,
    /// The members of the objects that have not ended, the outermost first.
    members: Vec<Member>,
    /// Their keys.
    keys: String,
    /// Where members change places.
    sorted: String,
}

/// A member of an object: where its key and its text are.
struct Member {
    key: Range<usize>,
    text: Range<usize>,
}

impl Writer {
    fn items(&mut self, close: &'static str) -> Items<'_> {
        if std::mem::take(&mut self.is_nodes) {
            return Items::Nodes(self.object("", "}"));
        }
        self.text.push('[');
        Items::List(List { is_first: true, close, writer: self })
    }

    fn object(&mut self, name: &'static str, close: &'static str) -> Object<'_> {
        self.text.push('{');
        let (start, first, keys) = (self.text.len(), self.members.len(), self.keys.len());
        let omitted = self.omitted.take();
        Object { name, start, first, keys, omitted, left_out: String::new(), close, writer: self }
    }

    /// An object of one member, whose value follows.
    fn variant(&mut self, name: &str) {
        self.text.push('{');
        write_string(name, &mut self.text);
        self.text.push(':');
    }
}

/// A list on its way.
pub(crate) enum Items<'w> {
    List(List<'w>),
    /// The nodes of a region, as an object.
    Nodes(Object<'w>),
}

/// A list that stays one.
pub(crate) struct List<'w> {
    writer: &'w mut Writer,
    is_first: bool,
    close: &'static str,
}

impl Items<'_> {
    fn item(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        match self {
            Items::List(list) => {
                if !std::mem::take(&mut list.is_first) {
                    list.writer.text.push(',');
                }
                value.serialize(&mut *list.writer)
            }
            Items::Nodes(object) => object.node(value),
        }
    }

    fn close(self) {
        match self {
            Items::List(list) => list.writer.text.push_str(list.close),
            Items::Nodes(object) => object.close(),
        }
    }
}

/// An object on its way: its members are written as they come and sorted at its end.
pub(crate) struct Object<'w> {
    writer: &'w mut Writer,
    /// Of the struct; empty for a map.
    name: &'static str,
    /// Where its text begins.
    start: usize,
    /// Where its members begin.
    first: usize,
    /// Where their keys begin.
    keys: usize,
    omitted: Option<&'static str>,
    /// What the omitted member holds.
    left_out: String,
    close: &'static str,
}

impl Object<'_> {
    fn key(&mut self, key: &str) {
        let Writer { text, members, keys, .. } = &mut *self.writer;
        let (start, at) = (text.len(), keys.len());
        keys.push_str(key);
        write_string(key, text);
        text.push(':');
        members.push(Member { key: at..keys.len(), text: start..start });
    }

    fn value(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        value.serialize(&mut *self.writer)?;
        if let Some(member) = self.writer.members.last_mut() {
            member.text.end = self.writer.text.len();
        }
        self.writer.text.push(',');
        Ok(())
    }

    fn field(&mut self, key: &'static str, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        if self.omitted == Some(key) {
            self.left_out = text_of(value)?;
            return Ok(());
        }
        self.writer.is_nodes = self.writer.nodes_by_id && self.name == "Region" && key == "nodes";
        self.key(key);
        self.value(value)
    }

    /// A node under its id.
    fn node(&mut self, node: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        let start = self.writer.text.len();
        self.writer.omitted = Some("id");
        node.serialize(&mut *self.writer)?;
        let body = self.writer.text.split_off(start);
        let id = std::mem::take(&mut self.writer.left_out);
        self.key(&id);
        let Writer { text, members, .. } = &mut *self.writer;
        text.push_str(&body);
        if let Some(member) = members.last_mut() {
            member.text.end = text.len();
        }
        text.push(',');
        Ok(())
    }

    fn close(self) {
        let Writer { text, members, keys, sorted, .. } = self.writer;
        let own = members.get_mut(self.first..).unwrap_or_default();
        let key = |member: &Member| keys.get(member.key.clone()).unwrap_or_default();
        if !own.is_sorted_by(|a, b| utf16_order(key(a), key(b)).is_le()) {
            own.sort_by(|a, b| utf16_order(key(a), key(b)));
            sorted.clear();
            for member in &*own {
                sorted.push_str(text.get(member.text.clone()).unwrap_or_default());
                sorted.push(',');
            }
            text.truncate(self.start);
            text.push_str(sorted);
        }
        if !own.is_empty() {
            text.pop();
        }
        members.truncate(self.first);
        keys.truncate(self.keys);
        text.push_str(self.close);
        self.writer.left_out = self.left_out;
    }
}

impl<'w> ser::Serializer for &'w mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Items<'w>;
    type SerializeTuple = Items<'w>;
    type SerializeTupleStruct = Items<'w>;
    type SerializeTupleVariant = Items<'w>;
    type SerializeMap = Object<'w>;
    type SerializeStruct = Object<'w>;
    type SerializeStructVariant = Object<'w>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.text.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.serialize_i64(i64::from(value))
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.serialize_i64(i64::from(value))
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.serialize_i64(i64::from(value))
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        if value.unsigned_abs() > EXACT {
            return self.serialize_f64(value as f64);
        }
        // Writing to a string does not fail.
        let _ = write!(self.text, "{value}");
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.serialize_u64(u64::from(value))
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.serialize_u64(u64::from(value))
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.serialize_u64(u64::from(value))
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        match i64::try_from(value) {
            Ok(value) => self.serialize_i64(value),
            Err(_) => self.serialize_f64(value as f64),
        }
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.serialize_f64(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        if !value.is_finite() {
            return self.serialize_unit();
        }
        self.text.push_str(&format_double(value));
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        write_string(value, &mut self.text);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.text.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(variant);
        value.serialize(&mut *self)?;
        self.text.push('}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'w>, Error> {
        Ok(self.items("]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'w>, Error> {
        Ok(self.items("]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'w>, Error> {
        Ok(self.items("]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'w>, Error> {
        self.variant(variant);
        Ok(self.items("]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object<'w>, Error> {
        Ok(self.object("", "}"))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Object<'w>, Error> {
        Ok(self.object(name, "}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object<'w>, Error> {
        self.variant(variant);
        Ok(self.object("", "}}"))
    }
}

impl ser::SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTuple for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTupleStruct for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTupleVariant for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStruct for Object<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        self.field(key, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStructVariant for Object<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        self.field(key, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeMap for Object<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key(&text_of(key)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

/// The text of a key: a string, or a variant without data, which is written as one.
fn text_of(key: &(impl Serialize + ?Sized)) -> Result<String, Error> {
    match serde_json::to_value(key)? {
        Json::String(key) => Ok(key),
        _ => Err(Error::custom("a key must be a string")),
    }
}

/// The largest int up to which every int is a double.
const EXACT: u64 = 1 << 53;

/// The order of two texts by their UTF-16 units. That of their bytes is the same, save that characters beyond the
/// first plane, which begin with the byte 0xF0 or a higher one, stand before those that begin with 0xEE or 0xEF.
pub(crate) fn utf16_order(a: &str, b: &str) -> Ordering {
    let rank = |byte: u8| match byte {
        0xEE | 0xEF => byte + 5,
        0xF0.. => byte - 2,
        _ => byte,
    };
    let differing = a.bytes().zip(b.bytes()).find(|(x, y)| x != y);
    differing.map_or_else(|| a.len().cmp(&b.len()), |(x, y)| rank(x).cmp(&rank(y)))
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        out.push_str(text);
        out.push('"');
        return;
    }
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            // Writing to a string does not fail.
            c if c < ' ' => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A finite double as ECMAScript's `Number.prototype.toString` writes it.
pub fn format_double(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return "0".to_owned();
    }
    let sign = if number < 0.0 { "-" } else { "" };
    // serde_json writes the shortest digits that give the number back, of two the even ones, as ECMAScript
    // does; only their layout differs.
    let text = Number::from_f64(number.abs()).map_or_else(String::new, |n| n.to_string());
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let padded = format!("{whole}{fraction}");
    let digits = padded.trim_start_matches('0');
    let zeros = padded.len() - digits.len();
    // The decimal point stands after this many digits.
    let point = exponent.parse::<i32>().unwrap_or(0) + whole.len() as i32 - zeros as i32;
    format!("{sign}{}", layout(digits.trim_end_matches('0'), point))
}

fn layout(digits: &str, point: i32) -> String {
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    if length <= point && point <= 21 {
        return format!("{digits}{}", zeros(point - length));
    }
    if 0 < point && point <= 21 {
        let (whole, fraction) =
            digits.split_at_checked(point.unsigned_abs() as usize).unwrap_or((digits, ""));
        return format!("{whole}.{fraction}");
    }
    if -6 < point && point <= 0 {
        return format!("0.{}{digits}", zeros(-point));
    }
    let exponent = point - 1;
    let sign = if exponent < 0 { '-' } else { '+' };
    let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
    let dot = if rest.is_empty() { "" } else { "." };
    format!("{first}{dot}{rest}e{sign}{}", exponent.abs())
}
