//! The store: the directory that belongs to ftpy. Only this module knows the paths in it.
//!
//! ```text
//! .ftpy-store                          the marker of a store, with its format; see `mark`
//! installs/<key>/                      an installation, either complete or absent
//! installs/<key>/.ftpy/receipt.json    its origin and the results of the probe
//! installs/<key>/.ftpy/files.sha256    the digests of its files, in the format of sha256sum(1)
//! installs/<key>/.ftpy/files.modes     the permissions of its files
//! aliases/3.14t                        a link to the newest patch of a minor and variant
//! shims/                               the directory to put on PATH; see `link`
//! config                               the user's settings; see `ftpy_core::settings`
//! known/pins, locks, venvs             references to the store from outside
//! cache/sha256/<digest>                downloads, verified again whenever they are read
//! cache/partial/<name>                 incomplete downloads, to be resumed
//! cache/conda/<digest>/                unpacked conda packages, linked into prefixes
//! cache/builds/<key>/                  source trees being compiled, or left by a failed build
//! cache/times/, cache/configure/       durations of builds, cached results of configure
//! cache/wheels/ab/<key>                reports of `ftpy check` on wheels
//! cache/ccache/                        compiled objects
//! cache/scripts/<digest>/              virtual environments of scripts; see `script_environments`
//! cache/repodata/                      package lists of conda channels: see conda's list_file
//! index/pbs.txt                        the index that `ftpy index update` fetched
//! locks/<key>                          held while that key is being installed
//! locks/script-<digest>                held while that script environment is made or in use
//! logs/<key>.log                       the output of the last build of that key
//! installs/.stage/<id>/, <id>.lock     incomplete installations; removed once their process ended
//! cache/stage/<id>/, <id>.lock         the same for what goes into the cache
//! lock                                 held briefly during a commit or a sweep
//! ```
//!
//! Any of these directories may be a link or a mount point: a stage is always on the file system
//! that its files move to. An installation appears and disappears by one rename, so a kill at any
//! moment leaves either the old or the new state.

mod build_options;
mod commit;
mod difference;
mod error;
mod installed;
mod inventory;
mod layout;
mod mark;
mod modes;
mod owned_names;
mod package;
mod process_lock;
mod purge;
mod receipt;
mod references;
mod script_environments;
mod stage;
mod temporaries;

pub use build_options::{BuildOptions, Compilation, Patch, Tree};
pub use difference::Difference;
pub use ftpy_core::installed::Installed;
pub use inventory::Inventory;
pub use layout::{Store, patch_file, suppressions_file, write_whole};
pub use modes::Modes;
pub use package::Package;
pub use process_lock::{Lock, is_unlocked};
pub use receipt::{Artifact, DistroPackage, Files, Receipt};
pub use references::{Reference, ReferenceKind};
pub use script_environments::ScriptEnvironment;
pub use stage::Stage;
