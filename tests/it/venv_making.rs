//! `ftpy venv`: what it runs, its errors, and what it leaves behind.

use crate::support::sandbox::{Archive, Sandbox, archive_name, probe_answer, tree};
use crate::support::shims::executable;
use std::fs;
use std::path::PathBuf;

/// An interpreter that makes environments of a few files. Its ensurepip fails with the contents of
/// `~/ensurepip`, and its variables are written to `~/environment`.
fn sandbox() -> Sandbox {
    let probe = probe_answer("3.14.7", "t", "t");
    let probe = probe.trim_start_matches("#!/bin/sh\n");
    let says = format!(
        "#!/bin/sh\ncase \"$*\" in\n*'-m venv '*) env >\"$HOME/environment\"\n\
         echo \"$*\" >\"$HOME/arguments\"\nfor last; do :; done\nmkdir -p \"$last/bin\" && cp \"$0\" \"$last/bin/python3.14t\"\n\
         echo 'home = /x' >\"$last/pyvenv.cfg\"\necho activate >\"$last/bin/activate\"\nexit 0;;\n\
         *'-m ensurepip '*) env >>\"$HOME/environment\"\n\
         [ -e \"$HOME/ensurepip\" ] || exit 0\ncat \"$HOME/ensurepip\" >&2\nexit 1;;\nesac\n{probe}"
    );
    let mut sandbox = Sandbox::new();
    sandbox.offer(&Archive {
        name: archive_name("3.14.7", "t"),
        bytes: tree("3.14.7", "t", &says).tar_gz(),
    });
    sandbox.ok(&["-q", "install", "3.14t"]);
    sandbox
}

fn home(sandbox: &Sandbox, name: &str) -> PathBuf {
    sandbox.home().join(name)
}

const FULL: &str = "Traceback (most recent call last):\n  File \"x\", line 1, in <module>\n\
    ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n\
    subprocess.CalledProcessError: Command 'x' returned non-zero exit status 1.\n";

#[test]
fn a_full_disk_is_named_and_nothing_is_left() {
    let sandbox = sandbox();
    fs::write(home(&sandbox, "ensurepip"), FULL).expect("write");
    let said = sandbox.fails(7, &["venv", "-p", "3.14t", "new/deep/.venv"]);
    let place = home(&sandbox, "new/deep/.venv").display().to_string();
    let message = format!("the disk of {place} is full");
    assert!(said.stderr.contains(&message), "{said:?}");
    assert!(said.stderr.contains("[Errno 28]"), "{said:?}");
    assert!(!said.stderr.contains("FTPY_HOME"), "{said:?}");
    assert!(!home(&sandbox, "new").exists(), "what ftpy made is gone");
    // The user's directory is kept, as empty as it was.
    fs::create_dir(home(&sandbox, "mine")).expect("mkdir");
    sandbox.fails(7, &["venv", "-p", "3.14t", "mine"]);
    assert_eq!(
        fs::read_dir(home(&sandbox, "mine")).expect("read").count(),
        0
    );
}

#[test]
fn ensurepip_is_quoted_where_it_fails() {
    let sandbox = sandbox();
    for (words, shown) in [
        (
            "Traceback\nERROR: the wheel is broken\nexit status 1\n",
            "the wheel is broken",
        ),
        ("/x/python: No module named ensurepip\n", "--without-pip"),
        ("Traceback\nRuntimeError: odd\n", "RuntimeError: odd"),
    ] {
        fs::write(home(&sandbox, "ensurepip"), words).expect("write");
        let said = sandbox.fails(6, &["venv", "-p", "3.14t"]);
        assert!(said.stderr.contains(shown), "{said:?}");
        assert!(
            said.stderr.contains("ensurepip could not install pip"),
            "{said:?}"
        );
        assert!(!home(&sandbox, ".venv").exists());
    }
    sandbox.ok(&["venv", "-p", "3.14t", "--without-pip"]);
    assert!(home(&sandbox, ".venv/pyvenv.cfg").exists());
}

#[test]
fn a_prompt_is_passed_on_and_existing_files_are_kept_if_asked() {
    let sandbox = sandbox();
    let arguments = || fs::read_to_string(home(&sandbox, "arguments")).expect("read");
    sandbox.ok(&["venv", "-p", "3.14t", "--prompt", "my work"]);
    assert!(arguments().contains("--prompt=my work -- "));
    fs::write(home(&sandbox, ".venv/mine"), "mine").expect("write");
    let said = sandbox.fails(2, &["venv", "-p", "3.14t"]);
    assert!(said.stderr.contains("--allow-existing"), "{said:?}");
    sandbox.ok(&["venv", "-p", "3.14t", "--allow-existing"]);
    assert!(!arguments().contains("--clear"));
    fs::create_dir(home(&sandbox, "other")).expect("mkdir");
    fs::write(home(&sandbox, "other/file"), "mine").expect("write");
    sandbox.fails(2, &["venv", "-p", "3.14t", "other"]);
    sandbox.ok(&["venv", "-p", "3.14t", "--allow-existing", "other"]);
    for kept in [".venv/mine", "other/file"] {
        assert!(home(&sandbox, kept).exists(), "{kept}");
    }
    sandbox.fails(2, &["venv", "--allow-existing", "--clear"]);
}

#[test]
fn the_project_selects_the_python_and_a_contradiction_is_a_warning() {
    let sandbox = sandbox();
    let project = |requires: &str| {
        let text = format!("[project]\nrequires-python = '{requires}'\n");
        fs::write(home(&sandbox, "pyproject.toml"), text).expect("write");
    };
    project(">=3.14");
    let said = sandbox.ok(&["venv", "--without-pip"]).stderr;
    assert!(said.contains("requires-python = \">=3.14\""), "{said}");
    assert!(said.contains("selects 3.14.7t\n"), "{said}");
    assert!(said.contains("follows 3.14t"), "{said}");
    project("<3.14");
    let said = sandbox
        .ok(&["venv", "-p", "3.14t", "--without-pip", "x"])
        .stderr;
    assert!(
        said.contains("\"<3.14\", which 3.14.7t contradicts"),
        "{said}"
    );
    let said = sandbox.fails(3, &["venv", "y"]).stderr;
    assert!(said.contains("ftpy install '<3.14'"), "{said}");
}

#[test]
fn a_python_may_be_a_path() {
    let sandbox = sandbox();
    let key = sandbox
        .store
        .join("installs/3.14.7t-pbs-20260901/bin/python3.14t");
    let alias = sandbox.store.join("aliases/3.14t/bin/python3.14t");
    let shim = sandbox.store.join("shims/python3.14t");
    let link = home(&sandbox, "py");
    std::os::unix::fs::symlink(&key, &link).expect("link");
    let follows = "3.14.7t, GIL off, follows 3.14t";
    let stays = "3.14.7t, GIL off, stays with 3.14.7t-pbs-20260901";
    for (number, (path, expected)) in [
        (key.as_path(), stays),
        (alias.as_path(), follows),
        (
            alias
                .parent()
                .and_then(|bin| bin.parent())
                .expect("a prefix"),
            follows,
        ),
        (shim.as_path(), follows),
        (std::path::Path::new("./py"), stays),
    ]
    .into_iter()
    .enumerate()
    {
        let path = path.display().to_string();
        let to = number.to_string();
        let said = sandbox
            .ok(&["venv", "--without-pip", "-p", &path, &to])
            .stderr;
        assert!(said.contains(expected), "{path}: {said}");
    }
    let exact = [
        "venv",
        "--without-pip",
        "--exact",
        "-p",
        &shim.display().to_string(),
        "e",
    ];
    assert!(sandbox.ok(&exact).stderr.contains(stays));
    sandbox.fails(3, &["venv", "-p", "./nothing"]);
    sandbox.fails(3, &["venv", "-p", "/etc"]);
    fs::write(home(&sandbox, "text"), "x").expect("write");
    sandbox.fails(5, &["venv", "-p", "./text"]);
}

#[test]
fn an_interpreter_of_another_tool_may_be_named_by_its_path() {
    let sandbox = sandbox();
    let key = sandbox.store.join("installs/3.14.7t-pbs-20260901");
    let other = home(&sandbox, "other/bin");
    fs::create_dir_all(&other).expect("mkdir");
    fs::copy(key.join("bin/python3.14t"), other.join("python3.14t")).expect("copy");
    let said = sandbox.ok(&["--json", "venv", "--without-pip", "-p", "./other"]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(
        (&json["key"], &json["follows"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
    let python = json["python"].as_str().expect("a path");
    assert!(
        said.stderr.contains(&format!("based on {python}")),
        "{said:?}"
    );
}

#[test]
fn a_link_to_a_directory_is_followed() {
    let sandbox = sandbox();
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(home(&sandbox, to), home(&sandbox, name)).expect("link");
    };
    fs::create_dir(home(&sandbox, "there")).expect("mkdir");
    link("there", ".venv");
    link("missing/deep", "dangling");
    for (name, real) in [(".venv", "there"), ("dangling", "missing/deep")] {
        let said = sandbox
            .ok(&["venv", "-p", "3.14t", "--without-pip", name])
            .stderr;
        assert!(said.contains(&format!("Created {name} with")), "{said}");
        assert!(home(&sandbox, name).is_symlink());
        assert!(home(&sandbox, real).join("pyvenv.cfg").is_file());
        let arguments = fs::read_to_string(home(&sandbox, "arguments")).expect("read");
        let real = home(&sandbox, real).display().to_string();
        assert!(arguments.trim_end().ends_with(&real), "{arguments}");
    }
    sandbox.fails(2, &["venv", "-p", "3.14t"]);
    fs::write(home(&sandbox, "ensurepip"), FULL).expect("write");
    link("unmade", "failing");
    sandbox.fails(7, &["venv", "-p", "3.14t", "failing"]);
    assert!(
        home(&sandbox, "failing").is_symlink(),
        "the link is the user's"
    );
    assert!(!home(&sandbox, "unmade").exists());
}

#[test]
fn variables_that_change_python_do_not_reach_it() {
    let mut sandbox = sandbox();
    for name in [
        "PYTHONSTARTUP",
        "PYTHONWARNINGS",
        "PYTHONPATH",
        "PYTHON_GIL",
        "__PYVENV_LAUNCHER__",
    ] {
        sandbox.set(name, "1");
    }
    sandbox.set("KEPT", "1");
    sandbox.ok(&["venv", "-p", "3.14t"]);
    let environment = fs::read_to_string(home(&sandbox, "environment")).expect("read");
    let names = environment
        .lines()
        .filter_map(|line| line.split('=').next());
    let names: Vec<&str> = names.collect();
    assert_eq!(
        names.iter().filter(|name| **name == "KEPT").count(),
        2,
        "{names:?}"
    );
    assert!(
        !names
            .iter()
            .any(|name| name.contains("PYTHON") || name.contains("PYVENV")),
        "{names:?}"
    );
}

#[test]
fn the_hint_is_for_the_shell_of_the_person_and_quoted() {
    let mut sandbox = sandbox();
    for (number, (shell, path, hint)) in [
        (
            "/usr/bin/fish",
            "it's",
            r"`source 'it\'s/bin/activate.fish'`",
        ),
        (
            "/bin/bash",
            "$(touch pwned)",
            "`source '$(touch pwned)/bin/activate'`",
        ),
        ("/bin/dash", "plain", "`. plain/bin/activate`"),
        ("/bin/tcsh", "c", "`source c/bin/activate.csh`"),
        ("/usr/bin/pwsh", "p", "`& 'p/bin/Activate.ps1'`"),
        (
            "/usr/bin/nu",
            "n",
            "`$env.PATH = ($env.PATH | prepend (\"n/bin\" | path expand))`",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        sandbox.set("SHELL", shell);
        let said = sandbox.ok(&["venv", "-p", "3.14t", path]);
        assert!(said.stderr.contains(hint), "{number}: {said:?}");
    }
}

#[test]
fn a_version_in_place_of_the_directory_is_an_error_with_both_meanings() {
    let sandbox = sandbox();
    let said = sandbox.fails(2, &["venv", "3.14t"]);
    assert!(
        said.stderr
            .contains("3.14t is a version, and not a directory to create"),
        "{said:?}"
    );
    assert!(
        said.stderr
            .contains("`ftpy venv -p 3.14t` uses this version"),
        "{said:?}"
    );
    assert!(!sandbox.home().join("3.14t").exists());
}

#[test]
fn an_interpreter_that_was_linked_as_python3_gets_an_environment_with_the_builds_own_name() {
    let sandbox = Sandbox::new();
    let probe = probe_answer("3.14.7", "t", "t");
    let probe = probe.trim_start_matches("#!/bin/sh\n");
    // Like CPython's venv, which makes the name that it was started by, and `python`.
    let says = format!(
        "#!/bin/sh\ncase \"$*\" in *'-m venv '*) for last; do :; done\n\
         mkdir -p \"$last/bin\" && cp \"$0\" \"$last/bin/python3\"\nln -s python3 \"$last/bin/python\"\n\
         echo 'home = /x' >\"$last/pyvenv.cfg\"\nexit 0;;\nesac\n{probe}"
    );
    let path = home(&sandbox, "opt/bin/python3");
    executable(&path, &says);
    sandbox.ok(&["link", "mine", path.to_str().expect("UTF-8")]);
    sandbox.ok(&["venv", "--without-pip", "-p", "mine", "env"]);
    let own = fs::read_link(home(&sandbox, "env/bin/python3.14t"));
    assert_eq!(own.expect("a link"), PathBuf::from("python"));
}
