//! Whatever a LangChain file holds, reading and lowering it ends without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rustchain_transpile::from::langchain::{LangChainOptions, import, inspect, read};
use rustchain_transpile::vfs::MemoryVfs;

fuzz_target!(|data: &[u8]| {
    rustchain_fuzz::remember(data);
    let Some((kind, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let path = ["app.py", "app.json", "app.yaml", "app.ipynb"][usize::from(kind % 4)];
    let vfs = MemoryVfs { files: [(path.to_owned(), text.to_owned())].into() };
    let options = LangChainOptions::default();
    let _ = inspect(&read(&vfs, path, &options)).to_string();
    let _ = import(&vfs, &[path.to_owned()], &options);
});
