//! Tips for commands that pyenv, uv, rustup, mise and conda have under another name.

use clap::Error;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use std::ffi::OsString;

const DEFAULT: &str = "`ftpy default 3.14t` sets the Python that is used where nothing is pinned";
const INSTALL: &str = "`ftpy install 3.14t` installs a Python";
const LIST: &str = "`ftpy list` lists the installations";
const PIN: &str = "`ftpy pin 3.14t` sets the Python of this directory";
const REMOVE: &str = "`ftpy uninstall 3.14t` removes an installation";
const RUN: &str = "`ftpy run -- python` runs a command with the active Python";
const SELF_UPDATE: &str = "`ftpy self update` updates ftpy itself";
const SHELL: &str = "`export FTPY_PYTHON=3.14t` sets the Python of this shell";
const SHOW: &str = "`ftpy show` prints the active Python, and why it is active";
const UPGRADE: &str = "`ftpy upgrade` installs the newest patch releases";

/// The commands of other tools, and what to use instead.
const HABITS: [(&str, &[&str]); 30] = [
    (
        "activate",
        &["`ftpy venv` prints the command that activates an environment"],
    ),
    ("add", &[INSTALL]),
    ("create", &["`ftpy venv` creates a virtual environment"]),
    ("current", &[SHOW]),
    ("env", &["`ftpy venv` creates a virtual environment", SHELL]),
    ("exec", &[RUN]),
    (
        "find",
        &["`ftpy which 3.14t` prints the path of an interpreter"],
    ),
    ("global", &[DEFAULT]),
    ("info", &[SHOW, "`ftpy doctor` checks this machine"]),
    (
        "latest",
        &["`ftpy list --available` lists the newest builds"],
    ),
    ("local", &[PIN]),
    ("override", &[PIN]),
    (
        "prefix",
        &["`ftpy show --prefix` prints the prefix of the active Python"],
    ),
    ("python", &[INSTALL, LIST]),
    (
        "rehash",
        &["`ftpy doctor --fix` renews the shims; installing a package needs no rehash"],
    ),
    ("remove", &[REMOVE]),
    (
        "reshim",
        &["`ftpy doctor --fix` renews the shims; installing a package needs no reshim"],
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
    ("versions", &[LIST]),
    (
        "where",
        &["`ftpy which --prefix 3.14t` prints the prefix of an installation"],
    ),
    (
        "whence",
        &["`ftpy list` lists the installations and their interpreters"],
    ),
];

/// Replaces the guesses of an error about an unknown command by tips, if it is known from another
/// tool.
pub(super) fn advise(mut error: Error, arguments: &[OsString]) -> Error {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return error;
    };
    let words = arguments.iter().skip(1).filter_map(|word| word.to_str());
    let words: Vec<&str> = words.filter(|word| !word.starts_with('-')).collect();
    let end = words.iter().position(|known| known == word);
    let typed = end.map(|end| words[..=end].join(" "));
    let habit = HABITS
        .iter()
        .find(|(habit, _)| Some(*habit) == typed.as_deref());
    if let Some((_, tips)) = habit {
        let tips = tips.iter().map(|tip| StyledStr::from(*tip));
        error.remove(ContextKind::SuggestedSubcommand);
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(tips.collect()),
        );
    }
    error
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
