//! Labels: join is union.

use proptest::prelude::*;
use rustchain_plan::Labels;

fn labels() -> impl Strategy<Value = Labels> {
    let each = [Labels::UNTRUSTED, Labels::SECRET, Labels::PERSONAL];
    prop::collection::vec(prop::sample::select(each.to_vec()), 0..4)
        .prop_map(|all| all.into_iter().fold(Labels::NONE, Labels::join))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn join_is_commutative_associative_idempotent(a in labels(), b in labels(), c in labels()) {
        prop_assert_eq!(a.join(b), b.join(a));
        prop_assert_eq!(a.join(b).join(c), a.join(b.join(c)));
        prop_assert_eq!(a.join(a), a);
        prop_assert_eq!(a.join(Labels::NONE), a);
    }

    #[test]
    fn join_loses_nothing(a in labels(), b in labels()) {
        prop_assert!(a.join(b).contains(a) && a.join(b).contains(b));
        prop_assert!(a.join(b).without(b).without(a).is_none());
    }

    #[test]
    fn labels_are_written_by_name(a in labels()) {
        let text = serde_json::to_string(&a).expect("labels have a form");
        prop_assert_eq!(serde_json::from_str::<Labels>(&text).expect("the same form"), a);
    }
}

#[test]
fn the_form_of_all_labels() {
    let all = Labels::UNTRUSTED.join(Labels::SECRET).join(Labels::PERSONAL);
    assert_eq!(serde_json::to_string(&all).expect("a form"), r#"["untrusted","secret","personal"]"#);
    assert!(serde_json::from_str::<Labels>(r#"["public"]"#).is_err());
}
