//! The arms of a comparison: which interpreter runs with how many workers.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One of the two builds that are compared, which differ only by the GIL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interpreter {
    /// The GIL build.
    Gil,
    /// The free-threaded build.
    FreeThreaded,
}

/// What the work is divided among.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Workers {
    /// Threads of one process.
    Threads(u32),
    /// Processes.
    Processes(u32),
}

impl Workers {
    /// Their number.
    #[must_use]
    pub const fn count(self) -> u32 {
        match self {
            Self::Threads(count) | Self::Processes(count) => count,
        }
    }
}

/// Which checkout runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The current directory: the change.
    #[default]
    Head,
    /// The directory of `--base`: what it is compared with.
    Base,
}

/// An arm of a comparison. Its text, as in JSON and in conditions, is `gil1`, `t4`, `gil8p` (eight
/// processes), `gil1-control`, `base:t4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Arm {
    /// The checkout.
    pub side: Side,
    /// The build.
    pub interpreter: Interpreter,
    /// The workers.
    pub workers: Workers,
    /// Whether it repeats another arm, so that their difference is noise (A/A).
    pub is_control: bool,
}

impl Arm {
    /// The arm of an interpreter with some workers.
    #[must_use]
    pub const fn new(interpreter: Interpreter, workers: Workers) -> Self {
        Self {
            side: Side::Head,
            interpreter,
            workers,
            is_control: false,
        }
    }

    /// The GIL build with threads.
    #[must_use]
    pub const fn gil(threads: u32) -> Self {
        Self::new(Interpreter::Gil, Workers::Threads(threads))
    }

    /// The free-threaded build with threads.
    #[must_use]
    pub const fn free_threaded(threads: u32) -> Self {
        Self::new(Interpreter::FreeThreaded, Workers::Threads(threads))
    }

    /// The GIL build with processes.
    #[must_use]
    pub const fn processes(count: u32) -> Self {
        Self::new(Interpreter::Gil, Workers::Processes(count))
    }

    /// The same arm of the other checkout.
    #[must_use]
    pub const fn on(self, side: Side) -> Self {
        Self { side, ..self }
    }

    /// The arm that repeats this one.
    #[must_use]
    pub const fn control(self) -> Self {
        Self {
            is_control: true,
            ..self
        }
    }

    /// Whether it is the free-threaded build.
    #[must_use]
    pub fn is_free_threaded(self) -> bool {
        self.interpreter == Interpreter::FreeThreaded
    }

    /// What a person reads: `GIL, 8 processes`.
    #[must_use]
    pub fn title(self) -> String {
        let build = match self.interpreter {
            Interpreter::Gil => "GIL",
            Interpreter::FreeThreaded => "free-threaded",
        };
        let (count, one, many) = match self.workers {
            Workers::Threads(count) => (count, "thread", "threads"),
            Workers::Processes(count) => (count, "process", "processes"),
        };
        let unit = if count == 1 { one } else { many };
        let side = if self.side == Side::Base {
            "base: "
        } else {
            ""
        };
        let again = if self.is_control { ", again" } else { "" };
        format!("{side}{build}, {count} {unit}{again}")
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.side == Side::Base {
            f.write_str("base:")?;
        }
        f.write_str(match self.interpreter {
            Interpreter::Gil => "gil",
            Interpreter::FreeThreaded => "t",
        })?;
        match self.workers {
            Workers::Threads(count) => write!(f, "{count}")?,
            Workers::Processes(count) => write!(f, "{count}p")?,
        }
        f.write_str(if self.is_control { "-control" } else { "" })
    }
}

impl From<Arm> for String {
    fn from(arm: Arm) -> Self {
        arm.to_string()
    }
}

/// A text is not the name of an arm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an arm, such as gil1, t4 or gil8p")]
pub struct NotAnArm(pub String);

impl FromStr for Arm {
    type Err = NotAnArm;

    fn from_str(text: &str) -> Result<Self, NotAnArm> {
        let wrong = || NotAnArm(text.to_owned());
        let (side, rest) = match text.strip_prefix("base:") {
            Some(rest) => (Side::Base, rest),
            None => (Side::Head, text),
        };
        let (is_control, rest) = match rest.strip_suffix("-control") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let (interpreter, rest) = match (rest.strip_prefix("gil"), rest.strip_prefix('t')) {
            (Some(rest), _) => (Interpreter::Gil, rest),
            (None, Some(rest)) => (Interpreter::FreeThreaded, rest),
            (None, None) => return Err(wrong()),
        };
        let (is_processes, digits) = match rest.strip_suffix('p') {
            Some(digits) => (true, digits),
            None => (false, rest),
        };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || digits.starts_with('0') {
            return Err(wrong());
        }
        let count: u32 = digits.parse().map_err(|_| wrong())?;
        Ok(Self {
            side,
            interpreter,
            workers: match is_processes {
                true => Workers::Processes(count),
                false => Workers::Threads(count),
            },
            is_control,
        })
    }
}

impl TryFrom<String> for Arm {
    type Error = NotAnArm;

    fn try_from(text: String) -> Result<Self, NotAnArm> {
        text.parse()
    }
}

/// From this number on, not every number of threads is an arm.
const ALL_UP_TO: u32 = 4;

/// The numbers of threads to measure up to a maximum: 1, 2, 3, 4, 6, 8, 12, 16, ... and the
/// maximum itself.
#[must_use]
pub fn thread_counts(most: u32) -> Vec<u32> {
    let mut counts: Vec<u32> = (1..=most.min(ALL_UP_TO)).collect();
    let mut power = ALL_UP_TO;
    while power < most {
        let steps = [power + power / 2, power.saturating_mul(2)];
        counts.extend(steps.into_iter().filter(|count| *count < most));
        power = power.saturating_mul(2);
    }
    if most > ALL_UP_TO {
        counts.push(most);
    }
    counts
}

/// Fewer numbers of threads, for several workloads in one budget: 1, 2, the half and the maximum.
#[must_use]
pub fn few_thread_counts(most: u32) -> Vec<u32> {
    let mut counts = vec![1, 2, most / 2, most];
    counts.retain(|count| (1..=most).contains(count));
    counts.sort_unstable();
    counts.dedup();
    counts
}

/// Returns the arms of a comparison: the GIL build with one thread and with the most, the
/// free-threaded build with each number, the GIL build with as many processes if `processes` says
/// that the program can, and the control.
#[must_use]
pub fn arms(counts: &[u32], has_processes: bool) -> Vec<Arm> {
    let most = counts.iter().copied().max().unwrap_or(1);
    let mut arms = vec![Arm::gil(1), Arm::gil(1).control()];
    if most > 1 {
        arms.push(Arm::gil(most));
    }
    if has_processes && most > 1 {
        arms.push(Arm::processes(most));
    }
    arms.extend(counts.iter().map(|count| Arm::free_threaded(*count)));
    arms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_an_arm_is_read_back() {
        let both = [
            (Arm::gil(1), "gil1"),
            (Arm::free_threaded(12), "t12"),
            (Arm::processes(8), "gil8p"),
            (Arm::gil(1).control(), "gil1-control"),
            (Arm::free_threaded(4).on(Side::Base), "base:t4"),
        ];
        for (arm, text) in both {
            assert_eq!(arm.to_string(), text);
            assert_eq!(text.parse(), Ok(arm));
        }
        for text in [
            "",
            "t",
            "t0",
            "t-1",
            "gil",
            "x1",
            "t1p1",
            "t01",
            "t99999999999",
        ] {
            assert_eq!(text.parse::<Arm>(), Err(NotAnArm(text.to_owned())));
        }
    }

    #[test]
    fn many_threads_are_measured_at_fewer_numbers() {
        assert_eq!(thread_counts(1), [1]);
        assert_eq!(thread_counts(2), [1, 2]);
        assert_eq!(thread_counts(4), [1, 2, 3, 4]);
        assert_eq!(thread_counts(6), [1, 2, 3, 4, 6]);
        assert_eq!(few_thread_counts(1), [1]);
        assert_eq!(few_thread_counts(3), [1, 2, 3]);
        assert_eq!(few_thread_counts(8), [1, 2, 4, 8]);
        assert_eq!(thread_counts(8), [1, 2, 3, 4, 6, 8]);
        assert_eq!(thread_counts(20), [1, 2, 3, 4, 6, 8, 12, 16, 20]);
        assert_eq!(
            thread_counts(64),
            [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]
        );
    }

    #[test]
    fn an_arm_repeats_the_reference() {
        let ids =
            |arms: Vec<Arm>| -> Vec<String> { arms.iter().map(ToString::to_string).collect() };
        assert_eq!(
            ids(arms(&[1, 2], true)),
            ["gil1", "gil1-control", "gil2", "gil2p", "t1", "t2"]
        );
        assert_eq!(ids(arms(&[1], true)), ["gil1", "gil1-control", "t1"]);
    }
}
