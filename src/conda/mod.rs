//! conda support beyond solving: the machine's channels, their package lists, unpacking and
//! linking.
//! The types of records and the solver are the rattler crates', which only this module and
//! [`provider::Conda`](crate::provider::Conda) use.
//!
//! ```text
//! .condarc, names -> URLs              pure
//! URLs -> records                      I/O; sharded, .zst or .json, cached for offline use
//! archive -> unpacked package          streamed; shared by all prefixes that contain it
//! packages -> a prefix in the stage    linked, placeholders replaced by the final prefix
//! ```

mod channel_list;
mod channels;
mod condarc;
mod dependencies;
mod info;
mod link;
mod link_package;
mod list_file;
mod list_index;
mod list_scanner;
mod lists;
mod machine;
mod package;
mod place_file;
mod placed;
mod prefix_bytes;
mod python_layout;
mod records;
mod related_channels;
mod repodata;
mod sharded_list;
mod whole_list;
mod zip;

pub use channels::{Place, places};
pub use condarc::Condarc;
pub use link::{Expected, LinkError, Linked, Script, link, too_long};
pub use list_index::{ListIndex, Span};
pub use list_scanner::Scanner;
pub use machine::{Machine, virtual_packages};
pub use package::{Contents, Unreadable, Why, extract, extract_whole};
pub use repodata::{Scope, repodata};
