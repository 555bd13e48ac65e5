//! An environment of real packages from a loopback channel against `tar` of the same packages,
//! and a solve over 3,000 records.

use crate::support::channel::{Channel, Form};
use crate::support::pythons::real_packages;
use crate::support::server::Server;
use crate::{FTPY, RUNS, figure, median, peak_memory, probe_of, row, run, say, timed};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Install and solve, with their peak memory.
pub(crate) fn install(scratch: &Path) {
    let scratch = scratch.join("conda");
    let packages = real_packages(&scratch.join("trees"));
    if packages.is_empty() {
        return;
    }
    let mut channel = Channel::of(&packages);
    for number in 0..3000 {
        let record = serde_json::json!({
            "name": format!("filler-{}", number % 50), "version": format!("1.{number}"),
            "build": "0", "build_number": 0, "subdir": "noarch", "size": 1,
            "sha256": "0".repeat(64), "depends": [format!("filler-{} >=1", (number + 1) % 50)],
        });
        let file = format!("filler-{}-1.{number}-0.conda", number % 50);
        channel.list("noarch", &file, record);
    }
    let server = Server::start();
    for (path, bytes) in channel.all(Form::Zst) {
        server.file(&format!("/{path}"), bytes);
    }
    let store = scratch.join("store");
    let url = server.url("");
    let ftpy = |arguments: &[&str]| {
        let mut command = Command::new(FTPY);
        command.args(arguments).args(["--from", "conda", "3.14t"]);
        command
            .env("FTPY_HOME", &store)
            .env("FTPY_CONDA_CHANNELS", &url);
        command
    };
    let parts = parts(&channel, &scratch);
    let (mut whole, mut solved, mut tar) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..=RUNS {
        for directory in ["installs", "cache"] {
            let _ = std::fs::remove_dir_all(store.join(directory));
        }
        let (took, output) = timed(&mut ftpy(&["--json", "install"]));
        whole.push(took.saturating_sub(probe_of(&output)));
        solved.push(after_the_solve(&output));
        tar.push(unpack(&parts, &scratch.join("unpacked")));
    }
    say(&format!(
        "conda environment of {} archives, median of {RUNS}",
        parts.len()
    ));
    let of = median(tar);
    row("tar --zstd", of, of);
    row("solved, without its probe", median(solved), of);
    row("ftpy install, without its probe", median(whole), of);
    run(&mut ftpy(&["install", "--dry-run"]));
    let plan = |_| timed(&mut ftpy(&["install", "--dry-run"])).0;
    figure(
        "a plan over 3,000 records",
        median((0..RUNS).map(plan).collect()),
    );
    if let Some(peak) = peak_memory(&mut ftpy(&["install", "--reinstall"])) {
        say(&format!(
            "  {:34} {peak:7.1} MB",
            "peak memory of an install"
        ));
    }
}

/// Downloading, unpacking, linking and committing, as measured by ftpy.
fn after_the_solve(json: &str) -> Duration {
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let timings = &value[0]["timings_ms"];
    let steps = ["fetch_and_unpack", "link", "commit"];
    let sum: f64 = steps.iter().filter_map(|step| timings[step].as_f64()).sum();
    Duration::from_secs_f64(sum / 1000.0)
}

/// The `.tar.zst` files inside the archives of the free-threaded environment.
fn parts(channel: &Channel, scratch: &Path) -> Vec<PathBuf> {
    let directory = scratch.join("parts");
    std::fs::create_dir_all(&directory).expect("mkdir");
    let wanted = ["cp314t.conda", "pip-"];
    let mut found = Vec::new();
    for (path, bytes) in channel.all(Form::Json) {
        let is_wanted = wanted.iter().any(|text| path.contains(text)) && path.ends_with(".conda");
        if !is_wanted {
            continue;
        }
        let archive = directory.join(path.replace('/', "-"));
        std::fs::write(&archive, bytes).expect("write");
        let mut python = Command::new("python3");
        python.args(["-c", UNZIP]).arg(&archive).arg(&directory);
        let (_, names) = timed(&mut python);
        found.extend(names.lines().map(PathBuf::from));
    }
    found
}

const UNZIP: &str = "import sys, zipfile
for name in zipfile.ZipFile(sys.argv[1]).namelist():
    if name.endswith('.zst'):
        print(zipfile.ZipFile(sys.argv[1]).extract(name, sys.argv[2]))";

fn unpack(parts: &[PathBuf], into: &Path) -> Duration {
    let _ = std::fs::remove_dir_all(into);
    std::fs::create_dir_all(into).expect("mkdir");
    let mut took = Duration::ZERO;
    for part in parts {
        let mut tar = Command::new("tar");
        tar.args(["--zstd", "-xf"]).arg(part).arg("-C").arg(into);
        took += timed(&mut tar).0;
    }
    took
}
