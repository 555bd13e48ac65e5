//! Starts an interpreter and reads its version and ABI, the only evidence that counts.
//!
//! Metadata has been wrong before (a GIL build that called itself free-threaded, and the
//! reverse), so an installation exists only after its own interpreter reported the expected facts.

mod error;
mod facts;
mod loader;
mod run;
mod script;

pub use error::ProbeError;
pub(crate) use facts::unhex;
pub use facts::{Expectation, Facts};
pub use loader::missing_library;
pub use run::{REQUIRED, probe, probe_foreign};
pub use script::script;
