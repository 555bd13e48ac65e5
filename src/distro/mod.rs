//! The machine's distribution and its package manager.
//!
//! [`ask::look`] reads os-release and asks the package manager; what it gathered is a
//! [`Machine`], plain data that the provider is handed. [`run`] runs what was agreed to. Nothing
//! here decides what is installed, and no question needs root.

pub mod answer;
pub mod ask;
pub mod commands;
pub mod release;
pub mod row;
pub mod run;

pub use ask::{Available, Machine, PackageAnswer, PackageQuery, look};
