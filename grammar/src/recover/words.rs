//! Words for people: what rules are called, and which word was meant.

use crate::lower::list::Context;
use crate::parser::Rule;

/// "`=` or a type", from the rules that would have matched. `None` where none of them says anything.
pub(crate) fn expected(rules: &[Rule]) -> Option<String> {
    if rules.contains(&Rule::timestamp) {
        return Some("an expression".to_owned());
    }
    // Behind an operand a suffix could always stand.
    let is_behind_operand = rules.contains(&Rule::infix);
    let is_suffix = |rule: &Rule| matches!(rule, Rule::lparen | Rule::lbracket | Rule::lbrace);
    let rules: Vec<Rule> =
        rules.iter().copied().filter(|rule| !is_behind_operand || !is_suffix(rule)).collect();
    let mut names: Vec<String> = rules.iter().filter_map(|rule| human(*rule)).collect();
    if names.is_empty() {
        names = rules.iter().filter_map(|rule| continuation(*rule)).map(str::to_owned).collect();
    }
    names.sort();
    names.dedup();
    if names.iter().any(|n| n == "an expression") {
        names.retain(|n| !n.contains("a string") && !n.contains("a number"));
    }
    match names.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        [first, last] => Some(format!("{first} or {last}")),
        [rest @ .., last] if rest.len() < 5 => Some(format!("{} or {last}", rest.join(", "))),
        _ => None,
    }
}

/// What could also stand behind nearly everything: said only where nothing else could.
fn continuation(rule: Rule) -> Option<&'static str> {
    match rule {
        Rule::EOI => Some("a new line"),
        Rule::comma => Some("`,`"),
        Rule::infix => Some("an operator"),
        _ => None,
    }
}

fn human(rule: Rule) -> Option<String> {
    let text = match rule {
        Rule::name | Rule::any_name | Rule::upper_name => "a name",
        Rule::path | Rule::any_path => "a name",
        Rule::ty | Rule::ty_named | Rule::ty_record | Rule::label => "a type",
        Rule::expr | Rule::prefix => "an expression",
        Rule::plain | Rule::template => "a string",
        Rule::number => "a number",
        Rule::list => "a list",
        Rule::block | Rule::policy_body | Rule::clause_block | Rule::record_body | Rule::lbrace => "`{`",
        Rule::params | Rule::lparen => "`(`",
        Rule::kind_list | Rule::lbracket => "`[`",
        Rule::rbrace => "`}`",
        Rule::rparen => "`)`",
        Rule::rbracket => "`]`",
        Rule::rangle => "`>`",
        Rule::colon => "`:`",
        Rule::eq => "`=`",
        Rule::arrow => "`->`",
        Rule::fat_arrow => "`=>`",
        Rule::bar => "`|`",
        Rule::effect => "an effect, like `net.read \"https://…\"`",
        Rule::error_action => "`fail`, `continue`, `skip` or `use`",
        Rule::reply => "a value",
        Rule::pattern => "a pattern",
        Rule::kind => "an error kind",
        Rule::field => "a field",
        Rule::loop_until | Rule::loop_state => "`until`, or a name with `from`",
        Rule::for_binding => "a name with `in`",
        Rule::bound => "`max`, `limit`, `every` or `for`",
        Rule::schedule_every | Rule::schedule_cron | Rule::schedule_on => "a schedule",
        Rule::fn_value | Rule::fn_match => "an effect",
        _ => return keyword(rule),
    };
    Some(text.to_owned())
}

/// Keyword rules are called `kw_` and the word.
fn keyword(rule: Rule) -> Option<String> {
    let name = format!("{rule:?}");
    Some(format!("`{}`", name.strip_prefix("kw_")?))
}

/// Is this a word that no plain name may be?
pub(crate) fn is_reserved(word: &str) -> bool {
    matches!(
        word,
        "if" | "then"
            | "else"
            | "match"
            | "for"
            | "loop"
            | "in"
            | "let"
            | "step"
            | "with"
            | "true"
            | "false"
            | "null"
    )
}

/// The words that a member of a list begins with.
pub(crate) fn heads(context: Context) -> &'static [&'static str] {
    match context {
        Context::Item => &[
            "agent", "chain", "edition", "enum", "import", "let", "memory", "mission", "policy", "provider",
            "record", "test", "tool", "type",
        ],
        Context::Stmt => &[
            "defaults", "group", "input", "let", "meta", "outcome", "output", "policy", "return", "schedule",
            "secret", "step", "within",
        ],
        Context::Clause => &[
            "after", "cache", "id", "meta", "on", "retry", "teardown", "timeout", "trigger", "updates",
            "when", "within",
        ],
        Context::PolicyLine => &["allow", "at", "budget", "deny", "never", "prompt", "require", "sandbox"],
        Context::AgentLine => &["budget", "model", "on", "prompt", "system", "tools"],
        Context::ToolLine => &["effect", "requires"],
        Context::FnLine => &["effect", "raises", "replay"],
        Context::TestLine => &["expect", "given", "mock"],
        _ => &[],
    }
}

/// The candidate that differs least, if it differs little.
pub(crate) fn similar(word: &str, candidates: &'static [&'static str]) -> Option<&'static str> {
    let limit = if word.len() < 4 { 1 } else { 2 };
    let best = candidates.iter().map(|candidate| (distance(word, candidate), *candidate)).min()?;
    (best.0 > 0 && best.0 <= limit).then_some(best.1)
}

/// How many letters must be put in, left out or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(40).enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let change = row.get(j).copied().unwrap_or(0) + usize::from(x != *y);
            let shorter = row.get(j + 1).copied().unwrap_or(0) + 1;
            let longer = next.get(j).copied().unwrap_or(0) + 1;
            next.push(change.min(shorter).min(longer));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
