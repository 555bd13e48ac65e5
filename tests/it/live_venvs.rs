//! Virtual environments of `python -m venv`, virtualenv and uv, which find Python through a shim.

use crate::live_daily::{base, real, twins};
use crate::support::sandbox::{Sandbox, finished};
use crate::support::shims::{directory, output, project};
use std::path::Path;
use std::process::Command;

/// Runs a program with the shims first on PATH.
fn started(sandbox: &Sandbox, place: &Path, program: &Path, words: &[&str]) {
    let mut command = Command::new(program);
    command
        .args(words)
        .current_dir(place)
        .env_clear()
        .env("HOME", sandbox.home())
        .env("UV_PYTHON_DOWNLOADS", "never")
        .env(
            "PATH",
            format!("{}:/usr/bin:/bin", directory(sandbox).display()),
        );
    let said = finished(output(&mut command));
    assert_eq!(said.code, Some(0), "{program:?} {words:?}: {said:?}");
}

/// The `home` of an environment.
fn home(place: &Path, venv: &str) -> String {
    let config = std::fs::read_to_string(place.join(venv).join("pyvenv.cfg")).expect("read");
    let mut lines = config.lines();
    let home = lines.find_map(|line| line.strip_prefix("home = "));
    home.expect("a home").to_owned()
}

const ALL: [&str; 5] = ["tools", "plain", "by-virtualenv", "by-uv", "by-uv-named"];

/// Creates an environment with each tool.
fn make_all(sandbox: &Sandbox, place: &Path) {
    let python = directory(sandbox).join("python");
    started(sandbox, place, &python, &["-m", "venv", "tools"]);
    let tool = |name: &str, words: &[&str]| {
        started(sandbox, place, &place.join("tools/bin").join(name), words);
    };
    let install = ["install", "-q", "--disable-pip-version-check"];
    tool("pip", &[&install[..], &["uv", "virtualenv"]].concat());
    let plain = ["-m", "venv", "--without-pip", "plain"];
    started(sandbox, place, &python, &plain);
    let named = ["--no-pip", "-p", "python3.14t", "by-virtualenv"];
    tool("virtualenv", &named);
    tool("uv", &["venv", "-q", "by-uv"]);
    tool("uv", &["venv", "-q", "-p", "3.14t", "by-uv-named"]);
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons and the package index"]
fn live_pythons_environments_of_venv_virtualenv_and_uv_follow_an_upgrade() {
    let mut sandbox = twins();
    let place = project(&sandbox, "p", "3.14t\n");
    make_all(&sandbox, &place);
    let exact = project(&sandbox, "exact", "3.14.7t\n");
    let plain = ["-m", "venv", "--without-pip", "x"];
    let python = directory(&sandbox).join("python");
    started(&sandbox, &exact, &python, &plain);
    let alias = sandbox.store.join("aliases/3.14t/bin");
    for venv in ALL {
        assert_eq!(home(&place, venv), alias.display().to_string(), "{venv}");
    }
    let mut newer = real();
    newer.retain(|archive| archive.name.contains("freethreaded"));
    newer[0].name = newer[0].name.replace("20260901", "20261001");
    sandbox.offer(&newer[0]);
    sandbox.ok(&["upgrade", "3.14t"]);
    let prefix = |day: u32| {
        let key = format!("installs/3.14.7t-pbs-{day}");
        sandbox.store.join(key)
    };
    let (old, new) = (prefix(20_260_901), prefix(20_261_001));
    let says = |prefix: &Path| format!("{} False\n", prefix.display());
    assert_eq!(base(&exact, "x"), says(&old));
    let mut prune = sandbox.command(&["prune", "--yes"]);
    assert_eq!(finished(output(prune.current_dir(&exact))).code, Some(0));
    assert!(old.exists(), "an environment uses it");
    std::fs::remove_dir_all(exact.join("x")).expect("remove");
    sandbox.ok(&["prune", "--yes"]);
    assert!(!old.exists(), "the others follow the alias");
    for venv in ALL {
        assert_eq!(base(&place, venv), says(&new), "{venv}");
    }
}

const BACKEND: &str = r#"
import os, subprocess, sys, zipfile

def build_wheel(directory, settings=None, metadata=None):
    code = "import sys; print(sys.version.split()[0], sys._is_gil_enabled(), sys.prefix)"
    said = subprocess.check_output(["python3", "-c", code], cwd="/", text=True)
    open(os.environ["HOME"] + "/said", "w").write(said)
    name = "x-1-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as wheel:
        wheel.writestr("x-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: x\nVersion: 1\n")
        wheel.writestr("x-1.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: x\n"
                       "Root-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("x-1.dist-info/RECORD", "")
    return name
"#;

const PACK: &str = r#"
import sys, tarfile
with tarfile.open("x-1.tar.gz", "w:gz") as archive:
    for name in ["pyproject.toml", "backend.py", "PKG-INFO"]:
        archive.add(name, "x-1/" + name)
"#;

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_pip_builds_an_sdist_with_the_pinned_python() {
    let sandbox = twins();
    sandbox.ok(&["default", "3.14"]);
    let place = project(&sandbox, "p", "3.14t\n");
    let project = "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n\
                   [project]\nname = 'x'\nversion = '1'\n";
    let info = "Metadata-Version: 2.1\nName: x\nVersion: 1\n";
    for (name, text) in [
        ("pyproject.toml", project),
        ("backend.py", BACKEND),
        ("PKG-INFO", info),
    ] {
        std::fs::write(place.join(name), text).expect("write");
    }
    let python = directory(&sandbox).join("python");
    started(&sandbox, &place, &python, &["-c", PACK]);
    let pip = directory(&sandbox).join("pip");
    let wheel = ["wheel", "-q", "--no-index", "x-1.tar.gz"];
    started(&sandbox, &place, &pip, &wheel);
    assert!(place.join("x-1-py3-none-any.whl").is_file());
    // The back end ran in a temporary directory, outside the project.
    let said = std::fs::read_to_string(sandbox.home().join("said")).expect("read");
    let prefix = sandbox.store.join("installs/3.14.7t-pbs-20260901");
    assert_eq!(said, format!("3.14.7 False {}\n", prefix.display()));
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons and the package index"]
fn live_pythons_an_upgrade_brings_packages_along() {
    let mut sandbox = twins();
    let place = project(&sandbox, "p", "3.14t\n");
    let python = directory(&sandbox).join("python");
    let install = ["-m", "pip", "install", "-q", "--disable-pip-version-check"];
    started(
        &sandbox,
        &place,
        &python,
        &[&install[..], &["six==1.16.0"]].concat(),
    );
    let mut newer = real();
    newer.retain(|archive| archive.name.contains("freethreaded"));
    newer[0].name = newer[0].name.replace("20260901", "20261001");
    sandbox.offer(&newer[0]);
    let said = sandbox.ok(&["upgrade", "--with-packages", "3.14t"]);
    let line = "1 package of 3.14.7t-pbs-20260901 into 3.14.7t-pbs-20261001: six==1.16.0";
    assert!(said.stderr.contains(line), "{said:?}");
    let code = "import six, sys; print(six.__version__, '20261001' in six.__file__)";
    let said = sandbox.ok(&["run", "3.14t", "--", "python", "-c", code]);
    assert_eq!(said.stdout, "1.16.0 True\n");
    sandbox.ok(&["verify"]);
}
