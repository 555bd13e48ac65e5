//! The messages of a run with the race detector besides its reports: a part of a live test. The
//! sandbox has `3.14t+tsan`, the module `racy`, `race.py` and `own.supp`.

use crate::support::sandbox::{Finished, Sandbox, finished};

/// Runs a one-line program with the race detector.
fn race_of(sandbox: &Sandbox, code: &str) -> Finished {
    sandbox.run(&["run", "3.14t+tsan", "--", "python", "-c", code])
}

/// No findings mean little if none were possible.
pub fn what_is_not_seen_is_said(sandbox: &Sandbox) {
    let other = sandbox.ok(&["run", "3.14t+tsan", "--report", "o.json", "--", "true"]);
    assert!(
        other.stderr.contains("no process with ThreadSanitizer ran"),
        "{other:?}"
    );
    assert!(!other.stderr.contains("no findings in"), "{other:?}");
    let report = std::fs::read_to_string(sandbox.home().join("o.json")).expect("report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["sanitized_processes"], 0);
    assert_eq!(report["doubts"].as_array().map(Vec::len), Some(1));

    // A module by a compiler without sanitizer options, loaded by a child that skips atexit.
    let home = sandbox.home();
    let include = "import sysconfig; print(sysconfig.get_path('include'))";
    let include = race_of(sandbox, include).stdout;
    let plain = "#include <Python.h>\n\
        static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, \"plain\"};\n\
        PyMODINIT_FUNC PyInit_plain(void) { return PyModuleDef_Init(&module); }\n";
    std::fs::write(home.join("plain.c"), plain).expect("write");
    let compiled = std::process::Command::new("cc")
        .args(["-shared", "-fPIC", "plain.c", "-o", "plain.so", "-I"])
        .arg(include.trim())
        .current_dir(home)
        .output();
    let compiled = finished(compiled.expect("cc"));
    assert_eq!(compiled.code, Some(0), "{compiled:?}");
    let both =
        "import os, racy, _json\nif not os.fork():\n    import plain; os._exit(0)\nos.wait()";
    let both = race_of(sandbox, both);
    assert_eq!(both.code, Some(0), "{both:?}");
    assert!(
        both.stderr
            .contains("1 library of this run was compiled without"),
        "{both:?}"
    );
    assert!(both.stderr.contains("/plain.so\n"), "{both:?}");
}

/// A process that is ended early, by its runtime or by a signal.
pub fn what_ends_a_process_is_said(sandbox: &Sandbox) {
    let fork = "import os, threading as t\n\
        t.Thread(target=lambda: __import__('time').sleep(1)).start()\n\
        if not os.fork():\n    t.Thread(target=int).start(); os._exit(0)\n\
        os.wait()";
    let fork = race_of(sandbox, fork);
    assert_eq!(fork.code, Some(66), "{fork:?}");
    assert!(
        fork.stderr.contains("TSAN_OPTIONS=die_after_fork=0"),
        "{fork:?}"
    );
    assert!(!fork.stderr.contains("no findings in"), "{fork:?}");

    let read = "import ctypes, faulthandler\n\
        faulthandler.enable()\n\
        def read(): ctypes.string_at(0)\n\
        read()";
    let read = race_of(sandbox, read);
    assert_eq!(read.code, Some(66), "{read:?}");
    for text in ["SEGV: ", "Python: string_at (", "Python: read (<string>:3)"] {
        assert!(read.stderr.contains(text), "{text}: {read:?}");
    }
    let killed = race_of(sandbox, "import os; os.kill(os.getpid(), 9)");
    // ftpy ends like its command.
    assert_eq!(killed.code, None, "{killed:?}");
    assert!(killed.stderr.contains("may have ended early"), "{killed:?}");

    // The user's own list is read in addition to CPython's.
    let mut own = sandbox.command(&["run", "3.14t+tsan", "--", "python", "race.py"]);
    own.env("TSAN_OPTIONS", "suppressions=own.supp:history_size=6");
    let own = finished(own.output().expect("ftpy"));
    assert_eq!(own.code, Some(0), "{own:?}");
    let elsewhere = [
        "run",
        "3.14t+tsan",
        "--report",
        "e.json",
        "--",
        "python",
        "-V",
    ];
    let mut elsewhere = sandbox.command(&elsewhere);
    elsewhere.env("TSAN_OPTIONS", "log_path=own.log");
    let elsewhere = finished(elsewhere.output().expect("ftpy"));
    assert_eq!(elsewhere.code, Some(2), "{elsewhere:?}");
    assert!(
        elsewhere.stderr.contains("TSAN_OPTIONS sets log_path"),
        "{elsewhere:?}"
    );
}
