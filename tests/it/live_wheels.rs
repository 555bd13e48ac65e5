//! Wheels of PyPI: how little of them is read, and that the verdicts are those of whole wheels.

use crate::support::live::require_live;
use crate::support::wheels::{Reading, remote, verdicts};
use std::process::Command;

/// Packages with large and small modules; `pip` resolves their newest wheels.
const PACKAGES: [&str; 12] = [
    "numpy",
    "lxml",
    "h3",
    "fonttools",
    "pillow",
    "cryptography",
    "matplotlib",
    "contourpy",
    "requests",
    "pandas",
    "pyyaml",
    "kiwisolver",
];

/// The URL and the sha256 of a wheel, by pip.
fn listed() -> Vec<(String, String, String)> {
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "install",
        "--dry-run",
        "--quiet",
        "--report",
        "-",
    ]);
    pip.args([
        "--ignore-installed",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--target",
        "unused",
    ]);
    pip.args([
        "--python-version",
        "3.14",
        "--implementation",
        "cp",
        "--abi",
        "cp314t",
        "--abi",
    ]);
    pip.args(["none", "--platform", "manylinux_2_28_x86_64", "--platform"]);
    pip.args(["manylinux2014_x86_64"]).args(PACKAGES);
    let done = pip.output().expect("python3 with pip");
    assert!(done.status.success(), "{done:?}");
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let installs = report["install"].as_array().expect("a list");
    let text = |value: &serde_json::Value| value.as_str().expect("a string").to_owned();
    let listed = installs.iter().map(|install| {
        let info = &install["download_info"];
        let sha256 = text(&info["archive_info"]["hashes"]["sha256"]);
        (
            text(&install["metadata"]["name"]),
            text(&info["url"]),
            sha256,
        )
    });
    listed.collect()
}

#[test]
#[ignore = "live: needs pip and PyPI"]
fn live_network_little_of_wheels_is_read_and_the_verdicts_are_the_same() {
    require_live();
    let listed = listed();
    let wheels: Vec<_> = listed
        .iter()
        .map(|(_, url, sha256)| {
            let mut wheel = remote(url, None);
            wheel.wheel.sha256 = Some(sha256.parse().expect("a digest"));
            let file = url.rsplit('/').next().expect("a name");
            wheel.wheel.name = file.parse().expect("the name of a wheel");
            wheel
        })
        .collect();
    let (little, mut whole) = (Reading::new(), Reading::new());
    whole.options.is_full = true;
    let few = little.all(&wheels).expect("not interrupted");
    let all = whole.all(&wheels).expect("not interrupted");
    let (mut read, mut size, mut lines) = (0, 0, Vec::new());
    for ((few, all), (name, ..)) in few.iter().zip(&all).zip(&listed) {
        let few = few
            .as_ref()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let all = all
            .as_ref()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(verdicts(few), verdicts(all), "{name}");
        assert!(all.report.is_hash_verified, "{name}");
        read += few.bytes_read;
        size += few.size.expect("a size");
        lines.push(format!(
            "{name}: {} of {:?} bytes",
            few.bytes_read, few.size
        ));
    }
    let lines = lines.join("\n");
    assert!(
        read * 100 <= size * 60,
        "{read} of {size} bytes were read:\n{lines}"
    );
}
