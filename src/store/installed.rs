//! What is installed, with its receipts.

use crate::store::layout::Store;
use crate::store::receipt::Receipt;
use ftpy_shims::installed::{self, Installed};
use ftpy_shims::key::Key;
use ftpy_shims::target::Target;
use std::path::Path;

impl Store {
    /// The receipt of one installation, if that is there and can be used.
    #[must_use]
    pub fn if_whole(&self, key: &Key) -> Option<Receipt> {
        whole(&self.prefix(key))
    }

    /// Everything installed, the newest version first. A directory that is no key is not
    /// ours and is left alone.
    #[must_use]
    pub fn installed(&self, host: &Target) -> Vec<Installed> {
        installed::list(self.root(), host)
    }
}

impl Receipt {
    /// The receipt of an installation.
    ///
    /// # Errors
    /// Where there is none or it is damaged.
    pub fn of(installed: &Installed) -> crate::error::Result<Self> {
        Self::read(&installed.prefix)
    }

    /// The receipt of an installation, if it can be read and the interpreter is there;
    /// otherwise the installation is to be made again.
    #[must_use]
    pub fn if_whole(installed: &Installed) -> Option<Self> {
        whole(&installed.prefix)
    }
}

fn whole(prefix: &Path) -> Option<Receipt> {
    let receipt = Receipt::read(prefix).ok()?;
    prefix.join(&receipt.executable).exists().then_some(receipt)
}
