//! Laws of labels.

use proptest::prelude::*;
use rustchain_compiler::effects::overlap::patterns_overlap;
use rustchain_compiler::flow::mark::{Capacity, Mark, Trace};
use rustchain_compiler::flow::tree::Tree;
use rustchain_compiler::spans::Place;
use rustchain_plan::{Labels, Pattern};
use std::collections::BTreeMap;

fn mark() -> impl Strategy<Value = Mark> {
    (0u8..8, 0usize..4).prop_map(|(bits, capacity)| {
        let names = ["untrusted", "secret", "personal"];
        let set = names.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1);
        let labels = set.filter_map(|(_, n)| Labels::from_name(n)).fold(Labels::NONE, Labels::join);
        let capacity = [Capacity::Closed, Capacity::Number, Capacity::Confined, Capacity::Text][capacity];
        Mark::new(labels, capacity, &Trace::source(Place::default(), "a source"))
    })
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = mark().prop_map(Tree::Leaf);
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            (inner.clone(), mark()).prop_map(|(t, m)| Tree::List(Box::new(t), m)),
            (mark(), inner.clone()).prop_map(|(m, t)| Tree::Map(m, Box::new(t))),
            proptest::collection::btree_map("[a-c]", inner, 1..3).prop_map(|fields| {
                let named: BTreeMap<_, _> = fields.into_iter().map(|(n, t)| (n.into(), t)).collect();
                Tree::Record(named)
            }),
        ]
    })
}

fn within(small: &Mark, large: &Mark) -> bool {
    large.labels().contains(small.labels()) && small.capacity() <= large.capacity()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn join_of_marks_is_commutative_associative_idempotent(a in mark(), b in mark(), c in mark()) {
        prop_assert_eq!(a.join(&b), b.join(&a));
        prop_assert_eq!(a.join(&b).join(&c), a.join(&b.join(&c)));
        prop_assert_eq!(a.join(&a), a.clone());
    }

    #[test]
    fn join_loses_no_label(a in tree(), b in tree()) {
        let joined = a.join(&b);
        prop_assert!(within(&a.all(), &joined.all()));
        prop_assert!(within(&b.all(), &joined.all()));
        prop_assert_eq!(joined.all(), a.all().join(&b.all()));
        prop_assert_eq!(b.join(&a).all(), joined.all());
        prop_assert_eq!(a.join(&a), a.clone());
    }

    #[test]
    fn parts_have_no_label_that_the_whole_lacks(a in tree()) {
        for part in [a.field("a"), a.element(), Tree::Leaf(a.length())] {
            prop_assert!(within(&part.all(), &a.all()));
        }
    }

    #[test]
    fn only_lowering_takes_a_label_away(a in tree(), m in mark()) {
        prop_assert!(within(&a.all(), &a.joined_with(&m).all()));
        prop_assert_eq!(a.via(Place::default(), "on").all(), a.all());
        let lowered = a.map(&|m| m.without(Labels::UNTRUSTED)).all().labels();
        prop_assert_eq!(lowered, a.all().labels().without(Labels::UNTRUSTED));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn overlapping_patterns_are_those_with_a_common_text(
        a in "([ab/]|\\*\\*|\\*){0,5}", b in "([ab/]|\\*\\*|\\*){0,5}",
    ) {
        let texts = texts();
        let common = texts.iter().any(|t| matches(&a, t) && matches(&b, t));
        prop_assert!(!common || patterns_overlap(&Pattern(a.as_str().into()), &Pattern(b.as_str().into())), "{} {}", a, b);
    }
}

/// Every text of up to four letters.
fn texts() -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..4 {
        last = last.iter().flat_map(|t| ["a", "b", "/"].map(|c| format!("{t}{c}"))).collect();
        all.extend(last.iter().cloned());
    }
    all
}

fn matches(pattern: &str, text: &str) -> bool {
    if let Some(rest) = pattern.strip_prefix("**") {
        return (0..=text.len()).any(|i| matches(rest, &text[i..]));
    }
    if let Some(rest) = pattern.strip_prefix('*') {
        let end = text.find('/').unwrap_or(text.len());
        return (0..=end).any(|i| matches(rest, &text[i..]));
    }
    match (pattern.chars().next(), text.chars().next()) {
        (None, None) => true,
        (Some(p), Some(t)) => p == t && matches(&pattern[1..], &text[1..]),
        _ => false,
    }
}
