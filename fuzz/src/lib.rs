//! What the targets share: the input that is being tried, kept in a file.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::LazyLock;

static LAST: LazyLock<Option<File>> =
    LazyLock::new(|| File::create(std::env::var_os("FUZZ_LAST_INPUT")?).ok());

/// Writes the input to the file that `FUZZ_LAST_INPUT` names. An overflow of the stack ends the process before libFuzzer
/// can write anything; the input is in that file then.
pub fn remember(data: &[u8]) {
    if let Some(file) = &*LAST {
        let _ = file.set_len(data.len() as u64);
        let _ = file.write_all_at(data, 0);
    }
}
