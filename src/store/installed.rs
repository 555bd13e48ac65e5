//! What is installed, with its receipts.

use crate::store::layout::Store;
use crate::store::receipt::Receipt;
use crate::store::references::{LONGEST, ReferenceKind};
use ftpy_core::decide::settings_text;
use ftpy_core::file::{self, Unreadable};
use ftpy_core::installed::{self, Installed};
use ftpy_core::key::Key;
use ftpy_core::target::Target;
use std::path::Path;

impl Store {
    /// Whether this user may read the directories that say what is installed.
    ///
    /// # Errors
    /// Where one is there and cannot be read: then "nothing is installed" would be a guess.
    pub fn check_directories(&self) -> Result<(), Unreadable> {
        let directories = [self.root().to_owned(), self.installs(), self.aliases()];
        for directory in directories {
            match std::fs::read_dir(&directory) {
                Ok(_) => {}
                Err(error) if file::is_absent(&directory, &error) => {}
                Err(error) => return Err(Unreadable::new(&directory, &error)),
            }
        }
        Ok(())
    }

    /// Whether this user may read the index and the lists of what uses the store.
    ///
    /// # Errors
    /// Where one is there and cannot be read: what it says must not be passed over.
    pub fn check_lists(&self) -> Result<(), Unreadable> {
        for what in [
            ReferenceKind::Pins,
            ReferenceKind::Locks,
            ReferenceKind::Venvs,
        ] {
            file::read(&self.known_list(what), LONGEST)?;
        }
        // Its text is long, and whatever is in it, another index stands in for it by a rule.
        file::check(&self.index())
    }

    /// Whether this user may read the settings.
    ///
    /// # Errors
    /// As [`check_lists`](Self::check_lists).
    pub fn check_settings(&self) -> Result<(), Unreadable> {
        settings_text(self.root()).map(|_| ())
    }

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
