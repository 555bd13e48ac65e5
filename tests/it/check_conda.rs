//! `ftpy check` on packages of conda: in the lock files of pixi and conda-lock, and in an environment.

use crate::support::archives::sha256_hex;
use crate::support::conda::Package;
use crate::support::sandbox::Sandbox;
use crate::support::server::Server;
use crate::support::shims::run_in;
use crate::support::wheels::module;
use serde_json::Value;
use std::path::Path;

const SITE: &str = "lib/python3.14t/site-packages";
const MODULE: &str = "x.cpython-314t-x86_64-linux-gnu.so";
/// The requirements of a package for the free-threaded build.
const FREE_THREADED: [&str; 2] = ["python >=3.14,<3.15.0a0", "python_abi 3.14.* *_cp314t"];

/// A package with one module, and what says that it was built for an ABI.
fn package(name: &str, keeps_off: bool) -> Package {
    let build = "py314h0_0_cp314t";
    let file = format!("{SITE}/{name}/{MODULE}");
    let metadata = format!("{SITE}/{name}-1.0.dist-info/METADATA");
    let text =
        format!("Name: {name}\nVersion: 1.0\nProject-URL: Issues, https://bugs.example/{name}\n");
    Package::new(name, "1.0", build)
        .file(&file, module(keeps_off), 0o755)
        .file(&metadata, text, 0o644)
}

/// Serves packages, and writes a `pixi.lock` of them, each with its requirements.
fn locked(server: &Server, project: &Path, packages: &[(Package, &[&str])]) {
    let mut lock = "version: 6\nenvironments: {}\npackages:\n".to_owned();
    for (package, depends) in packages {
        let (bytes, _) = package.build();
        let path = format!("/{}/{}", package.subdir, package.file_name());
        let sha256 = sha256_hex(&bytes);
        lock.push_str(&format!(
            "- conda: {}\n  sha256: {sha256}\n  depends:\n",
            server.url(&path)
        ));
        for depend in *depends {
            lock.push_str(&format!("  - {depend}\n"));
        }
        if package.name != "missing" {
            server.file(&path, bytes);
        }
    }
    std::fs::create_dir_all(project).expect("create");
    std::fs::write(project.join("pixi.lock"), lock).expect("write");
}

fn rows(json: &str) -> Vec<(String, String, String)> {
    let value: Value = serde_json::from_str(json).expect("JSON");
    let packages = value["packages"].as_array().expect("packages").iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    packages
        .map(|it| {
            (
                text(&it["name"]),
                text(&it["class"]),
                text(&it["modules"][0]["verdict"]),
            )
        })
        .collect()
}

fn row(name: &str, class: &str, verdict: &str) -> (String, String, String) {
    (name.to_owned(), class.to_owned(), verdict.to_owned())
}

#[test]
fn check_judges_the_packages_of_conda_in_a_pixi_lock() {
    let (sandbox, server) = (Sandbox::new(), Server::start());
    let project = sandbox.home().join("project");
    let with_gil = Package::new("old", "1.0", "py314h0_0_cp314");
    let pure = Package::new("pure", "1.0", "pyh0_0").noarch("python");
    locked(
        &server,
        &project,
        &[
            (package("bad", false), &FREE_THREADED),
            (package("good", true).tar_bz2(), &FREE_THREADED),
            (with_gil, &["python_abi 3.14.* *_cp314"]),
            (pure, &["python >=3.10", "bad"]),
            (Package::new("zlib", "1.3", "h0_0"), &["libgcc >=14"]),
        ],
    );
    let arguments = ["check", "--json", "--platform", "linux-x86_64", "pixi.lock"];
    let said = run_in(&sandbox, &project, 8, &arguments);
    let expected = [
        row("bad", "turns-on", "on"),
        row("good", "keeps-off", "off"),
        row("old", "no-t-wheel", ""),
        row("pure", "pure-python", ""),
    ];
    let mut found = rows(&said.stdout);
    found.sort();
    assert_eq!(found, expected);
    let value: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let bad = &value["packages"][0];
    assert_eq!(bad["hash_verified"], true);
    assert_eq!(bad["required_by"][0], "pure");
    assert_eq!(bad["modules"][0]["module"], "bad.x");
    // The archives are known now.
    drop(server);
    let again = run_in(&sandbox, &project, 8, &arguments);
    let mut found = rows(&again.stdout);
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn check_reports_a_conda_archive_that_has_another_digest_or_is_missing_and_goes_on() {
    let (sandbox, server) = (Sandbox::new(), Server::start());
    let project = sandbox.home().join("project");
    let names = ["changed", "good", "missing", "unlisted"];
    let packages: Vec<Package> = names.map(|name| package(name, true)).to_vec();
    let listed: Vec<(Package, &[&str])> = packages
        .iter()
        .map(|package| (package.clone(), &FREE_THREADED[..]))
        .collect();
    locked(&server, &project, &listed);
    let path = |package: &Package| format!("/linux-64/{}", package.file_name());
    server.file(&path(&packages[0]), b"something else".to_vec());
    let lock = std::fs::read_to_string(project.join("pixi.lock")).expect("the lock");
    let (before, last) = lock.rsplit_once("  sha256:").expect("a digest");
    let (_, after) = last.split_once('\n').expect("a line");
    std::fs::write(project.join("pixi.lock"), format!("{before}{after}")).expect("write");
    let arguments = ["check", "--json", "--platform", "linux-x86_64", "pixi.lock"];
    let said = run_in(&sandbox, &project, 9, &arguments);
    let mut found = rows(&said.stdout);
    found.sort();
    let unreadable = |name| row(name, "unreadable", "");
    assert_eq!(
        found,
        [
            unreadable("changed"),
            row("good", "keeps-off", "off"),
            unreadable("missing"),
            unreadable("unlisted"),
        ]
    );
    for why in ["digest mismatch", "the lock does not give its sha256"] {
        assert!(said.stdout.contains(why), "{why}: {}", said.stdout);
    }
}

#[test]
fn check_names_the_files_in_a_conda_environment_by_their_package() {
    let sandbox = Sandbox::new();
    let prefix = sandbox.home().join("env");
    let directory = prefix.join(SITE).join("pkg");
    std::fs::create_dir_all(&directory).expect("create");
    std::fs::create_dir(prefix.join("conda-meta")).expect("create");
    std::fs::write(directory.join(MODULE), module(false)).expect("write");
    let record = format!(
        "{{\"name\": \"py-pkg\", \"version\": \"2.1\", \"files\": [\"{SITE}/pkg/{MODULE}\"]}}"
    );
    std::fs::write(prefix.join("conda-meta/py-pkg-2.1-0.json"), record).expect("write");
    let said = run_in(&sandbox, sandbox.home(), 8, &["check", "--json", "env"]);
    let value: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let found = &value["packages"][0];
    assert_eq!(
        (&found["name"], &found["version"]),
        (&"py-pkg".into(), &"2.1".into())
    );
    assert_eq!(found["class"], "turns-on");
}
