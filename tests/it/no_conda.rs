//! A build without the feature `conda` reports that.

use crate::support::sandbox::{Sandbox, interpreter};

#[test]
fn asking_for_conda_says_that_it_is_not_in_this_build() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    for arguments in [
        ["install", "--from=conda", "3.14t"],
        ["install", "--no-build", "conda:3.14t"],
    ] {
        let finished = sandbox.fails(3, &arguments);
        let reason = "conda: this ftpy was built without it";
        assert!(finished.stderr.contains(reason), "{finished:?}");
    }
    sandbox.fails(2, &["list", "--available", "--from", "conda"]);
    sandbox.ok(&["install", "3.14t"]);
}
