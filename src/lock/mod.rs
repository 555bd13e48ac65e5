//! `ftpy.lock`: the exact builds of a project's requests, on each platform. Pure: parses, writes
//! and checks lock files, but fetches nothing.
//!
//! TOML, format 1:
//!
//! ```toml
//! version = 1                          # the format
//! platforms = ["linux-x86_64-gnu"]     # the platforms that are locked
//! requests = ["3.14t"]                 # explicit requests, in addition to the version file's
//! sources = ["source"]                 # only if --from was used
//! channels = ["conda-forge"]           # only if --channel was used
//!
//! [[build]]                            # one per request and platform, sorted by both
//! request = "3.14t"
//! platform = "linux-x86_64-gnu"        # of the machine, not of the build: see `platform`
//! version = "3.14.7"
//! provider = "pbs"                     # or conda, source
//! build = "20260901"                   # the provider's id; a source build has none
//! file = "cpython-3.14.7+20260901-..."
//! sha256 = "..."
//! size = 1                             # in bytes, if the provider states it
//! urls = ["https://..."]               # upstream's; mirrors are applied on each machine
//! configure = ["--disable-gil"]        # of a source build
//!
//! [[build.package]]                    # for conda, instead of file, sha256, size and urls
//! [build.package.record]               # the other fields of the channel's record
//! ```
//!
//! A request that has no build for one of the default platforms has `unavailable` with the reason,
//! and nothing else. The contents do not depend on the date or the machine, so that upgrades of
//! different requests merge.

mod archives;
mod check;
mod document;
mod entry;
mod package;
mod platform;
mod read;
mod write;

pub use archives::archives;
pub use check::{is_still_valid, problems};
pub use document::{FILE, Lock, LockEntry, LockError, LockedBuild};
pub use entry::{Mirrors, is_lockable, places};
pub use platform::{DEFAULT as DEFAULT_PLATFORMS, applies, platform, target};
