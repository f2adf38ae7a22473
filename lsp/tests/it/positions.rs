//! Bytes, lines and columns.

use proptest::prelude::*;
use rustchain_lsp::ide::{Encoding, LineIndex};

const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

#[test]
fn columns_count_in_the_clients_unit() {
    let text = "a\n\u{1F600}ä!\r\nlast";
    let index = LineIndex::new(text);
    let bang = text.find('!').expect("there") as u32;
    assert_eq!(index.position(text, bang, Encoding::Utf8), (1, 6));
    assert_eq!(index.position(text, bang, Encoding::Utf16), (1, 3));
    assert_eq!(index.position(text, bang, Encoding::Utf32), (1, 2));
    assert_eq!(index.lines(), 3);
}

#[test]
fn a_place_that_is_not_there_is_the_nearest_one() {
    let text = "ab\ncd";
    let index = LineIndex::new(text);
    for encoding in ENCODINGS {
        assert_eq!(index.offset(text, 0, 99, encoding), 2, "the end of the line");
        assert_eq!(index.offset(text, 99, 0, encoding), 5, "the end of the text");
        assert_eq!(index.offset(text, u32::MAX, u32::MAX, encoding), 5);
    }
    // The middle of a character that is two units wide is its start.
    assert_eq!(LineIndex::new("\u{1F600}").offset("\u{1F600}", 0, 1, Encoding::Utf16), 0);
}

proptest! {
    #[test]
    fn a_byte_is_its_position_and_back(text in "[a-z\u{e4}\u{1F600}\r\n]{0,40}", at in 0_usize..60) {
        let index = LineIndex::new(&text);
        let Some(at) = (0..=text.len()).filter(|i| text.is_char_boundary(*i)).nth(at) else { return Ok(()) };
        // Between the two bytes of a line end there is no position.
        prop_assume!(!(at > 0 && text.as_bytes().get(at) == Some(&b'\n') && text.as_bytes()[at - 1] == b'\r'));
        for encoding in ENCODINGS {
            let (line, column) = index.position(&text, at as u32, encoding);
            prop_assert_eq!(index.offset(&text, line, column, encoding), at as u32);
        }
    }
}
