//! conda support beyond solving: the machine's channels, their package lists, unpacking and
//! linking.
//! Built on the rattler crates, which only this module and
//! [`provider::Conda`](crate::provider::Conda) use.
//!
//! ```text
//! .condarc, names -> URLs              pure
//! URLs -> repodata                     I/O; sharded, .zst or .json, cached for offline use
//! archive -> unpacked package          streamed; shared by all prefixes that contain it
//! packages -> a prefix in the stage    linked, placeholders replaced by the final prefix
//! ```

mod bounded;
mod catch_panic;
mod channels;
mod condarc;
mod info;
mod link;
mod machine;
mod package;
mod placed;
mod policy_client;
mod repodata;
mod zip;

pub use channels::{Place, places};
pub use condarc::Condarc;
pub use link::{Expected, LinkError, Linked, Script, link, too_long};
pub use machine::{Machine, virtual_packages};
pub use package::{Contents, Unreadable, Why, extract, extract_whole};
pub use repodata::{Scope, repodata};
