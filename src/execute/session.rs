//! What an execution is given: the options, and the effects that it has.

use crate::cancel::Cancel;
use crate::env::Env;
use crate::error::Result;
use crate::execute::Repeated;
use crate::net::{Net, Patience, Reason};
use crate::report::{Phase, Reporter, Task, text};
use crate::store::{Lock, Store};
use ftpy_core::provider_name::ProviderName;
use ftpy_core::target::Target;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::Semaphore;

/// What the person wants of the execution.
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
    /// `--reinstall`: do the work although it is done.
    pub reinstalls: bool,
    /// `--resume`: go on with a build that was not brought to its end.
    pub resumes: bool,
    /// `--keep`: leave the source tree where it was compiled.
    pub keeps_tree: bool,
    /// `--log`: where every line of a build goes, beside its log.
    pub follow: Option<Follow>,
    /// `--same-as`: the build that this one repeats.
    pub repeats: Option<Repeated>,
}

/// Where the lines of a build go, beside its log.
#[derive(Debug, Clone)]
pub enum Follow {
    /// `-`: they are shown.
    Shown,
    /// To a file, to which several builds of one command line write.
    File(Arc<Mutex<std::fs::File>>),
}

/// The effects that an execution has, passed in.
#[derive(Debug)]
pub struct Session {
    /// What the process was started with.
    pub env: Env,
    /// This machine.
    pub host: Target,
    /// Where installations go.
    pub store: Store,
    /// Where bytes come from.
    pub net: Net,
    /// Where talk goes.
    pub reporter: Arc<Reporter>,
    /// What the person wants.
    pub options: Options,
    /// Where conda packages come from, if not from there: channels have connections of their own.
    pub conda: OnceLock<Net>,
    /// Lines that were said once already.
    told: Mutex<HashSet<String>>,
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
        host: Target,
        net: Net,
        reporter: Arc<Reporter>,
        options: Options,
    ) -> Self {
        Self {
            store: Store::at(env.store.clone()),
            env,
            host,
            net,
            reporter,
            options,
            conda: OnceLock::new(),
            told: Mutex::default(),
            build: Semaphore::new(1),
            packages: Semaphore::new(1),
            cache: Mutex::default(),
        }
    }

    /// Keeps the cache as it is for as long as the session lives.
    ///
    /// # Errors
    /// Where the store cannot be written, or the person presses Ctrl-C while waiting.
    pub fn hold_cache(&self) -> Result<()> {
        tokio::task::block_in_place(|| {
            let cache = self.cache.lock();
            let mut cache = cache.unwrap_or_else(std::sync::PoisonError::into_inner);
            if cache.is_none() {
                let text = "waiting for another ftpy that empties the cache";
                let waiting = || self.reporter.say(text);
                let is_cancelled = || self.cancel().is_cancelled();
                *cache = Some(self.store.share_cache(waiting, is_cancelled)?);
            }
            Ok(())
        })
    }

    /// What stops everything.
    #[must_use]
    pub fn cancel(&self) -> &Cancel {
        self.net.cancel()
    }

    /// Waits for hosts that did not answer in time, until one does; `false` where none is left
    /// that may.
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
            0 => "waiting for it to answer".to_owned(),
            others => format!(
                "waiting for it or {} to answer",
                text::count(others, "other host")
            ),
        };
        task.phase(Phase::Open(text));
        Some(task)
    }

    /// Names the hosts that could not be reached, in one line, once.
    pub fn say_unreachable(&self, provider: ProviderName, reasons: &[Reason]) {
        let hosts = reasons.iter().filter(|reason| reason.is_host);
        let texts: Vec<&str> = hosts.map(|reason| reason.text.as_str()).collect();
        if !texts.is_empty() {
            self.say_once(&format!("{provider}: {}", texts.join("; ")));
        }
    }

    /// Warns, unless this process did before.
    pub fn warn_once(&self, line: &str) {
        let told = self.told.lock();
        let mut told = told.unwrap_or_else(std::sync::PoisonError::into_inner);
        if told.insert(line.to_owned()) {
            self.reporter.warn(line);
        }
    }

    /// Says a line, unless this process said it before.
    pub(super) fn say_once(&self, line: &str) {
        let told = self.told.lock();
        let mut told = told.unwrap_or_else(std::sync::PoisonError::into_inner);
        if told.insert(line.to_owned()) {
            self.reporter.say(line);
        }
    }
}
