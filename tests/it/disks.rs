//! Stores on several file systems, or on one that does not start programs. Each test has its own
//! mounts, in a namespace. Without `unshare` they are skipped with a message.

use crate::support::live::say;
use crate::support::sandbox::{Finished, Sandbox, finished, interpreter};
use crate::support::shims::output;
use std::process::{Command, Stdio};

/// ftpy with these arguments, after a script made its mounts in a new mount namespace. `None` if
/// this machine cannot create a namespace.
fn mounted(sandbox: &Sandbox, mounts: &str, arguments: &[&str]) -> Option<Finished> {
    // Root needs no user namespace, and may not be allowed one.
    let ways: [&[&str]; 2] = [&["--mount"], &["--map-root-user", "--mount"]];
    let can = |way: &&&[&str]| {
        let mut command = Command::new("unshare");
        let tried = command
            .args(**way)
            .args(["mount", "-t", "tmpfs", "tmpfs", "/tmp"])
            .stderr(Stdio::null())
            .status();
        tried.is_ok_and(|status| status.success())
    };
    let Some(way) = ways.iter().find(can) else {
        say("not run: this machine makes no mount namespace");
        return None;
    };
    let template = sandbox.command(arguments);
    let mut command = Command::new("unshare");
    command
        .args(*way)
        .args([
            "sh",
            "-ec",
            &format!("cd \"$HOME\"; {mounts}\nexec \"$0\" \"$@\""),
        ])
        .arg(template.get_program())
        .args(template.get_args())
        .env_clear()
        .stdin(Stdio::null());
    for (name, value) in template.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.env(
        "PATH",
        "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin",
    );
    Some(finished(output(&mut command)))
}

#[test]
fn a_noexec_store_is_named_before_anything_is_downloaded() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    sandbox.ok(&["index", "update"]);
    let whole = "mkdir -p store/installs; mount -t tmpfs -o noexec tmpfs store";
    let part = "mkdir -p store/installs; mount -t tmpfs -o noexec tmpfs store/installs";
    let builds = "mkdir -p store/cache; mount -t tmpfs -o noexec tmpfs store/cache";
    for (mounts, requests) in [
        (whole, &["3.14t", "source:3.14t"][..]),
        (part, &["3.14t", "source:3.14t"]),
        (builds, &["source:3.14t"]),
    ] {
        for request in requests {
            let Some(said) = mounted(&sandbox, mounts, &["install", request]) else {
                return;
            };
            assert_eq!(said.code, Some(7), "{said:#?}");
            assert!(said.stderr.contains("is mounted noexec"), "{said:#?}");
            assert!(said.stderr.contains("hint: "), "{said:#?}");
        }
    }
    assert_eq!(sandbox.server.hits(&format!("/{}", archive.name)), 0);
}

#[test]
fn a_store_that_became_noexec_is_named_by_what_starts_its_programs() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["install", "3.14t"]);
    let mounts = "mount --bind store/installs store/installs; \
                  mount -o remount,bind,noexec store/installs";
    let run = ["run", "3.14t", "--", "python", "-V"];
    let watched = ["run", "3.14t", "--require-nogil", "--", "python", "-V"];
    let venv = ["venv", "-p", "3.14t", "v"];
    for (arguments, code) in [
        (&run[..], 7),
        (&watched, 7),
        (&venv, 7),
        (&["verify"], 7),
        (&["doctor"], 1),
    ] {
        let Some(said) = mounted(&sandbox, mounts, arguments) else {
            return;
        };
        assert_eq!(said.code, Some(code), "{arguments:?}: {said:#?}");
        let text = format!("{}{}", said.stdout, said.stderr);
        assert!(text.contains("is mounted noexec"), "{arguments:?}: {text}");
        assert!(!text.contains("--reinstall"), "{arguments:?}: {text}");
    }
    let ls = ["run", "3.14t", "--", "ls"];
    let said = mounted(&sandbox, mounts, &ls).expect("a namespace");
    assert_eq!(said.code, Some(0), "{said:#?}");
}

#[test]
fn parts_of_the_store_may_be_on_other_file_systems() {
    for part in [
        "installs", "cache", "aliases", "shims", "index", "locks", "known",
    ] {
        let mut sandbox = Sandbox::new();
        sandbox.offer(&interpreter("3.14.7", "t"));
        sandbox.mark();
        let mounts = format!("mkdir -p store/{part}; mount -t tmpfs tmpfs store/{part}");
        // All in one namespace, because the mount ends with it.
        let script = format!("{mounts}\n\"$0\" install 3.14t && \"$0\" pin 3.14t");
        let Some(said) = mounted(&sandbox, &script, &["verify", "3.14t"]) else {
            return;
        };
        assert_eq!(said.code, Some(0), "{part}: {said:#?}");
    }
}

#[test]
fn installs_may_be_a_link_to_another_file_system() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.mark();
    let mounts = "mkdir disk; mount -t tmpfs tmpfs disk; mkdir disk/i disk/c
        ln -s ../disk/i store/installs; ln -s ../disk/c store/cache
        \"$0\" install 3.14t; \"$0\" install --reinstall 3.14t
        test \"$(ls -A disk/i)\" = \"$(ls disk/i)\"";
    let Some(said) = mounted(&sandbox, mounts, &["uninstall", "3.14t"]) else {
        return;
    };
    assert_eq!(said.code, Some(0), "{said:#?}");
}

#[cfg(feature = "conda")]
#[test]
fn conda_packages_are_unpacked_beside_the_cache() {
    use crate::support::channel::{Channel, Form, sandbox};
    let packages = crate::support::pythons::fake("3.14.7");
    for part in ["installs", "cache"] {
        let (sandbox, _) = sandbox(&Channel::of(&packages), Form::Zst);
        sandbox.mark();
        let mounts = format!("mkdir -p store/{part}; mount -t tmpfs tmpfs store/{part}");
        let script = format!("{mounts}\n\"$0\" install --from conda 3.14t");
        let Some(said) = mounted(&sandbox, &script, &["verify", "3.14t"]) else {
            return;
        };
        assert_eq!(said.code, Some(0), "{part}: {said:#?}");
    }
}

#[test]
fn a_build_goes_from_a_cache_on_one_disk_to_installations_on_another() {
    let mut sandbox = Sandbox::new();
    crate::support::source_tree::lay_out(&mut sandbox, "3.14.7", "t");
    sandbox.mark();
    for (part, place) in [("cache", "far/away/on/a/disk"), ("installs", "near")] {
        let place = sandbox.home().join(place);
        std::fs::create_dir_all(&place).expect("mkdir");
        std::os::unix::fs::symlink(place, sandbox.store.join(part)).expect("link");
    }
    let without = crate::support::source_tree::WITHOUT;
    sandbox.ok(&["build", "--source", "cpython", without]);
    sandbox.ok(&["verify", "3.14t"]);
    assert_eq!(sandbox.installed().len(), 1);
}

/// Starts a program for which flock(2) fails, as on NFS without a lock server: by a filter of its
/// system calls, because a static program takes no function from another library.
#[cfg(target_os = "linux")]
const NO_LOCKS: &str = "#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int count, char **words)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_flock, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | CODE),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { 4, rules };
    if (count < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &filter))
        return 99;
    execv(words[1], words + 1);
    return 98;
}
";

#[cfg(target_os = "linux")]
#[test]
fn a_file_system_without_locks_is_used_and_named_once() {
    for code in ["ENOLCK", "EOPNOTSUPP", "ENOSYS"] {
        let mut sandbox = Sandbox::new();
        sandbox.offer(&interpreter("3.14.7", "t"));
        let source = sandbox.home().join("no_locks.c");
        let starter = sandbox.home().join("no_locks");
        std::fs::write(&source, NO_LOCKS).expect("write");
        let compiled = Command::new("cc")
            .args([&format!("-DCODE={code}"), "-o"])
            .args([&starter, &source])
            .status();
        if !compiled.is_ok_and(|status| status.success()) {
            say("not run: there is no C compiler");
            return;
        }
        let without_locks = |arguments: &[&str]| {
            let ftpy = sandbox.command(arguments);
            let mut command = Command::new(&starter);
            command.arg(ftpy.get_program()).args(ftpy.get_args());
            command.env_clear().stdin(Stdio::null());
            for (name, value) in ftpy.get_envs() {
                command.env(name, value.unwrap_or_default());
            }
            let said = finished(output(&mut command));
            assert_eq!(said.code, Some(0), "{arguments:?}: {said:#?}");
            said.stderr
        };
        let said = without_locks(&["-v", "install", "3.14t"]);
        assert_eq!(said.matches("does not support locks").count(), 1, "{said}");
        let said = without_locks(&["install", "--reinstall", "3.14t"]);
        assert!(!said.contains("does not support locks"), "{said}");
        without_locks(&["uninstall", "3.14t"]);
        assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    }
}
