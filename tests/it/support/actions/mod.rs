//! A small runner of GitHub Actions: it reads a workflow and a composite action, and runs their
//! steps with bash and the environment files of the real one.
//!
//! It supports what action.yml and the README's workflow use, and panics on anything else.
//! `actions/checkout` does nothing, `actions/cache` keeps archives in a directory, and any other
//! action in a workflow is the one of this repository.

mod cache;
pub mod expression;
mod files;
mod hash_files;
mod runner;

pub use files::values;
pub use runner::{Job, Runner};
