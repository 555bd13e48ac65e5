//! The Python versions that the files of other tools declare. Text to text: the words are parsed as
//! requests by the caller.
//!
//! | file | where |
//! |---|---|
//! | `pyproject.toml` | `requires-python` in `[project]`, else `python` in `[tool.poetry.dependencies]` |
//! | `setup.cfg` | `python_requires` in `[options]` |
//! | `Pipfile` | `python_full_version`, else `python_version`, in `[requires]` |
//! | `Pipfile.lock` | the same, in `_meta` |
//! | `mise.toml`, `.mise.toml`, `mise.local.toml` | `python` in `[tools]` |
//! | `uv.lock` | `requires-python` |
//!
//! Every other file is a list of versions, one to a line, unless it is known to be something else.

mod declaration;
mod key_line;
mod read;
mod tables;

pub use declaration::{Declaration, DeclarationError, READABLE};
pub use read::declaration;
