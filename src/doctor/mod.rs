//! What is wrong on this machine, and how each thing is mended. The checks look and change
//! nothing; mending is the command's work, by the [`Mend`] that a finding names.
//!
//! Each check is a plain function from the [`Subject`] to findings. It takes odd input as it
//! comes: what cannot be read is passed over, unless that is the finding.

pub mod abi3;
pub mod compilers;
mod finding;
pub mod foreign;
pub mod installations;
mod parallel;
pub mod path;
pub mod pins;
pub mod policy;
pub mod settings;
pub mod store;
mod subject;
pub mod variables;
pub mod venvs;

pub use finding::{Code, Finding, Mend};
pub use parallel::each;
pub use subject::{Subject, real, venv_of};
