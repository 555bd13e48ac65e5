//! The environment variables of other tools: compilers, sanitizers, Python managers.

use super::{full, place, text};
use ftpy_core::path::find_program;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variables used by a source build.
#[derive(Debug, Clone, Default)]
pub struct Build {
    /// `CC`: the compiler to use.
    pub cc: Option<String>,
    /// `CFLAGS` and other variables that affect the results of configure, by name.
    pub flags: Vec<(&'static str, OsString)>,
    /// Whether `CCACHE_DIR` or `SCCACHE_DIR` sets the location of a compiler cache.
    pub has_compiler_cache: bool,
}

/// The directories in which other tools keep their Pythons, if configured.
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
    /// `CONDA_PREFIX`: the active conda environment.
    pub conda: Option<PathBuf>,
    /// `XDG_DATA_HOME`
    pub data_home: Option<PathBuf>,
    /// Where Jupyter keeps its kernels.
    pub jupyter: Jupyter,
}

/// The variables that locate Jupyter's data.
#[derive(Debug, Clone, Default)]
pub struct Jupyter {
    /// `JUPYTER_DATA_DIR`: the person's data directory.
    pub data: Option<PathBuf>,
    /// `JUPYTER_PATH`: data directories that are searched first.
    pub path: Vec<PathBuf>,
    /// Whether `JUPYTER_PLATFORM_DIRS` asks for the platform's own directories.
    pub has_platform_directories: bool,
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
            jupyter: Jupyter::read(),
        }
    }
}

impl Jupyter {
    fn read() -> Self {
        let path = full("JUPYTER_PATH").unwrap_or_default();
        let switch = text("JUPYTER_PLATFORM_DIRS").map(|text| text.to_ascii_lowercase());
        let is_on = |text: &str| !["no", "n", "false", "off", "0", "0.0"].contains(&text);
        Self {
            data: full("JUPYTER_DATA_DIR").map(PathBuf::from),
            path: std::env::split_paths(&path)
                .filter(|path| !path.as_os_str().is_empty())
                .collect(),
            has_platform_directories: switch.is_some_and(|text| is_on(&text)),
        }
    }
}

/// A command that starts another program by name. A shell takes an empty or relative part of PATH
/// to mean a directory below the current one; ftpy never starts programs from there.
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

/// `TSAN_OPTIONS` and similar variables, by name, and those that select Python's allocator.
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

/// The variables that limit the threads of BLAS libraries, OpenMP and numexpr.
pub const THREAD_POOLS: [&str; 5] = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
];

/// Those of them that are set: such threads multiply with a program's own.
pub(super) fn thread_pools() -> Vec<(String, String)> {
    let limit = |name: &&str| Some(((*name).to_owned(), text(name)?));
    THREAD_POOLS.iter().filter_map(limit).collect()
}
