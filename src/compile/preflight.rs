//! Checks what this machine lacks for a build, before anything is downloaded.
//!
//! CPython's configure leaves out a module whose library is missing, and the only sign of that is
//! an ImportError minutes later.

use crate::compile::compiler::succeeds;
use crate::compile::error::CompileError;
use crate::compile::flavour_toolchain;
use crate::compile::requirements::{Machine, Missing, Preflight};
use crate::error::Failure;
use crate::manifest::preflight::{Module, Needs};
use ftpy_core::path::find_program;
use ftpy_core::request::Build;
use std::path::Path;

/// The build, and the modules that may be missing.
#[derive(Debug, Clone, Copy)]
pub struct PreflightInput<'a> {
    /// The build.
    pub build: &'a Build,
    /// The user's compiler, with its arguments.
    pub cc: Option<&'a str>,
    /// Modules that may be missing.
    pub allowed: &'a [String],
    /// Whether the source is to be patched.
    pub is_patched: bool,
}

/// Checks for the tools, for the requirements of the flavours, and for the libraries of every
/// standard module.
#[must_use]
pub fn preflight(
    needs: &'static Needs,
    wanted: &PreflightInput<'_>,
    machine: &Machine<'_>,
) -> Preflight {
    let Machine { os, path, scratch } = *machine;
    let PreflightInput { build, allowed, .. } = *wanted;
    let version = &build.version;
    let mut found = Preflight::default();
    let mut pkg_config = None;
    for tool in &needs.tools {
        let program = tool
            .commands
            .iter()
            .find_map(|name| find_program(path, name));
        if program.is_none() {
            found.missing.push(Missing {
                name: tool.name.clone(),
                is_tool: true,
                is_required: tool.required,
                packages: tool.packages.clone(),
            });
        }
        match tool.name.as_str() {
            "cc" => found.compiler = program,
            "make" => found.make = program,
            "pkg-config" => pkg_config = program,
            _ => {}
        }
    }
    if wanted.is_patched && find_program(path, "patch").is_none() {
        found.missing.push(Missing::program("patch"));
    }
    flavour_toolchain::look(&mut found, build, machine, wanted.cc);
    let modules = needs.modules.iter().filter(|module| module.is_in(version));
    let modules: Vec<&Module> = modules
        .filter(|module| !module.builtin_on.iter().any(|system| system == os))
        .collect();
    let compiler = found.compiler.as_deref();
    // Each check starts a process or two, so they run in parallel.
    let answers: Vec<bool> = std::thread::scope(|scope| {
        let ask = |module: &&'static Module| {
            let (module, pkg_config) = (*module, pkg_config.as_deref());
            scope.spawn(move || is_there(module, compiler, pkg_config, scratch))
        };
        let asked: Vec<_> = modules.iter().map(ask).collect();
        let answers = asked
            .into_iter()
            .map(|thread| thread.join().unwrap_or(false));
        answers.collect()
    });
    for (module, is_there) in modules.iter().zip(answers) {
        if !is_there {
            found.missing.push(Missing {
                name: module.name.clone(),
                is_tool: false,
                is_required: module.required && !allowed.contains(&module.name),
                packages: module.packages.clone(),
            });
        }
    }
    found
}

/// The failure of a build that cannot start. `command` installs what is missing.
#[must_use]
pub fn missing_failure(found: &Preflight, command: Option<&str>) -> Failure {
    let error = CompileError::Lacking {
        required: found.required().join(", "),
        recommended: found.recommended().join(", "),
        command: command.map(str::to_owned),
    };
    error.into()
}

fn is_there(
    module: &Module,
    compiler: Option<&Path>,
    pkg_config: Option<&Path>,
    scratch: &Path,
) -> bool {
    let known = pkg_config.is_some_and(|pkg_config| {
        module.pkg_config.iter().any(|expression| {
            succeeds(
                crate::env::command(pkg_config)
                    .arg("--exists")
                    .arg(expression),
            )
        })
    });
    known || compiler.is_some_and(|compiler| links(module, compiler, scratch))
}

/// Compiles and links the module's test programs without running them.
fn links(module: &Module, compiler: &Path, scratch: &Path) -> bool {
    module.probes().enumerate().any(|(number, probe)| {
        let source = scratch.join(format!("{}-{number}.c", module.name));
        if std::fs::write(&source, &probe.program).is_err() {
            return false;
        }
        let output = source.with_extension("out");
        let mut command = crate::env::command(compiler);
        command.arg("-std=c11").arg(&source).arg("-o").arg(&output);
        succeeds(command.args(&probe.libraries))
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::manifest::preflight::needs;
    use ftpy_core::abi::Abi;
    use ftpy_core::flavour::Flavours;
    use ftpy_core::target::Target;
    use std::ffi::OsStr;
    use std::os::unix::fs::PermissionsExt;

    fn programs(names: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("tempdir");
        for (name, script) in names {
            let path = directory.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("write");
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("chmod");
        }
        directory
    }

    fn check(path: &OsStr, version: &str, allowed: &[&str]) -> Preflight {
        let scratch = tempfile::tempdir().expect("tempdir");
        let build = Build {
            version: version.parse().expect("version"),
            abi: Abi::FREE_THREADED,
            flavours: Flavours::default(),
            target: Target::new("linux", "x86_64", "gnu"),
        };
        let allowed: Vec<String> = allowed.iter().map(|name| (*name).to_owned()).collect();
        let machine = Machine {
            os: "linux",
            path,
            scratch: scratch.path(),
        };
        let wanted = PreflightInput {
            build: &build,
            cc: None,
            allowed: &allowed,
            is_patched: false,
        };
        preflight(needs(), &wanted, &machine)
    }

    #[test]
    fn an_empty_machine_lacks_everything_and_no_command_is_invented() {
        let found = check(OsStr::new(""), "3.14.7", &[]);
        let required = found.required();
        assert!(required.starts_with(&["cc", "make"]), "{required:?}");
        assert!(required.contains(&"ssl") && required.contains(&"bz2"));
        assert!(found.recommended().contains(&"zstd"));
        assert_eq!(found.install_command(OsStr::new("")), None);
    }

    #[test]
    fn pkg_config_and_the_compiler_are_asked_and_one_command_is_named() {
        // This pkg-config knows only openssl, and the compiler accepts only zlib.
        let machine = programs(&[
            ("cc", "case \"$*\" in *-lz*) exit 0;; *) exit 1;; esac"),
            ("make", ""),
            (
                "pkg-config",
                "case \"$*\" in *openssl*) exit 0;; *) exit 1;; esac",
            ),
            ("apt-get", ""),
        ]);
        let path = machine.path().as_os_str();
        let found = check(path, "3.13.5", &["lzma"]);
        assert_eq!(found.required(), ["ctypes", "sqlite3", "bz2"]);
        assert!(
            found.recommended().contains(&"lzma"),
            "allowed to be missing"
        );
        assert!(!found.recommended().contains(&"zstd"), "3.13 has none");
        let command = found.install_command(path).expect("command");
        assert!(
            command.contains("apt-get install -y ") && command.contains("libffi-dev"),
            "{command}"
        );
        assert!(
            !command.contains("libssl-dev") && command.lines().count() == 1,
            "{command}"
        );
        let failure = missing_failure(&found, Some(&command));
        assert_eq!(failure.kind.exit_code(), 6);
        assert!(failure.hints[0].contains(&command));
    }
}
