//! Makes a tree that was built for `/install` right for where it will be.
//!
//! An interpreter finds its own library wherever it is, but what *others* read (compilers'
//! names and paths in the build variables, pkg-config files, the scripts' first lines) was
//! written at build time. The patchers are bytes to bytes; [`run::finalise`] is the thin shell
//! that reads and writes. Every step may run twice.

pub mod bytecode;
pub mod compilers;
mod macho;
mod names;
mod prefix;
mod run;
mod scripts;

pub use names::executable_name;
pub use run::{Target, ensure_names, finalise};
