//! Lists installations with their receipts.

use crate::store::layout::Store;
use crate::store::receipt::Receipt;
use crate::store::references::{LONGEST, ReferenceKind};
use ftpy_core::decide::settings_text;
use ftpy_core::installed::{self, Installed};
use ftpy_core::key::Key;
use ftpy_core::target::Target;
use ftpy_core::text_file::{self, Unreadable};
use std::path::{Path, PathBuf};

impl Store {
    /// Checks that this user may read the directories that list the installations.
    ///
    /// # Errors
    /// Returns an error if one exists but cannot be read: "nothing installed" would be a guess.
    pub fn check_directories(&self) -> Result<(), Unreadable> {
        let directories = [self.root().to_owned(), self.installs(), self.aliases()];
        for directory in directories {
            match std::fs::read_dir(&directory) {
                Ok(_) => {}
                Err(error) if text_file::is_absent(&directory, &error) => {}
                Err(error) => return Err(Unreadable::new(&directory, &error)),
            }
        }
        Ok(())
    }

    /// Checks that this user may read the index and the reference lists.
    ///
    /// # Errors
    /// Returns an error if one exists but cannot be read: it must not be ignored.
    pub fn check_lists(&self) -> Result<(), Unreadable> {
        for what in [
            ReferenceKind::Pins,
            ReferenceKind::Locks,
            ReferenceKind::Venvs,
        ] {
            text_file::read(&self.known_list(what), LONGEST)?;
        }
        // Only readability matters: an index with invalid contents is replaced by the embedded one.
        text_file::check(&self.index())
    }

    /// Checks that this user may read the settings.
    ///
    /// # Errors
    /// Like [`check_lists`](Self::check_lists).
    pub fn check_settings(&self) -> Result<(), Unreadable> {
        settings_text(self.root()).map(|_| ())
    }

    /// The receipt of an installation, if it exists and is valid.
    #[must_use]
    pub fn if_whole(&self, key: &Key) -> Option<Receipt> {
        let receipt = whole(&self.prefix(key))?;
        // A directory of `ftpy install --to` may contain another build.
        (self.image().is_none() || receipt.key == key.to_string()).then_some(receipt)
    }

    /// All installations, and then those of the shared stores.
    #[must_use]
    pub fn usable(&self, host: &Target) -> Vec<Installed> {
        installed::read_all(self.root(), self.shared(), host).unwrap_or_default()
    }

    /// The shared store of an installation; `None` if it is in this one.
    #[must_use]
    pub fn shared_store_of(&self, installed: &Installed) -> Option<&Path> {
        let is_own = installed.prefix.starts_with(self.installs());
        let mut shared = self.shared().iter().filter(|_| !is_own);
        let found = shared.find(|root| installed.prefix.starts_with(root.join("installs")));
        found.map(PathBuf::as_path)
    }

    /// The alias that leads to an installation, in the store that contains it.
    #[must_use]
    pub fn alias_for(&self, installed: &Installed, alias: &str) -> PathBuf {
        match self.shared_store_of(installed) {
            Some(shared) => shared.join("aliases").join(alias),
            None => self.aliases().join(alias),
        }
    }

    /// All installations, newest version first. Directories whose name is not a key are skipped:
    /// they do not belong to ftpy.
    #[must_use]
    pub fn installed(&self, host: &Target) -> Vec<Installed> {
        installed::list(self.root(), host)
    }
}

impl Receipt {
    /// The receipt of an installation.
    ///
    /// # Errors
    /// Returns an error if it is missing or damaged.
    pub fn of(installed: &Installed) -> crate::error::Result<Self> {
        Self::read(&installed.prefix)
    }

    /// The receipt of an installation, if it is readable and the interpreter exists; otherwise the
    /// installation has to be repeated.
    #[must_use]
    pub fn if_whole(installed: &Installed) -> Option<Self> {
        whole(&installed.prefix)
    }
}

fn whole(prefix: &Path) -> Option<Receipt> {
    let receipt = Receipt::read(prefix).ok()?;
    prefix.join(&receipt.executable).exists().then_some(receipt)
}
