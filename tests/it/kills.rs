//! Random commands, killed at a random moment: the store stays valid, and the same command then
//! succeeds.
//!
//! The seed is printed with a failure. `FTPY_KILL_SEED` repeats its commands and delays; ftpy's
//! progress at such a moment depends on the machine. `FTPY_KILL_ROUNDS` is the number of rounds of
//! the live test.

use crate::support::live::require_live;
use crate::support::sandbox::{Finished, Sandbox};
use crate::support::shims::{output, telling};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The available patches.
const PATCHES: [&str; 4] = ["3.13.5t", "3.14.5t", "3.14.6t", "3.14.7t"];

/// A sandbox with random commands.
struct Harness {
    sandbox: Sandbox,
    random: fastrand::Rng,
    /// The duration of each kind of command when it was not killed.
    durations: BTreeMap<String, Duration>,
    /// The steps so far, for the report of a failure.
    history: Vec<String>,
    kills: u64,
}

#[expect(clippy::disallowed_methods, reason = "the test's own environment")]
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

impl Harness {
    fn new(seed: u64) -> Self {
        let mut sandbox = Sandbox::new();
        for patch in PATCHES {
            sandbox.offer(&telling(patch.trim_end_matches('t'), "t"));
        }
        sandbox.ok(&["index", "update"]);
        sandbox.ok(&["-q", "install", "3.14.5t"]);
        std::fs::write(sandbox.home().join(".bashrc"), "x=1\n").expect("write");
        Self {
            sandbox,
            random: fastrand::Rng::with_seed(seed),
            durations: BTreeMap::new(),
            history: Vec::new(),
            kills: 0,
        }
    }

    /// A command that makes sense now.
    fn command(&mut self) -> Vec<&'static str> {
        let patch = PATCHES[self.random.usize(..PATCHES.len())];
        match self.random.u8(..12) {
            0..=2 => vec!["install", patch],
            3 => vec!["install", "--reinstall", patch],
            4 | 5 => vec!["uninstall", patch],
            6 => vec!["uninstall", "3.14t"],
            7 => vec!["upgrade"],
            8 => vec!["prune", "--yes"],
            9 if self.random.bool() => vec!["setup", "--shell", "bash", "--yes", "--undo"],
            9 => vec!["setup", "--shell", "bash", "--yes"],
            10 => vec!["pin", patch],
            _ => vec!["default", patch],
        }
    }

    /// A round: a command, a kill, a check, the same command, another check.
    fn round(&mut self) {
        let command = self.command();
        let kind = command.join(" ");
        let usual = self.durations.get(&kind).copied();
        // Also shortly after its end.
        let moment = usual
            .unwrap_or(Duration::from_millis(150))
            .mul_f64(self.random.f64() * 1.1);
        self.history
            .push(format!("{kind}, killed after {moment:?}"));
        let mut child = self.sandbox.command(&command);
        child.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = child.spawn().expect("start");
        std::thread::sleep(moment);
        child.kill().expect("kill");
        let status = child.wait().expect("wait");
        self.kills += u64::from(status.code().is_none());
        self.look("after the kill");
        let started = Instant::now();
        let said = self.sandbox.run(&command);
        // A command that was killed after finishing its work does not install again.
        let is_done = command[0] == "uninstall" && said.code == Some(3);
        self.check(
            said.code == Some(0) || is_done,
            &format!("again: {said:#?}"),
        );
        let took = started.elapsed();
        self.durations.insert(kind, took);
        self.look("after the same command");
        let stages = self.sandbox.stages();
        self.check(stages.is_empty(), &format!("left stages: {stages:?}"));
        let left = temporaries(self.sandbox.home());
        self.check(left.is_empty(), &format!("left files: {left:?}"));
    }

    /// The invariants.
    fn look(&self, when: &str) {
        for directory in ["aliases", "shims"] {
            for path in entries(&self.sandbox.store.join(directory)) {
                let size = path.metadata().map(|about| about.len());
                let is_sound = size.as_ref().is_ok_and(|size| *size > 0);
                self.check(is_sound, &format!("{when}: {}: {size:?}", path.display()));
            }
        }
        let listed = self.sandbox.run(&["--json", "list"]);
        self.check(listed.code == Some(0), &format!("{when}: {listed:?}"));
        let rows: Vec<serde_json::Value> = serde_json::from_str(&listed.stdout).expect("a list");
        for row in rows {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            let said = answer(&text("executable"));
            let version = hex(&text("version"));
            let is_it = said.code == Some(0)
                && said.stdout.contains(&format!("version {version}\n"))
                && said
                    .stdout
                    .contains(&format!("abiflags {}\n", hex(&text("abi"))))
                && text("key").starts_with(&format!("{}t-", text("version")))
                && row["problem"].is_null();
            self.check(is_it, &format!("{when}: {row}: {said:?}"));
        }
        let bashrc = std::fs::read_to_string(self.sandbox.home().join(".bashrc"));
        let is_whole = bashrc.as_ref().is_ok_and(|text| {
            let count = |line: &str| text.matches(line).count();
            let (begins, ends) = (count("# >>> ftpy setup"), count("# <<< ftpy setup"));
            text.starts_with("x=1\n") && begins == ends && begins <= 1
        });
        self.check(is_whole, &format!("{when}: {bashrc:?}"));
    }

    fn check(&self, is_so: bool, what: &str) {
        let from = self.history.len().saturating_sub(10);
        assert!(
            is_so,
            "{what}\nthe last rounds: {:#?}",
            &self.history[from..]
        );
    }
}

/// Starts an interpreter like the probe does.
fn answer(executable: &str) -> Finished {
    let mut command = Command::new(executable);
    crate::support::sandbox::finished(output(command.arg("-I")))
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let paths = entries.flatten().map(|entry| entry.path());
    // A staged installation is not listed yet.
    let is_hidden = |path: &PathBuf| is_temporary(path);
    paths.filter(|path| !is_hidden(path)).collect()
}

fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.to_str()
        .is_some_and(ftpy::host::atomic_file::is_temporary)
}

/// Temporary files anywhere.
fn temporaries(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("read").flatten() {
        let path = entry.path();
        if is_temporary(&path) {
            found.push(path);
        } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(temporaries(&path));
        }
    }
    found
}

fn rounds(count: u64) {
    let seed = number("FTPY_KILL_SEED").unwrap_or_else(|| fastrand::u64(..));
    crate::support::live::say(&format!("{count} kills: FTPY_KILL_SEED={seed}"));
    let mut harness = Harness::new(seed);
    let mut round = 0;
    // On a fast machine few commands are still running when they are killed.
    while round < count || (harness.kills * 4 < count && round < count * 10) {
        harness
            .history
            .push(format!("round {round} of seed {seed}"));
        harness.round();
        round += 1;
    }
    let kills = harness.kills;
    crate::support::live::say(&format!(
        "{kills} of {round} came before the command had ended"
    ));
    assert!(
        kills * 4 >= count,
        "only {kills} of {round} kills came in time"
    );
}

#[test]
fn a_kill_at_any_moment_leaves_what_is_whole_and_can_be_repeated() {
    rounds(12);
}

#[test]
#[ignore = "live: needs minutes"]
fn live_two_hundred_kills_leave_what_is_whole_and_can_be_repeated() {
    require_live();
    rounds(number("FTPY_KILL_ROUNDS").unwrap_or(200));
}
