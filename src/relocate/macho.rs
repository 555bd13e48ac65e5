//! macOS only: sets the install name of libpython, and signs the changed file.
//!
//! Untested on a Mac; modelled on uv and rattler.

use crate::error::{Failure, Kind, Result};
use ftpy_core::path::find_program;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where macOS keeps stand-ins for Apple's developer tools. Without the tools, each fails, and opens
/// a dialog that offers to install them.
const STAND_INS: &str = "/usr/bin";

/// Why one of Apple's tools did not do its work.
#[derive(Debug, thiserror::Error)]
enum ToolError {
    /// The developer tools are not on this machine.
    #[error("Apple's command-line tools are not installed")]
    NotInstalled,
    /// It ended with an error.
    #[error("{program} failed: {}", .stderr.trim())]
    Failed {
        /// `codesign`
        program: String,
        /// What it wrote to stderr.
        stderr: String,
    },
    /// It cannot be started.
    #[error("{program} cannot be started: {source}")]
    NotStarted {
        /// `codesign`
        program: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Self::new(Kind::System, error.to_string())
    }
}

/// Sets the install name of `library`, below `made`, to its final path, and signs it. `path` is the
/// value of PATH.
///
/// Returns a note if the install name stays, because Apple's tools are missing. Programs and
/// extensions that link to libpython do not find it then; the interpreter works.
///
/// # Errors
/// Returns an error if the changed file cannot be signed: Apple silicon would kill whatever loads it.
pub(super) fn ensure_install_name(
    made: &Path,
    library: &str,
    prefix: &Path,
    path: &OsStr,
) -> Result<Option<String>> {
    let file = made.join(library);
    let name = prefix.join(library);
    let renamed = match developer_tool("install_name_tool", path) {
        None => Err(ToolError::NotInstalled),
        Some(tool) => run(Command::new(tool).arg("-id").arg(&name).arg(&file)),
    };
    if let Err(reason) = renamed {
        return Ok(Some(format!(
            "{library} keeps the install name of its build: {reason}; programs that embed this \
             Python do not find it (`xcode-select --install`, then reinstall)"
        )));
    }
    // An ad-hoc signature. Part of macOS, and not of the tools.
    let Some(codesign) = find_program(path, "codesign") else {
        return Ok(None);
    };
    run(Command::new(codesign)
        .args(["--force", "--sign", "-"])
        .arg(&file))?;
    Ok(None)
}

/// Returns the path of one of Apple's developer tools, if it is installed.
fn developer_tool(name: &str, path: &OsStr) -> Option<PathBuf> {
    let tool = find_program(path, name)?;
    if tool.parent() != Some(Path::new(STAND_INS)) {
        return Some(tool);
    }
    let selected = find_program(path, "xcode-select")?;
    run(Command::new(selected).arg("-p"))
        .is_ok()
        .then_some(tool)
}

fn run(command: &mut Command) -> Result<(), ToolError> {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or_default().to_string_lossy();
    let program = program.into_owned();
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(ToolError::Failed { program, stderr })
        }
        Err(source) => Err(ToolError::NotStarted { program, source }),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const LIBRARY: &str = "lib/libpython3.14t.dylib";

    /// Runs it with these programs on PATH, and returns its result and the lines that they logged.
    fn check(programs: &[(&str, &str)]) -> (Result<Option<String>>, String) {
        let home = tempfile::tempdir().expect("tempdir");
        let bin = home.path().join("bin");
        std::fs::create_dir(&bin).expect("mkdir");
        for (name, script) in programs {
            let path = bin.join(name);
            let log = home.path().join("log");
            let text = format!(
                "#!/bin/sh\necho {name} \"$@\" >> {}\n{script}\n",
                log.display()
            );
            std::fs::write(&path, text).expect("write");
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("chmod");
        }
        let made = Path::new("/stage");
        let result = ensure_install_name(made, LIBRARY, Path::new("/prefix"), bin.as_os_str());
        let log = std::fs::read_to_string(home.path().join("log")).unwrap_or_default();
        (result, log)
    }

    #[test]
    fn a_library_is_renamed_and_signed() {
        let (result, log) = check(&[("install_name_tool", ""), ("codesign", "")]);
        assert_eq!(result.expect("signed"), None);
        let expected = format!(
            "install_name_tool -id /prefix/{LIBRARY} /stage/{LIBRARY}\n\
             codesign --force --sign - /stage/{LIBRARY}\n"
        );
        assert_eq!(log, expected);
    }

    #[test]
    fn without_apples_tools_the_name_stays_and_is_noted() {
        let (result, log) = check(&[("codesign", "")]);
        let note = result.expect("a note").expect("a note");
        assert!(note.contains("tools are not installed"), "{note}");
        assert_eq!(log, "");
        let (result, _) = check(&[("install_name_tool", "echo no tools >&2; exit 1")]);
        let note = result.expect("a note").expect("a note");
        assert!(
            note.contains("install_name_tool failed: no tools"),
            "{note}"
        );
    }

    #[test]
    fn a_changed_library_that_cannot_be_signed_is_refused() {
        let (result, _) = check(&[("install_name_tool", ""), ("codesign", "exit 1")]);
        result.expect_err("unsigned");
    }
}
