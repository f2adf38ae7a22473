//! Marks of a whole value: one a leaf, and one for each length.

use super::mark::{Capacity, Mark, capacity_of};
use crate::effects::interval;
use crate::spans::Place;
use rustchain_plan::Labels;
use rustchain_plan::types::{Schema, Schemas, Type};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The marks of a value. A leaf may stand for a value of any form: all its parts have that mark.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// One mark for all.
    Leaf(Mark),
    /// A list.
    List(Box<Tree>, Mark),
    /// A map: the mark of the keys (and of their number), and the values.
    Map(Mark, Box<Tree>),
    /// A record, by field.
    Record(BTreeMap<SmolStr, Tree>),
}

impl Default for Tree {
    fn default() -> Self {
        Tree::clean()
    }
}

impl Tree {
    /// No label anywhere.
    pub fn clean() -> Tree {
        Tree::Leaf(Mark::default())
    }

    /// The marks of a value of a type: `mark` of each leaf's capacity, and the labels that fields declare.
    pub fn of_type(ty: &Type, schemas: &Schemas, mark: &dyn Fn(Capacity, Labels) -> Mark) -> Tree {
        build(ty, Labels::NONE, false, schemas, mark, &mut Vec::new())
    }

    /// Everything joined.
    pub fn all(&self) -> Mark {
        match self {
            Tree::Leaf(mark) => mark.clone(),
            Tree::List(element, length) => element.all().join(length),
            Tree::Map(keys, values) => values.all().join(keys),
            Tree::Record(fields) => fields.values().fold(Mark::default(), |acc, t| acc.join(&t.all())),
        }
    }

    /// Union, leaf by leaf.
    #[must_use]
    pub fn join(&self, other: &Tree) -> Tree {
        match (self, other) {
            (Tree::Leaf(a), Tree::Leaf(b)) => Tree::Leaf(a.join(b)),
            (Tree::List(a, m), Tree::List(b, n)) => Tree::List(Box::new(a.join(b)), m.join(n)),
            (Tree::Map(k, a), Tree::Map(l, b)) => Tree::Map(k.join(l), Box::new(a.join(b))),
            (Tree::Record(a), Tree::Record(b)) => {
                let mut fields = a.clone();
                for (name, tree) in b {
                    let joined = fields.get(name).map_or_else(|| tree.clone(), |t| t.join(tree));
                    fields.insert(name.clone(), joined);
                }
                Tree::Record(fields)
            }
            (Tree::Leaf(mark), shaped) | (shaped, Tree::Leaf(mark)) => shaped.joined_with(mark),
            (a, b) => Tree::Leaf(a.all().join(&b.all())),
        }
    }

    /// One mark joined into every leaf and length.
    #[must_use]
    pub fn joined_with(&self, mark: &Mark) -> Tree {
        if mark == &Mark::default() {
            return self.clone();
        }
        self.map(&|leaf| leaf.join(mark))
    }

    /// Every mark changed.
    #[must_use]
    pub fn map(&self, f: &dyn Fn(&Mark) -> Mark) -> Tree {
        match self {
            Tree::Leaf(mark) => Tree::Leaf(f(mark)),
            Tree::List(element, length) => Tree::List(Box::new(element.map(f)), f(length)),
            Tree::Map(keys, values) => Tree::Map(f(keys), Box::new(values.map(f))),
            Tree::Record(fields) => Tree::Record(fields.iter().map(|(n, t)| (n.clone(), t.map(f))).collect()),
        }
    }

    /// With one more place on every label's way.
    #[must_use]
    pub fn via(&self, place: Place, message: &str) -> Tree {
        if self.all().is_clean() {
            return self.clone();
        }
        self.map(&|mark| mark.via(place, message))
    }

    /// The marks of a field.
    pub fn field(&self, name: &str) -> Tree {
        match self {
            Tree::Record(fields) => match fields.get(name) {
                Some(tree) => tree.clone(),
                None => Tree::Leaf(self.all()),
            },
            Tree::Map(_, values) => (**values).clone(),
            other => Tree::Leaf(other.all()),
        }
    }

    /// The marks of an element.
    pub fn element(&self) -> Tree {
        match self {
            Tree::List(element, _) => (**element).clone(),
            Tree::Map(_, values) => (**values).clone(),
            other => Tree::Leaf(other.all()),
        }
    }

    /// The mark of the number of elements, entries or characters.
    pub fn length(&self) -> Mark {
        let length = match self {
            Tree::List(_, length) => length.clone(),
            Tree::Map(keys, _) => keys.clone(),
            other => other.all(),
        };
        // A number of elements may steer, however they were picked.
        let mut mark = length.capped(Capacity::Closed);
        mark.chosen = false;
        mark
    }

    /// Choices in a row where the type leaves room for any text.
    #[must_use]
    pub fn spelled(&self, ty: &Type, schemas: &Schemas) -> Tree {
        let room = Tree::of_type(ty, schemas, &|capacity, _| {
            let mut mark = Mark::default();
            mark.external = capacity == Capacity::Text;
            mark
        });
        self.spelled_where(&room)
    }

    fn spelled_where(&self, room: &Tree) -> Tree {
        match (self, room) {
            (Tree::Record(fields), Tree::Record(rooms)) => {
                let spelled = |(n, t): (&SmolStr, &Tree)| {
                    let room = rooms.get(n).cloned().unwrap_or_default();
                    (n.clone(), t.spelled_where(&room))
                };
                Tree::Record(fields.iter().map(spelled).collect())
            }
            (Tree::List(element, length), Tree::List(room, _)) => {
                Tree::List(Box::new(element.spelled_where(room)), length.clone())
            }
            (Tree::Map(keys, values), Tree::Map(_, room)) => {
                Tree::Map(keys.clone(), Box::new(values.spelled_where(room)))
            }
            (_, room) if room.all().external => self.map(&Mark::spelled),
            _ => self.clone(),
        }
    }
}

fn build(
    ty: &Type,
    labels: Labels,
    bounded: bool,
    schemas: &Schemas,
    mark: &dyn Fn(Capacity, Labels) -> Mark,
    open: &mut Vec<SmolStr>,
) -> Tree {
    match ty {
        Type::Optional(inner) => build(inner, labels, bounded, schemas, mark, open),
        Type::List(inner) => {
            let element = build(inner, labels, bounded, schemas, mark, open);
            Tree::List(Box::new(element), mark(Capacity::Closed, labels))
        }
        Type::Map(inner) => {
            let values = build(inner, labels, bounded, schemas, mark, open);
            Tree::Map(mark(Capacity::Text, labels), Box::new(values))
        }
        Type::Record(fields) => {
            let field =
                |(name, ty): (&SmolStr, &Type)| (name.clone(), build(ty, labels, false, schemas, mark, open));
            Tree::Record(fields.iter().map(field).collect())
        }
        Type::Named(key) => match schemas.get(key) {
            Some(Schema::Record(record)) if !open.contains(key) => {
                open.push(key.clone());
                let fields = record.fields.iter().map(|f| {
                    let bounded =
                        f.constraint.as_ref().is_some_and(|c| interval::stated(c, &f.name).is_bounded());
                    (f.name.clone(), build(&f.ty, labels.join(f.labels), bounded, schemas, mark, open))
                });
                let tree = Tree::Record(fields.collect());
                open.pop();
                tree
            }
            Some(Schema::Record(record)) => {
                let inner = record.fields.iter().fold(labels, |acc, f| acc.join(f.labels));
                Tree::Leaf(mark(Capacity::Text, inner))
            }
            _ => Tree::Leaf(mark(capacity_of(ty, bounded, schemas), labels)),
        },
        _ => Tree::Leaf(mark(capacity_of(ty, bounded, schemas), labels)),
    }
}
