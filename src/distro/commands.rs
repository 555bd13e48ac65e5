//! Commands as argument vectors, and as a person would type them.

use ftpy_core::paste;
use ftpy_core::path::find_program;
use std::ffi::OsStr;

/// What makes a person root, the first that is there.
const ELEVATORS: [&str; 3] = ["sudo", "doas", "pkexec"];

/// The program that runs others as root, if one is on `path`.
#[must_use]
pub fn elevator(path: &OsStr) -> Option<&'static str> {
    let is_there = |name: &&&str| find_program(path, **name).is_some();
    ELEVATORS.iter().find(is_there).copied()
}

/// A command of the table for one package.
#[must_use]
pub fn filled(command: &[String], package: &str) -> Vec<String> {
    let words = command.iter();
    words
        .map(|word| word.replace("{package}", package))
        .collect()
}

/// As root, by `elevator` if there has to be one.
#[must_use]
pub fn elevated(command: Vec<String>, elevator: Option<&str>) -> Vec<String> {
    elevator
        .map(str::to_owned)
        .into_iter()
        .chain(command)
        .collect()
}

/// Whether a command begins with what makes root.
#[must_use]
pub fn is_elevated(command: &[String]) -> bool {
    let first = command.first();
    first.is_some_and(|first| ELEVATORS.contains(&first.as_str()))
}

/// The command line that a shell would read as this command.
#[must_use]
pub fn shown(command: &[String]) -> String {
    paste::line(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_reads_as_a_shell_would_read_it() {
        let words = |text: &[&str]| {
            text.iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>()
        };
        let command = filled(&words(&["apt-get", "install", "{package}"]), "a;b $(c)");
        assert_eq!(
            shown(&elevated(command, Some("sudo"))),
            "sudo apt-get install 'a;b $(c)'"
        );
        assert_eq!(shown(&words(&["x", "", "it's"])), "x '' 'it'\\''s'");
        assert_eq!(elevated(words(&["x"]), None), words(&["x"]));
        assert!(is_elevated(&words(&["doas", "x"])) && !is_elevated(&words(&["x", "sudo"])));
    }
}
