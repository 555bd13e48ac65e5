//! Every timed run: a strip for each arm, with the block on the horizontal axis.

use crate::bench::arm::Arm;
use crate::bench::outcome::{BenchReport, Sample};
use crate::bench::render::chart::{Chart, Series};
use crate::bench::render::figures::seconds;
use crate::bench::render::memory_chart::{label_width, series};
use crate::bench::render::scale::{Scale, ticks};
use crate::bench::render::selection::label;
use crate::bench::render::text::clipped;

const STRIP: f64 = 46.0;
/// The space above and below the strips.
const AROUND: f64 = 88.0;
/// A reason is cut behind these.
const LONGEST_REASON: usize = 120;

/// The samples of an arm, of which at least one has a time.
struct Strip<'a> {
    arm: Arm,
    samples: Vec<&'a Sample>,
}

/// The time of every run. What is left out is hollow.
pub(super) fn samples(report: &BenchReport, width: f64) -> Chart {
    let strips = strips(report);
    let labels: Vec<String> = strips
        .iter()
        .map(|strip| label(report, strip.arm))
        .collect();
    let height = (strips.len().max(1) as f64).mul_add(STRIP, AROUND);
    let left = label_width(&labels).max(90.0);
    let title = "Every run, in the order of blocks (hollow: left out)";
    let mut chart = Chart::new("samples", title, (width, height), left);
    chart.describe("The wall time of every run; hollow marks are left out of the figures.");
    let (left, right) = chart.across();
    let blocks = strips.iter().flat_map(|strip| &strip.samples);
    let Some(last) = blocks.map(|sample| sample.block).max() else {
        chart.text(
            "middle dim",
            f64::midpoint(left, right),
            height / 2.0,
            "Nothing was run.",
        );
        return chart;
    };
    let last = f64::from(last);
    let x = Scale::linear((0.0, last.max(1.0)), (left + 10.0, right - 6.0));
    let labels_of_blocks = ticks(0.0, last.max(1.0), 7).into_iter();
    let whole = labels_of_blocks.filter(|(block, _)| block.fract() == 0.0);
    let whole = whole.map(|(block, _)| (block, format!("{block:.0}")));
    chart.x_axis(&x, &whole.collect::<Vec<_>>(), "block");
    let (_, top) = chart.upwards();
    for (index, (strip, label)) in strips.iter().zip(&labels).enumerate() {
        let y = (index as f64).mul_add(STRIP, top);
        draw(&mut chart, strip, label, (&x, y));
    }
    for (kind, name) in [
        (Series::Free, "free-threaded"),
        (Series::Gil, "GIL, threads"),
        (Series::Processes, "GIL, processes"),
    ] {
        if strips.iter().any(|strip| series(strip.arm) == kind) {
            chart.explain(kind, name);
        }
    }
    chart
}

fn strips(report: &BenchReport) -> Vec<Strip<'_>> {
    let mut strips: Vec<Strip<'_>> = Vec::new();
    for sample in report
        .samples
        .iter()
        .filter(|sample| sample.seconds.is_finite())
    {
        match strips.iter_mut().find(|strip| strip.arm == sample.arm) {
            Some(strip) => strip.samples.push(sample),
            None => strips.push(Strip {
                arm: sample.arm,
                samples: vec![sample],
            }),
        }
    }
    strips.sort_by_key(|strip| (strip.arm.side, strip.arm.interpreter, strip.arm));
    strips
}

/// A strip from its upper edge on.
fn draw(chart: &mut Chart, strip: &Strip<'_>, label: &str, (x, top): (&Scale, f64)) {
    let (left, right) = chart.across();
    let times = strip.samples.iter().map(|sample| sample.seconds);
    let low = times.clone().fold(f64::INFINITY, f64::min);
    let high = times.fold(f64::NEG_INFINITY, f64::max);
    let (from, to) = (top + STRIP - 7.0, top + 8.0);
    let y = match high > low {
        true => Scale::linear((low, high), (from, to)),
        false => Scale::linear((low - 1.0, low + 1.0), (from, to)),
    };
    chart.rule("grid", (0.0, top), (right, top));
    chart.text("end", left - 6.0, top + 18.0, label);
    let half = (high - low).abs().max(low.abs() * 1e-3) / 8.0;
    let range = match high > low {
        true => format!("{} to {}", seconds(low, half), seconds(high, half)),
        false => seconds(low, half),
    };
    chart.text("end dim", left - 6.0, top + 36.0, &range);
    for sample in &strip.samples {
        let place = (x.at(f64::from(sample.block)), y.at(sample.seconds));
        let why = sample.left_out.as_deref();
        let why = why.map(|why| clipped(why, LONGEST_REASON));
        chart.point(series(strip.arm), place, why.as_deref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::render::fixtures;

    #[test]
    fn each_run_has_a_mark_and_those_left_out_are_hollow() {
        let report = fixtures::scales();
        let svg = samples(&report, 480.0).render(None);
        let marks = svg.matches("class=\"point").count();
        assert_eq!(marks, report.samples.len() + 3, "and those of the legend");
        let left_out = report
            .samples
            .iter()
            .filter(|sample| sample.left_out.is_some());
        assert_eq!(svg.matches(" hollow\"").count(), left_out.count());
        assert!(svg.contains("<title>left out: warm-up</title>"));
    }

    #[test]
    fn runs_without_a_time_are_not_drawn() {
        for (name, report) in fixtures::all() {
            let svg = samples(&report, 480.0).render(None);
            assert!(!svg.contains("NaN") && !svg.contains("<script"), "{name}");
        }
        let svg = samples(&fixtures::could_not_measure(), 480.0).render(None);
        assert!(svg.contains("Nothing was run."));
        assert!(!svg.contains("class=\"point"));
    }
}
