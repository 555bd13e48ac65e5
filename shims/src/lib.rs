//! What ftpy and its shims must agree on, word for word; and the shim itself.
//!
//! The request grammar, the order of versions, the names of installations and the decision which
//! of them a name starts live here and not in `ftpy` itself, because a shim that starts in a
//! fraction of a millisecond cannot link an installer, and a shim with a decision of its own
//! would one day disagree with `ftpy which`. So this crate has no dependencies. It reads what the
//! decision needs, and writes nothing.
//!
//! In the order in which text becomes meaning; nothing down to [`settings`] touches a file, the
//! network, the clock or the environment:
//!
//! | module | owns |
//! |---|---|
//! | [`version`] | `3.14.7`, `3.15.0rc1` and their order (PEP 440) |
//! | [`abi`] | threading and debug: the letters `t` and `d` |
//! | [`flavour`] | `+tsan`, `+pgo` and the other ways to build |
//! | [`target`] | operating system, architecture, libc |
//! | [`provider_name`] | the names of the sources: `pbs`, `conda`, `distro`, `source` |
//! | [`build_id`] | a provider's name for a build: `20260901` |
//! | [`link_name`] | the names that `ftpy link` gives, which no request can be |
//! | [`range`] | `>=3.13,<3.15` |
//! | [`secret`] | what of a URL may be shown |
//! | [`request`] | what a person types or pins, and which builds meet it |
//! | [`parse`] | text to request, and the error that shows the nearest right form |
//! | [`key`] | the name of one installation: `3.14.7t-pbs-20260901` |
//! | [`name`] | the closed set of names that shims have |
//! | [`settings`] | the person's settings |
//! | [`mod@paste`] | commands that a person pastes into a shell |
//! | [`mod@file`] | reading a person's text files, and whose they are |
//! | [`root`] | where a store is |
//! | [`libc`], [`host`] | this machine's target |
//! | [`path`] | programs on PATH, and those that are no shims |
//! | [`order`] | the person's order of sources |
//! | [`installed`] | what is installed, and which of it meets a request best |
//! | [`pin`] | version files, and the nearest one |
//! | [`reason`] | where a request came from |
//! | [`refusal`] | why nothing is started |
//! | [`decide`] | name, argument, environment, directory and store to an executable and the reason |
//! | [`passing`] | programs of PATH that start the shim again |
//! | [`start`] | the shim: decide, and become it |
//! | `program` | the compiled shim, inside ftpy |
//! | `shell` | what a shell evaluates to find the shims, inside ftpy |
//!
//! There is no `unsafe` code here; `main.rs` exports one symbol.
#![forbid(unsafe_code)]

pub mod abi;
pub mod build_id;
pub mod decide;
pub mod file;
pub mod flavour;
pub mod host;
pub mod installed;
pub mod key;
pub mod libc;
pub mod link_name;
pub mod name;
pub mod order;
pub mod parse;
pub mod passing;
pub mod paste;
pub mod path;
pub mod pin;
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
pub mod start;
pub mod target;
pub mod version;
