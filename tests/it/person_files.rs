//! Files that a user owns or names: their kind is never changed.

use crate::support::sandbox::{Finished, Sandbox, copy_variables, finished, interpreter};
use crate::support::shims::output;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A command that writes a file, and the file.
struct Writer {
    arguments: Vec<String>,
    file: PathBuf,
    /// The initial contents, if the command needs them.
    before: String,
}

pub(crate) fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set("SHELL", "/bin/bash");
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.offer(&interpreter("3.13.5", "t"));
    sandbox.ok(&["-q", "install", "3.14t"]);
    sandbox
}

/// Every command that writes a whole file of the user.
fn writers(sandbox: &Sandbox) -> Vec<Writer> {
    let home = sandbox.home();
    let writer = |arguments: &[&str], file: PathBuf, before: &str| Writer {
        arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        file,
        before: before.to_owned(),
    };
    // A lock is read before it is written.
    sandbox.ok(&["lock", "--from", "pbs", "3.13t"]);
    let lock = std::fs::read_to_string(home.join("ftpy.lock")).expect("read");
    vec![
        writer(&["pin", "3.14t"], home.join(".python-version"), "3.13\n"),
        writer(&["unpin"], home.join(".python-version"), "# why\n3.13\n"),
        writer(
            &["default", "3.14t"],
            sandbox.store.join("config"),
            "default = 3.13\n",
        ),
        writer(&["setup", "--yes"], home.join(".bashrc"), "x=1\n"),
        writer(
            &["lock", "--from", "pbs", "3.14t"],
            home.join("ftpy.lock"),
            &lock,
        ),
        writer(
            &["bundle", "create", "3.14t", "--output", "b.tar.zst"],
            home.join("b.tar.zst"),
            "old\n",
        ),
        writer(&["man", "pages"], home.join("pages/ftpy-pin.1"), "old\n"),
        writer(
            &["mirror", "tree", "3.14t"],
            home.join("tree/index.ndjson"),
            "",
        ),
        writer(
            &[
                "ci",
                "setup",
                "3.14t",
                "--system",
                "shell",
                "--env-file",
                "env",
            ],
            home.join("env"),
            "old\n",
        ),
    ]
}

/// The initial file, so that the command succeeds and changes it.
fn prepare(sandbox: &Sandbox, writer: &Writer, place: &Path) {
    for directory in [place.parent(), writer.file.parent()].into_iter().flatten() {
        std::fs::create_dir_all(directory).expect("mkdir");
    }
    let _ = std::fs::remove_file(&writer.file);
    for other in ["ftpy.lock", ".python-version"] {
        let _ = std::fs::remove_file(sandbox.home().join(other));
    }
    std::fs::write(place, &writer.before).expect("write");
}

fn run(sandbox: &Sandbox, writer: &Writer) -> Finished {
    let arguments: Vec<&str> = writer.arguments.iter().map(String::as_str).collect();
    sandbox.run(&arguments)
}

fn ok(sandbox: &Sandbox, writer: &Writer) {
    let finished = run(sandbox, writer);
    assert_eq!(
        finished.code,
        Some(0),
        "{:?}: {finished:?}",
        writer.arguments
    );
}

/// Hidden names next to a file, of which no command may leave any.
fn left_beside(file: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(file.parent().expect("a parent")).expect("read");
    let names = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .filter(|name| ftpy::host::atomic_file::is_temporary(name))
        .collect()
}

#[test]
fn a_link_stays_and_its_target_is_written_even_where_that_was_missing() {
    let sandbox = sandbox();
    for writer in writers(&sandbox) {
        let place = sandbox.home().join("dotfiles/target");
        prepare(&sandbox, &writer, &place);
        symlink(&place, &writer.file).expect("link");
        let before = std::fs::read(&place).expect("read");
        ok(&sandbox, &writer);
        let words = &writer.arguments;
        assert!(writer.file.is_symlink(), "{words:?}");
        assert_ne!(std::fs::read(&place).expect("read"), before, "{words:?}");
        assert!(left_beside(&place).is_empty() && left_beside(&writer.file).is_empty());
        prepare(&sandbox, &writer, &place);
        std::fs::remove_file(&place).expect("remove");
        let code = match words[0].as_str() {
            "unpin" => continue, // there is nothing to take out of nothing
            // Every command reads them first, and unreadable settings are an error.
            "default" => Some(7),
            _ => Some(0),
        };
        symlink("dotfiles/target", sandbox.home().join("two")).expect("link");
        let _ = std::fs::remove_file(&writer.file);
        symlink(sandbox.home().join("two"), &writer.file).expect("link");
        let said = run(&sandbox, &writer);
        assert_eq!(said.code, code, "{words:?}: {said:?}");
        assert!(writer.file.is_symlink(), "{words:?}");
        assert_eq!(place.is_file(), code == Some(0), "{words:?}");
        if code != Some(0) {
            std::fs::remove_file(&writer.file).expect("remove");
        }
        std::fs::remove_file(sandbox.home().join("two")).expect("remove");
    }
}

#[test]
fn mode_owner_and_group_stay_and_a_new_file_gets_the_umask() {
    let sandbox = sandbox();
    let is_root = rustix::process::getuid().is_root();
    for writer in writers(&sandbox) {
        let words = &writer.arguments;
        prepare(&sandbox, &writer, &writer.file);
        let own = writer.file.metadata().expect("metadata");
        // A directory whose group is inherited by new files, and a file with another group.
        let shared = writer.file.parent().expect("a parent");
        let mode = |mode| std::fs::Permissions::from_mode(mode);
        let of_shared = shared.metadata().expect("metadata").permissions();
        std::fs::set_permissions(&writer.file, mode(0o664)).expect("chmod");
        if is_root {
            std::os::unix::fs::chown(&writer.file, Some(1234), Some(2345)).expect("chown");
            std::fs::set_permissions(shared, mode(0o2775)).expect("chmod");
        }
        ok(&sandbox, &writer);
        let now = writer.file.metadata().expect("metadata");
        assert_eq!(now.permissions().mode() & 0o7777, 0o664, "{words:?}");
        let expected = if is_root {
            (1234, 2345)
        } else {
            (own.uid(), own.gid())
        };
        assert_eq!((now.uid(), now.gid()), expected, "{words:?}");
        std::fs::set_permissions(shared, of_shared).expect("chmod");
        if words[0] == "unpin" {
            continue;
        }
        prepare(&sandbox, &writer, &writer.file);
        std::fs::remove_file(&writer.file).expect("remove");
        let line = format!("umask 027; exec \"$0\" {}", words.join(" "));
        let mut command = Command::new("sh");
        command.args(["-c", &line, crate::support::program()]);
        let ftpy = sandbox.command(&[]);
        copy_variables(&mut command, &ftpy).current_dir(sandbox.home());
        let said = finished(output(&mut command));
        assert_eq!(said.code, Some(0), "{words:?}: {said:?}");
        let now = writer.file.metadata().expect("metadata");
        assert_eq!(now.permissions().mode() & 0o7777, 0o640, "{words:?}");
    }
}

#[test]
fn a_read_only_file_is_an_error_and_stays() {
    let sandbox = sandbox();
    for writer in writers(&sandbox) {
        let words = &writer.arguments;
        prepare(&sandbox, &writer, &writer.file);
        let read_only = std::fs::Permissions::from_mode(0o444);
        std::fs::set_permissions(&writer.file, read_only).expect("chmod");
        let said = run(&sandbox, &writer);
        // Setup skips such a profile, and reports that.
        let code = if words[0] == "setup" { 0 } else { 7 };
        assert_eq!(said.code, Some(code), "{words:?}: {said:?}");
        assert!(
            said.stderr.contains("permission denied"),
            "{words:?}: {said:?}"
        );
        assert_eq!(
            std::fs::read_to_string(&writer.file).expect("read"),
            writer.before,
            "{words:?}"
        );
        assert!(left_beside(&writer.file).is_empty(), "{words:?}");
    }
}

#[test]
fn a_file_with_two_names_stays_one_file() {
    let sandbox = sandbox();
    for writer in writers(&sandbox) {
        prepare(&sandbox, &writer, &writer.file);
        let other = sandbox.home().join("other-name");
        std::fs::hard_link(&writer.file, &other).expect("link");
        ok(&sandbox, &writer);
        let (a, b) = (writer.file.metadata(), other.metadata());
        assert_eq!(
            a.expect("metadata").ino(),
            b.expect("metadata").ino(),
            "{:?}",
            writer.arguments
        );
        std::fs::remove_file(&other).expect("remove");
    }
}

#[test]
fn where_nothing_may_be_written_beside_a_file_it_is_written_itself() {
    let sandbox = sandbox();
    let project = sandbox.home().join("project");
    std::fs::create_dir(&project).expect("mkdir");
    let file = project.join(".python-version");
    std::fs::write(&file, "3.13 # a longer line than the new one\n").expect("write");
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
    };
    mode(&file, 0o666);
    mode(&project, 0o555);
    // Root may write everywhere, so another user tries, with a program that they can start.
    let program = sandbox.home().join("ftpy");
    std::fs::copy(crate::support::program(), &program).expect("copy");
    mode(sandbox.home(), 0o755);
    let mut command = match rustix::process::getuid().is_root() {
        true => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=1234", "--regid=1234", "--clear-groups", "--"]);
            command.arg(&program);
            command
        }
        false => Command::new(&program),
    };
    let elsewhere = tempfile::tempdir().expect("tempdir");
    mode(elsewhere.path(), 0o777);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", elsewhere.path());
    command.env("FTPY_HOME", elsewhere.path().join("store"));
    let said = finished(output(command.args(["pin", "3.14t"]).current_dir(&project)));
    assert_eq!(said.code, Some(0), "{said:?}");
    let text = std::fs::read_to_string(&file).expect("read");
    assert_eq!(text, "# a longer line than the new one\n3.14t\n");
    mode(&project, 0o755);
}

#[test]
fn what_a_killed_writer_left_beside_a_file_goes_with_the_next_write() {
    let sandbox = sandbox();
    let left = sandbox
        .home()
        .join(".".to_owned() + ".python-version.ftpy-0123456789abcdef");
    let mine = sandbox.home().join("..python-version.ftpy-mine");
    for path in [&left, &mine] {
        std::fs::write(path, "half").expect("write");
    }
    sandbox.ok(&["pin", "3.14t"]);
    assert!(!left.exists() && mine.exists());
}

#[test]
fn attributes_of_a_file_stay() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    let sandbox = sandbox();
    let file = sandbox.home().join(".python-version");
    std::fs::write(&file, "3.13\n").expect("write");
    let set = setxattr(&file, "user.origin", b"dotfiles", XattrFlags::empty());
    if set == Err(rustix::io::Errno::OPNOTSUPP) {
        crate::support::live::say("attributes_of_a_file_stay: not run, TMPDIR keeps none");
        return;
    }
    set.expect("an attribute");
    sandbox.ok(&["pin", "3.14t"]);
    let mut value = [0; 8];
    getxattr(&file, "user.origin", &mut value[..]).expect("it is still there");
    assert_eq!(&value, b"dotfiles");
}
