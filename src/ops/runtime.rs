//! The threads of a command that uses the network, or waits for programs that may hang. Other
//! commands start none.

use crate::cancel::Cancel;
use crate::error::{Failure, Kind, Result};

/// A runtime that is not waited for when it is dropped. One of its threads may still wait for a
/// name server or a stalled server, although the command has its result.
#[derive(Debug)]
pub(crate) struct CommandRuntime {
    handle: tokio::runtime::Handle,
    threads: Option<tokio::runtime::Runtime>,
}

impl CommandRuntime {
    /// Starts the threads. The first Ctrl-C cancels the returned `Cancel`, the second one ends the
    /// process.
    pub(crate) fn start() -> Result<(Self, Cancel)> {
        let threads = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| {
                Failure::new(Kind::System, format!("cannot start a thread: {error}"))
            })?;
        let cancel = Cancel::default();
        threads.spawn(stop_on_signal(cancel.clone()));
        let runtime = Self {
            handle: threads.handle().clone(),
            threads: Some(threads),
        };
        Ok((runtime, cancel))
    }

    /// Waits for `work`.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.handle.block_on(work)
    }
}

impl Drop for CommandRuntime {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}

/// Cancels on Ctrl-C and other signals that request an end. A signal that was ignored when ftpy
/// started stays ignored, so that `nohup ftpy install` outlives its terminal.
async fn stop_on_signal(cancel: Cancel) {
    #[cfg(unix)]
    {
        use crate::host::signals::was_ignored;
        use rustix::process::Signal;
        use tokio::signal::unix::{SignalKind, signal};
        let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
        let kinds = [Signal::INT, Signal::TERM, Signal::HUP];
        for kind in kinds
            .into_iter()
            .filter(|kind| was_ignored(*kind) != Some(true))
        {
            let Ok(mut stream) = signal(SignalKind::from_raw(kind.as_raw())) else {
                continue;
            };
            let sender = sender.clone();
            tokio::spawn(async move {
                while stream.recv().await.is_some() && sender.send(()).is_ok() {}
            });
        }
        drop(sender);
        while received.recv().await.is_some() {
            if cancel.is_cancelled() {
                // The second signal ends ftpy immediately. The next run cleans up.
                std::process::exit(i32::from(Kind::Interrupted.exit_code()));
            }
            cancel.cancel();
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_ok() {
        cancel.cancel();
    }
}
