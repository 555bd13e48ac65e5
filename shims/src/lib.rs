//! What ftpy and its shims must agree on, word for word.
//!
//! The request grammar, the order of versions and the names of installations live here and
//! not in `ftpy` itself, because a shim that starts in a fraction of a millisecond cannot link
//! an installer, and a shim with a grammar of its own would one day disagree with
//! `ftpy which`. So this crate has no dependencies, and nothing in it touches a file, the
//! network, the clock or the environment.
//!
//! In the order in which text becomes meaning:
//!
//! | module | owns |
//! |---|---|
//! | [`version`] | `3.14.7`, `3.15.0rc1` and their order (PEP 440) |
//! | [`abi`] | threading and debug: the letters `t` and `d` |
//! | [`flavour`] | `+tsan`, `+pgo` and the other ways to build |
//! | [`target`] | operating system, architecture, libc |
//! | [`range`] | `>=3.13,<3.15` |
//! | [`request`] | what a person types or pins, and which builds meet it |
//! | [`parse`] | text to request, and the error that shows the nearest right form |
//! | [`key`] | the name of one installation: `3.14.7t-pbs-20260901` |

pub mod abi;
pub mod flavour;
pub mod key;
pub mod parse;
pub mod range;
pub mod request;
pub mod target;
pub mod version;
