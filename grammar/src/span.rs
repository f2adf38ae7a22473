//! Places in source text.

/// A half-open byte range in one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`, in bytes.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The span moved right by `offset` bytes.
    pub fn shift(self, offset: u32) -> Span {
        Span { start: self.start + offset, end: self.end + offset }
    }

    /// Length in bytes.
    pub fn len(self) -> u32 {
        self.end - self.start
    }

    /// True where the span covers no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// True where `offset` lies in the span or at its end.
    pub fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset <= self.end
    }

    /// As a `usize` range, to slice text with.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// One source text and where it came from.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path as the user wrote it (shown in diagnostics).
    pub path: String,
    /// The text.
    pub text: String,
    /// Where this text was generated from another file: (range here, file, range there), sorted by range here.
    pub origin: Vec<(Span, FileId, Span)>,
}

/// The files that diagnostics speak of.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file and gives its id.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        self.files.push(SourceFile { path: path.into(), text: text.into(), origin: Vec::new() });
        FileId(self.files.len() as u32 - 1)
    }

    /// Takes over the files of another map; its ids are moved up by the number given back.
    pub fn append(&mut self, other: SourceMap) -> u32 {
        let offset = self.files.len() as u32;
        self.files.extend(other.files.into_iter().map(|mut file| {
            for (_, origin, _) in &mut file.origin {
                origin.0 += offset;
            }
            file
        }));
        offset
    }

    /// The file of an id that this map gave.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// As [`SourceMap::file`], to set its origin.
    pub fn file_mut(&mut self, id: FileId) -> &mut SourceFile {
        &mut self.files[id.0 as usize]
    }

    /// All files with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(i as u32), f))
    }

    /// Where a place is shown to the user. What nobody wrote (no origin covers it) is shown at the last origin
    /// before it, else at the first of all; a file without origin gives itself.
    pub fn resolve(&self, file: FileId, span: Span) -> (FileId, Span) {
        self.written(file, span).unwrap_or_else(|| {
            let origin = &self.file(file).origin;
            let before = origin.iter().filter(|(here, _, _)| here.end <= span.start);
            let near = before.max_by_key(|(here, _, _)| here.end).or(origin.first());
            near.map_or((file, span), |&(_, there_file, there)| (there_file, there))
        })
    }

    /// Where a place of generated text was written by the user: the innermost origin range that covers `span`,
    /// mapped exactly where both ranges have the same text. `None` where no origin covers it.
    pub fn written(&self, file: FileId, span: Span) -> Option<(FileId, Span)> {
        let source = self.file(file);
        let covering =
            source.origin.iter().filter(|(here, _, _)| here.start <= span.start && span.end <= here.end);
        let &(here, there_file, there) = covering.min_by_key(|(here, _, _)| here.len())?;
        let verbatim = source.text.get(here.range()) == self.file(there_file).text.get(there.range());
        if verbatim {
            let start = there.start + (span.start - here.start);
            return Some((there_file, Span::new(start, start + span.len())));
        }
        Some((there_file, there))
    }
}
