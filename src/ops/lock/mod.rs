//! Makes locks, and finds out what a project asks for.

pub(crate) mod make;
pub(crate) mod policy;
pub(crate) mod project;
pub(crate) mod resolve;
pub(crate) mod select;
