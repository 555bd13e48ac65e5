//! The verdict: from figures, and from what speaks against trusting them. Pure.

use crate::bench::analysis::Analysis;
use crate::bench::decisive::FEWEST_BLOCKS;
use crate::bench::outcome::{Course, PayVerdict, StopReason};

/// A verdict is definite if its opposite has at most this probability.
const DOUBT: f64 = 0.025;

/// Something that forbids a verdict, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// What is wrong, in a sentence without a full stop.
    pub reason: String,
    /// What to do, or empty.
    pub advice: String,
}

/// The verdict and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The answer.
    pub verdict: PayVerdict,
    /// Why, in a sentence.
    pub reason: String,
}

/// Decides. An objection comes first: figures that cannot be trusted are not a verdict.
#[must_use]
pub fn decide(analysis: &Analysis, course: &Course, objections: &[Objection]) -> Decision {
    let doubt = objections.first().cloned();
    let doubt = doubt.or_else(|| too_few(analysis, course));
    if let Some(Objection { reason, advice }) = doubt.or_else(|| broken_control(analysis)) {
        let reason = match advice.is_empty() {
            true => reason,
            false => format!("{reason}; {advice}"),
        };
        return Decision {
            verdict: PayVerdict::CouldNotMeasure,
            reason,
        };
    }
    let never = analysis.break_even.summary.never_probability;
    let (verdict, reason) = if never <= DOUBT && has_sure_arm(analysis) {
        let reason = "the free-threaded build is faster than each GIL arm";
        (PayVerdict::Pays, reason.to_owned())
    } else if never >= 1.0 - DOUBT {
        let reason = "no measured number of threads makes the free-threaded build faster than the \
                      best GIL arm";
        (PayVerdict::DoesNotPay, reason.to_owned())
    } else {
        (PayVerdict::Undecided, undecided(analysis, course))
    };
    Decision { verdict, reason }
}

/// Whether one arm alone surely wins. If many arms are as fast as the GIL build, one of them wins in
/// most resamples by chance, each time another one. So the more arms there are, the surer it must be.
fn has_sure_arm(analysis: &Analysis) -> bool {
    let beats = &analysis.break_even.beats;
    let doubt = DOUBT / beats.len().max(1) as f64;
    beats.iter().any(|(_, part)| *part >= 1.0 - doubt)
}

fn too_few(analysis: &Analysis, course: &Course) -> Option<Objection> {
    if analysis.blocks >= FEWEST_BLOCKS {
        return None;
    }
    let blocks = match analysis.blocks {
        0 => "no block".to_owned(),
        1 => "1 block".to_owned(),
        count => format!("{count} blocks"),
    };
    let (reason, advice) = if course.disturbed_runs * 3 > course.runs {
        let (disturbed, runs) = (course.disturbed_runs, course.runs);
        let reason = format!("other work on the machine disturbed {disturbed} of {runs} runs");
        (reason, "end it, or measure on another machine".to_owned())
    } else if course.stopped_by == StopReason::Interrupted {
        let reason = format!("interrupted after {blocks} of all arms");
        (reason, format!("at least {FEWEST_BLOCKS} are needed"))
    } else {
        let reason = format!("only {blocks} of all arms fit into the budget");
        let each = course.seconds / f64::from(course.blocks + course.disturbed_blocks).max(0.5);
        // Twice the least, as a width of some percent needs more.
        let needed = as_budget(each * 2.0 * FEWEST_BLOCKS as f64, course.shares);
        let advice = format!("use `--budget {needed}`, or less work in each run");
        (reason, advice)
    };
    Some(Objection { reason, advice })
}

/// The value of `--budget` that gives each of `shares` comparisons these seconds, rounded up.
#[must_use]
pub fn as_budget(seconds: f64, shares: u32) -> String {
    let minutes = (seconds * f64::from(shares) / 60.0).ceil().max(1.0);
    match minutes {
        minutes if minutes < 90.0 => format!("{minutes:.0}m"),
        minutes => format!("{:.0}h", (minutes / 60.0).ceil()),
    }
}

fn broken_control(analysis: &Analysis) -> Option<Objection> {
    let control = analysis.control.filter(|_| analysis.is_control_broken)?;
    let percent = (control.ratio.value - 1.0) * 100.0;
    Some(Objection {
        reason: format!(
            "the same command measured twice differs by {percent:+.1} %, which is more than noise"
        ),
        advice: "the machine changed while it was measured: see `ftpy bench --host`".to_owned(),
    })
}

fn undecided(analysis: &Analysis, course: &Course) -> String {
    let width = analysis.width.unwrap_or(f64::INFINITY);
    if course.stopped_by == StopReason::Width || width <= course.wanted_width {
        return "the difference is close to the smallest gain that counts".to_owned();
    }
    if course.stopped_by == StopReason::Blocks {
        let blocks = course.blocks;
        return format!(
            "the intervals are {:.0} % wide after {blocks} blocks, and more would not decide it",
            width * 100.0
        );
    }
    let needed = (width / course.wanted_width).powi(2) * course.seconds;
    let needed = as_budget(needed, course.shares);
    format!(
        "the intervals are {:.0} % wide after {:.0} s; `--budget {needed}` may decide it",
        width * 100.0,
        course.seconds,
    )
}
