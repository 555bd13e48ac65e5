//! The findings as text: for a terminal, for programs, for CI.

pub mod json;
pub mod table;
