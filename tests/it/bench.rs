//! `ftpy bench`: wrong usage, conditions and exports, without interpreters that are measured.

use crate::support::sandbox::{Sandbox, finished};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn refused(sandbox: &Sandbox, words: &[&str], code: i32, expected: &str) {
    let ended = sandbox.run(&[&["bench"], words].concat());
    assert_eq!(ended.code, Some(code), "{words:?} {ended:#?}");
    assert!(ended.stderr.contains(expected), "{words:?} {ended:#?}");
}

#[test]
fn bench_refuses_what_it_could_not_measure() {
    let sandbox = Sandbox::new();
    let threads = ["--", "python", "a.py", "{threads}"];
    let with = |words: &[&'static str]| [words, &threads].concat();
    for (words, expected) in [
        (vec![], "nothing to measure"),
        (
            vec!["--", "python", "a.py"],
            "does not get the number of threads",
        ),
        (
            vec!["--threads-env", "A=B", "--", "x"],
            "cannot be a variable's name",
        ),
        (with(&["--budget", "soon"]), "--budget soon"),
        (with(&["--width", "0"]), "--width 0"),
        (with(&["--fail-if", "slow"]), "`slow` is not a condition"),
        (
            with(&["--fail-unless", "pays@0"]),
            "`pays@0` is not a condition",
        ),
        (with(&["--throughput", "("]), "--throughput"),
        (with(&["--throughput", "[0-9]+"]), "exactly one group"),
        (with(&["--input", "x"]), "no {input}"),
        (vec!["--suite", "fast"], "unknown workload"),
    ] {
        refused(&sandbox, &words, 2, expected);
    }
    refused(
        &sandbox,
        &with(&["--base", "nowhere"]),
        3,
        "nowhere is not a directory",
    );
    refused(&sandbox, &["--script", "none.py"], 3, "none.py");
    std::fs::write(sandbox.home().join("empty.py"), "x = 1\n").expect("write");
    refused(
        &sandbox,
        &["--script", "empty.py"],
        2,
        "does not define `work(threads)`",
    );
    refused(&sandbox, &threads, 3, "no such build is installed");
    // Nothing is installed before the variant is known to be wrong.
    let gil = [&["3.14"], &threads[..]].concat();
    refused(&sandbox, &gil, 2, "3.14 is a GIL build");
    let free = [&["3.14.6t", "--gil", "3.14t"], &threads[..]].concat();
    refused(
        &sandbox,
        &free,
        2,
        "--gil 3.14t: this is a free-threaded build",
    );
    let directory = with(&["--export", "."]);
    refused(&sandbox, &directory, 7, "cannot");
    let stdin = with(&["3.14t", "-r", "-"]);
    refused(&sandbox, &stdin, 2, "cannot come from stdin");
    for file in ["none.txt", "uv.lock"] {
        let words = with(&["3.14t", "-r", file]);
        refused(&sandbox, &words, 3, &format!("{file} does not exist"));
    }
}

/// What would be ignored is refused: a condition of CI must not pass because nothing looked at it.
#[test]
fn bench_refuses_options_that_would_do_nothing() {
    let sandbox = Sandbox::new();
    let modes: [&[&str]; 4] = [
        &["--suite=allocation"],
        &["--pyperformance=nbody"],
        &["--host"],
        &["--compare", "a", "b"],
    ];
    let options: [&[&str]; 10] = [
        &["--threads-env", "N"],
        &["--processes-env", "N"],
        &["--input", "x"],
        &["--throughput", "(x)"],
        &["--any-output"],
        &["--svg", "a.svg"],
        &["--html", "a.html"],
        &["--fail-if", "t1 > 2"],
        &["--fail-unless", "pays"],
        &["--base", "main"],
    ];
    for (mode, option) in modes
        .iter()
        .flat_map(|it| options.map(|option| (it, option)))
    {
        let words = [mode, option].concat();
        refused(&sandbox, &words, 2, "cannot be used with");
    }
    for mode in &modes[2..] {
        for option in ["--export=a.json", "--setup=true", "--budget=1m", "--seed=1"] {
            let words = [mode, &[option][..]].concat();
            refused(&sandbox, &words, 2, "cannot be used with");
        }
    }
    let script = ["--script", "a.py", "--threads-env", "N"];
    refused(&sandbox, &script, 2, "cannot be used with");
    let threads = ["--pyperformance", "nbody", "-n", "4"];
    refused(&sandbox, &threads, 2, "cannot be used with");
    let request = ["--suite", "3.14t"];
    refused(&sandbox, &request, 2, "`ftpy bench 3.14t --suite`");
}

/// Writes a program that only says where a pyperformance is, as its interpreter would.
fn write_pyperformance(sandbox: &Sandbox) -> PathBuf {
    let place = sandbox.home().join("tool");
    let benchmarks = place.join("package/data-files/benchmarks");
    let benchmark = benchmarks.join("bm_pickle");
    std::fs::create_dir_all(&benchmark).expect("directories");
    let manifest = "[benchmarks]\n\nname\tmetafile\npickle\t<local>\ngone\t<local>\n";
    std::fs::write(benchmarks.join("MANIFEST"), manifest).expect("written");
    std::fs::write(benchmark.join("run_benchmark.py"), "").expect("written");
    let package = place.join("package");
    let answer = json!({ "directory": package, "version": "1.14.0", "pyperf": "2.11.0" });
    let python = place.join("python");
    for (file, text) in [
        (&python, format!("#!/bin/sh\necho '{answer}'\n")),
        (
            &place.join("pyperformance"),
            format!("#!{}\n", python.display()),
        ),
    ] {
        std::fs::write(file, text).expect("written");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(file, mode).expect("executable");
    }
    place
}

#[test]
fn bench_finds_benchmarks_of_pyperformance_before_it_installs_anything() {
    let sandbox = Sandbox::new();
    let run = |path: &Path, name: &str| {
        let mut command = sandbox.command(&["bench", "3.14t", "--pyperformance", name]);
        finished(command.env("PATH", path).output().expect("ftpy"))
    };
    let place = write_pyperformance(&sandbox);
    for (path, name, expected) in [
        (
            sandbox.home(),
            "pickle",
            "pyperformance is neither on PATH nor installed",
        ),
        (
            &*place,
            "fast",
            "pyperformance 1.14.0 has no benchmark `fast`",
        ),
        (&*place, "gone", "bm_gone/run_benchmark.py does not exist"),
    ] {
        let ended = run(path, name);
        assert_eq!(ended.code, Some(3), "{ended:#?}");
        assert!(ended.stderr.contains(expected), "{ended:#?}");
    }
    std::fs::write(place.join("python"), "#!/bin/sh\nexit 1\n").expect("written");
    let ended = run(&place, "pickle");
    assert!(
        ended.stderr.contains("cannot find the package"),
        "{ended:#?}"
    );
}

#[test]
fn bench_says_what_it_knows_of_the_machine() {
    let sandbox = Sandbox::new();
    let ended = sandbox.run(&["bench", "--host", "--json"]);
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let is_unfit = report["fitness"] == "unfit";
    assert_eq!(ended.code, Some(if is_unfit { 9 } else { 0 }), "{ended:#?}");
    let findings = report["findings"].as_array().expect("a list");
    assert_eq!(findings.iter().any(|it| it["fitness"] == "unfit"), is_unfit);
    #[cfg(target_os = "linux")]
    assert!(report["facts"]["cpus"].as_u64().is_some_and(|it| it > 0));
}

fn interval(value: f64) -> Value {
    json!({ "value": value, "low": value - 0.01, "high": value + 0.01 })
}

/// An export with these times of `t1` and `t2`.
fn export(command: &str, t1: f64, t2: f64) -> String {
    let arm = |id: &str, interpreter: &str, ratio: f64| {
        json!({
            "id": id, "interpreter": interpreter, "threads": 1, "runs": 10, "seconds": 1.0,
            "cpu_seconds": 1.0, "time_ratio": interval(ratio), "speedup": interval(1.0 / ratio),
        })
    };
    let facts = json!({ "processor": "one" });
    let report = json!({
        "verdict": "pays", "reason": "",
        "break_even": { "threads": 2, "low": 2, "high": 2, "never_probability": 0.0 },
        "arms": [arm("gil1", "gil", 1.0), arm("t1", "free-threaded", t1), arm("t2", "free-threaded", t2)],
        "control": null, "scaling": null,
        "course": {
            "stopped_by": "width", "wanted_width": 0.03, "blocks": 10, "warm_up_blocks": 0,
            "disturbed_blocks": 0, "runs": 40, "disturbed_runs": 0, "seconds": 60.0, "seed": 1,
        },
        "builds": { "gil": "3.14.7-pbs-1", "free_threaded": "3.14.7t-pbs-1" },
        "command": [command], "margin": 0.02, "notes": [],
        "host": { "fitness": "fit", "facts": facts, "findings": [] },
        "samples": [],
    });
    report.to_string()
}

#[test]
fn bench_compares_exports_and_doubts_different_commands() {
    let sandbox = Sandbox::new();
    let write = |name: &str, text: &str| {
        std::fs::write(sandbox.home().join(name), text).expect("write");
    };
    write("old.json", &export("a", 1.10, 0.6));
    write("new.json", &export("a", 1.20, 0.605));
    let ended = sandbox.run(&["bench", "--compare", "old.json", "new.json"]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{ended:#?}");
    assert!(
        lines[0].starts_with("t1") && lines[0].ends_with("+9.1 %"),
        "{ended:#?}"
    );
    assert!(lines[1].ends_with("within the noise"), "{ended:#?}");
    assert_eq!(ended.stderr, "");

    write("new.json", &export("b", 1.20, 0.6));
    let ended = sandbox.run(&["bench", "--compare", "old.json", "new.json", "--json"]);
    assert!(ended.stderr.contains("the commands differ"), "{ended:#?}");
    let both: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(both["arms"][0]["is_different"], true);

    let unknown = export("a", 1.2, 0.6).replace("\"pays\"", "\"could-not-measure\"");
    write("new.json", &unknown);
    let ended = sandbox.run(&["bench", "--compare", "old.json", "new.json"]);
    assert!(
        ended.stderr.contains("new.json has no verdict"),
        "{ended:#?}"
    );
    let mut empty: Value = serde_json::from_str(&unknown).expect("JSON");
    empty["arms"] = json!([]);
    write("new.json", &empty.to_string());
    let both = ["--compare", "old.json", "new.json"];
    refused(&sandbox, &both, 2, "no arm in common");
    write("new.json", &json!({ "suite": [empty] }).to_string());
    refused(&sandbox, &both, 2, "an export of several workloads");

    write("new.json", "{}");
    refused(
        &sandbox,
        &["--compare", "old.json", "new.json"],
        2,
        "not an export",
    );
    refused(
        &sandbox,
        &["--compare", "old.json", "none.json"],
        3,
        "none.json",
    );
}
