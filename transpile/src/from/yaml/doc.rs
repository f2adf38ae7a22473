//! Mission text as a tree of pieces that know where they came from, and its layout.

use rustchain_grammar::Span;

/// Columns a line may have before a list is broken over several.
const WIDTH: usize = rustchain_grammar::WIDTH;

/// A piece of mission text.
#[derive(Clone, Debug)]
pub(crate) enum Doc {
    /// Text without a line end.
    Text(String),
    /// What stands at this place of the YAML.
    From(Span, Box<Doc>),
    /// One after the other.
    Cat(Vec<Doc>),
    /// Items between brackets: on one line with `, `, or one a line with a trailing comma.
    List { open: &'static str, items: Vec<Doc>, close: &'static str, spaced: bool },
    /// `with { … }` and other blocks: clauses on one line with `, `, or one a line without commas.
    Block { head: String, items: Vec<Doc> },
    /// `"""` or `bash"""` with lines, each of pieces.
    Lines { tag: &'static str, lines: Vec<Vec<Doc>> },
}

impl Doc {
    pub fn text(text: impl Into<String>) -> Doc {
        Doc::Text(text.into())
    }

    pub fn from(span: Span, doc: Doc) -> Doc {
        Doc::From(span, Box::new(doc))
    }

    pub fn list(items: Vec<Doc>) -> Doc {
        Doc::List { open: "[", items, close: "]", spaced: false }
    }

    pub fn record(items: Vec<Doc>) -> Doc {
        Doc::List { open: "{", items, close: "}", spaced: true }
    }

    /// `name: value`.
    pub fn named(name: &str, value: Doc) -> Doc {
        Doc::Cat(vec![Doc::text(format!("{name}: ")), value])
    }

    /// `callee(args)`.
    pub fn call(callee: &str, args: Vec<Doc>) -> Doc {
        Doc::Cat(vec![Doc::text(callee), Doc::List { open: "(", items: args, close: ")", spaced: false }])
    }

    /// Columns on one line; `None` where it needs several.
    fn width(&self) -> Option<usize> {
        match self {
            Doc::Text(text) => Some(text.chars().count()),
            Doc::From(_, inner) => inner.width(),
            Doc::Cat(parts) => parts.iter().map(Doc::width).sum(),
            Doc::List { open, items, close, spaced } => {
                let inner: usize = items.iter().map(Doc::width).sum::<Option<usize>>()?;
                let pad = if *spaced && !items.is_empty() { 2 } else { 0 };
                Some(open.len() + close.len() + pad + inner + 2 * items.len().saturating_sub(1))
            }
            Doc::Block { head, items } => {
                let inner: usize = items.iter().map(Doc::width).sum::<Option<usize>>()?;
                (items.len() <= 1).then_some(head.chars().count() + 4 + inner)
            }
            Doc::Lines { .. } => None,
        }
    }

    /// The text on one line, for comparisons and names in messages.
    pub fn flat(&self) -> String {
        let mut writer = Writer { flat: true, ..Writer::default() };
        writer.doc(self);
        writer.out
    }
}

/// Lays pieces out and notes where each came from.
#[derive(Default)]
pub(crate) struct Writer {
    pub out: String,
    /// (range here, range in the YAML).
    pub origins: Vec<(Span, Span)>,
    indent: usize,
    flat: bool,
}

impl Writer {
    /// One statement or declaration on lines of its own.
    pub fn line(&mut self, doc: &Doc) {
        self.out.push_str(&" ".repeat(self.indent));
        self.doc(doc);
        self.out.push('\n');
    }

    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    /// `head {` … `}` around what `body` writes.
    pub fn block(&mut self, head: &Doc, body: impl FnOnce(&mut Writer)) {
        self.out.push_str(&" ".repeat(self.indent));
        self.doc(head);
        self.out.push_str(" {\n");
        self.indent += 2;
        body(self);
        self.indent -= 2;
        self.out.push_str(&" ".repeat(self.indent));
        self.out.push_str("}\n");
    }

    fn column(&self) -> usize {
        self.out.rsplit('\n').next().map_or(0, |line| line.chars().count())
    }

    fn newline(&mut self) {
        self.out.push('\n');
        self.out.push_str(&" ".repeat(self.indent));
    }

    fn doc(&mut self, doc: &Doc) {
        match doc {
            Doc::Text(text) => self.out.push_str(text),
            Doc::From(span, inner) => {
                let start = self.out.len() as u32;
                self.doc(inner);
                self.origins.push((Span::new(start, self.out.len() as u32), *span));
            }
            Doc::Cat(parts) => self.cat(parts),
            Doc::List { open, items, close, spaced } => self.list(open, items, close, *spaced, doc.width()),
            Doc::Block { head, items } => self.clauses(head, items, doc.width()),
            Doc::Lines { tag, lines } => self.lines(tag, lines),
        }
    }

    /// A later part that fits only when an earlier list is broken does not force anything: lists decide by
    /// what follows them up to the first place that may break.
    fn cat(&mut self, parts: &[Doc]) {
        for part in parts {
            self.doc(part);
        }
    }

    fn list(&mut self, open: &str, items: &[Doc], close: &str, spaced: bool, width: Option<usize>) {
        let fits = width.is_some_and(|w| self.column() + w <= WIDTH);
        self.out.push_str(open);
        if self.flat || fits || items.is_empty() {
            let pad = if spaced && !items.is_empty() { " " } else { "" };
            self.out.push_str(pad);
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    self.out.push_str(", ");
                }
                self.doc(item);
            }
            self.out.push_str(pad);
        } else {
            self.indent += 2;
            for item in items {
                self.newline();
                self.doc(item);
                self.out.push(',');
            }
            self.indent -= 2;
            self.newline();
        }
        self.out.push_str(close);
    }

    fn clauses(&mut self, head: &str, items: &[Doc], width: Option<usize>) {
        let fits = width.is_some_and(|w| self.column() + w <= WIDTH);
        self.out.push_str(head);
        self.out.push('{');
        if fits || self.flat {
            for item in items {
                self.out.push(' ');
                self.doc(item);
            }
            self.out.push_str(" }");
            return;
        }
        self.indent += 2;
        for item in items {
            self.newline();
            self.doc(item);
        }
        self.indent -= 2;
        self.newline();
        self.out.push('}');
    }

    fn lines(&mut self, tag: &str, lines: &[Vec<Doc>]) {
        self.out.push_str(tag);
        self.indent += 2;
        for line in lines {
            self.out.push('\n');
            if !line.is_empty() {
                self.out.push_str(&" ".repeat(self.indent));
            }
            self.cat(line);
        }
        self.newline();
        self.indent -= 2;
        self.out.push_str("\"\"\"");
    }
}
