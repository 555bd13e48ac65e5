//! What a shim would see if it were started here.

use crate::env::Env;
use ftpy_core::decide::Surroundings;

impl Env {
    /// Returns the inputs of the decision that the shims make.
    #[must_use]
    pub fn surroundings(&self) -> Surroundings {
        Surroundings {
            store: self.store.clone(),
            shared: self.shared.clone(),
            directory: Some(self.current_dir.clone()),
            variable: self.python.clone(),
            inherited: self.inherited.clone(),
            path: self.path.clone(),
            passed: Vec::new(),
        }
    }
}
