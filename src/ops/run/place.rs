//! Where `ftpy run` runs: the installation, what comes first on PATH, and the program to start.

use crate::cli::daily::Run;
use crate::error::{Failure, Kind, Result};
use crate::ops::context::Context;
use crate::ops::run::choice::{Chosen, chosen};
#[cfg(unix)]
use crate::ops::run::gil;
use crate::ops::run::script::Script;
use crate::ops::run::script_environment::ready;
use crate::ops::run::{no_command, script_choice};
use crate::relocate::executable_name;
use crate::store::{Installed, Lock};
use ftpy_core::follow;
use ftpy_core::name::{Name, Tool};
use ftpy_core::parse::parse;
use ftpy_core::paste;
use ftpy_core::path::find_program;
use ftpy_core::request::Request;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where a command runs.
pub(crate) struct RunPlace {
    /// The installation.
    pub(crate) installed: Installed,
    /// The request that it was chosen for.
    request: Option<Request>,
    /// The virtual environment: the active one, or that of a script with dependencies.
    environment: Option<PathBuf>,
    /// Held while the environment of a script is in use.
    lock: Option<Lock>,
    /// The text of a script that was read from standard input.
    stdin: Option<File>,
}

impl RunPlace {
    /// Chooses the installation. A script becomes a command of its interpreter, and gets its
    /// dependencies.
    ///
    /// # Errors
    /// Returns an error if there is no such installation, or the script cannot be prepared.
    pub(crate) fn of(context: &Context, arguments: &mut Run) -> Result<Self> {
        let (request, installs) = (arguments.request(), arguments.install);
        let script = Script::of(context, arguments)?;
        let Chosen {
            installed,
            request,
            venv: mut environment,
        } = match &script {
            Some(script) => script_choice::chosen(context, script, request, installs)?,
            None => chosen(context, request, installs)
                .map_err(|failure| hint_at_active(failure, arguments))?,
        };
        #[cfg(unix)]
        if arguments.require_nogil {
            gil::refuse_gil_build(&installed)?;
        }
        let (mut lock, mut stdin) = (None, None);
        if let Some(script) = script {
            if let Some(ready) = ready(context, &script, &installed)? {
                environment = Some(ready.path);
                lock = Some(ready.lock);
            }
            let interpreter = match (&environment, &lock) {
                // The only name that every environment of the person has.
                (Some(_), None) => "python".to_owned(),
                _ => executable_name(&installed.key.build),
            };
            stdin = script.into_command(&mut arguments.command, &interpreter);
        }
        Ok(Self {
            installed,
            request,
            environment,
            lock,
            stdin,
        })
    }

    /// Returns the command to start.
    ///
    /// # Errors
    /// Returns an error if its program is not found, or could not be started.
    pub(crate) fn command(mut self, context: &Context, words: &[OsString]) -> Result<Command> {
        let [program, rest @ ..] = words else {
            return Err(no_command());
        };
        let bins = self.bins();
        let path = first_on_path(&bins, &context.env.path)?;
        let found = self.find(program, &bins[0], &path)?;
        if found.starts_with(&self.installed.prefix) && !self.installed.key.provider.is_external() {
            context.store.check_programs_start()?;
        }
        let found = self.by_alias(context, found, rest);
        // argv[0] is the real path, too: an interpreter finds its library by it.
        let mut command = Command::new(found);
        command.args(rest).env("PATH", path);
        if let Some(lock) = &self.lock {
            lock.pass_on();
        }
        match &self.environment {
            Some(environment) => command.env("VIRTUAL_ENV", environment),
            // Of the active one, which has another Python: uv would install into it.
            None => command.env_remove("VIRTUAL_ENV"),
        };
        if let Some(stdin) = self.stdin.take() {
            command.stdin(stdin);
        }
        // The lock lasts as long as this process and the command.
        std::mem::forget(self.lock);
        Ok(command)
    }

    /// Returns the path to start an interpreter by: that of the alias, if it creates an environment
    /// that may follow upgrades.
    fn by_alias(&self, context: &Context, found: PathBuf, words: &[OsString]) -> PathBuf {
        let is_python = Name::of_file(&found).is_some_and(|name| name.tool == Tool::Python);
        let Ok(below) = found.strip_prefix(&self.installed.prefix) else {
            return found;
        };
        if !is_python || !follow::makes_environment(words) {
            return found;
        }
        let root = context.store.root();
        match follow::alias(root, &self.installed, self.request.as_ref()) {
            Some(alias) => alias.join(below),
            None => found,
        }
    }

    /// The directories that come first on PATH.
    fn bins(&self) -> Vec<PathBuf> {
        let own = self.environment.as_ref().map(|own| own.join("bin"));
        own.into_iter()
            .chain([self.installed.prefix.join("bin")])
            .collect()
    }

    /// Finds a program. Another `python` on PATH must not run instead.
    fn find(&self, program: &OsStr, bin: &Path, path: &OsStr) -> Result<PathBuf> {
        let is_own = is_of_python(program);
        let path = if is_own { bin.as_os_str() } else { path };
        find(program, path).ok_or_else(|| {
            let message = format!("command `{}` not found", program.to_string_lossy());
            let failure = Failure::new(Kind::NoCommand, message);
            let key = &self.installed.key;
            let own = program.to_str().and_then(Name::parse);
            match own.and_then(|name| name.request()) {
                Some(request) if !request.matches(&key.build) => {
                    let run = paste!["ftpy", "run", request, "--", program.display()];
                    failure.hint(format!(
                        "it belongs to another build than {key}; run `{run}`"
                    ))
                }
                _ => {
                    let path = if is_own { "" } else { " and on PATH" };
                    failure.hint(format!("searched in {}{path}", bin.display()))
                }
            }
        })
    }
}

/// Adds how to run what was taken for a request: `ftpy run pytest -x`.
fn hint_at_active(failure: Failure, arguments: &Run) -> Failure {
    let word = match arguments.request() {
        Some(word) if matches!(parse(word), Ok(Request::Name(_)) | Err(_)) => word,
        _ => return failure,
    };
    let start = paste!["ftpy", "run", "--", word];
    let words = arguments.command.iter();
    let words = words.map(|word| paste![word.display()]);
    let line: Vec<String> = [start].into_iter().chain(words).collect();
    let line = line.join(" ");
    failure.hint(format!("`{line}` runs it with the active Python"))
}

/// PATH with these directories before the person's.
///
/// # Errors
/// Returns an error if one of them contains a colon.
pub(crate) fn first_on_path(bins: &[PathBuf], path: &OsStr) -> Result<OsString> {
    // An empty PATH has one empty part, which shells take for the current directory. Other empty
    // parts are kept: they are the user's choice, and ftpy searches only absolute directories.
    let rest = std::env::split_paths(path).filter(|_| !path.is_empty());
    std::env::join_paths(bins.iter().cloned().chain(rest)).map_err(|_| {
        let bins: Vec<String> = bins.iter().map(|bin| bin.display().to_string()).collect();
        let message = format!(
            "{} cannot be on PATH: it contains a colon",
            bins.join(" or ")
        );
        Failure::new(Kind::System, message).hint("set FTPY_HOME to a directory without one")
    })
}

/// Returns whether every installation has this command: the interpreter, pip and the like.
fn is_of_python(program: &OsStr) -> bool {
    let Some(name) = program.to_str() else {
        return false;
    };
    ["python", "pip", "idle", "pydoc"].iter().any(|stem| {
        let rest = name
            .strip_prefix(stem)
            .map(|rest| rest.trim_end_matches("-config"));
        rest.is_some_and(|rest| {
            let rest = rest.trim_end_matches(['t', 'd']);
            rest.chars().all(|c| c.is_ascii_digit() || c == '.')
        })
    })
}

fn find(program: &OsStr, path: &OsStr) -> Option<PathBuf> {
    if Path::new(program).components().count() > 1 {
        return Some(PathBuf::from(program));
    }
    find_program(path, program.to_str()?)
}
