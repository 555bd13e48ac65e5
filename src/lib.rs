//! ftpy: free-threaded CPython on any machine, verified, beside the GIL builds.
//!
//! This page is the map. The modules stand in the order in which data flows through them, and
//! none uses one that stands below it.
//!
//! ```text
//! text -> Request -> Query (+ host)                       pure
//! index -> bytes                                          I/O, by the caller
//! provider.candidates(Query) -> Offer                     pure
//! resolve::plan(Query, offers) -> Plan                    pure; --dry-run stops here
//! execute(Plan): download > verify > unpack or compile >
//!   finalise > probe > commit > link -> an installation   I/O
//!
//! name, argument, environment, version file, settings, store
//!   -> ftpy_core::decide -> an executable and the reason the shims, which, show, run
//! ```
//!
//! | module | owns |
//! |---|---|
//! | [`ftpy_core`] | the request grammar, keys, version files, and which executable a name stands for: a crate of its own, without dependencies, because the shims share it |
//! | [`error`] | what a person is told, and the exit codes |
//! | [`file_url`] | paths as file:// URLs, and back |
//! | [`secret_url`] | URLs whose secrets are never shown |
//! | [`mod@env`] | the only reader of the environment |
//! | [`report`] | the only writer to stdout and stderr |
//! | [`cancel`] | Ctrl-C |
//! | [`digest`] | sha256 |
//! | [`host`] | this machine: target, libc, package manager, apt's mirrors |
//! | [`manifest`] | typed views of `manifests/` |
//! | [`probe`] | starting an interpreter and asking it what it is |
//! | [`gil`] | what turned the GIL on in a command, and in which of its processes |
//! | [`store`] | the only owner of paths on disk; locks, stages, receipts |
//! | [`distro`] | the machine's distribution and what its package manager has |
//! | [`provider`] | pbs, conda, distro, source: an index and a query become candidates |
//! | [`policy`] | what whoever looks after this machine allows on it |
//! | [`resolve`] | candidates become a plan |
//! | [`lock`] | `ftpy.lock`: which bytes a project's requests mean, on each platform |
//! | [`net`] | bytes from elsewhere: retry, resume, cache |
//! | [`index`] | which index is in use |
//! | [`unpack`] | archives, which are hostile until proven otherwise |
//! | [`bundle`] | locked builds in one file, for where there is no network |
//! | `conda` | conda's channels, repodata and packages; not in every build |
//! | [`compile`] | configure, make, install; what is missing; the first real error |
//! | [`finalise`] | from the build's prefix to the real one |
//! | [`proof`] | whether a build's flavours took |
//! | [`sanitizer`] | running a program under its interpreter's sanitizers, and what they reported |
//! | [`external`] | interpreters that somebody else put here |
//! | [`link`] | shims and aliases, in step with what is installed |
//! | [`mod@venv`] | what a virtual environment stands on |
//! | [`profile`] | setup's block in a shell's profile: put in, and taken out byte for byte |
//! | [`version_file`] | writing version files; what `pyproject.toml` says against them |
//! | [`examine`] | whether an installation is still what was installed |
//! | [`doctor`] | what is wrong on this machine, each with its fix; it changes nothing |
//! | [`adopt`] | Pythons of other tools: where they are, and what they say they are |
//! | [`ci`] | what CI systems are told, matrices, keys of caches |
//! | [`execute`] | runs a plan, straight down |
//! | [`delivery`] | ftpy itself: its releases, who installed it, and a newer one in its place |
//! | [`cli`] | the command line, as types |
//! | `ops` | the use cases: install, lock, build, upgrade, run, CI; above the library, below the commands |
//! | [`commands`] | one file for each command: arguments in, rendering out |
//!
//! # What always holds
//!
//! - Resolution never fetches, and a plan is plain data: `--dry-run` prints what would be done.
//! - A variant is never crossed: the ABI is part of the request, of the candidate, of the key,
//!   and is asked of the running interpreter before the installation exists.
//! - Nothing made of downloaded bytes is used before their sha256 was compared; wrong bytes
//!   stop the install, whatever else might be tried.
//! - An installation appears by one rename. A stage that is dropped removes itself; one that
//!   was killed is swept by the next run.
//! - Only [`mod@env`] reads the environment, only [`report`] prints, only [`store`] knows paths.
//! - There is no `unsafe` code, and no test switch in the program. (The shim's `main.rs` exports
//!   one symbol; it is the only file that the lint is told about.)
#![forbid(unsafe_code)]

pub mod error;

pub mod file_url;

pub mod secret_url;

pub mod env;
pub mod report;

pub mod cancel;
pub mod digest;
pub mod host;
pub mod manifest;

pub mod probe;

pub mod gil;
pub mod store;

pub mod distro;

pub mod provider;

pub mod policy;

pub mod resolve;

pub mod lock;

pub mod net;

pub mod index;

pub mod unpack;

pub mod bundle;

#[cfg(feature = "conda")]
pub mod conda;

pub mod compile;
pub mod finalise;
pub mod proof;

pub mod sanitizer;

pub mod external;
pub mod link;
pub mod profile;
pub mod venv;
pub mod version_file;

pub mod examine;

pub mod doctor;

pub mod adopt;

pub mod ci;

pub mod execute;

pub mod delivery;

pub mod cli;

pub(crate) mod ops;

pub mod commands;
