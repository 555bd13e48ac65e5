//! What a file that lists packages contains.

use crate::check::dependency::Dependency;
use crate::check::lock::conda_package::CondaPackage;
use crate::check::lock::requirement::ListedRequest;

/// What a file lists.
#[derive(Debug, Clone, Default)]
pub struct LockFile {
    /// The packages of PyPI's kind, at exact versions.
    pub dependencies: Vec<Dependency>,
    /// The packages of conda.
    pub conda: Vec<CondaPackage>,
    /// Requirements that an installer has to resolve.
    pub requests: Vec<ListedRequest>,
    /// An extra or group that was chosen and that the project does not have: ``no extra `x` ``
    pub unknown_choice: Option<String>,
    /// What could not be understood: a newer version of the format.
    pub notes: Vec<String>,
}
