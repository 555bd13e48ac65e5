//! What an execution is given: the options of the command line, and everything it acts on.

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
    /// `--jobs`: how many compilers at once.
    pub jobs: usize,
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
    /// `--log`: where every line of a build goes, in addition to its log.
    pub follow: Option<Follow>,
    /// `--same-as`: the build that this one repeats.
    pub repeats: Option<Repeated>,
}

/// Where the lines of a build go, in addition to its log.
#[derive(Debug, Clone)]
pub enum Follow {
    /// `-`: to stderr.
    Shown,
    /// To a file, to which several builds of one command line write.
    File(Arc<Mutex<std::fs::File>>),
}

/// Asks a person for consent, unless that was given: whether it was is the third argument.
pub type Confirm = fn(&Env, &Reporter, bool, &Question<'_>) -> Result<()>;

/// Everything that an execution acts on, passed in.
#[derive(Debug)]
pub struct Session {
    /// The environment of the process.
    pub env: Env,
    /// This machine.
    pub host: Target,
    /// Where installations go.
    pub store: Store,
    /// Where bytes come from.
    pub net: Net,
    /// Where messages go.
    pub reporter: Arc<Reporter>,
    /// Options of the command line.
    pub options: Options,
    /// How a person is asked.
    confirm: Confirm,
    /// The network for conda packages, where it is another: channels have their own connections.
    pub conda: OnceLock<Net>,
    /// Lines that were printed and are not repeated.
    printed: Mutex<HashSet<String>>,
    /// Hosts and builds out of reach that are not reported yet.
    unavailable: Mutex<Unavailable>,
    /// One build at a time: each of them uses all cores.
    pub(super) build: Semaphore,
    /// One package manager at a time.
    pub(super) packages: Semaphore,
    /// Keeps `ftpy cache clean` away, from the first use of the cache on.
    cache: Mutex<Option<Lock>>,
}

impl Session {
    /// A session; nothing is opened yet.
    #[must_use]
    pub fn new(
        env: Env,
        net: Net,
        reporter: Arc<Reporter>,
        options: Options,
        confirm: Confirm,
    ) -> Self {
        Self {
            store: Store::at(env.store.clone()),
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

    /// Asks for consent to change the machine.
    pub(super) fn confirm(&self, question: &Question<'_>) -> Result<()> {
        (self.confirm)(&self.env, &self.reporter, self.options.is_sure, question)
    }

    /// Prevents `ftpy cache clean` for as long as the session lives.
    ///
    /// # Errors
    /// Where the store cannot be written, or the person presses Ctrl-C while waiting.
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

    /// The switch that Ctrl-C sets.
    #[must_use]
    pub fn cancel(&self) -> &Cancel {
        self.net.cancel()
    }

    /// Waits for hosts that did not answer in time, until one does; `false` where none is left.
    ///
    /// # Errors
    /// Where the person presses Ctrl-C.
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

    /// Collects hosts that are unreachable, for [`say_unavailable`](Self::say_unavailable). The
    /// full reasons are details.
    pub fn add_unreachable(&self, reasons: &[Reason]) {
        for reason in reasons.iter().filter(|reason| reason.host().is_some()) {
            self.detail_once(&reason.text);
        }
        self.unavailable().add_hosts(reasons);
    }

    /// Collects a build whose files are unavailable; `false` where only hosts are unreachable.
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

    /// Reports what was collected, in one line for each cause.
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
