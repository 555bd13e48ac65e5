//! `ftpy.lock`: which bytes a project's requests mean, on each platform. Pure: text to types and
//! back, and what a lock says against a project's requests; nothing here fetches or asks.
//!
//! TOML, format 1:
//!
//! ```toml
//! version = 1                          # of this format
//! platforms = ["linux-x86_64-gnu"]     # what the requests are locked for
//! requests = ["3.14t"]                 # those that were named, beside the version file's
//! sources = ["source"]                 # only if --from named them
//! channels = ["conda-forge"]           # only if --channel named them
//!
//! [[build]]                            # one for each request and platform, sorted by both
//! request = "3.14t"
//! platform = "linux-x86_64-gnu"        # of the machine, not of the build: see `platform`
//! version = "3.14.7"
//! provider = "pbs"                     # or conda, source
//! build = "20260901"                   # the provider's name for it; a source has none
//! file = "cpython-3.14.7+20260901-..."
//! sha256 = "..."
//! size = 1                             # in bytes, where the provider tells
//! urls = ["https://..."]               # upstream's own; mirrors are this machine's affair
//! configure = ["--disable-gil"]        # of a source
//!
//! [[build.package]]                    # of conda, instead of file, sha256, size and urls
//! [build.package.record]               # what the channel says beside that
//! ```
//!
//! A request that nobody has for a platform that came by default has `unavailable`, with the
//! reason, and nothing else. Nothing in the file changes with the day or the machine it was
//! made on, so that two people's upgrades of different requests merge.

mod archives;
mod check;
mod document;
mod entry;
mod package;
mod platform;
mod read;
mod write;

pub use archives::archives;
pub use check::{problems, stands};
pub use document::{FILE, Lock, LockEntry, LockError, LockedBuild};
pub use entry::{Mirrors, is_lockable, places};
pub use platform::{DEFAULT as DEFAULT_PLATFORMS, applies, platform, target};
