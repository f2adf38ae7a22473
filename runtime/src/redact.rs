//! Keeps the values of secrets out of logs and messages.

use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

/// Knows the secrets of a run and replaces them in text by `[secret:NAME]`.
#[derive(Debug, Default)]
pub struct Redactor {
    secrets: RwLock<Vec<(String, String)>>,
}

/// Shorter secrets are not searched for: they would match by chance.
const SHORTEST: usize = 4;

impl Redactor {
    /// Adds a secret: its text, and the forms it takes in JSON and URLs.
    pub fn add(&self, name: &str, text: &str) {
        if text.len() < SHORTEST {
            return;
        }
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        for form in forms(text) {
            if !secrets.iter().any(|(_, known)| *known == form) {
                secrets.push((name.to_owned(), form));
            }
        }
        secrets.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.cmp(b)));
    }

    /// Has it no secret at all?
    pub fn is_empty(&self) -> bool {
        self.secrets.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The text without secrets.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        let mut out = Cow::Borrowed(text);
        for (name, secret) in secrets.iter() {
            if out.contains(secret.as_str()) {
                out = Cow::Owned(out.replace(secret.as_str(), &format!("[secret:{name}]")));
            }
        }
        out
    }

    /// The JSON value without secrets, in keys and strings.
    pub fn json(&self, value: serde_json::Value) -> serde_json::Value {
        if self.is_empty() {
            return value;
        }
        self.json_inner(value)
    }

    fn json_inner(&self, value: serde_json::Value) -> serde_json::Value {
        use serde_json::Value as J;
        match value {
            J::String(text) => J::String(self.text(&text).into_owned()),
            J::Array(items) => J::Array(items.into_iter().map(|v| self.json_inner(v)).collect()),
            J::Object(map) => J::Object(
                map.into_iter().map(|(k, v)| (self.text(&k).into_owned(), self.json_inner(v))).collect(),
            ),
            other => other,
        }
    }
}

fn forms(text: &str) -> Vec<String> {
    let mut forms = vec![text.to_owned()];
    let quoted = serde_json::Value::from(text).to_string();
    let inner = quoted.trim_matches('"').to_owned();
    if inner != text && inner.len() >= SHORTEST {
        forms.push(inner);
    }
    let encoded = percent_encoded(text);
    if encoded != text {
        forms.push(encoded);
    }
    forms
}

fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Redactor;

    #[test]
    fn secrets_are_replaced_in_every_form() {
        let redactor = Redactor::default();
        redactor.add("token", "a\"b c");
        assert_eq!(redactor.text("x a\"b c y"), "x [secret:token] y");
        assert_eq!(redactor.text("q=a%22b%20c"), "q=[secret:token]");
        assert_eq!(redactor.text(r#"{"k":"a\"b c"}"#), r#"{"k":"[secret:token]"}"#);
    }
}
