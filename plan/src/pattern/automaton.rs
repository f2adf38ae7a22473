//! Patterns as one automaton, and the walk over all texts of a request.

use super::normal::{Normal, UrlPattern};
use super::token::Token;
use crate::effect::PatternSyntax;
use std::cell::OnceCell;
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// Texts that a wildcard stands for: sequences of such characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Any,
    PathSegment,
    NameSegment,
    Scheme,
    /// One label of a host, or a port.
    Label,
    Host,
    UrlSegment,
    UrlPath,
    QueryPart,
}

impl Class {
    fn has(self, c: char) -> bool {
        match self {
            Class::Any => true,
            Class::PathSegment => c != '/',
            Class::NameSegment => c != '/' && c != '.',
            Class::Scheme => c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'),
            Class::Label => !matches!(c, '/' | '?' | '#' | '@' | ':' | '.' | '\\'),
            Class::Host => !matches!(c, '/' | '?' | '#' | '@' | '\\'),
            Class::UrlSegment => !matches!(c, '/' | '?' | '#'),
            Class::UrlPath => !matches!(c, '?' | '#'),
            Class::QueryPart => !matches!(c, '&' | '#'),
        }
    }
}

/// A state of the automaton, with the way to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// This character, then the next state.
    One(char),
    /// Such characters in this state, then, without one, the next state.
    Many(Class),
    /// Without a character: the next state, or the one so many states on.
    Skip(usize),
    /// A dead end.
    Never,
    /// The end of a pattern.
    End(End),
}

/// What it means that a text ends here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Request,
    Allow { sure: bool, inside: bool },
    Deny { sure: bool },
}

/// The items of a pattern, without its end.
pub(super) fn items(normal: &Normal, is_request: bool) -> Vec<Item> {
    let mut out = Vec::new();
    match normal {
        Normal::Any => out.push(Item::Many(Class::Any)),
        // A text that only `**` has.
        Normal::Unreadable if is_request => out.push(Item::One('\0')),
        Normal::Unreadable => out.push(Item::Never),
        Normal::Name(tokens) => push(&mut out, tokens, Class::NameSegment, Class::Any),
        Normal::Path(tokens) => push_path(&mut out, tokens, Class::PathSegment, Class::Any),
        Normal::Url(url) => push_url(&mut out, url, is_request),
    }
    out
}

fn push(out: &mut Vec<Item>, tokens: &[Token], star: Class, stars: Class) {
    out.extend(tokens.iter().map(|token| match token {
        Token::Char(c) => Item::One(*c),
        Token::Star => Item::Many(star),
        Token::Stars => Item::Many(stars),
    }));
}

/// Where `**` is a whole segment, it and its `/` stand also for no segment at all.
fn push_path(out: &mut Vec<Item>, tokens: &[Token], star: Class, stars: Class) {
    let slash = Token::Char('/');
    let mut starts = true;
    for (i, token) in tokens.iter().enumerate() {
        if starts && *token == Token::Stars && tokens.get(i + 1) == Some(&slash) {
            out.push(Item::Skip(3));
        }
        starts = *token == slash;
        push(out, &[*token], star, stars);
    }
}

fn push_url(out: &mut Vec<Item>, url: &UrlPattern, is_request: bool) {
    push(out, &url.scheme, Class::Scheme, Class::Scheme);
    out.extend([':', '/', '/'].map(Item::One));
    let Some(path) = &url.path else {
        let authority = url.authority.split_last().map_or(&[][..], |(_, init)| init);
        push(out, authority, Class::Label, Class::Host);
        out.push(Item::Many(Class::Any));
        return;
    };
    push(out, &url.authority, Class::Label, Class::Host);
    push_path(out, path, Class::UrlSegment, Class::UrlPath);
    match &url.query {
        Some(query) => {
            out.push(Item::One('?'));
            push(out, query, Class::QueryPart, Class::Any);
        }
        // A grant without a query ignores it; what a request ends with may hold one.
        None if !is_request || path.last() == Some(&Token::Stars) => {
            out.extend([Item::Skip(3), Item::One('?'), Item::Many(Class::Any)]);
        }
        None => {}
    }
}

/// Where a path leads, as far as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Direction {
    Start,
    Dot,
    DotDot,
    Inside,
    Outside,
}

impl Direction {
    fn step(self, c: char) -> Direction {
        match (self, c) {
            (Direction::Start, '/') | (Direction::DotDot, '/') => Direction::Outside,
            (Direction::Start, '.') => Direction::Dot,
            (Direction::Dot, '.') => Direction::DotDot,
            (Direction::Outside, _) => Direction::Outside,
            _ => Direction::Inside,
        }
    }

    fn is_inside(self) -> bool {
        !matches!(self, Direction::DotDot | Direction::Outside)
    }
}

/// What the last segment of a path is so far: normal forms have no empty one, no `.`, and `..` only to begin with.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Segment {
    Empty,
    Dot,
    DotDot,
    Named,
}

impl Segment {
    fn last(text: &str) -> Segment {
        match text.rsplit('/').next() {
            None | Some("") => Segment::Empty,
            Some(".") => Segment::Dot,
            Some("..") => Segment::DotDot,
            Some(_) => Segment::Named,
        }
    }

    /// Can a text in normal form end so, or go on with `/`?
    fn may_end(text: &str, syntax: PatternSyntax) -> bool {
        match (syntax, Segment::last(text)) {
            (PatternSyntax::Bare | PatternSyntax::Name, _) | (_, Segment::Named) => true,
            (PatternSyntax::Path, Segment::Empty) => text.is_empty() || text == "/",
            (PatternSyntax::Path, Segment::Dot) => text == ".",
            (PatternSyntax::Path, Segment::DotDot) => text.split('/').all(|segment| segment == ".."),
            (PatternSyntax::Url, Segment::Empty) => true,
            (PatternSyntax::Url, Segment::Dot | Segment::DotDot) => false,
        }
    }
}

/// A set of states.
type States = Vec<u64>;

fn insert(states: &mut States, at: usize) {
    if let Some(word) = states.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

fn members(states: &States) -> impl Iterator<Item = usize> + '_ {
    states.iter().enumerate().flat_map(|(i, word)| {
        let mut left = *word;
        std::iter::from_fn(move || {
            let bit = left.trailing_zeros();
            left &= left.checked_sub(1)?;
            Some(i * 64 + bit as usize)
        })
    })
}

/// What holds for the texts of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Findings {
    /// Every text is surely allowed.
    pub(super) all_allowed: bool,
    /// No text may be allowed.
    pub(super) none_allowed: bool,
}

/// Configurations looked at before the walk gives up: then nothing is proven.
const MAX_CONFIGURATIONS: usize = 20_000;

/// Patterns with their ends, and the characters that they tell apart.
pub(super) struct Grants {
    items: Vec<Item>,
    alphabet: OnceCell<Vec<Letter>>,
}

impl Grants {
    pub(super) fn new(items: Vec<Item>) -> Grants {
        Grants { items, alphabet: OnceCell::new() }
    }
}

/// Walks all texts of a request through all grants at once.
pub(super) struct Walk<'a> {
    request: &'a [Item],
    grants: &'a [Item],
    alphabet: &'a [Letter],
    findings: Findings,
    seen: HashSet<Configuration, BuildHasherDefault<Mixer>>,
    open: Vec<Configuration>,
}

type Configuration = (usize, States, Direction);

impl<'a> Walk<'a> {
    /// The request is one pattern with its end.
    pub(super) fn new(request: &'a [Item], grants: &'a Grants) -> Walk<'a> {
        let is_wild = request.iter().any(|item| matches!(item, Item::Many(_)));
        let alphabet = || grants.alphabet.get_or_init(|| alphabet(&grants.items)).as_slice();
        Walk {
            request,
            grants: &grants.items,
            alphabet: if is_wild { alphabet() } else { &[] },
            findings: Findings { all_allowed: true, none_allowed: true },
            seen: HashSet::default(),
            open: Vec::new(),
        }
    }

    /// The states at the start of every grant.
    fn start(&self) -> States {
        let mut start = vec![0; self.grants.len().div_ceil(64)];
        let ends = self.grants.iter().enumerate().filter(|(_, item)| matches!(item, Item::End(_)));
        let begins = std::iter::once(0).chain(ends.map(|(i, _)| i + 1)).filter(|i| *i < self.grants.len());
        begins.for_each(|i| insert(&mut start, i));
        self.close(&mut start);
        start
    }

    pub(super) fn run(mut self) -> Findings {
        let start = self.start();
        self.reach(0, start, Direction::Start);
        while let Some((at, states, direction)) = self.open.pop() {
            if !self.findings.all_allowed && !self.findings.none_allowed {
                break;
            }
            if self.seen.len() > MAX_CONFIGURATIONS {
                return Findings { all_allowed: false, none_allowed: false };
            }
            self.visit(at, states, direction);
        }
        self.findings
    }

    /// The first text, shortest first, that some grant speaks of and for which the test holds. Only texts in normal
    /// form are tried: another would be decided as its normal form is.
    pub(super) fn find(
        mut self,
        syntax: PatternSyntax,
        holds: &mut dyn FnMut(&str) -> bool,
    ) -> Option<String> {
        let mut seen = HashSet::new();
        let mut open = std::collections::VecDeque::new();
        open.push_back((0, self.start(), Direction::Start, String::new()));
        while let Some((at, states, direction, text)) = open.pop_front() {
            if !seen.insert((at, states.clone(), direction, Segment::last(&text))) {
                continue;
            }
            if seen.len() > MAX_CONFIGURATIONS {
                return None;
            }
            let (chars, next): (Vec<char>, usize) = match self.request.get(at) {
                Some(Item::One(c)) => (vec![*c], at + 1),
                Some(Item::Many(class)) => {
                    open.push_back((at + 1, states.clone(), direction, text.clone()));
                    // What stands for all other characters comes first: it reads best.
                    (
                        self.alphabet.iter().rev().map(|letter| letter.c).filter(|c| class.has(*c)).collect(),
                        at,
                    )
                }
                Some(Item::Skip(far)) => {
                    open.push_back((at + far, states.clone(), direction, text.clone()));
                    open.push_back((at + 1, states, direction, text));
                    continue;
                }
                Some(Item::Never) => continue,
                Some(Item::End(_)) | None if Segment::may_end(&text, syntax) && holds(&text) => {
                    return Some(text);
                }
                Some(Item::End(_)) | None => continue,
            };
            for c in chars {
                if c == '/' && !Segment::may_end(&text, syntax) {
                    continue;
                }
                let Some(read) = self.read(&states, c) else { continue };
                open.push_back((next, read, direction.step(c), format!("{text}{c}")));
            }
        }
        None
    }

    fn visit(&mut self, mut at: usize, mut states: States, mut direction: Direction) {
        // Fixed text has one way only: nothing to remember.
        let mut next = States::new();
        while let Some(Item::One(c)) = self.request.get(at) {
            if !self.read_into(&states, *c, &mut next) {
                return;
            }
            std::mem::swap(&mut states, &mut next);
            (at, direction) = (at + 1, direction.step(*c));
        }
        match self.request.get(at) {
            Some(Item::Many(class)) => {
                let wanted = self.wanted(&states);
                // Of letters that no state waits for, and that lie in the same classes, one stands for all.
                let mut tried: Vec<u16> = Vec::new();
                for i in 0..self.alphabet.len() {
                    let letter = self.alphabet.get(i).copied().filter(|l| class.has(l.c));
                    let Some(Letter { c, classes }) = letter else { continue };
                    if !wanted.contains(&c) {
                        if tried.contains(&classes) {
                            continue;
                        }
                        tried.push(classes);
                    }
                    if let Some(next) = self.read(&states, c) {
                        self.reach(at, next, direction.step(c));
                    }
                }
                self.reach(at + 1, states, direction);
            }
            Some(Item::Skip(far)) => {
                self.reach(at + far, states.clone(), direction);
                self.reach(at + 1, states, direction);
            }
            Some(Item::Never | Item::One(_)) => {}
            Some(Item::End(_)) | None => self.judge(&states, direction),
        }
    }

    /// The states after a character; `None` where no grant goes on: then none speaks of any text that
    /// begins so, and every request can be completed.
    fn read(&mut self, states: &States, c: char) -> Option<States> {
        let mut next = States::new();
        self.read_into(states, c, &mut next).then_some(next)
    }

    /// As [`Walk::read`], into a set that is there; false where no grant goes on.
    fn read_into(&mut self, states: &States, c: char, next: &mut States) -> bool {
        next.clear();
        next.resize(states.len(), 0);
        for at in members(states) {
            match self.grants.get(at) {
                Some(Item::One(wanted)) if *wanted == c => insert(next, at + 1),
                Some(Item::Many(class)) if class.has(c) => insert(next, at),
                _ => {}
            }
        }
        if next.iter().all(|word| *word == 0) {
            self.findings.all_allowed = false;
            return false;
        }
        self.close(next);
        true
    }

    fn reach(&mut self, at: usize, states: States, direction: Direction) {
        let configuration = (at, states, direction);
        if !self.seen.contains(&configuration) {
            self.seen.insert(configuration.clone());
            self.open.push(configuration);
        }
    }

    /// The characters that a state waits for.
    fn wanted(&self, states: &States) -> Vec<char> {
        let one = |at: usize| match self.grants.get(at) {
            Some(Item::One(c)) => Some(*c),
            _ => None,
        };
        members(states).filter_map(one).collect()
    }

    /// Adds the states that are reached without a character; they all lie further on.
    fn close(&self, states: &mut States) {
        for word in 0..states.len() {
            let mut done = 0_u64;
            while let Some(left) = states.get(word).map(|bits| bits & !done).filter(|left| *left != 0) {
                let bit = left.trailing_zeros();
                done |= 1 << bit;
                let at = word * 64 + bit as usize;
                match self.grants.get(at) {
                    Some(Item::Many(_)) => insert(states, at + 1),
                    Some(Item::Skip(far)) => {
                        insert(states, at + 1);
                        insert(states, at + far);
                    }
                    _ => {}
                }
            }
        }
    }

    fn judge(&mut self, states: &States, direction: Direction) {
        let (mut allowed, mut perhaps, mut denied, mut doubtful) = (false, false, false, false);
        for at in members(states) {
            match self.grants.get(at) {
                Some(Item::End(End::Allow { sure, inside })) if !inside || direction.is_inside() => {
                    perhaps = true;
                    allowed |= *sure;
                }
                Some(Item::End(End::Deny { sure })) => {
                    doubtful = true;
                    denied |= *sure;
                }
                _ => {}
            }
        }
        self.findings.all_allowed &= allowed && !doubtful;
        self.findings.none_allowed &= !perhaps || denied;
    }
}

/// A character of the alphabet, with a bit for each class that has it and for what it means to a path.
#[derive(Clone, Copy, Debug)]
struct Letter {
    c: char,
    classes: u16,
}

impl Letter {
    fn new(c: char) -> Letter {
        const CLASSES: [Class; 9] = [
            Class::Any,
            Class::PathSegment,
            Class::NameSegment,
            Class::Scheme,
            Class::Label,
            Class::Host,
            Class::UrlSegment,
            Class::UrlPath,
            Class::QueryPart,
        ];
        let bits = CLASSES.into_iter().map(|class| class.has(c)).chain([c == '/', c == '.']);
        Letter { c, classes: bits.fold(0, |all, bit| all << 1 | u16::from(bit)) }
    }
}

/// Characters that grants tell apart, and one that stands for all others.
fn alphabet(grants: &[Item]) -> Vec<Letter> {
    let mut out: Vec<char> = "/.:@?&#\\".chars().collect();
    out.extend(grants.iter().filter_map(|item| match item {
        Item::One(c) => Some(*c),
        _ => None,
    }));
    out.sort_unstable();
    out.dedup();
    let other = ('a'..='z').chain('\u{e000}'..='\u{f8ff}').find(|c| out.binary_search(c).is_err());
    out.into_iter().chain(other).map(Letter::new).collect()
}

/// A quick hash for configurations: they come from no one who could choose them to collide at a gain.
#[derive(Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(23) ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
