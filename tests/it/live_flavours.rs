//! Sanitizer, debug and tuned builds by a real compiler, and their findings. `live_slow_*` takes an
//! hour, and `.ci/run` skips it.

use crate::support::live::require_live;
#[cfg(target_os = "linux")]
use crate::support::live::say;
use crate::support::sandbox::{Finished, Sandbox, finished};
#[cfg(target_os = "linux")]
use crate::support::sanitized::{what_ends_a_process_is_said, what_is_not_seen_is_said};

/// Installs with the machine's own mirror and compilers. Missing packages are not installed,
/// because two such tests would wait for each other's package manager.
fn install(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    sandbox.ok(&[&["install", "--from", "source"], arguments].concat())
}

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::at("store");
    sandbox.use_embedded_index();
    sandbox.unset("FTPY_SOURCE_MIRROR");
    sandbox
}

/// An extension module with errors of every kind, and a program with a race between two Python
/// threads. It runs long enough for the threads to meet even on a busy machine.
#[cfg(target_os = "linux")]
const MODULE: &str = include_str!("../../src/flavour_proof/canary.c");
#[cfg(target_os = "linux")]
const COUNT: &str = "
static volatile long counter;
static PyObject *count(PyObject *self, PyObject *unused)
{
    for (long i = 0; i < 1000000; i++)
        counter += 1;
    Py_RETURN_NONE;
}
";
#[cfg(target_os = "linux")]
const PROGRAM: &str = "\
import threading
import racy

def work():
    for _ in range(100):
        racy.count()

threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print('done')
";

/// Compiles the module as `build --env` prints for any tool.
#[cfg(target_os = "linux")]
fn compile(sandbox: &Sandbox, request: &str) {
    let home = sandbox.home();
    let methods = "static PyMethodDef methods[] = {";
    let source = MODULE.replace("ftpy_canary", "racy").replace(
        methods,
        &format!("{COUNT}{methods}{{\"count\", count, METH_NOARGS, NULL}},"),
    );
    std::fs::write(home.join("racy.c"), source).expect("write");
    std::fs::write(home.join("race.py"), PROGRAM).expect("write");
    let environment = sandbox.ok(&["build", "--env", request]).stdout;
    let suffix = "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))";
    let suffix = sandbox
        .ok(&["run", request, "--", "python", "-c", suffix])
        .stdout;
    let script = format!(
        "{environment}\n$CC $CFLAGS $LDFLAGS -shared -fPIC racy.c -o racy{}",
        suffix.trim()
    );
    let output = std::process::Command::new("sh")
        .args(["-ec", &script])
        .current_dir(home)
        .output();
    let output = finished(output.expect("sh"));
    assert_eq!(output.code, Some(0), "{output:?}");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "live: needs compilers, and the source mirror of this machine"]
fn live_a_race_is_found_by_a_build_that_was_proved_to_find_one() {
    require_live();
    let sandbox = sandbox();
    let installed = install(&sandbox, &["3.14t+tsan"]);
    let said = &installed.stderr;
    assert!(
        said.contains("+tsan (source)") && said.contains("GIL off"),
        "{installed:?}"
    );
    let json = sandbox.ok(&["--json", "install", "3.14t+tsan"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let proof = json[0]["receipt"]["proofs"]["tsan"]
        .as_str()
        .expect("proof");
    assert!(proof.contains("a seeded data race was reported"), "{proof}");

    compile(&sandbox, "3.14t+tsan");
    let run = ["run", "3.14t+tsan", "--require-nogil", "--report", "r.json"];
    let found = sandbox.run(&[&run[..], &["--", "python", "race.py"]].concat());
    assert_eq!(found.code, Some(66), "{found:?}");
    assert_eq!(found.stdout, "done\n");
    for text in [
        "WARNING: ThreadSanitizer: data race",
        " finding",
        "count (",
        "racy.c:",
        "Python: work (",
        "race.py:6)",
    ] {
        assert!(found.stderr.contains(text), "{text}: {found:?}");
    }
    let report = std::fs::read_to_string(sandbox.home().join("r.json")).expect("report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["findings"][0]["kind"], "data race");
    assert_eq!(report["verdict"], "gil-off");
    assert_eq!(report["exit_code"], 66);

    suppressed_and_as_sarif(&sandbox);
    a_child_and_a_limit(&sandbox);
    what_is_not_seen_is_said(&sandbox);
    what_ends_a_process_is_said(&sandbox);
    // With ccache, a second identical build reuses the objects and configure's results.
    install(&sandbox, &["--reinstall", "3.14t+tsan"]);
}

#[cfg(target_os = "linux")]
fn suppressed_and_as_sarif(sandbox: &Sandbox) {
    // With suppressions nothing is reported. The same report as SARIF.
    std::fs::write(sandbox.home().join("own.supp"), "race:count\n").expect("write");
    let quiet = [
        "run",
        "3.14t+tsan",
        "--suppressions",
        "own.supp",
        "--",
        "python",
        "race.py",
    ];
    let quiet = sandbox.run(&quiet);
    assert_eq!(quiet.code, Some(0), "{quiet:?}");
    assert!(quiet.stderr.contains("no findings"), "{quiet:?}");
    std::fs::write(sandbox.home().join("bad.supp"), "race:a\nfoo:bar\n").expect("write");
    let bad = [
        "run",
        "3.14t+tsan",
        "--suppressions",
        "bad.supp",
        "--",
        "python",
        "-V",
    ];
    let bad = sandbox.fails(2, &bad);
    assert!(bad.stderr.contains("bad.supp:2: `foo:bar`"), "{bad:?}");
    let sarif = [
        "run",
        "3.14t+tsan",
        "--report",
        "r.sarif",
        "--",
        "python",
        "race.py",
    ];
    sandbox.fails(66, &sarif);
    let text = std::fs::read_to_string(sandbox.home().join("r.sarif")).expect("sarif");
    assert!(
        text.contains("\"data-race\"") && text.contains("racy.c"),
        "{text}"
    );
}

/// What hides races elsewhere does not hide them here.
#[cfg(target_os = "linux")]
fn a_child_and_a_limit(sandbox: &Sandbox) {
    let run = ["run", "3.14t+tsan", "--"];
    let child = [&run[..], &["sh", "-c", "python race.py; exit 0"]].concat();
    sandbox.fails(66, &child);
    let mut limited = std::process::Command::new("sh");
    let ftpy = sandbox.command(&[&run[..], &["python", "race.py"]].concat());
    limited
        .args(["-c", "ulimit -Sv 4000000; exec \"$@\"", "sh"])
        .arg(ftpy.get_program())
        .args(ftpy.get_args())
        .envs(
            ftpy.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .current_dir(sandbox.home());
    let limited = finished(limited.output().expect("sh"));
    assert_eq!(limited.code, Some(66), "{limited:?}");
}

/// Writes beyond a block of Python's own memory.
#[cfg(target_os = "linux")]
const BEHIND: &str = "from ctypes import *; p = pythonapi; p.PyMem_Malloc.restype = c_void_p; \
     b = p.PyMem_Malloc(24); memset(b + 24, 1, 1); p.PyMem_Free(c_void_p(b))";

#[cfg(target_os = "linux")]
#[test]
#[ignore = "live: needs compilers, and the source mirror of this machine"]
fn live_overflows_and_what_is_undefined_are_found() {
    require_live();
    let sandbox = sandbox();
    install(&sandbox, &["3.14t+asan+ubsan"]);
    compile(&sandbox, "3.14t+asan+ubsan");
    for (function, kind) in [
        ("racy.overflow()", "heap-buffer-overflow"),
        ("racy.undefined()", "shift exponent 40"),
        // Python's own memory is mimalloc's.
        ("racy.freed()", "use-after-poison"),
        (BEHIND, "bad trailing pad byte"),
    ] {
        let code = format!("import racy; {function}");
        let run = ["run", "3.14t+asan+ubsan", "--", "python", "-c", &code];
        let found = sandbox.run(&run);
        assert_eq!(found.code, Some(66), "{function}: {found:?}");
        assert!(found.stderr.contains(kind), "{function}: {found:?}");
    }
    // Leaks are reported together at the end, and count as two nevertheless.
    let leaks = "import ctypes\nc = ctypes.CDLL(None)\nc.malloc.restype = ctypes.c_size_t\n\
        def one(): c.malloc(24)\n\
        def two(): c.calloc(1, 25)\n\
        one(); two()";
    let mut leaks = sandbox.command(&["run", "3.14t+asan+ubsan", "--", "python", "-c", leaks]);
    leaks.env("ASAN_OPTIONS", "detect_leaks=1");
    let leaks = finished(leaks.output().expect("ftpy"));
    assert_eq!(leaks.code, Some(66), "{leaks:?}");
    for text in [
        "Direct leak of 24 byte",
        "Direct leak of 25 byte",
        "direct leak: ",
    ] {
        assert!(leaks.stderr.contains(text), "{text}: {leaks:?}");
    }
    let clean = [
        "run",
        "3.14t+asan+ubsan",
        "--",
        "python",
        "-c",
        "import ssl, json",
    ];
    sandbox.ok(&clean);
}

#[cfg(unix)]
#[test]
#[ignore = "live: needs compilers, and the source mirror of this machine"]
fn live_a_debug_build_and_a_twin_from_a_tree_with_a_patch() {
    require_live();
    let sandbox = sandbox();
    // Two builds at once: one configures while the other one compiles.
    let twins = install(&sandbox, &["--twin", "3.13t"]);
    let keys = sandbox.installed();
    assert_eq!(keys.len(), 2, "{twins:?}");
    assert_eq!(keys[0].replace("-source", "t-source"), keys[1]);
    let config = "import sysconfig; print(sysconfig.get_config_var('CONFIG_ARGS'))";
    let arguments = |request: &str| {
        let stdout = sandbox
            .ok(&["run", request, "--", "python", "-c", config])
            .stdout;
        // They have separate prefixes.
        stdout
            .replace(" '--disable-gil'", "")
            .replace("t-source'", "-source'")
    };
    assert_eq!(
        arguments("3.13t"),
        arguments("3.13"),
        "only the GIL differs"
    );

    install(&sandbox, &["3.14td"]);
    let debug = "import sys; assert sys.gettotalrefcount() and sys.abiflags == 'td'";
    sandbox.ok(&["run", "3.14td", "--", "python3.14td", "-c", debug]);
    a_patched_tree(&sandbox);
}

/// A checkout of the release that the debug build left in the cache, with a change and a patch.
#[cfg(unix)]
fn a_patched_tree(sandbox: &Sandbox) {
    let home = sandbox.home();
    let cache = sandbox.store.join("cache/sha256");
    let tarballs = std::fs::read_dir(cache).expect("cache").flatten();
    let tarball = tarballs
        .map(|entry| entry.path())
        .max_by_key(|path| path.metadata().and_then(|data| data.modified()).ok())
        .expect("a tarball");
    let script = "mkdir tree && tar xf \"$1\" -C tree --strip-components=1 && cd tree && \
        git init -q && git add -A -f && git -c user.name=x -c user.email=x@y commit -qm x && \
        echo '/* changed */' >>Python/getcopyright.c";
    let done = std::process::Command::new("sh")
        .args(["-ec", script, "sh"])
        .arg(&tarball)
        .current_dir(home)
        .output();
    let done = finished(done.expect("sh"));
    assert_eq!(done.code, Some(0), "{done:?}");
    let patch = "--- a/Lib/this.py\n+++ b/Lib/this.py\n@@ -1,3 +1,3 @@\n-s = \"\"\"Gur Mra bs Clguba, ol Gvz Crgref\n+s = \"\"\"Gur Cngpu bs Clguba, ol Gvz Crgref\n \n Ornhgvshy vf orggre guna htyl.\n";
    std::fs::write(home.join("zen.patch"), patch).expect("write");
    let built = sandbox.ok(&["build", "--source", "tree", "--patch", "zen.patch", "3.14t"]);
    assert!(built.stderr.contains("GIL off"), "{built:?}");
    let zen = sandbox.ok(&["run", "3.14t", "--", "python3.14t", "-c", "import this"]);
    assert!(zen.stdout.starts_with("The Patch of Python"), "{zen:?}");
    let revision = format!("{}@HEAD", home.join("tree").display());
    let plan = sandbox.ok(&["build", "--dry-run", "--source", &revision, "3.14t"]);
    assert!(plan.stdout.contains("3.14.7t-source-"), "{plan:?}");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "live: needs compilers, the source mirror of this machine, and an hour"]
fn live_slow_the_slow_and_the_rare_ones() {
    require_live();
    let sandbox = sandbox();
    for request in [
        "3.14t+pgo+lto",
        "3.14t+tailcall",
        "3.14+jit",
        "3.14t+native+frameptr+shared",
        "3.14t+thinlto",
    ] {
        let mut command = sandbox.command(&["install", "--from", "source", request]);
        let installed = finished(command.output().expect("ftpy"));
        say(&format!("{request}: {:?}", installed.code));
        assert_eq!(installed.code, Some(0), "{request}: {installed:?}");
    }
}
