//! The one HTTP client of a run.

use crate::context::RunContext;
use crate::step::StepError;
use rustchain_plan::ErrorKind;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long a connection may take to come up.
const CONNECT: Duration = Duration::from_secs(30);

/// Made at first use: reading the machine's certificates takes milliseconds.
#[derive(Default)]
pub struct Client(OnceLock<Result<reqwest::Client, String>>);

/// The run's client. It follows no redirect by itself.
///
/// # Errors
/// Kind `network` where TLS cannot be set up.
pub fn client(context: &RunContext) -> Result<reqwest::Client, StepError> {
    let shared: Arc<Client> = context.shared(Client::default);
    let client = shared.0.get_or_init(|| build().map_err(|e| e.to_string()));
    client.clone().map_err(|e| StepError::new(ErrorKind::Network, format!("no HTTP client: {e}")))
}

fn build() -> Result<reqwest::Client, reqwest::Error> {
    // Another part of the process may have chosen a provider already: that one is used then.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder().build().or_else(|_| builder().tls_backend_preconfigured(without_certificates()).build())
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .user_agent(concat!("rustchain/", env!("CARGO_PKG_VERSION")))
}

/// A machine without certificates can still speak plain HTTP; every HTTPS connection fails.
fn without_certificates() -> rustls::ClientConfig {
    rustls::ClientConfig::builder()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}
