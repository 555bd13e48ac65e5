//! `ftpy run SCRIPT.py`: which Python runs a script, and its dependencies (PEP 723).

use crate::support::sandbox::{Archive, Sandbox, archive_name, finished, probe_answer, tree};
use crate::support::shims::{executable, project, run_in, started as version};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::Stdio;

/// An interpreter that makes environments of a few files, and whose pip writes its arguments to
/// `~/pip`. Otherwise it prints its path, its arguments, and two variables.
fn interpreter(version: &str, flags: &str) -> Archive {
    let probe = probe_answer(version, flags, flags);
    let probe = probe.trim_start_matches("#!/bin/sh\n");
    let minor: String = version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    let says = format!(
        "#!/bin/sh\ncase \"$*\" in\n\
         *'-m venv '*) for last; do :; done\nmkdir -p \"$last/bin\"\n\
         cp \"$0\" \"$last/bin/python{minor}{flags}\"\n\
         echo \"home = ${{0%/*}}\" >\"$last/pyvenv.cfg\"\nexit 0;;\n\
         *'-m ensurepip '*) exit 0;;\n\
         *'-m pip '*) echo \"$*\" >>\"$HOME/pip\"\n\
         [ ! -e \"$HOME/broken\" ] || {{ echo 'ERROR: no such package' >&2; exit 1; }}\n\
         [ -z \"$SLOW\" ] || sleep 0.2\n\
         mkdir -p \"${{0%/bin/*}}/lib/x/site-packages/httpx-1.dist-info\"\nexit 0;;\n\
         esac\n\
         if [ \"$1\" = -I ]; then\n{probe}exit 0\nfi\n\
         for last; do :; done\n[ \"$last\" != fail ] || exit 42\n\
         [ \"$last\" != wait ] || {{ echo ready; exec cat; }}\n\
         echo \"$0\"\nfor a in \"$@\"; do printf '[%s]' \"$a\"; done\necho\n\
         echo \"$PATH\"\necho \"venv=$VIRTUAL_ENV\"\n[ \"$1\" != - ] || cat\n"
    );
    Archive {
        name: archive_name(version, flags),
        bytes: tree(version, flags, &says).tar_gz(),
    }
}

fn with(installed: &[(&str, &str)]) -> Sandbox {
    let mut sandbox = Sandbox::new();
    for (version, flags) in installed {
        sandbox.offer(&interpreter(version, flags));
    }
    for (version, flags) in installed {
        sandbox.ok(&["-q", "install", &format!("{version}{flags}")]);
    }
    sandbox
}

fn three() -> Sandbox {
    with(&[("3.14.7", "t"), ("3.14.7", ""), ("3.13.5", "t")])
}

fn write(sandbox: &Sandbox, name: &str, text: &str) {
    std::fs::write(sandbox.home().join(name), text).expect("write");
}

/// A script whose block has these lines.
fn script(sandbox: &Sandbox, lines: &[&str]) {
    let lines: String = lines.iter().map(|line| format!("# {line}\n")).collect();
    let text = format!("# /// script\n{lines}# ///\nprint()\n");
    write(sandbox, "x.py", &text);
}

fn environments(sandbox: &Sandbox) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(sandbox.store.join("cache/scripts"));
    let entries = entries.into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

const REQUIRES: &str = "requires-python = \">=3.14\"";
const DEPENDENCIES: &str = "dependencies = [\"rich>=13\", \"httpx\"]";

#[test]
fn run_starts_a_script_with_its_arguments_and_exit_code() {
    let sandbox = three();
    write(&sandbox, "x.py", "print()\n");
    for line in [
        &["run", "3.14t", "x.py", "-v", "--", "a b"][..],
        &["run", "3.14t", "--", "x.py", "-v", "--", "a b"],
    ] {
        let ran = sandbox.ok(line);
        assert_eq!(version(&ran), "3.14.7t", "{ran:?}");
        assert!(ran.stdout.contains("[x.py][-v][--][a b]"), "{ran:?}");
        assert!(ran.stdout.ends_with("venv=\n"), "{ran:?}");
    }
    sandbox.ok(&["default", "3.13t"]);
    for line in [
        &["run", "x.py", "--json"][..],
        &["run", "--", "x.py", "--json"],
    ] {
        let ran = sandbox.ok(line);
        assert_eq!(version(&ran), "3.13.5t", "{ran:?}");
        assert!(ran.stdout.contains("[x.py][--json]"), "{ran:?}");
    }
    sandbox.fails(42, &["run", "x.py", "fail"]);
    // A path that looks like an option is still a path.
    write(&sandbox, "-x.py", "print()\n");
    let ran = sandbox.ok(&["run", "--", "-x.py"]);
    assert!(ran.stdout.contains("[./-x.py]"), "{ran:?}");
}

#[test]
fn a_script_without_the_ending_runs_if_told_and_one_on_stdin_is_read() {
    let sandbox = three();
    write(
        &sandbox,
        "tool",
        "#!/usr/bin/env -S ftpy run --script\n# /// script\n# requires-python = \"<3.14\"\n# ///\n",
    );
    let ran = sandbox.ok(&["run", "--script", "./tool", "a"]);
    assert_eq!(version(&ran), "3.13.5t", "{ran:?}");
    assert!(ran.stdout.contains("[./tool][a]"), "{ran:?}");
    let ran = sandbox.ok(&["run", "-s", "3.13t", "tool"]);
    assert_eq!(version(&ran), "3.13.5t", "{ran:?}");
    let mut command = sandbox.command(&["run", "-", "a"]);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("ftpy starts");
    let text = "# /// script\n# requires-python = \">=3.14\"\n# ///\nprint('in')\n";
    let mut stdin = child.stdin.take().expect("stdin");
    stdin.write_all(text.as_bytes()).expect("write");
    drop(stdin);
    let ran = finished(child.wait_with_output().expect("it ends"));
    assert_eq!(version(&ran), "3.14.7", "{ran:?}");
    assert!(ran.stdout.contains("[-][a]"), "{ran:?}");
    assert!(ran.stdout.ends_with(text), "{ran:?}");
}

#[test]
fn requires_python_narrows_a_request_and_refuses_a_contradiction() {
    let sandbox = with(&[("3.14.7", "t"), ("3.14.5", "t"), ("3.13.5", "t")]);
    script(&sandbox, &["requires-python = \">=3.13,<3.14.7\""]);
    for (request, expected) in [
        ("3.14t", "3.14.5t"),
        ("3.13t", "3.13.5t"),
        (">=3.13t", "3.14.5t"),
    ] {
        let ran = sandbox.ok(&["run", request, "x.py"]);
        assert_eq!(version(&ran), expected, "{request} {ran:?}");
    }
    let refused = sandbox.fails(2, &["run", "3.14.7t", "x.py"]);
    let message = "error: x.py has requires-python = \">=3.13,<3.14.7\", which 3.14.7t contradicts";
    assert!(refused.stderr.contains(message), "{refused:?}");
    let hint = "try `ftpy run '>=3.13,<3.14.7t' x.py`";
    assert!(refused.stderr.contains(hint), "{refused:?}");
    let refused = sandbox.fails(3, &["run", "3.14", "x.py"]);
    assert!(
        refused
            .stderr
            .contains("==3.14.*,>=3.13,<3.14.7 is not installed"),
        "{refused:?}"
    );
}

#[test]
fn the_first_line_of_a_script_chooses_its_python() {
    let mut sandbox = three();
    sandbox.ok(&["default", "3.14"]);
    write(&sandbox, "x.py", "#!/usr/bin/env python3.13t\nprint()\n");
    let ran = sandbox.ok(&["run", "x.py"]);
    assert_eq!(version(&ran), "3.13.5t", "{ran:?}");
    // As a shim of that name does, it ignores other versions.
    sandbox.set("FTPY_PYTHON", "3.14t");
    let ran = sandbox.ok(&["run", "x.py"]);
    assert_eq!(version(&ran), "3.13.5t", "{ran:?}");
    let ran = sandbox.ok(&["run", "3.14t", "x.py"]);
    assert_eq!(version(&ran), "3.14.7t", "{ran:?}");
    let text = "#!/usr/bin/env python3.13t\n# /// script\n# requires-python = \">=3.14\"\n# ///\n";
    write(&sandbox, "x.py", text);
    let refused = sandbox.fails(2, &["run", "x.py"]);
    let message = "requires-python = \">=3.14\", which python3.13t in its first line contradicts";
    assert!(refused.stderr.contains(message), "{refused:?}");
    write(&sandbox, "x.py", "#!/usr/bin/env python3.15t\n");
    let refused = sandbox.fails(3, &["run", "x.py"]);
    assert!(
        refused.stderr.contains("3.15t is not installed"),
        "{refused:?}"
    );
}

#[test]
fn what_is_active_chooses_the_variant_of_a_script() {
    let mut sandbox = three();
    script(&sandbox, &[REQUIRES]);
    // Nothing is active.
    assert_eq!(version(&sandbox.ok(&["run", "x.py"])), "3.14.7");
    sandbox.ok(&["default", "3.14t"]);
    assert_eq!(version(&sandbox.ok(&["run", "x.py"])), "3.14.7t");
    // A pin of another version gives the variant, and ftpy says so.
    let place = project(&sandbox, "p", "3.13t\n");
    let ran = run_in(&sandbox, &place, 0, &["run", "../x.py"]);
    assert_eq!(version(&ran), "3.14.7t", "{ran:?}");
    let note = ".python-version:1 asks for 3.13t, which does not fit requires-python = \">=3.14\" \
                in ../x.py; >=3.14t is used instead";
    assert!(ran.stderr.contains(note), "{ran:?}");
    // The variable is an order.
    sandbox.set("FTPY_PYTHON", "3.13t");
    let refused = sandbox.fails(2, &["run", "x.py"]);
    assert!(
        refused
            .stderr
            .contains("which FTPY_PYTHON=3.13t contradicts"),
        "{refused:?}"
    );
}

#[test]
fn a_script_that_no_installation_fits_says_how_to_install_one() {
    let mut sandbox = with(&[("3.13.5", "t")]);
    script(&sandbox, &[REQUIRES]);
    let refused = sandbox.fails(3, &["run", "x.py"]);
    assert!(
        refused.stderr.contains("no installed Python fits x.py"),
        "{refused:?}"
    );
    let hint = "try `ftpy run --install '>=3.14t' x.py`";
    assert!(refused.stderr.contains(hint), "{refused:?}");
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["index", "update"]);
    let ran = sandbox.ok(&["run", "--install", ">=3.14t", "x.py"]);
    assert_eq!(version(&ran), "3.14.7t", "{ran:?}");
    let missing = sandbox.fails(127, &["run", "missing.py"]);
    assert!(
        missing.stderr.contains("script missing.py not found"),
        "{missing:?}"
    );
    let url = sandbox.fails(2, &["run", "https://example.org/x.py"]);
    assert!(url.stderr.contains("is a URL, not a file"), "{url:?}");
}

#[test]
fn an_invalid_block_is_reported_with_its_line() {
    let sandbox = three();
    for (text, line, problem) in [
        ("\n# /// script\n# dependencies = [\n", 2, "no closing line"),
        ("# /// script\n# a = \n# ///\n", 2, "invalid TOML"),
        (
            "# /// script\n# ///\n\n# /// script\n# ///\n",
            4,
            "a second",
        ),
    ] {
        write(&sandbox, "x.py", text);
        let refused = sandbox.fails(2, &["run", "3.14t", "x.py"]);
        let place = format!("error: x.py:{line}: ");
        assert!(refused.stderr.contains(&place), "{refused:?}");
        assert!(refused.stderr.contains(problem), "{refused:?}");
        assert!(refused.stderr.contains("ftpy help scripts"), "{refused:?}");
    }
    script(
        &sandbox,
        &["dependancies = []", "[tool.uv.sources]", "x = 1"],
    );
    let ran = sandbox.ok(&["run", "3.14t", "x.py"]);
    let warning = "x.py: ftpy does not read dependancies, tool.uv.sources";
    assert!(ran.stderr.contains(warning), "{ran:?}");
}

#[test]
fn dependencies_are_installed_once_for_each_python_and_list() {
    let sandbox = three();
    script(&sandbox, &[DEPENDENCIES]);
    let ran = sandbox.ok(&["run", "3.14t", "x.py"]);
    let [environment] = &*environments(&sandbox) else {
        panic!("{:?}", environments(&sandbox));
    };
    let environment = environment.display().to_string();
    let first = ran.stdout.lines().next().expect("a line");
    assert_eq!(first, format!("{environment}/bin/python3.14t"));
    assert!(
        ran.stdout.contains(&format!("venv={environment}\n")),
        "{ran:?}"
    );
    let bin = format!("{environment}/bin:");
    assert!(
        ran.stdout.lines().any(|line| line.starts_with(&bin)),
        "{ran:?}"
    );
    assert!(
        ran.stderr.contains("Installed 1 package for x.py with pip"),
        "{ran:?}"
    );
    let pip = || std::fs::read_to_string(sandbox.home().join("pip")).expect("pip");
    assert!(pip().ends_with("-- httpx rich>=13\n"), "{}", pip());
    // The same list, in another order and script.
    let text = "# /// script\n# dependencies = [\"httpx\", \"rich>=13\"]\n# ///\n";
    write(&sandbox, "other.py", text);
    let ran = sandbox.ok(&["run", "3.14t", "other.py"]);
    assert_eq!(ran.stderr, "");
    assert_eq!(pip().lines().count(), 1);
    sandbox.ok(&["run", "3.13t", "other.py"]);
    script(&sandbox, &["dependencies = [\"httpx\"]"]);
    sandbox.ok(&["run", "3.14t", "x.py"]);
    assert_eq!(environments(&sandbox).len(), 3);
    assert_eq!(pip().lines().count(), 3);
}

#[test]
fn a_failed_installation_of_dependencies_is_not_used() {
    let sandbox = three();
    script(&sandbox, &[DEPENDENCIES]);
    write(&sandbox, "broken", "");
    for _ in 0..2 {
        let failed = sandbox.fails(6, &["run", "3.14t", "x.py"]);
        let message = "error: pip could not install the dependencies of x.py";
        assert!(failed.stderr.contains(message), "{failed:?}");
        assert!(failed.stderr.contains("no such package"), "{failed:?}");
    }
    std::fs::remove_file(sandbox.home().join("broken")).expect("remove");
    sandbox.ok(&["run", "3.14t", "x.py"]);
}

#[test]
fn uv_on_path_installs_the_dependencies() {
    let mut sandbox = three();
    let own = sandbox.home().join("bin");
    let uv = "#!/bin/sh\n[ \"$1\" != --version ] || exit \"$BAD\"\necho \"$*\" >\"$HOME/uv\"\n";
    executable(&own.join("uv"), uv);
    sandbox.set("PATH", &format!("{}:/usr/bin:/bin", own.display()));
    sandbox.set("BAD", "0");
    script(&sandbox, &[DEPENDENCIES]);
    let ran = sandbox.ok(&["run", "--offline", "3.14t", "x.py"]);
    assert!(ran.stderr.contains("for x.py with uv in"), "{ran:?}");
    let said = std::fs::read_to_string(sandbox.home().join("uv")).expect("uv");
    let environment = environments(&sandbox).remove(0);
    let python = environment.join("bin/python3.14t");
    let expected = format!(
        "pip install --quiet --python {} --offline -- httpx rich>=13\n",
        python.display()
    );
    assert_eq!(said, expected);
    assert!(!sandbox.home().join("pip").exists());
    // A shim of another tool that has no uv.
    sandbox.set("BAD", "127");
    let ran = sandbox.ok(&["run", "3.13t", "x.py"]);
    assert!(ran.stderr.contains("for x.py with pip in"), "{ran:?}");
}

#[test]
fn two_runs_at_once_make_one_environment() {
    let mut sandbox = three();
    sandbox.set("SLOW", "1");
    script(&sandbox, &[DEPENDENCIES]);
    let line = ["run", "3.14t", "x.py"];
    let children = [
        sandbox.start(&line),
        sandbox.start(&line),
        sandbox.start(&line),
    ];
    for child in children {
        let ran = finished(child.wait_with_output().expect("it ends"));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.stdout.contains("/cache/scripts/"), "{ran:?}");
    }
    assert_eq!(environments(&sandbox).len(), 1);
    let pip = std::fs::read_to_string(sandbox.home().join("pip")).expect("pip");
    assert_eq!(pip.lines().count(), 1, "{pip}");
}

#[test]
fn cache_clean_removes_environments_that_are_not_in_use() {
    let sandbox = three();
    script(&sandbox, &[DEPENDENCIES]);
    sandbox.ok(&["run", "3.13t", "x.py"]);
    let mut command = sandbox.command(&["run", "3.14t", "x.py", "wait"]);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("ftpy starts");
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("stdout");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    assert_eq!(line, "ready\n");
    assert_eq!(environments(&sandbox).len(), 2);
    sandbox.ok(&["cache", "clean"]);
    let left = environments(&sandbox);
    assert_eq!(left.len(), 1, "{left:?}");
    drop(child.stdin.take());
    child.wait().expect("it ends");
    sandbox.ok(&["cache", "clean"]);
    assert!(environments(&sandbox).is_empty());
    sandbox.ok(&["run", "3.14t", "x.py"]);
}

#[test]
fn prune_removes_environments_of_removed_installations() {
    let sandbox = three();
    script(&sandbox, &[DEPENDENCIES]);
    sandbox.ok(&["run", "3.13t", "x.py"]);
    sandbox.ok(&["run", "3.14t", "x.py"]);
    sandbox.ok(&["uninstall", "3.13t"]);
    let shown = sandbox.ok(&["prune"]);
    assert!(shown.stdout.contains("1 script environment"), "{shown:?}");
    assert_eq!(environments(&sandbox).len(), 2);
    let json = sandbox.ok(&["--json", "prune"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        json["script_environments"].as_array().map(Vec::len),
        Some(1)
    );
    sandbox.ok(&["prune", "--yes"]);
    assert_eq!(environments(&sandbox).len(), 1);
    let ran = sandbox.ok(&["run", "3.14t", "x.py"]);
    assert_eq!(ran.stderr, "", "the other one is kept");
}
