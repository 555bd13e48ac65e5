//! Progress of long work, step by step: on a terminal one line that is redrawn during the step,
//! otherwise plain lines. A successful step leaves one line.
//!
//! In a log, a step that takes minutes is named when it begins, and periodically by a thread,
//! because silent waiting would look like a hang.

use crate::report::status::Verb;
use crate::report::stderr::write_err;
use crate::report::step::{Amount, Expected, SOON, Step, shortened};
use indicatif::{MultiProgress, ProgressBar};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// The interval of progress lines in a log.
const REPEAT: Duration = Duration::from_secs(30);

/// One piece of long work. Cheap to clone; the display ends with the last clone.
#[derive(Debug, Clone)]
pub struct Task(Display);

#[derive(Debug, Clone)]
enum Display {
    Terminal(Arc<Terminal>),
    Log(Arc<Mutex<Log>>),
    Silent,
}

#[derive(Debug)]
struct Terminal {
    name: String,
    bars: MultiProgress,
    is_coloured: bool,
    now: Mutex<Option<(ProgressBar, Step)>>,
}

#[derive(Debug)]
struct Log {
    name: String,
    now: Option<Step>,
    done: u64,
    due: Instant,
}

impl Task {
    pub(super) fn silent() -> Self {
        Self(Display::Silent)
    }

    pub(super) fn on_terminal(bars: &MultiProgress, is_coloured: bool, name: &str) -> Self {
        Self(Display::Terminal(Arc::new(Terminal {
            name: name.to_owned(),
            bars: bars.clone(),
            is_coloured,
            now: Mutex::default(),
        })))
    }

    pub(super) fn in_log(name: &str) -> Self {
        let log = Arc::new(Mutex::new(Log {
            name: name.to_owned(),
            now: None,
            done: 0,
            due: Instant::now(),
        }));
        let watched = Arc::downgrade(&log);
        // Without the thread, only the display is reduced.
        let _ = std::thread::Builder::new()
            .name("progress".to_owned())
            .spawn(move || watch(&watched));
        Self(Display::Log(log))
    }

    /// Starts a step about the task's own subject.
    pub fn step(&self, verb: Verb) {
        self.begin(verb, self.name(), Amount::Unknown);
    }

    /// Starts a step about another subject.
    pub fn step_on(&self, verb: Verb, subject: impl Into<String>) {
        self.begin(verb, subject.into(), Amount::Unknown);
    }

    /// Starts a step with this number of bytes, if known.
    pub fn bytes(&self, verb: Verb, subject: impl Into<String>, total: Option<u64>) {
        self.begin(verb, subject.into(), Amount::Bytes(total));
    }

    /// Starts a step with an approximate number of parts, and an expected duration if known.
    pub fn parts(&self, verb: Verb, parts: u64, expected: Option<Expected>) {
        self.begin(verb, self.name(), Amount::Parts(parts, expected));
    }

    /// Returns the task's own subject.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.0 {
            Display::Silent => String::new(),
            Display::Log(log) => lock(log).name.clone(),
            Display::Terminal(terminal) => terminal.name.clone(),
        }
    }

    fn begin(&self, verb: Verb, subject: String, amount: Amount) {
        let step = Step {
            verb,
            subject: shortened(&subject),
            amount,
            started: Instant::now(),
        };
        match &self.0 {
            Display::Silent => {}
            Display::Log(log) => {
                let mut log = lock(log);
                log.due = step.started + step.first_line();
                log.now = Some(step);
                log.done = 0;
            }
            Display::Terminal(terminal) => terminal.begin(step),
        }
    }

    /// Adds finished bytes or parts.
    pub fn advance(&self, by: u64) {
        match &self.0 {
            Display::Silent => {}
            Display::Log(log) => lock(log).done += by,
            Display::Terminal(terminal) => {
                if let Some((bar, _)) = &*lock(&terminal.now) {
                    bar.inc(by);
                }
            }
        }
    }

    /// Sets the total of finished bytes or parts.
    pub fn reach(&self, done: u64) {
        match &self.0 {
            Display::Silent => {}
            Display::Log(log) => lock(log).done = done,
            Display::Terminal(terminal) => {
                if let Some((bar, _)) = &*lock(&terminal.now) {
                    bar.set_position(done);
                }
            }
        }
    }

    /// Ends a successful step, which leaves a line. A failed step leaves none.
    pub fn done(&self) {
        match &self.0 {
            Display::Silent => {}
            Display::Log(log) => {
                let mut log = lock(log);
                let done = log.done;
                if let Some(line) = log.now.take().and_then(|step| step.last_line(done)) {
                    write_err(&line.text(false));
                }
            }
            Display::Terminal(terminal) => terminal.end(),
        }
    }
}

impl Terminal {
    fn begin(&self, step: Step) {
        let mut now = lock(&self.now);
        if let Some((bar, _)) = now.take() {
            bar.finish_and_clear();
        }
        let bar = self.bars.add(step.bar(self.is_coloured));
        bar.enable_steady_tick(Duration::from_millis(120));
        *now = Some((bar, step));
    }

    fn end(&self) {
        let Some((bar, step)) = lock(&self.now).take() else {
            return;
        };
        let done = bar.position();
        bar.finish_and_clear();
        if let Some(line) = step.last_line(done) {
            self.bars
                .suspend(|| write_err(&line.text(self.is_coloured)));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some((bar, _)) = lock(&self.now).take() {
            bar.finish_and_clear();
        }
    }
}

fn watch(log: &Weak<Mutex<Log>>) {
    loop {
        std::thread::sleep(SOON / 5);
        let Some(log) = log.upgrade() else {
            return;
        };
        let mut log = lock(&log);
        if Instant::now() < log.due {
            continue;
        }
        if let Some(step) = &log.now {
            write_err(&step.line(log.done).text(false));
        }
        log.due = Instant::now() + REPEAT;
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    // After a panic in another thread the numbers are still valid.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
