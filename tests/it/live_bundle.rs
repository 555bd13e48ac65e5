//! Real interpreters without a network: from the cache, from a bundle, and from a mirror by uv.

use crate::live_daily::twins;
use crate::support::live::require_live;
use crate::support::sandbox::{BUILD, Finished, Sandbox, finished};
use crate::support::shims::{output, project};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const GIL: &str = "import ssl, sys; print(sys.version_info[:3], sys._is_gil_enabled())";

/// A command in a separate network namespace, which has no route to anywhere.
fn without_network(command: &Command) -> Command {
    let mut inside = Command::new("unshare");
    inside
        .arg("-n")
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            inside.env(name, value);
        }
    }
    if let Some(place) = command.get_current_dir() {
        inside.current_dir(place);
    }
    inside
}

/// ftpy without a network.
fn alone(sandbox: &Sandbox, place: &Path, code: i32, arguments: &[&str]) -> Finished {
    let mut command = sandbox.command(arguments);
    let said = finished(output(&mut without_network(command.current_dir(place))));
    assert_eq!(said.code, Some(code), "{arguments:?}: {said:#?}");
    said
}

fn run(sandbox: &Sandbox, place: &Path, arguments: &[&str]) -> Finished {
    let said = finished(output(sandbox.command(arguments).current_dir(place)));
    assert_eq!(said.code, Some(0), "{arguments:?}: {said:#?}");
    said
}

/// A project with a lock of both twins.
fn locked(sandbox: &Sandbox) -> PathBuf {
    let place = project(sandbox, "p", "3.14t\n3.14\n");
    let here = ftpy::host::target::detect().to_string();
    run(sandbox, &place, &["lock", "--platform", &here]);
    place
}

#[test]
#[ignore = "live: needs root and namespaces, and the interpreters in ../shared/pythons"]
fn live_root_pythons_a_locked_install_needs_no_network_once_the_cache_has_it() {
    let sandbox = twins();
    let place = locked(&sandbox);
    sandbox.ok(&["uninstall", "--all"]);
    alone(&sandbox, &place, 0, &["install", "--locked", "--offline"]);
    let said = alone(
        &sandbox,
        &place,
        0,
        &["run", "3.14t", "--", "python", "-c", GIL],
    );
    assert_eq!(said.stdout, "(3, 14, 7) False\n");
    // Checks that the namespace has no network.
    sandbox.ok(&["uninstall", "--all"]);
    sandbox.ok(&["cache", "clean"]);
    alone(&sandbox, &place, 4, &["install", "--locked"]);
}

#[test]
#[ignore = "live: needs root and namespaces, and the interpreters in ../shared/pythons"]
fn live_root_pythons_a_bundle_and_the_ftpy_in_it_are_enough_on_a_machine_without_network() {
    let sandbox = twins();
    let place = locked(&sandbox);
    run(&sandbox, &place, &["bundle", "create", "--with-ftpy"]);
    let bundle = place.join("ftpy-bundle.tar.zst");
    let other = Sandbox::new();
    let home = other.home().to_owned();
    std::fs::copy(&bundle, home.join("b.tar.zst")).expect("carried");
    // On a machine with nothing but the file.
    let mut tar = Command::new("sh");
    tar.args(["-c", "zstd -dc b.tar.zst | tar -xf - ftpy"])
        .current_dir(&home);
    let unpacked = finished(output(&mut tar));
    assert_eq!(unpacked.code, Some(0), "tar and zstd: {unpacked:?}");
    let ftpy = |arguments: &[&str]| {
        let mut command = Command::new(home.join("ftpy"));
        command
            .args(arguments)
            .current_dir(&home)
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", &home)
            .env("FTPY_HOME", &other.store);
        let said = finished(output(&mut without_network(&command)));
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:#?}");
        said
    };
    ftpy(&["bundle", "verify", "b.tar.zst"]);
    ftpy(&["bundle", "install", "b.tar.zst"]);
    for (request, expected) in [
        ("3.14t", "(3, 14, 7) False\n"),
        ("3.14", "(3, 14, 7) True\n"),
    ] {
        let said = ftpy(&["run", request, "--", "python", "-c", GIL]);
        assert_eq!(said.stdout, expected);
    }
    ftpy(&["verify"]);
}

/// A sandbox whose index has the real archives at upstream's URLs; the archives themselves are
/// cached.
fn at_upstreams_places(mut sandbox: Sandbox) -> Sandbox {
    let index = sandbox.home().join("index.ndjson");
    let mut text = String::new();
    for path in crate::support::live::archives() {
        let name = path.file_name().expect("a name").to_string_lossy();
        let bytes = std::fs::read(&path).expect("read");
        let sha256 = crate::support::archives::sha256_hex(&bytes);
        let (place, file) = (ftpy::manifest::pbs::UPSTREAM, name.replace('+', "%2B"));
        text += &format!("{{\"url\":\"{place}/{BUILD}/{file}\",\"sha256\":\"{sha256}\"}}\n");
    }
    std::fs::write(&index, text).expect("write");
    sandbox.set("FTPY_INDEX_URL", &format!("file://{}", index.display()));
    sandbox
}

/// uv, from the package index, in an environment of the GIL build.
fn uv(sandbox: &Sandbox) -> PathBuf {
    let mut venv = sandbox.command(&["run", "3.14", "--", "python", "-m", "venv", "tools"]);
    assert_eq!(finished(output(&mut venv)).code, Some(0));
    let bin = sandbox.home().join("tools/bin");
    let mut pip = Command::new(bin.join("pip"));
    pip.args(["install", "-q", "--disable-pip-version-check", "uv"]);
    let installed = finished(output(&mut pip));
    assert_eq!(installed.code, Some(0), "{installed:?}");
    bin.join("uv")
}

/// uv installs both twins from a mirror; returns their GIL states.
fn by_uv(uv: &Path, home: &Path, name: &str, mirror: &str) -> Vec<String> {
    let by_uv = home.join(name);
    let mut install = Command::new(uv);
    install
        .args(["python", "install", "--no-bin", "3.14.7t", "3.14.7"])
        .current_dir(home)
        .env("HOME", home)
        .env("UV_PYTHON_INSTALL_DIR", &by_uv)
        .env("UV_CACHE_DIR", home.join(format!("{name}-cache")))
        .env("UV_PYTHON_INSTALL_MIRROR", mirror)
        .env(
            "UV_PYTHON_DOWNLOADS_JSON_URL",
            format!("{mirror}/uv-downloads.json"),
        );
    let mut install = match mirror.starts_with("file://") {
        true => without_network(&install),
        false => install,
    };
    let said = finished(output(&mut install));
    assert_eq!(said.code, Some(0), "{said:?}");
    let installed = std::fs::read_dir(by_uv).expect("by uv").flatten();
    let is_whole = |name: &str| name.starts_with("cpython-3.14.7");
    let mut answers: Vec<String> = installed
        .filter(|entry| is_whole(&entry.file_name().to_string_lossy()))
        .map(|entry| {
            let mut python = Command::new(entry.path().join("bin/python3.14"));
            finished(output(python.args(["-c", GIL]))).stdout
        })
        .collect();
    answers.sort();
    answers
}

/// Serves a directory like any web server, and returns its URL.
fn serve(sandbox: &Sandbox, directory: &Path) -> String {
    let mut todo = vec![directory.to_owned()];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).expect("read").flatten();
            todo.extend(entries.map(|entry| entry.path()));
        } else {
            let name = path.strip_prefix(directory).expect("below").display();
            let bytes = std::fs::read(&path).expect("read");
            sandbox.server.file(&format!("/served/{name}"), bytes);
        }
    }
    sandbox.server.url("/served")
}

#[test]
#[ignore = "live: needs root and namespaces, and the interpreters in ../shared/pythons"]
fn live_root_pythons_uv_installs_from_a_mirror_of_ours() {
    let sandbox = twins();
    let sandbox = at_upstreams_places(sandbox);
    sandbox.ok(&["mirror", "m", "3.14t", "3.14"]);
    let (home, uv) = (sandbox.home(), uv(&sandbox));
    let both = ["(3, 14, 7) False\n", "(3, 14, 7) True\n"];
    let local = format!("file://{}", home.join("m").display());
    assert_eq!(by_uv(&uv, home, "by-uv", &local), both);
    let served = serve(&sandbox, &home.join("m"));
    assert_eq!(by_uv(&uv, home, "by-uv-http", &served), both);
}

/// The newest 3.13 in the machine's own archive, which changes with updates of its suite.
fn version_at_hand(sandbox: &Sandbox) -> Option<String> {
    ["3.13.15", "3.13.5"].into_iter().find_map(|version| {
        let request = format!("{version}t");
        let line = ["mirror", "sources", "--from", "source", &request];
        let said = sandbox.run(&line);
        (said.code == Some(0)).then(|| version.to_owned())
    })
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_source_is_locked_bundled_and_compiled_without_network() {
    require_live();
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    sandbox.unset("FTPY_SOURCE_MIRROR");
    let version = version_at_hand(&sandbox).expect("the machine's mirror has a source");
    let sources = sandbox.home().join("sources");
    let tarball = format!("{version}/Python-{version}.tar.xz");
    assert!(sources.join(tarball).is_file());
    // Another machine, which knows only the new mirror.
    let mut other = Sandbox::new();
    other.use_embedded_index();
    other.set("FTPY_SOURCE_MIRROR", &sources.display().to_string());
    let place = project(&other, "p", &format!("source:{version}t\n"));
    let here = ftpy::host::target::detect().to_string();
    run(&other, &place, &["lock", "--platform", &here]);
    run(&other, &place, &["bundle", "create"]);
    std::fs::remove_dir_all(&sources).expect("remove the mirror");
    std::fs::remove_dir_all(&other.store).expect("remove the store");
    alone(
        &other,
        &place,
        0,
        &["bundle", "install", "ftpy-bundle.tar.zst"],
    );
    assert_eq!(other.installed(), [format!("{version}t-source")]);
    let code = "import sys; print(sys._is_gil_enabled())";
    let line = ["run", "3.13t", "--", "python", "-c", code];
    assert_eq!(alone(&other, &place, 0, &line).stdout, "False\n");
    let said = alone(&other, &place, 0, &["install", "--locked", "--offline"]);
    assert!(said.stderr.contains("already installed"), "{said:?}");
}
