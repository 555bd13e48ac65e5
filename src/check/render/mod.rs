//! The findings as text: for a terminal, for programs, for CI.

pub mod constraints;
pub mod html;
pub mod json;
pub mod markdown;
mod markup;
pub mod sarif;
mod svg;
pub mod table;
