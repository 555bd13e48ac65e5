//! A bundle: one file that carries locked builds to where there is no network.
//!
//! A `.tar.zst` of plain files, in this order:
//!
//! ```text
//! manifest.json          format, the ftpy that made it, and every other member with its sha256
//! ftpy.lock              the lock, cut down to the bundle's requests and platforms
//! index.ndjson           the locked builds of python-build-standalone, in upstream's own form
//! ftpy                   the program that made the bundle, if that was asked for
//! artifacts/<sha256>     what the lock names, sorted by digest
//! ```
//!
//! The same lock makes the same bytes: no times, no owners, one level of one encoder in one
//! thread. What is read is hostile: members come in the order of the manifest, with its sizes,
//! and nothing of them is used before all of them were seen and had the right digest.

mod manifest;
mod read;
mod slice;
mod write;

pub use manifest::{BundleError, Manifest, Member};
pub use read::{Contents, read};
pub use slice::{merged, ndjson, uv};
pub use write::{Piece, write};
