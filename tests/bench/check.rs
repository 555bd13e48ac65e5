//! `ftpy check` of 100 packages with 1,000 extension modules on disk, nothing of it in ftpy's cache.
//!
//! `FTPY_BENCH_SITE=DIR` takes a directory of real packages instead: the modules here are small.

use crate::support::elf_module::Module;
use crate::{FTPY, RUNS, figure, median, peak_memory, say, variable};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const PACKAGES: usize = 100;
/// The init functions of each package's modules.
const INITS: [&str; 10] = [
    "PyInit_x0",
    "PyInit_x1",
    "PyInit_x2",
    "PyInit_x3",
    "PyInit_x4",
    "PyInit_x5",
    "PyInit_x6",
    "PyInit_x7",
    "PyInit_x8",
    "PyInit_x9",
];

/// The duration and the peak memory.
pub(crate) fn check(scratch: &Path) {
    let site = variable("FTPY_BENCH_SITE").map_or_else(|| made(scratch), PathBuf::from);
    let ftpy = || {
        let mut command = Command::new(FTPY);
        command.args(["check", "--json"]).arg(&site);
        command.env("FTPY_HOME", scratch.join("empty"));
        command
    };
    let took = |_| {
        let started = Instant::now();
        let output = ftpy().stderr(Stdio::null()).output().expect("it starts");
        // 8: a module turns the GIL on; 9: one could not be judged.
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 8 | 9)), "{code:?}");
        started.elapsed()
    };
    say(&format!("check of {}, median of {RUNS}", site.display()));
    figure("ftpy check", median((0..RUNS).map(took).collect()));
    if let Some(peak) = peak_memory(&mut ftpy()) {
        say(&format!("  {:34} {peak:7.1} MB", "peak memory of a check"));
    }
}

/// Packages of ten modules each, one of which turns the GIL on, so that sources are read, too.
fn made(scratch: &Path) -> PathBuf {
    let site = scratch.join("checked/lib/python3.14t/site-packages");
    let module = |init: &'static str, keeps_off: bool| {
        let module = Module {
            init,
            slots: vec![(4, u64::from(keeps_off)), (0, 0)],
            ..Module::default()
        };
        module.build()
    };
    for package in 0..PACKAGES {
        let name = format!("p{package}");
        let directory = site.join(&name);
        std::fs::create_dir_all(&directory).expect("mkdir");
        let mut record = String::new();
        for (number, init) in INITS.iter().enumerate() {
            let keeps_off = (package, number) != (0, 0);
            for (file, bytes) in [
                (
                    format!("x{number}.cpython-314t-x86_64-linux-gnu.so"),
                    module(init, keeps_off),
                ),
                (
                    format!("m{number}.py"),
                    format!("from . import x{number}\n").into_bytes(),
                ),
            ] {
                std::fs::write(directory.join(&file), bytes).expect("write");
                record.push_str(&format!("{name}/{file},,\n"));
            }
        }
        let info = site.join(format!("{name}-1.0.dist-info"));
        std::fs::create_dir_all(&info).expect("mkdir");
        std::fs::write(info.join("RECORD"), record).expect("write");
        let metadata = format!("Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n");
        std::fs::write(info.join("METADATA"), metadata).expect("write");
    }
    site
}
