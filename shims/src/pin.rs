//! Parses version files. A pin is data and is never executed as a path.
//!
//! `.python-version` and `.python-versions` contain one request per line; `.tool-versions`
//! contains one tool per line, and its `python` line lists requests separated by spaces. The
//! files are UTF-8, with or without a byte order mark, with LF or CRLF, with or without a final
//! newline; `#` at the beginning of a line or after a space starts a comment.

use crate::link_name::is_foreign;
use crate::parse::{ParseError, parse};
use crate::pin_link::{PIN_FILES, leads_elsewhere};
use crate::request::Request;
use crate::secret::shown as without_secrets;
use crate::text_file::{self, Unreadable};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The file that `ftpy pin` writes.
pub const WRITTEN: &str = PIN_FILES[0];

/// The maximum size of a version file.
const LONGEST: u64 = 64 * 1024;

/// A request in a version file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The request: a build, `system` or the name of a linked interpreter.
    pub request: Request,
    /// Its line, counted from 1.
    pub line: usize,
}

/// A word about another implementation, or an environment of the tool that owns the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// `pypy3.11-7.3.19`
    pub text: String,
    /// Its line, counted from 1.
    pub line: usize,
}

/// An invalid line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Its line, counted from 1.
    pub line: usize,
    /// Whether it would be the active version, which `ftpy pin` replaces.
    pub is_first: bool,
    /// Whether it names another implementation; `ftpy pin` then inserts a line before it.
    pub is_foreign: bool,
    /// What is wrong with it, and the nearest valid form.
    pub error: ParseError,
}

/// A version file that names at least one version, or is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinFile {
    /// Its path.
    pub path: PathBuf,
    /// Its requests, the active one first.
    pub pins: Vec<Pin>,
    /// Words after a valid request that are not for ftpy: pyenv and asdf users keep such lists
    /// for tox.
    pub foreign: Vec<Foreign>,
}

/// Why the nearest version file cannot be used. ftpy never falls back to another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PinError {
    /// A line is not a request.
    BadLine {
        /// The file.
        path: PathBuf,
        /// The line.
        bad: BadLine,
        /// Whether the file is in the queried directory, where `ftpy pin` writes.
        is_here: bool,
    },
    /// The file cannot be read.
    Unreadable(Unreadable),
}

/// Finds the nearest version file from `directory` upwards; `None` if there is none.
///
/// A file that names no version (empty, or all comments) is skipped; an invalid line is an
/// error.
///
/// # Errors
/// Returns an error if the nearest file cannot be read or contains an invalid line.
pub fn nearest(directory: &Path) -> Result<Option<PinFile>, PinError> {
    for above in directory.ancestors() {
        for name in PIN_FILES {
            let path = above.join(name);
            let Some(text) = read(&path)? else {
                continue;
            };
            match PinFile::parse(path, &text) {
                Ok(file) if file.pins.is_empty() => {}
                Ok(file) => return Ok(Some(file)),
                Err(PinError::BadLine { path, bad, .. }) => {
                    let is_here = above == directory;
                    return Err(PinError::BadLine { path, bad, is_here });
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(None)
}

/// Reads a version file; `None` if it does not exist.
///
/// A directory that this user may not enter is skipped: services often start as another user
/// in such a directory.
///
/// # Errors
/// Returns an error if the path is not a text file of reasonable size.
pub fn read(path: &Path) -> Result<Option<String>, PinError> {
    let link = match path.symlink_metadata() {
        Ok(link) => link,
        Err(error) => {
            return match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied => {
                    Ok(None)
                }
                _ => Err(PinError::Unreadable(Unreadable::new(path, &error))),
            };
        }
    };
    let text = text_file::read_known(path, link, LONGEST).map_err(PinError::Unreadable)?;
    match text.contains('\0') {
        false => Ok(Some(text)),
        true => {
            let reason = "it is not a text file";
            Err(PinError::Unreadable(Unreadable::because(path, reason)))
        }
    }
}

impl PinFile {
    /// Parses the text of a version file.
    ///
    /// # Errors
    /// Returns an error if a line is invalid.
    pub fn parse(path: PathBuf, text: &str) -> Result<Self, PinError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (pins, foreign) = match all(&name, text) {
            Ok(found) => found,
            Err(mut bad) => {
                if leads_elsewhere(&path) {
                    hide(&mut bad.error);
                }
                let is_here = false;
                return Err(PinError::BadLine { path, bad, is_here });
            }
        };
        // A word that looks like a name may be a password, if a link leads to some other file.
        let is_name = |pin: &&Pin| matches!(pin.request, Request::Name(_));
        if let Some(pin) = pins.iter().find(is_name)
            && leads_elsewhere(&path)
        {
            let mut bad = BadLine {
                line: pin.line,
                is_first: false,
                is_foreign: false,
                error: refused("", ""),
            };
            hide(&mut bad.error);
            let is_here = false;
            return Err(PinError::BadLine { path, bad, is_here });
        }
        Ok(Self {
            path,
            pins,
            foreign,
        })
    }
}

/// Whether a version file is a link to a file that is not a version file by name or contents, and
/// so must not be written through the link.
///
/// # Errors
/// If the target cannot be read.
pub fn is_link_to_another(path: &Path) -> Result<bool, PinError> {
    if !leads_elsewhere(path) || !path.exists() {
        return Ok(false);
    }
    let text = read(path)?.unwrap_or_default();
    Ok(match PinFile::parse(path.to_owned(), &text) {
        Ok(_) => false,
        // A list that starts with another implementation, as pyenv and tox have it.
        Err(PinError::BadLine { bad, .. }) => !(bad.is_first && bad.is_foreign),
        Err(PinError::Unreadable(_)) => true,
    })
}

/// Removes the contents from an error: the file may hold anything.
fn hide(error: &mut ParseError) {
    "...".clone_into(&mut error.text);
    "the file is a link to a file that is not a version file".clone_into(&mut error.problem);
    "3.14t".clone_into(&mut error.nearest);
}

/// Parses the requests of the version file called `name`.
///
/// # Errors
/// Returns the first invalid line, unless it refers to something other than CPython and follows
/// a request.
pub fn pins(name: &str, text: &str) -> Result<Vec<Pin>, BadLine> {
    all(name, text).map(|(pins, _)| pins)
}

fn all(name: &str, text: &str) -> Result<(Vec<Pin>, Vec<Foreign>), BadLine> {
    let (mut pins, mut foreign) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        for word in words(name, line) {
            let line = index + 1;
            match request(word) {
                Ok(request) => pins.push(Pin { request, line }),
                Err(_) if !pins.is_empty() && is_foreign(word) => foreign.push(Foreign {
                    text: shown(word),
                    line,
                }),
                Err(error) => {
                    return Err(BadLine {
                        line,
                        is_first: pins.is_empty(),
                        is_foreign: is_foreign(word),
                        error,
                    });
                }
            }
        }
    }
    Ok((pins, foreign))
}

/// The requests on one line, as slices of `line`.
#[must_use]
pub fn words<'a>(name: &str, line: &'a str) -> Vec<&'a str> {
    let line = line.trim_start_matches('\u{feff}');
    let line = without_comment(line).trim();
    if line.is_empty() {
        return Vec::new();
    }
    if name != ".tool-versions" {
        return vec![line];
    }
    let mut words = line.split_whitespace();
    match words.next() {
        Some("python") => words.collect(),
        _ => Vec::new(),
    }
}

fn without_comment(line: &str) -> &str {
    let mut before = None;
    for (at, c) in line.char_indices() {
        if c == '#' && before.is_none_or(char::is_whitespace) {
            return &line[..at];
        }
        before = Some(c);
    }
    line
}

/// Parses a pin: the request grammar without paths.
fn request(text: &str) -> Result<Request, ParseError> {
    if text.contains(['/', '\\']) || text.contains("..") {
        return Err(refused(text, "a pin must be a version, not a path"));
    }
    if text.contains(['?', '[']) || (text.contains('*') && !text.contains(".*")) {
        return Err(refused(text, "a pin must be a version, not a pattern"));
    }
    match parse(text)? {
        Request::Archive(_) => Err(refused(text, "a pin must be a version, not an archive")),
        request => Ok(request),
    }
}

fn refused(text: &str, problem: &str) -> ParseError {
    ParseError {
        text: shown(text),
        problem: problem.to_owned(),
        nearest: "3.14t".to_owned(),
    }
}

/// The beginning of a text, escaped for display.
fn shown(text: &str) -> String {
    let text = without_secrets(text);
    text.chars().take(60).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(name: &str, text: &str) -> Vec<(String, usize)> {
        let pins = pins(name, text).expect("pins");
        pins.iter()
            .map(|pin| (pin.request.to_string(), pin.line))
            .collect()
    }

    #[test]
    fn the_spellings_of_other_tools_are_accepted() {
        for (text, expected) in [
            ("3.14t\n", "3.14t"),
            ("3.14t", "3.14t"),
            ("\u{feff}3.14t\r\n", "3.14t"),
            ("  3.14t  \n", "3.14t"),
            ("\n# why\n3.14.0t # because\n", "3.14.0t"),
            ("3.14+freethreaded\n", "3.14t"),
            ("cpython-3.14.7+freethreaded\n", "3.14.7t"),
            ("3.14t-dev\n", "3.14t-dev"),
            ("python-3.13\n", "3.13"),
            ("cpython@3.14t\n", "3.14t"),
            ("system\n", "system"),
            (">=3.13,<3.15t\n", ">=3.13,<3.15t"),
            ("==3.14.*\n", "==3.14.*"),
        ] {
            let read = texts(".python-version", text);
            assert_eq!(read.len(), 1, "{text:?}");
            assert_eq!(read[0].0, expected, "{text:?}");
        }
        let several = texts(".python-versions", "3.14t\n\n#3.12\n3.13 \n");
        assert_eq!(several, [("3.14t".into(), 1), ("3.13".into(), 4)]);
        let tools = "nodejs 20\r\npython 3.14t 3.13 # both\r\npythonx 1\r\n";
        let tools = texts(".tool-versions", tools);
        assert_eq!(tools, [("3.14t".into(), 2), ("3.13".into(), 2)]);
        assert_eq!(texts(".python-version", "# nothing\n\n"), []);
    }

    #[test]
    fn a_foreign_word_after_a_request_is_skipped() {
        let list = "3.14t\npypy3.11-7.3.19\nminiconda3-latest\n3.13\nmy-venv\n3.11.4/envs/web\n";
        assert_eq!(
            texts(".python-version", list),
            [("3.14t".into(), 1), ("3.13".into(), 4)]
        );
        let tools = "python 3.14t pypy3.11-7.3.19 3.13 ref:main path:/opt/python\n";
        assert_eq!(texts(".tool-versions", tools).len(), 2);
        let file = PinFile::parse(PathBuf::from("/p/.python-version"), list).expect("pins");
        let lines: Vec<usize> = file.foreign.iter().map(|one| one.line).collect();
        assert_eq!(lines, [2, 3, 5, 6]);
        // Before a request it would be the active version, and a misspelled version is a mistake.
        for (text, line, is_first, is_foreign) in [
            ("pypy3.11-7.3.19\n3.14t\n", 1, true, true),
            ("3.14t\n3.13x\n", 2, false, false),
            ("3.14t\ncp313x\n", 2, false, false),
            ("3.14t\n../x\n", 2, false, false),
        ] {
            let bad = pins(".python-version", text).expect_err(text);
            assert_eq!(
                (bad.line, bad.is_first, bad.is_foreign),
                (line, is_first, is_foreign),
                "{text}"
            );
        }
    }

    #[test]
    fn a_pin_is_never_a_path_or_a_pattern() {
        for text in [
            "../3.14t",
            "3.14t/../../bin",
            "/usr/bin/python3",
            "..",
            "./x.tar.zst",
            "x.tar.zst",
            "https://example.org/x.tar.gz",
            "C:\\python",
            "3.1[34]t",
            "3.14?",
            "3*",
            "my-venv",
            "3.12t",
            "3.14t 3.13t",
        ] {
            let bad = pins(".python-version", &format!("#\n{text}\n")).expect_err(text);
            assert_eq!(bad.line, 2, "{text}");
            assert!(!bad.error.problem.is_empty(), "{text}");
        }
    }
}
