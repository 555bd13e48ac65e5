//! `ftpy install` from archives: the resulting installation.

use crate::support::archives::ArchiveBuilder;
use crate::support::sandbox::{Archive, Sandbox, archive_name, interpreter, probe_answer, tree};

#[test]
fn install_takes_the_newest_patch_and_writes_a_receipt() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.6", "t"));
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.offer(&interpreter("3.14.7", ""));
    let finished = sandbox.ok(&["install", "3.14t"]);
    assert_eq!(finished.stdout, "", "talk goes to stderr");
    assert!(
        finished.stderr.contains("Installed 3.14.7t (pbs), GIL off"),
        "{finished:?}"
    );
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);

    let prefix = sandbox.store.join("installs/3.14.7t-pbs-20260901");
    let receipt = std::fs::read(prefix.join(".ftpy/receipt.json")).expect("receipt");
    let receipt: serde_json::Value = serde_json::from_slice(&receipt).expect("JSON");
    assert_eq!(receipt["format"], 1);
    assert_eq!(receipt["request"], "3.14t");
    assert_eq!(receipt["provider"], "pbs");
    assert_eq!(receipt["build"], "20260901");
    assert_eq!(receipt["abi"], "t");
    assert_eq!(receipt["probe"]["gil_enabled"], false);
    assert_eq!(receipt["probe"]["prefix"], prefix.to_str().expect("UTF-8"));
    assert_eq!(receipt["artifact"]["is_pinned"], true);
    let files = std::fs::read_to_string(prefix.join(".ftpy/files.sha256")).expect("files");
    assert!(files.contains("  bin/python3.14t\n"), "{files}");
    assert!(sandbox.stages().is_empty());
}

#[test]
fn variants_and_patches_stand_side_by_side_and_are_never_crossed() {
    let mut sandbox = Sandbox::new();
    for (version, flags) in [
        ("3.14.6", "t"),
        ("3.14.7", "t"),
        ("3.14.7", ""),
        ("3.13.5", "t"),
    ] {
        sandbox.offer(&interpreter(version, flags));
    }
    sandbox.ok(&["install", "3.14"]);
    assert_eq!(sandbox.installed(), ["3.14.7-pbs-20260901"]);
    sandbox.fails(3, &["which", "3.14t"]);
    sandbox.ok(&["install", "3.14t", "3.14.6t", "3.13t"]);
    let paths = |request: &str| sandbox.ok(&["which", request]).stdout;
    assert!(paths("3.14").ends_with("3.14.7-pbs-20260901/bin/python3.14\n"));
    assert!(paths("3.14t").ends_with("3.14.7t-pbs-20260901/bin/python3.14t\n"));
    assert!(paths("3.14.6t").ends_with("3.14.6t-pbs-20260901/bin/python3.14t\n"));
    assert!(paths("3t").ends_with("3.14.7t-pbs-20260901/bin/python3.14t\n"));
    assert!(paths("<3.14t").ends_with("3.13.5t-pbs-20260901/bin/python3.13t\n"));
    sandbox.fails(3, &["which", "3.14td"]);
    sandbox.fails(3, &["which", "3.13"]);
}

#[test]
fn repeating_an_install_does_nothing_and_asks_nobody() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    sandbox.ok(&["install", "3.14t"]);
    let requests = sandbox.server.requests().len();
    let finished = sandbox.ok(&["install", "3.14t"]);
    assert!(
        finished
            .stderr
            .contains("3.14.7t (pbs) is already installed"),
        "{finished:?}"
    );
    assert_eq!(sandbox.server.requests().len(), requests);
    sandbox.ok(&["install", "--reinstall", "3.14t"]);
    assert_eq!(sandbox.installed().len(), 1);
    assert_eq!(
        sandbox.server.hits(&format!("/{}", archive.name)),
        1,
        "the cache has it"
    );
}

#[test]
fn what_is_not_what_it_says_is_refused_whatever_the_metadata_say() {
    // The interpreter's facts contradict the index, the name and each other.
    for (flags, named, built, version, complaint) in [
        ("t", "", "", "3.14.7", "not a free-threaded build"),
        ("", "t", "t", "3.14.7", "not a GIL build"),
        ("t", "t", "", "3.14.7", "not a free-threaded build"),
        ("t", "td", "td", "3.14.7", "not a free-threaded build"),
        ("t", "t", "t", "3.14.6", "it is 3.14.6, not 3.14.7"),
    ] {
        let mut sandbox = Sandbox::new();
        let says = probe_answer(version, named, built);
        sandbox.offer(&Archive {
            name: archive_name("3.14.7", flags),
            bytes: tree("3.14.7", flags, &says).tar_gz(),
        });
        let finished = sandbox.fails(5, &["install", &format!("3.14{flags}")]);
        assert!(finished.stderr.contains(complaint), "{}", finished.stderr);
        assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    }
}

#[test]
fn an_interpreter_that_lacks_a_module_or_does_not_answer_is_refused() {
    for (says, complaint) in [
        (
            probe_answer("3.14.7", "t", "t") + "echo missing 5f73736c3a20496d706f72744572726f72\n",
            "it cannot import _ssl: ImportError",
        ),
        ("#!/bin/sh\necho rubbish\n".to_owned(), "did not answer"),
        (
            "#!/bin/sh\necho 'Fatal Python error: no encodings' >&2\nexit 1\n".to_owned(),
            "no encodings",
        ),
    ] {
        let mut sandbox = Sandbox::new();
        sandbox.offer(&Archive {
            name: archive_name("3.14.7", "t"),
            bytes: tree("3.14.7", "t", &says).tar_gz(),
        });
        let finished = sandbox.fails(5, &["install", "3.14t"]);
        assert!(finished.stderr.contains(complaint), "{}", finished.stderr);
        assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    }
}

#[test]
fn an_interpreter_that_cannot_start_here_leaves_the_next_source_its_turn() {
    let mut sandbox = Sandbox::new();
    let says = "#!/nonexistent/ld-linux.so.2\n";
    sandbox.offer(&Archive {
        name: archive_name("3.14.7", "t"),
        bytes: tree("3.14.7", "t", says).tar_gz(),
    });
    let finished = sandbox.run(&["install", "3.14t"]);
    assert!(
        finished
            .stderr
            .contains("Unavailable pbs: 3.14.7t-pbs-20260901 does not start"),
        "{finished:?}"
    );
    assert!(finished.stderr.contains("source: "), "{finished:?}");
    assert_eq!(finished.code, Some(5), "{finished:?}");
}

#[test]
fn of_a_full_archive_only_the_installation_is_unpacked() {
    let mut sandbox = Sandbox::new();
    let says = probe_answer("3.14.7", "t", "t");
    let bytes = ArchiveBuilder::new()
        .file("python/PYTHON.json", "{\"version\": \"8\"}", 0o644)
        .file("python/build/core.o", "object", 0o644)
        .file("python/licenses/LICENSE", "text", 0o644)
        .file("python/install/bin/python3.14t", &says, 0o755)
        .file("python/install/lib/python3.14t/os.py", "", 0o644)
        .tar_zst();
    let name = archive_name("3.14.7", "t").replace(
        "freethreaded-install_only_stripped.tar.gz",
        "freethreaded+pgo+lto-full.tar.zst",
    );
    sandbox.offer(&Archive { name, bytes });
    sandbox.ok(&["install", "3.14t"]);
    let prefix = sandbox.store.join("installs/3.14.7t-pbs-20260901");
    assert!(prefix.join("lib/python3.14t/os.py").exists());
    assert!(prefix.join(".ftpy/PYTHON.json").exists());
    assert!(!prefix.join("build").exists() && !prefix.join("licenses").exists());
    sandbox.ok(&["verify"]);
}

#[test]
fn the_build_prefix_is_rewritten_and_the_usual_names_are_made() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    let prefix = sandbox.store.join("installs/3.14.7t-pbs-20260901");
    let read = |path: &str| std::fs::read_to_string(prefix.join(path)).expect(path);
    let pip = read("bin/pip3.14");
    let interpreter = prefix.join("bin/python3.14t").display().to_string();
    assert!(pip.contains(&interpreter), "{pip}");
    let data = read("lib/python3.14t/_sysconfigdata_x.py");
    assert!(
        data.contains(prefix.to_str().expect("UTF-8")) && !data.contains("'/install'"),
        "{data}"
    );
    for name in ["python", "python3", "python3.14", "pip", "pip3", "pip3.14t"] {
        assert!(prefix.join("bin").join(name).exists(), "{name}");
    }
}

#[test]
fn another_variants_tree_under_this_name_is_refused_and_nothing_is_tried_instead() {
    let mut sandbox = Sandbox::new();
    let says = probe_answer("3.14.7", "", "");
    sandbox.offer(&Archive {
        name: archive_name("3.14.7", "t"),
        bytes: tree("3.14.7", "", &says).tar_gz(),
    });
    let finished = sandbox.fails(5, &["install", "3.14t"]);
    assert!(
        finished.stderr.contains("it has no bin/python3.14t"),
        "{finished:?}"
    );
    assert!(!finished.stderr.contains("source: "), "{finished:?}");
}

#[test]
fn a_build_for_another_machine_is_refused_before_anything_is_fetched() {
    let sandbox = Sandbox::new();
    let finished = sandbox.fails(3, &["install", "cpython-3.14t-linux-s390x-gnu"]);
    assert!(
        finished.stderr.contains("cannot run on this machine"),
        "{finished:?}"
    );
    assert!(sandbox.server.requests().is_empty());
}

#[test]
fn a_password_in_a_url_is_not_written_down_or_shown() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    sandbox
        .server
        .file(&format!("/m/{}", archive.name), archive.bytes.clone());
    let mirror = sandbox
        .server
        .url("/m")
        .replace("http://", "http://me:hunter2@");
    sandbox.set("FTPY_PBS_MIRROR", &mirror);
    let index = sandbox
        .server
        .url("/index.ndjson")
        .replace("http://", "http://me:hunter2@");
    sandbox.set("FTPY_INDEX_URL", &index);
    let mut said = sandbox.ok(&["-v", "--json", "install", "3.14t"]).stdout;
    sandbox.list(&interpreter("3.13.1", "t"), Some(&"a".repeat(64)));
    sandbox.ok(&["index", "update"]);
    said += &sandbox.fails(4, &["-v", "install", "pbs:3.13t"]).stderr;
    said += &sandbox.ok(&["install", "--dry-run", "pbs:3.13t"]).stdout;
    said += &sandbox.ok(&["index", "show"]).stdout;
    said += &std::fs::read_to_string(sandbox.store.join("index/pbs.txt")).expect("index");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn an_install_ends_with_the_next_step() {
    let mut sandbox = Sandbox::new();
    for version in ["3.14.6", "3.14.7", "3.13.5"] {
        sandbox.offer(&interpreter(version, "t"));
    }
    let last = |finished: &crate::support::sandbox::Finished| {
        let last = finished.stderr.lines().last().expect("a line");
        last.trim_start().to_owned()
    };
    let setup = "hint: run `ftpy setup` to put the shims on PATH";
    assert_eq!(last(&sandbox.ok(&["install", "3.13.5t"])), setup);
    let again = sandbox.ok(&["install", "3.13.5t"]);
    assert!(!again.stderr.contains("hint:"), "{again:?}");
    sandbox.ok(&["uninstall", "--all"]);

    let path = format!("{}:/usr/bin:/bin", sandbox.store.join("shims").display());
    sandbox.set("PATH", &path);
    assert_eq!(
        last(&sandbox.ok(&["install", "3.14.6t"])),
        "hint: run `ftpy default 3.14t` to use it where no version is pinned"
    );
    let second = sandbox.ok(&["install", "3.13.5t"]);
    assert!(!second.stderr.contains("hint:"), "{second:?}");
    sandbox.ok(&["uninstall", "--all"]);
    sandbox.ok(&["default", "3.14t"]);
    let with_default = sandbox.ok(&["install", "3.14.7t"]);
    assert!(!with_default.stderr.contains("hint:"), "{with_default:?}");
}
