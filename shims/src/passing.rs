//! Programs of PATH that a shim starts, and that may start the shim again.
//!
//! pyenv's shims, where they find no version, become the next `python` on PATH as ours do, and
//! that is our shim: within one process a program that came back is passed over. A wrapper that
//! starts `python` as a child is a loop only where nothing changes from one generation to the
//! next. How many generations there are says nothing: a Python may start `python` as often as it
//! likes.

use crate::name::{Name, Tool};
use crate::path::holds_shims;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::Read;
use std::path::Path;

/// Generations without a change that are a loop: enough for programs that count in a file, and
/// over in a moment.
const LOOP: u32 = 100;

/// Seconds after which the next generation is not a loop's: a server that starts itself again.
const PAUSE: u64 = 10;

/// Variables that shells and shims change by themselves, so that a change of one is no progress.
/// A wrapper may put a directory on PATH each time.
const VOLATILE: [&str; 5] = ["_", "OLDPWD", "PATH", "PWD", "SHLVL"];

/// What a shim starts from PATH, in its surroundings.
#[derive(Debug)]
pub struct Start<'a> {
    /// The program.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: &'a [OsString],
    /// Where.
    pub directory: Option<&'a Path>,
    /// When, in seconds.
    pub now: u64,
}

/// One start of a program from PATH, as the next shim below it reads it: how many before it were
/// the same, and what tells whether the next one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation {
    repeated: u32,
    started: u64,
    arguments: usize,
    words: u64,
    surroundings: u64,
}

impl Generation {
    /// The generation of a start, behind the one that started this shim, if one did.
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

    /// Whether the same was started again and again, without any progress.
    #[must_use]
    pub fn is_loop(self) -> bool {
        self.repeated >= LOOP
    }

    /// Whether the arguments are those of this generation, with or without some of a wrapper's
    /// own before or behind them.
    fn is_within(self, arguments: &[OsString]) -> bool {
        let Some(more) = arguments.len().checked_sub(self.arguments) else {
            return false;
        };
        hash(&arguments[more..]) == self.words || hash(&arguments[..self.arguments]) == self.words
    }

    /// Reads what `Display` wrote.
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
        // A sum: shells hand their variables on in any order.
        .fold(0_u64, |sum, (name, value)| {
            sum.wrapping_add(hash(&[name, value]))
        });
    let directory = start.directory.map(Path::as_os_str).unwrap_or_default();
    hash(&[start.program.as_os_str(), directory]).wrapping_add(variables)
}

/// FNV-1a, with an end to each part.
fn hash(parts: &[impl AsRef<OsStr>]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.as_ref().as_encoded_bytes().iter().chain(&[0]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

/// Whether a program is an interpreter itself, and not a script, a tool's shim or ours: it does
/// not hand its process on, so if `python` is started within it, a Python program asked for that.
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

/// A shim that was copied out of its directory is as long as this one.
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
        // A wrapper adds options of its own.
        let growing: Vec<Vec<&str>> = (0..110)
            .map(|count| [vec!["-u"; count], vec!["x.py"]].concat())
            .collect();
        let growing: Vec<(&[&str], &str, u64)> = growing
            .iter()
            .map(|words| (words.as_slice(), "", 1))
            .collect();
        assert!(generations(&growing).is_loop());
        // A counter among the arguments or in the environment, and a slow restart.
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
