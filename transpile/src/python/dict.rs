//! A dict that keeps the order of insertion, as Python's does.

use super::value::{ObjId, Value};
use std::collections::HashMap;
use std::rc::Rc;

/// A hashable form of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// `None`.
    None,
    /// An integer or bool (`True == 1`).
    Int(i64),
    /// A float, by bits.
    Float(u64),
    /// Text.
    Str(Rc<str>),
    /// Bytes.
    Bytes(Rc<[u8]>),
    /// A tuple.
    Tuple(Vec<Key>),
    /// A timedelta.
    Delta(i64),
    /// Something of an unread module.
    External(Rc<str>),
    /// By identity.
    Obj(ObjId),
    /// A host object.
    Native(u16, u32),
    /// A point in time, printed.
    Time(String),
}

/// Keys and values in order of insertion.
#[derive(Clone, Debug, Default)]
pub struct Dict {
    entries: Vec<Option<(Key, Value, Value)>>,
    index: HashMap<Key, usize>,
    live: usize,
    /// True where keys are not all known: lookups of absent keys are unknown.
    pub open: bool,
}

impl Dict {
    /// An empty dict.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.live
    }

    /// True where there is no entry.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// The value of a key.
    pub fn get(&self, key: &Key) -> Option<&Value> {
        let at = *self.index.get(key)?;
        self.entries.get(at)?.as_ref().map(|(_, _, v)| v)
    }

    /// The value of a string key.
    pub fn get_str(&self, key: &str) -> Option<&Value> {
        self.get(&Key::Str(key.into()))
    }

    /// Sets a value; an existing key keeps its place.
    pub fn insert(&mut self, key: Key, shown: Value, value: Value) {
        if let Some(slot) =
            self.index.get(&key).and_then(|at| self.entries.get_mut(*at)).and_then(Option::as_mut)
        {
            slot.2 = value;
            return;
        }
        self.index.insert(key.clone(), self.entries.len());
        self.entries.push(Some((key, shown, value)));
        self.live += 1;
    }

    /// Sets the value of a string key.
    pub fn insert_str(&mut self, key: &str, value: Value) {
        let key: Rc<str> = key.into();
        self.insert(Key::Str(key.clone()), Value::Str(key), value);
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &Key) -> Option<Value> {
        let at = self.index.remove(key)?;
        let taken = self.entries.get_mut(at)?.take()?;
        self.live -= 1;
        if self.entries.len() > 32 && self.live * 2 < self.entries.len() {
            self.compact();
        }
        Some(taken.2)
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.index.clear();
        self.live = 0;
    }

    /// Keys as they were written, with their values, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Value, &Value)> {
        self.entries.iter().flatten().map(|(_, k, v)| (k, v))
    }

    /// Hashable keys with what was written and the values, in order.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (&Key, &Value, &Value)> {
        self.entries.iter().flatten().map(|(h, k, v)| (h, k, v))
    }

    fn compact(&mut self) {
        self.entries.retain(Option::is_some);
        self.index = self.entries.iter().flatten().enumerate().map(|(i, (k, _, _))| (k.clone(), i)).collect();
    }
}
