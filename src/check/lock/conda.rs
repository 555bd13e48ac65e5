//! `pixi.lock` (versions 4 to 6) and `conda-lock.yml`: packages of conda, and of PyPI beside them.
//!
//! ```yaml
//! version: 6
//! packages:
//! - conda: https://conda.example.org/linux-64/h3-py-4.5.0-py314h_0.conda
//!   sha256: ...
//!   depends: [python_abi 3.14.* *_cp314t]
//! - pypi: https://example.org/lxml-6.1.3-cp314-cp314t-manylinux_2_28_x86_64.whl
//!   name: lxml
//!   version: 6.1.3
//!   sha256: ...
//! ```
//!
//! YAML is read by the library of the feature `conda`; without it, these files are refused.

use crate::check::lock::error::Fault;
use crate::check::lock::lock_file::LockFile;
use crate::check::lock::source_text::SourceText;

/// Reads a `pixi.lock`.
pub(super) fn pixi(source: &SourceText<'_>) -> Result<LockFile, Fault> {
    #[cfg(feature = "conda")]
    return super::conda_yaml::pixi(source);
    #[cfg(not(feature = "conda"))]
    Err(unreadable(source))
}

/// Reads a `conda-lock.yml`.
pub(super) fn conda_lock(source: &SourceText<'_>) -> Result<LockFile, Fault> {
    #[cfg(feature = "conda")]
    return super::conda_yaml::conda_lock(source);
    #[cfg(not(feature = "conda"))]
    Err(unreadable(source))
}

#[cfg(not(feature = "conda"))]
fn unreadable(source: &SourceText<'_>) -> Fault {
    let _ = source;
    Fault {
        line: None,
        reason: "this ftpy was built without the feature `conda`, which reads lock files of conda"
            .to_owned(),
    }
}
