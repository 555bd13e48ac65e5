//! Tips for commands that pyenv, uv, rustup, mise and conda have under another name.

use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use ftpy_core::parse::parse;
use ftpy_core::paste;
use ftpy_core::request::Request;
use std::ffi::OsString;

const AVAILABLE: &str = "`ftpy list --available` lists the newest builds";
const AVAILABLE_ALL: &str = "`ftpy list --available --all` lists every build";
const DEFAULT: &str = "`ftpy default 3.14t` sets the Python that is used where nothing is pinned";
const INSTALL: &str = "`ftpy install 3.14t` installs a Python";
const INSTALLED_PROGRAM: &str = "`ftpy run -- PROGRAM` starts a program that pip installed";
const LIST: &str = "`ftpy list` lists the installations";
const NO_DEFAULT: &str = "`ftpy default none` removes the default";
const PIN: &str = "`ftpy pin 3.14t` sets the Python of this directory";
const REMOVE: &str = "`ftpy uninstall 3.14t` removes an installation";
const RUN: &str = "`ftpy run -- COMMAND` runs a command with the active Python";
const SELF_UPDATE: &str = "`ftpy self update` updates ftpy itself";
const SHELL: &str = "`export FTPY_PYTHON=3.14t` sets the Python of this shell";
const SHOW: &str = "`ftpy show` prints the active Python, and why it is active";
const SKIPPED: &str = "what is installed already is skipped in any case";
const UNPIN: &str = "`ftpy unpin` removes the pin of this directory";
const UPGRADE: &str = "`ftpy upgrade` installs the newest patch releases";

/// The commands of other tools, and what to use instead.
const HABITS: [(&str, &[&str]); 38] = [
    (
        "activate",
        &["`ftpy venv` prints the command that activates an environment"],
    ),
    ("add", &[INSTALL]),
    ("commands", &["`ftpy help` lists the commands"]),
    ("create", &["`ftpy venv` creates a virtual environment"]),
    ("current", &[SHOW]),
    (
        "deactivate",
        &["`deactivate` is a function of the shell in which the environment was activated"],
    ),
    ("env", &["`ftpy venv` creates a virtual environment", SHELL]),
    ("exec", &[RUN]),
    (
        "find",
        &["`ftpy which 3.14t` prints the path of an interpreter"],
    ),
    ("global", &[DEFAULT]),
    ("info", &[SHOW, "`ftpy doctor` checks this machine"]),
    ("latest", &[AVAILABLE]),
    ("list-all", &[AVAILABLE_ALL]),
    ("local", &[PIN]),
    (
        "migrate",
        &["`ftpy upgrade --with-packages` moves the packages to the newest patch release"],
    ),
    ("override", &[PIN]),
    (
        "prefix",
        &[
            "`ftpy show --prefix` prints the prefix of the active Python",
            "`ftpy which --prefix 3.14t` prints that of an installation",
        ],
    ),
    ("python", &[INSTALL, LIST]),
    (
        "rehash",
        &["`ftpy doctor --fix` renews the shims", INSTALLED_PROGRAM],
    ),
    ("remove", &[REMOVE]),
    (
        "reshim",
        &["`ftpy doctor --fix` renews the shims", INSTALLED_PROGRAM],
    ),
    ("rm", &[REMOVE]),
    ("root", &["`ftpy dir` prints the directory of the store"]),
    ("search", &["`ftpy list --available` lists the builds"]),
    (
        "self remove",
        &["`ftpy self uninstall` removes ftpy and its installations"],
    ),
    ("shell", &[SHELL]),
    (
        "sync",
        &["`ftpy install` installs what this directory pins"],
    ),
    ("toolchain", &[INSTALL, LIST]),
    ("update", &[UPGRADE, SELF_UPDATE]),
    ("use", &[PIN, DEFAULT]),
    (
        "version",
        &[SHOW, "`ftpy --version` prints the version of ftpy"],
    ),
    ("version-file", &[SHOW]),
    ("version-name", &[SHOW]),
    ("version-origin", &[SHOW]),
    ("versions", &[LIST]),
    ("virtualenv", &["`ftpy venv` creates a virtual environment"]),
    (
        "where",
        &["`ftpy which --prefix 3.14t` prints the prefix of an installation"],
    ),
    (
        "whence",
        &["`ftpy list` lists the installations and their interpreters"],
    ),
];

/// The arguments of other tools' commands, and what to use instead: command, argument, tip. The
/// command may be one that ftpy does not have.
const ARGUMENTS: [(&str, &str, &str); 17] = [
    ("default", "--unset", NO_DEFAULT),
    ("global", "--unset", NO_DEFAULT),
    (
        "init",
        "-",
        "`eval \"$(ftpy init bash)\"` puts the shims on PATH; `ftpy setup` does so in the profile of the shell",
    ),
    ("install", "--force", "`--reinstall` installs again"),
    ("install", "--list", AVAILABLE),
    ("install", "--skip-existing", SKIPPED),
    ("install", "-f", "`--reinstall` installs again"),
    ("install", "-l", AVAILABLE),
    ("install", "-s", SKIPPED),
    ("list", "--all-versions", AVAILABLE_ALL),
    (
        "list",
        "--only-installed",
        "`ftpy list` lists only what is installed",
    ),
    ("list", "-a", AVAILABLE_ALL),
    ("local", "--unset", UNPIN),
    ("pin", "--unset", UNPIN),
    (
        "shell",
        "--unset",
        "`unset FTPY_PYTHON` ends what it set for this shell",
    ),
    ("uninstall", "--force", "`--yes` removes without asking"),
    ("uninstall", "-f", "`--yes` removes without asking"),
];

/// Replaces the guesses of an error by tips, if the command or argument is known from another tool.
/// A version that was typed is in the tips, too.
pub(super) fn advise(mut error: Error, arguments: &[OsString]) -> Error {
    let words: Vec<&str> = arguments
        .iter()
        .skip(1)
        .filter_map(|it| it.to_str())
        .collect();
    let tips = tips(&error, &words);
    if tips.is_empty() {
        keep_best_guess(&mut error);
        return error;
    }
    let version = words.iter().find_map(|word| version(word));
    let tips = tips.into_iter().map(|tip| match &version {
        Some(version) => StyledStr::from(tip.replace("3.14t", version)),
        None => StyledStr::from(tip),
    });
    let tips = ContextValue::StyledStrs(tips.collect());
    error.remove(ContextKind::SuggestedSubcommand);
    error.remove(ContextKind::SuggestedArg);
    error.remove(ContextKind::TrailingArg);
    error.insert(ContextKind::Suggested, tips);
    error
}

/// The tips for what is wrong with the words of a command line.
fn tips(error: &Error, words: &[&str]) -> Vec<&'static str> {
    let names = words.iter().copied();
    let names: Vec<&str> = names.filter(|word| !word.starts_with('-')).collect();
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    if let Some(word) = text(ContextKind::InvalidSubcommand) {
        let end = names.iter().position(|name| *name == word);
        let typed = end.map(|end| names[..=end].join(" ")).unwrap_or_default();
        let argument = words.iter().find_map(|word| of_argument(&typed, word));
        return match argument {
            Some(tip) => vec![tip],
            None => of_command(&typed),
        };
    }
    // Of an invalid value, the argument is the name of that value.
    let value = text(ContextKind::InvalidValue).filter(|value| !value.is_empty());
    let argument = value.or_else(|| text(ContextKind::InvalidArg));
    let command = names.first().zip(argument);
    let tip = command.and_then(|(command, argument)| of_argument(command, argument));
    tip.into_iter().collect()
}

fn of_command(typed: &str) -> Vec<&'static str> {
    let found = HABITS.iter().find(|(habit, _)| *habit == typed);
    found.map(|(_, tips)| tips.to_vec()).unwrap_or_default()
}

fn of_argument(command: &str, argument: &str) -> Option<&'static str> {
    let is_it = |it: &&(&str, &str, &str)| (it.0, it.1) == (command, argument);
    ARGUMENTS.iter().find(is_it).map(|(_, _, tip)| *tip)
}

/// The version in an argument, quoted for a shell.
fn version(word: &str) -> Option<String> {
    match parse(word) {
        Ok(request @ (Request::Build(_) | Request::System)) => Some(paste![request]),
        _ => None,
    }
}

/// Of several similar commands, clap lists the most similar one last.
fn keep_best_guess(error: &mut Error) {
    let Some(ContextValue::Strings(all)) = error.get(ContextKind::SuggestedSubcommand) else {
        return;
    };
    if let Some(best) = all.last().cloned() {
        let best = ContextValue::Strings(vec![best]);
        error.insert(ContextKind::SuggestedSubcommand, best);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::{CommandFactory, Parser};

    #[test]
    fn a_command_of_another_tool_is_answered_with_ours() {
        for (habit, tips) in HABITS {
            let words: Vec<OsString> = ["ftpy", "--offline"]
                .into_iter()
                .chain(habit.split(' '))
                .map(OsString::from)
                .collect();
            let error = Cli::try_parse_from(&words).expect_err(habit);
            let text = advise(error, &words).render().to_string();
            for tip in tips {
                assert!(text.contains(&format!("tip: {tip}")), "{text}");
            }
        }
        // The commands in the tips exist.
        let known = Cli::command();
        let tips = HABITS.iter().flat_map(|(_, tips)| *tips);
        for command in tips.flat_map(|tip| tip.split('`').nth(1)) {
            let Some(line) = command.strip_prefix("ftpy ") else {
                continue;
            };
            let name = line.split(' ').next().unwrap_or_default();
            let is_known = known.get_subcommands().any(|one| one.get_name() == name);
            assert!(is_known || name == "--version", "{command}");
        }
    }
}
