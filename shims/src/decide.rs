//! Which executable a name stands for, here and now, and why: the one decision that the shims,
//! `ftpy which`, `ftpy show` and `ftpy run` share.
//!
//! A versioned name never changes its meaning; a pin may pick its patch. A bare name asks, in
//! this order: `+REQUEST` as first argument, `FTPY_PYTHON`, the nearest version file, the
//! default. Where none of them says anything, it is the next program of that name on PATH. What
//! does say something and cannot be met is a [`Refusal`]: nothing is ever started instead.

use crate::file::Unreadable;
use crate::host;
use crate::installed::{self, Installed};
use crate::link_name::LinkName;
use crate::name::{Name, Tool};
use crate::parse::parse;
use crate::path::find_beyond_shims;
use crate::pin::{self, PinFile};
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::request::{BuildRequest, Request};
use crate::settings::{self, Setting};
use crate::target::Target;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

pub use crate::settings::{config_file, settings_text};

/// What a decision depends on, beside the name.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The store.
    pub store: PathBuf,
    /// The current directory; `None` where it is gone, and then nothing is pinned.
    pub directory: Option<PathBuf>,
    /// `FTPY_PYTHON`, unless empty.
    pub variable: Option<OsString>,
    /// `PATH`
    pub path: OsString,
    /// Programs of PATH that led this very process back to the shim.
    pub passed: Vec<PathBuf>,
}

/// What is asked for here, before it is known whether it is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The request.
    pub request: Request,
    /// Where it came from.
    pub reason: Reason,
}

/// What is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The file, by its real absolute path.
    pub executable: PathBuf,
    /// Arguments that come before the person's: `-m pip` where pip has no program of its own.
    pub leading: &'static [&'static str],
    /// The installation that it is of; `None` for the next one on PATH.
    pub installed: Option<Installed>,
    /// What was asked for; `None` where nothing was.
    pub request: Option<Request>,
    /// Why.
    pub reason: Reason,
}

/// Decides what `name` starts. `argument` is the text behind the `+`.
///
/// # Errors
/// Where what is asked for is no request, is not installed, or cannot be this name's meaning.
pub fn decide(
    name: &Name,
    argument: Option<&OsStr>,
    around: &Surroundings,
) -> Result<Decision, Refusal> {
    let choice = match name.request() {
        None => active(argument, around)?,
        Some(own) => Some(versioned(name, own, argument, around)?),
    };
    let Some(Choice { request, reason }) = choice else {
        return next_on_path(name, None, Reason::Path, around);
    };
    match request {
        Request::Build(build) => installed_one(name, build, reason, around),
        Request::Name(linked) => linked_one(name, linked, reason, around),
        Request::System => next_on_path(name, Some(Request::System), reason, around),
        Request::Archive(_) => Err(Refusal::not_a_request(
            &reason,
            &request.to_string(),
            "an archive is installed, not started",
        )),
    }
}

/// What is asked for in these surroundings, the nearest first; `None` where nothing is.
///
/// # Errors
/// Where the first that says something cannot be understood.
pub fn active(argument: Option<&OsStr>, around: &Surroundings) -> Result<Option<Choice>, Refusal> {
    if let Some(choice) = from_words(argument, around)? {
        return Ok(Some(choice));
    }
    if let Some(file) = pinned(around)? {
        return Ok(choices(file).into_iter().next());
    }
    default(around)
}

/// The default, if one is set.
///
/// # Errors
/// Where the settings cannot be read, or the default is not a request.
pub fn default(around: &Surroundings) -> Result<Option<Choice>, Refusal> {
    let Some(text) = settings_text(&around.store).map_err(Refusal::unreadable_settings)? else {
        return Ok(None);
    };
    let Some((value, line)) = settings::find(&text, Setting::Default) else {
        return Ok(None);
    };
    let file = config_file(&around.store);
    read(value, Reason::Default { file, line }).map(Some)
}

/// What is on the command line or in the environment.
fn from_words(argument: Option<&OsStr>, around: &Surroundings) -> Result<Option<Choice>, Refusal> {
    let (text, reason) = match (argument, &around.variable) {
        (Some(argument), _) => (argument, Reason::Argument),
        (None, Some(variable)) => (variable.as_os_str(), Reason::Variable),
        (None, None) => return Ok(None),
    };
    match text.to_str() {
        Some(text) => read(text, reason).map(Some),
        None => Err(Refusal::not_a_request(
            &reason,
            &text.to_string_lossy(),
            "it is not UTF-8",
        )),
    }
}

fn read(text: &str, reason: Reason) -> Result<Choice, Refusal> {
    match parse(text) {
        Ok(request) => Ok(Choice { request, reason }),
        Err(error) => Err(Refusal::unreadable(&reason, &error)),
    }
}

fn pinned(around: &Surroundings) -> Result<Option<PinFile>, Refusal> {
    let Some(directory) = &around.directory else {
        return Ok(None);
    };
    pin::nearest(directory).map_err(Refusal::from)
}

fn choices(file: PinFile) -> Vec<Choice> {
    let PinFile { path, pins, .. } = file;
    let choice = |pin: pin::Pin| Choice {
        request: pin.request,
        reason: Reason::Pin {
            file: path.clone(),
            line: pin.line,
        },
    };
    pins.into_iter().map(choice).collect()
}

/// A versioned name means what it says. An argument must agree with it; the variable and the
/// pins narrow it where they agree, and are not about it where they do not. For the same reason
/// a version file that cannot be used does not stand in its way.
fn versioned(
    name: &Name,
    own: BuildRequest,
    argument: Option<&OsStr>,
    around: &Surroundings,
) -> Result<Choice, Refusal> {
    let agrees = |choice: &Choice| match &choice.request {
        Request::Build(request) => name.agrees_with(request),
        Request::Name(linked) => linked_build(linked, around)
            .is_ok_and(|found| found.is_some_and(|one| name.may_start(&one.key.build))),
        Request::System | Request::Archive(_) => false,
    };
    if argument.is_some() {
        let choice = from_words(argument, around)?;
        return choice.filter(agrees).ok_or_else(|| {
            let asked = argument.unwrap_or_default().to_string_lossy();
            Refusal::crossed(name, &asked)
        });
    }
    let variable = from_words(None, around).ok().flatten();
    let pins = || -> Vec<Choice> {
        match pinned(around) {
            Ok(Some(file)) => choices(file),
            Ok(None) | Err(_) => Vec::new(),
        }
    };
    // The variable stands above the pins, also where it is about other versions than the name.
    let narrowed = match variable {
        Some(choice) => Some(choice).filter(agrees),
        None => pins().into_iter().find(agrees),
    };
    Ok(narrowed.unwrap_or(Choice {
        request: Request::Build(own),
        reason: Reason::Name,
    }))
}

fn installed_one(
    name: &Name,
    request: BuildRequest,
    reason: Reason,
    around: &Surroundings,
) -> Result<Decision, Refusal> {
    // What the host is costs reading a program; it matters only where a platform is named.
    let host = match request.target.is_open() {
        true => Target::new("", "", ""),
        false => host::detect(),
    };
    let all = installed::read(&around.store, &host)
        .map_err(|unreadable| Refusal::unreadable_store(name, unreadable))?;
    let found = installed::matching(&all, &request, &host)
        .into_iter()
        .find(|installed| name.may_start(&installed.key.build));
    let Some(installed) = found else {
        return Err(Refusal::not_installed(name, &request, &reason, &all));
    };
    started(name, installed, Request::Build(request), reason)
}

/// The interpreter that `ftpy link` gave a name.
fn linked_one(
    name: &Name,
    linked: LinkName,
    reason: Reason,
    around: &Surroundings,
) -> Result<Decision, Refusal> {
    let found = linked_build(&linked, around)
        .map_err(|unreadable| Refusal::unreadable_store(name, unreadable))?;
    match found {
        Some(installed) => started(name, installed, Request::Name(linked), reason),
        None => Err(Refusal::not_linked(&linked, Some(&reason))),
    }
}

fn linked_build(linked: &LinkName, around: &Surroundings) -> Result<Option<Installed>, Unreadable> {
    // What is linked runs here: the host is not asked what it is.
    let host = Target::new("", "", "");
    let all = installed::read(&around.store, &host)?;
    Ok(installed::named(&all, linked).cloned())
}

fn started(
    name: &Name,
    installed: Installed,
    request: Request,
    reason: Reason,
) -> Result<Decision, Refusal> {
    match program(name, &installed) {
        Some((executable, leading)) => Ok(Decision {
            executable,
            leading,
            installed: Some(installed),
            request: Some(request),
            reason,
        }),
        None => Err(match hidden(&installed) {
            Some(unreadable) => Refusal::unreadable_store(name, unreadable),
            None => Refusal::no_such_tool(name, &installed),
        }),
    }
}

/// Why the files of an installation cannot be seen, where that is the reason that one is missed.
fn hidden(installed: &Installed) -> Option<Unreadable> {
    let places = [
        installed.prefix.join("bin"),
        installed.prefix.join(installed::EXTERNAL),
    ];
    places.iter().find_map(|place| {
        let error = match place.metadata() {
            Ok(metadata) if metadata.is_dir() => std::fs::read_dir(place).err()?,
            Ok(_) => std::fs::File::open(place).err()?,
            Err(error) => error,
        };
        let is_denied = error.kind() == std::io::ErrorKind::PermissionDenied;
        is_denied.then(|| Unreadable::new(place, &error))
    })
}

/// What `-P -m` does, for a Python that has no `-P`. sys is built in: nothing is looked for before
/// the current directory is taken off.
macro_rules! before_p {
    ($module:literal) => {
        concat!(
            "import sys; del sys.path[:1]; import runpy; runpy.run_module(\"",
            $module,
            "\", run_name=\"__main__\", alter_sys=True)"
        )
    };
}

/// The file that is this tool of an installation, and the arguments that make it so.
fn program(name: &Name, installed: &Installed) -> Option<(PathBuf, &'static [&'static str])> {
    let interpreter = installed.interpreter()?;
    if name.tool == Tool::Python {
        return interpreter.exists().then_some((interpreter, &[]));
    }
    // Beside an interpreter that is not alone in its directory, `pip3.14` may be another one's.
    if installed.key.provider.is_external() {
        let module = as_module(name.tool, installed.key.build.version.series());
        if !module.is_empty() {
            return Some((interpreter, module));
        }
    }
    let bin = interpreter.parent()?;
    let files = name.files(&installed.key.build);
    let mut there = files.iter().map(|file| bin.join(file));
    Some((there.find(|file| file.exists())?, &[]))
}

/// The arguments that make a tool of an interpreter of this series; none where it has no module.
///
/// `-m` alone looks in the current directory first, and starts whatever `pip.py` is there.
#[must_use]
pub fn as_module(tool: Tool, series: (u16, u16)) -> &'static [&'static str] {
    // -P is as old as 3.11.
    match (tool, series >= (3, 11)) {
        (Tool::Pip, true) => &["-P", "-m", "pip"],
        (Tool::Idle, true) => &["-P", "-m", "idlelib"],
        (Tool::Pydoc, true) => &["-P", "-m", "pydoc"],
        (Tool::Pip, false) => &["-c", before_p!("pip")],
        (Tool::Idle, false) => &["-c", before_p!("idlelib")],
        (Tool::Pydoc, false) => &["-c", before_p!("pydoc")],
        (Tool::Python | Tool::Config, _) => &[],
    }
}

fn next_on_path(
    name: &Name,
    request: Option<Request>,
    reason: Reason,
    around: &Surroundings,
) -> Result<Decision, Refusal> {
    match find_beyond_shims(&around.path, &name.to_string(), &around.passed) {
        Some(executable) => Ok(Decision {
            executable,
            leading: &[],
            installed: None,
            request,
            reason,
        }),
        None => Err(Refusal::nothing_on_path(name, &reason)),
    }
}
