//! Verdicts of the X-ray in a form that is kept in the cache and printed as JSON.

use serde::{Deserialize, Serialize};

/// What the X-ray says about a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "verdict", content = "detail")]
pub enum ModuleVerdict {
    /// It keeps the GIL off.
    Off,
    /// Importing it turns the GIL on.
    On,
    /// The module that decides: `_cffi_backend`.
    Delegated(String),
    /// Why it cannot be said.
    Undetermined(String),
}

/// How a verdict was reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleEvidence {
    /// The init function: `PyInit_etree`.
    pub symbol: String,
    /// Its address in the file.
    pub address: u64,
    /// What decided, in words: `no Py_mod_gil slot`, `PyUnstable_Module_SetGIL(1) at 0x2380`.
    pub decision: String,
    /// How deep calls were followed.
    pub depth: u8,
    /// How many instructions were executed.
    pub instructions: u32,
}

impl ModuleVerdict {
    /// The word in `--json`: `off`, `on`, `delegated`, `undetermined`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Delegated(_) => "delegated",
            Self::Undetermined(_) => "undetermined",
        }
    }
}
