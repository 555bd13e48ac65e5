//! Why a plan cannot be executed.

use crate::error::{Failure, Kind};
use crate::external::NotUsable;
use crate::flavour_proof::FlavourCheckError;
use crate::secret_url::SecretUrl;
use ftpy_core::abi::Abi;
use std::path::PathBuf;
use tokio::task::JoinError;

/// What an interpreter was made from. This determines what helps if it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MadeFrom {
    /// Downloaded files.
    Download,
    /// Source code, compiled on this machine.
    Source,
    /// A package of the distribution.
    Package,
}

/// Why a plan cannot be executed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExecuteError {
    /// A build that should be downloaded has no archive. Contains its key.
    #[error("{0} has nothing to download")]
    NothingToDownload(String),
    /// The thread that unpacks an archive panicked.
    #[error("the unpacker failed: {0}")]
    Unpacker(JoinError),
    /// The source tree of a repeated build is different now.
    #[error("--same-as: {origin} changed since that build")]
    SourceChanged {
        /// The directory, archive or revision that the user named.
        origin: String,
    },
    /// A repeated build would be compiled with different arguments.
    #[error("--same-as {key}: {what}")]
    OtherArguments {
        /// The key of the build that is repeated.
        key: String,
        /// Where the arguments differ.
        what: &'static str,
        /// The arguments that only one of the builds has.
        lines: Vec<String>,
    },
    /// Downloaded files, or the interpreter in them, are not what they should be.
    #[error("{what} was refused: {reason}")]
    Refused {
        /// The key of a build, or the name of a file.
        what: String,
        /// What is wrong.
        reason: String,
    },
    /// The interpreter does not start on this machine.
    #[error("{key} does not start on this machine: {reason}")]
    DoesNotStart {
        /// The key of the build.
        key: String,
        /// The system's error.
        reason: String,
    },
    /// The interpreter started, but is another version or build, or lacks modules.
    #[error("{key} was refused: the interpreter is not as expected")]
    NotAsExpected {
        /// The key of the build.
        key: String,
        /// What is different.
        complaints: Vec<String>,
        /// What the interpreter was made from.
        made_from: MadeFrom,
    },
    /// The interpreter was built without its flavours.
    #[error("{key} was refused: the build lacks {flavours}")]
    LacksFlavours {
        /// The key of the build.
        key: String,
        /// The flavours that the build should have: `+lto+pgo`
        flavours: String,
        /// What is missing.
        unproved: FlavourCheckError,
    },
    /// A file that the user named cannot be downloaded.
    #[error("{place} is unavailable")]
    Unavailable {
        /// The URL of the file.
        place: String,
        /// The reason for each URL that was tried.
        reasons: Vec<String>,
    },
    /// A file for a bundle or a mirror cannot be downloaded.
    #[error("{file} is unavailable: {reason}")]
    FileUnavailable {
        /// The name of the file.
        file: String,
        /// A summary of what went wrong.
        reason: String,
    },
    /// A file for a bundle or a mirror cannot be verified. Contains its name.
    #[error("{0} cannot be kept: its sha256 is unknown")]
    NoSha256(String),
    /// A download should be written to this path, which is a directory or a device.
    #[error("{} is not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// A revision would be fetched from this URL, but `--offline` was given.
    #[error("--offline: {0} is not fetched")]
    Offline(SecretUrl),
    /// git cannot be started.
    #[error("git: cannot start: {0}")]
    NoGit(std::io::Error),
    /// git failed. Contains the last line of its output.
    #[error("git: {0}")]
    Git(String),
    /// `--allow-missing` names a module that ftpy does not know.
    #[error("--allow-missing {name}: no such module")]
    UnknownModule {
        /// What the user named.
        name: String,
        /// The modules that ftpy knows.
        known: Vec<String>,
    },
    /// The package manager did not install the libraries that a build requires.
    #[error("the package manager failed: {reason}")]
    PackageManager {
        /// Why it did not start, or its exit status.
        reason: String,
        /// The command.
        command: String,
        /// The end of its stderr.
        last: Vec<String>,
    },
    /// All attempts of a plan failed, or there was none.
    #[error("no source has a usable build of {request}")]
    NoUsableBuild {
        /// The request.
        request: String,
        /// The kind of what went wrong.
        kind: Kind,
        /// Whether `--offline` was given.
        is_offline: bool,
        /// The reason of each source.
        details: Vec<String>,
        /// What helps with the sources that this machine cannot use.
        hints: Vec<String>,
    },
    /// A build of conda was chosen, but ftpy was compiled without conda.
    #[cfg(not(feature = "conda"))]
    #[error("this ftpy was built without conda")]
    NoConda,
    /// The user named a conda package, but ftpy was compiled without conda.
    #[cfg(not(feature = "conda"))]
    #[error("conda: this ftpy was built without it")]
    NoCondaPackages,
}

impl From<ExecuteError> for Failure {
    fn from(error: ExecuteError) -> Self {
        use ExecuteError as E;
        let message = error.to_string();
        let failure = |kind: Kind| Self::new(kind, message);
        match error {
            E::NothingToDownload(_) | E::Unpacker(_) => failure(Kind::Internal),
            E::SourceChanged { .. } => {
                failure(Kind::Integrity).hint("`ftpy build --source` builds the current source")
            }
            E::OtherArguments { lines, .. } => failure(Kind::Integrity)
                .details(lines)
                .hint("`ftpy build` without --same-as builds it with the current arguments"),
            E::Refused { .. } => failure(Kind::Integrity).hint("nothing was installed"),
            E::DoesNotStart { .. } | E::NoSha256(_) => failure(Kind::Integrity),
            E::NotAsExpected {
                complaints,
                made_from,
                ..
            } => {
                let (kind, hint) = after_refusal(made_from);
                failure(kind).details(complaints).hint(hint)
            }
            E::LacksFlavours { unproved, .. } => {
                let failure = failure(Kind::Build).details(unproved.complaints);
                failure.hints(unproved.hints).hint("nothing was installed")
            }
            E::Unavailable { reasons, .. } => failure(Kind::Network).details(reasons),
            E::FileUnavailable { .. } => failure(Kind::Network).hint(
                "set FTPY_PBS_MIRROR or FTPY_SOURCE_MIRROR to a reachable mirror; \
                 the next run continues the download",
            ),
            E::NotAFile(_) => failure(Kind::System),
            E::Offline(_) | E::Git(_) => failure(Kind::Network),
            E::NoGit(_) => failure(Kind::Network).hint("install git, or name a directory"),
            E::UnknownModule { known, .. } => {
                failure(Kind::Usage).hint(format!("the modules are {}", known.join(", ")))
            }
            E::PackageManager { command, last, .. } => failure(Kind::Build)
                .hint(format!("run it yourself: {command}"))
                .details(last),
            E::NoUsableBuild {
                kind,
                is_offline,
                details,
                hints,
                ..
            } => {
                let failure = failure(kind).details(details).hints(hints);
                failure.hints(without_a_source(kind, is_offline))
            }
            #[cfg(not(feature = "conda"))]
            E::NoConda | E::NoCondaPackages => failure(Kind::Usage),
        }
    }
}

/// Returns the kind of the failure and a hint for an interpreter that is not as expected.
fn after_refusal(made_from: MadeFrom) -> (Kind, &'static str) {
    match made_from {
        MadeFrom::Download => (Kind::Integrity, "nothing was installed"),
        MadeFrom::Source => (
            Kind::Build,
            "nothing was installed; `--allow-missing NAME` accepts a build without a module",
        ),
        MadeFrom::Package => (Kind::Integrity, "nothing was recorded"),
    }
}

/// Returns a hint for the case that no source has a usable build.
fn without_a_source(kind: Kind, is_offline: bool) -> Option<&'static str> {
    Some(match kind {
        Kind::Forbidden => crate::policy::HINT,
        Kind::NotFound => "`ftpy list --available` lists the available builds",
        Kind::Network if is_offline => {
            "--offline uses cached files only; run it once without --offline"
        }
        Kind::Network => {
            "behind a firewall, set FTPY_PBS_MIRROR, FTPY_CONDA_CHANNELS or FTPY_SOURCE_MIRROR to \
             a reachable mirror"
        }
        _ => return None,
    })
}

/// Why a package of the distribution cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum PackageError {
    /// The table of package managers lacks this one.
    #[error("unknown package manager {0}")]
    UnknownManager(String),
    /// The user may not use sudo, or gave no valid password.
    #[error("sudo refused root access")]
    NoRoot,
    /// The package was installed, but its interpreter is not found.
    #[error("{package} is installed without {name}")]
    NoInterpreter {
        /// The name of the package.
        package: String,
        /// `bin/python3.14t`
        name: String,
    },
    /// The interpreter of the package cannot be used.
    #[error("{0}")]
    NotUsable(NotUsable),
    /// The package contains a different build than requested.
    #[error("{package} contains {found} ({}) instead of {request}", .abi.words())]
    OtherBuild {
        /// The name of the package.
        package: String,
        /// The build in it: `3.14.7`
        found: String,
        /// The ABI of this build.
        abi: Abi,
        /// The request.
        request: String,
        /// The interpreter.
        executable: PathBuf,
    },
}

impl From<PackageError> for Failure {
    fn from(error: PackageError) -> Self {
        use PackageError as E;
        let message = error.to_string();
        match error {
            E::UnknownManager(_) => Self::new(Kind::Internal, message),
            E::NoRoot => Self::new(Kind::System, message).hint("nothing was installed"),
            E::NoInterpreter { .. } => Self::new(Kind::Integrity, message)
                .hint("`ftpy link NAME PATH` records an interpreter by its path"),
            E::NotUsable(_) => Self::new(Kind::Integrity, message).hint("nothing was recorded"),
            E::OtherBuild { executable, .. } => Self::new(Kind::Integrity, message)
                .details([format!("the interpreter is {}", executable.display())])
                .hint("nothing was recorded; the package stays as it is"),
        }
    }
}

/// Why packages of conda cannot be installed.
#[cfg(feature = "conda")]
#[derive(Debug, thiserror::Error)]
pub(super) enum CondaError {
    /// The path of the installation is too long for conda's packages. Contains the limit.
    #[error("{0}")]
    PrefixTooLong(String),
    /// The thread that unpacks a package panicked.
    #[error("{file} was refused: {panic}")]
    Unpacker {
        /// The name of the package's file.
        file: String,
        /// The panic.
        panic: JoinError,
    },
    /// A file cannot be written. Contains its name and the system's error.
    #[error("{0}")]
    Disk(String),
    /// The directory of a package in the cache is not named like a digest. Contains the name of
    /// the package's file.
    #[error("{0} has no digest")]
    NoDigest(String),
    /// The packages cannot be linked into one prefix.
    #[error("{key} was refused: {reason}")]
    NotLinked {
        /// The key of the build.
        key: String,
        /// What is wrong with a package.
        reason: String,
    },
    /// A script of a package failed.
    #[error("the script of {file} failed: {reason}")]
    Script {
        /// The name of the package's file.
        file: String,
        /// Why it did not start, or its exit status.
        reason: String,
        /// The lines of its stderr.
        lines: Vec<String>,
    },
}

#[cfg(feature = "conda")]
impl From<CondaError> for Failure {
    fn from(error: CondaError) -> Self {
        use CondaError as E;
        let message = error.to_string();
        match error {
            E::PrefixTooLong(_) => Self::new(Kind::System, message)
                .hint("set FTPY_HOME to a directory with a shorter path"),
            E::Unpacker { .. } => Self::new(Kind::Internal, message).hint("nothing was installed"),
            E::Disk(_) => Self::new(Kind::System, message),
            E::NoDigest(_) => Self::new(Kind::Internal, message),
            E::NotLinked { .. } => Self::new(Kind::Integrity, message)
                .hint("nothing was installed; `ftpy cache clean` forgets kept packages"),
            E::Script { lines, .. } => Self::new(Kind::Build, message)
                .hint("nothing was installed")
                .details(lines),
        }
    }
}
