//! Exports results in each system's way: which text goes into which file, what is printed.

use crate::ci::dotenv::LineBreak;
use crate::ci::exports::Exports;
use crate::ci::system::System;
use crate::ci::{azure, dotenv, github, shell};
use crate::env::ci::Ci;
use std::path::{Path, PathBuf};

/// Text for a file provided by the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The variable that names the file: `GITHUB_ENV`.
    pub variable: &'static str,
    /// The file.
    pub path: PathBuf,
    /// The text to append.
    pub text: String,
}

/// What to write and print.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handover {
    /// Files to append to.
    pub appends: Vec<Append>,
    /// Lines for stdout.
    pub lines: Vec<String>,
}

/// The files that a system reads results from, whether their variables are set or not.
#[must_use]
pub fn needed_files(system: System, ci: &Ci) -> Vec<(&'static str, Option<&Path>)> {
    match system {
        System::GitHub => vec![
            ("GITHUB_ENV", ci.github_env.as_deref()),
            ("GITHUB_PATH", ci.github_path.as_deref()),
            ("GITHUB_OUTPUT", ci.github_output.as_deref()),
        ],
        System::CircleCi => vec![("BASH_ENV", ci.bash_env.as_deref())],
        System::GitLab | System::Azure | System::Buildkite | System::Jenkins | System::Shell => {
            Vec::new()
        }
    }
}

/// The exports for a system. `delimiter` is a random word that occurs in no value.
#[must_use]
pub fn hand_over(system: System, ci: &Ci, exports: &Exports, delimiter: &str) -> Handover {
    let text = |variable: &str| match variable {
        "GITHUB_ENV" => github::assignments(&exports.variables, delimiter),
        "GITHUB_PATH" => github::path(&exports.path),
        "GITHUB_OUTPUT" => github::assignments(&exports.outputs, delimiter),
        _ => shell::for_every_shell(exports, delimiter),
    };
    let files = needed_files(system, ci).into_iter();
    let appends = files.filter_map(|(variable, path)| {
        Some(Append {
            variable,
            path: path?.to_owned(),
            text: text(variable),
        })
    });
    Handover {
        appends: appends.collect(),
        lines: match system {
            System::GitHub | System::CircleCi => Vec::new(),
            System::Azure => azure::lines(exports),
            System::GitLab | System::Buildkite | System::Jenkins | System::Shell => {
                shell::lines(exports)
            }
        },
    }
}

/// The contents of `--env-file`.
///
/// GitLab reads it in later jobs on other machines, so it only contains outputs, not paths of this
/// machine. Jenkins' `withEnv` extends PATH with `PATH+NAME`; for other systems PATH is written in
/// full. `path` is the previous PATH.
///
/// # Errors
/// Returns an error if a value has a line break.
pub fn env_file(system: System, exports: &Exports, path: &str) -> Result<String, LineBreak> {
    let directories = exports.path.join(":");
    let on_path = match system {
        System::GitLab => return dotenv::text(exports.output_variables()),
        System::Jenkins => ("PATH+FTPY".to_owned(), directories),
        _ => ("PATH".to_owned(), format!("{directories}:{path}")),
    };
    let variables = exports.variables.iter();
    let variables = variables.map(|(name, value)| ((*name).to_owned(), value.as_str()));
    let last = std::iter::once((on_path.0, on_path.1.as_str()));
    dotenv::text(variables.chain(exports.output_variables()).chain(last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::exports::example;

    #[test]
    fn a_line_break_is_rejected_if_it_cannot_be_represented() {
        let error = env_file(System::Shell, &example(), "/bin").expect_err("a line break");
        assert!(
            error
                .to_string()
                .starts_with("the value of ODD contains a line break")
        );
        let mut exports = example();
        exports.variables.truncate(1);
        assert_eq!(
            env_file(System::Shell, &exports, "/bin").as_deref(),
            Ok(
                "pythonLocation=/s/installs/k\nFTPY_PYTHON_VERSION=3.14.7t\nFTPY_VERSION=0.1.0\n\
                PATH=/s/shims:/s/installs/k/bin:/bin\n"
            )
        );
        let jenkins = env_file(System::Jenkins, &exports, "/bin").expect("a file");
        assert!(jenkins.ends_with("\nPATH+FTPY=/s/shims:/s/installs/k/bin\n"));
        // The odd value is a variable, and GitLab only gets outputs.
        let gitlab = env_file(System::GitLab, &example(), "/bin").expect("a file");
        assert_eq!(gitlab, "FTPY_PYTHON_VERSION=3.14.7t\nFTPY_VERSION=0.1.0\n");
    }
}
