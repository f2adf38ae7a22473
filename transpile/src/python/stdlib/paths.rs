//! `os.path`, `pathlib` and files read while a file is loaded.

use crate::python::host::Host;
use crate::python::machine::{Eval, Machine};
use crate::python::value::{Args, Object, Site, Value};
use std::rc::Rc;

/// `os.path.join`.
pub(in crate::python) fn join_path(base: &str, part: &str) -> String {
    if part.starts_with('/') || base.is_empty() {
        return part.to_owned();
    }
    if base.ends_with('/') { format!("{base}{part}") } else { format!("{base}/{part}") }
}

/// A path as `pathlib` keeps it: without empty parts and `.`.
pub(in crate::python) fn tidy(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    let joined = parts.join("/");
    match (path.starts_with('/'), joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}

fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) => "/",
        Some(at) => path.get(..at).unwrap_or(""),
        None => "",
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn split_ext(path: &str) -> (&str, &str) {
    let name_start = path.len() - file_name(path).len();
    match path.get(name_start + 1..).and_then(|n| n.rfind('.')) {
        Some(dot) => path.split_at(name_start + 1 + dot),
        None => (path, ""),
    }
}

fn normalise(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            ".." if path.starts_with('/') => {}
            other => parts.push(other),
        }
    }
    let joined = parts.join("/");
    match (path.starts_with('/'), joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}

impl<H: Host> Machine<'_, H> {
    pub(super) fn call_paths(&mut self, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        let texts: Option<Vec<String>> = args.pos.iter().map(|a| self.text(a)).collect();
        if matches!(path, "os.path.join" | "pathlib.Path" | "pathlib.PurePath") && texts.is_none() {
            let mut parts = Vec::new();
            for (i, part) in args.pos.iter().enumerate() {
                if i > 0 {
                    parts.push(Value::str("/"));
                }
                parts.push(part.clone());
            }
            return self.concat(parts, site.span).map(Some);
        }
        let Some(texts) = texts else { return Ok(None) };
        let first = texts.first().map_or("", String::as_str);
        let joined = || texts.iter().skip(1).fold(first.to_owned(), |base, part| join_path(&base, part));
        Ok(Some(match path {
            "os.path.join" => Value::str(joined()),
            "os.path.dirname" => Value::str(parent(first)),
            "os.path.basename" => Value::str(file_name(first)),
            "os.path.abspath" | "os.path.realpath" | "os.path.normpath" | "os.path.expanduser" => {
                Value::str(normalise(first))
            }
            "os.path.splitext" => {
                let (stem, ext) = split_ext(first);
                self.tuple(vec![Value::str(stem), Value::str(ext)])
            }
            "os.path.split" => self.tuple(vec![Value::str(parent(first)), Value::str(file_name(first))]),
            "os.path.exists" | "os.path.isfile" if self.vfs.exists(first) => Value::Bool(true),
            "os.path.isabs" => Value::Bool(first.starts_with('/')),
            "os.fspath" => Value::str(first),
            "pathlib.Path" | "pathlib.PurePath" | "pathlib.PosixPath" => {
                self.alloc(Object::Path(tidy(&joined()).into()))
            }
            _ => return Ok(None),
        }))
    }

    pub(in crate::python) fn path_attr(&mut self, base: &Value, name: &str) -> Option<Value> {
        let Some(Object::Path(path)) = self.object_of(base) else { return None };
        let path = path.clone();
        Some(match name {
            "name" => Value::str(file_name(&path)),
            "stem" => Value::str(split_ext(file_name(&path)).0),
            "suffix" => Value::str(split_ext(&path).1),
            "parent" => {
                let parent = parent(&path);
                self.alloc(Object::Path(if parent.is_empty() { ".".into() } else { parent.into() }))
            }
            "parents" => {
                let mut all = Vec::new();
                let mut at: &str = &path;
                while !at.is_empty() && at != "/" && all.len() < 64 {
                    at = parent(at);
                    all.push(self.alloc(Object::Path(at.into())));
                }
                self.list(all)
            }
            "parts" => {
                let root = path.starts_with('/').then_some("/");
                let parts = root.into_iter().chain(path.split('/').filter(|p| !p.is_empty()));
                let parts = parts.map(Value::str).collect();
                self.tuple(parts)
            }
            _ => return None,
        })
    }

    pub(in crate::python) fn path_method(
        &mut self,
        receiver: &Value,
        name: &str,
        args: &Args,
        site: Site,
    ) -> Eval<Option<Value>> {
        let Some(Object::Path(path)) = self.object_of(receiver) else { return Ok(None) };
        let path = path.clone();
        Ok(match name {
            "resolve" | "absolute" | "expanduser" => Some(self.alloc(Object::Path(normalise(&path).into()))),
            "joinpath" => {
                let texts: Option<Vec<String>> = args.pos.iter().map(|a| self.text(a)).collect();
                texts.map(|t| {
                    let joined = t.iter().fold(path.to_string(), |base, part| join_path(&base, part));
                    self.alloc(Object::Path(tidy(&joined).into()))
                })
            }
            "relative_to" => {
                let base = args.pos.first().and_then(|b| self.text(b)).map(|b| tidy(&b));
                let rest = base.and_then(|b| path.strip_prefix(b.as_str()).map(str::to_owned));
                rest.filter(|r| r.starts_with('/')).map(|r| self.alloc(Object::Path(tidy(&r[1..]).into())))
            }
            "is_absolute" => Some(Value::Bool(path.starts_with('/'))),
            "with_suffix" => args.pos.first().and_then(Value::as_str).map(|suffix| {
                let joined = format!("{}{suffix}", split_ext(&path).0);
                self.alloc(Object::Path(joined.into()))
            }),
            "with_name" => args.pos.first().and_then(Value::as_str).map(|new| {
                let joined = join_path(parent(&path), new);
                self.alloc(Object::Path(joined.into()))
            }),
            "as_posix" | "__str__" | "__fspath__" => Some(Value::Str(path)),
            "exists" | "is_file" if self.vfs.exists(&path) => Some(Value::Bool(true)),
            "read_text" => match self.vfs.read(&path) {
                Ok(text) => {
                    self.charge(text.len(), site.span)?;
                    Some(Value::str(text))
                }
                Err(_) => None,
            },
            "open" => Some(self.alloc(Object::Method(Value::Str(path), "<file>".into()))),
            "glob" | "rglob" | "iterdir" | "is_dir" | "exists" => self.list_path(&path, name, args, site)?,
            _ => None,
        })
    }

    /// The text of a file object or path; `None` where it cannot be read.
    pub(in crate::python) fn file_text(&mut self, source: &Value, _site: Site) -> Option<String> {
        let path: Rc<str> = match self.object_of(source)? {
            Object::Method(Value::Str(path), kind) if &**kind == "<file>" => path.clone(),
            Object::Path(path) => path.clone(),
            _ => return None,
        };
        self.vfs.read(&path).ok()
    }

    /// A method of a file object.
    pub(in crate::python) fn file_method(
        &mut self,
        receiver: &Value,
        name: &str,
        site: Site,
    ) -> Eval<Option<Value>> {
        let Some(text) = self.file_text(receiver, site) else { return Ok(None) };
        self.charge(text.len(), site.span)?;
        Ok(match name {
            "read" => Some(Value::str(text)),
            "readlines" => {
                let lines: Vec<Value> = text.split_inclusive('\n').map(Value::str).collect();
                self.charge(lines.len() * 40, site.span)?;
                Some(self.list(lines))
            }
            "close" => Some(Value::None),
            _ => None,
        })
    }
}
