//! The law of decisions, against a matcher that is written from the description alone: Allowed means that
//! every value is allowed, Refused that every value is refused, and of one value the decision is exact.

use crate::decide::policy;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rustchain_plan::{EffectKind, Pattern, Policy, Verdict};

/// A pattern with literals that need no escape.
#[derive(Clone, Debug)]
struct Parts(Vec<&'static str>);

impl Parts {
    fn text(&self) -> String {
        self.0.concat()
    }

    /// Texts of the pattern: every wildcard replaced by each of some texts.
    fn values(&self, fillings: fn(&str, bool) -> &'static [&'static str]) -> Vec<String> {
        let mut out = vec![String::new()];
        for (i, part) in self.0.iter().enumerate() {
            let choices: &[&str] = if part.starts_with('*') { fillings(part, i == 0) } else { &[part] };
            out =
                out.iter().flat_map(|head| choices.iter().map(move |tail| format!("{head}{tail}"))).collect();
        }
        out
    }
}

/// `pattern` as text where `star` holds for what `*` may hold, `stars` for `**`.
fn glob(pattern: &str, text: &str, star: fn(char) -> bool, stars: fn(char) -> bool) -> bool {
    let wild = |rest: &str, may: fn(char) -> bool| {
        let mut at = 0;
        loop {
            if glob(rest, &text[at..], star, stars) {
                return true;
            }
            match text[at..].chars().next() {
                Some(c) if may(c) => at += c.len_utf8(),
                _ => return false,
            }
        }
    };
    if let Some(rest) = pattern.strip_prefix("**") {
        return wild(rest, stars);
    }
    if let Some(rest) = pattern.strip_prefix('*') {
        return wild(rest, star);
    }
    match (pattern.chars().next(), text.chars().next()) {
        (None, None) => true,
        (Some(p), Some(t)) if p == t => glob(&pattern[p.len_utf8()..], &text[t.len_utf8()..], star, stars),
        _ => false,
    }
}

/// The pattern, and the pattern with each `**/` at the start of a segment left out.
fn spellings(pattern: &str) -> Vec<String> {
    let starts = pattern.match_indices("**/").map(|(at, _)| at);
    let whole = |at: &usize| *at == 0 || pattern[..*at].ends_with('/');
    match starts.filter(whole).last() {
        None => vec![pattern.to_owned()],
        Some(at) => spellings(&pattern[..at])
            .iter()
            .flat_map(|head| {
                let tail = &pattern[at..];
                [format!("{head}{tail}"), format!("{head}{}", &tail[3..])]
            })
            .collect(),
    }
}

fn normal_path(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in text.split('/').filter(|s| !s.is_empty() && *s != ".") {
        match (segment, kept.last()) {
            ("..", None) if text.starts_with('/') => {}
            ("..", Some(last)) if *last != ".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
    }
    match (text.starts_with('/'), kept.is_empty()) {
        (true, _) => format!("/{}", kept.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => kept.join("/"),
    }
}

fn path_matches(pattern: &str, value: &str, anchored: bool) -> bool {
    if pattern == "**" {
        return true;
    }
    let pattern = normal_path(pattern);
    let outside = value.starts_with('/') || value == ".." || value.starts_with("../");
    let leads_out = pattern.starts_with('/') || pattern == ".." || pattern.starts_with("../");
    if anchored && outside && !leads_out {
        return false;
    }
    spellings(&pattern).iter().any(|p| glob(p, value, |c| c != '/', |_| true))
}

fn path_allowed(allow: &[Parts], deny: &[Parts], value: &str) -> bool {
    let value = normal_path(value);
    allow.iter().any(|p| path_matches(&p.text(), &value, true))
        && !deny.iter().any(|p| path_matches(&p.text(), &value, false))
}

fn path_fillings(part: &str, first: bool) -> &'static [&'static str] {
    match (part, first) {
        ("*", false) => &["a", "b", "ab", "x"],
        ("*", true) => &["a", "b", "ab", "x", "..", "."],
        (_, false) => &["a", "b", "a/b", "b/a/b", "x"],
        (_, true) => &["", "a", "a/b", "/", "/a", "..", "../a", "../..", "./b", "x"],
    }
}

fn path_parts() -> impl Strategy<Value = Parts> {
    let part = prop::sample::select(vec!["a", "b", "/", "/", "*", "**", "a/", "/b", "ab"]);
    prop::collection::vec(part, 1..6).prop_map(|parts| Parts(joined(parts)))
}

/// Without two wildcards side by side, which read as one.
fn joined(parts: Vec<&'static str>) -> Vec<&'static str> {
    let mut out: Vec<&'static str> = Vec::new();
    for part in parts {
        let wild = |p: &str| p.starts_with('*');
        if !(wild(part) && out.last().is_some_and(|p| wild(p))) {
            out.push(part);
        }
    }
    out
}

const HOSTS: [&str; 4] = ["a.io", "*.a.io", "**.a.io", "b.io:81"];

fn url_parts() -> impl Strategy<Value = Parts> {
    let part = prop::sample::select(vec!["a", "b", "/", "/", "*", "**", "x", "?k=", "?"]);
    let path = prop::collection::vec(part, 0..6);
    (prop::sample::select(HOSTS.to_vec()), path).prop_map(|(host, path)| {
        let mut parts = vec!["https://"];
        match host.strip_prefix("**").map(|h| ("**", h)).or(host.strip_prefix('*').map(|h| ("*", h))) {
            Some((star, rest)) => parts.extend([star, rest]),
            None => parts.push(host),
        }
        parts.push("/");
        parts.extend(path);
        Parts(joined(parts))
    })
}

fn url_fillings(part: &str, _: bool) -> &'static [&'static str] {
    match part {
        "*" => &["a", "b", "x", "ab"],
        _ => &["a", "b", "a.b", "x"],
    }
}

fn url_matches(pattern: &str, value: &str) -> bool {
    let cut = |text: &str| -> (String, Option<String>) {
        match text.split_once('?') {
            Some((head, query)) => (head.to_owned(), Some(query.to_owned())),
            None => (text.to_owned(), None),
        }
    };
    let (pattern, wanted) = cut(pattern);
    let (value, query) = cut(value);
    let split = |text: &str| -> (String, String) {
        let rest = text.strip_prefix("https://").expect("a scheme");
        let at = rest.find('/').expect("a path");
        (rest[..at].to_owned(), rest[at..].to_owned())
    };
    let ((host, path), (value_host, value_path)) = (split(&pattern), split(&value));
    let label = |c: char| !"/?#@:.".contains(c);
    let query_fits = match (wanted, query) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wanted), Some(query)) => glob(&wanted, &query, |c| c != '&', |_| true),
    };
    query_fits
        && glob(&host, &value_host, label, |c| c != '/')
        && spellings(&path).iter().any(|p| glob(p, &value_path, |c| c != '/', |_| true))
}

fn url_allowed(allow: &[Parts], deny: &[Parts], value: &str) -> bool {
    let any = |patterns: &[Parts]| patterns.iter().any(|p| url_matches(&p.text(), value));
    any(allow) && !any(deny)
}

type Case = (Vec<Parts>, Vec<Parts>, Parts);

fn case(parts: impl Strategy<Value = Parts> + Clone) -> impl Strategy<Value = Case> {
    let list = |least, most| prop::collection::vec(parts.clone(), least..most);
    (list(1, 4), list(0, 3), parts.clone())
}

/// Checks one case; gives its verdict.
fn check(
    kind: EffectKind,
    (allow, deny, request): &Case,
    allowed: fn(&[Parts], &[Parts], &str) -> bool,
    fillings: fn(&str, bool) -> &'static [&'static str],
) -> Result<Verdict, TestCaseError> {
    let texts = |list: &[Parts]| list.iter().map(Parts::text).collect::<Vec<_>>();
    let (allow_texts, deny_texts) = (texts(allow), texts(deny));
    let a: Vec<&str> = allow_texts.iter().map(String::as_str).collect();
    let d: Vec<&str> = deny_texts.iter().map(String::as_str).collect();
    let policy: Policy = policy(kind, &a, &d);
    let verdict = policy.decide(kind, &Pattern(request.text().into()));
    let values = request.values(fillings);
    // Of many values some, spread evenly.
    for value in values.iter().step_by(values.len().div_ceil(24)) {
        let expected = allowed(allow, deny, value);
        let of_value = policy.decide(kind, &Pattern::literal(value));
        let exact = if expected { Verdict::Allowed } else { Verdict::Refused };
        prop_assert_eq!(of_value, exact, "{:?} of {:?} but {:?}", value, &a, &d);
        match verdict {
            Verdict::Allowed => prop_assert!(expected, "{:?} is not allowed by {:?} but {:?}", value, a, d),
            Verdict::Refused => prop_assert!(!expected, "{:?} is allowed by {:?} but {:?}", value, a, d),
            Verdict::Unproven => {}
        }
    }
    Ok(verdict)
}

/// Ten thousand cases; each verdict must come up often, or the test says nothing.
fn law(
    kind: EffectKind,
    parts: impl Strategy<Value = Parts> + Clone,
    allowed: fn(&[Parts], &[Parts], &str) -> bool,
    fillings: fn(&str, bool) -> &'static [&'static str],
) {
    let verdicts = std::cell::RefCell::new([0; 3]);
    let config = Config { cases: 10_000, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&case(parts), |case| {
        let verdict = check(kind, &case, allowed, fillings)?;
        verdicts.borrow_mut()[verdict as usize] += 1;
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let counts = verdicts.into_inner();
    assert!(counts.iter().all(|n| *n > 200), "allowed, refused, unproven: {counts:?}");
}

#[test]
fn decisions_about_paths_hold_for_every_value() {
    law(EffectKind::FsWrite, path_parts().boxed(), path_allowed, path_fillings);
}

#[test]
fn decisions_about_urls_hold_for_every_value() {
    law(EffectKind::NetRead, url_parts().boxed(), url_allowed, url_fillings);
}

#[test]
fn a_suggestion_allows_what_it_was_made_for() {
    let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
    let both = prop_oneof![
        path_parts().prop_map(|p| (EffectKind::FsWrite, p.text())),
        url_parts().prop_map(|p| (EffectKind::NetRead, p.text())),
    ];
    let result = TestRunner::new(config).run(&both, |(kind, text)| {
        let request = Pattern(text.as_str().into());
        let line = Policy::suggest(kind, &request);
        let granted = line.split_once('"').and_then(|(_, rest)| rest.strip_suffix('"')).expect("a pattern");
        let granted = granted.replace("\\\\", "\\");
        let verdict = policy(kind, &[&granted], &[]).decide(kind, &request);
        prop_assert_eq!(verdict, Verdict::Allowed, "{} for {}", line, text);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
