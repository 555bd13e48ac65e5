//! The shim: decides which program to start, and becomes it. ftpy does the same if it was started
//! under the name of a shim.

use crate::broken_venv::broken_venv;
use crate::decide::{Decision, INHERITED, Surroundings, decide, settings_text};
use crate::follow;
use crate::name::{Name, Tool};
use crate::path::{find_program, holds_shims};
use crate::reason::Reason;
use crate::refusal::{Refusal, quoted};
use crate::root;
use crate::settings::{self, Setting};
use crate::shim_loops::{Generation, Start, is_interpreter};
use crate::text_file::printable;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The exit code of a shell for a command that was not found; shims use it, too.
pub const NOT_FOUND: u8 = 127;

/// `<process>:<path>:<path>`: the programs on PATH that this process already became, and that came
/// back. With the process id of a parent, the value is ignored.
const PASSED: &str = "FTPY_SHIM_PASSED";

/// The program on PATH last started by this process or an ancestor: a [`Generation`].
const GENERATION: &str = "FTPY_SHIM_GENERATION";

/// The name under which this process was started, if it is the name of a shim.
#[must_use]
pub fn own_name() -> Option<Name> {
    // The executable path is more reliable: argv[0] is whatever the parent passed.
    let file = std::env::current_exe().ok();
    let file = file.as_deref().and_then(name_of);
    file.or_else(|| name_of(Path::new(&std::env::args_os().next()?)))
}

/// The shim's name that a path ends with, in any case: on macOS `Python` also starts `python`.
fn name_of(path: &Path) -> Option<Name> {
    Name::of_file(path).or_else(|| {
        let name = path.file_name()?.to_str()?;
        Name::parse(&name.to_ascii_lowercase())
    })
}

/// Becomes the program that this process's name stands for. Returns the exit code, and only if
/// that fails.
#[must_use]
pub fn run() -> u8 {
    let Some(name) = own_name() else {
        say(
            "error: this shim of ftpy was started under an unknown name\n\
             hint: run `ftpy doctor --fix` to recreate the shims",
        );
        return NOT_FOUND;
    };
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let argument = arguments.first().and_then(|first| plus(first));
    if argument.is_some() {
        arguments.remove(0);
    }
    if argument.is_none()
        && let Some(venv) = variable("VIRTUAL_ENV")
        && let Some(path) = variable("PATH")
        && let Some(refusal) = broken_venv(&name, Path::new(&venv), &path)
    {
        return refuse(&refusal);
    }
    let refusal = match surroundings() {
        Ok(around) => match decide_and_start(&name, argument.as_deref(), &around, &arguments) {
            Some(refusal) => refusal,
            None => return NOT_FOUND,
        },
        Err(reason) => Refusal::no_store(&name, &reason),
    };
    refuse(&refusal)
}

fn refuse(refusal: &Refusal) -> u8 {
    let hints = refusal.hints.iter();
    let hints: String = hints.map(|hint| format!("\nhint: {hint}")).collect();
    say(&format!("error: {refusal}{hints}"));
    NOT_FOUND
}

/// Returns only if nothing was started: the reason, unless the installer already printed it.
fn decide_and_start(
    name: &Name,
    argument: Option<&OsStr>,
    around: &Surroundings,
    arguments: &[OsString],
) -> Option<Refusal> {
    Some(match decide(name, argument, around) {
        Ok(decision) => start(name, &decision, around, arguments),
        Err(refusal) => match auto_install(&refusal, around) {
            Some(true) => match decide(name, argument, around) {
                Ok(decision) => start(name, &decision, around, arguments),
                Err(refusal) => refusal,
            },
            Some(false) => return None,
            None => refusal,
        },
    })
}

/// The text after the `+` of a first argument.
fn plus(first: &OsStr) -> Option<OsString> {
    let rest = first.to_str()?.strip_prefix('+')?;
    (!rest.is_empty()).then(|| OsString::from(rest))
}

#[expect(clippy::disallowed_methods, reason = "the one reader in a shim")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "the one reader in a shim")]
fn surroundings() -> Result<Surroundings, String> {
    Ok(Surroundings {
        store: store()?,
        shared: root::shared(
            variable(root::SHARED).as_deref(),
            variable("HOME").as_deref(),
        ),
        directory: std::env::current_dir().ok(),
        variable: variable("FTPY_PYTHON"),
        inherited: variable(INHERITED),
        path: variable("PATH").unwrap_or_default(),
        passed: passed(),
    })
}

fn passed() -> Vec<PathBuf> {
    let text = variable(PASSED).and_then(|text| text.into_string().ok());
    let own = format!("{}:", std::process::id());
    let paths = text.as_deref().and_then(|text| text.strip_prefix(&own));
    paths.map_or_else(Vec::new, |paths| std::env::split_paths(paths).collect())
}

/// The store of a shim: FTPY_HOME, or the one whose directory it is in.
fn store() -> Result<PathBuf, String> {
    if let Some(value) = variable("FTPY_HOME") {
        let root = root::directory(&value, variable("HOME").as_deref());
        return root.map_err(|reason| format!("FTPY_HOME: {reason}"));
    }
    let own = std::env::current_exe()
        .map_err(|error| format!("this shim cannot determine its own location: {error}"))?;
    let shims = own.parent().filter(|shims| holds_shims(shims));
    let store = shims
        .and_then(Path::parent)
        .filter(|store| store.is_absolute());
    store.map(Path::to_owned).ok_or_else(|| {
        format!(
            "this shim cannot find its store: {} is not in a directory of shims",
            printable(&own.display().to_string())
        )
    })
}

/// Replaces this process. Returns only if that fails.
fn start(
    name: &Name,
    decision: &Decision,
    around: &Surroundings,
    arguments: &[OsString],
) -> Refusal {
    let followed = through_alias(name, decision, around, arguments);
    // Not `arg0`: an interpreter finds its library through argv[0], which must be its own path.
    let mut command = Command::new(followed.as_ref().unwrap_or(&decision.executable));
    command.args(decision.leading).args(arguments);
    // The user's request also applies to what the program starts, as with rustup.
    if let (Reason::Argument, Some(request)) = (&decision.reason, &decision.request) {
        command.env("FTPY_PYTHON", request.to_string());
    }
    if let Some(choice) = handed_down(decision) {
        command.env(INHERITED, choice);
    }
    if decision.installed.is_none()
        && let Err(refusal) = pass_on(name, decision, around, arguments, &mut command)
    {
        return refusal;
    }
    let error = become_it(&mut command);
    Refusal::not_started(&decision.executable, &error)
}

/// The interpreter by the path of its alias, if it creates an environment that may follow upgrades.
fn through_alias(
    name: &Name,
    decision: &Decision,
    around: &Surroundings,
    arguments: &[OsString],
) -> Option<PathBuf> {
    if name.tool != Tool::Python || !follow::makes_environment(arguments) {
        return None;
    }
    let installed = decision.installed.as_ref()?;
    let alias = follow::alias(&around.store, installed, decision.request.as_ref())?;
    let below = decision.executable.strip_prefix(&installed.prefix).ok()?;
    Some(alias.join(below))
}

/// What the program's children use where nothing is pinned. The default is not handed down: a
/// child reads it itself, also after it was changed.
fn handed_down(decision: &Decision) -> Option<&OsStr> {
    match (&decision.reason, &decision.installed) {
        (Reason::Default { .. } | Reason::Path | Reason::Inherited, _) => None,
        (_, Some(installed)) => installed.prefix.file_name(),
        (_, None) => Some(OsStr::new("system")),
    }
}

/// Records a program on PATH, so that the shim recognises it if the program starts it again.
fn pass_on(
    name: &Name,
    decision: &Decision,
    around: &Surroundings,
    arguments: &[OsString],
    command: &mut Command,
) -> Result<(), Refusal> {
    let program = &decision.executable;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let start = Start {
        program,
        arguments,
        directory: around.directory.as_deref(),
        now: now.map_or(0, |now| now.as_secs()),
    };
    let earlier = variable(GENERATION);
    let earlier = earlier.as_deref().and_then(OsStr::to_str);
    let earlier = earlier.and_then(Generation::parse);
    let generation = Generation::of(&start, std::env::vars_os(), earlier);
    if generation.is_loop() {
        return Err(Refusal::loops(name, program));
    }
    command.env(GENERATION, generation.to_string());
    if is_interpreter(program) {
        command.env_remove(PASSED);
        return Ok(());
    }
    let passed = around.passed.iter().chain([program]);
    if let Ok(paths) = std::env::join_paths(passed) {
        let mut text = OsString::from(format!("{}:", std::process::id()));
        text.push(paths);
        command.env(PASSED, text);
    }
    Ok(())
}

#[cfg(unix)]
fn become_it(command: &mut Command) -> std::io::Error {
    std::os::unix::process::CommandExt::exec(command)
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> std::io::Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

/// Installs a missing version, if the user enabled that: whether it succeeded, or `None` if it
/// was not tried.
fn auto_install(refusal: &Refusal, around: &Surroundings) -> Option<bool> {
    let request = refusal.missing.as_ref()?;
    let asked = variable("FTPY_AUTO_INSTALL");
    let (is_on, off) = match asked
        .as_deref()
        .and_then(OsStr::to_str)
        .map(settings::truth)
    {
        Some(truth) => (truth.unwrap_or(false), "set FTPY_AUTO_INSTALL=0"),
        None => {
            let text = settings_text(&around.store).ok()??;
            let (value, _) = settings::find(&text, Setting::AutoInstall)?;
            (
                settings::truth(value).unwrap_or(false),
                "run `ftpy config set auto-install false`",
            )
        }
    };
    if !is_on {
        return None;
    }
    let ftpy = find_program(&around.path, "ftpy").or_else(|| {
        let recorded = around.store.join("shims/.ftpy");
        recorded.exists().then_some(recorded)
    })?;
    let by = &refusal.asked_by;
    say(&format!(
        "ftpy: installing {}, requested by {by} ({off} to turn this off)",
        quoted(request)
    ));
    let mut command = Command::new(ftpy);
    command
        .args(["install", "--quiet", request])
        .env("FTPY_HOME", &around.store)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null());
    Some(command.status().is_ok_and(|status| status.success()))
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
