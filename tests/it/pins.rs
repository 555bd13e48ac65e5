//! `ftpy pin` and `unpin`, and installing what is pinned.

use crate::support::sandbox::{Finished, Sandbox, finished, interpreter};
use crate::support::shims::{output, with};
use std::path::{Path, PathBuf};

fn at(sandbox: &Sandbox, place: &Path, arguments: &[&str]) -> Finished {
    finished(output(sandbox.command(arguments).current_dir(place)))
}

fn place(sandbox: &Sandbox, name: &str) -> PathBuf {
    let place = sandbox.home().join(name);
    std::fs::create_dir_all(&place).expect("mkdir");
    place
}

fn pinned(place: &Path) -> String {
    std::fs::read_to_string(place.join(".python-version")).expect("a pin")
}

#[test]
fn a_pin_is_written_in_the_spelling_that_everybody_reads() {
    let sandbox = with(&[("3.14.7", "t")]);
    let place = place(&sandbox, "p");
    for (request, written) in [
        ("3.14t", "3.14t\n"),
        ("3.14+freethreaded", "3.14t\n"),
        ("python3.14t", "3.14t\n"),
        ("cpython-3.14.7+freethreaded", "3.14.7t\n"),
        ("CP314T", "3.14t\n"),
    ] {
        let said = at(&sandbox, &place, &["pin", request]);
        assert_eq!((said.code, said.stdout.as_str()), (Some(0), ""), "{said:?}");
        assert_eq!(pinned(&place), written, "{request}");
        assert!(!said.stderr.contains("warning"), "{said:?}");
    }
    let said = at(&sandbox, &place, &["pin"]);
    let file = place.join(".python-version");
    assert_eq!(said.stdout, format!("3.14t  {}:1\n", file.display()));
    let said = at(&sandbox, &place, &["--json", "pin"]);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(document[0]["request"], "3.14t");
}

#[test]
fn other_lines_comments_and_line_ends_stay() {
    let sandbox = with(&[("3.14.7", "t")]);
    let place = place(&sandbox, "p");
    let file = place.join(".python-version");
    std::fs::write(&file, "# ours\r\n3.13 # old\r\n3.12\r\n").expect("write");
    assert_eq!(at(&sandbox, &place, &["pin", "3.14t"]).code, Some(0));
    assert_eq!(pinned(&place), "# ours\r\n# old\r\n3.14t\r\n3.12\r\n");
    assert_eq!(at(&sandbox, &place, &["unpin"]).code, Some(0));
    assert_eq!(pinned(&place), "# ours\r\n# old\r\n");
    std::fs::write(&file, "3.13\n").expect("write");
    assert_eq!(at(&sandbox, &place, &["unpin"]).code, Some(0));
    assert!(!file.exists());
    assert_eq!(at(&sandbox, &place, &["unpin"]).code, Some(3));
    // A link is followed, and kept.
    let real = sandbox.home().join("dotfile");
    std::fs::write(&real, "3.13\n").expect("write");
    std::os::unix::fs::symlink(&real, &file).expect("link");
    assert_eq!(at(&sandbox, &place, &["pin", "3.14t"]).code, Some(0));
    assert!(file.is_symlink());
    assert_eq!(std::fs::read_to_string(&real).expect("read"), "3.14t\n");
}

#[test]
fn several_requests_replace_the_whole_list() {
    let sandbox = with(&[("3.14.7", "t"), ("3.13.5", "")]);
    let place = place(&sandbox, "p");
    let file = place.join(".python-version");
    std::fs::write(&file, "# ours\n3.12\n3.11\n").expect("write");
    let said = at(
        &sandbox,
        &place,
        &["--json", "pin", "3.14t", "3.13", "3.14t"],
    );
    let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(document["requests"], serde_json::json!(["3.14t", "3.13"]));
    assert_eq!(document["pinned"], "3.14t");
    assert_eq!(pinned(&place), "# ours\n3.14t\n3.13\n");
    let said = at(&sandbox, &place, &["pin"]);
    assert_eq!(said.stdout.lines().count(), 2, "{said:?}");
    let said = at(&sandbox, &place, &["pin", "--exact", "3.13", "3.14t"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(pinned(&place), "# ours\n3.13.5\n3.14.7t\n");
    // Each is checked before the file is written.
    for arguments in [&["pin", "3.14t", "x.y"][..], &["pin", "3.14", "3.14t+tsan"]] {
        let said = at(&sandbox, &place, arguments);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert_eq!(pinned(&place), "# ours\n3.13.5\n3.14.7t\n");
    }
    let said = at(&sandbox, &place, &["pin", "3.14", "3.14t+tsan"]);
    assert!(
        said.stderr.contains("`ftpy pin --force 3.14 3.14t+tsan`"),
        "{said:?}"
    );
    let said = at(&sandbox, &place, &["pin", "3.14t", "3.10"]);
    assert!(said.stderr.contains("3.10 is not installed"), "{said:?}");
}

#[test]
fn a_file_that_is_not_a_version_file_is_not_written_through_a_link() {
    let sandbox = with(&[("3.14.7", "t")]);
    let place = place(&sandbox, "p");
    let thesis = place.join("thesis.txt");
    let pin = place.join(".python-version");
    std::os::unix::fs::symlink("thesis.txt", &pin).expect("link");
    let remove = format!("rm -- {}", pin.display());
    for text in ["my thesis\nline 2\n", "thesis\n", "a\0b\n"] {
        std::fs::write(&thesis, text).expect("write");
        for arguments in [
            &["pin", "3.14t"][..],
            &["pin", "--force", "3.14t"],
            &["unpin"],
        ] {
            let said = at(&sandbox, &place, arguments);
            assert_eq!(said.code, Some(2), "{arguments:?}: {said:?}");
            assert!(!said.stderr.contains("thesis\n"), "{said:?}");
            let left = std::fs::read_to_string(&thesis).expect("read");
            assert_eq!(left, text, "{arguments:?}");
        }
        let said = at(&sandbox, &place, &["show"]);
        assert_eq!(said.code, Some(2), "{said:?}");
        if !text.contains('\0') {
            assert!(said.stderr.contains(&remove), "{said:?}");
            let said = at(&sandbox, &place, &["doctor"]);
            assert!(said.stdout.contains(&remove), "{said:?}");
        }
    }
    std::fs::remove_file(&pin).expect("remove");
    assert_eq!(at(&sandbox, &place, &["pin", "3.14t"]).code, Some(0));
}

#[test]
fn an_exact_pin_is_the_patch_that_the_request_means() {
    let sandbox = with(&[("3.14.7", "t"), ("3.14.5", "t"), ("3.14.8", "")]);
    let place = place(&sandbox, "p");
    assert_eq!(
        at(&sandbox, &place, &["pin", "3.14t", "--exact"]).code,
        Some(0)
    );
    assert_eq!(pinned(&place), "3.14.7t\n");
    assert_eq!(at(&sandbox, &place, &["pin", "3.14"]).code, Some(0));
    assert_eq!(at(&sandbox, &place, &["pin", "--exact"]).code, Some(0));
    assert_eq!(pinned(&place), "3.14.8\n");
    let said = at(&sandbox, &place, &["pin", "3.15t", "--exact"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert_eq!(pinned(&place), "3.14.8\n", "nothing is changed");
}

#[test]
fn what_a_person_should_know_is_said_and_does_not_hinder() {
    let sandbox = with(&[("3.14.7", "t")]);
    let place = place(&sandbox, "p");
    let project = "[project]\nname = 'x'\nrequires-python = '>=3.15'\n";
    std::fs::write(place.join("pyproject.toml"), project).expect("write");
    let inner = place.join("inner");
    std::fs::create_dir(&inner).expect("mkdir");
    let said = at(&sandbox, &inner, &["pin", "3.14t"]);
    assert_eq!(said.code, Some(0));
    assert!(
        said.stderr
            .contains("requires-python = \">=3.15\", which 3.14t contradicts")
    );
    let said = at(&sandbox, &inner, &["pin", "3.15t"]);
    assert!(!said.stderr.contains("contradicts"), "{said:?}");
    assert!(said.stderr.contains("`ftpy install 3.15t`"), "{said:?}");
    let said = at(&sandbox, &inner, &["pin", "3.14td"]);
    assert!(
        said.stderr
            .contains("pyenv and setup-python do not read `3.14td`")
    );
    assert_eq!(pinned(&inner), "3.14td\n");
    std::fs::write(inner.join(".tool-versions"), "python 3.13\n").expect("write");
    let said = at(&sandbox, &inner, &["pin", "3.14t"]);
    assert!(
        said.stderr.contains(".tool-versions also names versions"),
        "{said:?}"
    );
}

#[test]
fn what_only_ftpy_reads_or_what_would_lose_a_line_needs_force() {
    let sandbox = with(&[("3.14.7", "t")]);
    let place = place(&sandbox, "p");
    for request in ["pbs:3.14t", "3.14t+tsan", "3.14.7t-pbs-20260901"] {
        let said = at(&sandbox, &place, &["pin", request]);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(
            said.stderr
                .contains(&format!("`ftpy pin --force {request}`"))
        );
        assert!(!place.join(".python-version").exists());
    }
    assert_eq!(
        at(&sandbox, &place, &["pin", "--force", "pbs:3.14t"]).code,
        Some(0)
    );
    assert_eq!(pinned(&place), "pbs:3.14t\n");
    std::fs::write(place.join(".python-version"), "3.13\n3.14x\n").expect("write");
    let said = at(&sandbox, &place, &["pin", "3.14t"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.stderr.contains(".python-version:2"), "{said:?}");
    assert_eq!(
        at(&sandbox, &place, &["pin", "--force", "3.14t"]).code,
        Some(0)
    );
    assert_eq!(pinned(&place), "3.14t\n3.14x\n");
    for request in ["../x", "./x.tar.zst", "/usr/bin/python3", "3.12t", "3.1*"] {
        assert_eq!(
            at(&sandbox, &place, &["pin", request]).code,
            Some(2),
            "{request}"
        );
    }
    std::fs::remove_file(place.join(".python-version")).expect("remove");
    std::fs::create_dir(place.join(".python-version")).expect("mkdir");
    assert_eq!(at(&sandbox, &place, &["pin", "3.14t"]).code, Some(2));
    // A named pipe is neither read nor replaced.
    std::fs::remove_dir(place.join(".python-version")).expect("remove");
    let pipe = std::process::Command::new("mkfifo")
        .arg(place.join(".python-version"))
        .status();
    assert!(pipe.expect("mkfifo").success());
    let said = at(&sandbox, &place, &["pin", "--force", "3.14t"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(!place.join(".python-version").is_file());
    assert_eq!(at(&sandbox, &place, &["show"]).code, Some(2));
}

#[test]
fn an_install_without_a_request_installs_all_that_the_nearest_file_names() {
    let mut sandbox = Sandbox::new();
    for (version, flags) in [("3.14.7", "t"), ("3.14.7", ""), ("3.13.5", "t")] {
        sandbox.offer(&interpreter(version, flags));
    }
    let outer = place(&sandbox, "p");
    let inner = place(&sandbox, "p/inner");
    assert_eq!(
        at(&sandbox, &inner, &["install"]).code,
        Some(2),
        "nothing is pinned"
    );
    std::fs::write(outer.join(".python-version"), "3.13t\n").expect("write");
    std::fs::write(inner.join(".python-versions"), "3.14t\n# x\n3.14\nsystem\n").expect("write");
    assert_eq!(at(&sandbox, &inner, &["install"]).code, Some(0));
    assert_eq!(
        sandbox.installed(),
        ["3.14.7-pbs-20260901", "3.14.7t-pbs-20260901"]
    );
    std::fs::write(inner.join(".python-versions"), "3.14t\n../x\n").expect("write");
    let said = at(&sandbox, &inner, &["install"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.stderr.contains(".python-versions:2"), "{said:?}");
    std::fs::write(inner.join(".python-versions"), "system\n").expect("write");
    assert_eq!(at(&sandbox, &inner, &["install"]).code, Some(2));
    let said = at(&sandbox, &outer, &["pin", "--install", "3.13t"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(sandbox.installed().len(), 3);
    assert!(!said.stderr.contains("is not installed"), "{said:?}");
}
