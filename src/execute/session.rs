//! The context of an execution: the options of the command line, and everything that it uses.

use crate::cancel::Cancel;
use crate::env::Env;
use crate::error::Result;
use crate::execute::Repeated;
use crate::execute::unavailable::Unavailable;
use crate::host::target;
use crate::net::{Net, Patience, Reason};
use crate::report::{Question, Reporter, Task, Verb, text};
use crate::store::{Lock, Store};
use ftpy_core::provider_name::ProviderName;
use ftpy_core::target::Target;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::Semaphore;

/// Options of the command line.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--allow-missing`: required modules that may be missing.
    pub allowed_missing: Vec<String>,
    /// `--install-deps`: run the package manager.
    pub installs_dependencies: bool,
    /// `--yes`: do not ask before that.
    pub is_sure: bool,
    /// `--compile-bytecode`
    pub compiles_bytecode: bool,
    /// `--jobs`: how many compilers at once. Otherwise one more than cores.
    pub jobs: Option<usize>,
    /// `--no-build`: do not compile.
    pub forbids_building: bool,
    /// `--allow-scripts`: run the scripts that conda packages bring.
    pub runs_scripts: bool,
    /// `--reinstall`: install again.
    pub reinstalls: bool,
    /// `--resume`: continue a build that was interrupted or failed.
    pub resumes: bool,
    /// `--keep`: leave the source tree where it was compiled.
    pub keeps_tree: bool,
    /// `--to`: the directory to install into, instead of the store.
    pub image: Option<PathBuf>,
    /// `--log`: the destination of a build's lines, in addition to its log.
    pub follow: Option<Follow>,
    /// `--same-as`: the build that this one repeats.
    pub repeats: Option<Repeated>,
}

impl Options {
    /// Returns how many compilers run at once. By default one more than cores, so that a compiler
    /// that waits for the disk leaves no core idle.
    #[must_use]
    pub fn jobs(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.jobs.unwrap_or_else(|| cores() + 1)
    }
}

/// The destination of a build's lines, in addition to its log.
#[derive(Debug, Clone)]
pub enum Follow {
    /// `-`: stderr.
    Shown,
    /// A file, shared by all builds of one command.
    File(Arc<Mutex<std::fs::File>>),
}

/// Prompts for consent, unless the third argument says that it was already given.
pub type Confirm = fn(&Env, &Reporter, bool, &Question<'_>) -> Result<()>;

/// Everything that an execution uses.
#[derive(Debug)]
pub struct Session {
    /// The environment of the process.
    pub env: Env,
    /// This machine.
    pub host: Target,
    /// The store of installations.
    pub store: Store,
    /// The network.
    pub net: Net,
    /// The output.
    pub reporter: Arc<Reporter>,
    /// Options of the command line.
    pub options: Options,
    /// The prompt.
    confirm: Confirm,
    /// The network for conda packages, if channels have separate connections.
    pub conda: OnceLock<Net>,
    /// Lines that were printed and are not repeated.
    printed: Mutex<HashSet<String>>,
    /// Unreachable hosts and unavailable builds that were not reported yet.
    unavailable: Mutex<Unavailable>,
    /// Limits builds to one at a time, because each of them uses all cores.
    pub(super) build: Semaphore,
    /// Limits package managers to one at a time.
    pub(super) packages: Semaphore,
    /// Blocks `ftpy cache clean` after the first use of the cache.
    cache: Mutex<Option<Lock>>,
}

impl Session {
    /// Creates a session, without opening anything.
    #[must_use]
    pub fn new(
        env: Env,
        net: Net,
        reporter: Arc<Reporter>,
        options: Options,
        confirm: Confirm,
    ) -> Self {
        Self {
            store: Store::at(env.store.clone())
                .sharing(env.shared.clone())
                .placing(options.image.clone()),
            env,
            host: target::detect(),
            net,
            reporter,
            options,
            confirm,
            conda: OnceLock::new(),
            printed: Mutex::default(),
            unavailable: Mutex::default(),
            build: Semaphore::new(1),
            packages: Semaphore::new(1),
            cache: Mutex::default(),
        }
    }

    /// Prompts for consent to change the machine.
    pub(super) fn confirm(&self, question: &Question<'_>) -> Result<()> {
        (self.confirm)(&self.env, &self.reporter, self.options.is_sure, question)
    }

    /// Blocks `ftpy cache clean` until the session ends.
    ///
    /// # Errors
    /// Returns an error if the store cannot be written, or the user presses Ctrl-C while waiting.
    pub fn hold_cache(&self) -> Result<()> {
        tokio::task::block_in_place(|| {
            let cache = self.cache.lock();
            let mut cache = cache.unwrap_or_else(PoisonError::into_inner);
            if cache.is_none() {
                let text = "for another ftpy that empties the cache";
                let waiting = || self.reporter.status(Verb::Waiting, text);
                let is_cancelled = || self.cancel().is_cancelled();
                *cache = Some(self.store.share_cache(waiting, is_cancelled)?);
            }
            Ok(())
        })
    }

    /// The flag that Ctrl-C sets.
    #[must_use]
    pub fn cancel(&self) -> &Cancel {
        self.net.cancel()
    }

    /// Waits until one of the slow hosts answers; returns `false` if there are none.
    ///
    /// # Errors
    /// Returns an error if the user presses Ctrl-C.
    pub async fn settle(&self, patience: Patience) -> Result<bool> {
        let Some(conda) = self.conda.get() else {
            let _task = self.waiting(self.net.slow_hosts());
            return Ok(self.net.settle(patience).await?);
        };
        let hosts = [self.net.slow_hosts(), conda.slow_hosts()].concat();
        let _task = self.waiting(hosts);
        let (answers, other) = tokio::select! {
            answers = self.net.settle(patience) => (answers?, conda),
            answers = conda.settle(patience) => (answers?, &self.net),
        };
        match answers {
            true => Ok(true),
            false => Ok(other.settle(patience).await?),
        }
    }

    fn waiting(&self, hosts: Vec<String>) -> Option<Task> {
        let name = hosts.first()?.clone();
        let task = self.reporter.task(&name);
        let text = match hosts.len() - 1 {
            0 => format!("for {name} to answer"),
            others => format!(
                "for {name} or {} to answer",
                text::count(others, "other host")
            ),
        };
        task.step_on(Verb::Waiting, text);
        Some(task)
    }

    /// Collects unreachable hosts for `say_unavailable`. The full reasons
    /// are printed as details.
    pub fn add_unreachable(&self, reasons: &[Reason]) {
        for reason in reasons.iter().filter(|reason| reason.host().is_some()) {
            self.detail_once(&reason.text);
        }
        self.unavailable().add_hosts(reasons);
    }

    /// Collects a build whose files are unavailable; returns `false` if only hosts are unreachable.
    pub(super) fn add_unavailable(
        &self,
        provider: ProviderName,
        name: &str,
        reasons: &[Reason],
    ) -> bool {
        self.add_unreachable(reasons);
        for reason in reasons.iter().filter(|reason| reason.host().is_none()) {
            self.detail_once(&reason.text);
        }
        self.unavailable().add_build(provider, name, reasons)
    }

    /// Reports the collected failures, with one line for each cause.
    pub(super) fn say_unavailable(&self) {
        let lines = self.unavailable().take_lines();
        for (verb, line) in lines {
            self.reporter.status(verb, line);
        }
    }

    fn unavailable(&self) -> MutexGuard<'_, Unavailable> {
        let unavailable = self.unavailable.lock();
        unavailable.unwrap_or_else(PoisonError::into_inner)
    }

    /// Prints a warning, unless this process printed it before.
    pub fn warn_once(&self, line: &str) {
        if self.is_first(line) {
            self.reporter.warn(line);
        }
    }

    /// Prints a status, unless this process printed it before.
    pub(super) fn status_once(&self, verb: Verb, line: &str) {
        if self.is_first(line) {
            self.reporter.status(verb, line);
        }
    }

    /// Prints a note, unless this process printed it before.
    pub(super) fn note_once(&self, line: &str) {
        if self.is_first(line) {
            self.reporter.note(line);
        }
    }

    fn detail_once(&self, line: &str) {
        if self.is_first(line) {
            self.reporter.detail(line);
        }
    }

    fn is_first(&self, line: &str) -> bool {
        let printed = self.printed.lock();
        let mut printed = printed.unwrap_or_else(PoisonError::into_inner);
        printed.insert(line.to_owned())
    }
}
