//! Which signals this process was told to ignore, and who sent one.

use rustix::process::Signal;

/// Whether a signal was ignored when this process started, as `nohup` and a shell's background
/// jobs want it; `None` where the system does not say. Asked before a handler is set up: a handled
/// signal is not ignored any more.
#[must_use]
pub fn was_ignored(signal: Signal) -> Option<bool> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
    Some(mask >> (signal.as_raw() - 1) & 1 == 1)
}

/// Who sent a signal, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The kernel: a key of the terminal, which every process in front of it gets.
    Kernel,
    /// A process.
    Process(u32),
    /// Not known.
    Unknown,
}

/// Signals that are read from a queue instead of being handled, so that their senders are known.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct Queue(nix::sys::signal::SigSet);

#[cfg(target_os = "linux")]
impl Queue {
    /// Hands these signals to `arrived` from now on, until it is dropped. The process must have
    /// one thread, or its other threads must block them. What is started meanwhile blocks them.
    ///
    /// # Errors
    /// Those of the system.
    pub fn of(
        signals: &[Signal],
        arrived: impl Fn(Signal, Sender) + Send + 'static,
    ) -> std::io::Result<Self> {
        use nix::sys::signalfd::{SfdFlags, SignalFd};
        let known = signals
            .iter()
            .filter_map(|signal| nix::sys::signal::Signal::try_from(signal.as_raw()).ok());
        let mask = known.collect::<nix::sys::signal::SigSet>();
        let source = SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC)?;
        mask.thread_block()?;
        let queue = Self(mask);
        // It inherits that they are blocked, and ends with the process.
        std::thread::Builder::new().spawn(move || {
            while let Ok(Some(info)) = source.read_signal() {
                let number = i32::try_from(info.ssi_signo).ok();
                let Some(signal) = number.and_then(Signal::from_named_raw) else {
                    continue;
                };
                // SI_USER, SI_QUEUE and SI_TKILL are 0 or less; what the kernel sends is more.
                arrived(
                    signal,
                    match info.ssi_code > 0 {
                        true => Sender::Kernel,
                        false => Sender::Process(info.ssi_pid),
                    },
                );
            }
        })?;
        Ok(queue)
    }
}

#[cfg(target_os = "linux")]
impl Drop for Queue {
    fn drop(&mut self) {
        let _ = self.0.thread_unblock();
    }
}

/// Whether a process is this one's child, or a child of one; `false` where the system does not say.
#[must_use]
pub fn is_descendant(mut pid: u32) -> bool {
    // A chain of parents is short; a loop in it would be another system's.
    for _ in 0..64 {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
        let status = status.unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        match parent.and_then(|parent| parent.trim().parse().ok()) {
            Some(parent) if parent == std::process::id() => return true,
            Some(parent) if parent > 1 => pid = parent,
            _ => return false,
        }
    }
    false
}
