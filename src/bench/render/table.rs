//! The arms as rows of a table.

use crate::bench::outcome::{ArmResult, BaseResult, BenchReport};
use crate::bench::render::figures::{
    UNKNOWN, difference, ends, factor, half_width, is_usable, rounded, seconds,
};
use crate::bench::render::selection::has_answer;
use crate::report::text::bytes;

/// The relative half-width of a figure without an interval.
const ROUGH: f64 = 0.02;

/// Returns the headings and the rows of the arms. Headings are written as in a sentence. Without an
/// answer there are no ratios.
#[must_use]
pub fn rows(report: &BenchReport) -> (Vec<String>, Vec<Vec<String>>) {
    let has_throughput = report.arms.iter().any(|arm| arm.throughput.is_some());
    let mut headings = vec!["Arm", "Time"];
    if has_answer(report) {
        headings.extend(["Time ratio (95 %)", "Speed-up"]);
    }
    headings.extend(["CPU time", "Memory"]);
    if has_throughput {
        headings.push("Throughput");
    }
    let rows = report
        .arms
        .iter()
        .map(|arm| row(report, arm, has_throughput));
    (
        headings.into_iter().map(str::to_owned).collect(),
        rows.collect(),
    )
}

fn row(report: &BenchReport, arm: &ArmResult, has_throughput: bool) -> Vec<String> {
    let part = precision(report, arm);
    let mut cells = vec![
        arm.id.title(),
        seconds(arm.seconds, arm.seconds.abs() * part),
    ];
    if has_answer(report) {
        let is_reference = arm.time_ratio.low == 1.0 && arm.time_ratio.high == 1.0;
        cells.extend(match is_reference {
            true => ["1".to_owned(), "1x".to_owned()],
            false => [ratio(arm), factor(&arm.speedup)],
        });
    }
    cells.push(seconds(arm.cpu_seconds, arm.cpu_seconds.abs() * part));
    cells.push(arm.memory.map_or_else(|| UNKNOWN.to_owned(), bytes));
    if has_throughput {
        let throughput = arm.throughput.unwrap_or(f64::NAN);
        cells.push(rounded(throughput, throughput.abs() * part));
    }
    cells
}

/// The relative half-width of an arm's figures. That of the reference, whose ratio is exactly 1, is
/// taken from the run.
fn precision(report: &BenchReport, arm: &ArmResult) -> f64 {
    let ratio = &arm.time_ratio;
    let own = half_width(ratio) / ratio.value.abs();
    let run = report
        .course
        .reached_width
        .map_or(ROUGH, |width| width / 2.0);
    let mut known = [own, run].into_iter();
    known
        .find(|part| part.is_finite() && *part > 0.0)
        .unwrap_or(ROUGH)
}

/// `1.08 (1.07 to 1.09)`
fn ratio(arm: &ArmResult) -> String {
    let ratio = &arm.time_ratio;
    match is_usable(ratio) {
        true => {
            let value = rounded(ratio.value, half_width(ratio));
            format!("{value} ({})", ends(ratio))
        }
        false => UNKNOWN.to_owned(),
    }
}

/// The headings and the rows of the comparison with the base.
pub(super) fn base_rows(report: &BenchReport) -> (Vec<String>, Vec<Vec<String>>) {
    let headings = ["Arm", "Change", "95 %"];
    let row = |result: &BaseResult| {
        let ratio = &result.time_ratio;
        let change = match () {
            () if !is_usable(ratio) => UNKNOWN.to_owned(),
            () if ratio.low > 1.0 => format!("slower by {}", difference(ratio)),
            () if ratio.high < 1.0 => format!("faster by {}", difference(ratio)),
            () => "none that the samples show".to_owned(),
        };
        let ends = match is_usable(ratio) {
            true => format!("{} of the base's time", ends(ratio)),
            false => UNKNOWN.to_owned(),
        };
        vec![result.id.title(), change, ends]
    };
    let rows = report.base.iter().map(row).collect();
    (headings.map(str::to_owned).to_vec(), rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::outcome::PayVerdict;
    use crate::bench::render::fixtures;

    #[test]
    fn arms_are_rows() {
        let (headings, rows) = rows(&fixtures::scales());
        assert_eq!(
            headings,
            [
                "Arm",
                "Time",
                "Time ratio (95 %)",
                "Speed-up",
                "CPU time",
                "Memory"
            ]
        );
        assert_eq!(
            rows[0],
            ["GIL, 1 thread", "2.50 s", "1", "1x", "2.50 s", "50.0 MiB"]
        );
        let last = rows.last().expect("a row");
        assert_eq!(last[0], "free-threaded, 8 threads");
        assert_eq!(last[2], "0.203 (0.199 to 0.207)");
        assert_eq!(last[3], "4.93x");
    }

    #[test]
    fn without_an_answer_there_are_no_ratios() {
        let mut report = fixtures::scales();
        report.verdict = PayVerdict::CouldNotMeasure;
        let (headings, measured) = rows(&report);
        assert_eq!(headings, ["Arm", "Time", "CPU time", "Memory"]);
        assert!(measured.iter().all(|row| row.len() == 4));
        assert!(rows(&fixtures::could_not_measure()).1.is_empty());
    }

    #[test]
    fn each_row_has_a_cell_for_each_heading() {
        for (name, report) in fixtures::all() {
            let (headings, rows) = rows(&report);
            for row in rows {
                assert_eq!(row.len(), headings.len(), "{name}");
                assert!(
                    row.iter()
                        .all(|cell| !cell.contains("NaN") && !cell.contains("inf"))
                );
            }
        }
        let (headings, rows) = rows(&fixtures::many_threads());
        assert_eq!(headings.last().map(String::as_str), Some("Throughput"));
        assert_eq!(rows[0].last().map(String::as_str), Some("1235"));
    }

    #[test]
    fn a_change_is_named_only_if_its_interval_excludes_none() {
        let mut report = fixtures::scales();
        let (_, rows) = base_rows(&report);
        assert_eq!(
            rows[0],
            [
                "free-threaded, 8 threads",
                "slower by 5.2 % ± 1.3",
                "1.04 to 1.06 of the base's time"
            ]
        );
        report.base[0].time_ratio = fixtures::interval(1.001, 0.01);
        assert_eq!(base_rows(&report).1[0][1], "none that the samples show");
    }
}
