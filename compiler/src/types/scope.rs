//! Scopes: regions with their steps, lets and parameters, and the local variables of expressions.

use super::{Cx, Typed};
use crate::index::Symbol;
use crate::spans::Place;
use rustchain_grammar::Span;
use rustchain_plan::Type;
use rustchain_plan::expr::ExprKind;
use rustchain_plan::plan::NeedKind;
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashMap};

/// A scope.
pub(crate) enum Frame {
    /// A region: counts for `up`.
    Region(RegionFrame),
    /// Variables inside an expression.
    Locals(Vec<Local>),
    /// Names of a test: outputs, steps, inputs.
    Test(super::outcome::TestScope),
}

/// A variable inside an expression.
pub(crate) struct Local {
    /// As written.
    pub name: SmolStr,
    /// As the plan names it.
    pub plan: SmolStr,
    /// Its type.
    pub ty: Type,
    /// Where it is bound.
    pub at: Option<Place>,
}

impl Local {
    /// A variable that keeps its name.
    pub fn new(name: SmolStr, ty: Type) -> Local {
        Local { plan: name.clone(), name, ty, at: None }
    }

    /// As [`Local::new`], with its place.
    pub fn bound(name: SmolStr, ty: Type, at: Place) -> Local {
        Local { at: Some(at), ..Local::new(name, ty) }
    }
}

/// The names of a region.
#[derive(Default)]
pub(crate) struct RegionFrame {
    /// By name; what stands in groups by its dotted name.
    pub names: HashMap<SmolStr, Entry>,
    /// Where they are declared, where an index is made.
    pub places: HashMap<SmolStr, Place>,
    /// The group around the statement being typed: empty, or ends with a dot.
    pub group: SmolStr,
    /// Upstreams of the statement being typed.
    pub needs: BTreeMap<SmolStr, NeedKind>,
    /// How the steps of this region are read.
    pub mode: ReadMode,
}

/// How values of upstream steps are read; follows from `trigger`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ReadMode {
    /// As their type says.
    #[default]
    Plain,
    /// `trigger all_success`: every one has succeeded.
    Succeeded,
    /// Any other trigger: every one may be missing.
    Missing,
}

/// What a name of a region is.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// A parameter: an input, a variable of `for`, a state.
    Param { plan: SmolStr, ty: Type },
    /// A step: its type for others, and its type where it succeeded.
    Step { ty: Type, succeeded: Type },
    /// A `let` and what it needs of its region.
    Let { ty: Type, needs: Vec<(SmolStr, NeedKind)> },
    /// A group.
    Group,
    /// Not typed: part of a cycle, reported.
    Broken,
}

/// Where a name was found.
pub(crate) struct Hit {
    /// Index of the frame.
    pub frame: usize,
    /// Regions outwards.
    pub up: u32,
    /// The full name in the region.
    pub id: SmolStr,
    /// What it is.
    pub entry: Entry,
}

impl RegionFrame {
    /// The full name that `name` means here: the nearest group's names come first.
    pub fn full_name(&self, name: &str) -> Option<SmolStr> {
        nearest(&self.group, name, |full| self.names.contains_key(full))
    }
}

/// The first of `group.sub.name`, `group.name`, `name` that exists.
pub(crate) fn nearest(group: &str, name: &str, exists: impl Fn(&str) -> bool) -> Option<SmolStr> {
    let mut group = group;
    while !group.is_empty() {
        let full = format!("{group}{name}");
        if exists(&full) {
            return Some(full.into());
        }
        let outer = group.trim_end_matches('.').rfind('.').map_or(0, |i| i + 1);
        group = &group[..outer];
    }
    exists(name).then(|| name.into())
}

impl Cx<'_> {
    /// The innermost region frame that holds a name.
    pub fn region_hit(&self, name: &str) -> Option<Hit> {
        let mut up = 0;
        for (index, frame) in self.frames.iter().enumerate().rev() {
            match frame {
                Frame::Region(region) => {
                    if let Some(id) = region.full_name(name) {
                        let entry = region.names[&id].clone();
                        return Some(Hit { frame: index, up, id, entry });
                    }
                    up += 1;
                }
                Frame::Locals(locals) if locals.iter().any(|l| l.name == name) => return None,
                Frame::Locals(_) | Frame::Test(_) => {}
            }
        }
        None
    }

    /// A local variable, where it is nearer than any region's name.
    pub fn local(&self, name: &str) -> Option<&Local> {
        for frame in self.frames.iter().rev() {
            match frame {
                Frame::Locals(locals) => {
                    if let Some(local) = locals.iter().rev().find(|l| l.name == name) {
                        return Some(local);
                    }
                }
                Frame::Region(region) if region.full_name(name).is_some() => return None,
                Frame::Region(_) | Frame::Test(_) => {}
            }
        }
        None
    }

    /// The frame that a dotted name's head is found in, to key facts by.
    pub fn frame_of(&self, name: &str) -> usize {
        for (index, frame) in self.frames.iter().enumerate().rev() {
            let here = match frame {
                Frame::Locals(locals) => locals.iter().any(|l| l.name == name),
                Frame::Region(region) => region.full_name(name).is_some(),
                Frame::Test(_) => false,
            };
            if here {
                return index;
            }
        }
        usize::MAX
    }

    /// Reads a name of a region. `None` for a group.
    pub fn read_hit(&mut self, hit: Hit, span: Span) -> Option<Typed> {
        let (up, id) = (hit.up, hit.id);
        let Frame::Region(region) = &mut self.frames[hit.frame] else { return None };
        match hit.entry {
            Entry::Group => None,
            Entry::Broken => Some(Typed::error()),
            Entry::Param { plan, ty } => Some(self.typed(span, ExprKind::Param { up, name: plan }, ty)),
            Entry::Step { ty, succeeded } => {
                let read = match region.mode {
                    ReadMode::Plain => ty,
                    ReadMode::Succeeded => succeeded,
                    ReadMode::Missing => ty.optional(),
                };
                let kind = need_of(&read);
                add_need(&mut region.needs, id.clone(), kind);
                Some(self.typed(span, ExprKind::Step { up, id }, read))
            }
            Entry::Let { ty, needs } => {
                let missing = region.mode == ReadMode::Missing && !needs.is_empty();
                for (need, kind) in needs {
                    let kind = if missing { NeedKind::Optional } else { kind };
                    add_need(&mut region.needs, need, kind);
                }
                let ty = if missing { ty.optional() } else { ty };
                Some(self.typed(span, ExprKind::Let { up, name: id }, ty))
            }
        }
    }

    /// Takes note of a name of a region.
    pub fn note_hit(&mut self, hit: &Hit, span: Span) {
        if !self.indexing() {
            return;
        }
        let Frame::Region(region) = &self.frames[hit.frame] else { return };
        let declaration = region.places.get(&hit.id).copied();
        let (symbol, ty) = match &hit.entry {
            Entry::Param { ty, .. } => (Symbol::Parameter, Some(ty.clone())),
            Entry::Step { ty, .. } => (Symbol::Step, Some(ty.clone())),
            Entry::Let { ty, .. } => (Symbol::Let, Some(ty.clone())),
            Entry::Group => (Symbol::Group, None),
            Entry::Broken => return,
        };
        self.note(span, symbol, &hit.id, ty.as_ref(), declaration);
    }

    /// Says where a parameter of the innermost region is declared.
    pub fn param_place(&mut self, name: &rustchain_grammar::ast::Name, ty: &Type) {
        if !self.indexing() {
            return;
        }
        let place = self.place(name.span);
        self.note(name.span, Symbol::Parameter, &name.text, Some(ty), Some(place));
        if let Some(region) = self.region() {
            region.places.insert(name.text.clone(), place);
        }
    }

    /// Runs `f` with local variables in scope.
    pub fn with_locals<R>(&mut self, locals: Vec<Local>, f: impl FnOnce(&mut Self) -> R) -> R {
        self.frames.push(Frame::Locals(locals));
        let facts = self.facts.len();
        let result = f(self);
        self.facts.truncate(facts);
        self.frames.pop();
        result
    }

    /// Every name that can be read here, for suggestions.
    pub fn visible_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for frame in &self.frames {
            match frame {
                Frame::Region(region) => names.extend(region.names.keys().map(|k| k.to_string())),
                Frame::Locals(locals) => names.extend(locals.iter().map(|l| l.name.to_string())),
                Frame::Test(scope) => names.extend(scope.names()),
            }
        }
        names.sort();
        names.dedup();
        names
    }
}

fn need_of(read: &Type) -> NeedKind {
    match read {
        Type::Optional(_) | Type::Null => NeedKind::Optional,
        _ => NeedKind::Value,
    }
}

/// Adds an upstream; of two reasons the stronger stays (value, then order, then optional).
pub(crate) fn add_need(needs: &mut BTreeMap<SmolStr, NeedKind>, id: SmolStr, kind: NeedKind) {
    let strength = |k: NeedKind| match k {
        NeedKind::Optional => 0,
        NeedKind::Order => 1,
        NeedKind::Value => 2,
    };
    let slot = needs.entry(id).or_insert(kind);
    if strength(kind) > strength(*slot) {
        *slot = kind;
    }
}
