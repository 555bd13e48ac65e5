//! `ftpy check` of lock files: nothing is installed, and the newest version that keeps the GIL off is
//! named.

use crate::check::{packages, words};
use crate::support::archives::sha256_hex;
use crate::support::sandbox::Sandbox;
use crate::support::shims::run_in;
use crate::support::wheels::{module, record};
use crate::support::zip::{ZipMember, zip};
use std::path::PathBuf;

const WHEEL: &str = "demo-1.0-cp314-cp314t-manylinux_2_28_x86_64.whl";

/// A project whose uv.lock lists one wheel of `demo` 1.0 on the server.
pub(crate) fn locked(sandbox: &Sandbox, keeps_off: bool) -> PathBuf {
    let bytes = wheel_bytes("1.0", keeps_off);
    let digest = sha256_hex(&bytes);
    sandbox.server.file(&format!("/files/{WHEEL}"), bytes);
    let url = sandbox.server.url("");
    let lock = format!(
        "version = 1\nrevision = 3\nrequires-python = \">=3.14\"\n\n\
         [[package]]\nname = \"demo\"\nversion = \"1.0\"\n\
         source = {{ registry = \"{url}/simple\" }}\n\
         wheels = [\n    {{ url = \"{url}/files/{WHEEL}\", hash = \"sha256:{digest}\" }},\n]\n"
    );
    let project = sandbox.home().join("locked");
    std::fs::create_dir_all(&project).expect("create");
    std::fs::write(project.join("uv.lock"), lock).expect("write");
    project
}

fn wheel_bytes(version: &str, keeps_off: bool) -> Vec<u8> {
    let file = "demo/x.cpython-314t-x86_64-linux-gnu.so";
    let info = format!("demo-{version}.dist-info");
    let metadata = format!("{info}/METADATA");
    let text = format!("Name: demo\nVersion: {version}\n\n");
    let mut files = vec![(file, module(keeps_off)), (&*metadata, text.into_bytes())];
    let listed = record(&files).replace("demo-1.0.dist-info", &info);
    let name = format!("{info}/RECORD");
    files.push((&*name, listed.into_bytes()));
    let members = files
        .into_iter()
        .map(|(name, data)| ZipMember::new(name, data));
    zip(&members.collect::<Vec<_>>())
}

/// Offers other versions of `demo` in the server's index.
pub(crate) fn serve(sandbox: &Sandbox, versions: &[(&str, bool)]) {
    let mut files = String::new();
    for (version, keeps_off) in versions {
        let file = WHEEL.replace("1.0", version);
        sandbox
            .server
            .file(&format!("/files/{file}"), wheel_bytes(version, *keeps_off));
        files += &format!("<a href=\"/files/{file}\">{file}</a>\n");
    }
    let page = format!("<!DOCTYPE html><html><body>\n{files}</body></html>\n");
    sandbox.server.file("/simple/demo/", page);
}

#[test]
fn the_lock_of_a_project_is_checked_before_anything_is_installed() {
    let sandbox = Sandbox::new();
    let project = locked(&sandbox, true);
    let arguments = [
        "check",
        "--json",
        "-p",
        "3.14t",
        "--platform",
        "linux-x86_64",
    ];
    let said = run_in(&sandbox, &project, 0, &arguments);
    assert_eq!(words(&said), ["demo keeps-off 3.14t-linux-x86_64"]);
    let package = &packages(&said)[0];
    assert_eq!(package["location"]["file"], "uv.lock");
    assert_eq!(package["location"]["line"], 6);
    // Again, without the network: the verdict is cached.
    let again = [&["--offline"], &arguments[..]].concat();
    assert_eq!(words(&run_in(&sandbox, &project, 0, &again)), words(&said));
    // On another platform there is no wheel.
    let other = ["check", "--json", "--platform", "macos-arm64"];
    let said = run_in(&sandbox, &project, 9, &other);
    assert_eq!(words(&said), ["demo not-for-platform 3.14t-macos-arm64"]);
}

#[test]
fn the_newest_version_that_keeps_the_gil_off_is_named_with_its_constraint() {
    let sandbox = Sandbox::new();
    let project = locked(&sandbox, false);
    let versions = [("0.8", true), ("0.9", true), ("1.0", false), ("1.1", false)];
    serve(&sandbox, &versions);
    let platform = ["--platform", "linux-x86_64", "--constraints", "c.txt"];
    let arguments = [&["check", "--json"], &platform[..]].concat();
    let said = run_in(&sandbox, &project, 8, &arguments);
    let remedy = &packages(&said)[0]["remedy"];
    assert_eq!(remedy["last_good"], "0.9", "{said:?}");
    assert_eq!(remedy["constraint"], "demo<=0.9");
    let constraints = std::fs::read_to_string(project.join("c.txt")).expect("constraints");
    assert_eq!(constraints, "demo<=0.9  # demo 1.0 turns the GIL on\n");
}

#[test]
fn a_pre_release_is_named_as_such_if_no_release_keeps_the_gil_off() {
    let sandbox = Sandbox::new();
    let project = locked(&sandbox, false);
    serve(&sandbox, &[("2.0rc1", true), ("1.1", false)]);
    let arguments = ["check", "--platform", "linux-x86_64"];
    let said = run_in(&sandbox, &project, 8, &arguments);
    let line = "  demo 2.0rc1 (a pre-release) keeps it off: demo==2.0rc1\n";
    assert!(said.stdout.contains(line), "{said:?}");
    let json = [&arguments[..], &["--json"]].concat();
    let said = run_in(&sandbox, &project, 8, &json);
    assert_eq!(packages(&said)[0]["remedy"]["is_prerelease"], true);
}

#[test]
fn the_number_of_versions_that_were_not_read_is_named() {
    let sandbox = Sandbox::new();
    let project = locked(&sandbox, false);
    let versions: Vec<String> = (1..=14).map(|minor| format!("0.{minor}")).collect();
    let versions: Vec<(&str, bool)> = versions.iter().map(|it| (it.as_str(), false)).collect();
    serve(&sandbox, &versions);
    let arguments = ["check", "--platform", "linux-x86_64"];
    let said = run_in(&sandbox, &project, 8, &arguments);
    let line = "none of the 12 newest other versions with a wheel for 3.14t on linux-x86_64 keeps it off; 2 older were not read";
    assert!(said.stdout.contains(line), "{said:?}");
}

#[test]
fn without_a_version_that_keeps_the_gil_off_there_are_no_constraints() {
    let sandbox = Sandbox::new();
    let project = locked(&sandbox, false);
    let arguments = [
        "check",
        "--platform",
        "linux-x86_64",
        "--constraints",
        "c.txt",
    ];
    let said = run_in(&sandbox, &project, 8, &arguments);
    assert!(said.stderr.contains("no constraints written"), "{said:?}");
    assert!(
        said.stderr
            .contains("  demo 1.0: other versions are unknown: "),
        "{said:?}"
    );
    assert!(!project.join("c.txt").exists());
}

#[test]
fn an_annotation_names_the_lock_relative_to_the_checkout() {
    let mut sandbox = Sandbox::new();
    let project = locked(&sandbox, false);
    let home = sandbox.home().display().to_string();
    let summary = sandbox.home().join("summary.md");
    sandbox.set("GITHUB_ACTIONS", "true");
    sandbox.set("GITHUB_WORKSPACE", &home);
    sandbox.set("GITHUB_STEP_SUMMARY", &summary.display().to_string());
    std::fs::write(&summary, "before\n").expect("write");
    let said = run_in(
        &sandbox,
        &project,
        8,
        &["check", "--platform", "linux-x86_64"],
    );
    assert!(
        said.stdout.contains("::error file=locked/uv.lock,line=6,"),
        "{said:?}"
    );
    let summary = std::fs::read_to_string(summary).expect("summary");
    assert!(summary.starts_with("before\n### GIL check\n"), "{summary}");
}
