//! Functions on numbers.

use super::call::Args;
use super::compare;
use super::error::EvalError;
use super::operators::{finite, negate, whole};
use crate::value::Value;
use std::cmp::Ordering;

type Eval = Result<Value, EvalError>;

pub(super) fn abs(args: &mut Args<'_>) -> Eval {
    match args.value(0)? {
        Value::Float(n) => Ok(Value::Float(n.abs())),
        value @ (Value::Int(n) | Value::Duration(n)) => {
            if *n < 0 {
                negate(value)
            } else {
                Ok(value.clone())
            }
        }
        other => Err(EvalError::invalid(format!("`abs` needs a number, not {}", other.form()))),
    }
}

pub(super) fn round(args: &mut Args<'_>) -> Eval {
    whole(args.float(0)?.round()).map(Value::Int)
}

pub(super) fn floor(args: &mut Args<'_>) -> Eval {
    whole(args.float(0)?.floor()).map(Value::Int)
}

pub(super) fn ceil(args: &mut Args<'_>) -> Eval {
    whole(args.float(0)?.ceil()).map(Value::Int)
}

pub(super) fn decimals(args: &mut Args<'_>) -> Eval {
    let (number, digits) = (args.float(0)?, args.count(1)?);
    if digits > 100 {
        return Err(EvalError::arithmetic("`decimals` gives at most 100 digits"));
    }
    args.meter.room(512)?;
    Ok(Value::string(format!("{number:.digits$}")))
}

pub(super) fn pow(args: &mut Args<'_>) -> Eval {
    finite(args.float(0)?.powf(args.float(1)?))
}

pub(super) fn sqrt(args: &mut Args<'_>) -> Eval {
    let number = args.float(0)?;
    if number < 0.0 {
        return Err(EvalError::arithmetic("the square root of a negative number"));
    }
    finite(number.sqrt())
}

pub(super) fn clamp(args: &mut Args<'_>) -> Eval {
    let (number, low, high) = (args.value(0)?, args.value(1)?, args.value(2)?);
    let mut order = |a, b| {
        compare::order(a, b, args.schemas, args.meter)?
            .ok_or_else(|| EvalError::invalid("`clamp` needs three numbers of one type"))
    };
    if order(low, high)? == Ordering::Greater {
        return Err(EvalError::arithmetic("the lower bound of `clamp` is above the upper one"));
    }
    if order(number, low)? == Ordering::Less {
        return Ok(low.clone());
    }
    Ok(if order(number, high)? == Ordering::Greater { high.clone() } else { number.clone() })
}

pub(super) fn to_int(args: &mut Args<'_>) -> Eval {
    let text = args.text(0)?;
    let number = text.trim().parse().map(Value::Int);
    number.map_err(|_| EvalError::parse(format!("`{}` is no int", shortened(text))))
}

pub(super) fn to_float(args: &mut Args<'_>) -> Eval {
    let text = args.text(0)?;
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Value::Float(number)),
        _ => Err(EvalError::parse(format!("`{}` is no float", shortened(text)))),
    }
}

/// At most 40 characters of a text, for messages.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}
