//! A problem found by doctor, with evidence and a fix.

use ftpy_core::paste;
use serde::Serialize;
use std::path::Path;

/// The kind of a problem. The names are stable, because scripts use them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// `shims-not-on-path`: PATH does not lead to the shims.
    ShimsNotOnPath,
    /// `shim-shadowed`: an earlier directory on PATH has programs with the same names.
    ShimShadowed,
    /// `shim-missing`: a name has no shim.
    ShimMissing,
    /// `shim-needless`: the build of a shim is no longer installed.
    ShimNeedless,
    /// `shim-outdated`: a shim was created by another ftpy.
    ShimOutdated,
    /// `not-a-shim`: a file of the user is in the place of a shim.
    NotAShim,
    /// `alias-stale`: an alias is missing, dangling or outdated.
    AliasStale,
    /// `installation-broken`: the receipt or interpreter is missing or wrong.
    InstallationBroken,
    /// `installation-altered`: files changed since the installation.
    InstallationAltered,
    /// `compiler-gone`: the C compiler of an installation is not installed.
    CompilerGone,
    /// `external-changed`: a linked interpreter is missing or has changed.
    ExternalChanged,
    /// `python-gil-set`: `PYTHON_GIL` is exported.
    PythonGilSet,
    /// `pythonhome-set`: `PYTHONHOME` is exported.
    PythonhomeSet,
    /// `pyenv-version-set`: `PYENV_VERSION` is exported, and there is no pyenv to read it.
    PyenvVersionSet,
    /// `pythonpath-set`: `PYTHONPATH` is exported.
    PythonpathSet,
    /// `venv-base-gone`: the base interpreter of a virtual environment is missing.
    VenvBaseGone,
    /// `venv-broken`: the interpreter of a virtual environment is a dangling link.
    VenvBroken,
    /// `abi3-extension`: an extension that makes 3.13t and 3.14t crash.
    Abi3Extension,
    /// `gil-turned-on`: a package of an environment turns the GIL on.
    GilTurnedOn,
    /// `store-without-locks`: the file system does not support locks.
    StoreWithoutLocks,
    /// `store-not-writable`: the store is not writable.
    StoreNotWritable,
    /// `stage-left`: temporary files of a killed process.
    StageLeft,
    /// `pin-not-met`: a requested version is not installed.
    PinNotMet,
    /// `pin-unusable`: a version file or `FTPY_PYTHON` is invalid.
    PinUnusable,
    /// `pin-contradicts-project`: `requires-python` excludes the pinned version.
    PinContradictsProject,
    /// `foreign-free-threaded`: a free-threaded build has the name of a GIL build.
    ForeignFreeThreaded,
    /// `policy-unusable`: the policy of this machine is invalid, so everything is forbidden.
    PolicyUnusable,
    /// `installation-forbidden`: the policy would no longer allow an installed build.
    InstallationForbidden,
    /// `setting-unusable`: a setting or FTPY_AUTO_INSTALL has an invalid value.
    SettingUnusable,
    /// `setting-unknown`: an unknown setting.
    SettingUnknown,
}

/// The repairs of `doctor --fix`; none of them loses data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mend {
    /// Recreates shims and aliases.
    Links,
    /// Removes temporary files of killed processes.
    Sweep,
}

/// A problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its kind.
    pub code: Code,
    /// The message, in the form of an error.
    pub message: String,
    /// Evidence, mostly files.
    pub details: Vec<String>,
    /// The command that fixes it, for a POSIX shell.
    pub fix: Option<String>,
    /// Advice, if no command can fix it or more needs to be said.
    pub advice: Option<String>,
    /// Whether `doctor --fix` repairs it.
    pub is_mendable: bool,
    /// The repair.
    #[serde(skip)]
    pub mend: Option<Mend>,
}

impl Finding {
    /// Makes a finding with only a message.
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

    /// Adds evidence.
    #[must_use]
    pub fn details(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(lines);
        self
    }

    /// Sets the command that fixes it.
    #[must_use]
    pub fn fix(mut self, command: impl Into<String>) -> Self {
        self.fix = Some(command.into());
        self
    }

    /// Sets the advice.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Sets the repair of `--fix`.
    #[must_use]
    pub fn mended_by(mut self, mend: Mend) -> Self {
        self.mend = Some(mend);
        self.is_mendable = true;
        self.fix("ftpy doctor --fix")
    }

    /// The code as displayed: `shim-missing`.
    #[must_use]
    pub fn name(&self) -> String {
        let value = serde_json::to_value(self.code).ok();
        let text = value.as_ref().and_then(serde_json::Value::as_str);
        text.unwrap_or_default().to_owned()
    }
}

/// Quotes a path as one word of a command.
#[must_use]
pub(super) fn word(path: &Path) -> String {
    paste::word(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_as_one_word() {
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
