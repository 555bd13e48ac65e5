//! Decides which executable a name stands for, and why. The shims, `ftpy which`, `ftpy show` and
//! `ftpy run` share this decision.
//!
//! A versioned name never changes its meaning, although a pin may choose its patch version. A
//! bare name is resolved from, in this order: `+REQUEST` as the first argument, `FTPY_PYTHON`, the
//! nearest version file, the choice of a parent process, the default, the default of the machine. If
//! none of them is set, it is the next program of that name on PATH. If one is set but cannot be satisfied, the result is a
//! [`Refusal`]: ftpy never starts a different interpreter instead. Only the choice of a parent
//! process, which the user did not write, is skipped if it is not installed.

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
use crate::text_file::Unreadable;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

pub use crate::as_module::as_module;
pub use crate::settings::{MACHINE_CONFIG, config_file, settings_text};

/// The variable in which a shim hands its choice down to the programs that it starts: the name of an
/// installation, or `system`. A build tool that starts `python3` in a temporary directory, outside
/// the project, therefore gets the project's Python.
pub const INHERITED: &str = "FTPY_SHIM_CHOICE";

/// The inputs of a decision, apart from the name.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The store.
    pub store: PathBuf,
    /// Shared stores, which are searched after that one.
    pub shared: Vec<PathBuf>,
    /// The current directory; `None` if it no longer exists, in which case no pin applies.
    pub directory: Option<PathBuf>,
    /// `FTPY_PYTHON`, unless empty.
    pub variable: Option<OsString>,
    /// [`INHERITED`], unless empty: what the shim that started an ancestor chose.
    pub inherited: Option<OsString>,
    /// `PATH`
    pub path: OsString,
    /// Programs on PATH that led this same process back to the shim.
    pub passed: Vec<PathBuf>,
}

/// The request in effect here, before looking at what is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The request.
    pub request: Request,
    /// Where it came from.
    pub reason: Reason,
}

/// The program to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The executable, as a resolved absolute path.
    pub executable: PathBuf,
    /// Arguments inserted before the user's: `-m pip` if pip has no executable of its own.
    pub leading: &'static [&'static str],
    /// The installation it belongs to; `None` for the next one on PATH.
    pub installed: Option<Installed>,
    /// The request; `None` if there was none.
    pub request: Option<Request>,
    /// Where the request came from.
    pub reason: Reason,
}

/// Decides what `name` starts. `argument` is the text after the `+`.
///
/// # Errors
/// Returns an error if the request is invalid, is not installed, or contradicts the name.
pub fn decide(
    name: &Name,
    argument: Option<&OsStr>,
    around: &Surroundings,
) -> Result<Decision, Refusal> {
    let choice = match name.request() {
        None => active(argument, around)?,
        Some(own) => Some(versioned(name, own, argument, around)?),
    };
    let choice = match choice {
        Some(choice) if choice.reason == Reason::Inherited => match fulfil(name, choice, around) {
            Ok(decision) => return Ok(decision),
            Err(_) => default(around)?,
        },
        choice => choice,
    };
    match choice {
        Some(choice) => fulfil(name, choice, around),
        None => next_on_path(name, None, Reason::Path, around),
    }
}

/// Returns the program that satisfies a choice.
///
/// # Errors
/// Returns an error if it is not installed.
pub fn fulfil(name: &Name, choice: Choice, around: &Surroundings) -> Result<Decision, Refusal> {
    let Choice { request, reason } = choice;
    match request {
        Request::Build(build) => installed_one(name, build, reason, around),
        Request::Name(linked) => linked_one(name, linked, reason, around),
        Request::System => next_on_path(name, Some(Request::System), reason, around),
        Request::Archive(_) => Err(Refusal::not_a_request(
            &reason,
            &request.to_string(),
            "archives can be installed but not started directly",
        )),
    }
}

/// The request in effect, the nearest source of requests first; `None` if there is none.
///
/// # Errors
/// Returns an error if the first one found cannot be parsed.
pub fn active(argument: Option<&OsStr>, around: &Surroundings) -> Result<Option<Choice>, Refusal> {
    if let Some(choice) = from_words(argument, around)? {
        return Ok(Some(choice));
    }
    if let Some(file) = pinned(around)? {
        return Ok(choices(file).into_iter().next());
    }
    match inherited(around) {
        Some(choice) => Ok(Some(choice)),
        None => default(around),
    }
}

/// The choice of the shim that started an ancestor of this process, if it is a request.
#[must_use]
pub fn inherited(around: &Surroundings) -> Option<Choice> {
    let request = parse(around.inherited.as_ref()?.to_str()?).ok()?;
    let is_usable = matches!(request, Request::Build(_) | Request::System);
    is_usable.then_some(Choice {
        request,
        reason: Reason::Inherited,
    })
}

/// The user's default, else the default of this machine.
///
/// # Errors
/// Returns an error if the settings cannot be read or the default is not a valid request.
pub fn default(around: &Surroundings) -> Result<Option<Choice>, Refusal> {
    match default_in(config_file(&around.store))? {
        Some(choice) => Ok(Some(choice)),
        None => default_in(PathBuf::from(MACHINE_CONFIG)),
    }
}

/// The default that a file of settings sets.
///
/// # Errors
/// Like [`default`].
pub fn default_in(file: PathBuf) -> Result<Option<Choice>, Refusal> {
    let Some(text) = settings::text_of(&file).map_err(Refusal::unreadable_settings)? else {
        return Ok(None);
    };
    let Some((value, line)) = settings::find(&text, Setting::Default) else {
        return Ok(None);
    };
    read(value, Reason::Default { file, line }).map(Some)
}

/// The request on the command line or in the environment.
///
/// # Errors
/// Returns an error if it is not a valid request.
pub fn from_words(
    argument: Option<&OsStr>,
    around: &Surroundings,
) -> Result<Option<Choice>, Refusal> {
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

/// Resolves a versioned name. The argument must agree with it. The variable and pins narrow it
/// if they agree and are ignored if they concern another version; for the same reason an invalid
/// version file is ignored, too.
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
    // The variable takes precedence over the pins, even if it names a different version.
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
    // Detecting the host means reading a program; it is only needed if a platform is named.
    let host = match request.target.is_open() {
        true => Target::new("", "", ""),
        false => host::detect(),
    };
    let all = installed::read_all(&around.store, &around.shared, &host)
        .map_err(|unreadable| Refusal::unreadable_store(name, unreadable))?;
    let found = installed::matching(&all, &request, &host)
        .into_iter()
        .find(|installed| name.may_start(&installed.key.build));
    let Some(installed) = found else {
        return Err(Refusal::not_installed(name, &request, &reason, &all));
    };
    started(name, installed, Request::Build(request), reason)
}

/// The interpreter that `ftpy link` registered under a name.
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
    // A linked interpreter runs on this machine, so the host is not detected.
    let all = installed::read_all(&around.store, &around.shared, &Target::new("", "", ""))?;
    Ok(installed::named(&all, linked).cloned())
}

fn started(
    name: &Name,
    installed: Installed,
    request: Request,
    reason: Reason,
) -> Result<Decision, Refusal> {
    if let Some(interpreter) = installed.gone() {
        return Err(Refusal::gone(name, &installed, &interpreter));
    }
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

/// Explains why the files of an installation cannot be seen, if that is why it was not found.
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

/// The executable of a tool in an installation, and the arguments to start it with.
fn program(name: &Name, installed: &Installed) -> Option<(PathBuf, &'static [&'static str])> {
    let interpreter = installed.interpreter()?;
    if name.tool == Tool::Python {
        return interpreter.exists().then_some((interpreter, &[]));
    }
    // Next to an interpreter that shares its directory with others, `pip3.14` may belong to
    // another.
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
