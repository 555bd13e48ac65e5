//! The integration tests: one binary, one file for each command or behaviour.
//!
//! They start the real program in a home of their own, with a loopback server for a network.
//! The `live_*` files need a real mirror, compiler or interpreter; they run with FTPY_LIVE=1,
//! and say so when they do not.

/// What the tests share.
pub mod support;

mod archives_are_hostile;
mod cache;
mod choice;
mod commands;
#[cfg(all(feature = "conda", unix))]
mod conda;
#[cfg(feature = "conda")]
mod conda_channels;
#[cfg(all(feature = "conda", unix))]
mod conda_choice;
mod crash;
mod daily;
mod finalise;
mod index;
mod install;
mod link;
mod live_clients;
#[cfg(all(feature = "conda", unix))]
mod live_conda;
mod live_daily;
mod live_machine;
mod live_pbs;
mod live_source;
#[cfg(all(feature = "conda", unix))]
mod live_tls;
mod network;
#[cfg(not(feature = "conda"))]
mod no_conda;
mod pins;
mod places;
mod requests;
mod shim_process;
mod shims;
mod tidy;
mod together;
mod upgrade;
