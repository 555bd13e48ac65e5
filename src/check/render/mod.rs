//! The findings as text: for a terminal, for programs, for CI.

pub mod constraints;
pub mod html;
pub mod json;
pub mod markdown;
pub(in crate::check) mod markup;
pub mod sarif;
mod svg;
pub mod table;
