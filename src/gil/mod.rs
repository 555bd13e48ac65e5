//! Detects whether the GIL was on in a command, and which modules turned it on.
//!
//! Only the interpreter knows: it turns the GIL on when it loads the first extension module that
//! does not declare support for running without it. So a hook, `sitecustomize.py`, runs in every
//! Python below the command and appends to a file which modules are loaded by whom ([`Watch`]);
//! [`GilReport`] parses that file. The interpreter only names the first module, so [`replay`]
//! loads each one again separately. [`judge`] reaches the verdict, [`tell`] renders it.
//!
//! A Python may run without the hook: because of an option, or with another environment. The hook
//! in the process that starts it records that, and on Linux `tree` observes it from outside;
//! [`unwatched`] compares both with the reports.
//!
//! The hook changes nothing that the program can see. Parsing, judging and rendering are pure.

#[cfg(unix)]
mod ask;
mod options;
mod render;
#[cfg_attr(not(unix), path = "no_replay.rs")]
mod replay;
mod report;
mod seen;
#[cfg(target_os = "linux")]
mod tree;
mod unwatched;
mod verdict;
#[cfg(unix)]
mod watch;

#[cfg(unix)]
pub use ask::ask;
pub use render::{NEWER_RELEASE, WatchedCommand, tell};
pub use replay::replay;
pub use report::{GilReport, Load, Process, Step};
pub use seen::{Build, Image, Note, Unwatched, Why};
pub use unwatched::unwatched;
pub use verdict::{
    Answers, Interpreter, Judgement, Offender, ReplayAnswer, Suspects, Unseen, Verdict, judge,
    suspects,
};
#[cfg(unix)]
pub use watch::{Ended, Watch};
