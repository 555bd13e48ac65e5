//! The machine's distribution and its package manager.
//!
//! [`ask::look`] reads os-release and queries the package manager; the resulting [`Machine`] is
//! plain data for the provider. [`run`] runs the commands that the user confirmed. Nothing here
//! decides what to install, and no query needs root.

pub mod answer;
pub mod ask;
pub mod commands;
mod error;
pub mod release;
pub mod row;
pub mod run;

pub use ask::{Available, Machine, PackageAnswer, PackageQuery, look};
