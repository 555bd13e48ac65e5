//! Observes the processes of a run: their memory, and how many threads they have. Linux only.

#[cfg(target_os = "linux")]
use crate::host::process;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

/// What was observed of a run's processes; `None` where the system does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Observed {
    /// The largest sum of their proportional memory (PSS), in bytes.
    pub memory: Option<u64>,
    /// The most threads that all of them had at once.
    pub threads: Option<u32>,
}

/// The pause between two looks. A run of some milliseconds is over before the second one.
const PAUSE: Duration = Duration::from_millis(10);

/// A thread that observes a process group.
#[derive(Debug)]
pub(super) struct Observer<'scope> {
    stop: Sender<()>,
    thread: ScopedJoinHandle<'scope, Observed>,
}

impl<'scope> Observer<'scope> {
    /// Starts to observe the group that a process leads.
    pub(super) fn start(scope: &'scope Scope<'scope, '_>, leader: u32) -> Self {
        let (stop, stopped) = channel::<()>();
        let thread = scope.spawn(move || {
            let mut most = Observed::default();
            loop {
                most = most.or_larger(look(leader));
                if stopped.recv_timeout(PAUSE) != Err(RecvTimeoutError::Timeout) {
                    return most;
                }
            }
        });
        Self { stop, thread }
    }

    /// Ends observing.
    pub(super) fn finish(self) -> Observed {
        let _ = self.stop.send(());
        self.thread.join().unwrap_or_default()
    }
}

impl Observed {
    fn or_larger(self, other: Self) -> Self {
        Self {
            memory: self.memory.max(other.memory),
            threads: self.threads.max(other.threads),
        }
    }
}

/// Looks once at all processes of a group.
#[cfg(target_os = "linux")]
fn look(leader: u32) -> Observed {
    let mut seen = Observed::default();
    for number in process::all() {
        let Some((group, threads)) = group_and_threads(number) else {
            continue;
        };
        if group == leader {
            seen.threads = Some(seen.threads.unwrap_or(0) + threads);
            if let Some(memory) = proportional_memory(number) {
                seen.memory = Some(seen.memory.unwrap_or(0) + memory);
            }
        }
    }
    seen
}

#[cfg(not(target_os = "linux"))]
fn look(_: u32) -> Observed {
    Observed::default()
}

/// The process group and the number of threads of a process.
#[cfg(target_os = "linux")]
fn group_and_threads(number: u32) -> Option<(u32, u32)> {
    // State, parent, group, ..., the threads as field 20 of the file.
    let fields = process::stat_fields(number)?;
    if process::has_ended(&fields) {
        return None;
    }
    Some((fields.get(2)?.parse().ok()?, fields.get(17)?.parse().ok()?))
}

/// The proportional memory of a process, in bytes: what it shares is counted in parts.
#[cfg(target_os = "linux")]
fn proportional_memory(number: u32) -> Option<u64> {
    let rollup = std::fs::read_to_string(format!("/proc/{number}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    #[test]
    fn a_group_of_two_processes_is_seen_with_its_memory() {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", "sleep 5 & sleep 5; wait"])
            .process_group(0);
        let mut child = command.spawn().expect("sh");
        let seen = std::thread::scope(|scope| {
            let observer = Observer::start(scope, child.id());
            std::thread::sleep(Duration::from_millis(300));
            observer.finish()
        });
        let pid = rustix::process::Pid::from_child(&child);
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        child.wait().expect("ended");
        assert_eq!(seen.threads, Some(3));
        let memory = seen.memory.expect("memory");
        assert!((100_000..100_000_000).contains(&memory), "{memory}");
        // A killed process that is not this one's child may take a moment to end.
        let until = std::time::Instant::now() + Duration::from_secs(10);
        while look(child.id()) != Observed::default() {
            assert!(std::time::Instant::now() < until, "it is still seen");
            std::thread::sleep(PAUSE);
        }
    }
}
