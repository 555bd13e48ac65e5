//! What the runtime of each sanitizer is told by its variable. Pure.

use ftpy_shims::flavour::{Flavour, Flavours};
use std::path::Path;

/// A sanitizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sanitizer {
    /// ThreadSanitizer
    Thread,
    /// AddressSanitizer
    Address,
    /// UndefinedBehaviorSanitizer
    Undefined,
}

/// What all of them are given.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The beginning of the names of the files that reports go to.
    pub log: &'a Path,
    /// What is not to be reported.
    pub suppressions: Option<&'a Path>,
    /// What turns addresses into functions and lines.
    pub symbolizer: Option<&'a Path>,
    /// Whether the first report ends the program.
    pub halts: bool,
}

/// The exit code of a program of which something was reported.
pub const EXIT_CODE: u8 = 66;

impl Sanitizer {
    /// Those of a build.
    pub fn of(flavours: &Flavours) -> impl Iterator<Item = Self> {
        flavours.0.iter().filter_map(|flavour| match flavour {
            Flavour::Tsan => Some(Self::Thread),
            Flavour::Asan => Some(Self::Address),
            Flavour::Ubsan => Some(Self::Undefined),
            _ => None,
        })
    }

    /// `ThreadSanitizer`
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Thread => "ThreadSanitizer",
            Self::Address => "AddressSanitizer",
            Self::Undefined => "UndefinedBehaviorSanitizer",
        }
    }

    /// `tsan`: the flavour, and the name of the file of suppressions.
    #[must_use]
    pub fn flavour(self) -> &'static str {
        match self {
            Self::Thread => "tsan",
            Self::Address => "asan",
            Self::Undefined => "ubsan",
        }
    }

    /// `TSAN_OPTIONS`
    #[must_use]
    pub fn variable(self) -> &'static str {
        match self {
            Self::Thread => "TSAN_OPTIONS",
            Self::Address => "ASAN_OPTIONS",
            Self::Undefined => "UBSAN_OPTIONS",
        }
    }
}

/// The value of a sanitizer's variable. What the person's own value says comes last, and wins.
#[must_use]
pub fn options(sanitizer: Sanitizer, given: &Given<'_>, own: Option<&str>) -> String {
    let mut options: Vec<String> = Vec::new();
    let quoted = |name: &str, path: &Path| format!("{name}=\"{}\"", path.display());
    options.push(quoted("log_path", given.log));
    options.push(format!("exitcode={EXIT_CODE}"));
    options.push(format!("halt_on_error={}", u8::from(given.halts)));
    options.extend(
        given
            .symbolizer
            .map(|path| quoted("external_symbolizer_path", path)),
    );
    let own_kind: &[&str] = match sanitizer {
        // A report whose other stack was forgotten is dropped without a word, and an interpreter
        // makes many calls between two accesses: remember as much as can be.
        Sanitizer::Thread => &[
            "allocator_may_return_null=1",
            "second_deadlock_stack=1",
            "history_size=7",
        ],
        // An interpreter leaks at its end, always; that is not what one looks for here.
        Sanitizer::Address => &["allocator_may_return_null=1", "detect_leaks=0"],
        Sanitizer::Undefined => &["print_stacktrace=1"],
    };
    options.extend(own_kind.iter().map(|option| (*option).to_owned()));
    options.extend(given.suppressions.map(|path| quoted("suppressions", path)));
    options.extend(own.map(str::to_owned));
    options.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_persons_own_options_come_last() {
        let given = Given {
            log: Path::new("/t/my dir/log"),
            suppressions: Some(Path::new("/t/s")),
            symbolizer: Some(Path::new("/usr/bin/llvm-symbolizer")),
            halts: false,
        };
        assert_eq!(
            options(Sanitizer::Thread, &given, Some("history_size=4")),
            "log_path=\"/t/my dir/log\" exitcode=66 halt_on_error=0 \
             external_symbolizer_path=\"/usr/bin/llvm-symbolizer\" allocator_may_return_null=1 \
             second_deadlock_stack=1 history_size=7 suppressions=\"/t/s\" history_size=4"
        );
        let asan = options(Sanitizer::Address, &given, None);
        assert!(asan.contains("detect_leaks=0"));
    }
}
