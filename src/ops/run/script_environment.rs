//! The virtual environment with the dependencies of a script. It is made once for each installation
//! and list of dependencies, and kept in the cache.

use crate::digest::Digest;
use crate::error::Result;
use crate::ops::cached_environment::{self, EnvironmentContents, ReadyEnvironment};
use crate::ops::context::Context;
use crate::ops::installer::Installer;
use crate::ops::make_venv;
use crate::ops::move_packages::packages_in;
use crate::ops::run::script::Script;
use crate::report::{Verb, text};
use crate::store::Installed;
use std::path::Path;

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
    let contents = EnvironmentContents {
        digest: Digest::of((facts + &script.dependencies().join("\n")).as_bytes()),
        dependencies: script.dependencies().to_vec(),
        subject: format!("the dependencies of {}", script.name),
    };
    let install =
        |installer: &Installer, place: (&Path, &Path)| install(context, script, installer, place);
    let ready = cached_environment::ready(context, installed, &contents, install)?;
    if let Some((tool, took)) = ready.made {
        let name = &script.name;
        let count = text::count(packages_in(&ready.path).len(), "package");
        let line = format!("{count} for {name} with {tool} in {}", text::elapsed(took));
        context.reporter.status(Verb::Installed, line);
    }
    Ok(Some(ready))
}

fn install(
    context: &Context,
    script: &Script,
    installer: &Installer,
    (path, python): (&Path, &Path),
) -> Result<()> {
    let task = context.reporter.task("script");
    let (name, dependencies) = (&script.name, script.dependencies());
    task.step_on(Verb::Installing, format!("the dependencies of {name}"));
    let mut command = installer.install(context, python, python);
    command.arg("--").args(dependencies).current_dir(path);
    let tool = installer.name();
    let what = format!("{tool} could not install the dependencies of {name}");
    make_venv::run(context, command, path, what)?;
    task.done();
    Ok(())
}
