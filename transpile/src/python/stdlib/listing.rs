//! Folders that are listed while a file is loaded: `glob`, `os.listdir`, `Path.glob`.

use super::paths::join_path;
use crate::python::host::Host;
use crate::python::machine::{Eval, Machine};
use crate::python::value::{Args, Object, Site, Value};

/// Most entries that one listing looks at.
const MAX_ENTRIES: usize = 20_000;
/// Deepest folder below the start.
const MAX_DEPTH: usize = 16;

impl<H: Host> Machine<'_, H> {
    pub(super) fn call_listing(&mut self, path: &str, args: &Args, site: Site) -> Eval<Option<Value>> {
        let first = match args.pos.first() {
            Some(first) => self.text(first),
            None => None,
        };
        let Some(first) = first else { return Ok(None) };
        match path {
            "os.listdir" => {
                let Some(names) = self.vfs.list(&first) else { return Ok(None) };
                self.charge(names.len() * 64, site.span)?;
                let names = names.into_iter().map(|(name, _)| Value::str(name)).collect();
                Ok(Some(self.list(names)))
            }
            "os.path.isdir" => Ok(self.folder_exists(&first).map(Value::Bool)),
            "os.path.exists" => Ok(self.path_exists(&first).map(Value::Bool)),
            "os.path.isfile" => Ok(self.path_exists(&first).and_then(|there| match there {
                true => self.folder_exists(&first).map(|folder| Value::Bool(!folder)),
                false => Some(Value::Bool(false)),
            })),
            "glob.glob" | "glob.iglob" => {
                let recursive = args.named("recursive").is_some_and(|r| self.truth(r) == Some(true));
                let fixed = first.find(['*', '?', '[']).unwrap_or(first.len());
                let cut = first.get(..fixed).and_then(|head| head.rfind('/')).map_or(0, |at| at + 1);
                let (base, pattern) = first.split_at(cut);
                let base = if base.len() > 1 { base.trim_end_matches('/') } else { base };
                let Some(found) = self.matching(base, pattern, recursive) else { return Ok(None) };
                self.charge(found.iter().map(|f| f.len() + 48).sum(), site.span)?;
                let found = found.into_iter().map(|name| Value::str(join_path(base, &name))).collect();
                Ok(Some(self.list(found)))
            }
            _ => Ok(None),
        }
    }

    /// `path.glob(…)`, `path.rglob(…)`, `path.iterdir()`, `path.is_dir()`.
    pub(super) fn list_path(
        &mut self,
        path: &str,
        name: &str,
        args: &Args,
        site: Site,
    ) -> Eval<Option<Value>> {
        let pattern = args.pos.first().and_then(Value::as_str).map(str::to_owned);
        let found = match (name, pattern) {
            ("iterdir", _) => self.matching(path, "*", true),
            ("glob", Some(pattern)) => self.matching(path, &pattern, true),
            ("rglob", Some(pattern)) => self.matching(path, &format!("**/{pattern}"), true),
            ("is_dir", _) => return Ok(self.folder_exists(path).map(Value::Bool)),
            ("exists", _) => return Ok(self.path_exists(path).map(Value::Bool)),
            _ => None,
        };
        let Some(found) = found else { return Ok(None) };
        self.charge(found.iter().map(|f| f.len() + path.len() + 48).sum(), site.span)?;
        let paths: Vec<Value> = found
            .into_iter()
            .map(|name| {
                let joined = if path == "." { name } else { join_path(path, &name) };
                self.alloc(Object::Path(joined.into()))
            })
            .collect();
        Ok(Some(self.list(paths)))
    }

    fn folder_exists(&self, path: &str) -> Option<bool> {
        match self.vfs.list(path) {
            Some(_) => Some(true),
            None => self.path_exists(path).map(|_| false),
        }
    }

    /// Is it there? Known where the folder around it, or one above, can be listed.
    fn path_exists(&self, path: &str) -> Option<bool> {
        if self.vfs.exists(path) || self.vfs.list(path).is_some() {
            return Some(true);
        }
        let own = self.options.roots.iter().any(|root| {
            !root.is_empty()
                && root != "."
                && path.strip_prefix(root.as_str()).is_some_and(|p| p.starts_with('/'))
        });
        own.then_some(false)
    }

    /// Paths below `base` that match a pattern of shell wildcards, in order; `None` where it cannot be listed.
    fn matching(&self, base: &str, pattern: &str, recursive: bool) -> Option<Vec<String>> {
        let parts: Vec<&str> = pattern.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
        let mut out = Vec::new();
        let mut seen = 0;
        self.vfs.list(base)?;
        self.walk(base, "", &parts, recursive, 0, &mut seen, &mut out);
        out.sort();
        out.dedup();
        (seen < MAX_ENTRIES).then_some(out)
    }

    #[allow(clippy::too_many_arguments)]
    fn walk(
        &self,
        base: &str,
        at: &str,
        parts: &[&str],
        recursive: bool,
        depth: usize,
        seen: &mut usize,
        out: &mut Vec<String>,
    ) {
        let Some((first, rest)) = parts.split_first() else { return };
        let folder = if at.is_empty() { base.to_owned() } else { join_path(base, at) };
        if depth > MAX_DEPTH {
            return;
        }
        let deep = recursive && *first == "**";
        if deep {
            self.walk(base, at, rest, recursive, depth, seen, out);
        }
        for (name, is_folder) in self.vfs.list(&folder).unwrap_or_default() {
            *seen += 1;
            if *seen > MAX_ENTRIES {
                return;
            }
            let inner = if at.is_empty() { name.clone() } else { format!("{at}/{name}") };
            if deep {
                if is_folder && !name.starts_with('.') {
                    self.walk(base, &inner, parts, recursive, depth + 1, seen, out);
                }
                if rest.is_empty() {
                    out.push(inner);
                }
                continue;
            }
            if !wildcard(first.as_bytes(), name.as_bytes()) {
                continue;
            }
            match (rest.is_empty(), is_folder) {
                (true, _) => out.push(inner),
                (false, true) => self.walk(base, &inner, rest, recursive, depth + 1, seen, out),
                _ => {}
            }
        }
    }
}

/// Does a name match a pattern of `*`, `?` and `[…]`?
fn wildcard(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let step = match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some(b'?') => Some(1),
            Some(b'[') => class_length(pattern.get(p..).unwrap_or_default(), name[n]),
            Some(c) if *c == name[n] => Some(1),
            _ => None,
        };
        match (step, star) {
            (Some(step), _) => {
                p += step;
                n += 1;
            }
            (None, Some((at, from))) => {
                p = at + 1;
                n = from + 1;
                star = Some((at, from + 1));
            }
            (None, None) => return false,
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == b'*')
}

/// The length of `[…]` at the start of a pattern where it holds `byte`.
fn class_length(pattern: &[u8], byte: u8) -> Option<usize> {
    let end = pattern.iter().skip(2).position(|c| *c == b']')? + 2;
    let body = pattern.get(1..end)?;
    let (negated, body) = match body.split_first() {
        Some((b'!', rest)) => (true, rest),
        _ => (false, body),
    };
    let mut inside = false;
    let mut i = 0;
    while let Some(low) = body.get(i) {
        match (body.get(i + 1), body.get(i + 2)) {
            (Some(b'-'), Some(high)) => {
                inside |= (*low..=*high).contains(&byte);
                i += 3;
            }
            _ => {
                inside |= *low == byte;
                i += 1;
            }
        }
    }
    (inside != negated).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::wildcard;

    #[test]
    fn wildcards_match_as_the_shell_does() {
        for (pattern, name, expected) in [
            ("*.yaml", "a.yaml", true),
            ("*.yaml", "a.yml", false),
            ("a?c*", "abcde", true),
            ("[a-c]*.sql", "b1.sql", true),
            ("[!a-c]*.sql", "b1.sql", false),
            ("*a*b", "xxaxxab", true),
            ("", "", true),
        ] {
            assert_eq!(wildcard(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }
}
