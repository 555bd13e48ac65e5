//! Which signals this process ignores, and who sent one.

use rustix::process::Signal;

/// Whether a signal was ignored when this process started, as with `nohup` and background jobs of a
/// shell; `None` if the system does not expose it. Must be called before a handler is installed,
/// because a handled signal is no longer ignored.
#[must_use]
pub fn was_ignored(signal: Signal) -> Option<bool> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
    Some(mask >> (signal.as_raw() - 1) & 1 == 1)
}

/// The sender of a signal, as far as known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The kernel: a key of the terminal, which reaches every foreground process.
    Kernel,
    /// A process.
    Process(u32),
    /// Unknown.
    Unknown,
}

/// Signals that are read from a queue instead of being handled, so that their senders are known.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct Queue(nix::sys::signal::SigSet);

#[cfg(target_os = "linux")]
impl Queue {
    /// Passes these signals to `arrived` until it is dropped. The process must be single-threaded,
    /// or its other threads must block them. Programs started meanwhile inherit the blocked
    /// signals.
    ///
    /// # Errors
    /// Returns the errors of the system.
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
        // The thread inherits the blocked signals, and ends with the process.
        std::thread::Builder::new().spawn(move || {
            while let Ok(Some(info)) = source.read_signal() {
                let number = i32::try_from(info.ssi_signo).ok();
                let Some(signal) = number.and_then(Signal::from_named_raw) else {
                    continue;
                };
                // SI_USER, SI_QUEUE and SI_TKILL are 0 or less; signals from the kernel have larger
                // codes.
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

/// Whether a process is a descendant of this one; `false` if the system does not expose it.
#[must_use]
pub fn is_descendant(mut pid: u32) -> bool {
    // A chain of parents is short; the limit guards against loops.
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
