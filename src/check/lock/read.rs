//! Opens a file that lists packages, and reads it with the reader of its kind.

use crate::check::lock::choice::LockChoice;
use crate::check::lock::error::{Fault, LockError};
use crate::check::lock::format::LockFormat;
use crate::check::lock::lock_file::LockFile;
use crate::check::lock::source_text::SourceText;
use crate::check::lock::{conda, pdm, pipfile, poetry, pylock, requirements, uv};
use crate::error::IoFailure;
use crate::host::plain_file;
use std::path::Path;

/// The maximum size of a file: the largest locks of real projects have a few MB.
const LONGEST: usize = 64 << 20;

/// Reads a file that lists packages, without a project's extras and with its default groups.
/// `format` is needed only if its name does not tell its kind; `path` appears in locations and
/// errors as it is.
///
/// # Errors
/// Returns an error with file and line if it cannot be read.
pub fn read(path: &Path, format: Option<LockFormat>) -> Result<LockFile, LockError> {
    read_chosen(path, format, &LockChoice::default())
}

/// Reads requirements from a text that is not in a file. They have no locations.
///
/// # Errors
/// As [`read`].
pub fn read_requirements(text: &str) -> Result<LockFile, LockError> {
    let mut found = requirements::read(Path::new("-"), text, &text_of)?;
    found.requests.iter_mut().for_each(|it| it.location = None);
    let packages = found.dependencies.iter_mut();
    packages.for_each(|it| it.location = None);
    Ok(found)
}

/// Reads a file that lists packages, with these extras and groups.
///
/// # Errors
/// As [`read`], and if the project has no such extra or group.
pub fn read_chosen(
    path: &Path,
    format: Option<LockFormat>,
    choice: &LockChoice,
) -> Result<LockFile, LockError> {
    let format = format.or_else(|| LockFormat::of(path));
    let format = format.ok_or_else(|| LockError::Unknown(path.to_owned()))?;
    let text = text_of(path)?;
    let source = SourceText::new(path, &text);
    let read = match format {
        LockFormat::Uv => {
            let pyproject = text_of(&path.with_file_name("pyproject.toml")).ok();
            let pyproject = pyproject.and_then(|text| text.parse().ok());
            uv::read(&source, choice, pyproject.as_ref())
        }
        LockFormat::PyLock => pylock::read_source(&source),
        LockFormat::Poetry => poetry::read(&source),
        LockFormat::Pdm => pdm::read(&source),
        LockFormat::Pipfile => pipfile::read(&source),
        LockFormat::Pixi => conda::pixi(&source),
        LockFormat::CondaLock => conda::conda_lock(&source),
        LockFormat::Requirements => return requirements::read(path, &text, &text_of),
    };
    let mut found = read.map_err(|fault| fault.of(path))?;
    if let Some(what) = found.unknown_choice {
        let file = path.to_owned();
        return Err(LockError::NotInProject { file, what });
    }
    if format != LockFormat::Uv && *choice != LockChoice::default() {
        let note = "extras and groups cannot be chosen in this kind of file; all are checked";
        found.notes.push(note.to_owned());
    }
    Ok(found)
}

fn text_of(path: &Path) -> Result<String, LockError> {
    let bytes = plain_file::read(path).map_err(IoFailure::at("read", path))?;
    let refused = |reason: &str| {
        let fault = Fault {
            line: None,
            reason: reason.to_owned(),
        };
        fault.of(path)
    };
    if bytes.len() > LONGEST {
        return Err(refused("it is larger than 64 MiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| refused("it is not UTF-8"))?;
    // Some editors on Windows write a byte order mark.
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Ok(rest.to_owned()),
        None => Ok(text),
    }
}
