//! The shim as a process: what it passes on, how it is started, and that it always ends.

use crate::support::sandbox::finished;
use crate::support::shims::{
    directory, executable, output, project, run, shim, started, three, with,
};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;

const NONE: [&str; 0] = [];

#[test]
fn arguments_exit_codes_signals_and_the_environment_pass_through() {
    let sandbox = three();
    let place = project(&sandbox, "p", "3.14t\n");
    let odd = OsStr::from_bytes(b"\xff\xfe");
    let arguments = [
        OsStr::new(""),
        OsStr::new("a b"),
        odd,
        OsStr::new("--json"),
        OsStr::new("+3.13t"),
    ];
    let said = shim(&sandbox, "python", &place)
        .args(arguments)
        .output()
        .expect("run");
    let expected = [b"[][a b][".as_slice(), b"\xff\xfe", b"][--json][+3.13t]\n"].concat();
    let has_arguments = said
        .stdout
        .windows(expected.len())
        .any(|part| part == expected);
    assert!(has_arguments, "{}", String::from_utf8_lossy(&said.stdout));
    let said = finished(said);
    let real = sandbox
        .store
        .join("installs/3.14.7t-pbs-20260901/bin/python3.14t");
    assert_eq!(
        said.stdout.lines().next(),
        real.to_str(),
        "argv[0] is the real path"
    );
    let path = format!("{}:/usr/bin:/bin", directory(&sandbox).display());
    assert_eq!(
        said.stdout.lines().last(),
        Some(path.as_str()),
        "PATH is the parent's"
    );
    assert_eq!(
        run(&sandbox, "python", &place, &["exit", "43"]).code,
        Some(43)
    );
    let killed = output(shim(&sandbox, "python", &place).args(["signal", "TERM"]));
    assert_eq!(killed.status.signal(), Some(15));
    // The shim becomes the program, so a signal to its process reaches the interpreter.
    let mut child = shim(&sandbox, "python", &place)
        .arg("cat")
        .stdin(std::process::Stdio::piped())
        .spawn()
        .expect("start");
    std::thread::sleep(std::time::Duration::from_millis(200));
    let name = std::fs::read_to_string(format!("/proc/{}/comm", child.id()));
    if let Ok(name) = name {
        assert_eq!(name.trim(), "cat", "no process stays in between");
    }
    child.kill().expect("kill");
    child.wait().expect("wait");
}

#[test]
fn names_that_lead_back_to_shims_end() {
    let sandbox = three();
    let second = three();
    // Two directories of shims: each also skips the other's.
    let both = format!(
        "{}:{}:/nonexistent",
        directory(&sandbox).display(),
        directory(&second).display()
    );
    let said = finished(output(
        shim(&sandbox, "python", sandbox.home()).env("PATH", &both),
    ));
    assert_eq!(said.code, Some(127));
    assert!(said.stderr.contains("no other python on PATH"), "{said:?}");
    // A wrapper that calls the shim again, each time in a new process.
    let wrapper = sandbox.home().join("wrap/python");
    executable(&wrapper, "#!/bin/sh\npython \"$@\"\nexit $?\n");
    let path = format!(
        "{}:{}:/usr/bin:/bin",
        directory(&sandbox).display(),
        wrapper.parent().expect("dir").display()
    );
    let said = finished(output(
        shim(&sandbox, "python", sandbox.home()).env("PATH", path),
    ));
    assert_eq!(said.code, Some(127), "{said:?}");
    assert!(said.stderr.contains("keeps starting python"), "{said:?}");
}

#[test]
fn a_program_that_becomes_the_shim_again_is_passed_over() {
    let sandbox = three();
    // If pyenv's shim finds no version, it becomes the next `python` on PATH that is not pyenv's,
    // which is ftpy's shim.
    let wrapper = sandbox.home().join("wrap/python");
    executable(&wrapper, "#!/bin/sh\nexec python \"$@\"\n");
    let system = sandbox.home().join("system/python");
    executable(&system, "#!/bin/sh\necho system $1\n");
    let path = format!(
        "{}:{}:{}:/usr/bin:/bin",
        directory(&sandbox).display(),
        sandbox.home().join("wrap").display(),
        sandbox.home().join("system").display()
    );
    let said = finished(output(
        shim(&sandbox, "python", sandbox.home())
            .env("PATH", &path)
            .arg("x"),
    ));
    assert_eq!(said.stdout, "system x\n", "{said:?}");
    // A child is a separate process, for which only programs that lead back are skipped.
    executable(
        &system,
        "#!/bin/sh\n[ \"$1\" = child ] && exec echo child\npython child\n",
    );
    let said = finished(output(
        shim(&sandbox, "python", sandbox.home()).env("PATH", &path),
    ));
    assert_eq!(said.stdout, "child\n", "{said:?}");
}

#[test]
fn what_the_argument_asks_for_holds_for_children() {
    let sandbox = three();
    let place = project(&sandbox, "p", "3.14t\n");
    let mut command = shim(&sandbox, "python", &place);
    let said = finished(output(command.args(["+3.13t", "env"])));
    assert_eq!(started(&said), "3.13.5t", "{said:?}");
    assert!(said.stdout.contains("\nFTPY_PYTHON=3.13t\n"), "{said:?}");
    let said = finished(output(shim(&sandbox, "python", &place).arg("env")));
    assert!(!said.stdout.contains("FTPY_PYTHON"), "{said:?}");
}

#[test]
fn a_shim_finds_its_store_and_its_name_however_it_is_reached() {
    let sandbox = three();
    let place = project(&sandbox, "p", "3.14t\n");
    // Through a symbolic link under its own and another name, and with a false argv[0].
    for name in ["python3.13t", "snake"] {
        let link = sandbox.home().join(name);
        symlink(directory(&sandbox).join("python3.13t"), &link).expect("link");
        let mut command = std::process::Command::new(&link);
        command.env_clear().current_dir(&place);
        assert_eq!(
            started(&finished(output(&mut command))),
            "3.13.5t",
            "{name}"
        );
    }
    let mut command = shim(&sandbox, "python3.13t", &place);
    use std::os::unix::process::CommandExt;
    let said = finished(output(command.arg0("python3.14")));
    assert_eq!(started(&said), "3.13.5t");
    // FTPY_HOME selects another store.
    let second = with(&[("3.14.6", "t")]);
    let mut command = shim(&sandbox, "python", &place);
    let said = finished(output(command.env("FTPY_HOME", &second.store)));
    assert_eq!(started(&said), "3.14.6t");
    // A removed directory pins nothing.
    let gone = sandbox.home().join("gone");
    std::fs::create_dir(&gone).expect("mkdir");
    let script = format!(
        "cd {0} && rmdir {0} && {1}/python3.14t",
        gone.display(),
        directory(&sandbox).display()
    );
    let mut command = std::process::Command::new("/bin/sh");
    let said = finished(output(command.args(["-c", &script])));
    assert_eq!(started(&said), "3.14.7t", "{said:?}");
}

#[test]
fn ftpy_stands_in_for_the_shim_under_its_name() {
    let sandbox = three();
    let place = project(&sandbox, "p", "3.14t\n");
    let shims = directory(&sandbox);
    for name in ["python", "python3.13t"] {
        std::fs::remove_file(shims.join(name)).expect("remove");
        std::fs::copy(crate::support::program(), shims.join(name)).expect("copy");
    }
    let said = run(&sandbox, "python", &place, &["+3.14", "-c", ""]);
    assert_eq!(started(&said), "3.14.7", "{said:?}");
    assert!(said.stdout.contains("[-c][]"), "{said:?}");
    assert_eq!(
        started(&run(&sandbox, "python3.13t", &place, &NONE)),
        "3.13.5t"
    );
    let refused = run(&sandbox, "python", &place, &["+3.15t"]);
    assert_eq!(refused.code, Some(127));
}

#[test]
fn a_shim_installs_nothing_unless_the_person_turned_that_on() {
    let mut sandbox = with(&[("3.14.7", "t")]);
    sandbox.offer(&crate::support::shims::telling("3.13.5", "t"));
    sandbox.ok(&["index", "update"]);
    let place = project(&sandbox, "p", "3.13t\n");
    let with_network = |value: Option<&str>| {
        let mut command = shim(&sandbox, "python", &place);
        command.env("FTPY_INDEX_URL", sandbox.server.url("/index.ndjson"));
        command.env("FTPY_SOURCE_MIRROR", "http://127.0.0.1:1");
        command.envs(value.map(|value| ("FTPY_AUTO_INSTALL", value)));
        finished(output(&mut command))
    };
    assert_eq!(with_network(None).code, Some(127));
    assert_eq!(sandbox.installed().len(), 1);
    sandbox.ok(&["config", "set", "auto-install", "true"]);
    assert_eq!(
        with_network(Some("0")).code,
        Some(127),
        "the variable says no"
    );
    let said = with_network(None);
    assert_eq!(started(&said), "3.13.5t", "{said:?}");
    let lines: Vec<&str> = said.stderr.lines().collect();
    let file = place.join(".python-version");
    let expected = format!(
        "ftpy: installing 3.13t, requested by {}:1 (run `ftpy config set auto-install false` to turn this off)",
        file.display()
    );
    assert_eq!(lines.first(), Some(&expected.as_str()), "{said:?}");
    sandbox.ok(&["uninstall", "3.13t"]);
    sandbox.ok(&["config", "unset", "auto-install"]);
    let said = with_network(Some("1"));
    assert_eq!(started(&said), "3.13.5t", "{said:?}");
    assert!(
        said.stderr
            .contains("set FTPY_AUTO_INSTALL=0 to turn this off")
    );
    // A failed installation is reported with exit code 127.
    std::fs::write(&file, "3.99t\n").expect("write");
    let said = with_network(Some("1"));
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (Some(127), ""),
        "{said:?}"
    );
}
