//! `ftpy lock` with an existing lock: other sources, other bytes, and a link.

use crate::support::sandbox::{Sandbox, interpreter};
use crate::support::shims::{project, run_in};
use std::path::{Path, PathBuf};

/// A project with a lock for this machine, of a build of python-build-standalone.
fn locked() -> (Sandbox, PathBuf) {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.1", "t"));
    let place = project(&sandbox, "p", "3.14t\n");
    let here = ftpy::host::target::detect().to_string();
    let line = ["lock", "--from", "pbs,source", "--platform", &here];
    run_in(&sandbox, &place, 0, &line);
    (sandbox, place)
}

fn text(place: &Path) -> String {
    std::fs::read_to_string(place.join("ftpy.lock")).expect("a lock")
}

#[test]
fn what_new_sources_do_not_name_is_looked_for_again() {
    let (sandbox, place) = locked();
    // pbs is still included, so nothing changes, and that is reported.
    let said = run_in(&sandbox, &place, 0, &["lock", "--from", "source,pbs"]);
    assert!(
        said.stderr
            .contains("`ftpy lock --upgrade` resolves them again"),
        "{said:?}"
    );
    assert!(
        text(&place).contains("provider = \"pbs\""),
        "{}",
        text(&place)
    );
    let said = run_in(&sandbox, &place, 0, &["lock", "--from", "source"]);
    assert!(!said.stderr.contains("looks again"), "{said:?}");
    assert!(
        text(&place).contains("provider = \"source\""),
        "{}",
        text(&place)
    );
    run_in(&sandbox, &place, 0, &["lock", "--check"]);
}

#[test]
fn check_sees_a_source_that_the_lock_does_not_name() {
    let (sandbox, place) = locked();
    let other = text(&place).replace("  \"pbs\",\n", "");
    std::fs::write(place.join("ftpy.lock"), other).expect("write");
    let said = run_in(&sandbox, &place, 1, &["lock", "--check"]);
    assert!(
        said.stderr
            .contains("is locked from pbs, which is not one of the file"),
        "{said:?}"
    );
    run_in(&sandbox, &place, 0, &["lock"]);
    run_in(&sandbox, &place, 0, &["lock", "--check"]);
}

#[test]
fn other_bytes_of_the_same_build_show_their_digests() {
    let (sandbox, place) = locked();
    let mut other = text(&place);
    let at = other.find("sha256 = \"").expect("a digest") + 10;
    other.replace_range(at..at + 64, &"0".repeat(64));
    std::fs::write(place.join("ftpy.lock"), other).expect("write");
    let said = run_in(&sandbox, &place, 0, &["lock", "--upgrade", "--dry-run"]);
    let (now, before) = said.stdout.split_once("was ").expect("both");
    assert!(before.contains("sha256 000000000000"), "{said:?}");
    assert!(
        now.contains("sha256 ") && !now.contains("000000000000"),
        "{said:?}"
    );
}

#[test]
#[cfg(unix)]
fn a_lock_that_is_a_link_stays_one() {
    let (sandbox, place) = locked();
    let link = place.join("ftpy.lock");
    let shared = place.join("shared.lock");
    std::fs::rename(&link, &shared).expect("rename");
    std::os::unix::fs::symlink("shared.lock", &link).expect("link");
    run_in(&sandbox, &place, 0, &["lock", "--from", "source"]);
    let there = std::fs::read_to_string(&shared).expect("the file");
    assert!(there.contains("provider = \"source\""), "{there}");
    // Also without an existing lock.
    std::fs::remove_file(&shared).expect("remove");
    run_in(&sandbox, &place, 0, &["lock", "--from", "source"]);
    assert!(shared.is_file());
    assert_eq!(link.read_link().expect("a link"), Path::new("shared.lock"));
}

#[test]
fn a_request_that_is_not_one_version_everywhere_is_named() {
    let (sandbox, place) = locked();
    let said = run_in(&sandbox, &place, 0, &["lock"]);
    assert!(!said.stderr.contains("not one version"), "{said:?}");
    let here = ftpy::host::target::detect().to_string();
    // pbs' index contains only this machine's platform.
    let both = format!("{here},linux-riscv64-gnu");
    let said = run_in(&sandbox, &place, 0, &["lock", "--platform", &both]);
    let mut lines = said.stderr.lines();
    let line = lines.find(|line| line.contains("3.14t resolves to different versions: "));
    let line = line.expect("a warning");
    for part in [
        &format!("3.14.1t (pbs) on {here}"),
        "(source) on linux-riscv64-gnu",
    ] {
        assert!(line.contains(part), "{said:?}");
    }
    assert_eq!(lines.filter(|line| line.contains("everywhere")).count(), 0);
}
