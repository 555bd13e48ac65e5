//! Interpreters that print how they were started, and shims.

use crate::support::sandbox::{
    Archive, Finished, Sandbox, archive_name, finished, probe_answer, tree,
};
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A script that answers the probe, and otherwise prints its own path, PATH, and each argument in
/// brackets; `exit N` and `signal S` as first argument do that.
pub fn telling(version: &str, flags: &str) -> Archive {
    let probe = probe_answer(version, flags, flags);
    let probe = probe.trim_start_matches("#!/bin/sh\n");
    let says = format!(
        "#!/bin/sh\nif [ \"$1\" = -I ]; then\n{probe}exit 0\nfi\n\
         if [ \"$1\" = exit ]; then exit \"$2\"; fi\n\
         if [ \"$1\" = signal ]; then kill -\"$2\" $$; fi\n\
         if [ \"$1\" = cat ]; then exec cat; fi\n\
         if [ \"$1\" = env ]; then echo \"$0\"; exec env; fi\n\
         echo \"$0\"\nfor a in \"$@\"; do printf '[%s]' \"$a\"; done\necho\necho \"$PATH\"\n"
    );
    Archive {
        name: archive_name(version, flags),
        bytes: tree(version, flags, &says).tar_gz(),
    }
}

/// A sandbox in which these are installed.
pub fn with(installed: &[(&str, &str)]) -> Sandbox {
    let mut sandbox = Sandbox::new();
    for (version, flags) in installed {
        sandbox.offer(&telling(version, flags));
    }
    for (version, flags) in installed {
        sandbox.ok(&["-q", "install", &format!("{version}{flags}")]);
    }
    sandbox
}

/// The shims' directory.
pub fn directory(sandbox: &Sandbox) -> PathBuf {
    sandbox.store.join("shims")
}

/// A shim in a directory, with the shims first on PATH and none of ftpy's variables.
pub fn shim(sandbox: &Sandbox, name: &str, place: &Path) -> Command {
    let shims = directory(sandbox);
    let mut command = Command::new(shims.join(name));
    command
        .current_dir(place)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", shims.display()))
        .env("HOME", sandbox.home());
    command
}

/// The result of a shim.
pub fn run<S: AsRef<OsStr>>(
    sandbox: &Sandbox,
    name: &str,
    place: &Path,
    arguments: &[S],
) -> Finished {
    finished(output(shim(sandbox, name, place).args(arguments)))
}

/// Starts a command that another thread's fork may still hold open for writing.
pub fn output(command: &mut Command) -> std::process::Output {
    for _ in 0..50 {
        match command.output() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            output => return output.expect("it starts"),
        }
    }
    command.output().expect("it starts")
}

/// The version of an interpreter that prints its path: `3.14.7t`.
pub fn started(finished: &Finished) -> &str {
    let path = finished.stdout.lines().next().unwrap_or("");
    let rest = path
        .split("/installs/")
        .nth(1)
        .unwrap_or("nothing of ftpy's");
    rest.split("-pbs").next().unwrap_or(rest)
}

/// 3.14.7 with and without the GIL, and 3.13.5t.
pub fn three() -> Sandbox {
    with(&[("3.14.7", "t"), ("3.14.7", ""), ("3.13.5", "t")])
}

/// A directory with this `.python-version`.
pub fn project(sandbox: &Sandbox, name: &str, pin: &str) -> PathBuf {
    let place = sandbox.home().join(name);
    std::fs::create_dir_all(&place).expect("mkdir");
    std::fs::write(place.join(".python-version"), pin).expect("write");
    place
}

/// ftpy in a directory, which must end with this code.
pub fn run_in(sandbox: &Sandbox, place: &Path, code: i32, arguments: &[&str]) -> Finished {
    let mut command = sandbox.command(arguments);
    let finished = finished(output(command.current_dir(place)));
    assert_eq!(finished.code, Some(code), "{arguments:?}: {finished:#?}");
    finished
}

/// Creates an executable file.
pub fn executable(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
    std::fs::write(path, text).expect("write");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("chmod");
}
