//! URLs of requests.

use crate::step::StepError;
use reqwest::Url;

/// A URL argument that a request can be sent to.
///
/// # Errors
/// Kind `invalid`.
pub fn parse(text: &str) -> Result<Url, StepError> {
    let url = Url::parse(text).map_err(|e| StepError::invalid(format!("`{}` is no URL: {e}", cut(text))))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        other => Err(StepError::invalid(format!("a request needs an http or https URL, not `{other}`"))),
    }
}

/// A URL for messages: without user, password, query and fragment, where secrets stand.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Fails only for URLs without a host, which have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// A text that is no URL may still hold a secret after its path.
fn cut(text: &str) -> &str {
    text.split(['?', '#', '@']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{parse, shown};

    #[test]
    fn messages_show_no_secret_part() {
        let url = parse("https://me:pw@a.example/x?key=1#f").unwrap();
        assert_eq!(shown(&url), "https://a.example/x");
        assert!(parse("ftp://a.example/").is_err());
        assert!(!parse("nonsense?key=s3cret").unwrap_err().message.contains("s3cret"));
    }
}
