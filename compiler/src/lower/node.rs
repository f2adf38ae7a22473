//! Steps: clauses, what they wait for, and the type others read.

use super::clauses::Merged;
use crate::spans::NodePlaces;
use crate::types::Cx;
use crate::types::scope::{ReadMode, add_need};
use rustchain_grammar::ast::{self, Clause, ClauseKind, ErrorAction, Path, Step, Stmt};
use rustchain_plan::Type;
use rustchain_plan::plan::{Body, Need, NeedKind, Node, OnErrorAction, Trigger};
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashMap};

/// A lowered step.
pub(crate) struct Lowered {
    /// The node; its type is the one others read.
    pub node: Node,
    /// Its type where it has succeeded.
    pub succeeded: Type,
}

impl Cx<'_> {
    /// Lowers a step of the innermost region.
    pub fn step(
        &mut self,
        step: &Step,
        stmt: &Stmt,
        id: &SmolStr,
        defaults: &[&Clause],
        siblings: &[Option<Node>],
        index: &HashMap<SmolStr, usize>,
    ) -> Lowered {
        let facts = self.facts.len();
        let places = NodePlaces {
            name: self.place(step.name.span),
            whole: self.place(stmt.span),
            with: step.with_span.map(|s| self.place(s)),
            ..NodePlaces::default()
        };
        let key = format!("{}{id}", self.path);
        self.spans.nodes.insert(key.clone(), places);
        let merged = self.merge_clauses(step, defaults, &key);
        let trigger = merged.trigger.and_then(|(name, _)| self.trigger(name));
        let teardown = merged.teardown.and_then(|path| self.teardown(path, &merged));
        self.set_mode(match trigger {
            None => ReadMode::Plain,
            Some(Trigger::AllSuccess) => ReadMode::Succeeded,
            Some(_) => ReadMode::Missing,
        });
        for path in &merged.after {
            self.after(path, siblings, index);
        }
        let when = merged.when.map(|e| {
            let expr = self.check(e, &Type::Bool);
            self.learn(e);
            expr
        });
        let stated = step.ty.as_ref().map(|t| self.resolve_type(t));
        let own = self.own.replace(step.name.text.clone());
        let prefix_length = self.path.len();
        self.path = format!("{key}/");
        let element_want = stated.as_ref().map(|t| match (&step.value.kind, t) {
            (ast::ExprKind::For { .. }, Type::List(inner)) => (**inner).clone(),
            _ => t.clone(),
        });
        let (body, value) = self.body(&step.value, element_want.as_ref(), &key);
        self.path.truncate(prefix_length);
        self.own = own;
        let is_for = matches!(body, Body::For { .. });
        let on_error = self.on_errors(&merged, &value);
        let lifted = lift_errors(&value, &on_error, is_for);
        let value = if is_for { lifted.clone().list() } else { value };
        let base = if is_for { value } else { lifted };
        if let (Some(stated), Some(ty)) = (&stated, &step.ty) {
            self.check_stated(&base, stated, step, ty);
        }
        let base = stated.unwrap_or(base);
        let pure = matches!(body, Body::Value(_));
        let retry = merged.retry.and_then(|c| self.retry(c, pure && !merged.own_retry));
        let timeout = merged.timeout.filter(|_| !pure || merged.own_timeout);
        let timeout = timeout.map(|e| self.check(e, &Type::Duration));
        let within = merged.within.map(|e| self.check(e, &Type::Duration));
        let cache = merged.cache.filter(|_| !pure).map(|ttl| self.cache(ttl));
        let updates = merged.updates.map_or_else(Vec::new, |list| self.updates(list));
        self.step_meta(&key, &merged);
        self.facts.truncate(facts);
        let ty = if when.is_some() { base.clone().optional() } else { base.clone() };
        self.use_type(&ty);
        let needs = self.take_needs();
        self.set_mode(ReadMode::Plain);
        let node = Node {
            id: id.clone(),
            display: merged.id.cloned(),
            doc: stmt.docs.text.clone(),
            ty,
            needs,
            trigger,
            teardown,
            when,
            on_error,
            cache,
            retry,
            timeout,
            within,
            updates,
            body,
        };
        Lowered { node, succeeded: base }
    }

    /// The unnamed node that is a block's value.
    pub fn unnamed_node(&mut self, e: &ast::Expr, want: Option<&Type>) -> (Node, Type) {
        let key = format!("{}_", self.path);
        let places =
            NodePlaces { name: self.place(e.span), whole: self.place(e.span), ..NodePlaces::default() };
        self.spans.nodes.insert(key.clone(), places);
        if let Some(region) = self.region() {
            region.needs.clear();
        }
        let prefix_length = self.path.len();
        self.path = format!("{key}/");
        let element_want = match (&e.kind, want) {
            (ast::ExprKind::For { .. }, Some(Type::List(inner))) => Some((**inner).clone()),
            (_, want) => want.cloned(),
        };
        let (body, value) = self.body(e, element_want.as_ref(), &key);
        self.path.truncate(prefix_length);
        let ty = if matches!(body, Body::For { .. }) { value.list() } else { value };
        self.use_type(&ty);
        let needs = self.take_needs();
        let node = Node {
            id: "_".into(),
            display: None,
            doc: String::new(),
            ty: ty.clone(),
            needs,
            trigger: None,
            teardown: None,
            when: None,
            on_error: Vec::new(),
            cache: None,
            retry: None,
            timeout: None,
            within: None,
            updates: Vec::new(),
            body,
        };
        (node, ty)
    }

    fn take_needs(&mut self) -> Vec<Need> {
        let needs = self.region().map(|r| std::mem::take(&mut r.needs)).unwrap_or_default();
        needs.into_iter().map(|(id, kind)| Need { id, kind }).collect()
    }

    fn set_mode(&mut self, mode: ReadMode) {
        if let Some(region) = self.region() {
            region.mode = mode;
        }
    }

    fn trigger(&mut self, name: &ast::Name) -> Option<Trigger> {
        if let Some((_, rule)) = Trigger::NAMED.iter().find(|(n, _)| name.text == *n) {
            return Some(*rule);
        }
        let d = self.error("RC0113", name.span, format!("there is no trigger rule `{}`", name.text));
        let names = Trigger::NAMED.iter().map(|(n, _)| *n);
        let d = crate::names::did_you_mean(d, name.span, &name.text, names);
        self.report(d);
        None
    }

    fn teardown(&mut self, path: &Path, merged: &Merged<'_>) -> Option<SmolStr> {
        for (word, span) in &merged.against_teardown {
            let message = format!(
                "a teardown takes no `{word}`: it runs when everything that needs its step has ended"
            );
            let d = self.error("RC0120", *span, message);
            self.report(d);
        }
        let text = path.text();
        match self.step_path(&text) {
            Some((_, 0, id)) => {
                self.note_step(path, &id);
                if let Some(region) = self.region() {
                    add_need(&mut region.needs, id.clone(), NeedKind::Order);
                }
                Some(id)
            }
            _ => {
                self.unknown_step(&text, path.span);
                None
            }
        }
    }

    /// `after [x]`; a group stands for its leaves.
    fn after(&mut self, path: &Path, siblings: &[Option<Node>], index: &HashMap<SmolStr, usize>) {
        let text = path.text();
        if let Some((_, 0, id)) = self.step_path(&text) {
            self.note_step(path, &id);
            if let Some(region) = self.region() {
                add_need(&mut region.needs, id, NeedKind::Order);
            }
            return;
        }
        let group = self.region().and_then(|r| {
            let head = text.split('.').next().unwrap_or_default();
            let full = r.full_name(head)?;
            let full = format!("{full}{}", text.get(head.len()..).unwrap_or_default());
            matches!(r.names.get(full.as_str()), Some(crate::types::scope::Entry::Group)).then_some(full)
        });
        let Some(group) = group else {
            if self.region_hit(&text).is_some() {
                let message =
                    format!("`{text}` is no step of this scope: `after` orders steps beside each other");
                let d = self.error("RC0111", path.span, message);
                self.report(d);
            } else {
                self.unknown_step(&text, path.span);
            }
            return;
        };
        for leaf in leaves(&group, siblings, index) {
            if let Some(region) = self.region() {
                add_need(&mut region.needs, leaf, NeedKind::Order);
            }
        }
    }

    fn note_step(&mut self, path: &Path, id: &SmolStr) {
        let span = path.segments.last().map_or(path.span, |s| s.span);
        if let Some(mut hit) = self.region_hit(id.split('.').next().unwrap_or_default()) {
            if let crate::types::scope::Frame::Region(region) = &self.frames[hit.frame]
                && let Some(entry) = region.names.get(id)
            {
                hit.entry = entry.clone();
                hit.id = id.clone();
            }
            self.note_hit(&hit, span);
        }
    }

    fn check_stated(&mut self, found: &Type, stated: &Type, step: &Step, written: &ast::TypeExpr) {
        let fits = crate::types::assign::fits(found, stated);
        // Pure expressions were coerced already.
        if fits || !self.is_step_like(&step.value) {
            return;
        }
        let message = format!("`{}` is stated to be `{stated}`, but its value is `{found}`", step.name.text);
        let d = self.error("RC0201", step.value.span, message).label(format!("this is `{found}`")).also(
            self.file(),
            written.span,
            "the stated type",
        );
        self.report(d);
    }
}

/// `T` after `on error`: null where a failure is swallowed; in `for` an element that is skipped is dropped.
fn lift_errors(value: &Type, on_error: &[rustchain_plan::plan::OnError], is_for: bool) -> Type {
    let nulls = on_error.iter().any(|o| match o.action {
        OnErrorAction::Continue => true,
        OnErrorAction::Skip => !is_for,
        OnErrorAction::Fail | OnErrorAction::Use(_) => false,
    });
    if nulls { value.clone().optional() } else { value.clone() }
}

/// The steps of a group that no other step of the group needs; teardowns are none.
fn leaves(group: &str, siblings: &[Option<Node>], index: &HashMap<SmolStr, usize>) -> Vec<SmolStr> {
    let prefix = format!("{group}.");
    let mut inside: BTreeMap<&str, bool> = BTreeMap::new();
    let members: Vec<&Node> = siblings
        .iter()
        .flatten()
        .filter(|n| n.id.starts_with(&prefix) && n.teardown.is_none() && index.contains_key(&n.id))
        .collect();
    for node in &members {
        inside.entry(&node.id).or_insert(true);
    }
    for node in &members {
        for need in &node.needs {
            if let Some(leaf) = inside.get_mut(need.id.as_str()) {
                *leaf = false;
            }
        }
    }
    inside.into_iter().filter(|(_, leaf)| *leaf).map(|(id, _)| id.into()).collect()
}

/// The clause's keyword, as places are keyed by it.
pub(crate) fn keyword(kind: &ClauseKind) -> &'static str {
    match kind {
        ClauseKind::After(_) => "after",
        ClauseKind::When(_) => "when",
        ClauseKind::OnError { .. } => "on error",
        ClauseKind::Retry { .. } => "retry",
        ClauseKind::Timeout(_) => "timeout",
        ClauseKind::Within(_) => "within",
        ClauseKind::Trigger(_) => "trigger",
        ClauseKind::Teardown(_) => "teardown",
        ClauseKind::Cache(_) => "cache",
        ClauseKind::Id(..) => "id",
        ClauseKind::Meta(..) => "meta",
        ClauseKind::Updates(_) => "updates",
        ClauseKind::Error => "",
    }
}

/// Does this action give a value of its own?
pub(crate) fn used_value(action: &ErrorAction) -> Option<&ast::Expr> {
    match action {
        ErrorAction::Use(e) => Some(e),
        _ => None,
    }
}
