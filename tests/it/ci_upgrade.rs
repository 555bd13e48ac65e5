//! `ftpy ci setup --upgrade`: the newest build, also where an older one is installed.

use crate::support::sandbox::{Sandbox, interpreter};

#[test]
fn setup_with_upgrade_takes_the_newest_build_and_without_it_what_is_installed() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.6", "t"));
    sandbox.offer(&interpreter("3.14.6", ""));
    let version = |sandbox: &Sandbox, arguments: &[&str]| {
        let all = [&["ci", "setup", "--json", "3.14t"], arguments].concat();
        let said = sandbox.ok(&all);
        let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
        let version = document["outputs"]["python-version"].as_str();
        version.expect("a version").to_owned()
    };
    let key = |sandbox: &Sandbox, arguments: &[&str]| {
        let all = [&["ci", "cache-key", "3.14t"], arguments].concat();
        sandbox.ok(&all).stdout
    };
    assert_eq!(version(&sandbox, &["--upgrade"]), "3.14.6t");
    sandbox.offer(&interpreter("3.14.7", "t"));
    assert_eq!(version(&sandbox, &[]), "3.14.6t");
    assert!(key(&sandbox, &[]).contains("-3.14.6-"));
    // The cache is that of the build that would be set up.
    let newest = key(&sandbox, &["--upgrade"]);
    assert!(newest.contains("-3.14.7-"), "{newest}");
    assert_eq!(version(&sandbox, &["--upgrade"]), "3.14.7t");
    assert_eq!(key(&sandbox, &["--upgrade"]), newest);
    let before = sandbox.installed();
    assert_eq!(version(&sandbox, &["--upgrade"]), "3.14.7t");
    assert_eq!(sandbox.installed(), before);
    // The twin is that of the newest build.
    sandbox.offer(&interpreter("3.14.8", "t"));
    sandbox.offer(&interpreter("3.14.8", ""));
    assert_eq!(version(&sandbox, &["--upgrade", "--twin"]), "3.14.8t");
    assert!(
        sandbox
            .installed()
            .contains(&"3.14.8-pbs-20260901".to_owned())
    );
    // Without the newest archive, what is installed is used, and the log says so.
    let archive = interpreter("3.14.9", "t");
    let digest = crate::support::archives::sha256_hex(&archive.bytes);
    sandbox.list(&archive, Some(&digest));
    assert_eq!(version(&sandbox, &["--upgrade"]), "3.14.8t");
    assert_eq!(version(&sandbox, &["--offline", "--upgrade"]), "3.14.8t");
    sandbox.ok(&["lock", "3.14t", "--platform", "linux-x86_64-gnu"]);
    let said = sandbox.fails(2, &["ci", "setup", "--upgrade"]);
    assert!(said.stderr.contains("`ftpy lock --upgrade`"), "{said:?}");
}
