//! Paths as a CI system shows them.

use crate::env::Env;
use std::path::Path;

impl Env {
    /// Returns a path relative to the checkout, as annotations need it. A relative path is in the
    /// current directory.
    #[must_use]
    pub fn in_workspace(&self, file: &Path) -> String {
        let root = self.ci.workspace.as_ref().unwrap_or(&self.current_dir);
        let file = self.current_dir.join(file);
        let shown = file.strip_prefix(root).unwrap_or(&file);
        shown.display().to_string()
    }
}
