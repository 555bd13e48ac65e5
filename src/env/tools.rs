//! What of the environment is about other tools: compilers, sanitizers, those that keep Pythons.

use super::{full, place, text};
use ftpy_core::path::find_program;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a build from source reads.
#[derive(Debug, Clone, Default)]
pub struct Build {
    /// `CC`: the compiler that the person wants.
    pub cc: Option<String>,
    /// `CFLAGS` and what else configure reads, by their names: what decides its answers.
    pub flags: Vec<(&'static str, OsString)>,
    /// Whether `CCACHE_DIR` or `SCCACHE_DIR` says where compiled objects are kept.
    pub has_compiler_cache: bool,
}

/// Where other tools keep their Pythons, where they were told to.
#[derive(Debug, Clone, Default)]
pub struct Others {
    /// `PYENV_ROOT`
    pub pyenv: Option<PathBuf>,
    /// `UV_PYTHON_INSTALL_DIR`
    pub uv: Option<PathBuf>,
    /// `MISE_DATA_DIR`
    pub mise: Option<PathBuf>,
    /// `ASDF_DATA_DIR`
    pub asdf: Option<PathBuf>,
    /// `CONDA_PREFIX`: the conda environment that is active.
    pub conda: Option<PathBuf>,
    /// `XDG_DATA_HOME`
    pub data_home: Option<PathBuf>,
}

impl Build {
    pub(super) fn read() -> Self {
        const FLAGS: [&str; 14] = [
            "CC",
            "CXX",
            "CPP",
            "CFLAGS",
            "CPPFLAGS",
            "LDFLAGS",
            "LIBS",
            "CFLAGS_NODIST",
            "LDFLAGS_NODIST",
            "PKG_CONFIG",
            "PKG_CONFIG_PATH",
            "PKG_CONFIG_LIBDIR",
            "MACOSX_DEPLOYMENT_TARGET",
            "SDKROOT",
        ];
        let flag = |name| Some((name, full(name)?));
        Self {
            cc: text("CC"),
            flags: FLAGS.into_iter().filter_map(flag).collect(),
            has_compiler_cache: full("CCACHE_DIR").or(full("SCCACHE_DIR")).is_some(),
        }
    }
}

impl Others {
    pub(super) fn read() -> Self {
        Self {
            pyenv: place("PYENV_ROOT"),
            uv: place("UV_PYTHON_INSTALL_DIR"),
            mise: place("MISE_DATA_DIR"),
            asdf: place("ASDF_DATA_DIR"),
            conda: place("CONDA_PREFIX"),
            data_home: place("XDG_DATA_HOME"),
        }
    }
}

/// A command of another program, by its name. An empty or relative part of PATH means a directory
/// below the current one to a shell; ftpy never starts what is there.
#[must_use]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let program = program.as_ref();
    let path = full("PATH").unwrap_or_default();
    let is_path = Path::new(program).components().count() > 1;
    let is_safe =
        !path.is_empty() && std::env::split_paths(&path).all(|directory| directory.is_absolute());
    if is_path || is_safe {
        return Command::new(program);
    }
    let found = find_program(&path, program);
    Command::new(found.unwrap_or_else(|| Path::new("/nonexistent").join(program)))
}

/// `TSAN_OPTIONS` and its kin, by their names, and what Python takes its memory from.
pub(super) fn sanitizers() -> Vec<(&'static str, String)> {
    let names = [
        "PYTHONMALLOC",
        "TSAN_OPTIONS",
        "ASAN_OPTIONS",
        "UBSAN_OPTIONS",
        "LSAN_OPTIONS",
    ];
    let option = |name| Some((name, text(name)?));
    names.into_iter().filter_map(option).collect()
}
