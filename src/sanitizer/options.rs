//! The options of each sanitizer's runtime. Pure.

use ftpy_core::flavour::{Flavour, Flavours};
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

/// The options common to all of them.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The path prefix of report files.
    pub log: &'a Path,
    /// The file of suppressions.
    pub suppressions: Option<&'a Path>,
    /// The program that resolves addresses to functions and lines.
    pub symbolizer: Option<&'a Path>,
    /// Whether the first report ends the program.
    pub halts: bool,
}

/// The exit code of a program with reports.
pub const EXIT_CODE: u8 = 66;

impl Sanitizer {
    /// The sanitizers of a build.
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

    /// `tsan`: the flavour, which is also in the name of the file of suppressions.
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

/// A SIGSEGV handler of the program, such as faulthandler's, would receive the error first and
/// raise it again: the runtime would report the wrong place, or nothing.
const NO_HANDLER: &str = "allow_user_segv_handler=0";

/// The value of a sanitizer's variable. The user's own value comes last and wins.
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
        // A report is silently dropped if the other stack was evicted from the history, and an
        // interpreter makes many calls between two accesses: use the largest history.
        Sanitizer::Thread => &[
            "allocator_may_return_null=1",
            "second_deadlock_stack=1",
            "history_size=7",
            NO_HANDLER,
        ],
        // An interpreter always leaks at exit, so leaks are not reported. Errors that it aborts
        // for, such as a write past a block, are reported with their stack.
        Sanitizer::Address => &[
            "allocator_may_return_null=1",
            "detect_leaks=0",
            "handle_abort=1",
            NO_HANDLER,
        ],
        Sanitizer::Undefined => &["print_stacktrace=1"],
    };
    options.extend(own_kind.iter().map(|option| (*option).to_owned()));
    options.extend(given.suppressions.map(|path| quoted("suppressions", path)));
    options.extend(own.map(str::to_owned));
    options.join(" ")
}

/// Removes one option from a runtime's variable and returns its effective value, which is the last
/// one, and the rest. Options are separated by spaces, commas or colons, and may be quoted.
pub(super) fn without(text: &str, name: &str) -> (Option<String>, String) {
    let mut value = None;
    let mut rest: Vec<&str> = Vec::new();
    for option in split(text) {
        match option.split_once('=') {
            Some((known, said)) if known == name => {
                value = Some(said.trim_matches(['"', '\'']).to_owned());
            }
            _ => rest.push(option),
        }
    }
    (value, rest.join(" "))
}

fn split(text: &str) -> Vec<&str> {
    let mut quote = None;
    let options = text.split(move |c: char| {
        quote = match quote {
            Some(open) if c == open => None,
            None if c == '"' || c == '\'' => Some(c),
            quote => quote,
        };
        quote.is_none() && (c.is_ascii_whitespace() || c == ',' || c == ':')
    });
    options.filter(|option| !option.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_options_come_last() {
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
             second_deadlock_stack=1 history_size=7 allow_user_segv_handler=0 suppressions=\"/t/s\" history_size=4"
        );
        let asan = options(Sanitizer::Address, &given, None);
        assert!(asan.contains("detect_leaks=0"));
    }

    #[test]
    fn an_option_is_separated_from_the_others() {
        let check = |text: &str, value: Option<&str>, rest: &str| {
            assert_eq!(
                without(text, "suppressions"),
                (value.map(str::to_owned), rest.to_owned()),
                "{text}"
            );
        };
        check("", None, "");
        check("halt_on_error=1", None, "halt_on_error=1");
        check("suppressions=a:history_size=4", Some("a"), "history_size=4");
        check(
            "a=1,suppressions='/my dir/x' b=2 suppressions=\"c:d\"",
            Some("c:d"),
            "a=1 b=2",
        );
        check("print_suppressions=1", None, "print_suppressions=1");
    }
}
