//! `archive.pack`.

use super::{Format, format};
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use crate::steps::fs::{Atomic, Kind, walk};
use crate::steps::paths::{Last, below, real, refuse_denied};
use flate2::Compression;
use flate2::write::GzEncoder;
use rustchain_plan::{EffectKind, Value};
use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

/// Gives the number of files. The same files give the same bytes: no times, no owners. Links are left out.
pub async fn pack(call: StepCall<'_>) -> Result<Value, StepError> {
    let (from, to) = (call.text("from")?.to_owned(), call.text("to")?.to_owned());
    let format = format(&call)?;
    let source = real(&call, &from, EffectKind::FsRead, Last::Follow)?;
    let target = real(&call, &to, EffectKind::FsWrite, Last::Follow)?;
    let (shown, at, skip) = (from.clone(), source.clone(), target.clone());
    let members = convert::blocking(move || members(&shown, &at, &skip)).await?;
    if source.is_dir() {
        for (name, _) in &members {
            refuse_denied(&call, EffectKind::FsRead, &below(&from, name))?;
        }
    }
    let count = members.len();
    convert::blocking(move || {
        let about = |e: std::io::Error| StepError::io(&format!("packing `{from}` into `{to}`"), &e);
        let file = Atomic::create(&to, target)?;
        let file = match format {
            Format::Tar => tar(file, &members).map_err(about)?,
            Format::TarGz => {
                let gzip = GzEncoder::new(file, Compression::default());
                tar(gzip, &members).and_then(GzEncoder::finish).map_err(about)?
            }
            Format::Zip => zip(file, &members).map_err(about)?,
        };
        file.commit()
    })
    .await?;
    Ok(convert::int(count))
}

/// Name in the archive and place of each file.
fn members(shown: &str, source: &Path, skip: &Path) -> Result<Vec<(PathBuf, PathBuf)>, StepError> {
    let meta = std::fs::metadata(source).map_err(|e| StepError::io(&format!("reading `{shown}`"), &e))?;
    if !meta.is_dir() {
        let name = source.file_name().unwrap_or_default();
        return Ok(vec![(name.into(), source.to_owned())]);
    }
    let files = walk(shown, source)?.into_iter().filter(|w| w.kind == Kind::File);
    let files = files.map(|w| (w.inside.clone(), source.join(w.inside)));
    Ok(files.filter(|(_, place)| place != skip).collect())
}

fn tar<W: Write>(writer: W, members: &[(PathBuf, PathBuf)]) -> std::io::Result<W> {
    let mut builder = tar::Builder::new(writer);
    builder.mode(tar::HeaderMode::Deterministic);
    for (name, place) in members {
        builder.append_file(name, &mut File::open(place)?)?;
    }
    builder.into_inner()
}

fn zip<W: Write + Seek>(writer: W, members: &[(PathBuf, PathBuf)]) -> std::io::Result<W> {
    use std::os::unix::fs::PermissionsExt;
    let mut zip = zip::ZipWriter::new(writer);
    for (name, place) in members {
        let mut file = File::open(place)?;
        let meta = file.metadata()?;
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .large_file(meta.len() > u64::from(u32::MAX))
            .unix_permissions(meta.permissions().mode());
        zip.start_file(name.to_string_lossy(), options)?;
        std::io::copy(&mut file, &mut zip)?;
    }
    Ok(zip.finish()?)
}
