//! The GIL X-ray: whether importing an extension module turns the GIL on, without running it.
//!
//! In a free-threaded interpreter, the first import of a module that does not declare
//! `Py_MOD_GIL_NOT_USED` turns the GIL on for the whole process. The declaration is made by code:
//! by the slots of the definition that `PyInit_name` returns, by a call of
//! `PyUnstable_Module_SetGIL`, or, since Python 3.15, by the slots that `PyModExport_name` returns.
//! [`examine`] executes that function abstractly, with constants only, and reports what it
//! declares, or that this cannot be said. It starts no process, opens no file and never panics;
//! time and memory are bounded for any input.
//!
//! ```no_run
//! use ftpy::xray::{ModuleFile, Verdict, examine};
//!
//! let path = "lxml/etree.cpython-314t-x86_64-linux-gnu.so";
//! let file = ModuleFile::parse(path).expect("the name of an extension module");
//! let bytes = std::fs::read(path).expect("the file");
//! match examine(&bytes, &file, None).verdict {
//!     Verdict::KeepsOff => println!("off"),
//!     Verdict::TurnsOn => println!("on"),
//!     Verdict::Delegates(to) => println!("as {to}"),
//!     Verdict::Undetermined(why) => println!("undetermined: {why}"),
//! }
//! ```
//!
//! | part | contents |
//! |---|---|
//! | `target`, `verdict` | the file name and its ABI; the answer and its evidence |
//! | `formats`, `elf`, `macho`, `trie`, `pe` | the formats of files |
//! | `image`, `imports`, `decoder` | the file as it would be in memory |
//! | `x86`, `arm`, `step`, `flow`, `convention` | the abstract effect of each instruction |
//! | `value`, `cell`, `sorted`, `memory`, `state`, `condition` | what is known at one place, and joins |
//! | `execution`, `calls`, `create` | paths through functions, and calls |
//! | `follow`, `reach`, `leaf` | which calls are followed |
//! | `doubt`, `effects`, `ranges`, `scan` | what code that was not executed may have changed |
//! | `slots`, `attempt`, `judge` | what was declared, and the verdict |
//!
//! A verdict other than [`Verdict::Undetermined`] is given only if every path was followed to its
//! end and all paths that create a module agree.

mod arm;
mod attempt;
mod calls;
mod cell;
mod condition;
mod convention;
mod create;
mod decoder;
mod doubt;
mod effects;
mod elf;
mod execution;
mod flow;
mod follow;
mod formats;
mod image;
mod imports;
mod judge;
mod leaf;
mod macho;
mod memory;
mod pe;
mod ranges;
mod reach;
mod scan;
mod slots;
mod sorted;
mod state;
mod step;
mod target;
mod trie;
mod value;
mod verdict;
mod x86;

pub use target::{Abi, Machine, ModuleFile};
pub use verdict::{Decision, Evidence, Report, Verdict, Why};

/// Judges an extension module by its bytes and the name of its file.
///
/// All parts of a fat file have to agree. The ABI is taken from the name; a plain `name.so` has
/// none, and needs that of its wheel's tag.
pub fn examine(data: &[u8], file: &ModuleFile, fallback: Option<Abi>) -> Report {
    judge::judge(data, file, fallback, None)
}

/// Returns how many bytes from the beginning of a file [`examine`] needs, by its first ones (4096
/// are enough for any compiler's). `None` if it needs all of them, as for all formats but ELF, whose
/// files end with sections that no loader maps.
#[must_use]
pub fn needed(first: &[u8]) -> Option<u64> {
    formats::needed(first)
}

/// Judges an extension module as [`examine`] does, for one machine: of a fat file only that part.
pub fn examine_for(
    machine: Machine,
    data: &[u8],
    file: &ModuleFile,
    fallback: Option<Abi>,
) -> Report {
    judge::judge(data, file, fallback, Some(machine))
}
