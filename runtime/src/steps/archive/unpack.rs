//! `archive.unpack`.

use super::{Format, format};
use crate::step::{StepCall, StepError};
use crate::steps::convert;
use crate::steps::paths::{Last, below, real, refuse_denied};
use flate2::read::MultiGzDecoder;
use rustchain_plan::{EffectKind, ErrorKind, Value};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Component, Path, PathBuf};

/// How much an archive may unpack to: 16 GiB.
const LIMIT: u64 = 16 << 30;

/// Gives the number of files. All names are looked at before the first file is written.
pub async fn unpack(call: StepCall<'_>) -> Result<Value, StepError> {
    let (from, to) = (call.text("from")?.to_owned(), call.text("to")?.to_owned());
    let format = format(&call)?;
    let source = real(&call, &from, EffectKind::FsRead, Last::Follow)?;
    let target = real(&call, &to, EffectKind::FsWrite, Last::Follow)?;
    let archive = Archive { shown: from, source, format };
    let (names, archive) = convert::blocking(move || Ok((archive.names()?, archive))).await?;
    for name in &names {
        refuse_denied(&call, EffectKind::FsWrite, &below(&to, name))?;
    }
    let count = convert::blocking(move || archive.extract(&to, &target)).await?;
    Ok(convert::int(count))
}

struct Archive {
    shown: String,
    source: PathBuf,
    format: Format,
}

/// What a member is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Other,
}

impl Archive {
    /// The names of the members.
    fn names(&self) -> Result<Vec<PathBuf>, StepError> {
        let mut names = Vec::new();
        self.each(&mut |name, _, kind, _| {
            if kind == Kind::Other {
                let message = format!("`{}` in `{}` is a link or a device", name.display(), self.shown);
                return Err(StepError::new(ErrorKind::Refused, message));
            }
            names.push(self.confined(name)?);
            Ok(())
        })?;
        Ok(names)
    }

    fn extract(&self, shown: &str, target: &Path) -> Result<usize, StepError> {
        let about = |e: std::io::Error| StepError::io(&format!("unpacking into `{shown}`"), &e);
        std::fs::create_dir_all(target).map_err(about)?;
        let (mut count, mut left) = (0, LIMIT);
        self.each(&mut |name, mode, kind, reader| {
            let place = target.join(self.confined(name)?);
            let folder = if kind == Kind::Folder { Some(place.as_path()) } else { place.parent() };
            self.make_folder(target, folder.unwrap_or(target), about)?;
            if kind != Kind::File {
                return Ok(());
            }
            if std::fs::symlink_metadata(&place).is_ok_and(|meta| meta.is_symlink()) {
                return Err(self.leaves(name));
            }
            let mut file = File::create(&place).map_err(about)?;
            let size = std::io::copy(&mut reader.take(left.saturating_add(1)), &mut file).map_err(about)?;
            left = left.checked_sub(size).ok_or_else(|| {
                let message = format!("`{}` unpacks to more than {} GiB", self.shown, LIMIT >> 30);
                StepError::new(ErrorKind::Io, message)
            })?;
            set_mode(&file, mode);
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }

    /// Makes a folder; one that a symlink leads elsewhere is refused.
    fn make_folder(
        &self,
        target: &Path,
        folder: &Path,
        about: impl Fn(std::io::Error) -> StepError,
    ) -> Result<(), StepError> {
        let mut at = target.to_owned();
        for part in folder.strip_prefix(target).unwrap_or(Path::new("")).components() {
            at.push(part);
            match std::fs::symlink_metadata(&at) {
                Ok(meta) if meta.is_symlink() => return Err(self.leaves(&at)),
                Ok(_) => {}
                Err(_) => std::fs::create_dir(&at).map_err(&about)?,
            }
        }
        Ok(())
    }

    /// The name as a path below the folder.
    fn confined(&self, name: &Path) -> Result<PathBuf, StepError> {
        let mut inside = PathBuf::new();
        for part in name.components() {
            match part {
                Component::Normal(part) => inside.push(part),
                Component::CurDir => {}
                _ => return Err(self.leaves(name)),
            }
        }
        Ok(inside)
    }

    fn leaves(&self, name: &Path) -> StepError {
        let message = format!("`{}` in `{}` would leave the folder", name.display(), self.shown);
        StepError::new(ErrorKind::Refused, message)
    }

    fn each(&self, visit: Visit<'_>) -> Result<(), StepError> {
        let about = |e: std::io::Error| StepError::io(&format!("reading `{}`", self.shown), &e);
        let file = BufReader::new(File::open(&self.source).map_err(about)?);
        match self.format {
            Format::Tar => self.each_tar(file, visit),
            Format::TarGz => self.each_tar(MultiGzDecoder::new(file), visit),
            Format::Zip => self.each_zip(file, visit),
        }
    }

    fn each_tar(&self, reader: impl Read, visit: Visit<'_>) -> Result<(), StepError> {
        let broken = |e: std::io::Error| self.broken(&e.to_string());
        let mut archive = tar::Archive::new(reader);
        for entry in archive.entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            let name = entry.path().map_err(broken)?.into_owned();
            let mode = entry.header().mode().ok();
            let kind = match entry.header().entry_type() {
                t if t.is_file() => Kind::File,
                t if t.is_dir() => Kind::Folder,
                t if t.is_pax_global_extensions() => continue,
                _ => Kind::Other,
            };
            visit(&name, mode, kind, &mut entry)?;
        }
        Ok(())
    }

    fn each_zip(&self, reader: BufReader<File>, visit: Visit<'_>) -> Result<(), StepError> {
        let broken = |e: zip::result::ZipError| self.broken(&e.to_string());
        let mut archive = zip::ZipArchive::new(reader).map_err(broken)?;
        for at in 0..archive.len() {
            let mut entry = archive.by_index(at).map_err(broken)?;
            let name = PathBuf::from(entry.name().map_err(broken)?.into_owned());
            let kind = match (entry.is_symlink(), entry.is_dir()) {
                (true, _) => Kind::Other,
                (false, true) => Kind::Folder,
                (false, false) => Kind::File,
            };
            let mode = entry.unix_mode();
            visit(&name, mode, kind, &mut entry)?;
        }
        Ok(())
    }

    fn broken(&self, why: &str) -> StepError {
        StepError::new(ErrorKind::ParseError, format!("`{}` is no whole archive: {why}", self.shown))
    }
}

type Visit<'v> = &'v mut dyn FnMut(&Path, Option<u32>, Kind, &mut dyn Read) -> Result<(), StepError>;

/// Whether a file may be executed is kept; other bits of a mode are not.
fn set_mode(file: &File, mode: Option<u32>) {
    use std::os::unix::fs::PermissionsExt;
    if mode.is_some_and(|mode| mode & 0o100 != 0) {
        let _ = file.set_permissions(std::fs::Permissions::from_mode(0o755));
    }
}
