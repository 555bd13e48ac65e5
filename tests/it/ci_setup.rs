//! `ftpy ci setup`: what is set up, and what is verified.

use crate::support::actions::values;
use crate::support::ci::{both, on_github, value};
use crate::support::machine::told_tree;
use crate::support::sandbox::{Archive, Sandbox, archive_name, interpreter, probe_answer, tree};

#[test]
fn an_installation_from_a_cache_is_started_before_it_is_believed() {
    let sandbox = both();
    sandbox.ok(&["ci", "setup", "3.14t"]);
    let key = "3.14.7t-pbs-20260901";
    let python = sandbox
        .store
        .join("installs")
        .join(key)
        .join("bin/python3.14t");
    let original = std::fs::read_to_string(&python).expect("read");
    let other = probe_answer("3.14.7", "", "");
    std::fs::write(&python, &other).expect("write");
    // A CI system's cache stays unchanged, so the job must not fail each time.
    let said = sandbox.ok(&["ci", "setup", "3.14t"]);
    assert!(
        said.stderr
            .contains(&format!("warning: reinstalling {key}, which is damaged")),
        "{said:?}"
    );
    assert!(
        said.stderr.contains("not a free-threaded build"),
        "{said:?}"
    );
    assert_eq!(std::fs::read_to_string(&python).expect("read"), original);
    // If the reinstall failed, it is an error.
    std::fs::write(&python, &other).expect("write");
    sandbox.ok(&["cache", "clean"]);
    let archive = format!("/{}", interpreter("3.14.7", "t").name);
    let gone = || crate::support::server::Fault::Status(404);
    sandbox
        .server
        .script(&archive, std::iter::repeat_with(gone).take(8).collect());
    let said = sandbox.fails(5, &["ci", "setup", "3.14t"]);
    assert!(
        said.stderr
            .contains("is damaged or not the requested build"),
        "{said:?}"
    );
    assert!(said.stderr.contains("reinstalling failed"), "{said:?}");
    assert!(
        said.stderr
            .contains(&format!("ftpy install --reinstall {key}")),
        "{said:?}"
    );
    assert_eq!(said.stdout, "(exit 5)\n");
    std::fs::write(&python, original).expect("write");
    sandbox.ok(&["ci", "setup", "3.14t"]);
    // Restored without the rest of the store: shims and aliases are recreated.
    std::fs::remove_dir_all(sandbox.store.join("shims")).expect("remove");
    let hits = sandbox.server.requests().len();
    sandbox.ok(&["ci", "setup", "3.14t"]);
    assert!(sandbox.store.join("shims/python3.14t").exists());
    assert_eq!(sandbox.server.requests().len(), hits);
}

#[test]
fn the_request_comes_from_the_arguments_a_file_or_the_pin() {
    let sandbox = both();
    let version = |arguments: &[&str]| {
        let mut all = vec!["ci", "setup", "--json"];
        all.extend(arguments);
        let said = sandbox.ok(&all);
        let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
        document["outputs"]["python-version"]
            .as_str()
            .expect("a version")
            .to_owned()
    };
    assert_eq!(version(&["3.14", "3.14t"]), "3.14.7");
    assert_eq!(version(&["3.14", "3.14t", "--active", "last"]), "3.14.7t");
    assert_eq!(version(&["3.14", "--freethreaded"]), "3.14.7t");
    let write = |name: &str, text: &str| std::fs::write(sandbox.home().join(name), text);
    write(".python-version", "3.14\n3.14t\n").expect("write");
    assert_eq!(version(&[]), "3.14.7");
    write("other", "3.14t\n").expect("write");
    assert_eq!(version(&["--file", "other"]), "3.14.7t");
    write("pyproject.toml", "[project]\nrequires-python = '>=3.13'\n").expect("write");
    assert_eq!(
        version(&["--file", "pyproject.toml", "--freethreaded"]),
        "3.14.7t"
    );

    for (arguments, words) in [
        (
            &["3.12", "--freethreaded"][..],
            "3.12 has no free-threaded build",
        ),
        (
            &["3.12", "--twin", "--freethreaded"],
            "3.12 has no free-threaded build",
        ),
        (&["--file", "nothing"], "does not exist"),
        (&["--from", "nowhere", "3.14"], "unknown source"),
    ] {
        let mut all = vec!["ci", "setup"];
        all.extend(arguments);
        let said = sandbox.fails(2, &all);
        assert!(said.stderr.contains(words), "{said:?}");
    }
    std::fs::remove_file(sandbox.home().join(".python-version")).expect("remove");
    let said = sandbox.fails(2, &["ci", "setup"]);
    assert!(said.stderr.contains("no request given"), "{said:?}");
}

#[test]
fn check_gil_fails_where_the_job_turns_the_gil_on() {
    let mut sandbox = Sandbox::new();
    // Answers the probe and, like CPython with PYTHON_GIL=1, the check.
    let script = probe_answer("3.14.7", "t", "t").replacen(
        "#!/bin/sh\n",
        "#!/bin/sh\ncase $* in *ftpy-gil*) echo ftpy-gil ${PYTHON_GIL:-0}; exit;; esac\n",
        1,
    );
    sandbox.offer(&Archive {
        name: archive_name("3.14.7", "t"),
        bytes: tree("3.14.7", "t", &script).tar_gz(),
    });
    sandbox.ok(&["ci", "setup", "3.14t", "--check-gil"]);
    sandbox.set("PYTHON_GIL", "1");
    sandbox.ok(&["ci", "setup", "3.14t"]);
    let said = sandbox.fails(8, &["ci", "setup", "3.14t", "--check-gil"]);
    assert!(said.stderr.contains("unset PYTHON_GIL"), "{said:?}");
    assert_eq!(said.stdout, "(exit 8)\n");
}

#[test]
fn check_gil_starts_python_with_the_path_of_the_next_step() {
    let mut sandbox = Sandbox::new();
    let script = probe_answer("3.14.7", "t", "t").replacen(
        "#!/bin/sh\n",
        "#!/bin/sh\ncase $*$PATH in\n\
         *ftpy-gil*/shims:*/installs/*/bin:*) echo ftpy-gil 0; exit ;;\n\
         *ftpy-gil*) echo ftpy-gil 1; exit ;;\nesac\n",
        1,
    );
    sandbox.offer(&Archive {
        name: archive_name("3.14.7", "t"),
        bytes: tree("3.14.7", "t", &script).tar_gz(),
    });
    sandbox.ok(&["ci", "setup", "3.14t", "--check-gil"]);
}

#[test]
fn a_lock_decides_which_bytes_and_a_stale_one_is_an_error_at_its_place() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.6", "t"));
    sandbox.offer(&interpreter("3.14.6", ""));
    let platform = ftpy::host::target::detect().to_string();
    let pin = sandbox.home().join(".python-version");
    std::fs::write(&pin, "3.14t\n3.14\n").expect("write");
    sandbox.ok(&["lock", "--platform", &platform]);
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.offer(&interpreter("3.14.7", ""));
    sandbox.ok(&["index", "update"]);

    let key = sandbox.ok(&["ci", "cache-key"]).stdout;
    assert!(key.contains("-nogil-3.14.6-pbs-"), "{key}");
    let [_, _, output] = on_github(&mut sandbox);
    sandbox.ok(&["ci", "setup", "--twin"]);
    let said = values(&std::fs::read_to_string(output).expect("read"));
    assert_eq!(value(&said, "python-version"), "3.14.6t");
    assert_eq!(value(&said, "cache-key"), key.trim());
    let locked = ["3.14.6-pbs-20260901", "3.14.6t-pbs-20260901"];
    assert_eq!(sandbox.installed(), locked);
    // With named requests the lock is not used.
    sandbox.ok(&["ci", "setup", "3.14.7t"]);

    let said = sandbox.fails(2, &["ci", "setup", "--from", "pbs"]);
    assert!(
        said.stderr.contains("--from cannot be combined with"),
        "{said:?}"
    );
    std::fs::write(&pin, "3.13t\n").expect("write");
    let said = sandbox.fails(2, &["ci", "setup"]);
    assert!(
        said.stdout
            .starts_with("::error file=ftpy.lock,title=ftpy::"),
        "{said:?}"
    );
    assert!(said.stdout.contains("hint: run `ftpy lock`"), "{said:?}");
    let detail = "%0A  3.13t is pinned by the version file but not locked%0A";
    assert!(said.stdout.contains(detail), "{said:?}");
    std::fs::remove_file(&pin).expect("remove");
    std::fs::write(sandbox.home().join("ftpy.lock"), "rubbish\n").expect("write");
    let said = sandbox.fails(2, &["ci", "setup"]);
    assert!(said.stderr.contains("ftpy.lock:1"), "{said:?}");
    let start = "::error file=ftpy.lock,line=1,title=ftpy::";
    assert!(said.stdout.starts_with(start), "{said:?}");
}

#[test]
fn all_of_a_lock_is_set_up_and_the_first_that_was_named_is_python() {
    let sandbox = both();
    let platform = ftpy::host::target::detect().to_string();
    let version = || {
        let said = sandbox.ok(&["ci", "setup", "--json"]);
        let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
        document["outputs"]["python-version"].clone()
    };
    let pin = sandbox.home().join(".python-version");
    let keys = ["3.14.7-pbs-20260901", "3.14.7t-pbs-20260901"];
    for [first, second] in [["3.14t", "3.14"], ["3.14", "3.14t"]] {
        sandbox.ok(&["lock", "--platform", &platform, first, second]);
        assert_eq!(version(), first.replace("3.14", "3.14.7"));
    }
    assert_eq!(sandbox.installed(), keys);
    // The pinned request comes before those given to `ftpy lock`.
    for key in keys {
        sandbox.ok(&["uninstall", key]);
    }
    std::fs::write(&pin, "3.14t\n").expect("write");
    sandbox.ok(&["lock", "3.14"]);
    let key = sandbox.ok(&["ci", "cache-key"]).stdout;
    assert!(key.contains("-gnu-gil-3.14.7-"), "{key}");
    assert!(key.contains("-and-nogil-3.14.7-"), "{key}");
    assert_eq!(version(), "3.14.7t");
    assert_eq!(sandbox.installed(), keys);

    // Without the version file, the active one is unknown.
    std::fs::remove_file(sandbox.home().join("ftpy.lock")).expect("remove");
    std::fs::write(&pin, "3.14t\n3.14\n").expect("write");
    sandbox.ok(&["lock", "--platform", &platform]);
    std::fs::remove_file(&pin).expect("remove");
    let said = sandbox.fails(2, &["ci", "setup"]);
    assert!(
        said.stderr.contains("ambiguous which one is `python`"),
        "{said:?}"
    );
    sandbox.ok(&["ci", "setup", "--active", "first"]);
}

#[test]
fn the_key_is_that_of_what_is_installed_and_meets_the_request() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.6", "t"));
    sandbox.ok(&["ci", "setup", "3.14t"]);
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["index", "update"]);
    let key = || sandbox.ok(&["ci", "cache-key", "3.14t"]).stdout;
    assert!(key().contains("-nogil-3.14.6-"), "{}", key());
    sandbox.ok(&["ci", "setup", "3.14t"]);
    assert_eq!(sandbox.installed(), ["3.14.6t-pbs-20260901"]);
    sandbox.ok(&["uninstall", "3.14t"]);
    assert!(key().contains("-nogil-3.14.7-"), "{}", key());
}

#[test]
fn what_a_source_is_compiled_with_is_in_the_key() {
    let mut sandbox = both();
    let key = |sandbox: &Sandbox, more: &[&str]| {
        let arguments = [&["ci", "cache-key", "3.14t"], more].concat();
        sandbox.ok(&arguments).stdout
    };
    let ready = ["--from", "pbs"];
    let (plain, from_pbs) = (key(&sandbox, &[]), key(&sandbox, &ready));
    sandbox.set("CFLAGS", "-O1");
    assert_ne!(key(&sandbox, &[]), plain);
    assert_eq!(key(&sandbox, &ready), from_pbs);
}

#[test]
fn versions_may_be_written_as_setup_python_has_them() {
    let sandbox = both();
    for (text, read) in [
        ("3.x", "3"),
        ("3.14.x", "3.14"),
        (">=3.13 <3.15", ">=3.13,<3.15"),
        ("~3.14.0-0", "3.14-dev"),
    ] {
        let said = sandbox.ok(&["ci", "setup", text, "--freethreaded", "--json"]);
        let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
        assert_eq!(document["outputs"]["python-version"], "3.14.7t", "{text}");
        let note = format!("note: `{text}` is read as `{read}`");
        assert!(said.stderr.contains(&note), "{said:?}");
    }
    let said = sandbox.fails(2, &["ci", "setup", "3.13.x || 3.14.x"]);
    assert!(said.stderr.contains("on a line of its own"), "{said:?}");
}

#[test]
fn what_yaml_makes_of_a_version_is_told() {
    let sandbox = both();
    let hint = "hint: quote it in YAML: '3.10'";
    for (code, arguments) in [
        (3, &["ci", "setup", "3.1"][..]),
        (3, &["ci", "cache-key", "3.1"]),
        (2, &["ci", "setup", "3.1", "--freethreaded"]),
    ] {
        let said = sandbox.fails(code, arguments);
        assert!(said.stderr.contains(hint), "{said:?}");
    }
    let said = sandbox.fails(3, &["ci", "setup", "3.33"]);
    assert!(!said.stderr.contains("YAML"), "{said:?}");
}

#[test]
fn a_twin_is_of_the_same_version_and_build() {
    let mut sandbox = both();
    for flags in ["", "t"] {
        sandbox.offer(&interpreter("3.14.6", flags));
    }
    // A newer build of the GIL variant only.
    let newer = interpreter("3.14.7", "");
    sandbox.offer(&Archive {
        name: newer.name.replace("20260901", "20261001"),
        bytes: newer.bytes,
    });
    let twins = ["3.14.7-pbs-20260901", "3.14.7t-pbs-20260901"];
    sandbox.ok(&["ci", "setup", "3.14t", "--twin"]);
    assert_eq!(sandbox.installed(), twins);
    // In both directions, and of both at once.
    sandbox.ok(&["ci", "setup", "3.14.6", "3.14.6t", "--twin"]);
    assert_eq!(sandbox.installed().len(), 4);
    // Without a twin, nothing starts.
    let mut alone = Sandbox::new();
    alone.offer(&interpreter("3.14.7", "t"));
    alone.offer(&interpreter("3.12.1", ""));
    let said = alone.fails(3, &["ci", "setup", "3.14t", "--twin"]);
    assert!(
        said.stderr.contains("no source has 3.14.7-pbs-20260901"),
        "{said:?}"
    );
    let said = alone.fails(2, &["ci", "setup", "3.12", "--twin"]);
    assert!(
        said.stderr.contains("3.12 has no free-threaded build"),
        "{said:?}"
    );
    assert!(alone.installed().is_empty());
}

#[test]
fn what_came_from_no_source_has_no_twin() {
    let sandbox = both();
    let tree = told_tree(&sandbox.home().join("own"), "3.14.7", "t");
    sandbox.ok(&["link", "mine", &tree.join("usr").display().to_string()]);
    let arguments = ["ci", "setup", "link:3.14t", "--twin"];
    let said = sandbox.fails(2, &arguments);
    assert!(said.stderr.contains("has no twin"), "{said:?}");
    // An external interpreter is set up in place, and never cached.
    let said = sandbox.ok(&["ci", "setup", "link:3.14t", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(document["outputs"]["build-id"], "3.14.7t-link-mine");
    assert_eq!(document["outputs"]["cache-paths"], "");
    assert_eq!(document["path"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_twin_that_is_not_locked_is_an_error() {
    let sandbox = both();
    let platform = ftpy::host::target::detect().to_string();
    std::fs::write(sandbox.home().join(".python-version"), "3.14t\n").expect("write");
    sandbox.ok(&["lock", "--platform", &platform]);
    let said = sandbox.fails(3, &["ci", "setup", "--twin"]);
    assert!(said.stderr.contains("3.14 is not in the lock"), "{said:?}");
    assert!(sandbox.installed().is_empty());
}
