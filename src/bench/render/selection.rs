//! Which arms of a report a reader compares, and what they are called.

use crate::bench::arm::{Arm, Side, Workers};
use crate::bench::outcome::{ArmResult, BenchReport, Interval, PayVerdict};
use crate::bench::render::figures::is_usable;
use crate::report::text;

/// The arms that a reader compares.
#[derive(Debug)]
pub(super) struct Selection<'a> {
    /// The free-threaded arms, from one thread on.
    pub(super) free_threaded: Vec<(u32, &'a ArmResult)>,
    /// The fastest arm of the GIL build with threads.
    pub(super) best_gil: Option<&'a ArmResult>,
    /// The fastest arm of the GIL build with processes.
    pub(super) processes: Option<&'a ArmResult>,
}

impl<'a> Selection<'a> {
    /// Selects from the arms of the change whose speed-ups are numbers.
    pub(super) fn new(report: &'a BenchReport) -> Self {
        let is_compared = |arm: &&ArmResult| {
            let is_one = arm.id.side == Side::Head && !arm.id.is_control;
            is_one && is_usable(&arm.speedup) && arm.speedup.low > 0.0
        };
        let mut arms: Vec<&ArmResult> = report.arms.iter().filter(is_compared).collect();
        arms.sort_by_key(|arm| arm.id.workers.count());
        arms.dedup_by_key(|arm| arm.id);
        let fastest = |is: fn(&ArmResult) -> bool| {
            let those = arms.iter().copied().filter(|arm| is(arm));
            those.max_by(|one, other| one.speedup.value.total_cmp(&other.speedup.value))
        };
        let is_free = |arm: &&&ArmResult| arm.id.is_free_threaded() && !has_processes(arm);
        Self {
            best_gil: fastest(|arm| !arm.id.is_free_threaded() && !has_processes(arm)),
            processes: fastest(|arm| !arm.id.is_free_threaded() && has_processes(arm)),
            free_threaded: arms
                .iter()
                .filter(is_free)
                .map(|arm| (arm.id.workers.count(), *arm))
                .collect(),
        }
    }

    /// The fastest free-threaded arm.
    pub(super) fn fastest(&self) -> Option<(u32, &'a ArmResult)> {
        let arms = self.free_threaded.iter().copied();
        arms.max_by(|(_, one), (_, other)| one.speedup.value.total_cmp(&other.speedup.value))
    }

    /// Whether an arm of the GIL build is its fastest, processes included.
    pub(super) fn is_best_gil(&self, arm: &ArmResult) -> bool {
        let gil = [self.best_gil, self.processes].into_iter().flatten();
        let is_slower = |other: &ArmResult| other.speedup.value <= arm.speedup.value;
        gil.into_iter().all(is_slower)
    }

    /// The largest measured number of threads.
    pub(super) fn most_threads(&self) -> Option<u32> {
        self.free_threaded.last().map(|(threads, _)| *threads)
    }

    /// The last number of threads, of those from `first` on without a gap, with which the arm is
    /// faster than the GIL arms that are slower than the arm with `first`.
    pub(super) fn pays_up_to(&self, first: u32, margin: f64) -> Option<u32> {
        let (_, at_first) = self
            .free_threaded
            .iter()
            .find(|(threads, _)| *threads == first)?;
        let gil = [self.best_gil, self.processes].into_iter().flatten();
        let gil = gil.map(|arm| arm.speedup.value);
        let beaten = gil.filter(|speedup| *speedup < at_first.speedup.value);
        let margin = if (0.0..1.0).contains(&margin) {
            margin
        } else {
            0.0
        };
        let enough = beaten.fold(0.0, f64::max) / (1.0 - margin);
        let later = self
            .free_threaded
            .iter()
            .filter(|(threads, _)| *threads >= first);
        let winning =
            later.take_while(|(threads, arm)| *threads == first || arm.speedup.value > enough);
        winning.last().map(|(threads, _)| *threads)
    }
}

fn has_processes(arm: &ArmResult) -> bool {
    matches!(arm.id.workers, Workers::Processes(_))
}

/// Whether the figures of the report answer the question.
pub(super) fn has_answer(report: &BenchReport) -> bool {
    report.verdict != PayVerdict::CouldNotMeasure
}

/// The number of threads that a picture marks as the break-even: a measured one, of what pays.
pub(super) fn break_even(report: &BenchReport, most: u32) -> Option<u32> {
    let found = report.break_even.threads;
    found.filter(|count| report.verdict == PayVerdict::Pays && (1..=most).contains(count))
}

/// How many times faster one arm is than another. Where the report does not say, their speed-ups are
/// taken as independent; they share the noise of `gil1`, so the interval is rather too wide.
pub(super) fn compared(one: &ArmResult, other: &ArmResult) -> Interval {
    if let Some(exact) = one.faster_than.get(&other.id) {
        return *exact;
    }
    if other.speedup.low == other.speedup.high {
        let reference = other.speedup.value;
        return Interval {
            value: one.speedup.value / reference,
            low: one.speedup.low / reference,
            high: one.speedup.high / reference,
        };
    }
    let (up, down) = (&one.speedup, &other.speedup);
    let value = up.value / down.value;
    let distance = |a: f64, b: f64| (a.ln().powi(2) + b.ln().powi(2)).sqrt();
    Interval {
        value,
        low: value * (-distance(up.value / up.low, down.high / down.value)).exp(),
        high: value * distance(up.high / up.value, down.value / down.low).exp(),
    }
}

/// The short name of the free-threaded build's Python, `3.14t` for `3.14.7t-pbs-20260901`; `None`
/// for a key of another form.
pub(super) fn short_name(report: &BenchReport) -> Option<String> {
    let version = report.builds.free_threaded.split(['-', '+']).next()?;
    let mut parts = version.splitn(3, '.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let is_number = |text: &str| {
        let is_short = (1..=3).contains(&text.len());
        is_short && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let minor = minor.strip_suffix('t').unwrap_or(minor);
    let has_mark = version.trim_end_matches('d').ends_with('t');
    (is_number(major) && is_number(minor) && has_mark).then(|| format!("{major}.{minor}t"))
}

/// `3.14t`, or `the free-threaded build`.
pub(super) fn python(report: &BenchReport) -> String {
    short_name(report).unwrap_or_else(|| "the free-threaded build".to_owned())
}

/// The name of an arm in a picture: `3.14t, 8 threads`.
pub(super) fn label(report: &BenchReport, arm: Arm) -> String {
    match short_name(report) {
        Some(name) => arm.title().replace("free-threaded", &name),
        None => arm.title(),
    }
}

/// `1 thread`, `8 threads`
pub(super) fn threads(count: u32) -> String {
    text::count(usize::try_from(count).unwrap_or(usize::MAX), "thread")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::render::fixtures;

    #[test]
    fn the_short_name_comes_from_the_build() {
        let mut report = fixtures::scales();
        for (key, name) in [
            ("3.14.7t-pbs-20260901", Some("3.14t")),
            ("3.15.0rc1t-source", Some("3.15t")),
            ("3.14t", Some("3.14t")),
            ("3.14.7td-source", Some("3.14t")),
            ("3.14.7t+tsan-source", Some("3.14t")),
            ("3.14.7-pbs", None),
            ("<script>.9t", None),
            ("", None),
            ("...t", None),
        ] {
            key.clone_into(&mut report.builds.free_threaded);
            assert_eq!(short_name(&report).as_deref(), name, "{key}");
        }
        assert_eq!(python(&report), "the free-threaded build");
        assert_eq!(
            label(&report, Arm::free_threaded(2)),
            "free-threaded, 2 threads"
        );
    }

    #[test]
    fn arms_without_figures_are_not_compared() {
        let report = fixtures::broken();
        let selection = Selection::new(&report);
        assert!(selection.free_threaded.is_empty());
        assert!(selection.fastest().is_none());
        let report = fixtures::scales();
        let selection = Selection::new(&report);
        assert_eq!(selection.most_threads(), Some(8));
        assert_eq!(selection.best_gil.map(|arm| arm.id), Some(Arm::gil(1)));
        assert_eq!(
            selection.processes.map(|arm| arm.id),
            Some(Arm::processes(8))
        );
        let (_, fastest) = selection.fastest().expect("an arm");
        let ratio = compared(fastest, selection.processes.expect("an arm"));
        assert!(ratio.low < ratio.value && ratio.value < ratio.high);
    }
}
