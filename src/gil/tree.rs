//! Finds the Pythons that run below this process, through `/proc` on Linux.
//!
//! A thread polls every few milliseconds. `/proc/loadavg` ends with the most recent process id, so
//! polling is almost free while nothing is started. Orphans are reparented to ftpy, so that they
//! are not lost.

use crate::gil::seen::{Build, Image};
use crate::host::process::{self, Process};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The polling interval. Python takes several times as long to start.
const PAUSE: Duration = Duration::from_millis(2);

/// The interval while nothing is being started.
const QUIET: Duration = Duration::from_millis(4);

/// How long Pythons may outlive the command: helpers such as multiprocessing's resource tracker
/// exit once they notice that it ended.
const GRACE: Duration = Duration::from_secs(2);

/// With more new process ids than this at once, all processes are scanned.
const MANY: u32 = 2_000;

/// A running observer.
#[derive(Debug)]
pub(super) struct Tree {
    stop: Sender<()>,
    thread: JoinHandle<Vec<Image>>,
}

impl Tree {
    /// Starts observing; `None` if the system does not expose its processes. `hook` is the
    /// directory at the front of PYTHONPATH.
    pub(super) fn start(hook: &Path) -> Option<Self> {
        let cursor = process::last_number()?;
        // Without it, processes that outlive their parent may be missed.
        process::adopt_orphans();
        let (stop, stopped) = channel();
        let mut watch = Lookout {
            own: std::process::id(),
            cursor,
            hook: hook.to_owned(),
            command: None,
            known: BTreeMap::new(),
            images: Vec::new(),
        };
        let thread = std::thread::Builder::new().spawn(move || {
            process::leave_signals_to_others();
            watch.run(&stopped);
            watch.images
        });
        Some(Self {
            stop,
            thread: thread.ok()?,
        })
    }

    /// Stops observing and returns every Python that was seen.
    pub(super) fn finish(self) -> Vec<Image> {
        let _ = self.stop.send(());
        self.thread.join().unwrap_or_default()
    }
}

/// The known processes below this one.
struct Lookout {
    own: u32,
    /// The last process id that was examined.
    cursor: u32,
    hook: PathBuf,
    /// The command itself, the first child, which another thread waits for.
    command: Option<u32>,
    known: BTreeMap<u32, KnownProcess>,
    images: Vec<Image>,
}

/// A running process.
#[derive(Debug, Default)]
struct KnownProcess {
    /// What it runs, once examined.
    executable: Option<PathBuf>,
    /// Whether that is a Python or contains one.
    is_python: bool,
    /// Whether it is a copy of its parent that has not executed its own program yet.
    is_copy: bool,
    looks: u32,
}

impl Lookout {
    fn run(&mut self, stopped: &Receiver<()>) {
        let mut pause = PAUSE;
        while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            let before = self.cursor;
            self.look();
            pause = if self.cursor == before { QUIET } else { PAUSE };
        }
        let end = Instant::now() + GRACE;
        loop {
            self.look();
            let running = self.running();
            if running.is_empty() {
                return;
            }
            if Instant::now() > end {
                self.add_running(&running);
                return;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Polls once: examines new processes and what each process runs now.
    fn look(&mut self) {
        for number in self.new_numbers() {
            self.meet(number);
        }
        let numbers: Vec<u32> = self.known.keys().copied().collect();
        for number in numbers {
            self.look_at(number);
        }
    }

    fn new_numbers(&mut self) -> Vec<u32> {
        let Some(last) = process::last_number() else {
            return Vec::new();
        };
        let first = self.cursor + 1;
        self.cursor = last;
        // Process ids wrap around.
        match last.checked_sub(first) {
            None if last + 1 == first => Vec::new(),
            Some(count) if count < MANY => (first..=last).collect(),
            _ => process::all(),
        }
    }

    /// Adds a process if it is below this one.
    fn meet(&mut self, number: u32) {
        let Some(Process { parent, .. }) = Process::of(number) else {
            return;
        };
        if self.known.contains_key(&number) || number == self.own {
            return;
        }
        if parent == self.own || self.known.contains_key(&parent) {
            self.command.get_or_insert(number);
            self.known.insert(number, KnownProcess::default());
        }
    }

    /// Examines what a process runs; forgets it once it has ended.
    fn look_at(&mut self, number: u32) {
        let Some(known) = self.known.get_mut(&number) else {
            return;
        };
        known.looks += 1;
        // For an unchanged process only the executable is checked.
        let executable = process::executable(number);
        let is_same = executable.is_some() && executable == known.executable;
        // Checked rarely: whether it loaded an interpreter or changed its user.
        let wants_more = known.looks.is_power_of_two();
        if is_same && !known.is_copy && !wants_more {
            return;
        }
        let Some(now) = Process::of(number) else {
            self.known.remove(&number);
            return;
        };
        if now.has_ended {
            self.known.remove(&number);
            // A reparented orphan: no other process reaps it.
            if now.parent == self.own && self.command != Some(number) {
                process::reap(number);
            }
            return;
        }
        // Of another user's process only the command line is visible.
        let Some(executable) = executable.or_else(|| process::name(number)) else {
            return;
        };
        let is_same = known.executable.as_ref() == Some(&executable);
        let own_user = rustix::process::geteuid().as_raw();
        if is_same && now.user != own_user {
            let images = self.images.iter_mut().filter(|image| image.pid == number);
            images.for_each(|image| image.is_strangers = true);
        }
        known.is_copy = now.is_copy;
        if now.is_copy {
            known.is_python = is_python(&executable);
            return;
        }
        let embedded = match is_python(&executable) {
            true => None,
            false => process::library(number, "libpython").map(|name| build_of(&name)),
        };
        let Some(arguments) = process::arguments(number) else {
            return; // It is being started.
        };
        let is_new = !is_same || (embedded.is_some() && !known.is_python);
        known.is_python = is_python(&executable) || embedded.is_some();
        known.executable = Some(executable.clone());
        if known.is_python && is_new {
            self.add(Image {
                pid: number,
                executable: executable.display().to_string(),
                arguments,
                has_hook: self.has_hook(number),
                embedded,
                is_last: true,
                is_strangers: now.user != own_user,
                is_running: false,
            });
        }
    }

    fn has_hook(&self, number: u32) -> bool {
        let hook = self.hook.to_str();
        let path = process::variable(number, "PYTHONPATH");
        path.is_some_and(|path| path.split(':').next() == hook)
    }

    fn add(&mut self, image: Image) {
        let earlier = self.images.iter_mut();
        for earlier in earlier.filter(|earlier| earlier.pid == image.pid) {
            earlier.is_last = false;
        }
        self.images.push(image);
    }

    fn running(&self) -> BTreeSet<u32> {
        let running = self.known.iter().filter(|(_, known)| known.is_python);
        running.map(|(number, _)| *number).collect()
    }

    fn add_running(&mut self, running: &BTreeSet<u32>) {
        let mut seen = BTreeSet::new();
        for image in &mut self.images {
            if image.is_last && running.contains(&image.pid) {
                image.is_running = true;
                seen.insert(image.pid);
            }
        }
        // Copies of a Python that never executed anything else.
        for number in running.difference(&seen) {
            let executable = process::executable(*number).unwrap_or_default();
            self.images.push(Image {
                pid: *number,
                executable: executable.display().to_string(),
                arguments: process::arguments(*number).unwrap_or_default(),
                has_hook: true,
                embedded: None,
                is_last: true,
                is_strangers: false,
                is_running: true,
            });
        }
    }
}

/// Whether a file name is that of an interpreter: `python3.14t`, `pypy3`.
fn is_python(executable: &Path) -> bool {
    let name = executable.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or_default().trim_end_matches(" (deleted)");
    let rest = ["python", "pypy"]
        .iter()
        .find_map(|stem| name.strip_prefix(stem));
    rest.is_some_and(|rest| {
        let rest = rest.trim_end_matches(['t', 'd', 'm', 'u']);
        rest.chars().all(|c| c.is_ascii_digit() || c == '.')
    })
}

/// The version in `libpython3.14t.so.1.0`.
fn build_of(library: &str) -> Build {
    let name = library.trim_start_matches("libpython");
    let name = name.split(".so").next().unwrap_or(name);
    let version = name.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    Build {
        version: version.to_owned(),
        is_free_threaded: name[version.len()..].contains('t'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_is_recognised_by_its_name() {
        for name in [
            "python",
            "python3",
            "python3.14t",
            "python3.14td",
            "pypy3.11",
        ] {
            assert!(is_python(&Path::new("/usr/bin").join(name)), "{name}");
        }
        for name in ["python3-config", "pythonista", "sh", "uwsgi"] {
            assert!(!is_python(&Path::new("/usr/bin").join(name)), "{name}");
        }
        let free = build_of("libpython3.14t.so.1.0");
        assert_eq!(
            (free.version.as_str(), free.is_free_threaded),
            ("3.14", true)
        );
        assert!(!build_of("libpython3.11.so").is_free_threaded);
    }
}
