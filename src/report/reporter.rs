//! The only writer to stdout and stderr.

use crate::env::Env;
use crate::error::{Failure, IoFailure};
use crate::report::escape;
use crate::report::status::{self, Verb};
use crate::report::stderr::write_err;
use crate::report::task::Task;
use crate::report::{table, text};
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// The format and amount of output, from the command line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// `--json`
    pub json: bool,
    /// `-q` below zero, `-v` above.
    pub verbosity: i8,
}

/// Writes data, messages and progress.
#[derive(Debug)]
pub struct Reporter {
    options: Options,
    colour: bool,
    bars: MultiProgress,
    is_terminal: bool,
    /// Whether the JSON document was printed.
    has_document: AtomicBool,
    /// The state of stdout.
    stdout: Mutex<Stdout>,
}

/// The state of stdout. Work continues in any state; only output is lost.
#[derive(Debug)]
enum Stdout {
    /// Everything was written so far.
    Open,
    /// The reader exited, as in `ftpy list | head -1`.
    Closed,
    /// A write failed: the disk is full.
    Failed(Failure),
}

impl Reporter {
    /// Returns the reporter of this process.
    #[must_use]
    pub fn new(options: Options, env: &Env) -> Self {
        let is_terminal = env.stderr_is_terminal && options.verbosity >= 0;
        let target = if is_terminal {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            options,
            colour: env.colour,
            bars: MultiProgress::with_draw_target(target),
            is_terminal,
            has_document: AtomicBool::new(false),
            stdout: Mutex::new(Stdout::Open),
        }
    }

    /// Returns a reporter for failures before the environment is known: no colour, no progress.
    #[must_use]
    pub fn plain(options: Options) -> Self {
        Self {
            options,
            colour: false,
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            is_terminal: false,
            has_document: AtomicBool::new(false),
            stdout: Mutex::new(Stdout::Open),
        }
    }

    /// Returns whether `--json` was given.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.options.json
    }

    /// Returns whether `--verbose` was given.
    #[must_use]
    pub fn is_verbose(&self) -> bool {
        self.options.verbosity > 0
    }

    /// Prints a line of data.
    pub fn data(&self, line: impl AsRef<str>) {
        self.out(&escape::line(line.as_ref()));
    }

    /// Prints rows of data as aligned columns. On a terminal they have headings.
    pub fn table(&self, headings: &[&str], rows: &[Vec<String>]) {
        let width = table::terminal_width().filter(|_| !rows.is_empty());
        let Some(width) = width else {
            text::table(rows).iter().for_each(|line| self.data(line));
            return;
        };
        let (heading, lines) = table::for_terminal(headings, rows, width);
        self.out(&self.paint("1", &heading));
        lines.iter().for_each(|line| self.data(line));
    }

    /// Returns the width of the terminal on stdout, or `None` if stdout is something else.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        table::terminal_width()
    }

    /// Prints text for another program unchanged: shell code, a manual page. The caller has quoted
    /// its contents.
    pub fn document(&self, text: impl AsRef<str>) {
        self.out(text.as_ref());
    }

    /// Prints a command's data for `--json`.
    pub fn json(&self, value: &impl Serialize) {
        self.has_document.store(true, Ordering::Relaxed);
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.out(&escape::json(&text)),
            Err(error) => self.warn(format!("this cannot be written as JSON: {error}")),
        }
    }

    /// Prints a step or an obstacle: `   Installed 3.14.7t (pbs), GIL off`. Silent under `-q`.
    pub fn status(&self, verb: Verb, text: impl AsRef<str>) {
        self.in_column(&verb.column(self.colour), text.as_ref());
    }

    /// Prints a second line of a status. Silent under `-q`.
    pub fn status_more(&self, text: impl AsRef<str>) {
        self.in_column(&status::indent(), text.as_ref());
    }

    /// Prints a note, in the column of the status lines. Silent under `-q`.
    pub fn note(&self, text: impl AsRef<str>) {
        self.in_column(&status::column("note:", "36;1", self.colour), text.as_ref());
    }

    /// Prints the next useful command, in the column of the status lines. Silent under `-q`.
    pub fn hint(&self, text: impl AsRef<str>) {
        self.in_column(&status::column("hint:", "36;1", self.colour), text.as_ref());
    }

    fn in_column(&self, column: &str, text: &str) {
        if self.options.verbosity >= 0 {
            self.err(&format!("{column} {}", escape::line(text)));
        }
    }

    /// Prints a message about the current work. Silent under `-q`.
    pub fn say(&self, line: impl AsRef<str>) {
        if self.options.verbosity >= 0 {
            self.err(&escape::line(line.as_ref()));
        }
    }

    /// Prints the main result of a command. Never silent.
    pub fn say_anyway(&self, line: impl AsRef<str>) {
        self.err(&escape::line(line.as_ref()));
    }

    /// Prints a reason or another detail. Silent without `-v`.
    pub fn detail(&self, line: impl AsRef<str>) {
        if self.options.verbosity > 0 {
            self.err(&escape::line(line.as_ref()));
        }
    }

    /// Like [`say`](Self::say), for lines of another program; tabs are kept.
    pub fn relay(&self, text: impl AsRef<str>) {
        if self.options.verbosity >= 0 {
            self.err_lines(text.as_ref().lines().map(escape::relayed));
        }
    }

    /// Like [`relay`](Self::relay), but silent without `-v`.
    pub fn relay_detail(&self, text: impl AsRef<str>) {
        if self.options.verbosity > 0 {
            self.err_lines(text.as_ref().lines().map(escape::relayed));
        }
    }

    /// Prints a warning. Never silent.
    pub fn warn(&self, line: impl AsRef<str>) {
        let line = escape::line(line.as_ref());
        self.err(&format!("{} {line}", self.paint("33;1", "warning:")));
    }

    /// Prints a command for a CI system. Never silent; on stdout, where CI systems expect it,
    /// unless stdout is a JSON document.
    pub fn command(&self, line: &str) {
        match self.is_json() {
            true => self.err(line),
            false => self.out(line),
        }
    }

    /// Prints a line that structures a CI system's log, on stderr. Silent under `-q`.
    pub fn mark(&self, line: &str) {
        if self.options.verbosity >= 0 {
            self.err(line);
        }
    }

    /// Prints a question; the answer is typed on the same line.
    pub fn ask(&self, question: &str) {
        let question = escape::line(question);
        self.bars.suspend(|| {
            let mut stderr = std::io::stderr().lock();
            let _ = write!(stderr, "{question}").and_then(|()| stderr.flush());
        });
    }

    /// Prints why the command failed, and hints. With `--json` also as data.
    pub fn failure(&self, failure: &Failure) {
        // The command may have printed its own document about the failure.
        if self.is_json() && !self.has_document.load(Ordering::Relaxed) {
            self.json(&serde_json::json!({ "error": failure }));
        }
        self.say_failure(failure);
    }

    /// Like [`failure`](Self::failure), but on stderr only: for all but one of several.
    pub fn say_failure(&self, failure: &Failure) {
        let (error, hint) = (self.paint("31;1", "error:"), self.paint("36;1", "hint:"));
        let mut lines = vec![format!("{error} {}", escape::line(&failure.message))];
        // A line may begin a CI command even after blanks.
        let details = failure.details.iter().map(|line| format!("  {line}"));
        lines.extend(details.map(|line| escape::relayed(&line).into_owned()));
        let hints = failure.hints.iter().map(|line| escape::line(line));
        lines.extend(hints.map(|line| format!("{hint} {line}")));
        self.err(&lines.join("\n"));
    }

    /// Returns the failure to write all output, if any. A reader that exited is not a failure.
    #[must_use]
    pub fn lost_output(&self) -> Option<Failure> {
        match &*self.stdout.lock().unwrap_or_else(PoisonError::into_inner) {
            Stdout::Open | Stdout::Closed => None,
            Stdout::Failed(failure) => Some(failure.clone()),
        }
    }

    /// Returns the progress of one piece of long work. Its steps are about `name` unless they set
    /// another subject.
    #[must_use]
    pub fn task(&self, name: &str) -> Task {
        if self.is_terminal {
            Task::on_terminal(&self.bars, self.colour, name)
        } else if self.options.verbosity >= 0 {
            Task::in_log(name)
        } else {
            Task::silent()
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        status::paint(text, code, self.colour)
    }

    fn err(&self, line: &str) {
        // The progress bars are below the messages, and are redrawn.
        self.bars.suspend(|| write_err(line));
    }

    fn err_lines(&self, lines: impl Iterator<Item = impl AsRef<str>>) {
        lines.for_each(|line| self.err(line.as_ref()));
    }

    fn out(&self, text: &str) {
        let mut state = self.stdout.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*state, Stdout::Open) {
            return;
        }
        let written = self.bars.suspend(|| {
            let mut stdout = std::io::stdout().lock();
            writeln!(stdout, "{text}").and_then(|()| stdout.flush())
        });
        if let Err(error) = written {
            *state = match error.kind() {
                ErrorKind::BrokenPipe => Stdout::Closed,
                _ => Stdout::Failed(IoFailure::at("write to", "stdout")(error).outside_store()),
            };
        }
    }
}
