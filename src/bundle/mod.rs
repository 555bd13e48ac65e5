//! A bundle: one file that transfers locked builds to machines without a network.
//!
//! A `.tar.zst` of regular files, in this order:
//!
//! ```text
//! manifest.json          format, the version of ftpy, and the digest of every other member
//! ftpy.lock              the lock file, reduced to the bundle's requests and platforms
//! index.ndjson           the locked builds of python-build-standalone, in upstream's format
//! ftpy                   the program that created the bundle, if requested
//! artifacts/<sha256>     the files named by the lock file, sorted by digest
//! ```
//!
//! Bundles are reproducible: no times, no owners, a fixed compression level in one thread. Input
//! is untrusted: members must come in the order and with the sizes given by the manifest, and
//! nothing is used before all of them were verified.

mod manifest;
mod read;
mod slice;
mod write;

pub use manifest::{BundleError, Manifest, Member};
pub use read::{Contents, read};
pub use slice::{merged, ndjson, uv};
pub use write::{Piece, write};
