//! Verdicts of the X-ray in a form that is kept in the cache and printed as JSON.

use crate::xray::{Decision, Evidence, Verdict};
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

impl From<&Verdict> for ModuleVerdict {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::KeepsOff => Self::Off,
            Verdict::TurnsOn => Self::On,
            Verdict::Delegates(to) => Self::Delegated(to.clone()),
            Verdict::Undetermined(why) => Self::Undetermined(why.to_string()),
        }
    }
}

impl From<&Evidence> for ModuleEvidence {
    fn from(evidence: &Evidence) -> Self {
        Self {
            symbol: evidence.symbol.clone(),
            address: evidence.address,
            decision: evidence.decision.map_or_else(String::new, in_words),
            depth: evidence.depth,
            instructions: evidence.instructions,
        }
    }
}

/// `no Py_mod_gil slot in the array at 0x2380`
fn in_words(decision: Decision) -> String {
    let at = |array: Option<u64>| {
        array.map_or_else(String::new, |array| format!(" in the array at {array:#x}"))
    };
    match decision {
        Decision::Slot { array, value, .. } => {
            let value = match value {
                0 => "Py_MOD_GIL_USED".to_owned(),
                1 => "Py_MOD_GIL_NOT_USED".to_owned(),
                other => format!("{other:#x}"),
            };
            format!("the slot Py_mod_gil is {value}{}", at(array))
        }
        Decision::NoModule => "the create slot makes something that is not a module".to_owned(),
        Decision::NoSlot { array } => format!("no Py_mod_gil slot{}", at(array)),
        Decision::Call { address, value } => {
            format!("PyUnstable_Module_SetGIL({value:#x}) at {address:#x}")
        }
        Decision::NoCall { created } => {
            format!("single-phase module, created at {created:#x} without PyUnstable_Module_SetGIL")
        }
    }
}
