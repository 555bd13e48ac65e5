//! `ftpy bench` with real interpreters. Tests run beside each other, so the machine is loaded: what a
//! verdict says is not asserted, but that it is consistent, and that a loaded machine is refused.

use crate::support::browser::Browser;
use crate::support::extensions::{World, world};
use crate::support::sandbox::{Finished, finished};
use ftpy::host::process;
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Divides a loop among threads.
const LOOP: &str = "
import sys, threading
count = int(sys.argv[1])
sums = [0] * count
def run(index):
    for number in range(index, 120_000, count):
        sums[index] += number % 7
threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print('sum', sum(sums))
";

fn bench(world: &World, place: &Path, words: &[&str]) -> Finished {
    let all = [&["bench", "3.14t", "--any-host", "-n", "2"], words].concat();
    world.start(&all, "3.14t", place, &[])
}

fn json(ended: &Finished) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:#?}"))
}

/// Each block has each arm once, in another order.
fn check_blocks(report: &Value) {
    let samples = report["samples"].as_array().expect("samples");
    let blocks = report["course"]["blocks"].as_u64().expect("a number");
    assert!(blocks >= 10);
    let of_block = |number: u64| -> Vec<&str> {
        let own = samples.iter().filter(|it| it["block"] == number);
        own.map(|it| it["arm"].as_str().expect("an arm")).collect()
    };
    let mut orders: Vec<Vec<&str>> = (0..blocks).map(of_block).collect();
    for order in &orders {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, ["gil1", "gil1-control", "gil2", "t1", "t2"]);
    }
    orders.sort();
    orders.dedup();
    assert!(orders.len() > 2, "{orders:?}");
}

fn check_arms(report: &Value) {
    for arm in report["arms"].as_array().expect("arms") {
        assert!(
            arm["memory"].as_u64().is_some_and(|it| it > 4 << 20),
            "{arm}"
        );
        let is_free = arm["interpreter"] == "free-threaded";
        assert_eq!(
            arm["gil_enabled"].as_bool(),
            is_free.then_some(false),
            "{arm}"
        );
        let ratio = &arm["time_ratio"];
        let end = |name: &str| ratio[name].as_f64().expect("a number");
        assert!(
            end("low") <= end("value") && end("value") <= end("high"),
            "{arm}"
        );
    }
}

/// The pictures in a browser.
fn check_pictures(place: &Path) {
    let browser = Browser::start(&place.join("profile"), (1200, 900), false);
    browser.open(&place.join("a.html"));
    let charts = browser.value("document.querySelectorAll('svg[role=img]').length");
    assert!(
        charts.as_u64().is_some_and(|charts| charts >= 2),
        "{charts}"
    );
    let text = browser.value("document.body.innerText");
    assert!(!text.as_str().expect("text").contains("NaN"), "{text}");
    let loaded = browser.value("performance.getEntriesByType('resource').length");
    assert_eq!(loaded, 0, "the page needs nothing else");
    let widest = "document.documentElement.scrollWidth <= innerWidth";
    assert_eq!(browser.value(widest), true);
    browser.open(&place.join("a.svg"));
    let root = browser.value("document.documentElement.tagName");
    assert_eq!(root, "svg");
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons, chromium and chromedriver"]
fn live_pythons_bench_compares_a_build_with_its_twin_and_draws_it() {
    let world = world();
    let place = world.place("bench", &[("app.py", LOOP)]);
    let words = [
        "--json",
        "--budget",
        "40s",
        "--width",
        "90",
        "--export",
        "all.json",
        "--svg",
        "a.svg",
        "--html",
        "a.html",
        "--",
        "python",
        "app.py",
        "{threads}",
    ];
    let ended = bench(&world, &place, &words);
    let report = json(&ended);
    let is_refused = report["verdict"] == "could-not-measure";
    assert_eq!(
        ended.code,
        Some(if is_refused { 9 } else { 0 }),
        "{ended:#?}"
    );
    let export = std::fs::read_to_string(place.join("all.json")).expect("an export");
    assert_eq!(
        serde_json::from_str::<Value>(&export).expect("JSON"),
        report
    );
    let builds = &report["builds"];
    let gil = builds["gil"].as_str().expect("a key");
    let free = builds["free_threaded"].as_str().expect("a key");
    assert_eq!(free.replace("3.14.7t", "3.14.7"), gil, "twins");

    check_blocks(&report);
    check_arms(&report);
    check_pictures(&place);
}

/// Programs that do not allow a verdict.
const WRONG: [(&str, &str); 4] = [
    (
        "gil.py",
        "try:\n    import multi\nexcept ImportError:\n    pass\n",
    ),
    (
        "other.py",
        "import sys\nfree = not getattr(sys, '_is_gil_enabled', lambda: True)()\n\
         print('b' if free else 'a')\n",
    ),
    (
        "fails.py",
        "import sys\nif sys.argv[1] == '2': raise SystemExit('no second thread')\n",
    ),
    (
        "child.py",
        "import subprocess\nsubprocess.Popen(['sleep', '60'])\n\
         subprocess.Popen(['sleep', '61.5'], start_new_session=True)\n",
    ),
];

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_bench_gives_no_verdict_on_arms_that_are_not_comparable() {
    let world = world();
    let place = world.place("bench-wrong", &WRONG);
    let run = |words: &[&str]| {
        bench(
            &world,
            &place,
            &[&["--json", "--budget", "20s"], words].concat(),
        )
    };
    let run_file = |file: &str| run(&["--", "python", file, "{threads}"]);

    let ended = run_file("gil.py");
    assert_eq!(ended.code, Some(8), "{ended:#?}");
    assert!(ended.stderr.contains("multi ("), "{ended:#?}");
    assert_eq!(json(&ended)["verdict"], "could-not-measure");

    let ended = run_file("other.py");
    assert_eq!(ended.code, Some(9), "{ended:#?}");
    let reason = json(&ended)["reason"].to_string();
    assert!(
        reason.contains("gil1 prints `a`, t1 prints `b`"),
        "{reason}"
    );
    let ended = run(&["--any-output", "--", "python", "other.py", "{threads}"]);
    assert_ne!(
        json(&ended)["samples"],
        Value::Array(Vec::new()),
        "{ended:#?}"
    );

    let ended = run_file("fails.py");
    assert_eq!(ended.code, Some(9), "{ended:#?}");
    assert!(
        ended.stderr.contains("exit code 1 in arm gil2"),
        "{ended:#?}"
    );
    assert!(ended.stderr.contains("no second thread"), "{ended:#?}");

    let ended = run(&["--width", "90", "--", "python", "child.py", "{threads}"]);
    let notes = json(&ended)["notes"].to_string();
    assert!(notes.contains("leaves processes running"), "{ended:#?}");
    let words = |number: u32| process::arguments(number).unwrap_or_default();
    let left = process::all().into_iter().map(words);
    let left = left.filter(|words| words.last().is_some_and(|it| it == "61.5"));
    assert_eq!(left.count(), 0, "a daemon of a run was not ended");

    let ended = run(&["--", "not-a-program", "{threads}"]);
    assert_eq!(ended.code, Some(127), "{ended:#?}");
}

/// Uses all CPUs until it is dropped.
struct Load(Vec<Child>);

impl Load {
    fn start() -> Self {
        let count = std::thread::available_parallelism().map_or(2, usize::from);
        let spin = || {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", "while :; do :; done"]);
            command.spawn().expect("sh")
        };
        Self((0..count * 2).map(|_| spin()).collect())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_bench_refuses_a_loaded_machine() {
    let world = world();
    let place = world.place("bench-loaded", &[("app.py", LOOP)]);
    let _load = Load::start();
    let words = ["bench", "3.14t", "-n", "2", "--json", "--budget", "30s"];
    let words = [&words[..], &["--", "python", "app.py", "{threads}"]].concat();
    let ended = world.start(&words, "3.14t", &place, &[]);
    assert_eq!(ended.code, Some(9), "{ended:#?}");
    let report = json(&ended);
    assert_eq!(report["verdict"], "could-not-measure");
    assert_eq!(report["host"]["fitness"], "unfit");
    assert_eq!(report["arms"], Value::Array(Vec::new()));
    assert!(
        report["reason"]
            .as_str()
            .expect("text")
            .contains("other processes use")
    );
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_bench_reports_what_was_measured_before_an_interrupt() {
    let world = world();
    let place = world.place("bench-interrupted", &[("app.py", LOOP)]);
    let words = [
        "bench",
        "3.14t",
        "-n",
        "2",
        "--any-host",
        "--json",
        "--budget",
        "10m",
        "--width",
        "0.1",
        "-v",
        "--",
        "python",
        "app.py",
        "{threads}",
    ];
    let mut command = world.0.command(&words);
    command
        .current_dir(&place)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().expect("ftpy");
    let pid = rustix::process::Pid::from_child(&child);
    std::thread::sleep(Duration::from_secs(10));
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("running");
    let begun = Instant::now();
    let ended = finished(child.wait_with_output().expect("ended"));
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(ended.code, Some(130), "{ended:#?}");
    let report = json(&ended);
    assert_eq!(report["course"]["stopped_by"], "interrupted", "{ended:#?}");
    assert_ne!(report["samples"], Value::Array(Vec::new()), "{ended:#?}");
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_bench_times_scripts_bases_throughput_and_the_suite() {
    let world = world();
    let script = "def work(threads):\n    return sum(range(100_000))\n";
    let files = [
        ("work.py", script),
        ("main/work.py", script),
        ("server.py", "print('rate: 1,250.5 per second')\n"),
    ];
    let place = world.place("bench-forms", &files);
    let quick = ["--json", "--width", "90"];
    let run = |words: &[&str]| bench(&world, &place, &[&quick[..], words].concat());

    let ended = run(&["--script", "work.py", "--base", "main"]);
    let report = json(&ended);
    assert!(
        report["course"]["loops"].as_u64().is_some_and(|it| it > 5),
        "{ended:#?}"
    );
    let samples = report["samples"].as_array().expect("samples");
    for arm in ["base:gil1", "base:t2", "t1"] {
        let has = |report: &Value| report["arm"] == arm;
        assert!(samples.iter().any(has), "{arm} {ended:#?}");
    }

    let figure = [
        "--throughput",
        "rate: ([0-9.,]+)",
        "--threads-env",
        "N",
        "--",
        "python",
    ];
    let ended = run(&[&figure[..], &["server.py"]].concat());
    let report = json(&ended);
    assert_eq!(report["samples"][0]["throughput"], 1250.5, "{ended:#?}");

    let words = "bench 3.14t --any-host -n 2 --json --budget 2m --width 90 --suite allocation";
    let words: Vec<&str> = words.split(' ').collect();
    let mut command = world.0.command(&words);
    command.env("GITHUB_STEP_SUMMARY", place.join("summary.md"));
    let ended = finished(command.current_dir(&place).output().expect("ftpy"));
    let report = json(&ended);
    assert_eq!(report["suite"][0]["command"][0], "allocation", "{ended:#?}");
    let runs = report["suite"][0]["course"]["runs"].as_u64();
    assert!(runs.is_some_and(|runs| runs > 5), "{ended:#?}");
    let samples = report["suite"][0]["samples"].as_array().expect("samples");
    assert!(samples.iter().any(|it| it["arm"] == "gil2p"), "{ended:#?}");
    let summary = std::fs::read_to_string(place.join("summary.md")).expect("a summary");
    assert!(summary.contains("\n| allocation | "), "{summary}");
}
