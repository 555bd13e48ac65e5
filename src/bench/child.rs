//! Runs a command once in a process group of its own, timed as closely as possible.
//!
//! Nothing else happens between the start and the end of a timed run: its output goes to a file, and
//! the thread that watches the clock sleeps. What is observed of its processes costs time, so it is
//! asked for in runs that are not timed.

use crate::bench::observe::{Observed, Observer};
use crate::cancel::Cancel;
use crate::error::IoFailure;
#[cfg(target_os = "linux")]
use crate::host::process;
use crate::pid::as_pid;
use nix::sys::resource::{UsageWho, getrusage};
use rustix::process::{WaitId, WaitIdOptions, WaitOptions, test_kill_process_group, waitpgid};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    /// By itself.
    Exited,
    /// It took too long, and was ended.
    TimedOut,
    /// It was stopped, as a program in the background is that asks a terminal; it was ended.
    Stopped,
}

/// A run that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The process id.
    pub pid: u32,
    /// The exit status.
    pub status: ExitStatus,
    /// How it ended.
    pub end: RunEnd,
    /// The wall time.
    pub wall: Duration,
    /// The CPU time of its processes, as far as they were waited for.
    pub cpu: Duration,
    /// How often the system took a CPU from its processes, as far as they were waited for.
    pub involuntary_switches: u64,
    /// Whether processes of it were still running, which were then ended.
    pub has_leftovers: bool,
    /// What was observed of its processes, if that was asked for.
    pub observed: Option<Observed>,
}

/// How often it is checked whether a run was stopped.
const CHECK: Duration = Duration::from_millis(250);

/// Runs a command to its end, or for as long as `limit`. Cancellation ends it.
///
/// # Errors
/// Returns an error if it cannot be started.
pub fn run_once(
    mut command: Command,
    limit: Duration,
    is_observed: bool,
    cancel: &Cancel,
) -> Result<Finished, IoFailure> {
    let program = PathBuf::from(command.get_program());
    command.process_group(0);
    #[cfg(target_os = "linux")]
    process::adopt_orphans();
    let before = children_usage();
    let started = Instant::now();
    let mut child = command.spawn().map_err(IoFailure::at("start", &program))?;
    let pid = child.id();
    let group = cancel.group(pid);
    let (ended, has_ended) = channel::<()>();
    let ending = &group;
    let (status, wall, end, observed) = std::thread::scope(|scope| {
        let observer = is_observed.then(|| Observer::start(scope, pid));
        let watch = scope.spawn(move || {
            loop {
                match has_ended.recv_timeout(CHECK.min(limit)) {
                    Err(RecvTimeoutError::Timeout) => {}
                    _ => return RunEnd::Exited,
                }
                let end = match started.elapsed() >= limit {
                    true => RunEnd::TimedOut,
                    false if is_stopped(pid) => RunEnd::Stopped,
                    false => continue,
                };
                ending.end();
                return end;
            }
        });
        let status = child.wait();
        let wall = started.elapsed();
        let _ = ended.send(());
        let end = watch.join().unwrap_or(RunEnd::Exited);
        (status, wall, end, observed_by(observer))
    });
    let status = status.map_err(IoFailure::at("wait for", program))?;
    let has_leftovers = outlives(pid);
    if has_leftovers {
        group.end();
        reap(pid);
    }
    let after = children_usage();
    Ok(Finished {
        pid,
        status,
        end,
        wall,
        cpu: after.cpu.saturating_sub(before.cpu),
        involuntary_switches: after.switches.saturating_sub(before.switches),
        has_leftovers,
        observed,
    })
}

fn observed_by(observer: Option<Observer<'_>>) -> Option<Observed> {
    observer.map(Observer::finish)
}

/// What children have used.
#[derive(Clone, Copy, Default)]
struct ChildrenUsage {
    cpu: Duration,
    switches: u64,
}

/// What all children used that were waited for, theirs included.
fn children_usage() -> ChildrenUsage {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) else {
        return ChildrenUsage::default();
    };
    let times = [usage.user_time(), usage.system_time()];
    let microseconds = times.map(|time| {
        let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
        let rest = u64::try_from(time.tv_usec()).unwrap_or(0);
        seconds.saturating_mul(1_000_000).saturating_add(rest)
    });
    ChildrenUsage {
        cpu: Duration::from_micros(microseconds.iter().sum()),
        switches: u64::try_from(usage.involuntary_context_switches()).unwrap_or(0),
    }
}

fn is_stopped(number: u32) -> bool {
    let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let Some(pid) = as_pid(number) else {
        return false;
    };
    rustix::process::waitid(WaitId::Pid(pid), options).is_ok_and(|change| change.is_some())
}

/// How long helpers, such as multiprocessing's resource tracker, may take to notice the end.
const GRACE: Duration = Duration::from_millis(200);

/// Whether processes of a group are still running.
fn outlives(number: u32) -> bool {
    let Some(pid) = as_pid(number) else {
        return false;
    };
    let until = Instant::now() + GRACE;
    while test_kill_process_group(pid).is_ok() {
        reap(number);
        if Instant::now() > until {
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    false
}

/// Waits for processes of a group whose parent has ended: their CPU time is known only then.
fn reap(number: u32) {
    let Some(pid) = as_pid(number) else {
        return;
    };
    while let Ok(Some(_)) = waitpgid(pid, WaitOptions::NOHANG) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    fn run(script: &str, limit: Duration) -> Finished {
        run_once(shell(script), limit, false, &Cancel::default()).expect("started")
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_run_is_timed_with_the_cpu_time_of_its_children() {
        let work = "i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done";
        let finished = run(&format!("({work}); exit 3"), LONG);
        assert_eq!(finished.status.code(), Some(3));
        assert_eq!(finished.end, RunEnd::Exited);
        assert!(finished.cpu > Duration::from_millis(5), "{finished:?}");
        assert!(finished.wall >= finished.cpu / 4, "{finished:?}");
        assert!(!finished.has_leftovers);
        let finished = run("sleep 0.2", LONG);
        assert!(finished.wall >= Duration::from_millis(200));
    }

    #[test]
    fn what_takes_too_long_stops_or_outlives_the_command_is_ended() {
        let finished = run("sleep 30 & wait", Duration::from_millis(300));
        assert_eq!(finished.end, RunEnd::TimedOut);
        assert!(finished.wall < Duration::from_secs(20));
        assert_eq!(run("kill -STOP $$", LONG).end, RunEnd::Stopped);
        let finished = run("sleep 30 >/dev/null 2>&1 & exit 0", LONG);
        assert_eq!(finished.end, RunEnd::Exited);
        assert!(finished.has_leftovers);
    }

    #[test]
    fn cancellation_ends_the_run() {
        let cancel = Cancel::default();
        let other = cancel.clone();
        let waker = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            other.cancel();
        });
        let finished = run_once(shell("sleep 30"), LONG, false, &cancel).expect("started");
        waker.join().expect("the other thread");
        assert!(finished.wall < Duration::from_secs(20));
        assert!(!finished.status.success());
    }
}
