//! Editor features and the language server.
