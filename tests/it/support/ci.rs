//! A sandbox as a CI system's machine.

use crate::support::sandbox::{Sandbox, interpreter};
use std::path::PathBuf;

/// A sandbox with both builds of 3.14.7.
pub fn both() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.offer(&interpreter("3.14.7", ""));
    sandbox
}

/// Like GitHub's runner: three empty files, and the variables that name them.
pub fn on_github(sandbox: &mut Sandbox) -> [PathBuf; 3] {
    sandbox.set("GITHUB_ACTIONS", "true");
    let home = sandbox.home().to_owned();
    sandbox.set("GITHUB_WORKSPACE", &home.display().to_string());
    ["GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT"].map(|name| {
        let file = home.join(name.to_lowercase());
        std::fs::write(&file, "BEFORE=1\n").expect("write");
        sandbox.set(name, &file.display().to_string());
        file
    })
}

/// The value of this name, which must exist.
pub fn value<'a>(values: &'a [(String, String)], name: &str) -> &'a str {
    let found = values.iter().find(|(known, _)| known == name);
    &found.unwrap_or_else(|| panic!("no {name} in {values:?}")).1
}
