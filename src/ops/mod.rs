//! The use cases: install, lock, upgrade, run, set up CI. A command parses arguments and renders
//! the result; the work in between is here. Nothing here parses arguments, formats a table or calls
//! a command.

pub(crate) mod active_python;
pub(crate) mod adopt;
pub(crate) mod build;
pub(crate) mod bundle;
pub(crate) mod ci;
#[cfg(feature = "conda")]
pub(crate) mod conda;
#[cfg(not(feature = "conda"))]
#[path = "no_conda.rs"]
pub(crate) mod conda;
pub(crate) mod confirm;
pub(crate) mod context;
pub(crate) mod diagnose;
pub(crate) mod in_use;
pub(crate) mod install;
pub(crate) mod kernel;
pub(crate) mod link;
pub(crate) mod lock;
pub(crate) mod lookup_installed;
pub(crate) mod losses;
pub(crate) mod make_venv;
pub(crate) mod mirror;
pub(crate) mod profiles;
pub(crate) mod prune;
pub(crate) mod purge_packages;
pub(crate) mod query_providers;
pub(crate) mod run;
pub(crate) mod self_uninstall;
pub(crate) mod self_update;
pub(crate) mod session;
pub(crate) mod upgrade_candidates;
pub(crate) mod venv;
pub(crate) mod zsh_profile;
