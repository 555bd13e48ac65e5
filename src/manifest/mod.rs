//! Typed views of the data in `manifests/`, embedded in the program. Parsing only: nothing
//! here reads a file or chooses anything.

pub mod conda;
pub mod distro;
pub mod flavours;
pub mod pbs;
pub mod pbs_name;
pub mod preflight;
pub mod releases;
pub mod source;
pub mod upstream;
