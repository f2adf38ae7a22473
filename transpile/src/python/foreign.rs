//! What a file keeps on objects that are not read: `st.session_state.chain = …`, `app.state["llm"] = …`,
//! `cl.user_session.set("agent", …)`.

use super::host::Host;
use super::machine::Machine;
use super::value::{Args, SymbolKind, Value};
use std::rc::Rc;

/// Whether something of that name is a key, a token or a password.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_uppercase();
    ["KEY", "TOKEN", "SECRET", "PASSWORD"].iter().any(|word| name.contains(word))
}

impl<H: Host> Machine<'_, H> {
    /// A name of the place `base.name`, the same for every mention of it; `None` where `base` is read or has no place.
    fn place(&self, base: &Value, name: &str, depth: u32) -> Option<String> {
        let base = match base {
            Value::External(path) if !path.starts_with("builtins.") => path.to_string(),
            Value::Symbol(symbol) => match &symbol.kind {
                SymbolKind::Attr(base, name) if depth < 8 => self.place(base, name, depth + 1)?,
                _ if symbol.assumed.is_none() => format!("#{:p}", Rc::as_ptr(symbol)),
                _ => return None,
            },
            _ => return None,
        };
        Some(format!("{base}.{name}"))
    }

    /// Keeps `value` as `base.name` or `base["name"]`; false where `base` is read, and of a key or token, whose text shall not
    /// come out anywhere.
    pub(super) fn keep(&mut self, base: &Value, name: &str, value: &Value) -> bool {
        if matches!(value, Value::Str(_)) && is_secret(name) {
            return false;
        }
        let Some(place) = self.place(base, name, 0) else { return false };
        self.memory += 96 + place.len();
        // The base stays alive, so that its address stays its own.
        self.kept.insert(place.into(), (base.clone(), value.clone()));
        true
    }

    /// What the file kept as `base.name` or `base["name"]`.
    pub(super) fn kept(&self, base: &Value, name: &str) -> Option<Value> {
        if self.kept.is_empty() {
            return None;
        }
        let place = self.place(base, name, 0)?;
        self.kept.get(place.as_str()).map(|(_, value)| value.clone())
    }

    /// `base.set("name", value)` and `base.get("name")` of an object of a library.
    pub(super) fn call_keeper(&mut self, path: &str, args: &Args) -> Option<Value> {
        let (base, method) = path.rsplit_once('.')?;
        let name = args.pos.first().and_then(Value::as_str)?.to_owned();
        let base = Value::External(base.into());
        match (method, args.pos.get(1)) {
            ("set", Some(value)) => {
                let value = value.clone();
                self.keep(&base, &name, &value).then_some(Value::None)
            }
            ("get", _) => self.kept(&base, &name),
            _ => None,
        }
    }

    /// `os.getenv("NAME")` of an environment variable that the file has set.
    pub(super) fn variable_set(&self, path: &str, args: &Args) -> Option<Value> {
        if !matches!(path, "os.getenv" | "os.environ.get") {
            return None;
        }
        self.kept(&Value::External("os.environ".into()), args.pos.first()?.as_str()?)
    }

    /// `"name" in st.session_state`: the session of a page begins empty.
    pub(super) fn is_kept(&self, base: &Value, name: &str) -> Option<bool> {
        match base {
            _ if self.kept(base, name).is_some() => Some(true),
            Value::External(path) if path.ends_with(".session_state") => Some(false),
            _ => None,
        }
    }
}
