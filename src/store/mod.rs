//! The directory that ftpy owns. Nobody else knows a path below it.
//!
//! ```text
//! .ftpy-store                          the mark of a store, with its format; see `mark`
//! installs/<key>/                      one installation each, complete or not there
//! installs/<key>/.ftpy/receipt.json    where it came from and what the probe saw
//! installs/<key>/.ftpy/files.sha256    what its files were, as sha256sum(1) writes it
//! installs/<key>/.ftpy/files.modes     what their permissions were
//! aliases/3.14t                        the newest patch of a minor and variant: a link
//! shims/                               what belongs on PATH; see `link`
//! config                               the person's settings; see `ftpy_core::settings`
//! known/pins, locks, venvs             what uses the store from outside
//! cache/sha256/<digest>                downloads; hashed again whenever they are read
//! cache/partial/<name>                 broken downloads, to go on with
//! cache/conda/<digest>/                unpacked conda packages, linked into prefixes
//! cache/builds/<key>/                  source trees that are being compiled, or were left
//! cache/times/, cache/configure/       how long builds took, what configure found out
//! cache/ccache/                        compiled objects
//! cache/repodata/                      what conda channels have, in rattler's own form
//! index/pbs.txt                        the index that `ftpy index update` fetched
//! locks/<key>                          held while that key is being installed
//! logs/<key>.log                       what the last build of that key printed
//! installs/.stage/<id>/, <id>.lock     installations in the making; swept when their process is gone
//! cache/stage/<id>/, <id>.lock         the same for what goes into the cache
//! lock                                 held for the moment of a commit or a sweep
//! ```
//!
//! Any of these directories may be a link or a mount: a stage is beside the place its files go to.
//! An installation appears by one rename and disappears by one, so a kill at any moment
//! leaves the old state or the new one.

mod build_options;
mod commit;
mod difference;
mod installed;
mod inventory;
mod layout;
mod lock;
mod mark;
mod modes;
mod own;
mod package;
mod purge;
mod receipt;
mod references;
mod stage;
mod temporaries;

pub use build_options::{BuildOptions, Compilation, Patch, Tree};
pub use difference::Difference;
pub use ftpy_core::installed::Installed;
pub use inventory::Inventory;
pub use layout::{Store, patch_file, suppressions_file, write_whole};
pub use lock::{Lock, is_unlocked};
pub use modes::Modes;
pub use package::Package;
pub use receipt::{Artifact, DistroPackage, Files, Receipt};
pub use references::{Reference, ReferenceKind};
pub use stage::Stage;
