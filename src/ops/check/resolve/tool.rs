//! Finds and runs uv and pip.

use crate::cancel::Cancel;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::ops::context::Context;
use crate::secret_url::SecretUrl;
use ftpy_core::path::{find_beyond_shims, find_program};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How many lines of an installer's error to show.
const SHOWN: usize = 20;

/// The maximum size of an installer's output.
const LONGEST: u64 = 256 << 20;

/// How often to look whether it has ended.
const TICK: Duration = Duration::from_millis(10);

/// What the installers are run with.
#[derive(Clone, Copy)]
pub(super) struct Tools<'a> {
    pub(super) context: &'a Context,
    pub(super) cancel: &'a Cancel,
    /// When to give up; `None` for never.
    pub(super) deadline: Option<Instant>,
}

/// What an installer printed.
pub(super) struct Output {
    status: ExitStatus,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Tools<'_> {
    /// The uv on PATH. A shim of another tool may have the name, and not work.
    pub(super) fn uv(&self) -> Option<PathBuf> {
        let uv = find_program(&self.context.env.path, "uv")?;
        self.works(&uv).then_some(uv)
    }

    /// The pip on PATH, but not a shim of ftpy, which may install a Python first.
    pub(super) fn pip(&self) -> Option<PathBuf> {
        let path = &self.context.env.path;
        let found = ["pip", "pip3"].into_iter();
        let mut found = found.filter_map(|name| find_beyond_shims(path, name, &[]));
        found.find(|pip| self.works(pip))
    }

    fn works(&self, program: &Path) -> bool {
        let mut command = Command::new(program);
        command.arg("--version");
        self.run(command, "")
            .is_ok_and(|output| output.is_success())
    }

    /// Runs a command to its end, with a text on stdin.
    ///
    /// # Errors
    /// Returns an error if it cannot be started, and if the user presses Ctrl-C. Its exit status is
    /// not an error.
    pub(super) fn run(&self, mut command: Command, input: &str) -> Result<Output> {
        let program = PathBuf::from(command.get_program());
        command
            .current_dir(&self.context.env.current_dir)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // A group of its own, which a Ctrl-C ends through `cancel`.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(IoFailure::at("start", &program))?;
        let group = self.cancel.group(child.id());
        let stdout = reader(child.stdout.take());
        let stderr = reader(child.stderr.take());
        let (stdin, input) = (child.stdin.take(), input.to_owned());
        // It may print before it has read everything.
        std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(input.as_bytes())));
        let status = loop {
            let ended = child
                .try_wait()
                .map_err(IoFailure::at("wait for", &program))?;
            match ended {
                Some(status) => break status,
                None if self.deadline.is_some_and(|end| Instant::now() >= end) => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(too_slow());
                }
                None => std::thread::sleep(TICK),
            }
        };
        self.cancel.check()?;
        let output = Output {
            status,
            stdout: stdout.join().unwrap_or_default(),
            stderr: stderr.join().unwrap_or_default(),
        };
        drop(group);
        Ok(output)
    }
}

/// The failure of what took longer than it may.
pub(crate) fn too_slow() -> Failure {
    Failure::new(Kind::Network, "the index did not answer in time")
}

fn reader(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            let _ = pipe.take(LONGEST).read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

impl Output {
    pub(super) fn is_success(&self) -> bool {
        self.status.success()
    }

    /// The failure of a tool that could not reach its index, if it is that, with the cause.
    pub(super) fn network_failure(&self, tool: &str) -> Option<Failure> {
        let lines = || self.stderr.lines();
        let is_offline = lines().any(is_about_offline);
        if !is_offline && !lines().any(is_about_the_network) {
            return None;
        }
        let failure = match is_offline {
            true => Failure::new(
                Kind::Network,
                format!("{tool} cannot resolve the packages with --offline"),
            )
            .hint("leave out --offline, or check a lock whose wheels are cached: `ftpy check uv.lock`"),
            false => Failure::new(
                Kind::Network,
                format!("{tool} cannot reach its package index"),
            )
            .hint(
                "check the network, and the index in the settings of the installer; a lock with \
                 URLs needs no index: `ftpy check uv.lock`",
            ),
        };
        Some(failure.details(told(&self.stderr)))
    }

    /// The failure of a tool that could not resolve packages, with what it said.
    pub(super) fn failure(&self, tool: &str) -> Failure {
        let message = format!("{tool} could not resolve the packages ({})", self.status);
        Failure::new(Kind::Unchecked, message).details(told(&self.stderr))
    }
}

/// Whether a line of pip or uv gives a failed connection as the reason.
fn is_about_the_network(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    [
        "connection broken by",
        "failed to establish a new connection",
        "name or service not known",
        "failure in name resolution",
        "failed to lookup address",
        "connection refused",
        "network is unreachable",
        "dns error",
        "operation timed out",
    ]
    .iter()
    .any(|words| line.contains(words))
}

/// Whether a line of uv says that it was not allowed to use the network.
fn is_about_offline(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    line.contains("network was disabled") || line.contains("network connectivity is disabled")
}

/// Whether a line is a warning of pip that may be the cause of its error.
fn is_cause(line: &str) -> bool {
    let about_itself = [
        "new release of pip",
        "newer version of pip",
        "deprecated",
        "deprecation",
    ];
    line.starts_with("WARNING:") && !about_itself.iter().any(|words| line.contains(words))
}

/// The lines of an error, after the last warning of pip and without secrets.
fn told(stderr: &str) -> Vec<String> {
    let lines: Vec<&str> = stderr
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let is_start = |line: &&str| {
        let line = line.trim_start().to_ascii_lowercase();
        ["error", "\u{d7}"]
            .iter()
            .any(|word| line.starts_with(word))
    };
    let start = lines
        .iter()
        .position(is_start)
        .unwrap_or(lines.len().saturating_sub(SHOWN));
    // It warns of each attempt.
    let cause = lines[..start].iter().rfind(|line| is_cause(line));
    let shown = cause.into_iter().chain(&lines[start..]).take(SHOWN);
    shown.map(|line| without_secrets(line)).collect()
}

fn without_secrets(line: &str) -> String {
    let words = line.split_inclusive([' ', '`', '(', ')', ',', '\'', '"']);
    let words = words.map(|word| match word.contains("://") || word.contains('@') {
        true => SecretUrl::from(word).to_string(),
        false => word.to_owned(),
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_shown_without_warnings_and_without_secrets() {
        let text = "warning: old\n\nerror: Failed to fetch: `https://me:s3cret@h.example/simple/a/`\n  \
                    cause: (https://me:s3cret@h.example) is down\n";
        let lines = told(text);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("error: Failed") && lines[0].contains("h.example/simple/a/"));
        assert!(!lines.concat().contains("s3cret"), "{lines:?}");
        let long: String = (0..99).map(|number| format!("{number}\n")).collect();
        assert_eq!(told(&long).first().map(String::as_str), Some("79"));
        assert!(told("").is_empty());
        let text = "WARNING: Retrying 1\nWARNING: Retrying 2\nERROR: none\n[notice] a new release of pip\n";
        assert_eq!(told(text)[..2], ["WARNING: Retrying 2", "ERROR: none"]);
    }
}
