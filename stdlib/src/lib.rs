//! Signatures of every step kind and pure function.
