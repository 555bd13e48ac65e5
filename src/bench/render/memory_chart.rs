//! The memory of each arm, as bars.

use crate::bench::arm::{Arm, Interpreter, Workers};
use crate::bench::outcome::BenchReport;
use crate::bench::render::chart::{Chart, Series};
use crate::bench::render::scale::{Scale, ticks};
use crate::bench::render::selection::label;
use crate::report::text::bytes;

const MIB: f64 = 1024.0 * 1024.0;
const GIB: f64 = 1024.0 * MIB;
const ROW: f64 = 22.0;
/// The space above and below the bars.
const AROUND: f64 = 88.0;
/// The space for the value behind the longest bar.
const VALUE: f64 = 78.0;

/// The series that an arm belongs to.
pub(super) const fn series(arm: Arm) -> Series {
    match (arm.interpreter, arm.workers) {
        (Interpreter::FreeThreaded, _) => Series::Free,
        (_, Workers::Threads(_)) => Series::Gil,
        (_, Workers::Processes(_)) => Series::Processes,
    }
}

/// The space for the labels of arms.
pub(super) fn label_width(labels: &[String]) -> f64 {
    let longest = labels.iter().map(|label| label.chars().count()).max();
    longest.unwrap_or(0) as f64 * 7.2 + 16.0
}

/// The largest sum of the proportional memory of each arm's processes.
pub(super) fn memory(report: &BenchReport, width: f64) -> Chart {
    let arms = report.arms.iter();
    let measured: Vec<(Arm, u64)> = arms.filter_map(|arm| Some((arm.id, arm.memory?))).collect();
    let labels: Vec<String> = measured
        .iter()
        .map(|(arm, _)| label(report, *arm))
        .collect();
    let height = (measured.len().max(1) as f64).mul_add(ROW, AROUND);
    let left = label_width(&labels);
    let mut chart = Chart::new("memory", "Memory by arm", (width, height), left);
    chart.describe("The largest sum of proportional memory that was seen, of each arm.");
    let (left, right) = chart.across();
    let Some(most) = measured.iter().map(|(_, size)| *size).max() else {
        chart.text(
            "middle dim",
            f64::midpoint(left, right),
            height / 2.0,
            "No memory was measured.",
        );
        return chart;
    };
    let (unit, name) = match most as f64 >= 4.0 * GIB {
        true => (GIB, "GiB"),
        false => (MIB, "MiB"),
    };
    let most = (most as f64 / unit).max(0.1);
    let x = Scale::linear((0.0, most), (left, right - VALUE));
    let axis = format!("largest memory seen ({name})");
    chart.x_axis(&x, &ticks(0.0, most, 4), &axis);
    let (_, top) = chart.upwards();
    for (index, ((arm, size), label)) in measured.iter().zip(&labels).enumerate() {
        let y = (index as f64).mul_add(ROW, top);
        chart.text("end", left - 6.0, y + 15.0, label);
        let end = x.at(*size as f64 / unit);
        chart.bar(series(*arm), end, y + 4.0, ROW - 8.0);
        chart.text("", end + 6.0, y + 15.0, &bytes(*size));
    }
    chart
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::render::fixtures;

    #[test]
    fn each_arm_with_memory_has_a_bar() {
        let mut report = fixtures::scales();
        let svg = memory(&report, 480.0).render(None);
        assert_eq!(
            svg.matches("<rect class=\"point").count(),
            report.arms.len()
        );
        assert!(svg.contains(">320.0 MiB</text>"), "{svg}");
        report.arms[0].memory = Some(9 << 30);
        let svg = memory(&report, 480.0).render(None);
        assert!(svg.contains("largest memory seen (GiB)"), "{svg}");
        for arm in &mut report.arms {
            arm.memory = None;
        }
        let svg = memory(&report, 480.0).render(None);
        assert!(svg.contains("No memory was measured."));
        for (_, report) in fixtures::all() {
            assert!(!memory(&report, 480.0).render(None).contains("NaN"));
        }
    }
}
