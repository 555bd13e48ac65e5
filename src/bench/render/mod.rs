//! A comparison as text, as pictures and as pages. None of it decides anything.

mod chart;
pub mod curve;
mod figures;
#[cfg(test)]
mod fixtures;
pub mod html;
pub mod markdown;
mod memory_chart;
mod phrases;
mod samples_chart;
mod scale;
mod scaling_words;
mod selection;
pub mod suite_table;
pub mod svg;
pub mod table;
mod text;
pub mod words;
