//! Commands of package managers: as argument vectors, and formatted for display.

use ftpy_core::paste;
use ftpy_core::path::find_program;
use std::ffi::OsStr;

/// Programs that elevate to root, in order of preference.
const ELEVATORS: [&str; 3] = ["sudo", "doas", "pkexec"];

/// The program on `path` that elevates to root, if any.
#[must_use]
pub fn elevator(path: &OsStr) -> Option<&'static str> {
    let is_there = |name: &&&str| find_program(path, **name).is_some();
    ELEVATORS.iter().find(is_there).copied()
}

/// Fills the package name into a command of the table.
#[must_use]
pub fn filled(command: &[String], package: &str) -> Vec<String> {
    let words = command.iter();
    words
        .map(|word| word.replace("{package}", package))
        .collect()
}

/// Prefixes a command with `elevator`, if it needs root.
#[must_use]
pub fn elevated(command: Vec<String>, elevator: Option<&str>) -> Vec<String> {
    elevator
        .map(str::to_owned)
        .into_iter()
        .chain(command)
        .collect()
}

/// Whether a command starts with a program that elevates to root.
#[must_use]
pub fn is_elevated(command: &[String]) -> bool {
    let first = command.first();
    first.is_some_and(|first| ELEVATORS.contains(&first.as_str()))
}

/// Formats a command for a shell.
#[must_use]
pub fn shown(command: &[String]) -> String {
    paste::line(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_quoted_for_a_shell() {
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
