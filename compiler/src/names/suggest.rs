//! Did you mean …?

/// The candidate nearest to `name`, where one is near enough to have been meant. Of a dotted name a wrong family
/// (`time.now` for `clock.now`) is likelier than more than one wrong letter.
pub fn best<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let near = nearest(name, candidates.iter().copied());
    if near.is_some_and(|c| distance(name, c) <= 1) {
        return near;
    }
    relative(name, &candidates).or(near)
}

/// The candidate of another family with the same last name.
fn relative<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let (family, last) = name.rsplit_once('.')?;
    let others = candidates.iter().filter_map(|c| Some((*c, c.rsplit_once('.')?)));
    let same = others.filter(|(_, (other, name))| *name == last && *other != family);
    same.min_by_key(|(c, (other, _))| (distance(family, other), *c)).map(|(c, _)| c)
}

fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = match name.chars().count() {
        0 => return None,
        1..=2 => 1,
        3..=6 => 2,
        _ => 3,
    };
    let mut found: Option<((usize, bool), &str)> = None;
    for candidate in candidates {
        if candidate == name || candidate.len().abs_diff(name.len()) > limit * 4 {
            continue;
        }
        let distance = if candidate.eq_ignore_ascii_case(name) { 0 } else { distance(name, candidate) };
        if distance > limit || distance >= name.chars().count().max(2) {
            continue;
        }
        // A letter that was left out or put in is likelier than a wrong one.
        let key = (distance, !is_within(name, candidate) && !is_within(candidate, name));
        if found.is_none_or(|(best, c)| (key, candidate) < (best, c)) {
            found = Some((key, candidate));
        }
    }
    found.map(|(_, c)| c)
}

/// Do the letters of `part` stand in `whole` in their order?
fn is_within(part: &str, whole: &str) -> bool {
    let mut rest = whole.chars();
    part.chars().all(|c| rest.any(|d| d == c))
}

/// Damerau-Levenshtein distance (optimal string alignment): insert, delete, replace, swap neighbours.
pub fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row[j] = least;
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_swaps_once() {
        assert_eq!(distance("fetch", "fecth"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn finds_the_near_and_not_the_far() {
        assert_eq!(best("sevrity", ["severity", "summary"]), Some("severity"));
        assert_eq!(best("zzz", ["severity", "summary"]), None);
        assert_eq!(best("escalatd", ["escalate", "escalated"]), Some("escalated"));
        assert_eq!(best("Ticket", ["ticket", "Tickets"]), Some("ticket"));
    }

    #[test]
    fn finds_the_family() {
        let library = ["time.unix", "clock.now", "fs.read", "chat.read", "http.get"];
        assert_eq!(best("time.now", library), Some("clock.now"));
        assert_eq!(best("file.read", library), Some("fs.read"));
        assert_eq!(best("http.gte", library), Some("http.get"));
        assert_eq!(best("now", library), None);
    }
}
