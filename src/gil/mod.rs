//! Whether the GIL was on in what a command ran, and which modules turned it on.
//!
//! Only the interpreter knows: it turns the GIL on while it loads the first extension module
//! that does not declare that it can do without. So a hook, `sitecustomize.py`, watches in
//! every Python below the command and appends to a file what is loaded and by whom ([`Watch`]);
//! [`Report`] reads that file. The interpreter names the first module only, so [`replay`] loads
//! each one again, alone. [`judge`] says what all of that means, [`tell`] in words.
//!
//! A Python may run without the hook: by an option, with an environment of its own. What starts it
//! notes that, and on Linux `tree` sees it from outside; [`unwatched`] compares both with
//! what reported.
//!
//! The hook changes nothing that the program can see. What reads, judges and tells is pure.

#[cfg(unix)]
mod ask;
mod options;
mod render;
#[cfg(unix)]
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
pub use render::{WatchedCommand, tell};
#[cfg(unix)]
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
