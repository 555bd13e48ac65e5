//! Support for CI systems: exports, test matrices and cache keys. Text and values only: nothing
//! here reads the environment, writes files or installs.
//!
//! Each system is supported through its documented interface:
//!
//! | system | variables and PATH | outputs |
//! |---|---|---|
//! | GitHub Actions | the files `GITHUB_ENV`, `GITHUB_PATH` | the file `GITHUB_OUTPUT` |
//! | Azure Pipelines | `##vso[...]` on stdout | the same, with `isOutput` |
//! | CircleCI | the file `BASH_ENV` | there, too, as variables |
//! | GitLab, Buildkite, Jenkins, shells | lines on stdout, for `eval` | the same, and `--env-file` |
//!
//! `LD_LIBRARY_PATH` is never set: it would affect every other program of the job, and interpreters
//! installed by ftpy do not need it.

mod azure;
mod cache_key;
mod dotenv;
mod export;
mod exports;
mod github;
mod log;
pub mod matrix;
mod npm_range;
mod project_file;
mod secrets;
mod shell;
mod system;

pub use cache_key::{CacheInputs, Part, cache_key};
pub use export::{Append, Handover, env_file, hand_over, needed_files};
pub use exports::{Exports, Facts};
pub use log::{Annotation, error, group_end, group_start, mask, reveal};
pub use npm_range::from_semver;
pub use project_file::{Declaration, DeclarationError, READABLE, declaration};
pub use secrets::secrets;
pub use shell::failed;
pub use system::System;
