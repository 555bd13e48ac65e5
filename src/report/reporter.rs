//! The one place that writes to stdout and stderr.

use crate::env::Env;
use crate::error::{Failure, Kind};
use crate::report::task::Task;
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

/// How much is said, and in what form: from the command line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// `--json`
    pub json: bool,
    /// `-q` below zero, `-v` above.
    pub verbosity: i8,
}

/// Writes data, talk and progress.
#[derive(Debug)]
pub struct Reporter {
    options: Options,
    colour: bool,
    bars: MultiProgress,
    is_terminal: bool,
    /// Whether the one JSON document was printed.
    has_document: AtomicBool,
}

impl Reporter {
    /// A reporter for this process.
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
        }
    }

    /// A reporter for failures before the environment is known: no colour, no progress.
    #[must_use]
    pub fn plain(options: Options) -> Self {
        Self {
            options,
            colour: false,
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            is_terminal: false,
            has_document: AtomicBool::new(false),
        }
    }

    /// Whether `--json` was asked for.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.options.json
    }

    /// A line of data.
    pub fn data(&self, line: impl AsRef<str>) {
        self.out(line.as_ref());
    }

    /// The data of a command under `--json`.
    pub fn json(&self, value: &impl Serialize) {
        self.has_document.store(true, Ordering::Relaxed);
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.out(&text),
            Err(error) => self.warn(format!("this cannot be written as JSON: {error}")),
        }
    }

    /// What a person wants to know while it happens. Silent under `-q`.
    pub fn say(&self, line: impl AsRef<str>) {
        if self.options.verbosity >= 0 {
            self.err(line.as_ref());
        }
    }

    /// What a command was started for. Never silent.
    pub fn say_anyway(&self, line: impl AsRef<str>) {
        self.err(line.as_ref());
    }

    /// What only helps to see why. Silent without `-v`.
    pub fn detail(&self, line: impl AsRef<str>) {
        if self.options.verbosity > 0 {
            self.err(line.as_ref());
        }
    }

    /// What a person should know although the work goes on. Never silent.
    pub fn warn(&self, line: impl AsRef<str>) {
        self.err(&format!(
            "{} {}",
            self.paint("33;1", "warning:"),
            line.as_ref()
        ));
    }

    /// A line that a CI system acts on. Never silent; on stdout, where such lines are documented
    /// to be read, unless that is one JSON document.
    pub fn command(&self, line: &str) {
        match self.is_json() {
            true => self.err(line),
            false => self.out(line),
        }
    }

    /// A question, on the line in which it is answered.
    pub fn ask(&self, question: &str) {
        self.bars.suspend(|| {
            let mut stderr = std::io::stderr().lock();
            let _ = write!(stderr, "{question}").and_then(|()| stderr.flush());
        });
    }

    /// Why the command failed, and what to do. Under `--json` it is the data, too.
    pub fn failure(&self, failure: &Failure) {
        // What a command said of its own failure is the document already.
        if self.is_json() && !self.has_document.load(Ordering::Relaxed) {
            self.json(&serde_json::json!({ "error": failure }));
        }
        self.say_failure(failure);
    }

    /// As [`failure`](Self::failure), but talk only: for all but one of several.
    pub fn say_failure(&self, failure: &Failure) {
        let mut lines = vec![format!("{} {failure}", self.paint("31;1", "error:"))];
        lines.extend(failure.details.iter().map(|line| format!("  {line}")));
        let hint = self.paint("36;1", "hint:");
        lines.extend(failure.hints.iter().map(|line| format!("{hint} {line}")));
        self.err(&lines.join("\n"));
    }

    /// Progress of one piece of long work. `name` stands in front of every line of it.
    #[must_use]
    pub fn task(&self, name: &str) -> Task {
        if self.is_terminal {
            Task::on_terminal(&self.bars, name)
        } else if self.options.verbosity >= 0 {
            Task::in_lines(name)
        } else {
            Task::silent()
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    fn err(&self, line: &str) {
        // The bars stand below the talk and are drawn again after it.
        self.bars.suspend(|| write_err(line));
    }

    fn out(&self, line: &str) {
        self.bars.suspend(|| {
            let mut stdout = std::io::stdout().lock();
            let written = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
            match written {
                Ok(()) => {}
                // Whoever reads us has had enough (`ftpy list | head -1`): that is no error.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                    std::process::exit(0);
                }
                Err(error) => {
                    write_err(&format!("error: cannot write to stdout: {error}"));
                    std::process::exit(i32::from(Kind::System.exit_code()));
                }
            }
        });
    }
}

/// One line to stderr. A closed stderr leaves nobody to tell.
pub(super) fn write_err(line: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "{line}");
}
