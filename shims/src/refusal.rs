//! Why nothing is started: one sentence, and the next command.

use crate::file::{Unreadable, printable, printable_path};
use crate::installed::Installed;
use crate::link_name::LinkName;
use crate::name::{Name, Tool};
use crate::parse::ParseError;
use crate::paste;
use crate::pin::{self, BadLine, PinError, WRITTEN};
use crate::reason::Reason;
use crate::request::{BuildRequest, Request};
use crate::secret;
use std::fmt;
use std::path::{Path, PathBuf};

/// A decision that could not be made. Its `Display` is the sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Lower case, no full stop; names the thing and the place.
    pub message: String,
    /// What to do.
    pub hints: Vec<String>,
    /// The request that would have to be installed, where that is what is missing.
    pub missing: Option<String>,
    /// Who asked for it.
    pub asked_by: String,
    /// What is at fault.
    pub fault: Fault,
}

/// What is at fault where nothing is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The text that asks for it: a request that is none.
    Text,
    /// What is installed, linked or on PATH.
    Missing,
    /// The machine: a file that this user may not read.
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

    /// The request is well formed, and nothing installed meets it.
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
            _ => format!("{asked} is not installed; {reason} asks for it"),
        };
        let mut hints = vec![format!(
            "install it with `{}`",
            paste!["ftpy", "install", asked]
        )];
        let mut names: Vec<String> = all.iter().map(|one| one.key.build.name()).collect();
        names.dedup();
        if !names.is_empty() {
            hints.push(format!("installed are {}", names.join(", ")));
        }
        Self {
            missing: Some(asked),
            asked_by: reason.to_string(),
            ..Self::new(message, hints)
        }
    }

    /// A name that `ftpy link` did not give on this machine.
    #[must_use]
    pub fn not_linked(name: &LinkName, reason: Option<&Reason>) -> Self {
        let message = match reason {
            Some(reason) => {
                format!("{reason} asks for `{name}`, and no interpreter is linked under this name")
            }
            None => format!("no interpreter is linked under the name `{name}`"),
        };
        let link = format!("{} PATH", paste!["ftpy", "link", name]);
        let hints = vec![format!(
            "`{link}` links the interpreter at PATH; a version is written as `3.14t`"
        )];
        Self::new(message, hints)
    }

    /// A text that is not a request.
    #[must_use]
    pub fn unreadable(reason: &Reason, error: &ParseError) -> Self {
        let nearest = &error.nearest;
        let hint = match reason {
            Reason::Argument => format!(
                "try `{}`; a file whose name begins with + is `./+...`",
                paste![format!("+{nearest}")]
            ),
            Reason::Variable => format!("try `FTPY_PYTHON={}`", paste![nearest]),
            Reason::Pin { file, line } => {
                format!("correct line {line} of {}", printable_path(file))
            }
            _ => format!("`{}` sets another one", paste!["ftpy", "default", nearest]),
        };
        Self::new(format!("{reason}: {error}"), vec![hint]).usage()
    }

    /// A line of a version file. A command is offered only where it mends this line and leaves
    /// the others: `ftpy pin` writes one file, here, and replaces the active version.
    fn bad_line(path: PathBuf, bad: &BadLine, is_here: bool) -> Self {
        let is_written = is_here && path.file_name().is_some_and(|name| name == WRITTEN);
        let nearest = &bad.error.nearest;
        let is_another = pin::is_link_to_another(&path);
        let is_written = is_written && !is_another;
        let command = match (bad.is_first && is_written, bad.is_foreign) {
            (false, _) => None,
            (true, true) => Some(format!(
                "`{}` puts a version of CPython before it",
                paste!["ftpy", "pin", nearest]
            )),
            (true, false) => Some(format!(
                "`{}` replaces the line",
                paste!["ftpy", "pin", "--force", nearest]
            )),
        };
        let hint = command.unwrap_or_else(|| match bad.is_foreign {
            _ if is_another => format!("`{}` removes the link", pin::without_link(&path)),
            true => format!(
                "put a version of CPython before it in {}",
                printable_path(&path)
            ),
            false => format!("correct line {} of {}", bad.line, printable_path(&path)),
        });
        let line = bad.line;
        let reason = Reason::Pin { file: path, line };
        Self::new(format!("{reason}: {}", bad.error), vec![hint]).usage()
    }

    /// A request that makes no sense where it stands.
    #[must_use]
    pub fn not_a_request(reason: &Reason, text: &str, problem: &str) -> Self {
        let text = secret::shown(text);
        let text: String = text.chars().take(60).flat_map(char::escape_debug).collect();
        let message = format!("{reason}: `{text}` cannot be used: {problem}");
        Self::new(message, Vec::new()).usage()
    }

    /// A version file that cannot be read.
    fn unreadable_file(unreadable: &Unreadable) -> Self {
        let (hint, fault) = match unreadable.is_denied {
            true => (
                "have its owner make it readable: a version file is never passed over",
                Fault::Machine,
            ),
            false => (
                "write it again, or remove it: a version file is never passed over",
                Fault::Text,
            ),
        };
        Self::new(
            format!("the version file {unreadable}"),
            vec![hint.to_owned()],
        )
        .fault(fault)
    }

    /// Settings that cannot be read: whether there is a default is not known.
    pub(crate) fn unreadable_settings(unreadable: Unreadable) -> Self {
        let message = format!("the settings in {unreadable}");
        let hint = "have its owner make it readable, or set FTPY_HOME to a store of your own";
        Self::new(message, vec![hint.to_owned()]).fault(Fault::Machine)
    }

    /// A store that cannot be read: what is installed is not known.
    pub(crate) fn unreadable_store(name: &Name, unreadable: Unreadable) -> Self {
        let message = format!("{name}: {unreadable}");
        let hint = "have its owner make the store readable, or set FTPY_HOME to one of your own";
        Self::new(message, vec![hint.to_owned()]).fault(Fault::Machine)
    }

    /// A shim that does not know which store it is of.
    #[must_use]
    pub fn no_store(name: &Name, reason: &str) -> Self {
        let hint = "set FTPY_HOME to the absolute path of the store, or unset it and start the \
                    shim that is in the store's shims/";
        Self::new(format!("{name}: {reason}"), vec![hint.to_owned()]).fault(Fault::Machine)
    }

    /// A versioned name with an argument for another build.
    #[must_use]
    pub fn crossed(name: &Name, asked: &str) -> Self {
        let words = name.meaning.words();
        let asked: String = asked.chars().take(60).collect();
        let message = format!("{name} is always {words}; `+{}` is not", printable(&asked));
        let hint = format!("use `{}`", paste!["python", format!("+{asked}")]);
        Self::new(message, vec![hint]).usage()
    }

    /// An installation without this tool.
    #[must_use]
    pub fn no_such_tool(name: &Name, installed: &Installed) -> Self {
        let key = &installed.key;
        let files = name.files(&key.build);
        let file = files.first().map_or("", String::as_str);
        let prefix = installed.prefix.display();
        let message = format!("{name}: {key} has no bin/{file} ({prefix})");
        let command = paste!["ftpy", "install", "--reinstall", key];
        let heal = format!("`{command}` puts its files back");
        let hint = match name.tool {
            Tool::Pip => {
                let pip = paste!["ftpy", "run", key, "python", "-m", "ensurepip"];
                format!("`{pip}` gives it pip, or {heal}")
            }
            _ => heal,
        };
        Self::new(message, vec![hint])
    }

    /// Nothing is asked for, or `system` is, and PATH has no other program of this name.
    #[must_use]
    pub fn nothing_on_path(name: &Name, reason: &Reason) -> Self {
        let message = match reason {
            Reason::Path => format!(
                "{name}: nothing is pinned here, no default is set, and there is no other \
                 {name} on PATH"
            ),
            _ => format!("{name}: {reason} asks for the system's, and there is none on PATH"),
        };
        let hints = vec![
            "`ftpy pin 3.14t` pins this directory, `ftpy default 3.14t` sets what counts elsewhere"
                .to_owned(),
        ];
        Self::new(message, hints)
    }

    /// A program on PATH that starts the shim again, and gets nowhere.
    #[must_use]
    pub fn loops(name: &Name, program: &Path) -> Self {
        let message = format!(
            "{name}: {} starts {name} again and again, with the same arguments",
            printable_path(program)
        );
        let hint = "`ftpy default 3.14t` sets a Python that does not come from PATH";
        Self::new(message, vec![hint.to_owned()])
    }

    /// The file is there and does not start.
    #[must_use]
    pub fn not_started(executable: &Path, error: &std::io::Error) -> Self {
        let text = error.to_string();
        let text = text
            .split(" (os error")
            .next()
            .unwrap_or(&text)
            .to_lowercase();
        let message = format!("{} cannot be started: {text}", executable.display());
        Self::new(
            message,
            vec!["`ftpy doctor` looks for the cause".to_owned()],
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

/// A request as a word of a command.
#[must_use]
pub fn quoted(request: &str) -> String {
    paste::word(request)
}
