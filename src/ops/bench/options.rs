//! The options of `ftpy bench` as values.

use crate::bench::arm::{few_thread_counts, thread_counts};
use crate::bench::condition::{Condition, NotACondition};
use crate::bench::host::{Sensors, usable_cores};
use crate::bench::measure::Limits;
use crate::cli::bench::{Bench, Measuring, Output};
use crate::error::{Failure, Kind, Result};
use regex::Regex;
use std::time::Duration;

/// More threads are a mistake.
const MOST_THREADS: u32 = 1024;

/// Returns the limits of the measuring.
pub(crate) fn limits(measuring: &Measuring) -> Result<Limits> {
    let budget = humantime::parse_duration(&measuring.budget).map_err(|error| {
        let message = format!("--budget {}: {error}", measuring.budget);
        Failure::new(Kind::Usage, message).hint("such as `--budget 30s`, `2m` or `1h`")
    })?;
    let part = |name: &str, percent: f64, least: f64| {
        if (least..100.0).contains(&percent) {
            return Ok(percent / 100.0);
        }
        let message = format!("--{name} {percent}: not a percentage from {least} to 100");
        Err(Failure::new(Kind::Usage, message))
    };
    Ok(Limits {
        budget: budget.as_secs_f64(),
        width: part("width", measuring.width, 0.1)?,
        margin: part("margin", measuring.margin, 0.0)?,
        seed: measuring.seed.unwrap_or_else(|| fastrand::u64(..1 << 32)),
        shares: 1,
    })
}

/// Returns the numbers of threads to measure: 1 is always one of them.
pub(crate) fn counts(asked: &Bench) -> Result<Vec<u32>> {
    let given = &asked.measuring.threads;
    if asked.pyperformance.is_some() {
        // Its benchmarks have one thread, or a number of their own.
        return Ok(vec![1]);
    }
    let between = match asked.suite {
        Some(_) => few_thread_counts,
        None => thread_counts,
    };
    if let Some(wrong) = given
        .iter()
        .find(|count| !(1..=MOST_THREADS).contains(*count))
    {
        let message = format!("--threads {wrong}: not a number from 1 to {MOST_THREADS}");
        return Err(Failure::new(Kind::Usage, message));
    }
    let mut counts = match given.as_slice() {
        [] => between(
            usable_cores(&Sensors::of_this_machine().facts(Duration::ZERO))
                .map_or(1, |cores| cores.max(1.0) as u32),
        ),
        [most] => between(*most),
        counts => counts.to_vec(),
    };
    counts.push(1);
    counts.sort_unstable();
    counts.dedup();
    Ok(counts)
}

/// The conditions of a run, and whether each one must hold.
#[derive(Debug, Default)]
pub(crate) struct Conditions(pub(crate) Vec<(Condition, bool)>);

/// Reads `--fail-if` and `--fail-unless`.
pub(crate) fn conditions(output: &Output) -> Result<Conditions> {
    let each = |texts: &[String], must_hold: bool, option: &str| {
        let read = texts.iter().map(|text| {
            let condition: Condition = text.parse().map_err(|error: NotACondition| {
                Failure::new(Kind::Usage, format!("{option}: {error}"))
            })?;
            Ok((condition, must_hold))
        });
        read.collect::<Result<Vec<_>>>()
    };
    let mut all = each(&output.fail_if, false, "--fail-if")?;
    all.extend(each(&output.fail_unless, true, "--fail-unless")?);
    Ok(Conditions(all))
}

/// Reads `--throughput`.
pub(crate) fn throughput(asked: &Bench) -> Result<Option<Regex>> {
    let Some(text) = &asked.workload.throughput else {
        return Ok(None);
    };
    let wrong = |why: String| Failure::new(Kind::Usage, format!("--throughput: {why}"));
    let regex = Regex::new(text).map_err(|error| wrong(error.to_string()))?;
    match regex.captures_len() {
        2 => Ok(Some(regex)),
        _ => Err(wrong("the expression needs exactly one group".to_owned())
            .hint("such as `--throughput 'requests/s: ([0-9.]+)'`")),
    }
}
