//! One step of long work: its display, and the line that it leaves.

use crate::report::status::Verb;
use crate::report::{escape, text};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::time::{Duration, Instant};

/// A step that takes longer reports its duration.
const WORTH_A_FIGURE: Duration = Duration::from_secs(1);
/// The delay before a log names a step that waits, configures or compiles.
pub(super) const SOON: Duration = Duration::from_millis(500);
/// The delay before a log names any other step.
const LATE: Duration = Duration::from_secs(5);
/// The maximum length of a subject, so that the line fits 80 columns with a bar or a figure.
const LONGEST: usize = 44;

/// The expected duration, from earlier work of the same kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The duration of the step.
    pub phase: Duration,
    /// The duration of everything after it.
    pub after: Duration,
}

impl Expected {
    /// Returns `about 2 min left`, when `done` of `steps` are finished.
    fn left(&self, done: u64, steps: u64) -> String {
        let share = (steps.saturating_sub(done)) as f64 / steps.max(1) as f64;
        let left = self.phase.mul_f64(share.clamp(0.0, 1.0)) + self.after;
        format!("about {} left", text::duration(left))
    }
}

/// The current action.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) verb: Verb,
    pub(super) subject: String,
    pub(super) amount: Amount,
    pub(super) started: Instant,
}

/// The amount of work in a step.
#[derive(Debug, Clone, Copy)]
pub(super) enum Amount {
    Unknown,
    /// The number of bytes, if known.
    Bytes(Option<u64>),
    /// The approximate number of parts, and the expected duration.
    Parts(u64, Option<Expected>),
}

/// A line about a step.
pub(super) struct Line {
    verb: Verb,
    rest: String,
}

impl Line {
    pub(super) fn text(&self, is_coloured: bool) -> String {
        let (verb, rest) = (self.verb.column(is_coloured), escape::line(&self.rest));
        format!("{verb} {rest}")
    }
}

impl Step {
    /// Returns the delay before a log names the step.
    pub(super) fn first_line(&self) -> Duration {
        match (self.verb, self.amount) {
            (Verb::Waiting, _) | (_, Amount::Parts(..)) => SOON,
            _ => LATE,
        }
    }

    /// Returns a log's line about a running step.
    pub(super) fn line(&self, done: u64) -> Line {
        let subject = &self.subject;
        let rest = match self.amount {
            Amount::Unknown => subject.clone(),
            Amount::Bytes(Some(total)) => {
                let (done, total) = (text::bytes(done), text::bytes(total));
                format!("{subject}  {done} of {total}")
            }
            Amount::Bytes(None) => format!("{subject}  {}", text::bytes(done)),
            Amount::Parts(parts, expected) => {
                let percent = (done * 100 / parts.max(1)).min(99);
                match expected {
                    None => format!("{subject}  {percent}%"),
                    Some(expected) => {
                        format!("{subject}  {percent}%, {}", expected.left(done, parts))
                    }
                }
            }
        };
        let verb = self.verb;
        Line { verb, rest }
    }

    /// Returns the line that a successful step leaves, if any.
    pub(super) fn last_line(&self, done: u64) -> Option<Line> {
        self.after(done, self.started.elapsed())
    }

    fn after(&self, done: u64, took: Duration) -> Option<Line> {
        let is_long = took >= WORTH_A_FIGURE;
        if self.verb.is_passing() || !(is_long || self.verb.always_stays()) {
            return None;
        }
        let mut rest = self.subject.clone();
        if let Amount::Bytes(_) = self.amount {
            rest += &format!("  {}", text::bytes(done));
        }
        if is_long {
            rest += &format!(" in {}", text::elapsed(took));
        }
        let verb = self.verb;
        Some(Line { verb, rest })
    }

    /// Returns the progress bar.
    pub(super) fn bar(&self, is_coloured: bool) -> ProgressBar {
        let (template, length) = match self.amount {
            Amount::Bytes(Some(total)) => (
                "{prefix} {msg}  [{bar:18}] {bytes}/{total_bytes}",
                Some(total),
            ),
            Amount::Bytes(None) => ("{prefix} {msg}  {bytes}{took}", None),
            Amount::Parts(parts, _) => {
                ("{prefix} {msg}  [{bar:18}] {percent}%  {left}", Some(parts))
            }
            Amount::Unknown => ("{prefix} {msg}{took}", None),
        };
        // It is drawn only after it was added to the others.
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden());
        let amount = self.amount;
        let left = move |state: &ProgressState, text: &mut dyn std::fmt::Write| {
            if let Amount::Parts(parts, Some(expected)) = amount {
                let _ = text.write_str(&expected.left(state.pos(), parts));
            }
        };
        let took = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
            let took = state.elapsed();
            if took >= WORTH_A_FIGURE {
                let _ = write!(
                    text,
                    "  {}",
                    text::elapsed(Duration::from_secs(took.as_secs()))
                );
            }
        };
        // The templates above are constants, so every test would show an invalid one.
        if let Ok(style) = ProgressStyle::with_template(template) {
            let style = style.with_key("left", left).with_key("took", took);
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(self.verb.column(is_coloured));
        bar.set_message(escape::line(&self.subject).into_owned());
        bar
    }
}

/// Shortens a subject to the available width.
pub(super) fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST - 3).collect();
    format!("{start}...")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(verb: Verb, amount: Amount) -> Step {
        Step {
            verb,
            subject: "3.14.7t".to_owned(),
            amount,
            started: Instant::now(),
        }
    }

    #[test]
    fn a_log_says_how_far_a_step_is() {
        let line = |amount, done| step(Verb::Compiling, amount).line(done).text(false);
        let bytes = Amount::Bytes(Some(4 << 20));
        assert_eq!(
            line(bytes, 1 << 20),
            "   Compiling 3.14.7t  1.0 MiB of 4.0 MiB"
        );
        let parts = |expected| Amount::Parts(200, expected);
        assert_eq!(line(parts(None), 50), "   Compiling 3.14.7t  25%");
        assert_eq!(line(parts(None), 500), "   Compiling 3.14.7t  99%");
        let expected = Some(Expected {
            phase: Duration::from_secs(200),
            after: Duration::from_secs(30),
        });
        assert_eq!(
            line(parts(expected), 50),
            "   Compiling 3.14.7t  25%, about 3 min left"
        );
        assert_eq!(
            line(parts(expected), 500),
            "   Compiling 3.14.7t  99%, about 30 s left"
        );
    }

    #[test]
    fn a_finished_step_leaves_a_figure() {
        let line = |verb, amount, done, took| {
            let line = step(verb, amount).after(done, Duration::from_millis(took));
            line.map(|line| line.text(false))
        };
        let bytes = Amount::Bytes(None);
        assert_eq!(
            line(Verb::Downloading, bytes, 1 << 20, 10).as_deref(),
            Some(" Downloading 3.14.7t  1.0 MiB")
        );
        assert_eq!(
            line(Verb::Downloading, bytes, 1 << 20, 2_500).as_deref(),
            Some(" Downloading 3.14.7t  1.0 MiB in 2.5s")
        );
        assert_eq!(
            line(Verb::Compiling, Amount::Unknown, 0, 111_000).as_deref(),
            Some("   Compiling 3.14.7t in 1m 51s")
        );
        assert_eq!(line(Verb::Unpacking, Amount::Unknown, 0, 10), None);
        assert!(line(Verb::Unpacking, Amount::Unknown, 0, 1_200).is_some());
        assert_eq!(line(Verb::Waiting, Amount::Unknown, 0, 9_000), None);
    }
}
