//! Adapts a tree that was built for `/install` to its final prefix.
//!
//! An interpreter finds its own library anywhere, but the files for *other* programs (compilers'
//! names and paths in build variables, pkg-config files, the first lines of scripts) contain paths
//! from build time. The patchers convert bytes to bytes; [`run::finalise`] reads and writes the
//! files. Every step is idempotent.

pub mod bytecode;
pub mod compilers;
mod install_name;
mod names;
mod prefix;
mod run;
mod scripts;
mod stale_bytecode;

pub use names::executable_name;
pub use run::{Target, ensure_names, finalise};
pub use stale_bytecode::drop_stale;
