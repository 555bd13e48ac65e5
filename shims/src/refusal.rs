//! Why nothing is started: one sentence, and the next command.

use crate::decide::Reason;
use crate::installed::Installed;
use crate::name::Name;
use crate::parse::ParseError;
use crate::request::{BuildRequest, Request};
use std::fmt;
use std::path::Path;

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
    /// Whether the text was at fault, rather than what is installed.
    pub is_usage: bool,
}

impl Refusal {
    fn new(message: String, hints: Vec<String>) -> Self {
        Self {
            message,
            hints,
            missing: None,
            asked_by: String::new(),
            is_usage: false,
        }
    }

    fn usage(self) -> Self {
        Self {
            is_usage: true,
            ..self
        }
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
        let mut hints = vec![format!("install it with `ftpy install {}`", quoted(&asked))];
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

    /// A text that is no request.
    #[must_use]
    pub fn unreadable(reason: &Reason, error: &ParseError) -> Self {
        let hint = match reason {
            Reason::Argument => format!(
                "try `+{}`; a file whose name begins with + is `./+...`",
                error.nearest
            ),
            Reason::Variable => format!("try FTPY_PYTHON={}", error.nearest),
            Reason::Pin { file, .. } => format!(
                "`ftpy pin --force {}` writes {}",
                error.nearest,
                file.file_name().unwrap_or_default().to_string_lossy()
            ),
            _ => format!("`ftpy default {}` sets another one", error.nearest),
        };
        Self::new(format!("{reason}: {error}"), vec![hint]).usage()
    }

    /// A request that makes no sense where it stands.
    #[must_use]
    pub fn not_a_request(reason: &Reason, text: &str, problem: &str) -> Self {
        let text: String = text.chars().take(60).flat_map(char::escape_debug).collect();
        let message = format!("{reason}: `{text}` cannot be used: {problem}");
        Self::new(message, Vec::new()).usage()
    }

    /// A version file that cannot be read.
    #[must_use]
    pub fn unreadable_file(path: &Path, reason: &str) -> Self {
        let message = format!(
            "the version file {} cannot be read: {reason}",
            path.display()
        );
        let hint = "write it again, or remove it: it is never passed over in silence";
        Self::new(message, vec![hint.to_owned()]).usage()
    }

    /// A versioned name with an argument for another build.
    #[must_use]
    pub fn crossed(name: &Name, asked: &str) -> Self {
        let words = name.meaning.words();
        let message = format!("{name} is always {words}; `+{asked}` is not");
        let hint = format!("use `python +{asked}`");
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
        let heal = format!("`ftpy install --reinstall {key}` puts its files back");
        let hint = match name.tool {
            crate::name::Tool::Pip => {
                format!("`ftpy run {key} python -m ensurepip` gives it pip, or {heal}")
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

    /// A program on PATH that leads back to the shim.
    #[must_use]
    pub fn loops(name: &str, depth: u32) -> Self {
        let message =
            format!("{name}: what PATH has under this name starts the shim again ({depth} times)");
        let hint = "`ftpy which --explain` shows which file that is; set a default with \
                    `ftpy default 3.14t`";
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

/// A request as it has to be typed: `>` would make a shell write a file.
#[must_use]
pub fn quoted(request: &str) -> String {
    if request.contains(['<', '>', '!', '*', '~', ' ']) {
        format!("\"{request}\"")
    } else {
        request.to_owned()
    }
}
