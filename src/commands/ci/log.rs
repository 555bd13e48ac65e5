//! The log of a CI system: groups, masked secrets and annotations.

use crate::ci::{self, Annotation, System};
use crate::error::Failure;
use crate::ops::ci::stopped::Stopped;
use crate::ops::context::Context;
use std::time::SystemTime;

/// The log of one command.
pub(super) struct Log<'a> {
    pub(super) context: &'a Context,
    pub(super) system: System,
}

impl Log<'_> {
    /// Has the system mask passwords that ftpy was given, before anything is printed.
    pub(super) fn mask_secrets(&self) {
        let env = &self.context.env;
        let mirrors = [
            &env.index_url,
            &env.pbs_mirror,
            &env.source_mirror,
            &env.releases,
        ];
        let mirrors = mirrors.into_iter().flatten();
        let urls = mirrors.chain(&env.conda.channels).chain(&env.ci.proxies);
        for secret in ci::secrets(urls) {
            self.command(ci::mask(self.system, &secret));
        }
    }

    /// Runs `work` inside a group of the log.
    pub(super) fn group<T>(&self, title: &str, work: impl FnOnce() -> T) -> T {
        let talk = |line: Option<String>| {
            if let Some(line) = line {
                // On the stream of the messages that it encloses.
                self.context.reporter.mark(&line);
            }
        };
        talk(ci::group_start(self.system, title, now()));
        let result = work();
        talk(ci::group_end(self.system, now()));
        result
    }

    /// Has the system show a failure as an annotation, besides the log.
    pub(super) fn failure(&self, stopped: &Stopped) {
        if let Some(line) = ci::reveal(self.system) {
            self.context.reporter.mark(&line);
        }
        let place = stopped.place.as_ref();
        self.command(ci::error(
            self.system,
            &Annotation {
                lines: whole(&stopped.failure),
                file: place.map(|place| self.context.env.in_workspace(&place.file)),
                line: place.and_then(|place| place.line),
            },
        ));
        if self.system.evaluates_stdout() && !self.context.reporter.is_json() {
            let code = stopped.failure.kind.exit_code();
            self.context.reporter.document(ci::failed(code));
        }
    }

    fn command(&self, line: Option<String>) {
        if let Some(line) = line {
            self.context.reporter.command(&line);
        }
    }
}

/// The number of detail lines in an annotation. The log contains all.
const DETAILS: usize = 10;

/// Returns the message, its details and hints.
fn whole(failure: &Failure) -> Vec<String> {
    let details = failure.details.iter().take(DETAILS);
    let details = details.map(|line| format!("  {line}"));
    let hints = failure.hints.iter().map(|hint| format!("hint: {hint}"));
    let lines = std::iter::once(failure.to_string()).chain(details);
    lines.chain(hints).collect()
}

/// Seconds since 1970.
fn now() -> u64 {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    elapsed.map_or(0, |elapsed| elapsed.as_secs())
}
