//! Conditions of branches: true, false, or not known.

use super::image::Image;
use super::imports::Known;
use super::state::Flags;
use super::value::{Value, mask, sign_extend};

/// A condition on the flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Below,
    BelowOrEqual,
    Above,
    AboveOrEqual,
    Negative,
    NotNegative,
    /// Overflow, parity and others.
    Other,
}

/// Evaluates a condition.
pub(super) fn evaluate(image: &Image<'_>, flags: Flags, condition: Condition) -> Option<bool> {
    match flags {
        Flags::Unknown => None,
        Flags::Result(value, bytes) => compare(value, 0, bytes, condition).filter(|_| {
            use Condition::{Equal, Negative, NotEqual, NotNegative};
            matches!(condition, Equal | NotEqual | Negative | NotNegative)
        }),
        Flags::Tested(a, b, bytes) => match (a.low(bytes), b.low(bytes)) {
            (Value::Const(a), Value::Const(b)) => compare(a & b, 0, bytes, condition),
            (a, b) if a == b => different(condition, not_null(image, a)),
            _ => None,
        },
        Flags::Compared(a, b, bytes) => match (a.low(bytes), b.low(bytes)) {
            (Value::Const(a), Value::Const(b)) => compare(a, b, bytes, condition),
            // MSVC's static guard, zero, against the epoch of the thread, which begins at the
            // lowest number.
            (Value::ZERO, Value::ThreadLocal) => compare(0, 1 << 31, 4, condition),
            (a, b)
                if a == b
                    && !matches!(
                        a,
                        Value::Unknown | Value::Around(_) | Value::Low(_) | Value::ThreadLocal
                    ) =>
            {
                same(condition)
            }
            (a, Value::ZERO) | (Value::ZERO, a) => different(condition, not_null(image, a)),
            (Value::Stack(_) | Value::Heap { .. }, Value::Import(_))
            | (Value::Import(_), Value::Stack(_) | Value::Heap { .. }) => {
                different(condition, true)
            }
            _ => None,
        },
    }
}

/// Whether a value is certainly not zero.
pub(super) fn not_null(image: &Image<'_>, value: Value) -> bool {
    match value {
        Value::Stack(_) | Value::Heap { .. } | Value::Import(_) | Value::Module(_) => true,
        Value::Returned { symbol, .. } => {
            matches!(
                image.known(symbol),
                Known::NotNull | Known::OtherObject | Known::Version | Known::DefInit
            )
        }
        Value::Const(number) => number != 0,
        Value::Unknown | Value::Low(_) | Value::Around(_) | Value::ThreadLocal => false,
    }
}

/// The value that is zero on one side of a branch, and whether that is the side that is taken.
pub(super) fn zero_side(flags: Flags, condition: Condition) -> Option<(Value, bool)> {
    let value = match flags {
        Flags::Tested(a, b, bytes) if a == b => a.low(bytes),
        Flags::Compared(a, Value::ZERO, bytes) => a.low(bytes),
        _ => Value::Unknown,
    };
    match (value, condition) {
        (Value::Returned { .. }, Condition::Equal) => Some((value, true)),
        (Value::Returned { .. }, Condition::NotEqual) => Some((value, false)),
        _ => None,
    }
}

/// The conditions that a difference alone decides.
fn different(condition: Condition, known: bool) -> Option<bool> {
    match condition {
        Condition::Equal if known => Some(false),
        Condition::NotEqual if known => Some(true),
        _ => None,
    }
}

/// The conditions that equality decides.
fn same(condition: Condition) -> Option<bool> {
    use Condition as C;
    match condition {
        C::Equal | C::LessOrEqual | C::GreaterOrEqual | C::BelowOrEqual | C::AboveOrEqual => {
            Some(true)
        }
        C::NotEqual | C::Less | C::Greater | C::Below | C::Above => Some(false),
        C::Negative | C::NotNegative | C::Other => None,
    }
}

fn compare(a: u64, b: u64, bytes: u8, condition: Condition) -> Option<bool> {
    let (a, b) = (a & mask(bytes), b & mask(bytes));
    let signed = (sign_extend(a, bytes), sign_extend(b, bytes));
    let difference = sign_extend(a.wrapping_sub(b), bytes);
    Some(match condition {
        Condition::Equal => a == b,
        Condition::NotEqual => a != b,
        Condition::Less => signed.0 < signed.1,
        Condition::LessOrEqual => signed.0 <= signed.1,
        Condition::Greater => signed.0 > signed.1,
        Condition::GreaterOrEqual => signed.0 >= signed.1,
        Condition::Below => a < b,
        Condition::BelowOrEqual => a <= b,
        Condition::Above => a > b,
        Condition::AboveOrEqual => a >= b,
        Condition::Negative => difference < 0,
        Condition::NotNegative => difference >= 0,
        Condition::Other => return None,
    })
}
