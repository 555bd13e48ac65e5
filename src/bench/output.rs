//! Whether the arms print the same. Different output means different work, or a race.

use crate::bench::arm::Arm;
use crate::digest::Digest;

/// What an arm printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// The arm.
    pub arm: Arm,
    /// The digest of its output.
    digest: Digest,
    /// That of its output without digits.
    shape: Digest,
    /// The first line, for messages.
    first: String,
}

/// How the outputs of arms compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sameness {
    /// All print the same.
    Same,
    /// They differ in numbers; the same arm's two runs may, too, as in a program that prints times.
    NumbersDiffer(String),
    /// They differ in more than numbers.
    Differ(String),
    /// Two runs of the same arm differ in more than numbers, so nothing can be said.
    NeverTheSame,
}

/// The longest part of a line in messages.
const SHOWN: usize = 60;

impl Printed {
    /// Digests what an arm printed.
    #[must_use]
    pub fn new(arm: Arm, bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        // Runs of digits and what belongs to a number, such as `1.5e-7`.
        let mut shape = String::with_capacity(text.len());
        let mut is_in_number = false;
        for c in text.chars() {
            let goes_on = is_in_number && matches!(c, '.' | 'e' | '-' | '+' | '_' | ',');
            if c.is_ascii_digit() {
                is_in_number = true;
            } else if !goes_on {
                if is_in_number {
                    shape.push('#');
                }
                is_in_number = false;
                shape.push(c);
            }
        }
        let first = text.lines().find(|line| !line.trim().is_empty());
        Self {
            arm,
            digest: Digest::of(bytes),
            shape: Digest::of(shape.as_bytes()),
            first: first.unwrap_or("").chars().take(SHOWN).collect(),
        }
    }
}

/// Compares what the arms printed. The control and its reference are the same arm.
#[must_use]
pub fn compare(printed: &[Printed]) -> Sameness {
    let Some(reference) = printed.iter().find(|it| it.arm == Arm::gil(1)) else {
        return Sameness::Same;
    };
    let control = printed.iter().find(|it| it.arm == Arm::gil(1).control());
    if control.is_some_and(|control| control.shape != reference.shape) {
        return Sameness::NeverTheSame;
    }
    let tell = |other: &Printed| {
        format!(
            "{} prints `{}`, {} prints `{}`",
            reference.arm, reference.first, other.arm, other.first
        )
    };
    if let Some(other) = printed.iter().find(|it| it.shape != reference.shape) {
        return Sameness::Differ(tell(other));
    }
    let is_stable = control.is_some_and(|control| control.digest == reference.digest);
    match printed.iter().find(|it| it.digest != reference.digest) {
        Some(other) if is_stable => Sameness::NumbersDiffer(tell(other)),
        _ => Sameness::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: [&str; 4]) -> Sameness {
        let arms = [
            Arm::gil(1),
            Arm::gil(1).control(),
            Arm::free_threaded(1),
            Arm::free_threaded(2),
        ];
        let printed = arms.iter().zip(texts);
        let printed = printed.map(|(arm, text)| Printed::new(*arm, text.as_bytes()));
        compare(&printed.collect::<Vec<_>>())
    }

    #[test]
    fn only_what_differs_by_more_than_chance_is_told() {
        assert_eq!(of(["a 1", "a 1", "a 1", "a 1"]), Sameness::Same);
        assert_eq!(
            of(["took 1.5e-3 s", "took 12 s", "took 3 s", "took 4 s"]),
            Sameness::Same
        );
        assert!(
            matches!(of(["sum 10", "sum 10", "sum 10", "sum 9"]), Sameness::NumbersDiffer(it) if it.contains("t2 prints `sum 9`"))
        );
        assert!(matches!(
            of(["ok", "ok", "ok", "lost"]),
            Sameness::Differ(_)
        ));
        assert_eq!(of(["x", "y", "x", "x"]), Sameness::NeverTheSame);
        assert_eq!(compare(&[]), Sameness::Same);
    }
}
