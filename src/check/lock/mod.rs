//! Reads what a project locks or requires: text becomes packages with their wheels, and the line of
//! each. Only the module `read` opens files, and nothing here uses the network.
//!
//! | file | wheels | resolved by an installer first |
//! |---|---|---|
//! | `uv.lock`, version 1 | with URL, digest, size | no |
//! | `pylock.toml`, version 1 (PEP 751) | with URL, digest, size | no |
//! | `poetry.lock`, `pdm.lock` | name and digest | for the URLs |
//! | `pixi.lock`, `conda-lock.yml` | with URL; conda packages apart | no |
//! | `Pipfile.lock`, requirements files | none | yes, unless a wheel's URL is given |

mod choice;
mod conda;
mod conda_package;
#[cfg(feature = "conda")]
mod conda_yaml;
mod error;
mod find;
mod format;
mod lock_file;
mod pdm;
mod pipfile;
mod poetry;
mod pylock;
mod reach;
mod read;
mod requirement;
mod requirements;
mod source_text;
mod uv;
mod uv_stale;
mod wheel_file;

pub use choice::LockChoice;
pub use conda_package::CondaPackage;
pub use error::LockError;
pub use find::find;
pub use format::LockFormat;
pub use lock_file::LockFile;
pub use pylock::read as read_pylock;
pub use read::{read, read_chosen, read_requirements};
pub use requirement::ListedRequest;
pub use requirements::named_files;
pub use wheel_file::wheel_of_url;
