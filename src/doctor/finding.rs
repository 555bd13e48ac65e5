//! One thing that is wrong: what, evidence, and how it is mended.

use ftpy_core::paste;
use serde::Serialize;
use std::path::Path;

/// What kind of thing. The names are stable: scripts read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// `shims-not-on-path`: PATH does not lead to the shims.
    ShimsNotOnPath,
    /// `shim-shadowed`: an earlier directory on PATH has programs of the shims' names.
    ShimShadowed,
    /// `shim-missing`: a name that should have a shim has none.
    ShimMissing,
    /// `shim-needless`: a shim whose build is not installed any more.
    ShimNeedless,
    /// `shim-outdated`: a shim that another ftpy made.
    ShimOutdated,
    /// `not-a-shim`: a file of the person stands where a shim belongs.
    NotAShim,
    /// `alias-stale`: an alias that is missing, dangles or is not the newest.
    AliasStale,
    /// `installation-broken`: no receipt, no interpreter, or one that says something else.
    InstallationBroken,
    /// `installation-altered`: files differ from those that were installed.
    InstallationAltered,
    /// `compiler-gone`: an installation names a C compiler that this machine has not.
    CompilerGone,
    /// `external-changed`: what was linked is gone or something else.
    ExternalChanged,
    /// `python-gil-set`: `PYTHON_GIL` is exported.
    PythonGilSet,
    /// `pythonhome-set`: `PYTHONHOME` is exported.
    PythonhomeSet,
    /// `pythonpath-set`: `PYTHONPATH` is exported.
    PythonpathSet,
    /// `venv-base-gone`: what a virtual environment stands on is not there.
    VenvBaseGone,
    /// `venv-broken`: the interpreter of a virtual environment points at nothing.
    VenvBroken,
    /// `abi3-extension`: an extension that 3.13t and 3.14t try, and crash.
    Abi3Extension,
    /// `store-without-locks`: two processes can hold one lock.
    StoreWithoutLocks,
    /// `store-not-writable`: nothing can be installed or mended.
    StoreNotWritable,
    /// `stage-left`: what a process that is gone left behind.
    StageLeft,
    /// `pin-not-met`: what is asked for is not installed.
    PinNotMet,
    /// `pin-unusable`: a version file or `FTPY_PYTHON` that is no request.
    PinUnusable,
    /// `pin-contradicts-project`: `requires-python` excludes what is pinned.
    PinContradictsProject,
    /// `foreign-free-threaded`: a name of a GIL build starts a free-threaded one.
    ForeignFreeThreaded,
    /// `policy-unusable`: the policy of this machine cannot be read, and so forbids everything.
    PolicyUnusable,
    /// `installation-forbidden`: what is installed and the policy would not let in today.
    InstallationForbidden,
    /// `setting-unusable`: a value in the settings, or in FTPY_AUTO_INSTALL, that is none.
    SettingUnusable,
    /// `setting-unknown`: a name in the settings that means nothing.
    SettingUnknown,
}

/// What `doctor --fix` does; each of these loses nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mend {
    /// Makes shims and aliases anew.
    Links,
    /// Removes what dead processes left.
    Sweep,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub code: Code,
    /// One sentence, as of an error.
    pub message: String,
    /// Lines of evidence: files, mostly.
    pub details: Vec<String>,
    /// The command that mends it, as a POSIX shell reads it.
    pub fix: Option<String>,
    /// What to do, where no command can do it or more is to be said.
    pub advice: Option<String>,
    /// Whether `doctor --fix` mends it.
    pub is_mendable: bool,
    /// What mends it.
    #[serde(skip)]
    pub mend: Option<Mend>,
}

impl Finding {
    /// A finding with nothing but its sentence.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: Vec::new(),
            fix: None,
            advice: None,
            is_mendable: false,
            mend: None,
        }
    }

    /// With lines of evidence.
    #[must_use]
    pub fn details(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(lines);
        self
    }

    /// With the command that mends it.
    #[must_use]
    pub fn fix(mut self, command: impl Into<String>) -> Self {
        self.fix = Some(command.into());
        self
    }

    /// With what to do.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// With what `--fix` does about it.
    #[must_use]
    pub fn mended_by(mut self, mend: Mend) -> Self {
        self.mend = Some(mend);
        self.is_mendable = true;
        self.fix("ftpy doctor --fix")
    }

    /// The code as it is written: `shim-missing`.
    #[must_use]
    pub fn name(&self) -> String {
        let value = serde_json::to_value(self.code).ok();
        let text = value.as_ref().and_then(serde_json::Value::as_str);
        text.unwrap_or_default().to_owned()
    }
}

/// A path as one word of a command.
#[must_use]
pub(super) fn word(path: &Path) -> String {
    paste::word(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_whatever_is_in_it() {
        for (path, expected) in [
            ("/a/b-1.2", "/a/b-1.2"),
            ("/a b", "'/a b'"),
            ("/it's", r"'/it'\''s'"),
            ("/$HOME", "'/$HOME'"),
        ] {
            assert_eq!(word(Path::new(path)), expected);
        }
    }

    #[test]
    fn a_code_is_written_in_kebab_case() {
        let finding = Finding::new(Code::PythonGilSet, "");
        assert_eq!(finding.name(), "python-gil-set");
        assert_eq!(Finding::new(Code::NotAShim, "").name(), "not-a-shim");
    }
}
