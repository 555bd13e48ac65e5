//! Makes locks, and finds a project's requests.

pub(crate) mod gil_check;
pub(crate) mod make;
pub(crate) mod policy;
pub(crate) mod project;
pub(crate) mod requests;
pub(crate) mod resolve;
pub(crate) mod select;
