//! Semantic tokens as the protocol wants them: relative to the token before, and as a difference to what it has.

use super::convert::Convert;
use crate::ide::tokens::Token;
use gen_lsp_types as lsp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The last full answer for each file, by result id.
#[derive(Default)]
pub struct Kept {
    answers: Mutex<Answers>,
}

#[derive(Default)]
struct Answers {
    /// How many were given out.
    count: u64,
    /// The last one of each file, with its id.
    last: BTreeMap<PathBuf, (String, Vec<u32>)>,
}

impl Kept {
    /// Keeps an answer and gives its id.
    pub fn keep(&self, path: &Path, data: Vec<u32>) -> String {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.count += 1;
        let id = answers.count.to_string();
        answers.last.insert(path.to_owned(), (id.clone(), data));
        id
    }

    /// The answer of an id, if it is the last one.
    pub fn get(&self, path: &Path, id: &str) -> Option<Vec<u32>> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.last.get(path).filter(|(kept, _)| kept == id).map(|(_, data)| data.clone())
    }

    /// A closed file needs no answer.
    pub fn forget(&self, path: &Path) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).last.remove(path);
    }
}

/// Five numbers a token: lines and columns from the last one, length, kind, modifiers.
pub fn encode(convert: &mut Convert<'_>, path: &Path, tokens: &[Token]) -> Vec<u32> {
    let mut out = Vec::with_capacity(tokens.len() * 5);
    let mut last = lsp::Position { line: 0, character: 0 };
    for token in tokens {
        let at = convert.position(path, token.span.start);
        let line = at.line - last.line;
        let column = if line == 0 { at.character - last.character } else { at.character };
        out.extend([line, column, convert.width(path, token.span), token.kind, token.modifiers]);
        last = at;
    }
    out
}

/// The one edit that makes the new numbers of the old ones.
pub fn difference(old: &[u32], new: &[u32]) -> Vec<lsp::SemanticTokensEdit> {
    if old == new {
        return Vec::new();
    }
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    vec![lsp::SemanticTokensEdit {
        start: head as u32,
        delete_count: (old.len() - tail - head) as u32,
        data: Some(new[head..new.len() - tail].to_vec()),
    }]
}
