//! A directory is ftpy's only if it is marked, and in a store only ftpy's own files are removed.

use crate::support::sandbox::{Sandbox, finished, interpreter};
use crate::support::shims::executable;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const MARK: &str = "ftpy store 1\n";

/// Every file and link below a directory, with its contents or target.
fn snapshot(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut todo = vec![root.to_owned()];
    while let Some(directory) = todo.pop() {
        for entry in std::fs::read_dir(directory).expect("read").flatten() {
            let path = entry.path();
            let kind = entry.file_type().expect("type");
            let bytes = if kind.is_symlink() {
                std::fs::read_link(&path)
                    .expect("link")
                    .into_os_string()
                    .into_encoded_bytes()
            } else if kind.is_dir() {
                todo.push(path.clone());
                Vec::new()
            } else {
                std::fs::read(&path).expect("read")
            };
            found.insert(path, bytes);
        }
    }
    found
}

/// A user's directory with the names of a store.
fn somebodys(root: &Path) {
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
        std::fs::write(path, text).expect("write");
    };
    write("stage/scenery/tree.obj", "a tree");
    write("stage/1-0123abcd/tree.obj", "another tree");
    write("lock", "the combination");
    write("cache/letters", "a letter");
    write("logs/diary", "a day");
    write("config", "[core]\n");
    write("known/people", "a name");
    write("index/pbs.txt", "a list");
    write("installs/.stage/1-0123abcd/x", "a tree");
    write("notes.txt", "a note");
    std::fs::create_dir_all(root.join("aliases")).expect("mkdir");
    std::os::unix::fs::symlink("/bin/sh", root.join("aliases/3.14t")).expect("link");
    std::os::unix::fs::symlink("../installs/3.9.0-pbs-1", root.join("aliases/old")).expect("link");
    executable(&root.join("shims/python3.12"), "#!/bin/sh\n");
    executable(&root.join("installs/mine/bin/python3"), "#!/bin/sh\n");
}

/// Each command that reads, writes or removes.
const COMMANDS: [&[&str]; 25] = [
    &["install", "3.14t"],
    &["install", "3.14t", "--reinstall"],
    &["uninstall", "--all"],
    &["list"],
    &["which", "python"],
    &["run", "3.14t", "python"],
    &["verify"],
    &["cache", "clean"],
    &["cache", "size"],
    &["index", "update"],
    &["prune", "--yes"],
    &["config", "set", "python3t", "true"],
    &["config", "get", "default"],
    &["default", "3.14t"],
    &["pin", "3.14t"],
    &["venv", "env"],
    &["doctor"],
    &["doctor", "--fix"],
    &["setup", "--yes", "--shell", "bash"],
    &["upgrade"],
    &["outdated"],
    &["link", "mine", "/bin/sh"],
    &["ci", "setup", "3.14t"],
    &["show"],
    &["self", "uninstall", "--yes"],
];

#[test]
fn no_command_touches_a_directory_that_is_not_ftpys() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    somebodys(&sandbox.store);
    let before = snapshot(&sandbox.store);
    for command in COMMANDS {
        let said = sandbox.fails(7, command);
        for part in [
            "is not an ftpy store: it contains `aliases`, `cache`,",
            "and 7 more",
            "hint: ",
            "export FTPY_HOME=",
        ] {
            assert!(said.stderr.contains(part), "{command:?}: {said:#?}");
        }
        assert_eq!(snapshot(&sandbox.store), before, "{command:?}");
    }
    // Commands without a store work.
    sandbox.ok(&["dir"]);
    sandbox.ok(&["completions", "bash"]);
    sandbox.ok(&["setup", "--undo", "--yes", "--shell", "bash"]);
}

#[test]
fn a_shim_starts_nothing_in_a_directory_that_is_not_ftpys() {
    let sandbox = crate::support::shims::with(&[("3.14.7", "t")]);
    let other = sandbox.home().join("other");
    somebodys(&other);
    let bin = other.join("installs/3.14.9t-pbs-20270101/bin/python3.14t");
    executable(&bin, "#!/bin/sh\necho mine\n");
    let mut shim = crate::support::shims::shim(&sandbox, "python3.14t", sandbox.home());
    let said = finished(crate::support::shims::output(shim.env("FTPY_HOME", &other)));
    assert_eq!(said.code, Some(127), "{said:#?}");
    assert!(said.stderr.contains("3.14t"), "{said:#?}");
    // The same shim in its own store.
    shim.env_remove("FTPY_HOME");
    let said = finished(crate::support::shims::output(&mut shim));
    assert_eq!(said.code, Some(0), "{said:#?}");
}

#[test]
fn whichever_command_comes_first_marks_the_store() {
    for command in [
        &["install", "3.14t"][..],
        &["config", "set", "python3t", "true"],
        &["default", "3.14t"],
        &["pin", "3.14t"],
        &["index", "update"],
        &["setup", "--yes", "--shell", "bash"],
        &["link", "mine", "python3"],
        &["mirror", "out", "3.14t"],
        &["lock", "3.14t", "--from", "pbs"],
    ] {
        let mut sandbox = Sandbox::new();
        sandbox.offer(&interpreter("3.14.7", "t"));
        let python = sandbox.home().join("python3");
        let says = crate::support::sandbox::probe_answer("3.14.7", "t", "t");
        executable(&python, &says);
        sandbox.ok(command);
        let mark = std::fs::read_to_string(sandbox.store.join(".ftpy-store"));
        assert_eq!(mark.expect("a mark"), MARK, "{command:?}");
        sandbox.ok(&["list"]);
    }
}

#[test]
fn commands_that_only_look_make_no_store() {
    let sandbox = Sandbox::new();
    for command in [
        &["list"][..],
        &["cache", "clean"],
        &["cache", "size"],
        &["doctor"],
        &["prune"],
    ] {
        sandbox.run(command);
        assert!(!sandbox.store.exists(), "{command:?}");
    }
}

#[test]
fn an_empty_directory_becomes_a_store_and_so_does_a_new_file_system() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    std::fs::create_dir_all(sandbox.store.join("lost+found")).expect("mkdir");
    sandbox.ok(&["list"]);
    sandbox.ok(&["install", "3.14t"]);
    // A file of that name belongs to the user.
    let other = sandbox.home().join("other");
    std::fs::create_dir(&other).expect("mkdir");
    std::fs::write(other.join("lost+found"), "mine").expect("write");
    sandbox.set("FTPY_HOME", other.to_str().expect("UTF-8"));
    sandbox.fails(7, &["install", "3.14t"]);
}

#[test]
fn a_store_may_be_a_link_to_a_directory_and_nothing_else() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    let real = sandbox.home().join("real");
    std::os::unix::fs::symlink("real", &sandbox.store).expect("link");
    for command in [&["install", "3.14t"][..], &["list"]] {
        let said = sandbox.fails(7, command);
        assert!(said.stderr.contains("does not exist"), "{said:#?}");
        assert!(said.stderr.contains("mkdir -p "), "{said:#?}");
        assert!(!real.exists());
    }
    std::fs::create_dir(&real).expect("mkdir");
    sandbox.ok(&["install", "3.14t"]);
    assert!(real.join(".ftpy-store").is_file());
    std::fs::remove_file(&sandbox.store).expect("remove");
    std::fs::write(&sandbox.store, "mine").expect("write");
    for command in [&["install", "3.14t"][..], &["list"], &["cache", "clean"]] {
        let said = sandbox.fails(7, command);
        assert!(said.stderr.contains("is not a directory"), "{said:#?}");
    }
    assert_eq!(
        std::fs::read_to_string(&sandbox.store).expect("read"),
        "mine"
    );
}

#[test]
fn a_store_of_a_newer_ftpy_is_left_alone() {
    let sandbox = Sandbox::new();
    sandbox.mark();
    let mark = sandbox.store.join(".ftpy-store");
    for (text, complaint) in [
        ("ftpy store 2\n", "has format 2"),
        ("something else\n", "is damaged: invalid format line"),
        ("", "is damaged: invalid format line"),
    ] {
        std::fs::write(&mark, text).expect("write");
        for command in [
            &["list"][..],
            &["config", "set", "python3t", "true"],
            &["self", "uninstall", "--yes"],
        ] {
            let said = sandbox.fails(7, command);
            assert!(said.stderr.contains(complaint), "{said:#?}");
            assert_eq!(snapshot(&sandbox.store).len(), 1);
        }
    }
}

#[test]
fn first_commands_at_once_all_succeed() {
    for round in 0..5 {
        let sandbox = Sandbox::at(&format!("deep/store{round}"));
        let children: Vec<_> = (0..4)
            .map(|_| sandbox.start(&["config", "set", "python3t", "true"]))
            .collect();
        for child in children {
            let said = finished(child.wait_with_output().expect("output"));
            assert_eq!(said.code, Some(0), "{said:#?}");
        }
        let names = std::fs::read_dir(&sandbox.store).expect("read").flatten();
        let marks = names.filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.starts_with(".ftpy-store")
        });
        assert_eq!(marks.count(), 1);
    }
}

#[test]
fn installations_that_a_cache_brought_are_taken_over() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    let restored = sandbox.home().join("restored");
    std::fs::create_dir(&restored).expect("mkdir");
    std::fs::rename(sandbox.store.join("installs"), restored.join("installs")).expect("rename");
    sandbox.set("FTPY_HOME", restored.to_str().expect("UTF-8"));
    let said = sandbox.ok(&["list"]);
    assert!(said.stdout.contains("3.14.7t"), "{said:#?}");
    sandbox.ok(&["setup", "--yes", "--shell", "bash"]);
    assert!(restored.join(".ftpy-store").is_file());
    // With anything else next to them, it is not ftpy's cache.
    std::fs::remove_file(restored.join(".ftpy-store")).expect("remove");
    std::fs::create_dir(restored.join("installs/mine")).expect("mkdir");
    sandbox.fails(7, &["list"]);
}

/// Files that a user may have put into a store, in every part of it.
const MINE: [(&str, &str); 14] = [
    ("shims/python3.12", "#!/bin/sh\necho mine\n"),
    ("shims/pip3.14", "#!/bin/sh\n# like .ftpy-shims\n"),
    ("shims/.new-notes", "mine"),
    ("cache/letters", "mine"),
    ("cache/sha256/letters", "mine"),
    ("logs/diary", "mine"),
    ("locks/combination", "mine"),
    ("known/people", "mine"),
    ("index/notes", "mine"),
    ("installs/mine/x", "mine"),
    ("installs/.stage/scenery/tree", "mine"),
    ("cache/stage/scenery/tree", "mine"),
    ("stage/1-0123abcd/tree", "mine"),
    ("notes.txt", "mine"),
];

/// The same as links.
const LINKS: [(&str, &str); 3] = [
    ("aliases/3.14", "/bin/sh"),
    ("aliases/mine", "../notes.txt"),
    ("shims/python3.13t", "/bin/sh"),
];

fn put(sandbox: &Sandbox) {
    for (path, text) in MINE {
        let path = sandbox.store.join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
        std::fs::write(path, text).expect("write");
    }
    for (path, target) in LINKS {
        std::os::unix::fs::symlink(target, sandbox.store.join(path)).expect("link");
    }
}

fn assert_is_there(sandbox: &Sandbox, command: &[&str]) {
    for (path, text) in MINE {
        let there = std::fs::read_to_string(sandbox.store.join(path)).ok();
        assert_eq!(there.as_deref(), Some(text), "{path} {command:?}");
    }
    for (path, target) in LINKS {
        let there = std::fs::read_link(sandbox.store.join(path)).ok();
        let target = Some(Path::new(target));
        assert_eq!(there.as_deref(), target, "{path} {command:?}");
    }
}

/// A store with two installations and a user's files.
fn shared() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.offer(&interpreter("3.14.7", ""));
    sandbox.ok(&["install", "3.14t"]);
    put(&sandbox);
    sandbox
}

#[test]
fn what_a_person_put_into_a_store_stays_there() {
    let sandbox = shared();
    for command in [
        &["install", "3.14t"][..],
        &["install", "3.14"],
        &["doctor", "--fix"],
        &["uninstall", "3.14"],
        &["cache", "clean"],
        &["prune", "--yes"],
    ] {
        sandbox.run(command);
        assert_is_there(&sandbox, command);
    }
    let found = sandbox.fails(1, &["doctor"]);
    for path in ["shims/python3.12", "shims/pip3.14", "shims/python3.13t"] {
        let path = sandbox.store.join(path).display().to_string();
        assert!(found.stdout.contains(&path), "{path}: {found:#?}");
    }
}

#[test]
fn self_uninstall_removes_what_ftpy_made_and_names_the_rest() {
    let sandbox = shared();
    // A copy of the program, because the one of the tests must stay.
    let own = sandbox.home().join("bin/ftpy");
    std::fs::create_dir_all(own.parent().expect("a parent")).expect("mkdir");
    std::fs::copy(crate::support::program(), &own).expect("copy");
    let arguments = ["self", "uninstall", "--yes"];
    let template = sandbox.command(&arguments);
    let mut command = std::process::Command::new(&own);
    command
        .args(arguments)
        .current_dir(sandbox.home())
        .env_clear();
    for (name, value) in template.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let said = finished(crate::support::shims::output(&mut command));
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(said.stderr.contains("notes.txt"), "{said:#?}");
    assert_is_there(&sandbox, &arguments);
    for gone in [
        "shims/python3",
        "shims/.ftpy-shims",
        "aliases/3.14t",
        "cache/partial",
        "lock",
        ".ftpy-store",
    ] {
        let path = sandbox.store.join(gone);
        assert!(path.symlink_metadata().is_err(), "{gone}");
    }
    assert_eq!(sandbox.installed(), ["mine"]);
}
