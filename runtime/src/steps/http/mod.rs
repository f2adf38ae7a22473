//! `http.*` and `net.reachable`.

mod address;
mod client;
mod download;
mod failure;
mod reachable;
mod request;

pub use client::client;
pub use download::download;
pub use failure::{from_reqwest, status_error};
pub use reachable::reachable;
pub use request::{delete, get, patch, post, put, request};
