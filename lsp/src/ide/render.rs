//! Signatures, types and effects as text for people.

use rustchain_plan::signature::{Param, Signature};
use rustchain_plan::{Effect, Labels, Plan, Verdict};

/// `http.get<T>(url: url, headers: map<string, string> = {}) -> T`.
pub fn signature(signature: &Signature) -> String {
    let params: Vec<String> = signature.params.iter().map(param).collect();
    format!("{}{}({}) -> {}", signature.name, type_params(signature), params.join(", "), signature.result)
}

/// `<T>`, or nothing.
pub fn type_params(signature: &Signature) -> String {
    if signature.type_params.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = signature.type_params.iter().map(|(n, _)| n.as_str()).collect();
    format!("<{}>", names.join(", "))
}

/// `url: url`, `timeout: duration = …`.
pub fn param(param: &Param) -> String {
    let labels = labels(param.labels);
    let optional = if param.default.is_some() { " = …" } else { "" };
    format!("{}: {labels}{}{optional}", param.name, param.ty)
}

/// `untrusted secret `, or nothing.
pub fn labels(labels: Labels) -> String {
    let named =
        [(Labels::UNTRUSTED, "untrusted "), (Labels::SECRET, "secret "), (Labels::PERSONAL, "personal ")];
    named.iter().filter(|(l, _)| labels.contains(*l)).map(|(_, name)| *name).collect()
}

/// What the policy says of one effect.
pub fn verdict(plan: &Plan, effect: &Effect) -> Verdict {
    plan.policy.decide(effect.kind, &effect.pattern)
}

/// A verdict in words.
pub fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => "allowed by the policy",
        Verdict::Refused => "refused by the policy",
        Verdict::Unproven => "decided with the value, when it runs",
    }
}
