//! Decisions about effects, by example.

use rustchain_plan::policy::Grant;
use rustchain_plan::{Effect, EffectKind, Expr, Pattern, Policy, Value, Verdict};

pub fn grant(kind: EffectKind, pattern: &str) -> Grant {
    Grant { effect: Effect { kind, pattern: Pattern(pattern.into()) }, predicate: None }
}

pub fn policy(kind: EffectKind, allow: &[&str], deny: &[&str]) -> Policy {
    let grants = |patterns: &[&str]| patterns.iter().map(|p| grant(kind, p)).collect();
    Policy { allow: grants(allow), deny: grants(deny), ..Policy::default() }
}

fn decide(kind: EffectKind, allow: &[&str], deny: &[&str], request: &str) -> Verdict {
    policy(kind, allow, deny).decide(kind, &Pattern(request.into()))
}

/// One verdict a line: `allow; -deny | request -> verdict`.
fn check(kind: EffectKind, table: &str) {
    for line in table.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let (grants, rest) = line.split_once(" | ").expect("a request");
        let (request, verdict) = rest.split_once(" -> ").expect("a verdict");
        let (deny, allow): (Vec<&str>, Vec<&str>) = grants.split("; ").partition(|g| g.starts_with('-'));
        let deny: Vec<&str> = deny.iter().map(|g| &g[1..]).collect();
        let found = format!("{:?}", decide(kind, &allow, &deny, request));
        assert_eq!(found, verdict, "{line}");
    }
}

#[test]
fn urls() {
    check(
        EffectKind::NetRead,
        r"
        https://a.example/** | https://a.example/x/y -> Allowed
        https://a.example/** | https://a.example -> Allowed
        https://a.example/** | HTTPS://A.Example:443/x -> Allowed
        https://a.example/** | https://a.example./x -> Allowed
        https://a.example/** | https://a.example:8443/x -> Refused
        https://a.example/** | http://a.example/x -> Refused
        https://a.example/** | https://a.example.evil.com/x -> Refused
        https://a.example/** | https://a.example@evil.com/x -> Refused
        https://a.example/** | https://evil.com\@a.example/x -> Refused
        https://a.example/** | https:a.example/x -> Refused
        https://a.example/** | https://ａ.example/x -> Refused
        https://a.example/** | https://a.example/x?since=** -> Allowed
        https://a.example/x | https://a.example/x?since=** -> Allowed
        https://a.example/x | https://a.example/x#part -> Allowed
        https://a.example/x | https://a.example/y/../x -> Allowed
        https://a.example/x | https://a.example/y/%2e%2E/x -> Allowed
        https://a.example/x/** | https://a.example/x/../y -> Refused
        https://a.example/x/** | https://a.example/%78/y -> Allowed
        https://a.example/x/** | https://a.example/x%2Fy -> Refused
        https://a.example/c/%c3%a4 | https://a.example/c/ä -> Allowed
        https://a.example/x/* | https://a.example/x/* -> Allowed
        https://a.example/x/* | https://a.example/x/** -> Unproven
        https://a.example/x/* | https://a.example/x/*/y -> Refused
        https://a.example/*/y | https://a.example/x/y -> Allowed
        https://a.example/*/y | https://a.example/x?/y -> Refused
        https://a.example/**/y | https://a.example/y -> Allowed
        https://*.example.com/** | https://a.example.com/x -> Allowed
        https://*.example.com/** | https://a.b.example.com/x -> Refused
        https://**.example.com/** | https://a.b.example.com/x -> Allowed
        https://*.example.com/** | https://example.com/x -> Refused
        https://**.example.com/** | https://evil.com/.example.com/x -> Refused
        https://*.example.com/** | https://**.example.com/x -> Unproven
        https://**.example.com/** | https://**.example.com/x -> Allowed
        https://localhost:*/** | https://localhost:8080/x -> Allowed
        https://a.example/x?k=1 | https://a.example/x?k=1 -> Allowed
        https://a.example/x?k=1 | https://a.example/x?k=2 -> Refused
        https://a.example/x?k=1 | https://a.example/x -> Refused
        https://a.example/x?k=* | https://a.example/x?k=** -> Unproven
        https://a.example/x?** | https://a.example/x?k=** -> Allowed
        ** | anything -> Allowed
        **; -https://a.example/** | anything -> Refused
        https://*.example:443/** | https://a.example/x -> Allowed
        **; -https://a.example/** | ht_tp://b.example/x -> Refused
        **; -https://a.example/** | https:///x -> Refused
        https://[::1]/** | https://[::1]/x -> Allowed
        https://[::1]/** | https://[::1]:443/x -> Allowed
        https://[::1]:8443/** | https://[::1]:08443/x -> Allowed
        https://[::1]/** | https://[::1]:8443/x -> Refused
        https://0.0.0.0/** | https://0/x -> Allowed
        https://0.0.0.1/** | https://0+1/x -> Refused
        https://0.0.0.1/** | https://256.0.0.1/x -> Refused
        https://127.0.0.1/** | https://00000000000000000000177.0x1/x -> Allowed
        **; -https://127.0.0.1/** | https://000000000000000000000000177.1/x -> Refused
        http://*.example:443/** | http://a.example/x -> Refused
        ** | ** -> Allowed
        https://a.example/** | ** -> Unproven
        https://a.example/** | **/x -> Unproven
        **; -https://evil.com/** | https://evil.com/x -> Refused
        **; -https://evil.com/** | https:evil.com/x -> Refused
        **; -https://evil.com/** | ** -> Unproven
        **; -https://evil.com/** | https://a.example/** -> Allowed
        **; -http://127.0.0.1/** | http://2130706433/x -> Refused
        https://a.example/**; -https://a.example/admin/** | https://a.example/** -> Unproven
        https://a.example/**; -https://a.example/admin/** | https://a.example/admin/* -> Refused
        https://a.example/a; https://a.example/b | https://a.example/b -> Allowed
        https://a.example/a/**; https://a.example/b/** | https://a.example/* -> Refused
        *://a.example/** | http://a.example/ -> Allowed
        ",
    );
}

#[test]
fn paths() {
    check(
        EffectKind::FsWrite,
        r"
        out/** | out/a/b.md -> Allowed
        out/** | ./out//a/./b.md -> Allowed
        out/** | out/../src/main.rs -> Refused
        out/** | ../out/a -> Refused
        out/** | /out/a -> Refused
        out/** | out -> Refused
        out/* | out/a/b -> Refused
        out/*.md | out/*.md -> Allowed
        out/*.md | out/**.md -> Unproven
        out/** | out/**.md -> Allowed
        out/**/x | out/x -> Allowed
        **/x | a/b/x -> Allowed
        **/x | x -> Allowed
        **/x | /x -> Refused
        **/x | ../x -> Refused
        ./** | ** -> Unproven
        ./** | a/** -> Allowed
        ./** | ../a -> Refused
        ** | ** -> Allowed
        ** | /etc/passwd -> Allowed
        /tmp/** | /tmp/../etc/passwd -> Refused
        /tmp/** | /tmp/x -> Allowed
        ../shared/** | ../shared/x -> Allowed
        ../shared/** | a/../../shared/x -> Allowed
        ../shared/** | ../shared/../x -> Refused
        a/*/../b | a/b -> Refused
        a/b | a/**/../b -> Unproven
        out/**; -**/.env | out/.env -> Refused
        out/**; -**/.env | out/*.md -> Allowed
        out/**; -**/.env | out/* -> Unproven
        a/**; b/** | a/x -> Allowed
        out/a\*b | out/a\*b -> Allowed
        out/a\*b | out/axb -> Refused
        ",
    );
}

#[test]
fn names() {
    check(
        EffectKind::Mcp,
        r"
        github.* | github.create_issue -> Allowed
        github.* | github.* -> Allowed
        github.* | gitlab.x -> Refused
        github.* | github.a.b -> Refused
        github.** | github.a.b -> Allowed
        ** | x -> Allowed
        ",
    );
    check(EffectKind::Exec, "git | git -> Allowed\n git | gitk -> Refused\n git | ** -> Unproven");
    check(EffectKind::Clock, "** | ** -> Allowed");
    assert_eq!(decide(EffectKind::Clock, &[], &[], "**"), Verdict::Refused);
}

#[test]
fn a_grant_of_another_kind_grants_nothing() {
    let reads = policy(EffectKind::NetRead, &["**"], &[]);
    assert_eq!(reads.decide(EffectKind::NetWrite, &Pattern::any()), Verdict::Refused);
}

#[test]
fn a_predicate_leaves_the_decision_to_the_run() {
    let condition = Some(Expr::constant(Value::Bool(true)));
    let kind = EffectKind::NetWrite;
    let mut guarded = policy(kind, &["https://pay.example/**"], &[]);
    guarded.allow[0].predicate = condition.clone();
    let literal = Pattern::literal("https://pay.example/x");
    assert_eq!(guarded.decide(kind, &literal), Verdict::Unproven);
    assert_eq!(guarded.decide(kind, &Pattern::literal("https://x.example/")), Verdict::Refused);
    let mut denied = policy(kind, &["https://pay.example/**"], &["https://pay.example/x"]);
    denied.deny[0].predicate = condition;
    assert_eq!(denied.decide(kind, &literal), Verdict::Unproven);
    assert_eq!(denied.decide(kind, &Pattern::literal("https://pay.example/y")), Verdict::Allowed);
}

#[test]
fn an_inferred_policy_grants_its_rows_wherever_they_lead() {
    let mut inferred = policy(EffectKind::FsRead, &["**/x"], &[]);
    inferred.inferred = true;
    assert_eq!(inferred.decide(EffectKind::FsRead, &Pattern("**/x".into())), Verdict::Allowed);
    assert_eq!(inferred.decide(EffectKind::FsRead, &Pattern::literal("/tmp/x")), Verdict::Allowed);
}

#[test]
fn suggestions() {
    let line = |kind, request: &str| Policy::suggest(kind, &Pattern(request.into()));
    assert_eq!(
        line(EffectKind::NetRead, "HTTPS://a.example/t?since=**"),
        r#"allow net.read "https://a.example/t""#
    );
    assert_eq!(
        line(EffectKind::NetRead, "https://a.example/*/x"),
        r#"allow net.read "https://a.example/*/x""#
    );
    assert_eq!(line(EffectKind::NetRead, "https://**"), r#"allow net.read "https://**""#);
    assert_eq!(line(EffectKind::NetRead, "**/x"), r#"allow net.read "**""#);
    assert_eq!(line(EffectKind::FsWrite, "./out/**.md"), r#"allow fs.write "out/**.md""#);
    assert_eq!(line(EffectKind::FsWrite, "**.md"), r#"allow fs.write "**""#);
    assert_eq!(line(EffectKind::FsWrite, r"a\*b"), r#"allow fs.write "a\\*b""#);
    assert_eq!(line(EffectKind::FsWrite, "a${b}"), r#"allow fs.write "a\${b}""#);
    assert_eq!(line(EffectKind::Exec, "git"), r#"allow exec "git""#);
    assert_eq!(line(EffectKind::Clock, "**"), "allow clock");
}
