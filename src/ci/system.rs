//! Detects the CI system by the variable that each one documents.

use crate::env::ci::Ci;
use std::fmt;

/// A CI system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// GitHub Actions and compatible systems: `GITHUB_ACTIONS`.
    GitHub,
    /// GitLab CI/CD: `GITLAB_CI`.
    GitLab,
    /// Azure Pipelines: `TF_BUILD`.
    Azure,
    /// CircleCI: `CIRCLECI`.
    CircleCi,
    /// Buildkite: `BUILDKITE`.
    Buildkite,
    /// Jenkins: `JENKINS_URL`.
    Jenkins,
    /// No known system: a shell.
    Shell,
}

impl System {
    /// Detects the system from the environment.
    ///
    /// Jenkins comes last: its variable is also set if a Jenkins job starts another system's
    /// runner.
    #[must_use]
    pub fn detect(ci: &Ci) -> Self {
        let known = [
            ("GITHUB_ACTIONS", Self::GitHub),
            ("GITLAB_CI", Self::GitLab),
            ("TF_BUILD", Self::Azure),
            ("CIRCLECI", Self::CircleCi),
            ("BUILDKITE", Self::Buildkite),
            ("JENKINS_URL", Self::Jenkins),
        ];
        let found = known.iter().find(|(mark, _)| ci.marks.contains(mark));
        found.map_or(Self::Shell, |(_, system)| *system)
    }

    /// Whether stdout is evaluated by a shell.
    #[must_use]
    pub fn evaluates_stdout(self) -> bool {
        match self {
            Self::GitLab | Self::Buildkite | Self::Jenkins | Self::Shell => true,
            Self::GitHub | Self::Azure | Self::CircleCi => false,
        }
    }

    /// The name on the command line: `github`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Azure => "azure",
            Self::CircleCi => "circleci",
            Self::Buildkite => "buildkite",
            Self::Jenkins => "jenkins",
            Self::Shell => "shell",
        }
    }
}

impl fmt::Display for System {
    /// The display name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GitHub => "GitHub Actions",
            Self::GitLab => "GitLab",
            Self::Azure => "Azure Pipelines",
            Self::CircleCi => "CircleCI",
            Self::Buildkite => "Buildkite",
            Self::Jenkins => "Jenkins",
            Self::Shell => "a shell",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::ci::MARKS;

    #[test]
    fn every_variable_belongs_to_a_system() {
        for mark in MARKS {
            let ci = Ci {
                marks: vec![mark],
                ..Ci::default()
            };
            assert_ne!(System::detect(&ci), System::Shell, "{mark}");
        }
        assert_eq!(System::detect(&Ci::default()), System::Shell);
        let both = Ci {
            marks: vec!["GITHUB_ACTIONS", "JENKINS_URL"],
            ..Ci::default()
        };
        assert_eq!(System::detect(&both), System::GitHub);
    }
}
