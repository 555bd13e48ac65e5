//! A small runner of GitHub Actions: it reads a workflow and a composite action, and runs their
//! steps by bash with the environment files of the real one.
//!
//! What it knows is what action.yml and the README's workflow use; whatever else they might say
//! is a panic. `actions/checkout` does nothing, `actions/cache` keeps archives in a directory,
//! and any other action that a workflow uses is the one of this repository.

mod cache;
pub mod expression;
mod files;
mod runner;

pub use files::values;
pub use runner::{Job, Runner};
