//! External installations: existing interpreters, registered in place.
//!
//! An external installation is a directory in `installs/` like any other, with a receipt whose
//! paths are absolute. `.ftpy/external` contains the interpreter's path, for the shims. `bin/`
//! contains a script for each name that `ftpy run` must find first on PATH, because the
//! interpreter's own directory may have another variant under the short names.

use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::fs::set_executable;
use crate::host::plain_file;
use crate::host::shell::quoted;
use crate::probe::{Facts, missing_library, probe_foreign};
use crate::relocate::executable_name;
use crate::store::{Artifact, DistroPackage, Files, Inventory, Receipt, Store};
use ftpy_core::build_id::BuildId;
use ftpy_core::decide::as_module;
use ftpy_core::installed::{EXTERNAL, Installed};
use ftpy_core::key::{Key, Parts};
use ftpy_core::name::{Name, Tool};
use ftpy_core::path::is_executable;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::refusal::{MOVED, renewal};
use ftpy_core::request::Build;
use ftpy_core::target::Target;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How long an unknown program may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a file cannot be used as an interpreter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotUsable {
    /// A library is only found with a certain environment.
    #[error(
        "{path} needs {library}, which cannot be found without LD_LIBRARY_PATH or environment modules"
    )]
    NeedsLibrary {
        /// The interpreter.
        path: String,
        /// `libpython3.14t.so.1.0`
        library: String,
    },
    /// It does not start, or is something else.
    #[error("{0}")]
    Other(String),
}

/// The user's name for an interpreter cannot be part of the name of an installation.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is not a valid name for this interpreter", .0.escape_debug())]
struct NotAName(String);

impl From<NotAName> for Failure {
    fn from(error: NotAName) -> Self {
        Self::new(Kind::Usage, error.to_string()).hint("choose a plain word such as `mine`")
    }
}

/// An interpreter that was started and identified.
#[derive(Debug, Clone)]
pub struct ExternalInterpreter {
    /// The path it reports for itself, behind wrappers and links.
    pub executable: PathBuf,
    /// What it reported.
    pub facts: Facts,
    /// The build.
    pub build: Build,
}

/// The current state of an external installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExternalState {
    /// Unchanged since it was registered.
    Same,
    /// Another version by now.
    Changed {
        /// `3.14.8t`
        now: String,
        /// The interpreter.
        path: PathBuf,
    },
    /// It no longer exists or does not start.
    Gone(String),
}

/// Starts the interpreter at `path` and identifies it.
///
/// # Errors
/// Returns a message if it does not start, is not CPython, or is inconsistent.
pub fn find(
    path: &Path,
    host: &Target,
    is_cancelled: &dyn Fn() -> bool,
) -> std::result::Result<ExternalInterpreter, NotUsable> {
    let facts = probe_foreign(path, PATIENCE, is_cancelled).map_err(|error| {
        let text = error.to_string();
        match missing_library(&text) {
            Some(library) => NotUsable::NeedsLibrary {
                path: path.display().to_string(),
                library: library.to_string(),
            },
            None => NotUsable::Other(text),
        }
    })?;
    if facts.implementation != "cpython" {
        let (path, other) = (path.display(), &facts.implementation);
        return Err(NotUsable::Other(format!("{path} is {other}, not CPython")));
    }
    let version = facts.version();
    let version = version.ok_or_else(|| {
        let (path, version) = (path.display(), &facts.version);
        NotUsable::Other(format!("{path} reports the invalid version {version}"))
    })?;
    let abi = facts.abi().ok_or_else(|| {
        NotUsable::Other(format!(
            "{} is inconsistent: sys.abiflags is '{}', Py_GIL_DISABLED is {}, the GIL is {}",
            path.display(),
            facts.abiflags,
            facts.gil_disabled,
            if facts.gil_enabled { "on" } else { "off" },
        ))
    })?;
    let executable = PathBuf::from(&facts.executable);
    let build = Build {
        version,
        abi,
        flavours: ftpy_core::flavour::Flavours::default(),
        target: host.clone(),
    };
    // A script that sets LD_LIBRARY_PATH may lead to an interpreter that does not start without it.
    let is_script =
        executable.is_file() && executable.canonicalize().ok() != path.canonicalize().ok();
    let starts = || probe_foreign(&executable, PATIENCE, is_cancelled).is_ok();
    let executable = match executable.is_file() && (!is_script || starts()) {
        true => executable,
        false => path.to_owned(),
    };
    Ok(ExternalInterpreter {
        executable: by_own_name(executable, &build),
        facts,
        build,
    })
}

/// The programs in a directory that are named like an interpreter, sorted.
#[must_use]
pub fn interpreters(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let is_interpreter = |path: &PathBuf| {
        let name = Name::of_file(path);
        name.is_some_and(|name| name.tool == Tool::Python) && is_executable(path)
    };
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(is_interpreter)
        .collect();
    paths.sort();
    paths
}

/// Prefers `python3.14t` to `python3` if both are the same file: the name that shows the variant,
/// which virtual environments made through it have, too.
fn by_own_name(executable: PathBuf, build: &Build) -> PathBuf {
    let own = executable.with_file_name(executable_name(build));
    match (own.canonicalize(), executable.canonicalize()) {
        (Ok(a), Ok(b)) if a == b => own,
        _ => executable,
    }
}

/// The origin of an external interpreter.
#[derive(Debug, Clone)]
pub struct Origin {
    /// `link`
    pub provider: ProviderName,
    /// `mine`: the name given by the user.
    pub name: Option<String>,
    /// The request in its canonical form; its own name if not given.
    pub request: Option<String>,
    /// The package that owns it.
    pub package: Option<DistroPackage>,
}

impl Origin {
    /// An existing interpreter, under a name given by the user.
    #[must_use]
    pub fn link(name: &str) -> Self {
        Self {
            provider: ProviderName::Link,
            name: Some(name.to_owned()),
            request: None,
            package: None,
        }
    }
}

/// Registers an interpreter, replacing an installation with the same key.
///
/// # Errors
/// Returns an error if the store is not writable.
pub fn record(store: &Store, found: &ExternalInterpreter, origin: &Origin) -> Result<Receipt> {
    let invalid = || NotAName(origin.name.clone().unwrap_or_default());
    let build_id = match &origin.name {
        Some(name) => Some(BuildId::parse(origin.provider, name).ok_or_else(invalid)?),
        None => None,
    };
    let key = Key::new(Parts {
        build: found.build.clone(),
        provider: origin.provider,
        build_id,
        is_host: true,
    });
    // An installation whose name does not parse back could be neither listed nor removed.
    let key = key.ok_or_else(invalid)?;
    let receipt = receipt(found, &key, origin)?;
    let stage = store.stage()?;
    let made = stage.path().join("root");
    receipt.write(&made, &Inventory::default())?;
    let external = made.join(EXTERNAL);
    let line = format!("{}\n", found.executable.display());
    std::fs::write(&external, line).map_err(IoFailure::at("write", &external))?;
    write_scripts(&made.join("bin"), found)?;
    store.commit(stage, &made, &key)?;
    Ok(receipt)
}

fn write_scripts(bin: &Path, found: &ExternalInterpreter) -> Result<()> {
    std::fs::create_dir(bin).map_err(IoFailure::at("create", bin))?;
    let build = &found.build;
    let (major, minor) = build.version.series();
    let series = format!("{major}.{minor}");
    let executable = quoted(&found.executable.display().to_string());
    let tools = [
        ("python", Tool::Python),
        ("pip", Tool::Pip),
        ("pydoc", Tool::Pydoc),
        ("idle", Tool::Idle),
    ];
    for (stem, tool) in tools {
        let words = as_module(tool, (major, minor)).iter();
        let arguments: String = words.map(|word| format!(" {}", quoted(word))).collect();
        let text = format!("#!/bin/sh\nexec {executable}{arguments} \"$@\"\n");
        let mut names = vec![
            stem.to_owned(),
            format!("{stem}{major}"),
            format!("{stem}{series}"),
        ];
        if !build.abi.flags().is_empty() {
            names.push(format!("{stem}{series}{}", build.abi));
        }
        for name in names {
            let path = bin.join(name);
            std::fs::write(&path, &text).map_err(IoFailure::at("write", &path))?;
            set_executable(&path).map_err(IoFailure::at("write", &path))?;
        }
    }
    Ok(())
}

fn receipt(found: &ExternalInterpreter, key: &Key, origin: &Origin) -> Result<Receipt> {
    let ExternalInterpreter {
        executable,
        facts,
        build,
    } = found;
    let file = plain_file::open(executable).map_err(IoFailure::at("read", executable))?;
    let (sha256, size) = Digest::of_reader(file).map_err(IoFailure::at("read", executable))?;
    let executable = executable.display().to_string();
    Ok(Receipt {
        format: Receipt::format(),
        ftpy: env!("CARGO_PKG_VERSION").to_owned(),
        key: key.to_string(),
        request: match &origin.request {
            Some(request) => request.clone(),
            None => format!("{}:{}", key.provider, build.name()),
        },
        version: build.version.to_string(),
        abi: build.abi.flags().to_owned(),
        variant: build.abi.words().to_owned(),
        target: build.target.to_string(),
        provider: key.provider.name().to_owned(),
        build: key.build_id.as_ref().map(ToString::to_string),
        installed_at: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        prefix: PathBuf::from(&facts.prefix),
        artifact: Artifact {
            url: format!("file://{executable}"),
            sha256,
            size,
            is_pinned: false,
        },
        executable,
        flags: Vec::new(),
        compilation: None,
        proofs: std::collections::BTreeMap::new(),
        missing_modules: Vec::new(),
        packages: Vec::new(),
        files: Files::of(&Inventory::default()),
        probe: facts.clone(),
        package: origin.package.clone(),
    })
}

/// Starts the interpreter of an external installation again and compares it.
#[must_use]
pub fn state(installed: &Installed, host: &Target) -> ExternalState {
    let Some(interpreter) = installed.interpreter() else {
        return ExternalState::Gone("its interpreter path is not recorded".to_owned());
    };
    match find(&interpreter, host, &|| false) {
        Err(reason) => ExternalState::Gone(reason.to_string()),
        Ok(found) => {
            let then = &installed.key.build;
            match (found.build.version, found.build.abi) == (then.version, then.abi) {
                true => ExternalState::Same,
                false => ExternalState::Changed {
                    now: found.build.name(),
                    path: interpreter,
                },
            }
        }
    }
}

impl ExternalState {
    /// A message with the next command; `None` if nothing changed.
    #[must_use]
    pub fn sentence(&self, key: &Key) -> Option<String> {
        match self {
            Self::Same => None,
            Self::Changed { now, path } => {
                let renew = renewal(key, &path.to_string_lossy());
                Some(format!("{key} is now {now}; {renew}"))
            }
            Self::Gone(reason) => {
                let renew = renewal(key, MOVED);
                Some(format!("{key} is no longer usable: {reason}; {renew}"))
            }
        }
    }
}
