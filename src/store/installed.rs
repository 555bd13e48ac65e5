//! What is installed.

use crate::store::layout::Store;
use crate::store::receipt::Receipt;
use ftpy_shims::key::Key;
use ftpy_shims::request::BuildRequest;
use ftpy_shims::target::Target;
use std::path::{Path, PathBuf};

/// One installation, by its directory's name. The receipt is read only when it is needed.
#[derive(Debug, Clone)]
pub struct Installed {
    /// `3.14.7t-pbs-20260901`
    pub key: Key,
    /// Where it is.
    pub prefix: PathBuf,
}

impl Store {
    /// The receipt of one installation, if that is there and can be used.
    #[must_use]
    pub fn if_whole(&self, key: &str) -> Option<Receipt> {
        whole(&self.prefix(key))
    }

    /// Everything installed, the newest version first. A directory that is no key is not
    /// ours and is left alone.
    #[must_use]
    pub fn installed(&self, host: &Target) -> Vec<Installed> {
        let Ok(entries) = std::fs::read_dir(self.installs()) else {
            return Vec::new();
        };
        let names = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok());
        let mut found: Vec<Installed> = names
            .filter_map(|name| {
                let key = Key::from_name(&name, host)?;
                let prefix = self.prefix(&name);
                Some(Installed { key, prefix })
            })
            .collect();
        found.sort_by(|a, b| {
            b.rank()
                .cmp(&a.rank())
                .then_with(|| a.key.provider.cmp(&b.key.provider))
        });
        found
    }
}

/// The receipt of the installation at `prefix`, if that is there and can be used.
fn whole(prefix: &Path) -> Option<Receipt> {
    let receipt = Receipt::read(prefix).ok()?;
    prefix.join(&receipt.executable).exists().then_some(receipt)
}

impl Installed {
    /// Whether it meets a request: the build, the provider if one is named, and its build.
    #[must_use]
    pub fn meets(&self, request: &BuildRequest, host: &Target) -> bool {
        let wanted_target = request.target.or_host(host);
        request.matches(&self.key.build)
            && self.key.build.target == wanted_target
            && request
                .provider
                .is_none_or(|provider| provider == self.key.provider)
            && (request.build_id.is_none() || request.build_id == self.key.build_id)
    }

    /// Its receipt.
    ///
    /// # Errors
    /// Where there is none or it is damaged.
    pub fn receipt(&self) -> crate::error::Result<Receipt> {
        Receipt::read(&self.prefix)
    }

    /// Its receipt, if it can be read and its interpreter is there; otherwise it is to be
    /// made again.
    #[must_use]
    pub fn if_whole(&self) -> Option<Receipt> {
        whole(&self.prefix)
    }

    fn rank(
        &self,
    ) -> (
        ftpy_shims::version::Version,
        ftpy_shims::abi::Abi,
        Option<&str>,
    ) {
        let Key {
            build, build_id, ..
        } = &self.key;
        (build.version, build.abi, build_id.as_deref())
    }
}
