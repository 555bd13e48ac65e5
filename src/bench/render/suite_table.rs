//! The workloads of a suite as rows of a table.

use crate::bench::arm::Arm;
use crate::bench::outcome::{BenchReport, PayVerdict};
use crate::bench::render::figures::{UNKNOWN, difference, factor};
use crate::bench::render::selection::{Selection, compared, threads};

/// The headings of [`row`].
pub const HEADINGS: [&str; 4] = ["Workload", "Verdict", "One thread", "At its best"];

/// Returns the row of a workload: its name, the verdict, the cost of one thread, and how much faster
/// than the best GIL arm it gets with which number of threads.
#[must_use]
pub fn row(name: &str, report: &BenchReport) -> Vec<String> {
    let selection = Selection::new(report);
    let verdict = match (report.verdict, report.break_even.threads) {
        (PayVerdict::Pays, Some(first)) => format!("pays from {} on", threads(first)),
        (PayVerdict::Pays, None) => "pays".to_owned(),
        (PayVerdict::DoesNotPay, _) => "does not pay".to_owned(),
        (PayVerdict::Undecided, _) => "undecided".to_owned(),
        (PayVerdict::CouldNotMeasure, _) => {
            let cells = [
                name.to_owned(),
                format!("could not measure: {}", report.reason),
            ];
            return cells
                .into_iter()
                .chain([String::new(), String::new()])
                .collect();
        }
    };
    let one = report
        .arms
        .iter()
        .find(|arm| arm.id == Arm::free_threaded(1));
    let cost = one.map_or_else(
        || UNKNOWN.to_owned(),
        |one| {
            let ratio = &one.time_ratio;
            let word = match () {
                () if ratio.low > 1.0 => "slower by",
                () if ratio.high < 1.0 => "faster by",
                () => return "no difference".to_owned(),
            };
            format!("{word} {}", difference(ratio))
        },
    );
    let gil = [selection.best_gil, selection.processes]
        .into_iter()
        .flatten();
    let best = gil.max_by(|one, other| one.speedup.value.total_cmp(&other.speedup.value));
    let gain = selection.fastest().zip(best).map_or_else(
        || UNKNOWN.to_owned(),
        |((count, arm), gil)| format!("{} with {}", factor(&compared(arm, gil)), threads(count)),
    );
    vec![name.to_owned(), verdict, cost, gain]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::render::fixtures;

    #[test]
    fn a_workload_is_one_row() {
        let row = |report: &BenchReport| super::row("queue", report);
        let cells = row(&fixtures::scales());
        assert_eq!(cells.len(), HEADINGS.len());
        assert_eq!(cells[1], "pays from 3 threads on");
        assert!(cells[2].starts_with("slower by"), "{cells:?}");
        assert!(cells[3].ends_with("with 8 threads"), "{cells:?}");
        let cells = row(&fixtures::broken());
        assert!(!cells.concat().contains("NaN"), "{cells:?}");
    }
}
