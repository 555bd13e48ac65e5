//! ftpy installs free-threaded CPython, and GIL builds next to it, with every byte verified.
//!
//! This page is the map. The modules are listed from the bottom up: none uses one that is listed
//! below it.
//!
//! ```text
//! text -> Request -> Query (+ host)                       pure
//! index -> bytes                                          I/O, by the caller
//! provider.candidates(Query) -> Offer                     pure
//! resolve::plan(Query, offers) -> Plan                    pure; --dry-run stops here
//! execute(Plan): download > verify > unpack or compile >
//!   relocate > probe > commit > link -> an installation   I/O
//!
//! name, argument, environment, version file, settings, store
//!   -> ftpy_core::decide -> an executable and the reason the shims, which, show, run
//! ```
//!
//! | module | contents |
//! |---|---|
//! | [`ftpy_core`] | the request grammar, keys, version files, which executable a name starts; a crate shared with the shims |
//! | [`error`] | the error type of commands, and the exit codes |
//! | [`file_url`] | conversion between paths and file:// URLs |
//! | [`secret_url`] | URLs whose secrets are never displayed |
//! | [`mod@env`] | the only reader of environment variables |
//! | `pid` | process ids as the system's calls take them; Unix only |
//! | [`report`] | the only writer to stdout and stderr |
//! | [`cancel`] | cancellation by Ctrl-C |
//! | [`digest`] | SHA-256 digests |
//! | [`embedded`] | texts within the program, compressed |
//! | [`host`] | this machine: target, files, signals, package manager, apt's mirrors |
//! | [`mach_o`] | Mach-O files: install names and ad-hoc signatures, without Apple's tools |
//! | [`manifest`] | typed access to the data in `manifests/` |
//! | [`parallel`] | the same work on many items at once |
//! | [`parser_limits`] | limits for parsers whose stack or time grows with what others wrote |
//! | [`probe`] | starting an interpreter and asking for its version and build |
//! | [`gil`] | whether the GIL was on in a command, and which modules turned it on |
//! | [`wheel`] | names and tags of wheels, and which one an installer takes |
//! | [`python_imports`] | the import statements of a Python source, with the functions that they are in |
//! | [`xray`] | whether importing an extension module turns the GIL on, by its bytes |
//! | [`mod@check`] | which dependencies turn the GIL on, without running them |
//! | [`store`] | the only module that knows paths in the store; locks, stages, receipts |
//! | [`distro`] | the machine's distribution and its package manager |
//! | [`provider`] | the sources pbs, conda, distro and source: an index and a query become candidates |
//! | [`policy`] | the rules of the machine's administrator |
//! | [`resolve`] | selecting candidates for a plan |
//! | [`lock`] | `ftpy.lock`: the exact builds of a project's requests, on each platform |
//! | [`net`] | downloads: retries, resuming, the cache |
//! | [`wheel_reader`] | reading little of wheels, from disk and by range requests; cached reports |
//! | [`index`] | selecting and updating the index of python-build-standalone |
//! | [`unpack`] | unpacking untrusted archives |
//! | [`bundle`] | locked builds in one file, for machines without a network |
//! | `conda` | conda's channels, package lists and packages; an optional feature |
//! | [`compile`] | building from source: requirements, configure, make, diagnosis of errors |
//! | [`flavour_proof`] | verifying that a build has its flavours |
//! | [`relocate`] | relocating a build to its final prefix |
//! | [`sanitizer`] | running a program under its interpreter's sanitizers, and their reports |
//! | [`external`] | interpreters of other tools, registered in place |
//! | [`profile`] | the block of `ftpy setup` in a shell's profile |
//! | [`shim_links`] | shims and aliases, in sync with the installations |
//! | [`mod@venv`] | the base installation of a virtual environment |
//! | [`version_file`] | editing version files, and comparing pins with `pyproject.toml` |
//! | [`inline_script`] | the metadata block and the first line of a Python script |
//! | [`examine`] | verifying an installation against its receipt |
//! | [`doctor`] | finding problems on this machine, each with a fix |
//! | [`jupyter`] | kernel specs of Jupyter, and which of them ftpy wrote |
//! | [`adopt`] | finding Pythons of other tools |
//! | [`ci`] | support for CI systems: exports, test matrices, cache keys |
//! | [`execute`] | executing a plan |
//! | [`mod@bench`] | whether free-threading pays for a program: arms, statistics, the machine, verdicts, pictures |
//! | [`own_release`] | ftpy itself: its releases, how it was installed, replacing it |
//! | [`cli`] | the command line as types |
//! | [`completions`] | shell completion, generated from these types |
//! | `ops` | the use cases: install, lock, build, upgrade, run, CI; above the library, below the commands |
//! | [`commands`] | one file for each command: arguments in, rendering out |
//!
//! # What always holds
//!
//! - Resolution never fetches, and a plan is plain data: `--dry-run` prints what would be done.
//! - A variant is never crossed: the ABI is part of the request, the candidate and the key, and the
//!   running interpreter is asked for it before the installation is committed.
//! - Nothing downloaded is used before its sha256 was verified; a digest mismatch stops the
//!   install, even if other sources are left.
//! - An installation appears by one rename. A stage is removed when it is dropped; stages of killed
//!   processes are removed by the next run.
//! - Only [`mod@env`] reads the environment, only [`report`] prints, only [`store`] knows paths.
//! - There is no `unsafe` code and no test switch in the program. (The shim's `main.rs` exports two
//!   symbols, with exceptions from the lint.)
#![forbid(unsafe_code)]

pub mod error;

pub mod file_url;

pub mod secret_url;

pub mod env;
#[cfg(unix)]
pub mod pid;
pub mod report;

pub mod cancel;
pub mod digest;
pub mod embedded;
pub mod host;
pub mod mach_o;
pub mod manifest;
pub mod parallel;
pub mod parser_limits;

pub mod probe;

pub mod gil;
pub mod wheel;

pub mod python_imports;
pub mod xray;

pub mod check;
pub mod store;

pub mod distro;

pub mod provider;

pub mod policy;

pub mod resolve;

pub mod lock;

pub mod net;

pub mod wheel_reader;

pub mod index;

pub mod unpack;

pub mod bundle;

#[cfg(feature = "conda")]
pub mod conda;

pub mod compile;
pub mod flavour_proof;
pub mod relocate;

pub mod sanitizer;

pub mod external;
pub mod profile;
pub mod shim_links;
pub mod venv;
pub mod version_file;

pub mod inline_script;

pub mod examine;

pub mod doctor;

pub mod jupyter;

pub mod adopt;

pub mod ci;

pub mod execute;

pub mod bench;

pub mod own_release;

pub mod cli;
pub mod completions;

pub(crate) mod ops;

pub mod commands;
