//! Detects programs on PATH that start the shim again.
//!
//! If pyenv's shims find no version, they execute the next `python` on PATH, as ours do, and that
//! is our shim again: a program that came back within one process is skipped. A wrapper that
//! starts `python` as a child process is a loop only if nothing changes from one generation to
//! the next. The number of generations alone proves nothing, because a Python program may start
//! `python` as often as it likes.

use crate::name::{Name, Tool};
use crate::path::holds_shims;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::Read;
use std::path::Path;

/// The number of identical generations that counts as a loop: enough for programs that count in
/// a file, and reached in a moment.
const LOOP: u32 = 100;

/// Seconds after which a generation no longer counts: the program is a server that restarts itself.
const PAUSE: u64 = 10;

/// Variables that shells and shims change themselves, so a change in them is not progress. A
/// wrapper may add a directory to PATH every time.
const VOLATILE: [&str; 5] = ["_", "OLDPWD", "PATH", "PWD", "SHLVL"];

/// A program on PATH as a shim starts it.
#[derive(Debug)]
pub struct Start<'a> {
    /// The program.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: &'a [OsString],
    /// The current directory.
    pub directory: Option<&'a Path>,
    /// The time, in seconds.
    pub now: u64,
}

/// A record of one start of a program on PATH, for the next shim below it: how many identical
/// starts preceded it, and what identifies the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation {
    repeated: u32,
    started: u64,
    arguments: usize,
    words: u64,
    surroundings: u64,
}

impl Generation {
    /// The generation of a start, following the one that started this shim, if any.
    #[must_use]
    pub fn of(
        start: &Start<'_>,
        environment: impl Iterator<Item = (OsString, OsString)>,
        earlier: Option<Self>,
    ) -> Self {
        let mut new = Self {
            repeated: 0,
            started: start.now,
            arguments: start.arguments.len(),
            words: hash(start.arguments),
            surroundings: surroundings(start, environment),
        };
        if let Some(earlier) = earlier
            && earlier.surroundings == new.surroundings
            && start.now.saturating_sub(earlier.started) <= PAUSE
            && earlier.is_within(start.arguments)
        {
            new.repeated = earlier.repeated + 1;
        }
        new
    }

    /// Whether the same start was repeated too often without progress.
    #[must_use]
    pub fn is_loop(self) -> bool {
        self.repeated >= LOOP
    }

    /// Whether the arguments equal those of this generation, apart from some that a wrapper added
    /// before or after them.
    fn is_within(self, arguments: &[OsString]) -> bool {
        let Some(more) = arguments.len().checked_sub(self.arguments) else {
            return false;
        };
        hash(&arguments[more..]) == self.words || hash(&arguments[..self.arguments]) == self.words
    }

    /// Parses the output of `Display`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(|part| part.parse::<u64>().ok());
        let mut next = || numbers.next().flatten();
        Some(Self {
            repeated: next()?.try_into().ok()?,
            started: next()?,
            arguments: next()?.try_into().ok()?,
            words: next()?,
            surroundings: next()?,
        })
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            repeated,
            started,
            arguments,
            words,
            surroundings,
        } = self;
        write!(f, "{repeated}.{started}.{arguments}.{words}.{surroundings}")
    }
}

fn surroundings(start: &Start<'_>, environment: impl Iterator<Item = (OsString, OsString)>) -> u64 {
    let is_ours = |name: &OsStr| name.as_encoded_bytes().starts_with(b"FTPY_SHIM_");
    let variables = environment
        .filter(|(name, _)| !is_ours(name) && !VOLATILE.iter().any(|one| name == *one))
        // A sum, because shells pass variables on in any order.
        .fold(0_u64, |sum, (name, value)| {
            sum.wrapping_add(hash(&[name, value]))
        });
    let directory = start.directory.map(Path::as_os_str).unwrap_or_default();
    hash(&[start.program.as_os_str(), directory]).wrapping_add(variables)
}

/// FNV-1a, with a terminator after each part.
fn hash(parts: &[impl AsRef<OsStr>]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.as_ref().as_encoded_bytes().iter().chain(&[0]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

/// Whether a program is an interpreter itself, not a script or shim. An interpreter does not
/// execute another program in its place, so a `python` started by it is a Python program's choice.
#[must_use]
pub fn is_interpreter(program: &Path) -> bool {
    let Ok(real) = program.canonicalize() else {
        return false;
    };
    let is_python = real
        .file_name()
        .and_then(OsStr::to_str)
        .is_some_and(|name| Name::parse(name).is_some_and(|name| name.tool == Tool::Python));
    if !is_python || real.parent().is_some_and(holds_shims) || is_a_copy_of_this(&real) {
        return false;
    }
    let mut start = [0; 2];
    let file = std::fs::File::open(&real);
    file.is_ok_and(|mut file| file.read_exact(&mut start).is_ok()) && start != *b"#!"
}

/// A shim copied out of its directory has the same length as this one.
fn is_a_copy_of_this(program: &Path) -> bool {
    let own = std::env::current_exe().and_then(|own| own.metadata());
    match (own, program.metadata()) {
        (Ok(own), Ok(program)) => own.len() == program.len(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generations(steps: &[(&[&str], &str, u64)]) -> Generation {
        let mut last = None;
        for (arguments, value, now) in steps {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            let start = Start {
                program: Path::new("/usr/bin/python"),
                arguments: &arguments,
                directory: Some(Path::new("/p")),
                now: *now,
            };
            let variables = [("LEFT", *value), ("SHLVL", "1"), ("PATH", value)];
            let variables = variables.map(|(name, value)| (name.into(), value.into()));
            let new = Generation::of(&start, variables.into_iter(), last);
            assert_eq!(Generation::parse(&new.to_string()), Some(new));
            last = Some(new);
        }
        last.expect("a generation")
    }

    #[test]
    fn only_generations_without_progress_are_a_loop() {
        let same: Vec<(&[&str], &str, u64)> = vec![(&["x.py"], "", 1); 101];
        assert!(generations(&same).is_loop());
        assert!(!generations(&same[..100]).is_loop());
        // The wrapper adds options of its own.
        let growing: Vec<Vec<&str>> = (0..110)
            .map(|count| [vec!["-u"; count], vec!["x.py"]].concat())
            .collect();
        let growing: Vec<(&[&str], &str, u64)> = growing
            .iter()
            .map(|words| (words.as_slice(), "", 1))
            .collect();
        assert!(generations(&growing).is_loop());
        // A changing argument or variable, and a slow restart.
        let texts: Vec<String> = (0..300).map(|number| number.to_string()).collect();
        let counted: Vec<[&str; 2]> = texts.iter().map(|text| ["x.py", text.as_str()]).collect();
        let counted: Vec<(&[&str], &str, u64)> = counted
            .iter()
            .map(|words| (words.as_slice(), "", 1))
            .collect();
        assert!(!generations(&counted).is_loop());
        let told: Vec<(&[&str], &str, u64)> = texts
            .iter()
            .map(|text| (&["x.py"][..], text.as_str(), 1))
            .collect();
        assert!(!generations(&told).is_loop());
        let slow: Vec<(&[&str], &str, u64)> = (0..300)
            .map(|count| (&["x.py"][..], "", count * 60))
            .collect();
        assert!(!generations(&slow).is_loop());
    }
}
