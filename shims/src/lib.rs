//! The code shared by ftpy and its shims, and the shim itself.
//!
//! The request grammar, the version order, installation keys and the decision which installation
//! a name starts live in this crate rather than in `ftpy`: a shim has to start in a fraction of a
//! millisecond and cannot link an installer, and a second implementation would eventually
//! disagree with `ftpy which`. The crate has no dependencies. It reads what the decision needs and
//! writes nothing.
//!
//! The modules are listed from the grammar upwards; up to [`settings`] none of them touches a
//! file, the network, the clock or the environment:
//!
//! | module | contents |
//! |---|---|
//! | [`version`] | versions such as `3.14.7` and `3.15.0rc1`, and their order (PEP 440) |
//! | [`abi`] | the ABI flags `t` and `d` |
//! | [`flavour`] | flavours: `+tsan`, `+pgo` and others |
//! | [`target`] | operating system, architecture, libc |
//! | [`provider_name`] | the names of the sources: `pbs`, `conda`, `distro`, `source` |
//! | [`build_id`] | a provider's id of a build: `20260901` |
//! | [`link_name`] | the names that `ftpy link` gives, which are never valid requests |
//! | [`range`] | version ranges: `>=3.13,<3.15` |
//! | [`secret`] | hiding secrets in URLs |
//! | [`request`] | requests, and which builds satisfy them |
//! | [`parse`] | the request parser, and errors that suggest the nearest valid form |
//! | [`key`] | the key of an installation: `3.14.7t-pbs-20260901` |
//! | [`name`] | the names of the shims |
//! | [`settings`] | the user's settings |
//! | [`mod@paste`] | shell commands to paste |
//! | [`system_error`] | the texts of the operating system's errors |
//! | [`text_file`] | reading a user's text files |
//! | [`root`] | the location of the store |
//! | [`libc`], [`host`] | this machine's target |
//! | [`path`] | looking up programs on PATH, except shims |
//! | [`source_order`] | the user's order of sources |
//! | [`installed`] | installed builds, and the best match for a request |
//! | [`pin_link`] | the names of version files, and links in their place |
//! | [`pin`] | version files |
//! | [`reason`] | where a request came from |
//! | [`refusal`] | why nothing is started |
//! | [`broken_venv`] | the active virtual environment whose interpreter is gone |
//! | `as_module` | starting a tool as a module of its interpreter |
//! | [`decide`] | which executable a name stands for, and why |
//! | [`follow`] | starts through an alias, for environments that follow patch upgrades |
//! | [`shim_loops`] | programs on PATH that start the shim again |
//! | [`start`] | the shim's entry point |
//! | `program` | the compiled shim, embedded in ftpy |
//! | `shell` | the shell code that puts the shims on PATH |
//!
//! There is no `unsafe` code here; `main.rs` exports one symbol.
#![forbid(unsafe_code)]

pub mod abi;
mod as_module;
pub mod broken_venv;
pub mod build_id;
pub mod decide;
pub mod flavour;
pub mod follow;
pub mod host;
pub mod installed;
pub mod key;
pub mod libc;
pub mod link_name;
pub mod name;
pub mod parse;
pub mod paste;
pub mod path;
pub mod pin;
pub mod pin_link;
#[cfg(feature = "program")]
pub mod program;
pub mod provider_name;
pub mod range;
pub mod reason;
pub mod refusal;
pub mod request;
pub mod root;
pub mod secret;
pub mod settings;
#[cfg(feature = "program")]
pub mod shell;
pub mod shim_loops;
pub mod source_order;
pub mod start;
pub mod system_error;
pub mod target;
pub mod text_file;
pub mod version;
