//! Unreadable files: an error that names the file and its owner, never an empty store, an unset
//! default or another Python.

use crate::support::sandbox::{Finished, Sandbox, finished};
use crate::support::shims::{directory, output, project, run_in, shim, three};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The user without permissions, if these tests run as root, who may read everything.
const NOBODY: u32 = 65534;

/// Creates something at a path.
type Make = fn(&Path);

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
}

/// Starts a command as a user who is bound by permissions.
fn restricted(sandbox: &Sandbox, mut command: Command) -> Finished {
    if sandbox.home().metadata().expect("the home").uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    finished(output(&mut command))
}

/// A sandbox that another user may enter, with ftpy in a directory where that user can start it.
fn open() -> (Sandbox, PathBuf) {
    let sandbox = three();
    mode(sandbox.home(), 0o755);
    let ftpy = sandbox.home().join("ftpy");
    let built = Path::new(crate::support::program());
    if std::fs::hard_link(built, &ftpy).is_err() {
        std::fs::copy(built, &ftpy).expect("copy");
    }
    (sandbox, ftpy)
}

fn ftpy(sandbox: &Sandbox, program: &Path, arguments: &[&str]) -> Finished {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(sandbox.home())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", sandbox.home())
        .env("FTPY_HOME", &sandbox.store);
    restricted(sandbox, command)
}

/// A shim, with a Python after it on PATH that must not be started.
fn python(sandbox: &Sandbox, place: &Path) -> Finished {
    let system = sandbox.home().join("system/python");
    crate::support::shims::executable(&system, "#!/bin/sh\necho the system\n");
    let mut command = shim(sandbox, "python", place);
    let path = format!(
        "{}:{}:/usr/bin:/bin",
        directory(sandbox).display(),
        system.parent().expect("a directory").display()
    );
    command.env("PATH", path);
    restricted(sandbox, command)
}

fn assert_names(said: &Finished, code: i32, path: &Path) {
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (Some(code), ""),
        "{said:?}"
    );
    let path = path.display().to_string();
    for part in [path.as_str(), "belongs to "] {
        assert!(said.stderr.contains(part), "{part}: {said:?}");
    }
}

#[test]
fn a_store_that_cannot_be_read_is_not_called_empty() {
    let (sandbox, program) = open();
    let place = project(&sandbox, "p", "3.14t\n");
    let installs = sandbox.store.join("installs");
    mode(&installs, 0o700);
    let is_root = installs.metadata().expect("there").uid() == 0;
    if !is_root {
        mode(&installs, 0);
    }
    for arguments in [
        &["list"][..],
        &["show"],
        &["which", "3.14t"],
        &["run", "3.14t", "--", "python"],
        &["install", "3.14t"],
        &["verify"],
        &["prune"],
        &["doctor"],
        &["uninstall", "3.14t"],
    ] {
        assert_names(&ftpy(&sandbox, &program, arguments), 7, &installs);
    }
    assert_names(&python(&sandbox, &place), 127, &installs);
    mode(&installs, 0o755);
    // A hidden installation is not reported as lacking its interpreter.
    let bin = installs.join("3.14.7t-pbs-20260901/bin");
    mode(&bin, if is_root { 0o700 } else { 0 });
    let said = python(&sandbox, &place);
    assert_names(&said, 127, &bin);
    assert!(!said.stderr.contains("--reinstall"), "{said:?}");
    mode(&bin, 0o755);
    // The user's umask hid the whole store.
    mode(&sandbox.store, if is_root { 0o700 } else { 0 });
    assert_names(&ftpy(&sandbox, &program, &["list"]), 7, &sandbox.store);
    mode(&sandbox.store, 0o755);
    let said = ftpy(&sandbox, &program, &["list"]);
    assert_eq!(said.stdout.lines().count(), 3, "{said:?}");
}

#[test]
fn settings_and_version_files_of_another_user_start_nothing() {
    let (sandbox, program) = open();
    sandbox.ok(&["default", "3.14t"]);
    let place = sandbox.home().join("p");
    std::fs::create_dir(&place).expect("mkdir");
    let config = sandbox.store.join("config");
    let hidden = |path: &Path| {
        let is_root = path.metadata().expect("there").uid() == 0;
        mode(path, if is_root { 0o600 } else { 0 });
    };
    hidden(&config);
    assert_names(&python(&sandbox, &place), 127, &config);
    for arguments in [
        &["show"][..],
        &["default"],
        &["config", "list"],
        &["install", "3.14t"],
    ] {
        assert_names(&ftpy(&sandbox, &program, arguments), 7, &config);
    }
    mode(&config, 0o644);
    let file = place.join(".python-version");
    std::fs::write(&file, "3.14t\n").expect("write");
    hidden(&file);
    assert_names(&python(&sandbox, &place), 127, &file);
}

#[test]
fn settings_that_are_not_text_start_nothing_and_are_not_waited_for() {
    let sandbox = three();
    sandbox.ok(&["default", "3.14t"]);
    let place = sandbox.home().join("p");
    std::fs::create_dir(&place).expect("mkdir");
    let config = sandbox.store.join("config");
    let makes: [(&str, Make); 4] = [
        ("it is not UTF-8", |path| {
            std::fs::write(path, b"default = \xff\n").expect("write");
        }),
        ("it is not a regular file", |path| {
            std::fs::create_dir(path).expect("mkdir");
        }),
        ("it is not a regular file", |path| {
            assert!(
                Command::new("mkfifo")
                    .arg(path)
                    .status()
                    .expect("mkfifo")
                    .success()
            );
        }),
        ("it is a dangling link", |path| {
            symlink("gone/config", path).expect("link");
        }),
    ];
    for (reason, make) in makes {
        let _ = std::fs::remove_file(&config);
        make(&config);
        let said = python(&sandbox, &place);
        assert_eq!(
            (said.code, said.stdout.as_str()),
            (Some(127), ""),
            "{said:?}"
        );
        assert!(said.stderr.contains(reason), "{said:?}");
        assert!(
            said.stderr.contains(&config.display().to_string()),
            "{said:?}"
        );
        for arguments in [
            &["show"][..],
            &["list"],
            &["config", "list"],
            &["default", "3.13t"],
        ] {
            let said = sandbox.fails(7, arguments);
            assert!(said.stderr.contains(reason), "{arguments:?}: {said:?}");
        }
        let said = sandbox.run(&["doctor"]);
        assert!(
            said.stdout.contains(reason),
            "doctor shows it with the rest: {said:?}"
        );
        let _ = std::fs::remove_dir(&config);
    }
}

#[test]
fn lists_an_index_and_a_receipt_that_cannot_be_read_are_errors() {
    let (sandbox, program) = open();
    let place = project(&sandbox, "p", "");
    run_in(&sandbox, &place, 0, &["pin", "3.14t"]);
    sandbox.ok(&["index", "update"]);
    let receipt = "installs/3.14.7t-pbs-20260901/.ftpy/receipt.json";
    for (file, arguments) in [
        ("known/pins", &["prune"][..]),
        ("index/pbs.txt", &["list", "--available"]),
        ("aliases", &["list"]),
        (receipt, &["run", "3.14t", "--", "python"]),
    ] {
        let path = sandbox.store.join(file);
        let was = path.metadata().expect(file).permissions().mode();
        mode(
            &path,
            if path.metadata().expect(file).uid() == 0 {
                was & 0o700
            } else {
                0
            },
        );
        let said = ftpy(&sandbox, &program, arguments);
        assert_names(&said, 7, &path);
        assert!(!said.stderr.contains("damaged"), "{said:?}");
        mode(&path, was);
    }
    // An unreadable list is not replaced by a shorter one.
    let list = sandbox.store.join("known/pins");
    let damaged = b"/a/.python-version\n\xff\n";
    std::fs::write(&list, damaged).expect("write");
    let said = sandbox.fails(7, &["pin", "3.14t"]);
    assert!(said.stderr.contains("known/pins"), "{said:?}");
    assert_eq!(std::fs::read(&list).expect("read"), damaged);
}

#[test]
fn what_a_link_leads_to_is_not_printed_unless_it_is_a_version_file() {
    let sandbox = three();
    let place = sandbox.home().join("p");
    std::fs::create_dir(&place).expect("mkdir");
    let file = place.join(".python-version");
    for secret in [
        &b"hunter2\n"[..],
        b"API_KEY=hunter2\n",
        b"3.14t+hunter2\n",
        b"hunter2:3.14t\n",
        b"machine h login l password hunter2\n",
        b"SECRET=hunter2\0OTHER=hunter2\0",
    ] {
        let target = sandbox.home().join("credentials");
        std::fs::write(&target, secret).expect("write");
        let _ = std::fs::remove_file(&file);
        symlink(&target, &file).expect("link");
        let shown = python(&sandbox, &place);
        assert_eq!(
            (shown.code, shown.stdout.as_str()),
            (Some(127), ""),
            "{shown:?}"
        );
        let mut all = vec![shown];
        for arguments in [
            &["show"][..],
            &["install"],
            &["pin"],
            &["doctor"],
            &["lock"],
        ] {
            let mut command = sandbox.command(arguments);
            all.push(finished(output(command.current_dir(&place))));
        }
        for said in all {
            let text = format!("{}{}", said.stdout, said.stderr);
            assert!(!text.contains("hunter2"), "{text}");
            assert!(text.contains(".python-version"), "{text}");
        }
    }
    // A link to another project's version file is read and displayed as one.
    let other = project(&sandbox, "q", "3.14t\n");
    std::fs::remove_file(&file).expect("remove");
    symlink(other.join(".python-version"), &file).expect("link");
    let said = python(&sandbox, &place);
    assert!(said.stdout.contains("3.14.7t-pbs"), "{said:?}");
    // The contents of a file cannot move the cursor.
    std::fs::remove_file(&file).expect("remove");
    std::fs::write(&file, "3.14\u{1b}[2J\u{7}\n").expect("write");
    let said = python(&sandbox, &place);
    assert!(
        !said.stderr.contains('\u{1b}') && !said.stderr.contains('\u{7}'),
        "{said:?}"
    );
}

#[test]
fn a_file_in_the_place_of_a_directory_is_not_an_empty_store() {
    for name in ["installs", "aliases"] {
        let sandbox = three();
        let place = sandbox.store.join(name);
        std::fs::remove_dir_all(&place).expect("remove");
        std::fs::write(&place, "").expect("write");
        let said = sandbox.run(&["list"]);
        assert_ne!(said.code, Some(0), "{name}: {said:?}");
        assert!(said.stderr.contains(name), "{said:?}");
    }
}

#[test]
fn a_link_to_a_list_of_other_implementations_can_be_pinned_in() {
    let (sandbox, project) = (three(), "list");
    let place = sandbox.home().join(project);
    std::fs::create_dir(&place).expect("mkdir");
    let list = sandbox.home().join("versions");
    std::fs::write(&list, "pypy3.11-7.3.19\n").expect("write");
    symlink(&list, place.join(".python-version")).expect("symlink");
    run_in(&sandbox, &place, 0, &["pin", "3.14t"]);
    let text = std::fs::read_to_string(&list).expect("read");
    assert_eq!(text, "3.14t\npypy3.11-7.3.19\n");
}
