//! The GIL X-ray on modules that the machine's compilers build, and on wheels from PyPI.

use crate::support::live::require_live;
use ftpy::xray::{ModuleFile, Report, Verdict, examine};
use std::path::{Path, PathBuf};
use std::process::Command;

const MODULE: &str = "x.cpython-314t-x86_64-linux-gnu.so";
const EXPORT: &str = "x.cpython-315t-x86_64-linux-gnu.so";

/// What each case of a fixture says about itself: `/* off: a slot */`.
pub(crate) fn cases(source: &Path) -> Vec<(u32, String)> {
    let text = std::fs::read_to_string(source).expect("a fixture");
    let cases = text.lines().filter_map(|line| line.split_once("CASE == "));
    let cases = cases.map(|(_, rest)| {
        let (number, comment) = rest.split_once(" /* ").expect("a comment");
        let verdict = comment.split([':', ' ']).next().expect("a verdict");
        (number.parse().expect("a number"), verdict.to_owned())
    });
    cases.collect()
}

pub(crate) fn word(report: &Report) -> &'static str {
    match report.verdict {
        Verdict::KeepsOff => "off",
        Verdict::TurnsOn => "on",
        Verdict::Delegates(_) => "delegated",
        Verdict::Undetermined(_) => "undetermined",
    }
}

fn compilers() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut all = Vec::new();
    for compiler in ["gcc", "clang"] {
        for level in ["-O0", "-O1", "-O2", "-O3", "-Os"] {
            all.push((compiler, vec![level]));
        }
    }
    all.push(("gcc", vec!["-O2", "-flto"]));
    all.push(("gcc", vec!["-O2", "-Wl,-z,pack-relative-relocs"]));
    all.push(("gcc", vec!["-O2", "-fno-plt", "-fcf-protection=full"]));
    all.push(("gcc", vec!["-O3", "-march=haswell"]));
    all
}

/// Builds every case with every compiler, and returns those that were judged wrongly.
fn misjudged(source: &str, name: &str) -> (usize, Vec<String>) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/xray")
        .join(source);
    let directory = tempfile::tempdir().expect("a directory");
    let built = directory.path().join(name);
    let file = ModuleFile::parse(name).expect("a module's name");
    let (mut count, mut wrong) = (0, Vec::new());
    for (compiler, flags) in compilers() {
        for (number, expected) in cases(&source) {
            let mut command = Command::new(compiler);
            command
                .args(["-shared", "-fPIC", "-w", "-o"])
                .arg(&built)
                .args(&flags);
            command.arg(format!("-DCASE={number}")).arg(&source);
            assert!(
                command.status().expect("a compiler").success(),
                "{command:?}"
            );
            let report = examine(&std::fs::read(&built).expect("a module"), &file, None);
            count += 1;
            if word(&report) != expected {
                wrong.push(format!(
                    "{compiler} {flags:?} case {number}: {expected}, {report:?}"
                ));
            }
        }
    }
    (count, wrong)
}

#[test]
#[ignore = "live: needs gcc and clang"]
fn live_xray_judges_what_gcc_and_clang_build_at_every_level() {
    require_live();
    let (count, wrong) = misjudged("module.c", MODULE);
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count > 300, "{count}");
}

#[test]
#[ignore = "live: needs gcc and clang"]
fn live_xray_judges_the_exported_slots_of_3_15() {
    require_live();
    let (count, wrong) = misjudged("export.c", EXPORT);
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Wheels for 3.14t on PyPI, and how many of their modules keep the GIL off and turn it on, as
/// CPython 3.14.7t said on 2026-11-28.
const WHEELS: [(&str, usize, usize); 10] = [
    ("h3==4.5.0", 0, 8),
    ("hiredis==3.5.0", 0, 1),
    ("bcrypt==5.0.0", 1, 0),
    ("greenlet==3.5.6", 3, 0),
    ("ujson==6.1.0", 1, 0),
    ("kiwisolver==1.5.1", 1, 0),
    ("markupsafe==3.0.4", 1, 0),
    ("python-rapidjson==1.25", 0, 1),
    ("cbor2==6.3.0", 1, 0),
    ("yarl==1.25.1", 1, 0),
];

fn modules(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(modules(&path));
        } else if path.extension().is_some_and(|ending| ending == "so") {
            found.push(path);
        }
    }
    found
}

/// Downloads wheels for 3.14t by pip and unpacks them, each into a directory of its own.
fn wheels(directory: &Path) {
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
    ]);
    pip.args([
        "--python-version",
        "3.14",
        "--implementation",
        "cp",
        "--abi",
        "cp314t",
    ]);
    for platform in [
        "manylinux2014",
        "manylinux_2_24",
        "manylinux_2_26",
        "manylinux_2_28",
    ] {
        pip.arg("--platform").arg(format!("{platform}_x86_64"));
    }
    pip.arg("--dest")
        .arg(directory)
        .args(WHEELS.map(|(wheel, ..)| wheel));
    assert!(pip.status().expect("pip").success(), "{pip:?}");
    for entry in std::fs::read_dir(directory).expect("wheels").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let package = name.split('-').next().expect("a name").replace('_', "-");
        let mut unpack = Command::new("python3");
        unpack
            .args(["-m", "zipfile", "-e"])
            .arg(entry.path())
            .arg(directory.join(package));
        assert!(unpack.status().expect("python3").success(), "{unpack:?}");
    }
}

#[test]
#[ignore = "live: needs PyPI"]
fn live_xray_agrees_with_the_interpreter_on_wheels_of_pypi() {
    require_live();
    let directory = tempfile::tempdir().expect("a directory");
    wheels(directory.path());
    for (wheel, off, on) in WHEELS {
        let package = wheel.split('=').next().expect("a name");
        let (mut found, mut words) = (Vec::new(), Vec::new());
        for path in modules(&directory.path().join(package)) {
            let name = path.to_string_lossy();
            let file = ModuleFile::parse(&name).expect("a module's name");
            let report = examine(&std::fs::read(&path).expect("a module"), &file, None);
            words.push(word(&report));
            found.push((path, report));
        }
        let count = |wanted: &str| words.iter().filter(|word| **word == wanted).count();
        assert_eq!(
            (count("off"), count("on"), words.len()),
            (off, on, off + on),
            "{found:#?}"
        );
    }
}
