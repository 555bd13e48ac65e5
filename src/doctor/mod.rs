//! Finds problems on this machine and suggests fixes. The checks change nothing; repairs are done
//! by the command, according to the [`Mend`] of a finding.
//!
//! Each check is a function from the [`Subject`] to findings. Unreadable input is skipped, unless
//! that is the problem.

pub mod abi3;
pub mod compilers;
mod finding;
pub mod foreign;
pub mod installations;
pub mod path;
pub mod pins;
pub mod policy;
pub mod settings;
pub mod store;
mod subject;
pub mod variables;
pub mod venvs;

pub use finding::{Code, Finding, Mend};
pub use subject::{Subject, real, venv_of};
