//! Ids of runs: they sort by time.

use smol_str::{SmolStr, format_smolstr};
use std::hash::{BuildHasher, Hasher, RandomState};

/// A new id: UTC to the millisecond and four random hexadecimal digits, `20260102-030405-678-9abc`.
pub(crate) fn new(now: i64) -> SmolStr {
    let random = RandomState::new().build_hasher().finish() & 0xffff;
    match jiff::Timestamp::from_nanosecond(i128::from(now)) {
        Ok(time) => format_smolstr!("{}-{random:04x}", time.strftime("%Y%m%d-%H%M%S-%3f")),
        Err(_) => format_smolstr!("{now}-{random:04x}"),
    }
}
