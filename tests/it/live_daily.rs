//! Shims, virtual environments and upgrades on real interpreters.

use crate::support::live::{archives_ending, require_live};
use crate::support::sandbox::{Archive, Finished, Sandbox, finished};
use crate::support::shims::{output, project, shim};
use std::path::{Path, PathBuf};

/// The real small archives of 3.14.7.
pub(crate) fn real() -> Vec<Archive> {
    archives_ending("install_only_stripped.tar.gz")
}

/// 3.14.7t next to its GIL twin.
pub(crate) fn twins() -> Sandbox {
    require_live();
    let mut sandbox = Sandbox::new();
    real().iter().for_each(|archive| sandbox.offer(archive));
    sandbox.ok(&["-q", "install", "3.14t", "3.14"]);
    sandbox
}

fn ok(sandbox: &Sandbox, place: &Path, name: &str, arguments: &[&str]) -> String {
    let said = finished(output(shim(sandbox, name, place).args(arguments)));
    assert_eq!(said.code, Some(0), "{name} {arguments:?}: {said:?}");
    said.stdout
}

fn at(sandbox: &Sandbox, place: &Path, arguments: &[&str]) -> Finished {
    let said = finished(output(sandbox.command(arguments).current_dir(place)));
    assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
    said
}

const CHILDREN: &str = r#"
import multiprocessing, os, subprocess, sys

def child(queue):
    queue.put((sys.executable, sys._is_gil_enabled()))

if __name__ == "__main__":
    print(sys.executable, sys.prefix, sys._is_gil_enabled())
    code = "import sys; print(sys.executable, sys.prefix, sys._is_gil_enabled())"
    print(subprocess.check_output([sys.executable, "-c", code], text=True), end="")
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=child, args=(queue,))
    process.start()
    print(*queue.get())
    process.join()
    sys.stdout.flush()
    if os.fork() == 0:
        os.execvp("python", ["python", "-c", code])
    os.wait()
"#;

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_a_shim_starts_an_interpreter_that_knows_who_it_is() {
    let sandbox = twins();
    let place = project(&sandbox, "p", "3.14t\n");
    std::fs::write(place.join("children.py"), CHILDREN).expect("write");
    let prefix = sandbox.store.join("installs/3.14.7t-pbs-20260901");
    let executable = prefix.join("bin/python3.14t");
    let own = format!("{} {} False", executable.display(), prefix.display());
    let child = format!("{} False", executable.display());
    let said = ok(&sandbox, &place, "python", &["children.py"]);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines, [&own, &own, &child, &own], "{said}");
    // The twin next to it is started as itself, and the pin does not change the meaning of its
    // name.
    let gil = ["-c", "import sys; print(sys._is_gil_enabled(), sys.prefix)"];
    let said = ok(&sandbox, &place, "python3.14", &gil);
    assert!(said.starts_with("True "), "{said}");
    assert!(said.trim_end().ends_with("3.14.7-pbs-20260901"), "{said}");
    // pip, pydoc and the configuration belong to the pinned one.
    let pip = ok(&sandbox, &place, "pip", &["--version"]);
    assert!(pip.contains("3.14.7t-pbs-20260901"), "{pip}");
    assert!(ok(&sandbox, &place, "pydoc3", &["-b", "--help"]).contains("pydoc"));
    let source = "#include <Python.h>\n#ifndef Py_GIL_DISABLED\n#error GIL\n#endif\n";
    std::fs::write(place.join("x.c"), source).expect("write");
    let compile = |config: &str| {
        let shims = sandbox.store.join("shims");
        let script = format!(
            "cc -c x.c -o x.o $({}/{config} --includes)",
            shims.display()
        );
        let mut command = std::process::Command::new("/bin/sh");
        finished(output(command.args(["-c", &script]).current_dir(&place)))
    };
    assert_eq!(compile("python3.14t-config").code, Some(0));
    assert_eq!(compile("python-config").code, Some(0));
    assert_ne!(
        compile("python3.14-config").code,
        Some(0),
        "the twin has a GIL"
    );
}

/// A wheel with one console script, made without a build tool.
fn wheel(python: &Path, place: &Path) -> PathBuf {
    let script = r#"
import sys, zipfile
name = sys.argv[1] + "/hello-1-py3-none-any.whl"
with zipfile.ZipFile(name, "w") as wheel:
    info = "hello-1.dist-info/"
    wheel.writestr("hello.py", "import sys\ndef main(): print('hello', sys.prefix, sys._is_gil_enabled())\n")
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: hello\nVersion: 1\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(info + "entry_points.txt", "[console_scripts]\nhello = hello:main\n")
    wheel.writestr(info + "RECORD", "")
"#;
    let mut command = std::process::Command::new(python);
    let made = finished(output(command.args(["-c", script]).arg(place)));
    assert_eq!(made.code, Some(0), "{made:?}");
    place.join("hello-1-py3-none-any.whl")
}

/// The base of a virtual environment, and whether its GIL is on.
pub(crate) fn base(place: &Path, venv: &str) -> String {
    let code = "import os, sys; print(os.path.realpath(sys.base_prefix), sys._is_gil_enabled())";
    let mut python = std::process::Command::new(place.join(venv).join("bin/python"));
    finished(output(python.args(["-c", code]))).stdout
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_a_venv_has_the_right_names_and_stands_on_no_shim() {
    let sandbox = twins();
    let place = project(&sandbox, "p", "3.14t\n");
    let said = at(&sandbox, &place, &["venv"]);
    let expected = "3.14.7t, GIL off, follows 3.14t";
    assert!(said.stderr.contains(expected), "{said:?}");
    for name in ["python", "python3", "python3.14t", "pip", "pip3.14t"] {
        assert!(place.join(".venv/bin").join(name).exists(), "{name}");
    }
    // One that was made by hand through the shim follows its alias, too.
    let by_hand = ["-m", "venv", "--without-pip", "by-hand"];
    ok(&sandbox, &place, "python", &by_hand);
    let old = sandbox.store.join("installs/3.14.7t-pbs-20260901");
    let alias = sandbox.store.join("aliases/3.14t");
    let config = std::fs::read_to_string(place.join("by-hand/pyvenv.cfg")).expect("read");
    assert!(
        config.contains(&format!("home = {}/bin\n", alias.display())),
        "{config}"
    );
    // A console script is installed into the environment, and runs there.
    let wheel = wheel(&old.join("bin/python3.14t"), &place);
    let mut pip = std::process::Command::new(place.join(".venv/bin/pip3.14t"));
    pip.args(["install", "-q", "--no-index"]).arg(wheel);
    let pip = finished(output(&mut pip));
    assert_eq!(pip.code, Some(0), "{pip:?}");
    let mut hello = std::process::Command::new(place.join(".venv/bin/hello"));
    let hello = finished(output(&mut hello)).stdout;
    let venv = place.join(".venv");
    assert_eq!(hello, format!("hello {} False\n", venv.display()));
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_a_venv_follows_its_alias_and_an_exact_one_stays() {
    let mut sandbox = twins();
    let place = project(&sandbox, "p", "3.14t\n");
    at(&sandbox, &place, &["venv", "--without-pip"]);
    let exact = at(
        &sandbox,
        &place,
        &["venv", "--exact", "--without-pip", "exact"],
    );
    let stays = "stays with 3.14.7t-pbs-20260901";
    assert!(exact.stderr.contains(stays), "{exact:?}");
    let named = ["venv", "-p", "3.14.7t", "--without-pip", "named"];
    let named = at(&sandbox, &place, &named);
    assert!(
        named.stderr.contains(stays),
        "a named patch is kept: {named:?}"
    );
    // A newer build of the same version; the old one then has only exact users.
    let newer = real()
        .into_iter()
        .find(|archive| archive.name.contains("freethreaded"));
    let mut newer = newer.expect("a free-threaded one");
    newer.name = newer.name.replace("20260901", "20261001");
    sandbox.offer(&newer);
    sandbox.ok(&["upgrade", "3.14t"]);
    let prefix = |key: &str| sandbox.store.join("installs").join(key);
    let (old, new) = (
        prefix("3.14.7t-pbs-20260901"),
        prefix("3.14.7t-pbs-20261001"),
    );
    let says = |prefix: &Path| format!("{} False\n", prefix.display());
    assert_eq!(base(&place, ".venv"), says(&new));
    assert_eq!(base(&place, "exact"), says(&old));
    assert_eq!(base(&place, "named"), says(&old));
    at(&sandbox, &place, &["prune", "--yes"]);
    assert!(old.exists(), "the exact environments stand on it");
    std::fs::remove_dir_all(place.join("exact")).expect("remove");
    std::fs::remove_dir_all(place.join("named")).expect("remove");
    at(&sandbox, &place, &["prune", "--yes"]);
    assert!(!old.exists());
    assert_eq!(base(&place, ".venv"), says(&new));
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_a_venv_is_never_made_over_something_else() {
    let sandbox = twins();
    let place = project(&sandbox, "p", "3.14t\n");
    let fails = |arguments: &[&str]| {
        let said = finished(output(sandbox.command(arguments).current_dir(&place)));
        assert_eq!(said.code, Some(2), "{arguments:?}: {said:?}");
        said.stderr
    };
    fails(&["venv", "--clear", "."]);
    assert!(place.join(".python-version").exists());
    at(&sandbox, &place, &["venv", "--without-pip"]);
    assert!(fails(&["venv"]).contains("--clear"));
    std::fs::write(place.join(".venv/mine"), "").expect("write");
    at(
        &sandbox,
        &place,
        &["venv", "--without-pip", "--clear", "-p", "3.14"],
    );
    assert!(!place.join(".venv/mine").exists());
    let config = std::fs::read_to_string(place.join(".venv/pyvenv.cfg")).expect("read");
    assert!(config.contains("aliases/3.14/bin\n"), "{config}");
    std::fs::write(place.join("file"), "").expect("write");
    fails(&["venv", "file"]);
    fails(&["venv", "-p", "3.14x", "y"]);
    // A failure leaves nothing behind.
    let old = sandbox
        .store
        .join("installs/3.14.7t-pbs-20260901/lib/python3.14t/venv");
    std::fs::remove_dir_all(old).expect("remove");
    let said = finished(output(sandbox.command(&["venv", "z"]).current_dir(&place)));
    assert_eq!(said.code, Some(6), "{said:?}");
    assert!(!place.join("z").exists());
}
