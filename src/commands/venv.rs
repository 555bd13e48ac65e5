//! `ftpy venv`: a virtual environment through the alias, so that it follows patch upgrades.

use crate::cli::daily::Venv;
use crate::commands::around::surroundings;
use crate::commands::request;
use crate::commands::show::ACTIVE;
use crate::commands::start::Context;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::finalise::executable_name;
use crate::host::target;
use crate::link::{self, alias_of};
use crate::probe::probe;
use crate::report::Phase;
use crate::store::{Installed, Known};
use crate::venv::home_of;
use ftpy_shims::decide::decide;
use ftpy_shims::request::Request;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// `ftpy venv`
pub(super) fn venv(context: &Context, arguments: &Venv) -> Result<()> {
    let (installed, request) = python(context, arguments)?;
    let path = context.env.current_dir.join(&arguments.path);
    let is_new = check_place(&path, arguments.clear)?;
    // A store that is somebody else's may stay as it is.
    let _ = link::ensure(&context.store, &target::detect());
    let alias = follows(context, &installed, request.as_ref(), arguments.exact);
    let prefix = match &alias {
        Some(alias) => context.store.aliases().join(alias),
        None => installed.prefix.clone(),
    };
    let made = make(context, arguments, &prefix, &installed, &path);
    let facts = made.and_then(|()| check(&path, &installed));
    let gil_enabled = match facts {
        Ok(gil_enabled) => gil_enabled,
        Err(failure) => {
            if is_new {
                let _ = std::fs::remove_dir_all(&path);
            }
            return Err(failure);
        }
    };
    if let Err(failure) = context.store.remember(Known::Venvs, &path) {
        context
            .reporter
            .warn(format!("`prune` there will not know of it: {failure}"));
    }
    let key = installed.key.to_string();
    if context.reporter.is_json() {
        context.reporter.json(&json!({
            "path": path.display().to_string(),
            "key": key,
            "follows": alias,
            "gil_enabled": gil_enabled,
        }));
    }
    let gil = if gil_enabled { "GIL on" } else { "GIL off" };
    let stays = match &alias {
        Some(alias) => format!("follows {alias}"),
        None => format!("stays with {key}"),
    };
    let build = installed.key.build.name();
    context.reporter.say(format!(
        "made {}: {build}, {gil}, {stays}",
        arguments.path.display()
    ));
    context.reporter.say(format!(
        "activate it with `source {}/bin/activate`",
        arguments.path.display()
    ));
    Ok(())
}

/// With which installation, and what asked for it.
fn python(context: &Context, arguments: &Venv) -> Result<(Installed, Option<Request>)> {
    if let Some(text) = &arguments.python {
        let installed = request::best(context, text, &target::detect())?;
        return Ok((installed, ftpy_shims::parse::parse(text).ok()));
    }
    let decision = decide(&ACTIVE, None, &surroundings(context))?;
    let request = decision.request;
    let installed = decision.installed.ok_or_else(|| {
        Failure::new(Kind::Usage, "nothing is pinned here, and no default is set")
            .hint("say which: `ftpy venv -p 3.14t`")
    })?;
    Ok((installed, request))
}

/// Whether the directory is new. One that is somebody's is never emptied.
fn check_place(path: &Path, clears: bool) -> Result<bool> {
    let refuse = |why: &str, hint: &str| {
        let message = format!("{} {why}", path.display());
        Err(Failure::new(Kind::Usage, message).hint(hint))
    };
    if path.symlink_metadata().is_err() {
        return Ok(true);
    }
    if !path.is_dir() {
        return refuse("is there and is no directory", "choose another name");
    }
    let mut entries = std::fs::read_dir(path).map_err(IoFailure::at("read", path))?;
    if entries.next().is_none() {
        return Ok(false);
    }
    match (home_of(path).is_some(), clears) {
        (true, true) => Ok(false),
        (true, false) => refuse(
            "is a virtual environment already",
            "`--clear` empties it and makes it anew",
        ),
        (false, _) => refuse(
            "holds something else than a virtual environment",
            "choose another name",
        ),
    }
}

/// The alias that the environment is made through; `None` where it is to stay with its patch,
/// because that was asked for, or because the alias is another build.
fn follows(
    context: &Context,
    installed: &Installed,
    request: Option<&Request>,
    is_exact: bool,
) -> Option<String> {
    let names_one = matches!(request, Some(Request::Build(request))
        if request.versions.is_exact() || request.provider.is_some());
    if is_exact || names_one || !installed.key.is_host {
        return None;
    }
    let alias = alias_of(installed);
    let there = context.store.aliases().join(&alias).canonicalize().ok()?;
    (installed.prefix.canonicalize().ok()? == there).then_some(alias)
}

fn make(
    context: &Context,
    arguments: &Venv,
    prefix: &Path,
    installed: &Installed,
    path: &Path,
) -> Result<()> {
    let task = context.reporter.task("venv");
    task.phase(Phase::Open(format!("making {}", arguments.path.display())));
    let name = executable_name(&installed.key.build);
    // By its own name: what venv is started as is a name in the environment, too.
    let python = prefix.join("bin").join(&name);
    let mut command = Command::new(&python);
    command.args(["-I", "-m", "venv"]);
    let switches = [
        (arguments.clear, "--clear"),
        (arguments.system_site_packages, "--system-site-packages"),
        (arguments.without_pip, "--without-pip"),
    ];
    command.args(switches.iter().filter(|(on, _)| *on).map(|(_, text)| text));
    command.arg("--").arg(path);
    for variable in ["PYTHON_GIL", "PYTHONHOME", "PYTHONPATH"] {
        command.env_remove(variable);
    }
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(IoFailure::at("start", &python))?;
    drop(task);
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let lines = said.lines().rev().take(5).map(str::to_owned);
        let mut lines: Vec<String> = lines.collect();
        lines.reverse();
        let message = format!("{name} could not make {}", path.display());
        return Err(Failure::new(Kind::Build, message).details(lines));
    }
    ensure_pip_name(path, installed)
}

/// CPython makes no `pip3.14t`, which is why people install into the wrong one.
fn ensure_pip_name(path: &Path, installed: &Installed) -> Result<()> {
    let build = &installed.key.build;
    let (major, minor) = build.version.series();
    let plain = format!("pip{major}.{minor}");
    let link = path.join("bin").join(format!("{plain}{}", build.abi));
    if !path.join("bin").join(&plain).exists() || link.symlink_metadata().is_ok() {
        return Ok(());
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(&plain, &link).map_err(IoFailure::at("create", &link))?;
    Ok(())
}

/// Starts the environment's own interpreter: whether its GIL is on.
fn check(path: &Path, installed: &Installed) -> Result<bool> {
    let build = &installed.key.build;
    let python: PathBuf = path.join("bin").join(executable_name(build));
    let facts = probe(&python, &[], &|| false)?;
    let is_right = facts.abi() == Some(build.abi) && facts.version() == Some(build.version);
    if is_right {
        return Ok(facts.gil_enabled);
    }
    let message = format!(
        "the interpreter in {} is {} with sys.abiflags '{}', not {}",
        path.display(),
        facts.version,
        facts.abiflags,
        build.name()
    );
    Err(Failure::new(Kind::Integrity, message).hint("`ftpy doctor` looks for the cause"))
}
