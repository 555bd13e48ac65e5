//! What reading wheels uses, and how much of it at once.

use crate::net::Net;
use crate::report::Reporter;
use crate::store::Store;
use crate::wheel_reader::error::WheelError;
use crate::wheel_reader::request::ReadOptions;
use reqwest::Url;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// The maximum number of compressed bytes in memory, in KiB.
const MEMORY: u32 = 64 << 10;

/// What reading wheels uses.
#[derive(Debug, Clone, Copy)]
pub struct ReaderTools<'a> {
    /// The network.
    pub net: &'a Net,
    /// The store, which has the cache.
    pub store: &'a Store,
    /// For progress.
    pub reporter: &'a Reporter,
}

/// The state that all wheels of one command share.
#[derive(Debug)]
pub(super) struct Shared<'a> {
    pub(super) tools: ReaderTools<'a>,
    pub(super) options: ReadOptions,
    memory: Semaphore,
    cores: Semaphore,
    /// Hosts that do not support ranges.
    without_ranges: Mutex<HashSet<String>>,
}

impl<'a> Shared<'a> {
    pub(super) fn new(tools: ReaderTools<'a>, options: ReadOptions) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            tools,
            options,
            memory: Semaphore::new(MEMORY as usize),
            cores: Semaphore::new(cores),
            without_ranges: Mutex::default(),
        }
    }

    /// Waits until this many bytes may be held in memory.
    pub(super) async fn memory(&self, bytes: u64) -> SemaphorePermit<'_> {
        let wanted = u32::try_from(bytes / 1024 + 1).unwrap_or(MEMORY);
        let permit = self.memory.acquire_many(wanted.min(MEMORY)).await;
        permit.expect("the semaphore is never closed")
    }

    /// Runs work on a thread of its own, when a core is free.
    pub(super) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WheelError> {
        let permit = self.cores.acquire().await;
        let _permit = permit.expect("the semaphore is never closed");
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| WheelError::Panic)
    }

    /// Whether a server is known to send whole files only.
    pub(super) fn sends_whole_files(&self, url: &str) -> bool {
        let hosts = self.without_ranges.lock();
        let hosts = hosts.unwrap_or_else(PoisonError::into_inner);
        hosts.contains(&place(url))
    }

    /// Records that a server sends whole files only.
    pub(super) fn add_without_ranges(&self, url: &str) {
        let hosts = self.without_ranges.lock();
        let mut hosts = hosts.unwrap_or_else(PoisonError::into_inner);
        hosts.insert(place(url));
    }
}

/// The server of a URL.
fn place(url: &str) -> String {
    Url::parse(url).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
}
