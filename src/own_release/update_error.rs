//! Why ftpy cannot replace itself.

use crate::error::{Failure, Kind};
use crate::secret_url::SecretUrl;
use ftpy_core::target::Target;
use std::path::PathBuf;

/// Why ftpy cannot replace itself by a release.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// A package manager installed it.
    #[error("{} was installed by {manager}, which also updates it", program.display())]
    Managed {
        /// The program.
        program: PathBuf,
        /// `pipx`
        manager: &'static str,
        /// The command that updates ftpy.
        command: String,
    },
    /// There are no releases for this machine.
    #[error("no release of ftpy supports {0}")]
    NoRelease(Target),
    /// The user named something else than a version.
    #[error("`{text}` is not a version of ftpy")]
    NotAVersion {
        /// What the user named.
        text: String,
        /// The version of the running ftpy.
        own: &'static str,
    },
    /// It was built without the URL of the releases.
    #[error("this ftpy was built without a release URL")]
    NoUrl,
    /// It was built with a URL that anyone on the network path can answer.
    #[error("the release URL {0} is not https")]
    NotHttps(SecretUrl),
    /// The server names something else than a version.
    #[error("{0} is not a version of ftpy")]
    NoVersionAt(SecretUrl),
    /// The release lacks the archive for this machine.
    #[error("release {version} has no {archive}")]
    NoArchive {
        /// The version.
        version: String,
        /// The name of the archive.
        archive: String,
    },
    /// The archive has wrong bytes.
    #[error("{url} is not valid: {reason}")]
    Invalid {
        /// Its URL.
        url: SecretUrl,
        /// What is wrong.
        reason: String,
    },
    /// The program of the release does not report the version of the release.
    #[error("the program of release {version} failed its test start: {said}")]
    FailedStart {
        /// The version of the release.
        version: String,
        /// What the program printed, or why it did not start.
        said: String,
    },
}

impl From<UpdateError> for Failure {
    fn from(error: UpdateError) -> Self {
        use UpdateError as E;
        let (kind, hint) = match &error {
            E::Managed { command, .. } => (Kind::Usage, format!("`{command}`")),
            E::NoRelease(_) => (
                Kind::NotFound,
                "build it from source: `cargo install --locked --path .`".to_owned(),
            ),
            E::NotAVersion { own, .. } => (Kind::Usage, format!("the running ftpy is {own}")),
            E::NoUrl => (
                Kind::Usage,
                "set FTPY_RELEASES to the URL, or rebuild: `cargo install --locked --path .`"
                    .to_owned(),
            ),
            E::NotHttps(_) => (
                Kind::Integrity,
                "set FTPY_RELEASES to another URL".to_owned(),
            ),
            E::NoArchive { .. } => (Kind::NotFound, "nothing was changed".to_owned()),
            E::NoVersionAt(_) | E::Invalid { .. } | E::FailedStart { .. } => {
                (Kind::Integrity, "nothing was changed".to_owned())
            }
        };
        Self::new(kind, error.to_string()).hint(hint)
    }
}
