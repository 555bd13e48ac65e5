//! The environment variables of CI systems.

use super::{full, text};
use crate::secret_url::SecretUrl;
use std::ffi::OsString;
use std::path::PathBuf;

/// The variables by which CI systems identify themselves, according to their documentation.
pub const MARKS: [&str; 6] = [
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "TF_BUILD",
    "CIRCLECI",
    "BUILDKITE",
    "JENKINS_URL",
];

/// The environment of a CI job.
#[derive(Debug, Clone, Default)]
pub struct Ci {
    /// The members of [`MARKS`] that are set to something other than `false`.
    pub marks: Vec<&'static str>,
    /// `GITHUB_ENV`: the file that sets variables for later steps.
    pub github_env: Option<PathBuf>,
    /// `GITHUB_PATH`: the file that adds directories to PATH.
    pub github_path: Option<PathBuf>,
    /// `GITHUB_OUTPUT`: the file that sets the step's outputs.
    pub github_output: Option<PathBuf>,
    /// `GITHUB_STEP_SUMMARY`: the file that is shown as the job's summary.
    pub summary: Option<PathBuf>,
    /// `GITHUB_WORKSPACE`: the directory that paths in annotations are relative to.
    pub workspace: Option<PathBuf>,
    /// `BASH_ENV`: the file that bash reads first in every later step.
    pub bash_env: Option<PathBuf>,
    /// `PKG_CONFIG_PATH`, which ftpy extends.
    pub pkg_config_path: Option<OsString>,
    /// The proxy variables, which may contain passwords.
    pub proxies: Vec<SecretUrl>,
}

impl Ci {
    pub(super) fn read() -> Self {
        let is_set = |name: &&str| full(name).is_some_and(|value| value != "false");
        let file = |name: &str| full(name).map(PathBuf::from);
        let proxies = [
            "HTTPS_PROXY",
            "https_proxy",
            "HTTP_PROXY",
            "http_proxy",
            "ALL_PROXY",
            "all_proxy",
        ];
        Self {
            marks: MARKS.into_iter().filter(is_set).collect(),
            github_env: file("GITHUB_ENV"),
            github_path: file("GITHUB_PATH"),
            github_output: file("GITHUB_OUTPUT"),
            summary: file("GITHUB_STEP_SUMMARY"),
            workspace: file("GITHUB_WORKSPACE"),
            bash_env: file("BASH_ENV"),
            pkg_config_path: full("PKG_CONFIG_PATH"),
            proxies: proxies
                .into_iter()
                .filter_map(|name| Some(text(name)?.into()))
                .collect(),
        }
    }
}
