//! Finds the Python that a virtual environment is based on: that of a request, the one in effect
//! here, or the interpreter at a path.

use crate::doctor::venv_of;
use crate::error::{Failure, Kind, Result};
use crate::external;
use crate::host::target;
use crate::ops::context::Context;
use crate::ops::link::interpreter;
use crate::ops::lookup_installed;
use crate::ops::requires_python::{decided, warn_of_build};
use crate::relocate::executable_name;
use crate::shim_links;
use crate::store::Installed;
use crate::venv::{Base, base, home_of};
use ftpy_core::decide::decide;
use ftpy_core::follow;
use ftpy_core::name::Name;
use ftpy_core::path::holds_shims;
use ftpy_core::request::{Build, Request};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What an environment is based on.
pub(crate) struct VenvBase {
    /// The interpreter that creates it: by the path of the alias, if it follows one.
    pub(crate) python: PathBuf,
    pub(crate) build: Build,
    /// `None` for an interpreter that ftpy does not manage.
    pub(crate) installed: Option<Installed>,
    /// The alias that it follows.
    pub(crate) alias: Option<String>,
}

impl VenvBase {
    /// The file name of the interpreter, which the environment has, too.
    pub(crate) fn name(&self) -> &OsStr {
        self.python.file_name().unwrap_or_default()
    }

    /// The base of an installation, which is started by the path of the alias if it follows one.
    pub(crate) fn of(context: &Context, installed: Installed, alias: Option<String>) -> Self {
        let prefix = match &alias {
            Some(alias) => context.store.alias_for(&installed, alias),
            None => installed.prefix.clone(),
        };
        let build = installed.key.build.clone();
        Self {
            python: prefix.join("bin").join(executable_name(&build)),
            build,
            installed: Some(installed),
            alias,
        }
    }
}

/// Finds the base of a new environment.
pub(crate) fn find(context: &Context, text: Option<&str>, is_exact: bool) -> Result<VenvBase> {
    let base = match text {
        Some(text) if is_path(text) => at_path(context, Path::new(text), is_exact)?,
        text => {
            let (installed, request) = python(context, text, "name one: `ftpy venv -p 3.14t`")?;
            of_installed(context, installed, request.as_ref(), is_exact)
        }
    };
    if text.is_some() {
        warn_of_build(context, &base.build);
    }
    Ok(base)
}

/// Returns the installation to use, and the request for it. `hint` says how to name one.
pub(crate) fn python(
    context: &Context,
    text: Option<&str>,
    hint: &str,
) -> Result<(Installed, Option<Request>)> {
    if let Some(text) = text {
        let installed = lookup_installed::best(context, text, &target::detect())?;
        return Ok((installed, ftpy_core::parse::parse(text).ok()));
    }
    let decision = decided(context)?;
    let request = decision.request;
    let installed = decision.installed.ok_or_else(|| {
        Failure::new(
            Kind::NotFound,
            "no Python is pinned here, and no default is set",
        )
        .hint(hint)
    })?;
    Ok((installed, request))
}

/// Returns the alias to start an installation by, or `None` if it must keep its patch: because that
/// was requested, or because the alias points to another build.
pub(crate) fn follows(
    context: &Context,
    installed: &Installed,
    request: Option<&Request>,
) -> Option<String> {
    // A store of another user stays as it is.
    let _ = shim_links::ensure(&context.store, &target::detect());
    let store = context.store.shared_store_of(installed);
    let store = store.unwrap_or(context.store.root());
    let alias = follow::alias(store, installed, request)?;
    Some(alias.file_name()?.to_str()?.to_owned())
}

fn of_installed(
    context: &Context,
    installed: Installed,
    request: Option<&Request>,
    is_exact: bool,
) -> VenvBase {
    let alias = match is_exact {
        true => None,
        false => follows(context, &installed, request),
    };
    VenvBase::of(context, installed, alias)
}

/// Whether the text is a path: a request never contains a slash, unless it is a URL.
fn is_path(text: &str) -> bool {
    text.contains('/') && !text.contains("://")
}

/// Returns the interpreter at a path, or the one in a directory or behind a shim.
fn at_path(context: &Context, path: &Path, is_exact: bool) -> Result<VenvBase> {
    let mut path = interpreter(&context.env.current_dir.join(path))?;
    if let Some(name) = Name::of_file(&path)
        && path.parent().is_some_and(holds_shims)
    {
        let decision = decide(&name, None, &context.env.surroundings())?;
        if let Some(installed) = decision.installed {
            let request = decision.request.as_ref();
            return Ok(of_installed(context, installed, request, is_exact));
        }
        path = decision.executable;
    }
    let real = path.canonicalize().unwrap_or_else(|_| path.clone());
    if let Some(own) = own(context, &path, is_exact).or_else(|| own(context, &real, is_exact)) {
        return Ok(own);
    }
    let found = external::find(&path, &target::detect(), &|| false)
        .map_err(|reason| Failure::new(Kind::Integrity, reason.to_string()))?;
    context.allow_external(&found.build)?;
    Ok(VenvBase {
        python: found.executable,
        build: found.build,
        installed: None,
        alias: None,
    })
}

/// Returns the installation in the store that a path leads to, also through an environment. It is
/// followed if the path contains its alias.
fn own(context: &Context, path: &Path, is_exact: bool) -> Option<VenvBase> {
    let bin = path.parent()?;
    let home = venv_of(bin).and_then(home_of);
    let home = home.as_deref().unwrap_or(bin);
    let (prefix, alias) = match base(&context.store, home) {
        Base::Alias(alias) => (context.store.aliases().join(&alias), Some(alias)),
        Base::Exact(key) => (context.store.installs().join(key), None),
        Base::Other => return None,
    };
    let prefix = prefix.canonicalize().ok()?;
    let mut all = context.store.installed(&target::detect()).into_iter();
    let installed = all.find(|one| one.prefix.canonicalize().is_ok_and(|own| own == prefix))?;
    Some(VenvBase::of(
        context,
        installed,
        alias.filter(|_| !is_exact),
    ))
}
