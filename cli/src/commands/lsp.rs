//! `rustchain lsp`.

use crate::error::Error;
use crate::exit::Exit;

pub(super) fn run() -> Result<Exit, Error> {
    rustchain_lsp::run().map_err(Error::Failed)?;
    Ok(Exit::Ok)
}
