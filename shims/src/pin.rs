//! Version files: text to requests. A pin is data and never a path to execute.
//!
//! `.python-version` and `.python-versions` hold one request a line; `.tool-versions` holds one
//! tool a line, and its `python` line holds requests separated by blanks. Read as UTF-8 with or
//! without a byte order mark, with LF or CRLF, with or without a final newline; `#` begins a
//! comment at the beginning of a line or behind a blank.

use crate::parse::{ParseError, parse};
use crate::request::Request;
use std::path::{Path, PathBuf};

/// The names, in the order in which they count within one directory.
pub const PIN_FILES: [&str; 3] = [".python-version", ".python-versions", ".tool-versions"];

/// A longer file pins nothing that a person wrote.
const LONGEST: u64 = 64 * 1024;

/// One request of a version file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// What is asked for: a build or `system`.
    pub request: Request,
    /// On which line, counted from 1.
    pub line: usize,
}

/// A line that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Which, counted from 1.
    pub line: usize,
    /// What is wrong with it, with the nearest right form.
    pub error: ParseError,
}

/// A version file that names at least one version, or cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinFile {
    /// Which.
    pub path: PathBuf,
    /// Its requests, the active one first.
    pub pins: Vec<Pin>,
}

/// Why the nearest version file cannot be used. It is never passed over for another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PinError {
    /// A line is no request.
    BadLine {
        /// The file.
        path: PathBuf,
        /// The line.
        bad: BadLine,
    },
    /// The file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// The nearest version file from `directory` upwards; `None` where there is none.
///
/// A file that names no version at all (empty, or all commented out) pins nothing and is passed
/// over; a line that cannot be used is an error.
///
/// # Errors
/// Where the nearest file cannot be read or a line of it cannot be used.
pub fn nearest(directory: &Path) -> Result<Option<PinFile>, PinError> {
    for directory in directory.ancestors() {
        for name in PIN_FILES {
            let path = directory.join(name);
            let Some(text) = read(&path)? else {
                continue;
            };
            let pins = match pins(name, &text) {
                Ok(pins) => pins,
                Err(bad) => return Err(PinError::BadLine { path, bad }),
            };
            if !pins.is_empty() {
                return Ok(Some(PinFile { path, pins }));
            }
        }
    }
    Ok(None)
}

/// The text of a version file; `None` where there is no file.
///
/// # Errors
/// Where something is there that cannot be read as a text of a sensible length.
pub fn read(path: &Path) -> Result<Option<String>, PinError> {
    use std::io::{ErrorKind, Read};
    let unreadable = |reason: &str| PinError::Unreadable {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    // Looked at before it is opened: a named pipe would be waited for. Almost everywhere there is
    // nothing, which the first look tells.
    let link = match path.symlink_metadata() {
        Ok(link) => link,
        Err(error) => {
            return match error.kind() {
                // A directory that may not be entered hides whether it pins.
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied => {
                    Ok(None)
                }
                _ => Err(unreadable(&error.to_string())),
            };
        }
    };
    let metadata = match link.is_symlink() {
        false => link,
        true => match path.metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(unreadable("it is a link to nothing"));
            }
            Err(error) => return Err(unreadable(&error.to_string())),
        },
    };
    if !metadata.is_file() {
        return Err(unreadable("it is not a file"));
    }
    if metadata.len() > LONGEST {
        return Err(unreadable("it is too long for a version file"));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path);
    let read = file.and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Err(unreadable(&error.to_string()));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(unreadable("it is not UTF-8")),
    }
}

/// The requests of the version file called `name`.
///
/// # Errors
/// The first line that is no request.
pub fn pins(name: &str, text: &str) -> Result<Vec<Pin>, BadLine> {
    let mut pins = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for word in words(name, line) {
            let line = index + 1;
            let request = request(word).map_err(|error| BadLine { line, error })?;
            pins.push(Pin { request, line });
        }
    }
    Ok(pins)
}

/// The requests on one line, as texts: parts of `line`.
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

/// Reads one pin: the request grammar without what would be a path.
fn request(text: &str) -> Result<Request, ParseError> {
    let refused = |problem: &str| ParseError {
        text: text.chars().take(60).flat_map(char::escape_debug).collect(),
        problem: problem.to_owned(),
        nearest: "3.14t".to_owned(),
    };
    if text.contains(['/', '\\']) || text.contains("..") {
        return Err(refused("a pin is a version and never a path"));
    }
    if text.contains(['?', '[']) || (text.contains('*') && !text.contains(".*")) {
        return Err(refused("a pin is a version and never a pattern"));
    }
    match parse(text)? {
        Request::Archive(_) => Err(refused("a pin is a version and never an archive")),
        request => Ok(request),
    }
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
    fn every_spelling_of_the_peers_is_read() {
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
            "venv",
            "3.12t",
            "3.14t 3.13t",
        ] {
            let bad = pins(".python-version", &format!("#\n{text}\n")).expect_err(text);
            assert_eq!(bad.line, 2, "{text}");
            assert!(!bad.error.problem.is_empty(), "{text}");
        }
    }
}
