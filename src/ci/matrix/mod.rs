//! Test matrices: the versions to test a project with, with and without the GIL, formatted for each
//! tool. Pure: the command reads the files.

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
