//! `random.*`: from the system, or repeatable where the run has a seed.

use crate::step::{StepCall, StepError};
use rustchain_plan::{ErrorKind, Value};
use sha2::{Digest, Sha256};

/// `random.int`: even over `low..=high`.
pub fn int(call: &StepCall<'_>) -> Result<Value, StepError> {
    let (low, high) = (call.int("low")?, call.int("high")?);
    if low > high {
        return Err(StepError::invalid(format!("`random.int` from {low} to {high} has no value")));
    }
    let span = u128::from(high.abs_diff(low)) + 1;
    // 128 random bits over at most 2^64 values: no value is more likely than another by 2^-64.
    let offset = u128::from_le_bytes(bits(call)?) % span;
    let value = i128::from(low) + i128::try_from(offset).unwrap_or(0);
    Ok(Value::Int(i64::try_from(value).unwrap_or(high)))
}

/// `random.uuid`: version 4.
pub fn uuid(call: &StepCall<'_>) -> Result<Value, StepError> {
    let mut bytes = bits(call)?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    Ok(Value::string(format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )))
}

/// With a seed each place of the run draws its own number, whatever order the steps run in.
fn bits(call: &StepCall<'_>) -> Result<[u8; 16], StepError> {
    let mut bytes = [0_u8; 16];
    let Some(seed) = call.context.seed() else {
        fill(&mut bytes)?;
        return Ok(bytes);
    };
    let text = format!("{seed}\0{}\0{}", call.path, call.attempt);
    for (byte, hashed) in bytes.iter_mut().zip(Sha256::digest(text.as_bytes())) {
        *byte = hashed;
    }
    Ok(bytes)
}

fn fill(bytes: &mut [u8]) -> Result<(), StepError> {
    let mut done = 0;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        done += rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty())
            .map_err(|e| StepError::new(ErrorKind::Io, format!("random numbers: {e}")))?;
    }
    Ok(())
}
