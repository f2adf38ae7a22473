//! `archive.*`: tar, tar.gz, zip.

mod pack;
mod unpack;

pub use pack::pack;
pub use unpack::unpack;

use crate::step::{StepCall, StepError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Tar,
    TarGz,
    Zip,
}

fn format(call: &StepCall<'_>) -> Result<Format, StepError> {
    match call.text("format")? {
        "tar" => Ok(Format::Tar),
        "tar_gz" | "tar.gz" => Ok(Format::TarGz),
        "zip" => Ok(Format::Zip),
        other => Err(StepError::invalid(format!("`{other}` is no kind of archive"))),
    }
}
