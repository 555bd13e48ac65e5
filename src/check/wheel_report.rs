//! What was found in a wheel: its modules with their verdicts, in a form that is cached.

use crate::check::verdict::{ModuleEvidence, ModuleVerdict};
use crate::check::wheel_contents::{ModuleMember, module_name};
use crate::xray::{self, Abi, ModuleFile, Verdict, Why};
use serde::{Deserialize, Serialize};

/// The contents of a wheel, as far as the GIL is concerned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WheelReport {
    /// The extension modules, in the order of their names; empty for pure Python.
    pub modules: Vec<ModuleReport>,
    /// The address of the upstream issue tracker, by METADATA; not read for pure Python.
    pub tracker: Option<String>,
    /// Whether the whole wheel was hashed and had the listed sha256.
    pub is_hash_verified: bool,
}

/// An extension module of a wheel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleReport {
    /// The name by which it is imported: `lxml.etree`.
    pub module: String,
    /// The member's name, with `/`.
    pub file: String,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: ModuleVerdict,
    /// How it was reached.
    pub evidence: ModuleEvidence,
}

impl WheelReport {
    /// Whether it has no extension modules.
    #[must_use]
    pub fn is_pure(&self) -> bool {
        self.modules.is_empty()
    }
}

impl ModuleReport {
    /// Examines a member; `None` if it has no init function, and so is not a module. `abi` applies
    /// if the file name has none.
    #[must_use]
    pub fn of(member: &ModuleMember, contents: &[u8], abi: Option<Abi>) -> Option<Self> {
        let (verdict, evidence) = judged(&member.file, contents, abi)?;
        Some(Self::new(member, verdict, evidence))
    }

    /// Examines a file that is installed at this path below site-packages; `None` if it is not a
    /// module.
    #[must_use]
    pub fn of_file(path: &str, contents: &[u8], abi: Option<Abi>) -> Option<Self> {
        let file = ModuleFile::parse(path)?;
        let (verdict, evidence) = judged(&file, contents, abi)?;
        Some(Self {
            module: module_name(path, &file),
            file: path.to_owned(),
            verdict,
            evidence,
        })
    }

    /// A file below site-packages that could not be read.
    #[must_use]
    pub fn unreadable(path: &str, why: impl ToString) -> Option<Self> {
        let file = ModuleFile::parse(path)?;
        Some(Self {
            module: module_name(path, &file),
            file: path.to_owned(),
            verdict: ModuleVerdict::Undetermined(why.to_string()),
            evidence: ModuleEvidence::default(),
        })
    }

    /// A module that could not be examined.
    #[must_use]
    pub fn undetermined(member: &ModuleMember, why: impl ToString) -> Self {
        let verdict = ModuleVerdict::Undetermined(why.to_string());
        Self::new(member, verdict, ModuleEvidence::default())
    }

    fn new(member: &ModuleMember, verdict: ModuleVerdict, evidence: ModuleEvidence) -> Self {
        Self {
            module: member.module.clone(),
            file: member.member.name.clone(),
            verdict,
            evidence,
        }
    }
}

fn judged(
    file: &ModuleFile,
    contents: &[u8],
    abi: Option<Abi>,
) -> Option<(ModuleVerdict, ModuleEvidence)> {
    let report = xray::examine(contents, file, abi);
    let is_module = match report.verdict {
        Verdict::Undetermined(Why::NoInitFunction) => false,
        Verdict::Undetermined(Why::NoAbi) => has_init_function(file, contents),
        _ => true,
    };
    is_module.then(|| ((&report.verdict).into(), (&report.evidence).into()))
}

/// Whether a file of an unknown ABI is a module for any.
fn has_init_function(file: &ModuleFile, contents: &[u8]) -> bool {
    let any = Abi::parse("cp314t");
    let verdict = xray::examine(contents, file, any).verdict;
    verdict != Verdict::Undetermined(Why::NoInitFunction)
}
