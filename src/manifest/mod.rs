//! Typed access to the data in `manifests/`, embedded in the program. Only parses: nothing here
//! reads files or makes choices.

pub mod conda;
pub mod distro;
pub mod flavours;
pub mod pbs;
pub mod pbs_name;
pub mod preflight;
pub mod releases;
pub mod source;
pub mod upstream;
