//! The virtual environment with the dependencies of a script. It is made once for each installation
//! and list of dependencies, and kept in the cache.

use crate::digest::Digest;
use crate::error::Result;
use crate::ops::context::Context;
use crate::ops::installer::Installer;
use crate::ops::make_venv::{self, VenvOptions};
use crate::ops::move_packages::packages_in;
use crate::ops::run::script::Script;
use crate::ops::venv_base::VenvBase;
use crate::relocate::executable_name;
use crate::report::{Verb, text};
use crate::store::{Installed, Lock, ScriptEnvironment};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// An environment that is ready. It is not removed as long as the lock is held.
pub(crate) struct ReadyEnvironment {
    pub(crate) path: PathBuf,
    pub(crate) lock: Lock,
}

/// Returns the environment of a script; `None` if it has no dependencies.
///
/// # Errors
/// Returns an error if the store is not writable, or a dependency cannot be installed.
pub(crate) fn ready(
    context: &Context,
    script: &Script,
    installed: &Installed,
) -> Result<Option<ReadyEnvironment>> {
    if script.dependencies().is_empty() {
        return Ok(None);
    }
    let (key, prefix) = (installed.key.to_string(), &installed.prefix);
    let facts = [&key, &*prefix.to_string_lossy(), "\n"].join("\n");
    let digest = Digest::of((facts + &script.dependencies().join("\n")).as_bytes());
    let path = context.store.script_environment(&digest);
    let waiting = |_: &str| {
        let name = &script.name;
        let line = format!("waiting for another ftpy that installs the dependencies of {name}");
        context.reporter.say(line);
    };
    loop {
        let lock = context.store.share_script_environment(&digest, waiting)?;
        if is_ready(&path, installed) {
            return Ok(Some(ReadyEnvironment { path, lock }));
        }
        drop(lock);
        let _lock = context.store.lock_script_environment(&digest, waiting)?;
        if !is_ready(&path, installed) {
            make(context, script, installed, &path)?;
        }
    }
}

fn is_ready(path: &Path, installed: &Installed) -> bool {
    let name = executable_name(&installed.key.build);
    ScriptEnvironment::at(path).is_some() && path.join("bin").join(name).exists()
}

/// Makes an environment in place, because environments cannot be moved. Its mark is written last.
fn make(context: &Context, script: &Script, installed: &Installed, path: &Path) -> Result<()> {
    let started = Instant::now();
    let _ = std::fs::remove_dir_all(path);
    let installer = Installer::find(context);
    let options = VenvOptions {
        base: &VenvBase::of(context, installed.clone(), None),
        path,
        switches: Vec::new(),
        has_pip: installer.is_pip(),
    };
    make_venv::make(context, &options)?;
    let task = context.reporter.task("script");
    let (name, dependencies) = (&script.name, script.dependencies());
    task.step_on(Verb::Installing, format!("the dependencies of {name}"));
    let python = path.join("bin").join(executable_name(&installed.key.build));
    let mut command = installer.install(context, &python, &python);
    command.arg("--").args(dependencies).current_dir(path);
    let tool = installer.name();
    let what = format!("{tool} could not install the dependencies of {name}");
    make_venv::run(context, command, path, what)?;
    task.done();
    let made_of = ScriptEnvironment {
        key: installed.key.to_string(),
        dependencies: dependencies.to_vec(),
    };
    made_of.complete(path)?;
    let (count, took) = (
        text::count(packages_in(path).len(), "package"),
        started.elapsed(),
    );
    let line = format!("{count} for {name} with {tool} in {}", text::elapsed(took));
    context.reporter.status(Verb::Installed, line);
    Ok(())
}
