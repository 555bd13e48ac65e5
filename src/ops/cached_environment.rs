//! Virtual environments that are kept in the cache: made once for each installation and what is
//! installed into them.

use crate::digest::Digest;
use crate::error::Result;
use crate::ops::context::Context;
use crate::ops::installer::Installer;
use crate::ops::make_venv::{self, VenvOptions};
use crate::ops::venv_base::VenvBase;
use crate::relocate::executable_name;
use crate::store::{Installed, Lock, ScriptEnvironment};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// An environment that is ready. It is not removed as long as the lock is held.
pub(crate) struct ReadyEnvironment {
    pub(crate) path: PathBuf,
    pub(crate) lock: Lock,
    /// What installed into it just now, and how long that took; `None` if it existed.
    pub(crate) made: Option<(&'static str, Duration)>,
}

/// What an environment is made of.
pub(crate) struct EnvironmentContents {
    /// The digest of the installation and of all that is installed.
    pub(crate) digest: Digest,
    /// What is installed, for its mark.
    pub(crate) dependencies: Vec<String>,
    /// What another ftpy is installing meanwhile: `the dependencies of app.py`.
    pub(crate) subject: String,
}

/// Returns the environment, and makes it first if necessary. `install` installs into the environment
/// with this path and interpreter.
///
/// # Errors
/// Returns an error if the store is not writable, or `install` fails.
pub(crate) fn ready(
    context: &Context,
    installed: &Installed,
    contents: &EnvironmentContents,
    install: impl Fn(&Installer, (&Path, &Path)) -> Result<()>,
) -> Result<ReadyEnvironment> {
    let digest = &contents.digest;
    let path = context.store.script_environment(digest);
    let waiting = |_: &str| {
        let subject = &contents.subject;
        let line = format!("waiting for another ftpy that installs {subject}");
        context.reporter.say(line);
    };
    let mut made = None;
    loop {
        let lock = context.store.share_script_environment(digest, waiting)?;
        if is_ready(&path, installed) {
            return Ok(ReadyEnvironment { path, lock, made });
        }
        drop(lock);
        let _lock = context.store.lock_script_environment(digest, waiting)?;
        if !is_ready(&path, installed) {
            let started = Instant::now();
            let installer = Installer::find(context);
            make(context, installed, &path, installer.is_pip())?;
            install(&installer, (&path, &python(&path, installed)))?;
            let made_of = ScriptEnvironment {
                key: installed.key.to_string(),
                dependencies: contents.dependencies.clone(),
            };
            made_of.complete(&path)?;
            made = Some((installer.name(), started.elapsed()));
        }
    }
}

fn is_ready(path: &Path, installed: &Installed) -> bool {
    ScriptEnvironment::at(path).is_some() && python(path, installed).exists()
}

/// The interpreter of an environment, by the name of its installation's.
pub(crate) fn python(environment: &Path, installed: &Installed) -> PathBuf {
    let name = executable_name(&installed.key.build);
    environment.join("bin").join(name)
}

/// Makes an environment in place, because environments cannot be moved. Its mark is written last.
fn make(context: &Context, installed: &Installed, path: &Path, has_pip: bool) -> Result<()> {
    let _ = std::fs::remove_dir_all(path);
    let options = VenvOptions {
        base: &VenvBase::of(context, installed.clone(), None),
        path,
        switches: Vec::new(),
        has_pip,
    };
    make_venv::make(context, &options)
}
