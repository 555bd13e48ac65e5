//! Chooses the C compiler of a build. Flavours may require clang, a minimum version of it, or a
//! runtime from a separate package. A compiler is tested by compiling a program.

use crate::manifest::flavours::FlavourRow;
use ftpy_core::path::find_program;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A C compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiler {
    /// `/usr/bin/clang-19`
    pub program: PathBuf,
    /// The major version if it is clang: `19`.
    pub clang: Option<u16>,
}

/// The requirements of a build on its compiler.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CompilerNeeds<'a> {
    /// Whether it must be clang.
    pub clang: bool,
    /// The minimum version of clang.
    pub clang_since: Option<u16>,
    /// Flavours, and arguments with which the compiler must produce a program that runs.
    pub tries: Vec<(&'a str, &'a [String])>,
}

/// Why no compiler is suitable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CompilerError {
    /// No compiler was found, or none that is clang.
    Missing,
    /// The named compiler does not exist.
    NotThere(String),
    /// The named compiler is not clang.
    NotClang(PathBuf),
    /// The newest installed clang is too old.
    TooOld(Compiler),
    /// It does not support a flavour.
    Unable {
        /// The compiler.
        compiler: Compiler,
        /// `tsan`
        flavour: String,
        /// `-fsanitize=thread`
        arguments: String,
        /// The output of the test program if it was built but did not run.
        said: Option<String>,
    },
}

impl<'a> CompilerNeeds<'a> {
    /// Returns the combined requirements of these flavours.
    #[must_use]
    pub(super) fn of(rows: &[&'a FlavourRow]) -> Self {
        Self {
            clang: rows.iter().any(|row| row.clang),
            clang_since: rows.iter().filter_map(|row| row.clang_since).max(),
            tries: rows
                .iter()
                .filter(|row| !row.tries.is_empty())
                .map(|row| (row.name.as_str(), row.tries.as_slice()))
                .collect(),
        }
    }
}

/// The possible names of clang: without a number first, because that is the system's default.
fn clangs() -> impl Iterator<Item = String> {
    let numbered = (11..=40).rev().map(|version| format!("clang-{version}"));
    std::iter::once("clang".to_owned()).chain(numbered)
}

/// Returns the first suitable compiler on `path`, or the `named` one. Test programs are built in
/// `scratch`.
///
/// Prefers one that `is_equipped` with tools of the same version.
///
/// # Errors
/// Returns the problem of the best candidate if none is suitable.
pub(super) fn find(
    wanted: &CompilerNeeds<'_>,
    named: Option<&str>,
    path: &OsStr,
    scratch: &Path,
    is_equipped: impl Fn(&Compiler) -> bool,
) -> Result<Compiler, CompilerError> {
    if let Some(named) = named {
        // CC may contain arguments: `gcc -m32`.
        let program = named.split_whitespace().next().unwrap_or(named);
        let found =
            locate(path, program).ok_or_else(|| CompilerError::NotThere(named.to_owned()))?;
        return fit(wanted, asked(found), scratch);
    }
    let mut trouble = CompilerError::Missing;
    let mut bare = None;
    let names: Vec<String> = match wanted.clang {
        true => clangs().collect(),
        false => ["cc", "gcc", "clang"].map(str::to_owned).to_vec(),
    };
    for program in names.iter().filter_map(|name| find_program(path, name)) {
        match fit(wanted, asked(program), scratch) {
            Ok(compiler) if is_equipped(&compiler) => return Ok(compiler),
            Ok(compiler) => bare = bare.or(Some(compiler)),
            // The system's default, or a nearly suitable one, makes the most useful error.
            Err(CompilerError::TooOld(_) | CompilerError::NotClang(_))
                if trouble != CompilerError::Missing => {}
            Err(found) => {
                if !matches!(trouble, CompilerError::Unable { .. }) {
                    trouble = found;
                }
            }
        }
    }
    bare.ok_or(trouble)
}

fn locate(path: &OsStr, program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|program| program.exists());
    }
    find_program(path, program)
}

fn fit(
    wanted: &CompilerNeeds<'_>,
    compiler: Compiler,
    scratch: &Path,
) -> Result<Compiler, CompilerError> {
    match compiler.clang {
        None if wanted.clang => return Err(CompilerError::NotClang(compiler.program)),
        Some(version) if wanted.clang_since.is_some_and(|since| version < since) => {
            return Err(CompilerError::TooOld(compiler));
        }
        _ => {}
    }
    for (flavour, arguments) in &wanted.tries {
        if let Err(said) = make(&compiler.program, arguments, flavour, scratch) {
            return Err(CompilerError::Unable {
                flavour: (*flavour).to_owned(),
                arguments: arguments.join(" "),
                compiler,
                said,
            });
        }
    }
    Ok(compiler)
}

/// Runs a compiler to identify it.
fn asked(program: PathBuf) -> Compiler {
    let mut command = crate::env::command(&program);
    command.arg("--version").env("LC_ALL", "C");
    let output = command.stdin(Stdio::null()).output();
    let text = output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).into_owned(),
    );
    Compiler {
        clang: clang_version(&text),
        program,
    }
}

/// `Debian clang version 14.0.6`, `Apple clang version 17.0.0 (clang-1700.0.13.5)`
fn clang_version(text: &str) -> Option<u16> {
    let (_, rest) = text.lines().next()?.split_once("clang version ")?;
    rest.split('.').next()?.trim().parse().ok()
}

/// Compiles, links and starts a program with these arguments. The error is the program's output if
/// it was built but did not run.
fn make(
    compiler: &Path,
    arguments: &[String],
    name: &str,
    scratch: &Path,
) -> Result<(), Option<String>> {
    let compiler_name = compiler.file_name().unwrap_or_default().to_string_lossy();
    let source = scratch.join(format!("try-{name}-{compiler_name}.c"));
    let program = source.with_extension("out");
    std::fs::write(&source, "int main(void) { return 0; }\n").map_err(|_| None)?;
    let mut command = crate::env::command(compiler);
    command
        .args(arguments)
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .current_dir(scratch);
    if !succeeds(&mut command) {
        return Err(None);
    }
    let started = crate::env::command(&program).stdin(Stdio::null()).output();
    match started {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            let first = text.lines().map(str::trim).find(|line| !line.is_empty());
            Err(Some(first.unwrap_or("no output").to_owned()))
        }
        Err(error) => Err(Some(error.to_string())),
    }
}

/// Returns whether a command succeeds; its output is discarded.
pub(super) fn succeeds(command: &mut Command) -> bool {
    let status = command
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

impl Compiler {
    /// Returns the matching C++ compiler: `clang++-19` for `clang-19`. If it does not exist,
    /// configure chooses one.
    #[must_use]
    pub fn cxx(&self) -> Option<PathBuf> {
        self.clang?;
        let name = self.program.file_name()?.to_str()?;
        let cxx = self
            .program
            .with_file_name(name.replacen("clang", "clang++", 1));
        cxx.exists().then_some(cxx)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// Creates a directory with scripts that imitate these versions of clang. The `able` ones
    /// produce programs.
    fn machine(compilers: &[(&str, &str, bool)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("tempdir");
        for (name, says, is_able) in compilers {
            let path = directory.path().join(name);
            let make = match is_able {
                true => "for last; do :; done; printf '#!/bin/sh\\n' >$last; /bin/chmod +x $last",
                false => "exit 1",
            };
            let text =
                format!("#!/bin/sh\n[ \"$1\" = --version ] && echo '{says}' && exit\n{make}\n");
            std::fs::write(&path, text).expect("write");
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("chmod");
        }
        directory
    }

    fn wanted<'a>(tries: &'a [(&'a str, &'a [String])], since: Option<u16>) -> CompilerNeeds<'a> {
        CompilerNeeds {
            clang: true,
            clang_since: since,
            tries: tries.to_vec(),
        }
    }

    #[test]
    fn the_systems_clang_comes_first_and_a_newer_one_where_it_will_not_do() {
        let machine = machine(&[
            ("gcc", "gcc (Debian 12.2.0) 12.2.0", true),
            ("clang", "Debian clang version 14.0.6", false),
            ("clang-19", "Debian clang version 19.1.7", true),
            ("clang-16", "Debian clang version 16.0.6", true),
        ]);
        let (path, scratch) = (machine.path().as_os_str(), machine.path());
        let arguments = ["-fsanitize=thread".to_owned()];
        let tries = [("tsan", arguments.as_slice())];
        let name = |found: Result<Compiler, CompilerError>| found.map(|found| found.clang);
        let find =
            |wanted: &CompilerNeeds<'_>, named| name(find(wanted, named, path, scratch, |_| true));

        assert_eq!(find(&wanted(&[], None), None), Ok(Some(14)));
        assert_eq!(find(&wanted(&tries, None), None), Ok(Some(19)));
        assert_eq!(find(&wanted(&[], Some(18)), None), Ok(Some(19)));
        assert_eq!(
            find(&wanted(&tries, None), Some("clang-16 -g")),
            Ok(Some(16))
        );
        assert_eq!(
            find(&CompilerNeeds::default(), None),
            Ok(None),
            "any will do: gcc"
        );
        let gcc = machine.path().join("gcc");
        assert_eq!(
            find(&wanted(&[], None), Some("gcc")),
            Err(CompilerError::NotClang(gcc))
        );
        let other = Err(CompilerError::NotThere("tcc".to_owned()));
        assert_eq!(find(&wanted(&[], None), Some("tcc")), other);
        assert!(matches!(
            find(&wanted(&[], Some(21)), None),
            Err(CompilerError::TooOld(compiler)) if compiler.clang == Some(14)
        ));
        assert!(matches!(
            find(&wanted(&tries, None), Some("clang")),
            Err(CompilerError::Unable { flavour, .. }) if flavour == "tsan"
        ));
    }

    #[test]
    fn versions_are_read_as_the_vendors_write_them() {
        for (text, version) in [
            ("Debian clang version 14.0.6\nTarget: x", Some(14)),
            ("clang version 21.1.0 (Fedora 21.1.0-1.fc43)", Some(21)),
            ("Apple clang version 17.0.0 (clang-1700.0.13.5)", Some(17)),
            ("gcc (Debian 12.2.0-14+deb12u1) 12.2.0", None),
            ("", None),
        ] {
            assert_eq!(clang_version(text), version, "{text}");
        }
    }
}
