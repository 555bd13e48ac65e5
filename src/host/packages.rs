//! The package manager that installs build requirements, and its install command.

use ftpy_core::path::find_program;
use std::ffi::OsStr;

/// A family of package managers, named as in `manifests/preflight.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// Debian, Ubuntu
    Apt,
    /// Fedora, RHEL and its rebuilds
    Dnf,
    /// openSUSE, SLES
    Zypper,
    /// Arch
    Pacman,
    /// Alpine
    Apk,
    /// macOS
    Brew,
}

/// Each with the program that identifies it, its name in the manifests, and its install command.
const MANAGERS: [(Manager, &str, &str, &str); 6] = [
    (Manager::Apt, "apt-get", "apt", "apt-get install -y"),
    (Manager::Dnf, "dnf", "dnf", "dnf install -y"),
    (
        Manager::Zypper,
        "zypper",
        "zypper",
        "zypper --non-interactive install",
    ),
    (
        Manager::Pacman,
        "pacman",
        "pacman",
        "pacman -S --noconfirm --needed",
    ),
    (Manager::Apk, "apk", "apk", "apk add"),
    (Manager::Brew, "brew", "brew", "brew install"),
];

impl Manager {
    /// The first one whose program is on `path`.
    #[must_use]
    pub fn detect(path: &OsStr) -> Option<Self> {
        let found = MANAGERS
            .iter()
            .find(|(_, program, ..)| find_program(path, program).is_some());
        found.map(|(manager, ..)| *manager)
    }

    /// Its name in the manifests: `apt`.
    #[must_use]
    pub fn column(self) -> &'static str {
        self.row().2
    }

    /// The shell command that installs `packages`, with `sudo` if necessary. apt updates its lists
    /// first, because fresh images have none.
    #[must_use]
    pub fn install_command(self, packages: &[String], is_root: bool) -> String {
        let sudo = if is_root || self == Self::Brew {
            ""
        } else {
            "sudo "
        };
        let update = match self {
            Self::Apt => format!("{sudo}apt-get update && "),
            _ => String::new(),
        };
        format!("{update}{sudo}{} {}", self.row().3, packages.join(" "))
    }

    fn row(self) -> &'static (Self, &'static str, &'static str, &'static str) {
        let row = MANAGERS.iter().find(|(manager, ..)| *manager == self);
        row.expect("every manager has its row above")
    }
}

/// Whether the process may install packages without elevation.
#[must_use]
pub fn is_root() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    return false;
}
