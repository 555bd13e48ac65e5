//! The figures in the README, as ratios within one run: `cargo bench`.
//!
//! Requires a real archive in python-build-standalone's layout: `FTPY_BENCH_ARCHIVE`, else the
//! first small one below `../shared/pythons`. Everything is written to `/dev/shm` if it exists,
//! because disks are too noisy. `FTPY_BENCH_SOURCE=VERSION` adds a build from source against
//! pyenv's python-build, which takes minutes, and `FTPY_BENCH_SECOND=VERSION` another patch after
//! it, with the caches of the first one.

/// The cost of `ftpy check`.
mod check;
/// The cost of a conda environment.
#[cfg(all(feature = "conda", unix))]
mod conda;
/// The cost of a shim.
mod shim;
/// The loopback server, archives and channels, shared with the tests.
#[path = "../it/support/mod.rs"]
pub mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::{archives, server};

const FTPY: &str = env!("CARGO_BIN_EXE_ftpy");
const RUNS: usize = 15;

fn main() {
    let scratch = scratch();
    check::check(&scratch);
    let Some(archive) = archive() else {
        say("no archive to measure with: set FTPY_BENCH_ARCHIVE");
        return;
    };
    install(&archive, &scratch);
    #[cfg(all(feature = "conda", unix))]
    conda::install(&scratch);
    if let Some(version) = variable("FTPY_BENCH_SOURCE") {
        source(&version, &scratch);
    }
    let _ = std::fs::remove_dir_all(&scratch);
}

/// A served archive and a store to install it into.
struct Bench<'a> {
    server: server::Server,
    archive: &'a Path,
    name: String,
    url: String,
    digest: String,
    scratch: &'a Path,
    store: PathBuf,
}

/// The measurements of one install.
#[derive(Default)]
struct Samples {
    whole: Vec<Duration>,
    unprobed: Vec<Duration>,
    probe: Vec<Duration>,
    tar: Vec<Duration>,
    uv: Vec<Duration>,
}

impl<'a> Bench<'a> {
    fn new(archive: &'a Path, scratch: &'a Path) -> Self {
        let name = archive
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let bytes = std::fs::read(archive).expect("the archive");
        let server = server::Server::start();
        let url = server.url(&format!("/{}", name.replace('+', "%2B")));
        let digest = archives::sha256_hex(&bytes);
        let line = format!(
            "{{\"version\":\"x\",\"artifacts\":[{{\"url\":\"{url}\",\"sha256\":\"{digest}\"}}]}}\n"
        );
        server.file("/index.ndjson", line);
        server.file(&format!("/{name}"), bytes);
        Self {
            server,
            archive,
            name,
            url,
            digest,
            scratch,
            store: scratch.join("store"),
        }
    }

    fn ftpy(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(FTPY);
        command.args(arguments).env("FTPY_HOME", &self.store);
        command.env("FTPY_INDEX_URL", self.server.url("/index.ndjson"));
        command
    }

    fn request(&self) -> &'static str {
        if self.name.contains("freethreaded") {
            "3t"
        } else {
            "3"
        }
    }

    /// One install by each tool, one after the other.
    fn round(&self, samples: &mut Samples) {
        for directory in ["installs", "cache"] {
            let _ = std::fs::remove_dir_all(self.store.join(directory));
        }
        let (whole, output) = timed(&mut self.ftpy(&["--json", "install", self.request()]));
        let probe = probe_of(&output);
        samples.whole.push(whole);
        samples.unprobed.push(whole.saturating_sub(probe));
        samples.probe.push(probe);
        let unpacked = self.scratch.join("unpacked");
        let _ = std::fs::remove_dir_all(&unpacked);
        std::fs::create_dir_all(&unpacked).expect("mkdir");
        let mut tar = Command::new("tar");
        tar.arg("xzf").arg(self.archive).arg("-C").arg(&unpacked);
        samples.tar.push(timed(&mut tar).0);
        if let Some(uv) = find("uv") {
            let mut uv = uv_install(&uv, &self.name, &self.url, &self.digest, self.scratch);
            samples.uv.push(timed(&mut uv).0);
        }
    }
}

/// Installs a small archive, alternating with `tar xzf` of the same; then measures cheap commands.
fn install(archive: &Path, scratch: &Path) {
    let bench = Bench::new(archive, scratch);
    run(&mut bench.ftpy(&["index", "update"]));
    bench.round(&mut Samples::default()); // warm-up
    let mut samples = Samples::default();
    for _ in 0..RUNS {
        bench.round(&mut samples);
    }
    say(&format!(
        "install of {}, median of {RUNS}, in turn with the others",
        bench.name
    ));
    let tar = median(samples.tar);
    row("tar xzf", tar, tar);
    row(
        "ftpy install, without its probe",
        median(samples.unprobed),
        tar,
    );
    row("ftpy install", median(samples.whole), tar);
    if !samples.uv.is_empty() {
        row("uv python install", median(samples.uv), tar);
    }
    figure("the probe alone", median(samples.probe));
    let noop = |_| timed(&mut bench.ftpy(&["install", bench.request()])).0;
    figure(
        "ftpy install, already installed",
        median((0..RUNS).map(noop).collect()),
    );
    let list = |_| {
        let mut command = bench.ftpy(&["list", "--available"]);
        timed(
            command
                .env_remove("FTPY_INDEX_URL")
                .env("FTPY_HOME", scratch.join("empty")),
        )
        .0
    };
    figure(
        "ftpy list --available",
        median((0..RUNS).map(list).collect()),
    );
    let mut again = bench.ftpy(&["install", "--reinstall", bench.request()]);
    if let Some(peak) = peak_memory(&mut again) {
        say(&format!(
            "  {:34} {peak:7.1} MB",
            "peak memory of an install"
        ));
    }
    shim::shim(&bench.store, bench.request(), scratch);
}

/// `uv python install` of the same archive, from the same server, into a separate directory.
fn uv_install(uv: &Path, name: &str, url: &str, digest: &str, scratch: &Path) -> Command {
    let home = scratch.join("uv");
    let _ = std::fs::remove_dir_all(&home);
    std::fs::create_dir_all(&home).expect("mkdir");
    let version = name.split(['-', '+']).nth(1).expect("a version");
    let mut numbers = version
        .split('.')
        .map(|number| number.parse::<u32>().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    let variant = if name.contains("freethreaded") {
        "\"freethreaded\""
    } else {
        "null"
    };
    let (major, minor, patch) = (next(), next(), next());
    let index = format!(
        "{{\"x\":{{\"name\":\"cpython\",\"arch\":{{\"family\":\"{}\",\"variant\":null}},\"os\":\"linux\",\
         \"libc\":\"gnu\",\"major\":{major},\"minor\":{minor},\"patch\":{patch},\"prerelease\":\"\",\
         \"url\":\"{url}\",\"sha256\":\"{digest}\",\"variant\":{variant},\"build\":\"20260901\"}}}}",
        std::env::consts::ARCH
    );
    let path = home.join("index.json");
    std::fs::write(&path, index).expect("write");
    let suffix = if name.contains("freethreaded") {
        "t"
    } else {
        ""
    };
    let mut command = Command::new(uv);
    command
        .args([
            "python",
            "install",
            "--no-bin",
            "--no-config",
            "--python-downloads-json-url",
        ])
        .arg(&path)
        .arg(format!("{version}{suffix}"))
        .env("UV_PYTHON_INSTALL_DIR", home.join("pythons"))
        .env("UV_CACHE_DIR", home.join("cache"));
    command
}

/// A build from source against pyenv's python-build: the same version, cores and tarball.
fn source(version: &str, scratch: &Path) {
    let store = scratch.join("source");
    let mut ftpy = Command::new(FTPY);
    ftpy.args(["install", "--from", "source", &format!("{version}t")]);
    ftpy.env("FTPY_HOME", &store);
    let (ours, _) = timed(&mut ftpy);
    let kept = std::fs::read_dir(store.join("cache/sha256")).expect("cache");
    let tarball = kept.flatten().next().expect("the tarball").path();
    say(&format!("build of {version}t from source"));
    say(&format!(
        "  {:34} {:7.1} s",
        "ftpy install --from source",
        ours.as_secs_f64()
    ));
    if let Some(second) = variable("FTPY_BENCH_SECOND") {
        again(&second, &store, ours);
    }
    let Some(build) = find("python-build").or_else(|| find("pyenv")) else {
        say("  pyenv is not on PATH: nothing to compare with");
        return;
    };
    // python-build takes the tarball from its cache by name, so that no download is measured.
    let cache = scratch.join("tarballs");
    std::fs::create_dir_all(&cache).expect("mkdir");
    std::fs::copy(tarball, cache.join(format!("Python-{version}.tar.xz"))).expect("copy");
    let mut theirs = Command::new(&build);
    if build.ends_with("pyenv") {
        theirs.args(["install", &format!("{version}t")]);
        theirs.env("PYENV_ROOT", scratch.join("pyenv"));
    } else {
        theirs
            .arg(format!("{version}t"))
            .arg(scratch.join("python-build"));
    }
    theirs.env("PYTHON_BUILD_CACHE_PATH", &cache);
    let (theirs, _) = timed(&mut theirs);
    say(&format!(
        "  {:34} {:7.1} s",
        "python-build",
        theirs.as_secs_f64()
    ));
    say(&format!(
        "  {:34} {:7.2} x",
        "ratio",
        ours.as_secs_f64() / theirs.as_secs_f64()
    ));
}

/// Another patch, with configure's results and the objects of the first.
fn again(version: &str, store: &Path, first: Duration) {
    let mut ftpy = Command::new(FTPY);
    ftpy.args(["install", "--from", "source", &format!("{version}t")]);
    ftpy.env("FTPY_HOME", store);
    let (second, _) = timed(&mut ftpy);
    say(&format!(
        "  {:34} {:7.1} s  {:.2}x of the first",
        format!("then {version}t"),
        second.as_secs_f64(),
        second.as_secs_f64() / first.as_secs_f64()
    ));
}

fn row(name: &str, took: Duration, of: Duration) {
    let ratio = took.as_secs_f64() / of.as_secs_f64();
    say(&format!(
        "  {name:34} {:7.1} ms  {ratio:.2}x",
        milliseconds(took)
    ));
}

fn figure(name: &str, took: Duration) {
    say(&format!("  {name:34} {:7.1} ms", milliseconds(took)));
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort();
    durations[durations.len() / 2]
}

/// Runs a command, which must succeed; returns the duration and its stdout.
fn timed(command: &mut Command) -> (Duration, String) {
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    let started = Instant::now();
    let output = command.output().expect("it starts");
    let took = started.elapsed();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
    (took, String::from_utf8_lossy(&output.stdout).into_owned())
}

fn run(command: &mut Command) {
    timed(command);
}

/// The duration of the probe according to ftpy.
fn probe_of(json: &str) -> Duration {
    let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let probe = value[0]["timings_ms"]["probe"].as_f64().expect("a figure");
    Duration::from_secs_f64(probe / 1000.0)
}

/// The peak memory in MB, measured by GNU time.
fn peak_memory(command: &mut Command) -> Option<f64> {
    let time = find("time")?;
    let mut measured = Command::new(time);
    measured
        .args(["-f", "%M"])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        measured.env(name, value?);
    }
    let output = measured.stdout(Stdio::null()).output().ok()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let kilobytes: f64 = stderr.lines().last()?.trim().parse().ok()?;
    Some(kilobytes / 1000.0)
}

fn archive() -> Option<PathBuf> {
    if let Some(path) = variable("FTPY_BENCH_ARCHIVE") {
        return Some(path.into());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/pythons");
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let is_small = |path: &PathBuf| path.to_string_lossy().contains("freethreaded-install_only");
    paths.into_iter().find(is_small)
}

fn scratch() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    let scratch = base.join(format!("ftpy-bench-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).expect("mkdir");
    scratch
}

#[expect(clippy::disallowed_methods, reason = "the benchmark's own switches")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "which peers are there to compare with"
)]
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|file| file.is_file())
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn say(line: &str) {
    println!("{line}");
}
