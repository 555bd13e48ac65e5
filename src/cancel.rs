//! Ctrl-C: a flag checked by all long operations, and the process groups to stop.

use crate::error::{Failure, Kind, Result};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Whether the user wants to stop. Cheap to clone; all clones share one state.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<CancelState>);

#[derive(Debug, Default)]
struct CancelState {
    is_cancelled: AtomicBool,
    changed: Notify,
    groups: Mutex<BTreeMap<u32, Manner>>,
}

/// How to stop a process group.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// Immediately: a compiler has nothing to save, and its output is in a temporary stage.
    Kill,
    /// By one SIGINT to its leader, which shuts its children down in order: a killed package
    /// manager leaves a broken state.
    Interrupt,
}

/// A registered process group; unregistered when dropped.
#[derive(Debug)]
pub struct Group {
    cancel: Cancel,
    id: u32,
}

impl Cancel {
    /// Sets the flag and stops all process groups.
    pub fn cancel(&self) {
        self.0.is_cancelled.store(true, Ordering::SeqCst);
        self.0.changed.notify_waiters();
        for (id, manner) in &*self.groups() {
            end_group(*id, *manner);
        }
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::SeqCst)
    }

    /// Fails if the user wants to stop.
    ///
    /// # Errors
    /// [`Kind::Interrupted`].
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() {
            return Err(interrupted());
        }
        Ok(())
    }

    /// Waits until the user wants to stop.
    pub async fn cancelled(&self) {
        let changed = self.0.changed.notified();
        if self.is_cancelled() {
            return;
        }
        changed.await;
    }

    /// Registers the process group led by process `id`, to be stopped on cancellation.
    #[must_use]
    pub fn group(&self, id: u32) -> Group {
        self.register(id, Manner::Kill)
    }

    /// Like [`group`](Self::group), but only sends SIGINT once.
    #[must_use]
    pub fn patient_group(&self, id: u32) -> Group {
        self.register(id, Manner::Interrupt)
    }

    fn register(&self, id: u32, manner: Manner) -> Group {
        self.groups().insert(id, manner);
        // The flag may have been set between the spawn and this line.
        if self.is_cancelled() {
            end_group(id, manner);
        }
        Group {
            cancel: self.clone(),
            id,
        }
    }

    fn groups(&self) -> std::sync::MutexGuard<'_, BTreeMap<u32, Manner>> {
        self.0.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Group {
    /// Stops it without a cancellation.
    pub fn end(&self) {
        end_group(self.id, Manner::Kill);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.cancel.groups().remove(&self.id);
    }
}

/// The user pressed Ctrl-C.
#[derive(Debug, thiserror::Error)]
#[error("interrupted; nothing was changed")]
struct Interrupted;

impl From<Interrupted> for Failure {
    fn from(error: Interrupted) -> Self {
        Self::new(Kind::Interrupted, error.to_string())
    }
}

/// The failure of an interrupted operation.
#[must_use]
pub fn interrupted() -> Failure {
    Interrupted.into()
}

fn end_group(id: u32, manner: Manner) {
    #[cfg(unix)]
    {
        use crate::pid::as_pid;
        use rustix::process::{Signal, kill_process, kill_process_group};
        if let Some(pid) = as_pid(id) {
            let _ = match manner {
                Manner::Kill => kill_process_group(pid, Signal::KILL),
                Manner::Interrupt => kill_process(pid, Signal::INT),
            };
        }
    }
    #[cfg(not(unix))]
    let _ = (id, manner);
}
