//! Ctrl-C: one flag that all long work looks at, and the process groups that go with it.

use crate::error::{Failure, Kind, Result};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Whether the person wants to stop. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<CancelState>);

#[derive(Debug, Default)]
struct CancelState {
    is_cancelled: AtomicBool,
    changed: Notify,
    groups: Mutex<BTreeMap<u32, Manner>>,
}

/// How a process group is stopped.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// At once: a compiler has nothing to save, and what it leaves is in a stage that goes away.
    Kill,
    /// By one SIGINT to its leader, who knows what its children must bring to an end: a
    /// package manager that is killed half-way leaves a mess.
    Interrupt,
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
        for (id, manner) in &*self.groups() {
            end_group(*id, *manner);
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
        self.register(id, Manner::Kill)
    }

    /// As [`group`](Self::group), but asked once to end, and not forced.
    #[must_use]
    pub fn patient_group(&self, id: u32) -> Group {
        self.register(id, Manner::Interrupt)
    }

    fn register(&self, id: u32, manner: Manner) -> Group {
        self.groups().insert(id, manner);
        // The flag may have been raised between the spawn and this line.
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
    /// Ends it although nobody cancelled anything.
    pub fn end(&self) {
        end_group(self.id, Manner::Kill);
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

fn end_group(id: u32, manner: Manner) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process, kill_process_group};
        if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
            let _ = match manner {
                Manner::Kill => kill_process_group(pid, Signal::KILL),
                Manner::Interrupt => kill_process(pid, Signal::INT),
            };
        }
    }
    #[cfg(not(unix))]
    let _ = (id, manner);
}
