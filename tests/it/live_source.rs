//! Real builds, with the mirror of this machine's package manager and its compiler. One test,
//! because a build uses all cores for minutes.

use crate::support::exercise;
use crate::support::live::require_live;
use crate::support::sandbox::{Sandbox, finished, interrupt};
use std::time::{Duration, Instant};

/// Waits until the log of a build has at least this many lines.
fn wait_for_log(sandbox: &Sandbox, lines: usize) {
    let started = Instant::now();
    loop {
        let logs = std::fs::read_dir(sandbox.store.join("logs"))
            .into_iter()
            .flatten()
            .flatten();
        let mut texts = logs.filter_map(|entry| std::fs::read_to_string(entry.path()).ok());
        if texts.any(|text| text.lines().count() >= lines) {
            return;
        }
        assert!(
            started.elapsed() < Duration::from_secs(120),
            "the build never began"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(unix)]
#[test]
#[ignore = "live: needs compilers, and the source mirror of this machine"]
fn live_a_real_build_can_fail_be_interrupted_and_succeed() {
    require_live();
    // Blanks and non-ASCII letters, which configure and make must support.
    let mut sandbox = Sandbox::at("mes builds/été");
    sandbox.use_embedded_index();
    sandbox.unset("FTPY_SOURCE_MIRROR");
    let install = ["install", "--from", "source", "3.13t"];

    // A broken compiler: the first real error, the log's path, a hint.
    let output = sandbox
        .command(&install)
        .env("CC", "false")
        .output()
        .expect("ftpy");
    let failed = finished(output);
    assert_eq!(failed.code, Some(6), "{failed:?}");
    for text in [
        "configuring failed",
        "C compiler cannot create executables",
        "log: /",
        "hint: ",
    ] {
        assert!(failed.stderr.contains(text), "{text}: {failed:?}");
    }
    assert!(sandbox.stages().is_empty());

    // An interrupt ends every process of the build, and leaves nothing behind.
    let child = sandbox.start(&install);
    wait_for_log(&sandbox, 60);
    interrupt(&child);
    let interrupted = finished(child.wait_with_output().expect("output"));
    assert_eq!(interrupted.code, Some(130), "{interrupted:?}");
    assert!(sandbox.stages().is_empty() && sandbox.installed().is_empty());
    assert_eq!(processes_below(&sandbox), Vec::<String>::new());

    // After SIGKILL, the next run cleans up and succeeds.
    let mut child = sandbox.start(&install);
    wait_for_log(&sandbox, 60);
    child.kill().expect("kill");
    child.wait().expect("wait");

    // The machine's package manager installs missing packages, if the test may run it.
    let has_apt = std::path::Path::new("/usr/bin/apt-get").exists();
    let may_install = has_apt && rustix::process::geteuid().is_root();
    let all = [install.as_slice(), &["--install-deps", "--yes"]].concat();
    let built = sandbox.ok(if may_install { &all } else { &install });
    assert!(built.stderr.contains("GIL off"), "{built:?}");
    assert!(sandbox.stages().is_empty());
    let json = sandbox.ok(&["--json", "install", "3.13t"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let flags = json[0]["receipt"]["flags"].to_string();
    assert!(flags.contains("--disable-gil"), "{flags}");
    assert_eq!(json[0]["is_new"], false);
    if may_install {
        assert_eq!(json[0]["receipt"]["missing_modules"], serde_json::json!([]));
        let import = "import dbm.gnu, dbm.ndbm, readline, tkinter, curses, uuid";
        sandbox.ok(&["run", "3.13t", "--", "python3.13t", "-c", import]);
    }
    exercise::without_network(&sandbox, "3.13t", "3.13", "t");
}

/// The command lines of processes that run below the sandbox.
#[cfg(unix)]
fn processes_below(sandbox: &Sandbox) -> Vec<String> {
    let home = sandbox.home().display().to_string();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let directories = entries.filter_map(|entry| {
        let directory = std::fs::read_link(entry.path().join("cwd")).ok()?;
        directory
            .starts_with(&home)
            .then(|| directory.display().to_string())
    });
    directories.collect()
}
