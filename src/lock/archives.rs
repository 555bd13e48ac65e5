//! The files of a locked build.

use crate::lock::entry::{Mirrors, places};
use crate::provider::{Archive, Candidate, Recipe};

/// Every file needed to install a locked build, with its URLs on this machine.
#[must_use]
pub fn archives(candidate: &Candidate, mirrors: &Mirrors<'_>) -> Vec<Archive> {
    if let Recipe::Conda { packages } = &candidate.recipe {
        let archive = |package: &crate::store::Package| Archive {
            file: package.file.clone(),
            urls: vec![package.url.clone()],
            sha256: package.sha256,
            size: package.size,
        };
        return packages.iter().map(archive).collect();
    }
    let urls = places(candidate, mirrors);
    let archive = candidate.archive.clone();
    let archive = archive.map(|archive| Archive { urls, ..archive });
    archive.into_iter().collect()
}
