//! The virtual environment that is active in this shell: its Python, version and GIL state.

use crate::doctor::venv_of;
use crate::external;
use crate::host::target;
use crate::ops::context::Context;
use crate::store::{Installed, Receipt};
use crate::venv::{Base, base, home_of};
use ftpy_core::abi::Abi;
use ftpy_core::path::find_program;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// An active virtual environment.
#[derive(Serialize)]
pub(crate) struct ActiveVenv {
    pub(crate) path: PathBuf,
    /// Its interpreter.
    pub(crate) python: PathBuf,
    /// The alias that it follows.
    pub(crate) follows: Option<String>,
    /// The installation that it is based on.
    pub(crate) key: Option<String>,
    /// What its interpreter is; `None` if that cannot be found out.
    #[serde(flatten)]
    pub(crate) facts: Option<VenvFacts>,
}

/// The build of an environment's interpreter.
#[derive(Serialize)]
pub(crate) struct VenvFacts {
    pub(crate) version: String,
    /// `t`
    pub(crate) abi: String,
    pub(crate) gil_enabled: bool,
}

/// The environment whose `python` is the first on PATH, before its Python is looked at.
pub(crate) struct Activated {
    pub(crate) path: PathBuf,
    python: PathBuf,
    /// The alias that it follows.
    follows: Option<String>,
    /// The key of the installation that it is based on.
    key: Option<String>,
}

/// Returns the environment whose `python` is the first on PATH.
pub(crate) fn activated(context: &Context) -> Option<Activated> {
    let python = find_program(&context.env.path, "python")?;
    let path = venv_of(python.parent()?)?.to_owned();
    let home = home_of(&path)?;
    let store = &context.store;
    let (prefix, follows) = match base(store, &home) {
        Base::Alias(alias) => (
            store.aliases().join(&alias).canonicalize().ok(),
            Some(alias),
        ),
        Base::Exact(key) => (Some(store.installs().join(key)), None),
        Base::Other => (None, None),
    };
    let key = prefix.and_then(|prefix| Some(prefix.file_name()?.to_str()?.to_owned()));
    Some(Activated {
        path,
        python,
        follows,
        key,
    })
}

impl Activated {
    /// The installation that it is based on; `None` if it is based on another Python.
    pub(crate) fn installed(&self, context: &Context) -> Option<Installed> {
        let mut all = context.store.usable(&target::detect()).into_iter();
        all.find(|one| Some(&one.key.to_string()) == self.key.as_ref())
    }
}

/// Returns the environment whose `python` is the first on PATH, and what that is.
pub(crate) fn active_venv(context: &Context) -> Option<ActiveVenv> {
    let found = activated(context)?;
    let facts = match &found.key {
        Some(_) => found.installed(context).and_then(|it| of_receipt(&it)),
        None => asked(&found.python),
    };
    Some(ActiveVenv {
        path: found.path,
        python: found.python,
        follows: found.follows,
        key: found.key,
        facts,
    })
}

fn of_receipt(installed: &Installed) -> Option<VenvFacts> {
    let receipt = Receipt::of(installed).ok()?;
    Some(VenvFacts {
        version: receipt.version,
        abi: receipt.abi,
        gil_enabled: receipt.probe.gil_enabled,
    })
}

/// Starts an interpreter that ftpy does not manage.
fn asked(python: &Path) -> Option<VenvFacts> {
    let found = external::find(python, &target::detect(), &|| false).ok()?;
    Some(VenvFacts {
        version: found.build.version.to_string(),
        abi: found.build.abi.to_string(),
        gil_enabled: found.facts.gil_enabled,
    })
}

impl ActiveVenv {
    /// `/p/.venv, 3.14.7t, free-threaded, GIL off, follows 3.14t`
    pub(crate) fn sentence(&self) -> String {
        let mut parts = vec![self.path.display().to_string()];
        if let Some(facts) = &self.facts {
            parts.push(format!("{}{}", facts.version, facts.abi));
            parts.extend(Abi::from_flags(&facts.abi).map(|abi| abi.words().to_owned()));
            let gil = if facts.gil_enabled { "on" } else { "off" };
            parts.push(format!("GIL {gil}"));
        }
        match (&self.follows, &self.key) {
            (Some(alias), _) => parts.push(format!("follows {alias}")),
            (None, Some(key)) => parts.push(format!("stays with {key}")),
            (None, None) => {}
        }
        parts.join(", ")
    }
}
