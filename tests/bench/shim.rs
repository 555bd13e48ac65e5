//! The cost of a shim compared to a direct start of the same interpreter: ten directories below the
//! version file, with twenty installations in the store. The two (and pyenv's shim, if pyenv is on
//! PATH) are started in turn.

use crate::{figure, find, median, milliseconds, run, say};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 200;

/// Measures with the installation for `request` in `store`.
pub(crate) fn shim(store: &Path, request: &str, scratch: &Path) {
    let deep = scratch.join("project/1/2/3/4/5/6/7/8/9/10");
    std::fs::create_dir_all(&deep).expect("mkdir");
    std::fs::write(scratch.join("project/.python-version"), request).expect("write");
    // Only their names are read.
    for patch in 0..19 {
        let key = format!("installs/3.13.{patch}-pbs-20250101");
        std::fs::create_dir_all(store.join(key)).expect("mkdir");
    }
    let (_, direct) = crate::timed(&mut ftpy(store, &["which", request]));
    let direct = direct.trim_end();
    let pyenv = pyenv(scratch, direct);
    let mut commands = vec![
        ("direct start", direct.to_owned()),
        (
            "ftpy's shim",
            store.join("shims/python").display().to_string(),
        ),
    ];
    commands.extend(pyenv.map(|shim| ("pyenv's shim", shim)));
    let mut samples = vec![Vec::new(); commands.len()];
    for round in 0..=RUNS {
        for ((_, program), samples) in commands.iter().zip(&mut samples) {
            let took = start(program, &deep, scratch);
            // The first round warms up.
            if round > 0 {
                samples.push(took);
            }
        }
    }
    say(&format!(
        "`python -c pass` 10 directories deep, 20 installations, median of {RUNS}, in turn"
    ));
    let medians: Vec<Duration> = samples.into_iter().map(median).collect();
    for ((name, _), took) in commands.iter().zip(&medians) {
        let added = milliseconds(*took) - milliseconds(medians[0]);
        let ratio = took.as_secs_f64() / medians[0].as_secs_f64();
        let took = milliseconds(*took);
        say(&format!(
            "  {name:34} {took:7.2} ms  {ratio:.3}x  +{added:.2} ms"
        ));
    }
    let show = |_| {
        let mut command = ftpy(store, &["show"]);
        command.current_dir(&deep);
        crate::timed(&mut command).0
    };
    figure("ftpy show", median((0..RUNS).map(show).collect()));
}

fn ftpy(store: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(crate::FTPY);
    command.args(arguments).env("FTPY_HOME", store);
    command
}

fn start(program: &str, place: &Path, scratch: &Path) -> Duration {
    let mut command = Command::new(program);
    command
        .args(["-c", "pass"])
        .current_dir(place)
        .env("PYENV_ROOT", scratch.join("pyenv-root"))
        .env_remove("FTPY_PYTHON")
        .env_remove("PYENV_VERSION")
        .stdin(Stdio::null());
    let started = Instant::now();
    let status = command.status().expect("it starts");
    let took = started.elapsed();
    assert!(status.success(), "{program}");
    took
}

/// A separate pyenv root with the same interpreter and nineteen others, and its shim.
fn pyenv(scratch: &Path, direct: &str) -> Option<String> {
    let pyenv = find("pyenv")?;
    let root = scratch.join("pyenv-root");
    let prefix = Path::new(direct).parent()?.parent()?;
    std::fs::create_dir_all(root.join("versions")).expect("mkdir");
    let version = prefix.file_name()?.to_str()?.split("-pbs").next()?;
    for patch in 0..19 {
        let bin = root.join(format!("versions/3.13.{patch}/bin"));
        std::fs::create_dir_all(bin).expect("mkdir");
    }
    std::os::unix::fs::symlink(prefix, root.join("versions").join(version)).expect("link");
    run(Command::new(pyenv).arg("rehash").env("PYENV_ROOT", &root));
    let shim = root.join("shims/python");
    // pyenv reads the same version file, but requires the full version.
    std::fs::write(scratch.join("project/.python-version"), version).expect("write");
    shim.exists().then(|| shim.display().to_string())
}
