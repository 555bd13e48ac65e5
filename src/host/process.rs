//! Processes in Linux' `/proc`. Ended processes and those of other users are not visible.

use crate::pid::as_pid;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use std::path::PathBuf;

/// A process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its parent's process id.
    pub parent: u32,
    /// Its user id.
    pub user: u32,
    /// Whether it is a copy of its parent that has not executed a program yet.
    pub is_copy: bool,
    /// Whether it has ended but was not reaped yet.
    pub has_ended: bool,
}

/// The kernel's `PF_FORKNOEXEC`: forked, but no program executed.
const FORKED: u64 = 0x40;

impl Process {
    /// Reads a process; `None` if it does not exist or the id is a thread's.
    #[must_use]
    pub fn of(number: u32) -> Option<Self> {
        let fields = stat_fields(number)?;
        let status = std::fs::read_to_string(format!("/proc/{number}/status")).ok()?;
        let group = status.lines().find_map(|line| line.strip_prefix("Tgid:"))?;
        if group.trim().parse() != Ok(number) {
            return None;
        }
        // `Uid: real effective saved filesystem`
        let users = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
        Some(Self {
            user: users.split_whitespace().nth(1)?.parse().ok()?,
            parent: fields.get(1)?.parse().ok()?,
            is_copy: fields.get(6)?.parse::<u64>().ok()? & FORKED != 0,
            has_ended: has_ended(&fields),
        })
    }
}

/// The last process id that was assigned; `None` if the system does not expose it.
#[must_use]
pub fn last_number() -> Option<u32> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    let last = text.trim_end().rsplit(' ').next()?;
    last.parse().ok().filter(|last| *last > 0)
}

/// All processes, ordered by id.
#[must_use]
pub fn all() -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut found: Vec<u32> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    found.sort_unstable();
    found
}

/// The executable of a process.
#[must_use]
pub fn executable(number: u32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{number}/exe")).ok()
}

/// The name a process was started with.
#[must_use]
pub fn name(number: u32) -> Option<PathBuf> {
    let bytes = std::fs::read(format!("/proc/{number}/cmdline")).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let name = text.split('\0').next().filter(|name| !name.is_empty());
    name.map(PathBuf::from)
}

/// The arguments of a process; `None` while a program is being started.
#[must_use]
pub fn arguments(number: u32) -> Option<Vec<String>> {
    let bytes = std::fs::read(format!("/proc/{number}/cmdline")).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let mut words = text.trim_end_matches('\0').split('\0').map(str::to_owned);
    words.next().filter(|name| !name.is_empty())?;
    Some(words.collect())
}

/// An environment variable that a process was started with.
#[must_use]
pub fn variable(number: u32, name: &str) -> Option<String> {
    let bytes = std::fs::read(format!("/proc/{number}/environ")).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
    let found = pairs.find(|(known, _)| *known == name);
    found.map(|(_, value)| value.to_owned())
}

/// The file name of a library that a process has loaded.
#[must_use]
pub fn library(number: u32, stem: &str) -> Option<String> {
    let maps = std::fs::read_to_string(format!("/proc/{number}/maps")).ok()?;
    let mut names = maps.lines().filter_map(|line| line.rsplit('/').next());
    names
        .find(|name| name.starts_with(stem) && name.contains(".so"))
        .map(str::to_owned)
}

/// The fields of a process's `stat` after its name: its state, its parent, its process group.
#[must_use]
pub fn stat_fields(number: u32) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    // `7 (a) b) S 1 7 7 0 -1 4194304 ...`: the name may contain anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    Some(rest.split(' ').map(str::to_owned).collect())
}

/// Whether a process with these fields has ended but was not reaped yet.
#[must_use]
pub fn has_ended(fields: &[String]) -> bool {
    let state = fields.first().map(String::as_str);
    matches!(state, Some("Z" | "X"))
}

/// Lets orphans become children of this process, which can wait for them.
pub fn adopt_orphans() {
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Ends the orphans that this process has adopted, and waits for them. Returns whether there were any.
/// To be called only while this process has no children of its own.
pub fn end_orphans() -> bool {
    let mut had_any = false;
    // Theirs become orphans when they end.
    for _ in 0..ROUNDS {
        let children: Vec<Pid> = children().into_iter().filter_map(as_pid).collect();
        if children.is_empty() {
            break;
        }
        // Some have ended by themselves, and only need to be reaped.
        let is_running =
            |child: &Pid| matches!(waitpid(Some(*child), WaitOptions::NOHANG), Ok(None));
        for child in children.into_iter().filter(is_running) {
            had_any = true;
            let _ = kill_process(child, Signal::KILL);
            let _ = waitpid(Some(child), WaitOptions::empty());
        }
    }
    had_any
}

/// How often orphans of ended orphans are looked for.
const ROUNDS: u32 = 16;

/// The children of this process, until it has waited for them.
fn children() -> Vec<u32> {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let lists = threads
        .flatten()
        .map(|thread| thread.path().join("children"));
    let lists = lists.filter_map(|list| std::fs::read_to_string(list).ok());
    let words = lists.collect::<Vec<String>>().join(" ");
    let words = words.split_whitespace();
    words.filter_map(|word| word.parse().ok()).collect()
}

/// Reaps an orphan that was reparented to this process.
pub fn reap(number: u32) {
    if let Some(pid) = as_pid(number) {
        let _ = waitpid(Some(pid), WaitOptions::NOHANG);
    }
}

/// Blocks all signals in this thread, so that they reach the one that passes them on.
pub fn leave_signals_to_others() {
    let _ = nix::sys::signal::SigSet::all().thread_block();
}
