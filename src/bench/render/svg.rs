//! The speed-up and the efficiency against the number of threads, as pictures.

use crate::bench::outcome::BenchReport;
use crate::bench::render::chart::{Chart, STYLE, Series};
use crate::bench::render::scale::{Scale, ticks};
use crate::bench::render::selection::{
    Selection, break_even, has_answer, label, short_name, threads,
};
use crate::bench::render::words;

/// The size of a picture of its own.
const LARGE: (f64, f64) = (760.0, 440.0);
/// The size of a chart in a page, which a telephone shows, too.
pub(super) const SMALL: (f64, f64) = (480.0, 330.0);
const LEFT: f64 = 62.0;
/// The height of a chart that only says why it shows nothing.
const EMPTY: f64 = 110.0;

/// Returns the speed-up as one SVG that needs nothing else.
#[must_use]
pub fn svg(report: &BenchReport) -> String {
    speed_up(report, LARGE).render(Some(STYLE))
}

/// The speed-up over the GIL build with one thread.
pub(super) fn speed_up(report: &BenchReport, size: (f64, f64)) -> Chart {
    let name = short_name(report).unwrap_or_else(|| "free-threading".to_owned());
    let title = format!("Speed-up of {name} over one GIL thread");
    let selection = Selection::new(report);
    let size = shown_size(report, &selection, size);
    let mut chart = Chart::new("speed-up", &title, size, LEFT);
    chart.describe(&words::verdict(report).join(" "));
    let Some(most) = selection.most_threads().filter(|_| has_answer(report)) else {
        return without_answer(chart, "No speed-up was measured.");
    };
    let arms = &selection.free_threaded;
    let references = [selection.best_gil, selection.processes];
    let ends = arms
        .iter()
        .map(|(_, arm)| arm.speedup.high.min(arm.speedup.value * 1.5));
    let values = ends.chain(references.iter().flatten().map(|arm| arm.speedup.value));
    let top = values.fold(1.0, f64::max) * 1.12;
    let x = x_scale(&chart, &selection, most);
    let y = Scale::linear((0.0, top), chart.upwards());
    let labels = ticks(0.0, top, 6)
        .into_iter()
        .map(|(at, text)| (at, format!("{text}x")));
    chart.y_axis(
        &y,
        &labels.collect::<Vec<_>>(),
        "speed-up (times GIL, 1 thread)",
    );
    thread_axis(&mut chart, &x, &selection);
    let ideal = top.min(f64::from(most));
    let steps = (0..=32).map(|step| 1.0 + (ideal - 1.0) * f64::from(step) / 32.0);
    let ideal: Vec<(f64, f64)> = steps.map(|n| (x.at(n), y.at(n))).collect();
    chart.line(Series::Ideal, &ideal);
    draw_references(&mut chart, &selection, (&x, &y));
    draw_curve(&mut chart, &selection, (&x, &y), |_| 1.0);
    if let Some(count) = break_even(report, most) {
        draw_break_even(&mut chart, count, &x);
    }
    chart.explain(Series::Free, format!("{name} with 95 % interval"));
    for (series, arm) in [
        (Series::Gil, references[0]),
        (Series::Processes, references[1]),
    ] {
        if let Some(arm) = arm {
            let best = match selection.is_best_gil(arm) {
                true => "best GIL arm: ",
                false => "",
            };
            chart.explain(series, format!("{best}{}", label(report, arm.id)));
        }
    }
    if break_even(report, most).is_some() {
        chart.explain(Series::BreakEven, "break-even");
    }
    chart.explain(Series::Ideal, "ideal");
    chart
}

/// The speed-up divided by the number of threads.
pub(super) fn efficiency(report: &BenchReport, size: (f64, f64)) -> Chart {
    let selection = Selection::new(report);
    let size = shown_size(report, &selection, size);
    let mut chart = Chart::new("efficiency", "Efficiency: speed-up per thread", size, LEFT);
    chart.describe("The speed-up over one GIL thread, divided by the number of threads.");
    let Some(most) = selection.most_threads().filter(|_| has_answer(report)) else {
        return without_answer(chart, "No efficiency was measured.");
    };
    let arms = &selection.free_threaded;
    let parts = arms
        .iter()
        .map(|(count, arm)| arm.speedup.value * 1.1 / f64::from(*count));
    let top = parts.fold(1.1, f64::max);
    let x = x_scale(&chart, &selection, most);
    let y = Scale::linear((0.0, top), chart.upwards());
    let labels = ticks(0.0, top * 100.0, 6).into_iter();
    let labels = labels.map(|(at, text)| (at / 100.0, format!("{text} %")));
    chart.y_axis(&y, &labels.collect::<Vec<_>>(), "efficiency (% of ideal)");
    thread_axis(&mut chart, &x, &selection);
    let (left, right) = chart.across();
    chart.line(Series::Ideal, &[(left, y.at(1.0)), (right, y.at(1.0))]);
    draw_curve(&mut chart, &selection, (&x, &y), f64::from);
    let name = short_name(report).unwrap_or_else(|| "free-threaded".to_owned());
    chart.explain(Series::Free, format!("{name} with 95 % interval"));
    chart.explain(Series::Ideal, "ideal: each thread adds one");
    chart
}

/// A chart without a curve is low.
fn shown_size(report: &BenchReport, selection: &Selection<'_>, size: (f64, f64)) -> (f64, f64) {
    match has_answer(report) && !selection.free_threaded.is_empty() {
        true => size,
        false => (size.0, EMPTY),
    }
}

fn without_answer(mut chart: Chart, text: &str) -> Chart {
    let (left, right) = chart.across();
    let (bottom, top) = chart.upwards();
    chart.text(
        "middle dim",
        f64::midpoint(left, right),
        f64::midpoint(top, bottom),
        text,
    );
    chart
}

/// One number of threads is in the middle.
fn x_scale(chart: &Chart, selection: &Selection<'_>, most: u32) -> Scale {
    let (left, right) = chart.across();
    match selection.free_threaded.as_slice() {
        [_] => {
            let only = f64::from(most);
            Scale::linear((only - 1.0, only + 1.0), (left, right))
        }
        _ => Scale::threads(most, (left + 14.0, right - 14.0)),
    }
}

fn thread_axis(chart: &mut Chart, x: &Scale, selection: &Selection<'_>) {
    let counts: Vec<u32> = selection
        .free_threaded
        .iter()
        .map(|(count, _)| *count)
        .collect();
    let labels = x.spread(&counts, 24.0).into_iter();
    let labels: Vec<_> = labels
        .map(|count| (f64::from(count), count.to_string()))
        .collect();
    let name = match x.is_log() {
        true => "threads (logarithmic)",
        false => "threads",
    };
    chart.x_axis(x, &labels, name);
}

/// The free-threaded arms with their band, divided by what belongs to a number of threads.
fn draw_curve(
    chart: &mut Chart,
    selection: &Selection<'_>,
    (x, y): (&Scale, &Scale),
    divisor: impl Fn(u32) -> f64,
) {
    let arms = &selection.free_threaded;
    let places = arms.iter().map(|(count, arm)| {
        let (place, divisor) = (x.at(f64::from(*count)), divisor(*count));
        let figure = arm.speedup;
        let [low, value, high] = [figure.low, figure.value, figure.high].map(|v| y.at(v / divisor));
        (place, low, value, high)
    });
    let places: Vec<(f64, f64, f64, f64)> = places.collect();
    let band: Vec<_> = places
        .iter()
        .map(|(x, low, _, high)| (*x, *low, *high))
        .collect();
    match band.as_slice() {
        [(x, low, high)] => chart.line(Series::Free, &[(*x, *low), (*x, *high)]),
        _ => chart.band(&band),
    }
    let line: Vec<_> = places.iter().map(|(x, _, value, _)| (*x, *value)).collect();
    chart.line(Series::Free, &line);
    for place in line {
        chart.point(Series::Free, place, None);
    }
}

/// The GIL arms: a line, and a mark with its interval at the number of workers.
fn draw_references(chart: &mut Chart, selection: &Selection<'_>, (x, y): (&Scale, &Scale)) {
    let (left, right) = chart.across();
    let is_alone = selection.free_threaded.len() == 1;
    for (series, arm) in [
        (Series::Gil, selection.best_gil),
        (Series::Processes, selection.processes),
    ] {
        let Some(arm) = arm else { continue };
        let height = y.at(arm.speedup.value);
        chart.line(series, &[(left, height), (right, height)]);
        let count = f64::from(arm.id.workers.count()).min(x.most());
        let place = if is_alone { left + 30.0 } else { x.at(count) };
        let ends = [arm.speedup.low, arm.speedup.high].map(|end| (place, y.at(end)));
        chart.rule("axis", ends[0], ends[1]);
        chart.point(series, (place, height), None);
    }
}

fn draw_break_even(chart: &mut Chart, count: u32, x: &Scale) {
    let place = x.at(f64::from(count));
    let (bottom, top) = chart.upwards();
    chart.line(Series::BreakEven, &[(place, bottom), (place, top)]);
    chart.point(Series::BreakEven, (place, bottom), None);
    let (left, right) = chart.across();
    let (class, shift) = match place > f64::midpoint(left, right) {
        true => ("mark end", -7.0),
        false => ("mark", 7.0),
    };
    let text = format!("break-even: {}", threads(count));
    chart.text(class, place + shift, top + 12.0, &text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::outcome::PayVerdict;
    use crate::bench::render::fixtures;

    #[test]
    fn the_picture_needs_nothing_else() {
        for (name, report) in fixtures::all() {
            let svg = svg(&report);
            assert!(
                svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"),
                "{name}"
            );
            for forbidden in [
                "<script", "href", "@import", "url(", "NaN", "inf\"", "unknown",
            ] {
                assert!(!svg.contains(forbidden), "{name}: {forbidden}");
            }
            for needed in [
                "role=\"img\"",
                "<title ",
                "<desc ",
                "prefers-color-scheme: dark",
            ] {
                assert!(svg.contains(needed), "{name}: {needed}");
            }
            assert!(svg.len() < 20_000, "{name}");
            assert!(
                !svg.trim_end().chars().any(|c| c.is_control() && c != '\n'),
                "{name}"
            );
        }
    }

    #[test]
    fn the_picture_shows_each_series() {
        let svg = svg(&fixtures::scales());
        for text in [
            "Speed-up of 3.14t over one GIL thread",
            ">GIL, 1 thread</text>",
            "GIL, 8 processes",
            "break-even: 3 threads",
            "ideal",
            "class=\"band\"",
            ">threads</text>",
        ] {
            assert!(svg.contains(text), "{text}");
        }
    }

    #[test]
    fn only_what_pays_has_a_break_even() {
        let mut report = fixtures::scales();
        report.verdict = PayVerdict::Undecided;
        assert!(!svg(&report).contains("break-even"));
        report.verdict = PayVerdict::Pays;
        report.break_even.threads = Some(99);
        assert!(!svg(&report).contains("break-even"));
    }

    #[test]
    fn without_an_answer_there_is_no_curve() {
        let mut report = fixtures::scales();
        report.verdict = PayVerdict::CouldNotMeasure;
        let svg = svg(&report);
        assert!(!svg.contains("class=\"band\"") && svg.contains("No speed-up was measured."));
    }
}
