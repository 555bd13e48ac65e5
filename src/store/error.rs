//! Why the store, or an installation in it, cannot be used.

use crate::error::{Failure, Kind};
use ftpy_core::installed::MARK;
use ftpy_core::paste;
use std::path::{Path, PathBuf};

/// Why the store, or an installation in it, cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    /// A newer ftpy created the store.
    #[error(
        "the store {} has format {format}, but this ftpy only supports format {supported}",
        .root.display()
    )]
    Newer {
        /// The directory of the store.
        root: PathBuf,
        /// The format of the store.
        format: u32,
        /// The newest format that this ftpy supports.
        supported: u32,
    },
    /// The marker of the store at this directory has no valid format.
    #[error("{} is damaged: invalid format line", .0.join(MARK).display())]
    DamagedMark(PathBuf),
    /// The directory contains files, but no marker.
    #[error("{} is not an ftpy store: it contains {contents}, but no {MARK}", .root.display())]
    Foreign {
        /// The directory.
        root: PathBuf,
        /// Some of the names in it, each between backticks.
        contents: String,
    },
    /// There is a file at the location of the store.
    #[error("the store {} is not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// The location of the store is a dangling link.
    #[error(
        "the store {} is a link to {}, which does not exist",
        .root.display(),
        .target.display()
    )]
    Dangling {
        /// The link.
        root: PathBuf,
        /// Its target, as written in the link.
        target: PathBuf,
    },
    /// Programs in this directory cannot be started.
    #[error(
        "the file system of {} is mounted noexec, so no program on it can be started",
        .0.display()
    )]
    Noexec(PathBuf),
    /// The store to remove is the root directory, or contains the home directory.
    #[error("{} does not belong to ftpy alone", .0.display())]
    NotAlone(PathBuf),
    /// The user pressed Ctrl-C while this process waited for a lock.
    #[error("interrupted")]
    Interrupted,
    /// A process uses this entry of the cache.
    #[error("{} is in use", .0.display())]
    InUse(PathBuf),
    /// A new receipt cannot be expressed as JSON.
    #[error(transparent)]
    ReceiptText(serde_json::Error),
    /// A receipt is damaged.
    #[error("invalid receipt {}: {reason}", .path.display())]
    InvalidReceipt {
        /// The receipt.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// An installation has no receipt at this path.
    #[error("the receipt {} is missing", .0.display())]
    MissingReceipt(PathBuf),
    /// A newer ftpy wrote a receipt.
    #[error("{} was written by a newer ftpy (format {format})", .path.display())]
    NewerReceipt {
        /// The receipt.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// This list of files or permissions is not the one that the receipt describes.
    #[error("{} does not match the receipt", .0.display())]
    Mismatch(PathBuf),
}

impl StoreError {
    fn kind(&self) -> Kind {
        match self {
            Self::Newer { .. }
            | Self::DamagedMark(_)
            | Self::Foreign { .. }
            | Self::NotADirectory(_)
            | Self::Dangling { .. }
            | Self::Noexec(_)
            | Self::NotAlone(_)
            | Self::InUse(_)
            | Self::NewerReceipt { .. } => Kind::System,
            Self::Interrupted => Kind::Interrupted,
            Self::ReceiptText(_) => Kind::Internal,
            Self::InvalidReceipt { .. } | Self::MissingReceipt(_) | Self::Mismatch(_) => {
                Kind::Integrity
            }
        }
    }

    /// What to do next, if anything helps.
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Newer { .. } | Self::NewerReceipt { .. } => {
                "run `ftpy self update` to update ftpy".to_owned()
            }
            Self::DamagedMark(root) | Self::Foreign { root, .. } => {
                let choose = export(&root.join("ftpy"));
                format!("use an empty or new directory: `{choose}`")
            }
            Self::NotADirectory(root) => {
                let choose = export(&root.with_file_name("ftpy-store"));
                format!("choose another directory: `{choose}`")
            }
            Self::Dangling { root, target } => {
                let target = root.with_file_name("").join(target);
                let make = paste!["mkdir", "-p", target.display()];
                format!("run `{make}` to create it")
            }
            Self::Noexec(directory) => {
                let findmnt = paste!["findmnt", "--target", directory.display()];
                format!(
                    "set FTPY_HOME to a directory on a file system without noexec; run \
                     `{findmnt}` to see its mount options"
                )
            }
            Self::NotAlone(_) => {
                "FTPY_HOME is set to it; remove ftpy's files in it manually".to_owned()
            }
            Self::Interrupted
            | Self::InUse(_)
            | Self::ReceiptText(_)
            | Self::InvalidReceipt { .. }
            | Self::MissingReceipt(_)
            | Self::Mismatch(_) => return None,
        };
        Some(hint)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(error.kind(), error.to_string()).hints(error.hint())
    }
}

/// The command that chooses another location for the store.
fn export(directory: &Path) -> String {
    paste!["export", format!("FTPY_HOME={}", directory.display())]
}
