//! The verdict in words.

use crate::bench::host::Fitness;
use crate::bench::outcome::{BenchReport, BreakEven, PayVerdict, StopReason};
use crate::bench::render::figures::{difference, factor, factor_ends, half_width, percent};
use crate::bench::render::phrases::{memory, spelled};
use crate::bench::render::scaling_words::{model, plateau};
use crate::bench::render::selection::{Selection, compared, python, threads};
use crate::bench::render::text::sentence;
use crate::report::text::count;

/// Returns the verdict and what it rests on, one statement a line. The first line is the verdict; if
/// the run was interrupted, a line that says so precedes it.
#[must_use]
pub fn verdict(report: &BenchReport) -> Vec<String> {
    let mut lines = Vec::new();
    if report.course.stopped_by == StopReason::Interrupted {
        let blocks = count(usize::try_from(report.course.blocks).unwrap_or(0), "block");
        lines.push(format!("Unfinished: interrupted after {blocks} of runs."));
    }
    let selection = Selection::new(report);
    match report.verdict {
        PayVerdict::CouldNotMeasure => {
            lines.extend(could_not_measure(report));
            return lines;
        }
        PayVerdict::Pays => lines.push(pays(report, &selection)),
        PayVerdict::DoesNotPay => {
            let most = selection.most_threads();
            let range = match most {
                Some(1) => " with 1 thread".to_owned(),
                Some(most) => format!(" with up to {}", threads(most)),
                None => String::new(),
            };
            lines.push(sentence(&format!("{} does not pay{range}", python(report))));
            lines.push(sentence(&report.reason));
        }
        PayVerdict::Undecided => lines.extend(undecided(report)),
    }
    lines.extend(one_thread(&selection));
    lines.extend(at_its_best(&selection));
    lines.extend(plateau(&selection));
    lines.extend(report.scaling.as_ref().and_then(model));
    lines.retain(|line| !line.is_empty());
    lines
}

/// `3.14t pays from 3 threads on (95 %: 2 to 4).`
fn pays(report: &BenchReport, selection: &Selection<'_>) -> String {
    let python = python(report);
    let (Some(first), Some(most)) = (report.break_even.threads, selection.most_threads()) else {
        return sentence(&format!("{python} pays"));
    };
    let last = selection.pays_up_to(first, report.margin).unwrap_or(most);
    let range = match () {
        () if first >= most => format!("with {}", threads(first)),
        () if last == first => format!("with {}, but not with more", threads(first)),
        () if last < most => format!("with {first} to {}", threads(last)),
        () => format!("from {} on", threads(first)),
    };
    let interval = break_even_interval(&report.break_even, most);
    sentence(&format!("{python} pays {range}{interval}"))
}

/// ` (95 %: 2 to 4)`
fn break_even_interval(found: &BreakEven, most: u32) -> String {
    match (found.low, found.high) {
        (Some(low), Some(high)) if low == high => format!(" (95 %: {low})"),
        (Some(low), Some(high)) => format!(" (95 %: {low} to {high})"),
        (Some(low), None) => format!(" (95 %: {low} to more than {most})"),
        (None, _) => String::new(),
    }
}

/// The reason, and what to do. Without a figure: it would look like an answer.
fn could_not_measure(report: &BenchReport) -> Vec<String> {
    let mut lines = vec![
        format!("Could not measure whether {} pays.", python(report)),
        sentence(&report.reason),
    ];
    let findings = report.host.findings.iter();
    let mut findings: Vec<_> = findings
        .filter(|finding| finding.fitness != Fitness::Fit)
        .filter(|finding| !report.reason.starts_with(&finding.text))
        .collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.fitness));
    for finding in findings {
        let advice = match finding.advice.is_empty() {
            true => String::new(),
            false => format!(": {}", finding.advice),
        };
        lines.push(sentence(&format!("{}{advice}", finding.text)));
    }
    if lines.len() == 2 {
        lines.push("Remove the cause and run the comparison again.".to_owned());
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// What is open. The reason names what would decide it, unless the intervals are as narrow as
/// wanted.
fn undecided(report: &BenchReport) -> Vec<String> {
    let (reached, wanted) = (report.course.reached_width, report.course.wanted_width);
    let is_narrow = reached.is_some_and(|reached| reached <= wanted);
    let advice = match is_narrow && report.margin.is_finite() && wanted.is_finite() {
        true => format!(
            "Intervals narrower than {} may decide it; a gain below {} counts as none.",
            percent(wanted),
            percent(report.margin)
        ),
        false => String::new(),
    };
    vec![
        format!(
            "Undecided: the samples do not show whether {} pays.",
            python(report)
        ),
        sentence(&report.reason),
        advice,
    ]
}

/// `One thread costs 8.1 % ± 1.2.`
fn one_thread(selection: &Selection<'_>) -> Option<String> {
    let (_, arm) = selection
        .free_threaded
        .iter()
        .find(|(threads, _)| *threads == 1)?;
    let ratio = &arm.speedup.inverse();
    let figure = difference(ratio);
    Some(match () {
        () if ratio.low > 1.0 => format!("One thread costs {figure}."),
        () if ratio.high < 1.0 => format!("One thread saves {figure}."),
        () => {
            let verb = if ratio.value < 1.0 { "saves" } else { "costs" };
            format!("One thread {verb} {figure}, which may be noise.")
        }
    })
}

/// `With 8 threads it is 4.9x the best GIL arm (95 %: 4.7 to 5.1), 1.2x eight processes.`
fn at_its_best(selection: &Selection<'_>) -> Option<String> {
    let (count, fastest) = selection.fastest()?;
    let mut parts = Vec::new();
    if let Some(gil) = selection.best_gil {
        let ratio = compared(fastest, gil);
        let is_best = selection.is_best_gil(gil);
        let arm = if is_best {
            "GIL arm"
        } else {
            "GIL arm with threads"
        };
        parts.push(format!(
            "{} the best {arm} (95 %: {})",
            factor(&ratio),
            factor_ends(&ratio)
        ));
    }
    if let Some(processes) = selection.processes {
        let ratio = compared(fastest, processes);
        let number = processes.id.workers.count();
        let noun = if number == 1 { "process" } else { "processes" };
        parts.push(format!("{} {} {noun}", factor(&ratio), spelled(number)));
        parts.extend(memory(fastest, processes));
    }
    let is_said = count == 1 && parts.len() == 1 && selection.free_threaded.len() == 1;
    if parts.is_empty() || is_said {
        return None;
    }
    let comparison = parts.join(", ");
    Some(format!("With {} it is {comparison}.", threads(count)))
}

/// The A/A control in a sentence.
pub(super) fn control(report: &BenchReport) -> Option<String> {
    let control = report.control.as_ref()?;
    let ratio = &control.ratio;
    if !half_width(ratio).is_finite() {
        return None;
    }
    let figure = difference(ratio);
    Some(match control.is_different {
        true => {
            format!("Two arms that are the same differ by {figure}, which noise seldom explains.")
        }
        false => format!("Two arms that are the same differ by {figure}, which is noise."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::render::fixtures;

    #[test]
    fn what_pays_is_said_with_its_interval() {
        let mut report = fixtures::scales();
        assert_eq!(
            verdict(&report),
            [
                "3.14t pays from 3 threads on (95 %: 2 to 4).",
                "One thread costs 8 % ± 2.",
                "With 8 threads it is 4.93x the best GIL arm with threads (95 %: 4.83 to 5.03), 1.20x \
                 eight processes, with a fifth of their memory.",
                "A model, not used for the verdict: coordination between threads bounds the \
                 speed-up at about 18 threads, and 4.1 % of the work is serial (worst misfit 3.1 %).",
            ]
        );
        report.break_even.high = None;
        assert!(verdict(&report)[0].ends_with("(95 %: 2 to more than 8)."));
        report.break_even.threads = Some(8);
        assert!(verdict(&report)[0].starts_with("3.14t pays with 8 threads (95 %"));
        report.break_even.threads = None;
        assert_eq!(verdict(&report)[0], "3.14t pays.");
    }

    #[test]
    fn a_gain_that_ends_is_said_with_both_numbers() {
        let mut report = fixtures::scales();
        report.arms.retain(|arm| arm.processes.is_none());
        for (id, speedup) in [("t6", 1.8), ("t8", 0.9)] {
            let arm = report.arms.iter_mut().find(|arm| arm.id.to_string() == id);
            arm.expect("an arm").speedup = fixtures::interval(speedup, 0.02);
        }
        let words = verdict(&report);
        assert_eq!(words[0], "3.14t pays with 3 to 6 threads (95 %: 2 to 4).");
        assert!(
            words.contains(&"More than 4 threads are slower.".to_owned()),
            "{words:?}"
        );
        report
            .arms
            .retain(|arm| arm.threads != Some(6) && arm.threads != Some(4));
        let words = verdict(&report);
        assert!(
            words[0].starts_with("3.14t pays with 3 threads, but not with more"),
            "{words:?}"
        );
    }

    #[test]
    fn what_does_not_pay_has_a_reason() {
        let words = verdict(&fixtures::does_not_pay());
        assert_eq!(
            words,
            [
                "3.14t does not pay with up to 8 threads.",
                "No measured number of threads makes the free-threaded build faster.",
                "One thread costs 20 % ± 2.",
                "With 2 threads it is 0.86x the best GIL arm (95 %: 0.84 to 0.88).",
                "More than 1 thread adds nothing that the samples show.",
            ]
        );
        let words = verdict(&fixtures::one_thread());
        assert_eq!(
            words,
            [
                "3.14t does not pay with 1 thread.",
                "One thread cannot pay.",
                "One thread costs 8 % ± 2.",
            ]
        );
    }

    #[test]
    fn an_interrupted_run_is_unfinished_first() {
        let words = verdict(&fixtures::undecided());
        assert_eq!(words[0], "Unfinished: interrupted after 14 blocks of runs.");
        assert_eq!(
            words[1],
            "Undecided: the samples do not show whether 3.14t pays."
        );
        assert!(words[3].ends_with("which may be noise."), "{words:?}");
        let mut report = fixtures::undecided();
        report.course.reached_width = Some(0.02);
        assert_eq!(
            verdict(&report)[3],
            "Intervals narrower than 3 % may decide it; a gain below 2 % counts as none."
        );
    }

    #[test]
    fn what_was_not_measured_has_no_figure() {
        for mut report in [fixtures::could_not_measure(), fixtures::scales()] {
            report.verdict = PayVerdict::CouldNotMeasure;
            report.reason = "the clock jumps".to_owned();
            report.host.findings.clear();
            let words = verdict(&report);
            assert_eq!(
                words,
                [
                    "Could not measure whether 3.14t pays.",
                    "The clock jumps.",
                    "Remove the cause and run the comparison again.",
                ]
            );
        }
        let words = verdict(&fixtures::could_not_measure());
        assert_eq!(
            words[2],
            "A cgroup limits this process to 1 CPU: raise the limit, or run on another machine."
        );
    }

    #[test]
    fn hostile_texts_and_broken_figures_are_harmless() {
        for (name, mut report) in fixtures::all() {
            for kind in [
                PayVerdict::Pays,
                PayVerdict::DoesNotPay,
                PayVerdict::Undecided,
                PayVerdict::CouldNotMeasure,
            ] {
                report.verdict = kind;
                let words = verdict(&report);
                assert!(!words.is_empty());
                for line in words {
                    assert!(!line.chars().any(char::is_control), "{name}: {line:?}");
                    assert!(
                        !line.contains("NaN") && !line.contains("inf"),
                        "{name}: {line}"
                    );
                    assert!(
                        !line.is_empty() && !line.contains("unknown"),
                        "{name}: {line}"
                    );
                }
            }
        }
    }
}
