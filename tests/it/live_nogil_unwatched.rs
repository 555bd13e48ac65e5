//! `run --require-nogil` with real interpreters that are started without the hook, and with similar
//! ones that have it.

use crate::support::extensions::{FREE, report, world};

/// Ways to start `child.py`, which sleeps briefly.
fn check(name: &str, app: &str, code: i32, why: &str) {
    let world = world();
    let child = "import time, single\ntime.sleep(0.05)\n";
    let quiet = "import time, good\ntime.sleep(0.05)\n";
    let child = if code == 8 { child } else { quiet };
    for (request, python) in FREE {
        let app = format!("import os, subprocess, sys\n{app}\n");
        let files = [("app.py", app.as_str()), ("child.py", child)];
        let place = world.place(&format!("{name}-{request}"), &files);
        let ended = world.run(request, &place, &[python, "app.py"]);
        assert_eq!(ended.code, Some(code), "{name} {request} {ended:#?}");
        assert!(ended.stderr.contains(why), "{name} {ended:#?}");
        if code == 9 {
            let unwatched = &report(&place)["unwatched"];
            assert_eq!(unwatched[0]["counts"], true, "{name} {unwatched}");
        }
    }
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_an_environment_that_is_made_of_the_programs_own_keeps_the_watch() {
    for (name, how) in [
        ("copied", "env=os.environ.copy()"),
        ("changed", "env={**os.environ, 'A': 'b'}"),
        ("own", "env=os.environ"),
        ("empty", "env={}"),
        (
            "bytes",
            "env={b'PYTHONPATH': os.fsencode(os.environ['PYTHONPATH'])}",
        ),
        ("spawned", "close_fds=False"),
    ] {
        let app = format!("subprocess.check_call([sys.executable, 'child.py'], {how})");
        // Without the user's PYTHONPATH `single` cannot be imported, so there is no finding.
        if name == "empty" {
            let app = app.replace("'child.py'", "'-c', 'pass'");
            check(&format!("kept-{name}"), &app, 0, "");
            continue;
        }
        check(&format!("kept-{name}"), &app, 8, "  single");
    }
    let set = "os.environ['PYTHONPATH'] = os.environ['PYTHONPATH'] + ':/x'\n";
    for (name, then) in [
        (
            "set-run",
            "subprocess.check_call([sys.executable, 'child.py'])",
        ),
        (
            "set-exec",
            "os.execv(sys.executable, ['python', 'child.py'])",
        ),
        ("set-shell", "os.system(sys.executable + ' child.py')"),
    ] {
        check(name, &format!("{set}{then}"), 8, "  single");
    }
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_what_leaves_the_watch_could_not_be_checked() {
    let run = |arguments: &str| format!("subprocess.check_call([sys.executable, {arguments}])");
    for option in ["-I", "-E", "-S"] {
        let app = run(&format!("'{option}', '-c', 'pass'"));
        check(
            &format!("left{option}"),
            &app,
            9,
            &format!("was started with {option}"),
        );
    }
    let why = "was started without PYTHONPATH";
    for (name, app) in [
        (
            "exec",
            "os.execve(sys.executable, ['python', '-c', 'pass'], {})",
        ),
        (
            "exec-own",
            "os.execvpe(sys.executable, ['python', 'child.py'], os.environ)",
        ),
        (
            "exec-isolated",
            "os.execv(sys.executable, ['python', '-I', '-c', 'pass'])",
        ),
        (
            "spawn",
            "os.waitpid(os.posix_spawn(sys.executable, ['p', '-c', 'pass'], {}), 0)",
        ),
        (
            "shell",
            "subprocess.check_call(['env', '-i', sys.executable, '-c', 'import json'])",
        ),
    ] {
        let why = if name == "exec-isolated" {
            "was started with -I"
        } else {
            why
        };
        check(&format!("left-{name}"), app, 9, why);
    }
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_a_gil_build_that_ran_unwatched_counts_only_where_it_is_the_command() {
    let world = world();
    let installs = world.0.store.join("installs");
    let gil = installs.join("3.14.7-pbs-20260901/bin/python3.14");
    let gil = gil.display();
    check(
        "gil-helper",
        &format!("subprocess.check_call(['{gil}', '-I', '-c', 'pass'])"),
        0,
        "",
    );
    check(
        "gil-exec",
        &format!("os.execve('{gil}', ['python', '-c', 'pass'], {{}})"),
        8,
        "the command ran Python 3.14.7 with a GIL",
    );
    check(
        "told",
        "subprocess.check_call([sys.executable, '-V'], env={})",
        0,
        "",
    );
    check(
        "failed",
        "try:\n    os.execvp('/nonexistent/python', ['x'])\nexcept OSError: pass\nimport single\nos._exit(0)",
        8,
        "  single",
    );
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_multiprocessing_is_watched_by_every_method_and_waited_for() {
    for (method, code) in [("spawn", 8), ("forkserver", 8), ("fork", 8)] {
        let app = format!(
            "import multiprocessing as m\ndef work():\n    import single\n\
             if __name__ == '__main__':\n    p = m.get_context('{method}').Process(target=work)\n    \
             p.start()\n    p.join()"
        );
        check(&format!("method-{method}"), &app, code, "  single");
    }
    let daemon = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'], \
                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, \
                  start_new_session=True)\nimport time; time.sleep(0.3)";
    check(
        "daemon",
        daemon,
        9,
        "was still running when the command had ended",
    );
}
