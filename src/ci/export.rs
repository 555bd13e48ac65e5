//! How each system is handed the result: what is appended to which file, what is printed.

use crate::ci::dotenv::LineBreak;
use crate::ci::exports::Exports;
use crate::ci::system::System;
use crate::ci::{azure, dotenv, github, shell};
use crate::env::ci::Ci;
use std::path::{Path, PathBuf};

/// Text for a file that the system names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The variable that names the file: `GITHUB_ENV`.
    pub variable: &'static str,
    /// The file.
    pub path: PathBuf,
    /// What belongs at its end.
    pub text: String,
}

/// What is done and printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Handover {
    /// Files that grow.
    pub appends: Vec<Append>,
    /// Lines for stdout.
    pub lines: Vec<String>,
}

/// The files that a system takes results by, whether their variables are set or not.
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

/// What a system is handed. `delimiter` is a word that is in no value, another one each time.
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

/// The text of `--env-file`.
///
/// GitLab reads it in later jobs, on other machines: there the outputs make sense, and paths on
/// this machine do not. Jenkins' `withEnv` adds to PATH by `PATH+NAME`; for the others PATH is
/// written out. `path` is what PATH was.
///
/// # Errors
/// Where a value has a line break.
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
    fn a_line_break_is_refused_where_it_cannot_be_written() {
        let error = env_file(System::Shell, &example(), "/bin").expect_err("a line break");
        assert!(error.to_string().starts_with("ODD has a line break"));
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
        // The odd one is a variable, and GitLab is told outputs only.
        let gitlab = env_file(System::GitLab, &example(), "/bin").expect("a file");
        assert_eq!(gitlab, "FTPY_PYTHON_VERSION=3.14.7t\nFTPY_VERSION=0.1.0\n");
    }
}
