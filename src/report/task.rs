//! Progress of long work: a bar or a spinner on a terminal, sparse lines elsewhere.
//!
//! A phase that ends within half a second is not worth a line in a log, so lines are written
//! by a thread that looks from time to time. That is also what makes silent waiting visible.

use crate::report::stderr::write_err;
use crate::report::{escape, text};
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// A phase shorter than this is not shown in lines.
const WORTH_A_LINE: Duration = Duration::from_millis(500);
/// How often a long phase says how far it is.
const REPEAT: Duration = Duration::from_secs(15);

/// One piece of long work. Cheap to clone; the last clone to go ends the display.
#[derive(Debug, Clone)]
pub struct Task(Display);

#[derive(Debug, Clone)]
enum Display {
    Terminal(Arc<Bar>),
    TaskLines(Arc<Mutex<TaskLines>>),
    Silent,
}

/// What is being done now.
#[derive(Debug, Clone)]
pub enum Phase {
    /// `downloading x`: bytes of so many, if that is known.
    Bytes(String, Option<u64>),
    /// `compiling`: steps of about so many.
    Steps {
        /// `compiling`
        what: String,
        /// How many.
        steps: u64,
        /// How long it will take, where that is known.
        expected: Option<Expected>,
    },
    /// `configuring`: no telling how far.
    Open(String),
}

/// How long work takes, by earlier work of the same kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The phase itself.
    pub phase: Duration,
    /// All that comes after it.
    pub after: Duration,
}

impl Expected {
    /// `about 2 min left`, when `done` of `steps` are.
    fn left(&self, done: u64, steps: u64) -> String {
        let share = (steps.saturating_sub(done)) as f64 / steps.max(1) as f64;
        let left = self.phase.mul_f64(share.clamp(0.0, 1.0)) + self.after;
        format!("about {} left", text::duration(left))
    }
}

#[derive(Debug)]
struct Bar {
    bar: ProgressBar,
    name: String,
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[derive(Debug)]
struct TaskLines {
    name: String,
    phase: Phase,
    done: u64,
    due: Instant,
}

impl Task {
    pub(super) fn silent() -> Self {
        Self(Display::Silent)
    }

    pub(super) fn on_terminal(bars: &MultiProgress, name: &str) -> Self {
        let bar = bars.add(ProgressBar::new_spinner());
        bar.enable_steady_tick(Duration::from_millis(120));
        let name = name.to_owned();
        Self(Display::Terminal(Arc::new(Bar { bar, name })))
    }

    pub(super) fn in_lines(name: &str) -> Self {
        let lines = Arc::new(Mutex::new(TaskLines {
            name: name.to_owned(),
            phase: Phase::Open("waiting".to_owned()),
            done: 0,
            due: Instant::now() + WORTH_A_LINE,
        }));
        let watched = Arc::downgrade(&lines);
        // Without a thread there is only less to see.
        let _ = std::thread::Builder::new()
            .name("progress".to_owned())
            .spawn(move || watch(&watched));
        Self(Display::TaskLines(lines))
    }

    /// Begins the next phase.
    pub fn phase(&self, phase: Phase) {
        match &self.0 {
            Display::Silent => {}
            Display::TaskLines(lines) => {
                let mut lines = lock(lines);
                lines.phase = phase;
                lines.done = 0;
                lines.due = Instant::now() + WORTH_A_LINE;
            }
            Display::Terminal(shown) => shown.begin(&phase),
        }
    }

    /// So many more bytes or steps are done.
    pub fn advance(&self, by: u64) {
        match &self.0 {
            Display::Silent => {}
            Display::TaskLines(lines) => lock(lines).done += by,
            Display::Terminal(shown) => shown.bar.inc(by),
        }
    }

    /// So many bytes or steps are done in all.
    pub fn reach(&self, done: u64) {
        match &self.0 {
            Display::Silent => {}
            Display::TaskLines(lines) => lock(lines).done = done,
            Display::Terminal(shown) => shown.bar.set_position(done),
        }
    }
}

impl Bar {
    fn begin(&self, phase: &Phase) {
        let (template, what, length) = match phase {
            Phase::Bytes(what, Some(length)) => (
                "{prefix} {msg} [{bar:24}] {bytes}/{total_bytes} {bytes_per_sec}",
                what,
                Some(*length),
            ),
            Phase::Bytes(what, None) => ("{prefix} {msg} {bytes} {bytes_per_sec}", what, None),
            Phase::Steps { what, steps, .. } => (
                "{prefix} {msg} [{bar:24}] {percent}% {left}",
                what,
                Some(*steps),
            ),
            Phase::Open(what) => ("{spinner} {prefix} {msg} {elapsed}", what, None),
        };
        // The templates above are constants; a bad one would show in the first test.
        if let Ok(style) = ProgressStyle::with_template(template) {
            let style = match phase {
                Phase::Steps {
                    steps,
                    expected: Some(expected),
                    ..
                } => {
                    let (steps, expected) = (*steps, *expected);
                    let left = move |state: &ProgressState, text: &mut dyn std::fmt::Write| {
                        let _ = text.write_str(&expected.left(state.pos(), steps));
                    };
                    style.with_key("left", left)
                }
                _ => style.with_key("left", |_: &ProgressState, _: &mut dyn std::fmt::Write| {}),
            };
            self.bar.set_style(style.progress_chars("=> "));
        }
        self.bar.set_prefix(escape::line(&self.name).into_owned());
        self.bar.set_message(escape::line(what).into_owned());
        self.bar.set_position(0);
        match length {
            Some(length) => self.bar.set_length(length),
            None => self.bar.unset_length(),
        }
    }
}

impl TaskLines {
    fn line(&self) -> String {
        let name = &self.name;
        match &self.phase {
            Phase::Open(what) => format!("{name}: {what}"),
            Phase::Bytes(what, Some(length)) => {
                let (done, length) = (text::bytes(self.done), text::bytes(*length));
                format!("{name}: {what} ({done} of {length})")
            }
            Phase::Bytes(what, None) => {
                format!("{name}: {what} ({})", text::bytes(self.done))
            }
            Phase::Steps {
                what,
                steps,
                expected,
            } => {
                let percent = (self.done * 100 / (*steps).max(1)).min(99);
                match expected {
                    None => format!("{name}: {what} ({percent}%)"),
                    Some(expected) => {
                        let left = expected.left(self.done, *steps);
                        format!("{name}: {what} ({percent}%, {left})")
                    }
                }
            }
        }
    }
}

fn watch(lines: &Weak<Mutex<TaskLines>>) {
    loop {
        std::thread::sleep(WORTH_A_LINE / 5);
        let Some(lines) = lines.upgrade() else {
            return;
        };
        let mut lines = lock(&lines);
        if Instant::now() >= lines.due {
            write_err(&escape::line(&lines.line()));
            lines.due = Instant::now() + REPEAT;
        }
    }
}

fn lock(lines: &Mutex<TaskLines>) -> MutexGuard<'_, TaskLines> {
    // A panic elsewhere while it was held leaves plain numbers, which are still good.
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_how_far() {
        let line = |phase: Phase, done: u64| {
            let due = Instant::now();
            let name = "3.14.7t".to_owned();
            TaskLines {
                name,
                phase,
                done,
                due,
            }
            .line()
        };
        let bytes = Phase::Bytes("downloading".to_owned(), Some(4 << 20));
        assert_eq!(
            line(bytes, 1 << 20),
            "3.14.7t: downloading (1.0 MiB of 4.0 MiB)"
        );
        let steps = |expected| Phase::Steps {
            what: "compiling".to_owned(),
            steps: 200,
            expected,
        };
        assert_eq!(line(steps(None), 50), "3.14.7t: compiling (25%)");
        assert_eq!(line(steps(None), 500), "3.14.7t: compiling (99%)");
        let expected = Some(Expected {
            phase: Duration::from_secs(200),
            after: Duration::from_secs(30),
        });
        assert_eq!(
            line(steps(expected), 50),
            "3.14.7t: compiling (25%, about 3 min left)"
        );
        assert_eq!(
            line(steps(expected), 500),
            "3.14.7t: compiling (99%, about 30 s left)"
        );
    }
}
