//! The language server by itself, without the command line: what `tests/bench/lsp_latency.py` drives where only this
//! crate is built.

fn main() {
    if let Err(why) = rustchain_lsp::run() {
        eprintln!("{why}");
        std::process::exit(1);
    }
}
