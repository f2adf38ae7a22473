//! Digests and encodings.

use super::call::Args;
use super::error::EvalError;
use crate::codec::base64;
use crate::value::Value;
use sha2::{Digest, Sha256};

type Eval = Result<Value, EvalError>;

pub(super) fn sha256(args: &mut Args<'_>) -> Eval {
    let text = args.text(0)?;
    // Hashing costs more than looking.
    args.meter.steps(text.len() / 8)?;
    Ok(Value::string(hex(&Sha256::digest(text.as_bytes()))))
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| DIGITS.get(usize::from(n)).map_or('0', |d| char::from(*d));
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

pub(super) fn base64_encode(args: &mut Args<'_>) -> Eval {
    let text = args.text(0)?;
    args.meter.room(text.len().saturating_mul(2))?;
    Ok(Value::string(base64::encode(text.as_bytes())))
}

pub(super) fn base64_decode(args: &mut Args<'_>) -> Eval {
    let text = args.text(0)?;
    args.meter.room(text.len())?;
    let bytes = base64::decode(text.trim()).ok_or_else(|| EvalError::parse("the text is no base64"))?;
    let text = String::from_utf8(bytes).map_err(|_| EvalError::parse("the decoded bytes are no UTF-8"))?;
    Ok(Value::String(text.into()))
}
