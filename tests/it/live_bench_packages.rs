//! `ftpy bench` with packages: those that a program needs, and pyperformance.

use crate::support::extensions::{World, world};
use crate::support::sandbox::{Finished, finished};
use crate::support::tools::{from_pypi, run};
use serde_json::Value;
use std::path::Path;

const SYSTEM: &str = "/usr/bin:/bin";

/// Measures no longer than it takes to see what ran.
fn bench(world: &World, place: &Path, bin: Option<&Path>, words: &[&str]) -> Finished {
    let first = ["bench", "3.14t", "--any-host", "--json", "--width", "90"];
    let mut command = world.0.command(&[&first[..], words].concat());
    let path = match bin {
        Some(bin) => format!("{}:{SYSTEM}", bin.display()),
        None => SYSTEM.to_owned(),
    };
    command.current_dir(place).env("PATH", path);
    // The authorities of the machine: its proxy may have one of its own.
    command.env("UV_NATIVE_TLS", "1");
    finished(command.output().expect("ftpy"))
}

/// Adds a benchmark that fails to an installed pyperformance.
fn add_broken_benchmark(bin: &Path) {
    let script = "import pyperformance; print(pyperformance.__path__[0])";
    let python = bin.join("python").display().to_string();
    let package = run(&python, &["-c", script], bin);
    let benchmarks = Path::new(package.stdout.trim()).join("data-files/benchmarks");
    let manifest = benchmarks.join("MANIFEST");
    let text = std::fs::read_to_string(&manifest).expect("a manifest");
    let line = "[benchmarks]\n\nname\tmetafile\n";
    assert!(text.contains(line), "{text}");
    let text = text.replace(line, &format!("{line}broken\t<local>\n"));
    std::fs::write(&manifest, text).expect("written");
    let directory = benchmarks.join("bm_broken");
    std::fs::create_dir(&directory).expect("mkdir");
    let script = "import sys; print('it is broken', file=sys.stderr); sys.exit(3)\n";
    std::fs::write(directory.join("run_benchmark.py"), script).expect("written");
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons, and pyperformance of PyPI"]
fn live_pythons_bench_measures_benchmarks_of_pyperformance() {
    let world = world();
    let place = world.place("bench-pyperformance", &[("here", "")]);
    let bin = from_pypi(&place, &["pyperformance"]);
    add_broken_benchmark(&bin);
    let names = ["json_loads", "broken", "pickle_dict"];
    let words = ["--pyperformance", &names.join(",")];
    let ended = bench(&world, &place, Some(&bin), &words);
    let reports: Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
    let reports = reports["suite"].as_array();
    let reports = reports.unwrap_or_else(|| panic!("{ended:#?}"));
    assert_eq!(reports.len(), names.len(), "{ended:#?}");
    // One that fails does not keep the others from being measured.
    assert_eq!(ended.code, Some(9), "{ended:#?}");
    let line = "error: broken: the benchmark ended with exit code 3 in arm gil1";
    assert!(ended.stderr.contains(line), "{ended:#?}");
    for (report, name) in reports.iter().zip(names) {
        assert_eq!(report["command"][0], name);
        if name == "broken" {
            assert_eq!(report["verdict"], "could-not-measure");
            continue;
        }
        let arms = report["arms"].as_array().expect("arms").iter();
        let arms: Vec<&Value> = arms.map(|arm| &arm["id"]).collect();
        assert_eq!(arms, ["gil1", "t1"], "{ended:#?}");
        let seconds = report["samples"][0]["seconds"].as_f64();
        assert!(seconds.is_some_and(|it| it > 0.01 && it < 10.0), "{report}");
    }
    // pyperf and psutil.
    let line = "2 packages in both environments";
    assert!(ended.stderr.contains(line), "{ended:#?}");
}

/// Appends the version of a package to a file.
const VERSION: &str = "
import six
with open('seen', 'a') as file: print(six.__version__, file=file)
";

/// Measures with the packages of a file, and returns the versions that ran.
fn seen(world: &World, place: &Path, bin: Option<&Path>, file: &str) -> (Finished, Vec<String>) {
    let words = ["-n", "1", "-r", file, "--", "python", "app.py", "{threads}"];
    let ended = bench(world, place, bin, &words);
    let seen = std::fs::read_to_string(place.join("seen")).unwrap_or_default();
    let _ = std::fs::remove_file(place.join("seen"));
    let mut seen: Vec<String> = seen.lines().map(str::to_owned).collect();
    seen.dedup();
    (ended, seen)
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons, and six of PyPI"]
fn live_pythons_bench_installs_the_same_packages_for_both_builds() {
    let world = world();
    let files = [
        ("app.py", VERSION),
        ("requirements.txt", "-r more.txt\n"),
        ("more.txt", "six==1.16.0\n"),
        ("wrong.txt", "six==0.0.0.1\n"),
    ];
    let place = world.place("bench-packages", &files);
    let (ended, versions) = seen(&world, &place, None, "requirements.txt");
    assert_eq!(versions, ["1.16.0"], "{ended:#?}");
    let line = "1 package in both environments";
    assert!(ended.stderr.contains(line), "{ended:#?}");
    // A file that is included decides, too.
    std::fs::write(place.join("more.txt"), "six==1.17.0\n").expect("written");
    let (ended, versions) = seen(&world, &place, None, "requirements.txt");
    assert_eq!(versions, ["1.17.0"], "{ended:#?}");

    let (ended, versions) = seen(&world, &place, None, "wrong.txt");
    assert_eq!((ended.code, versions.len()), (Some(6), 0), "{ended:#?}");
    let message = "the packages of wrong.txt could not be installed for 3.14.7";
    assert!(ended.stderr.contains(message), "{ended:#?}");
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons, and uv and six of PyPI"]
fn live_pythons_bench_installs_what_uv_has_locked() {
    let world = world();
    let project = "[project]\nname = 'app'\nversion = '1'\nrequires-python = '>=3.13'\n\
                   dependencies = ['six==1.15.0']\n";
    let files = [("app.py", VERSION), ("pyproject.toml", project)];
    let place = world.place("bench-uv", &files);
    let bin = from_pypi(&place, &["uv"]);
    let uv = bin.join("uv").display().to_string();
    let python = world.0.ok(&["which", "3.14"]);
    let words = ["lock", "--quiet", "--python", python.stdout.trim()];
    let locked = run(&uv, &words, &place);
    assert_eq!(locked.code, Some(0), "{locked:#?}");
    let (ended, versions) = seen(&world, &place, Some(&bin), "uv.lock");
    assert_eq!(versions, ["1.15.0"], "{ended:#?}");
    // Without uv, the error says so.
    let (ended, versions) = seen(&world, &place, None, "uv.lock");
    assert_eq!((ended.code, versions.len()), (Some(3), 0), "{ended:#?}");
    assert!(ended.stderr.contains("uv is not on PATH"), "{ended:#?}");
}
