//! Why a shim starts nothing: one sentence and a hint.

use crate::installed::Installed;
use crate::key::Key;
use crate::link_name::LinkName;
use crate::name::{Name, Tool};
use crate::parse::ParseError;
use crate::paste;
use crate::pin::{self, BadLine, PinError, WRITTEN};
use crate::pin_link;
use crate::provider_name::ProviderName;
use crate::reason::Reason;
use crate::request::{BuildRequest, Request};
use crate::secret;
use crate::system_error::text_of;
use crate::text_file::{Unreadable, printable, printable_path};
use std::fmt;
use std::path::{Path, PathBuf};

/// A decision that failed. Its `Display` is the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Lower case, no full stop.
    pub message: String,
    /// What to do next.
    pub hints: Vec<String>,
    /// The request to install, if it is not installed.
    pub missing: Option<String>,
    /// Where that request came from.
    pub asked_by: String,
    /// What is at fault.
    pub fault: Fault,
}

/// What is at fault when nothing is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request itself: it is invalid.
    Text,
    /// Whatever is installed, linked or on PATH.
    Missing,
    /// The machine: for example a file that this user may not read.
    Machine,
}

impl Refusal {
    fn new(message: String, hints: Vec<String>) -> Self {
        Self {
            message,
            hints,
            missing: None,
            asked_by: String::new(),
            fault: Fault::Missing,
        }
    }

    fn fault(self, fault: Fault) -> Self {
        Self { fault, ..self }
    }

    fn usage(self) -> Self {
        self.fault(Fault::Text)
    }

    /// The request is valid, but no installation satisfies it.
    #[must_use]
    pub fn not_installed(
        name: &Name,
        request: &BuildRequest,
        reason: &Reason,
        all: &[Installed],
    ) -> Self {
        let asked = Request::Build(request.clone()).to_string();
        let message = match reason {
            Reason::Name => format!("{name}: {} is not installed", name.meaning.words()),
            _ => format!("{asked} is not installed (requested by {reason})"),
        };
        let mut hints = vec![format!(
            "run `{}` to install it",
            paste!["ftpy", "install", asked]
        )];
        let mut names: Vec<String> = all.iter().map(|one| one.key.build.name()).collect();
        names.dedup();
        if !names.is_empty() {
            hints.push(format!("installed: {}", names.join(", ")));
        }
        Self {
            missing: Some(asked),
            asked_by: reason.to_string(),
            ..Self::new(message, hints)
        }
    }

    /// No interpreter is linked under this name.
    #[must_use]
    pub fn not_linked(name: &LinkName, reason: Option<&Reason>) -> Self {
        let message = match reason {
            Some(reason) => {
                format!(
                    "`{name}` is neither a version nor a linked interpreter (requested by {reason})"
                )
            }
            None => format!("`{name}` is neither a version nor a linked interpreter"),
        };
        let link = format!("{} PATH", paste!["ftpy", "link", name]);
        let hints = vec![format!(
            "write a version as `3.14t`, or run `{link}` to link the interpreter at PATH"
        )];
        Self::new(message, hints)
    }

    /// The text is not a request.
    #[must_use]
    pub fn unreadable(reason: &Reason, error: &ParseError) -> Self {
        let nearest = &error.nearest;
        let hint = match reason {
            Reason::Argument => format!(
                "try `{}`; for a file whose name starts with +, write `./+...`",
                paste![format!("+{nearest}")]
            ),
            Reason::Variable => format!("try `FTPY_PYTHON={}`", paste![nearest]),
            Reason::Pin { file, line } => {
                format!("correct line {line} of {}", printable_path(file))
            }
            _ => format!(
                "run `{}` to set another default",
                paste!["ftpy", "default", nearest]
            ),
        };
        Self::new(format!("{reason}: {error}"), vec![hint]).usage()
    }

    /// A line of a version file is invalid. A command is suggested only if it fixes this line and
    /// keeps the others: `ftpy pin` writes the file in this directory and replaces the active
    /// version.
    fn bad_line(path: PathBuf, bad: &BadLine, is_here: bool) -> Self {
        let is_written = is_here && path.file_name().is_some_and(|name| name == WRITTEN);
        let nearest = &bad.error.nearest;
        let is_another = pin::is_link_to_another(&path).unwrap_or(false);
        let is_written = is_written && !is_another;
        let command = match (bad.is_first && is_written, bad.is_foreign) {
            (false, _) => None,
            (true, true) => Some(format!(
                "run `{}` to put a version of CPython before it",
                paste!["ftpy", "pin", nearest]
            )),
            (true, false) => Some(format!(
                "run `{}` to replace the line",
                paste!["ftpy", "pin", "--force", nearest]
            )),
        };
        let hint = command.unwrap_or_else(|| match bad.is_foreign {
            _ if is_another => {
                format!("run `{}` to remove the link", pin_link::without_link(&path))
            }
            true => format!(
                "add a version of CPython before it in {}",
                printable_path(&path)
            ),
            false => format!("correct line {} of {}", bad.line, printable_path(&path)),
        });
        let line = bad.line;
        let reason = Reason::Pin { file: path, line };
        Self::new(format!("{reason}: {}", bad.error), vec![hint]).usage()
    }

    /// The request makes no sense in this place.
    #[must_use]
    pub fn not_a_request(reason: &Reason, text: &str, problem: &str) -> Self {
        let text = secret::shown(text);
        let text: String = text.chars().take(60).flat_map(char::escape_debug).collect();
        let message = format!("{reason}: `{text}` cannot be used: {problem}");
        Self::new(message, Vec::new()).usage()
    }

    /// The version file cannot be read.
    fn unreadable_file(unreadable: &Unreadable) -> Self {
        let (hint, fault) = match unreadable.is_denied {
            true => (
                "ask its owner to make it readable; ftpy never ignores a version file",
                Fault::Machine,
            ),
            false => (
                "rewrite or remove it; ftpy never ignores a version file",
                Fault::Text,
            ),
        };
        Self::new(
            format!("the version file {unreadable}"),
            vec![hint.to_owned()],
        )
        .fault(fault)
    }

    /// The settings cannot be read, so the default is unknown.
    pub(crate) fn unreadable_settings(unreadable: Unreadable) -> Self {
        let message = format!("settings: {unreadable}");
        let hint = "ask its owner to make it readable, or set FTPY_HOME to another store";
        Self::new(message, vec![hint.to_owned()]).fault(Fault::Machine)
    }

    /// The store cannot be read, so the installations are unknown.
    pub(crate) fn unreadable_store(name: &Name, unreadable: Unreadable) -> Self {
        let message = format!("{name}: {unreadable}");
        let hint = "ask its owner to make the store readable, or set FTPY_HOME to another store";
        Self::new(message, vec![hint.to_owned()]).fault(Fault::Machine)
    }

    /// The shim cannot find its store.
    #[must_use]
    pub fn no_store(name: &Name, reason: &str) -> Self {
        let hint = "set FTPY_HOME to the absolute path of the store, or unset it and use the \
                    shim in the store's shims/ directory";
        Self::new(format!("{name}: {reason}"), vec![hint.to_owned()]).fault(Fault::Machine)
    }

    /// The argument contradicts a versioned name.
    #[must_use]
    pub fn crossed(name: &Name, asked: &str) -> Self {
        let words = name.meaning.words();
        let asked: String = asked.chars().take(60).collect();
        let message = format!(
            "`{name}` always starts {words}, which does not match `+{}`",
            printable(&asked)
        );
        let hint = format!("use `{}`", paste!["python", format!("+{asked}")]);
        Self::new(message, vec![hint]).usage()
    }

    /// The installation does not have this tool.
    #[must_use]
    pub fn no_such_tool(name: &Name, installed: &Installed) -> Self {
        let key = &installed.key;
        let files = name.files(&key.build);
        let file = files.first().map_or("", String::as_str);
        let prefix = installed.prefix.display();
        let message = format!("{name}: {key} has no bin/{file} ({prefix})");
        let command = paste!["ftpy", "install", "--reinstall", key];
        let repair = format!("run `{command}` to restore its files");
        let hint = match name.tool {
            Tool::Pip => {
                let pip = paste!["ftpy", "run", key, "python", "-m", "ensurepip"];
                format!("run `{pip}` to install pip, or {repair}")
            }
            _ => repair,
        };
        Self::new(message, vec![hint])
    }

    /// The interpreter of an external installation no longer exists.
    #[must_use]
    pub fn gone(name: &Name, installed: &Installed, interpreter: &Path) -> Self {
        let (key, place) = (&installed.key, printable_path(interpreter));
        let message = format!("{name}: the interpreter of {key} is gone: {place}");
        Self::new(message, vec![renewal(key, MOVED)])
    }

    /// There is no request, or it is `system`, and PATH has no other program of this name.
    #[must_use]
    pub fn nothing_on_path(name: &Name, reason: &Reason) -> Self {
        let message = match reason {
            Reason::Path => format!(
                "{name}: no version is pinned here, no default is set, and there is no other \
                 {name} on PATH"
            ),
            _ => {
                format!("{name}: {reason} requests `system`, but there is no other {name} on PATH")
            }
        };
        let hint = match reason {
            Reason::Variable => "run `export FTPY_PYTHON=3.14t` to name a version",
            Reason::Pin { .. } => "run `ftpy pin 3.14t` to pin a version",
            _ => {
                "run `ftpy default 3.14t` to set a default, or `ftpy pin 3.14t` to pin this \
                 directory"
            }
        };
        Self::new(message, vec![hint.to_owned()])
    }

    /// The active virtual environment has lost its interpreter.
    #[must_use]
    pub fn broken_venv(name: &Name, venv: &Path) -> Self {
        let place = printable_path(venv);
        let message =
            format!("{name}: the interpreter of the active virtual environment {place} is gone");
        let doctor =
            "run `ftpy doctor` for the command that restores it, or `deactivate` to leave it";
        Self::new(message, vec![doctor.to_owned()])
    }

    /// A program on PATH keeps starting the shim.
    #[must_use]
    pub fn loops(name: &Name, program: &Path) -> Self {
        let message = format!(
            "{name}: {} keeps starting {name} with the same arguments",
            printable_path(program)
        );
        let hint = "run `ftpy default 3.14t` to use a Python that is not from PATH";
        Self::new(message, vec![hint.to_owned()])
    }

    /// The executable exists but cannot be started.
    #[must_use]
    pub fn not_started(executable: &Path, error: &std::io::Error) -> Self {
        let text = text_of(error).to_lowercase();
        let message = format!("failed to start {}: {text}", executable.display());
        Self::new(
            message,
            vec!["run `ftpy doctor` to find the cause".to_owned()],
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl From<PinError> for Refusal {
    fn from(error: PinError) -> Self {
        match error {
            PinError::BadLine { path, bad, is_here } => Self::bad_line(path, &bad, is_here),
            PinError::Unreadable(unreadable) => Self::unreadable_file(&unreadable),
        }
    }
}

/// The place of an interpreter for [`renewal`], if only the user knows where it is now.
pub const MOVED: &str = "PATH";

/// The commands that register an external interpreter again at `place`, or unregister it.
#[must_use]
pub fn renewal(key: &Key, place: &str) -> String {
    let forget = paste!["ftpy", "uninstall", key];
    let (renew, what) = match (key.provider, &key.build_id) {
        (ProviderName::Link, Some(name)) => {
            let what = match place == MOVED {
                true => "link it at its new path",
                false => "link what it is now",
            };
            (paste!["ftpy", "link", name, place], what)
        }
        (ProviderName::Distro, _) => {
            let (major, minor) = key.build.version.series();
            let request = format!("distro:{major}.{minor}{}", key.build.abi);
            (
                paste!["ftpy", "install", request],
                "register the current one",
            )
        }
        _ => return format!("run `{forget}` to unregister it"),
    };
    format!("run `{renew}` to {what}, or `{forget}` to unregister it")
}

/// Quotes a request as a word of a command.
#[must_use]
pub fn quoted(request: &str) -> String {
    paste::word(request)
}
