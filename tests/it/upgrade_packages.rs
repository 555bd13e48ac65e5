//! `ftpy upgrade --with-packages`: the packages of the old installation, in the new one.

use crate::support::sandbox::{Archive, Sandbox, archive_name, probe_answer, tree};
use std::fs;

const OLD: &str = "3.14.5t-pbs-20260901";
const NEW: &str = "3.14.7t-pbs-20260901";

/// An interpreter whose pip writes its arguments to `~/pip`, and cannot install `bad`.
fn interpreter(version: &str) -> Archive {
    let probe = probe_answer(version, "t", "t");
    let probe = probe.trim_start_matches("#!/bin/sh\n");
    let says = format!(
        "#!/bin/sh\ncase \"$*\" in\n*'-m pip install '*) echo \"$*\" >>\"$HOME/pip\"\n\
         case \"$*\" in *bad==*) echo 'ERROR: No matching distribution found' >&2; exit 1;; esac\n\
         exit 0;;\nesac\n{probe}"
    );
    let shipped = "python/lib/python3.14t/site-packages/shipped-1.dist-info/METADATA";
    Archive {
        name: archive_name(version, "t"),
        bytes: tree(version, "t", &says)
            .file(shipped, "Name: shipped\n", 0o644)
            .tar_gz(),
    }
}

/// 3.14.5t with packages, before 3.14.7t.
fn sandbox(packages: &[&str]) -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.5"));
    sandbox.ok(&["-q", "install", "3.14t"]);
    let site = format!("installs/{OLD}/lib/python3.14t/site-packages");
    let site = sandbox.store.join(site);
    for name in packages {
        let info = site.join(format!("{name}.dist-info"));
        fs::create_dir_all(&info).expect("mkdir");
        fs::write(info.join("METADATA"), "").expect("write");
        if name.starts_with("editable") {
            let text = "{\"url\": \"file:///src/editable\", \"dir_info\": {\"editable\": true}}";
            fs::write(info.join("direct_url.json"), text).expect("write");
        }
    }
    sandbox.offer(&interpreter("3.14.7"));
    sandbox
}

/// The calls of pip.
fn calls(sandbox: &Sandbox) -> Vec<String> {
    let text = fs::read_to_string(sandbox.home().join("pip")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_same_versions_are_installed_from_wheels() {
    let sandbox = sandbox(&["six-1.17.0", "typing_extensions-4.12.2", "pip-25.0"]);
    let said = sandbox.ok(&["upgrade", "--with-packages"]);
    let calls = calls(&sandbox);
    assert_eq!(calls.len(), 1, "{calls:?}");
    let requirements = "six==1.17.0 typing_extensions==4.12.2";
    assert!(calls[0].ends_with(requirements), "{calls:?}");
    assert!(calls[0].contains("--no-deps") && calls[0].contains("--only-binary :all:"));
    let line = format!("2 packages of {OLD} into {NEW}: six==1.17.0, typing_extensions==4.12.2");
    assert!(said.stderr.contains(&line), "{said:?}");
    assert!(!said.stderr.contains("did not move"), "{said:?}");
    assert_eq!(sandbox.installed().len(), 2, "the old one stays");
    // Nothing is left to do.
    sandbox.ok(&["upgrade", "--with-packages"]);
    assert_eq!(self::calls(&sandbox).len(), 1);
}

#[test]
fn what_cannot_be_installed_is_listed_and_does_not_keep_the_others_away() {
    let sandbox = sandbox(&["six-1.17.0", "bad-1", "editable-2"]);
    let said = sandbox.fails(6, &["upgrade", "--with-packages"]);
    for line in [
        format!("1 package of {OLD} into {NEW}: six==1.17.0"),
        format!("bad==1 is not in {NEW}: No matching distribution found"),
        format!("editable==2 is not in {NEW}: it was installed from file:///src/editable"),
        "2 packages could not be installed".to_owned(),
        "`--allow-sdists`".to_owned(),
    ] {
        assert!(said.stderr.contains(&line), "{line}: {said:?}");
    }
    assert_eq!(sandbox.installed().len(), 2);
}

#[test]
fn building_is_allowed_by_an_option() {
    let sandbox = sandbox(&["six-1.17.0"]);
    sandbox.fails(2, &["upgrade", "--allow-sdists"]);
    let line = ["--json", "upgrade", "--with-packages", "--allow-sdists"];
    let said = sandbox.ok(&line);
    assert!(!calls(&sandbox)[0].contains("--only-binary"));
    let json: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(json[0]["packages"], 1);
    assert_eq!(json[0]["moved"], serde_json::json!(["six==1.17.0"]));
    assert_eq!(json[0]["left"], serde_json::json!([]));
}

#[test]
fn a_dry_run_lists_the_packages_and_installs_none() {
    let sandbox = sandbox(&["six-1.17.0"]);
    let said = sandbox.ok(&["upgrade", "--with-packages", "--dry-run"]);
    let line = format!("1 package of {OLD} would be installed, too: six==1.17.0");
    assert!(said.stderr.contains(&line), "{said:?}");
    assert!(calls(&sandbox).is_empty());
    assert_eq!(sandbox.installed().len(), 1);
}

#[test]
fn without_the_option_the_packages_are_counted_and_the_command_is_shown() {
    let sandbox = sandbox(&["six-1.17.0"]);
    let said = sandbox.ok(&["upgrade"]);
    let note = format!("1 package installed into {OLD} did not move");
    assert!(said.stderr.contains(&note), "{said:?}");
    assert!(calls(&sandbox).is_empty());
}
