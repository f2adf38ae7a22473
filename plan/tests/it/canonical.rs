//! Canonical JSON against the vectors of RFC 8785 and its laws.

use proptest::prelude::*;
use rustchain_plan::canonical::{format_double, to_string};
use serde_json::{Value as Json, json};

/// RFC 8785, appendix B.
const NUMBERS: &[(u64, &str)] = &[
    (0x0000_0000_0000_0000, "0"),
    (0x8000_0000_0000_0000, "0"),
    (0x0000_0000_0000_0001, "5e-324"),
    (0x8000_0000_0000_0001, "-5e-324"),
    (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
    (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
    (0x4340_0000_0000_0000, "9007199254740992"),
    (0xc340_0000_0000_0000, "-9007199254740992"),
    (0x4430_0000_0000_0000, "295147905179352830000"),
    (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
    (0x44b5_2d02_c7e1_4af6, "1e+23"),
    (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
    (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
    (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
    (0x444b_1ae4_d6e2_ef50, "1e+21"),
    (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
    (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
    (0x41b3_de43_5555_5553, "333333333.3333332"),
    (0x41b3_de43_5555_5554, "333333333.33333325"),
    (0x41b3_de43_5555_5555, "333333333.3333333"),
    (0x41b3_de43_5555_5556, "333333333.3333334"),
    (0x41b3_de43_5555_5557, "333333333.33333343"),
    (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
    (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
];

#[test]
fn numbers_of_the_rfc() {
    for (bits, text) in NUMBERS {
        assert_eq!(format_double(f64::from_bits(*bits)), *text);
    }
}

#[test]
fn keys_and_escapes_of_the_rfc() {
    let keys = json!({
        "\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7
    });
    assert_eq!(
        to_string(&keys),
        "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
    );
    let text = json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{7f}");
    assert_eq!(to_string(&text), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\"");
    let mixed =
        r#"{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 1e-27], "literals": [null, true, false]}"#;
    let mixed: Json = serde_json::from_str(mixed).expect("JSON");
    assert_eq!(
        to_string(&mixed),
        r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}"#
    );
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-(1_i64 << 53)..=1 << 53).prop_map(Json::from),
        any::<f64>().prop_map(|f| Json::from(if f.is_finite() { f } else { 0.5 })),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Json::from),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_text_is_its_own_canonical_text(json in any_json()) {
        let text = to_string(&json);
        let read: Json = serde_json::from_str(&text).expect("canonical JSON is JSON");
        prop_assert_eq!(to_string(&read), text);
    }

    #[test]
    fn spacing_does_not_count(json in any_json()) {
        let spaced = serde_json::to_string_pretty(&json).expect("JSON");
        let read: Json = serde_json::from_str(&spaced).expect("JSON");
        prop_assert_eq!(to_string(&read), to_string(&json));
    }

    #[test]
    fn doubles_come_back_from_the_fewest_digits(bits in any::<u64>()) {
        let number = f64::from_bits(bits);
        prop_assume!(number.is_finite());
        let text = format_double(number);
        prop_assert_eq!(text.parse::<f64>().expect("a number"), number);
        let significant = |text: &str| {
            let mantissa = text.split('e').next().unwrap_or_default();
            mantissa.replace(['.', '-'], "").trim_matches('0').len()
        };
        prop_assert_eq!(significant(&text), significant(&format!("{number:e}")));
    }
}
