//! Ctrl-C: one flag that all long work looks at, and the process groups that go with it.

use crate::error::{Failure, Kind, Result};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Whether the person wants to stop. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_cancelled: AtomicBool,
    changed: Notify,
    groups: Mutex<BTreeSet<u32>>,
}

/// A running process group; forgotten when dropped.
#[derive(Debug)]
pub struct Group {
    cancel: Cancel,
    id: u32,
}

impl Cancel {
    /// Stops everything: raises the flag and ends the process groups.
    pub fn cancel(&self) {
        self.0.is_cancelled.store(true, Ordering::SeqCst);
        self.0.changed.notify_waiters();
        for id in &*self.groups() {
            end_group(*id);
        }
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::SeqCst)
    }

    /// Fails if the person wants to stop.
    ///
    /// # Errors
    /// [`Kind::Interrupted`], with nothing to say.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() {
            return Err(interrupted());
        }
        Ok(())
    }

    /// Waits until the person wants to stop.
    pub async fn cancelled(&self) {
        let changed = self.0.changed.notified();
        if self.is_cancelled() {
            return;
        }
        changed.await;
    }

    /// Registers a process group, led by the process `id`, to be ended by a cancel.
    #[must_use]
    pub fn group(&self, id: u32) -> Group {
        self.groups().insert(id);
        // The flag may have been raised between the spawn and this line.
        if self.is_cancelled() {
            end_group(id);
        }
        Group {
            cancel: self.clone(),
            id,
        }
    }

    fn groups(&self) -> std::sync::MutexGuard<'_, BTreeSet<u32>> {
        self.0.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.cancel.groups().remove(&self.id);
    }
}

/// The failure of work that was stopped.
#[must_use]
pub fn interrupted() -> Failure {
    Failure::new(Kind::Interrupted, "interrupted; nothing was changed")
}

/// Ends a process group. At once and not by request: a compiler has nothing to save, and what
/// it leaves is in a stage that goes away.
fn end_group(id: u32) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
    #[cfg(not(unix))]
    let _ = id;
}
