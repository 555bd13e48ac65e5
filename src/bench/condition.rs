//! Conditions of `--fail-if` and `--fail-unless`: `t1 > 1.10`, `t4.speedup < 2`, `pays@4`.

use crate::bench::arm::Arm;
use crate::bench::outcome::{BenchReport, Interval, PayVerdict};
use std::fmt;
use std::str::FromStr;

/// A figure of an arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// `t1`: its time divided by that of `gil1`.
    TimeRatio,
    /// `t4.speedup`: how many times faster than `gil1`.
    Speedup,
    /// `t4.memory`: its memory divided by that of `gil1`.
    Memory,
    /// `t4.base`: its time divided by that of `--base`.
    Base,
}

/// A condition on what was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Condition {
    /// `pays`, `pays@4`: free-threading pays, with at most this many threads.
    Pays(Option<u32>),
    /// An arm's figure is above or below a number.
    Compares {
        /// The arm.
        arm: Arm,
        /// Which of its figures.
        figure: Figure,
        /// Whether it has to be above the number.
        is_above: bool,
        /// The number.
        number: f64,
    },
}

/// What a condition came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It holds in the whole interval.
    Holds,
    /// It does not hold anywhere in the interval.
    Fails,
    /// The interval contains both.
    Open,
    /// There is no such figure.
    Missing,
}

/// A text is not a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a condition, such as `t1 > 1.10`, `t4.speedup < 2` or `pays@4`")]
pub struct NotACondition(pub String);

impl FromStr for Condition {
    type Err = NotACondition;

    fn from_str(text: &str) -> Result<Self, NotACondition> {
        let wrong = || NotACondition(text.to_owned());
        let trimmed = text.trim();
        if trimmed == "pays" {
            return Ok(Self::Pays(None));
        }
        if let Some(threads) = trimmed.strip_prefix("pays@") {
            let threads = threads.parse().ok().filter(|threads| *threads > 0);
            return threads.map(|it| Self::Pays(Some(it))).ok_or_else(wrong);
        }
        let place = trimmed.find(['<', '>']).ok_or_else(wrong)?;
        let (left, right) = (trimmed[..place].trim(), trimmed[place + 1..].trim());
        let (arm, figure) = match left.rsplit_once('.') {
            Some((arm, "speedup")) => (arm, Figure::Speedup),
            Some((arm, "memory")) => (arm, Figure::Memory),
            Some((arm, "base")) => (arm, Figure::Base),
            Some(_) => return Err(wrong()),
            None => (left, Figure::TimeRatio),
        };
        let number: f64 = right.parse().map_err(|_| wrong())?;
        if !number.is_finite() {
            return Err(wrong());
        }
        Ok(Self::Compares {
            arm: arm.parse().map_err(|_| wrong())?,
            figure,
            is_above: trimmed[place..].starts_with('>'),
            number,
        })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pays(None) => f.write_str("pays"),
            Self::Pays(Some(threads)) => write!(f, "pays@{threads}"),
            Self::Compares {
                arm,
                figure,
                is_above,
                number,
            } => {
                let figure = match figure {
                    Figure::TimeRatio => "",
                    Figure::Speedup => ".speedup",
                    Figure::Memory => ".memory",
                    Figure::Base => ".base",
                };
                let sign = if *is_above { '>' } else { '<' };
                write!(f, "{arm}{figure} {sign} {number}")
            }
        }
    }
}

impl Condition {
    /// Whether the condition holds, by the interval of its figure.
    #[must_use]
    pub fn answer(&self, report: &BenchReport) -> Answer {
        match *self {
            Self::Pays(threads) => pays(report, threads),
            Self::Compares {
                arm,
                figure,
                is_above,
                number,
            } => {
                if report.verdict == PayVerdict::CouldNotMeasure {
                    return Answer::Missing;
                }
                let Some(interval) = interval(report, arm, figure) else {
                    return Answer::Missing;
                };
                let (certain, impossible) = match is_above {
                    true => (interval.low > number, interval.high <= number),
                    false => (interval.high < number, interval.low >= number),
                };
                match (certain, impossible) {
                    (true, _) => Answer::Holds,
                    (false, true) => Answer::Fails,
                    (false, false) => Answer::Open,
                }
            }
        }
    }

    /// The figure that it is about, with its interval.
    #[must_use]
    pub fn seen(&self, report: &BenchReport) -> Option<Interval> {
        match *self {
            Self::Pays(_) => None,
            Self::Compares { arm, figure, .. } => interval(report, arm, figure),
        }
    }
}

fn pays(report: &BenchReport, threads: Option<u32>) -> Answer {
    let break_even = &report.break_even;
    let most = threads.unwrap_or(u32::MAX);
    match report.verdict {
        PayVerdict::CouldNotMeasure => Answer::Missing,
        PayVerdict::Undecided => Answer::Open,
        PayVerdict::DoesNotPay => Answer::Fails,
        PayVerdict::Pays if break_even.high.is_none_or(|high| high <= most) => Answer::Holds,
        PayVerdict::Pays if break_even.low.is_some_and(|low| low > most) => Answer::Fails,
        PayVerdict::Pays => Answer::Open,
    }
}

fn interval(report: &BenchReport, arm: Arm, figure: Figure) -> Option<Interval> {
    let result = report.arms.iter().find(|result| result.id == arm);
    match figure {
        Figure::TimeRatio => Some(result?.time_ratio),
        Figure::Speedup => Some(result?.speedup),
        Figure::Base => {
            let compared = report.base.iter().find(|result| result.id == arm);
            compared.map(|result| result.time_ratio)
        }
        Figure::Memory => {
            let reference = report.arms.iter().find(|it| it.id == Arm::gil(1))?;
            // It was seen once, so there is no interval.
            let ratio = result?.memory? as f64 / reference.memory.filter(|it| *it > 0)? as f64;
            Some(Interval {
                value: ratio,
                low: ratio,
                high: ratio,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_and_written() {
        for text in [
            "pays",
            "pays@4",
            "t1 > 1.1",
            "t4.speedup < 2",
            "gil8p.memory > 3",
            "t2.base > 1.05",
        ] {
            let condition: Condition = text.parse().expect(text);
            assert_eq!(condition.to_string(), text);
        }
        assert_eq!("t1>1.10".parse::<Condition>(), "t1 > 1.1".parse());
        for text in [
            "", "t1", "t1 = 1", "t1 > x", "t1.x > 1", "> 1", "pays@0", "pays@", "t1 > inf",
            "t1 >= 1",
        ] {
            assert!(text.parse::<Condition>().is_err(), "{text}");
        }
    }
}
