//! The versions that a project is tested with, with and without the GIL: from what the project
//! says of itself to the words of each tool. Pure: the files are read by the command.

mod choose;
mod entry;
mod format;
mod free_threaded_note;
mod project;
mod setup_cfg;

pub use choose::choose;
pub use entry::{Choice, KnownMinor, Matrix, MatrixEntry, MatrixInput, NoVersion};
pub use format::{gha, gitlab, hatch, nox, tox, versions};
pub use project::{Project, ProjectError};
pub use setup_cfg::setup_cfg;
