//! Information-flow labels: a set over {untrusted, secret, personal}; join is union.

use serde::{Deserialize, Serialize};

/// A set of labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels(u8);

impl Labels {
    /// The empty set.
    pub const NONE: Labels = Labels(0);
    /// Written or chosen by somebody outside: network, model text, foreign files.
    pub const UNTRUSTED: Labels = Labels(1);
    /// Must not be shown: keys, passwords.
    pub const SECRET: Labels = Labels(2);
    /// About a person.
    pub const PERSONAL: Labels = Labels(4);

    /// Union.
    #[must_use]
    pub const fn join(self, other: Labels) -> Labels {
        Labels(self.0 | other.0)
    }

    /// The set without `other`.
    #[must_use]
    pub const fn without(self, other: Labels) -> Labels {
        Labels(self.0 & !other.0)
    }

    /// True where every label of `other` is here.
    pub const fn contains(self, other: Labels) -> bool {
        self.0 & other.0 == other.0
    }

    /// True for the empty set.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The names in the set, in a fixed order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        [(Labels::UNTRUSTED, "untrusted"), (Labels::SECRET, "secret"), (Labels::PERSONAL, "personal")]
            .into_iter()
            .filter(move |(l, _)| self.contains(*l))
            .map(|(_, n)| n)
    }

    /// The label of a name.
    pub fn from_name(name: &str) -> Option<Labels> {
        match name {
            "untrusted" => Some(Labels::UNTRUSTED),
            "secret" => Some(Labels::SECRET),
            "personal" => Some(Labels::PERSONAL),
            _ => None,
        }
    }
}

impl Serialize for Labels {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.names())
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(d)?;
        names.iter().try_fold(Labels::NONE, |acc, n| {
            Labels::from_name(n)
                .map(|l| acc.join(l))
                .ok_or_else(|| serde::de::Error::custom(format!("unknown label `{n}`")))
        })
    }
}

impl Labels {
    /// For serde's `skip_serializing_if`.
    pub(crate) fn is_empty_ref(&self) -> bool {
        self.is_none()
    }
}
