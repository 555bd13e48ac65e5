//! On systems that are not Unix, modules cannot be loaded again yet: each one stays unclear.

use crate::gil::verdict::{Answers, Suspects};

/// Returns no answers.
#[must_use]
pub fn replay(_: &Suspects) -> Answers {
    Answers::new()
}
