//! Names given by `ftpy link`: which words are valid, and that they work wherever a request does.

use crate::support::sandbox::{Sandbox, finished, probe_answer};
use crate::support::shims::{executable, output, project, run, run_in, shim, started, with};
use std::path::{Path, PathBuf};

/// An external interpreter that answers the probe, makes virtual environments by copying itself,
/// and otherwise prints its path and arguments.
fn foreign(sandbox: &Sandbox, name: &str, version: &str, flags: &str) -> PathBuf {
    let path = sandbox.home().join(name);
    let probe = probe_answer(version, flags, flags);
    let probe = probe.trim_start_matches("#!/bin/sh\n");
    let text = format!(
        "#!/bin/sh\nif [ \"$1$2$3\" = -I-mvenv ]; then\nfor last; do :; done\n\
         mkdir -p \"$last/bin\"\ncp \"$0\" \"$last/bin/python\"\ncp \"$0\" \
         \"$last/bin/python3.14{flags}\"\necho \"home = ${{0%/*}}\" > \"$last/pyvenv.cfg\"\n\
         exit 0\nfi\nif [ \"$1\" = -I ]; then\n{probe}exit 0\nfi\necho \"$0\"\n\
         for a in \"$@\"; do printf '[%s]' \"$a\"; done\necho\n"
    );
    executable(&path, &text);
    path
}

/// ftpy's own 3.14.7t, and a linked 3.14.5t called `mine`.
fn linked() -> (Sandbox, String) {
    let sandbox = with(&[("3.14.7", "t"), ("3.13.5", "t")]);
    let path = foreign(&sandbox, "opt/bin/python3.14t", "3.14.5", "t");
    let path = path.to_str().expect("UTF-8").to_owned();
    sandbox.ok(&["link", "Mine", &path]);
    (sandbox, path)
}

/// Requests in every spelling, archives, paths, keywords, and everything that is not one word.
const REFUSED: &[&str] = &[
    "3.14t",
    "3.14",
    "314t",
    "3t",
    "cp314t",
    "py314",
    "python3.14",
    "python",
    "cpython",
    "cpython-3.14",
    "pypy3.11",
    "pypy",
    "graalpy",
    "miniconda3",
    ">=3.13",
    "conda:3.14t",
    "conda",
    "pbs",
    "source",
    "link",
    "system",
    "SYSTEM",
    "latest",
    "default",
    "none",
    "all",
    "self",
    "tsan",
    "t",
    "my.conda",
    "x.tar.gz",
    "x.zip",
    "./x",
    "a/b",
    "a\\b",
    "https://x/y",
    ".",
    "..",
    ".x",
    "-x",
    "+x",
    "_x",
    "1x",
    "",
    " ",
    "a b",
    "a:b",
    "a@b",
    "caf\u{e9}",
    "pip",
    "pip3",
    "idle3",
    "3.14.9t-link-x",
];

#[test]
fn a_name_can_never_be_read_as_a_request_an_archive_or_a_keyword() {
    let sandbox = with(&[]);
    let path = foreign(&sandbox, "opt/bin/python3.14t", "3.14.9", "t");
    let path = path.to_str().expect("UTF-8");
    for name in REFUSED {
        let said = sandbox.fails(2, &["link", "--", name, path]);
        assert!(
            said.stderr.contains("is not a valid name: "),
            "{name}: {said:?}"
        );
        assert!(said.stderr.contains("as in `mine`"), "{name}: {said:?}");
    }
    let said = sandbox.fails(2, &["link", "3.14t", path]);
    assert!(
        said.stderr
            .contains("`3.14t` is not a valid name: it is a version")
    );
    assert!(sandbox.installed().is_empty());
    // Names are case-insensitive and stored in lower case.
    sandbox.ok(&["link", "My_Build2", path]);
    assert_eq!(sandbox.installed(), ["3.14.9t-link-my_build2"]);
    sandbox.ok(&["uninstall", "MY_build2"]);
    assert!(sandbox.installed().is_empty());
}

#[test]
fn a_linked_name_works_wherever_a_request_does() {
    let (sandbox, path) = linked();
    let place = project(&sandbox, "p", "3.14t\n");
    let starts = |arguments: &[&str]| {
        let said = run(&sandbox, "python", &place, arguments);
        said.stdout.lines().next().unwrap_or_default().to_owned()
    };
    assert_ne!(starts(&["x"]), path);
    // As the shim's argument and in the environment, also for child processes.
    assert_eq!(starts(&["+mine", "x"]), path);
    assert_eq!(starts(&["+MINE", "x"]), path);
    let said = finished(output(
        shim(&sandbox, "python", &place)
            .env("FTPY_PYTHON", "mine")
            .arg("x"),
    ));
    assert_eq!(said.stdout, format!("{path}\n[x]\n"), "{said:?}");
    // A versioned name keeps its meaning.
    assert_eq!(
        run(&sandbox, "python3.14t", &place, &["+mine"]).code,
        Some(0)
    );
    let said = run(&sandbox, "python3.13t", &place, &["+mine"]);
    assert_eq!(said.code, Some(127), "{said:?}");
    // In the version file: written, and read by the shim, by show and which, and by pip.
    run_in(&sandbox, &place, 0, &["pin", "Mine"]);
    let file = place.join(".python-version");
    assert_eq!(std::fs::read_to_string(&file).expect("read"), "mine\n");
    assert_eq!(starts(&["x"]), path);
    assert_eq!(
        run(&sandbox, "python3.14t", &place, &["x"]).stdout,
        format!("{path}\n[x]\n")
    );
    let said = run(&sandbox, "pip", &place, &["list"]);
    assert_eq!(said.stdout, format!("{path}\n[-P][-m][pip][list]\n"));
    let said = run_in(&sandbox, &place, 0, &["show"]);
    assert!(said.stdout.contains("asks for mine"), "{said:?}");
    assert_eq!(
        run_in(&sandbox, &place, 0, &["which", "python"]).stdout,
        format!("{path}\n")
    );
    let said = run_in(&sandbox, &place, 0, &["install"]);
    assert!(said.stderr.contains("already installed"), "{said:?}");
}

#[test]
fn a_linked_name_is_a_default_and_an_argument_of_every_command() {
    let (sandbox, path) = linked();
    sandbox.ok(&["default", "mine"]);
    assert_eq!(sandbox.ok(&["default"]).stdout, "mine\n");
    let said = run(&sandbox, "python", sandbox.home(), &["x"]);
    assert_eq!(said.stdout, format!("{path}\n[x]\n"));
    assert_eq!(sandbox.ok(&["which", "mine"]).stdout, format!("{path}\n"));
    let said = sandbox.ok(&["run", "mine", "--", "python", "y"]);
    assert_eq!(said.stdout, format!("{path}\n[y]\n"));
    let said = sandbox.ok(&["install", "mine"]);
    assert!(said.stderr.contains("already installed"), "{said:?}");
    sandbox.ok(&["verify", "mine"]);
    let said = sandbox.ok(&["list", "mine"]);
    assert!(said.stdout.contains("linked as mine"), "{said:?}");
    assert_eq!(said.stdout.lines().count(), 1, "{said:?}");
    assert!(
        sandbox
            .ok(&["list", "--requests"])
            .stdout
            .contains("\nmine\n")
    );
    let said = sandbox.ok(&["venv", "-p", "mine", "env"]);
    assert!(said.stderr.contains("3.14.5t"), "{said:?}");
    let config = std::fs::read_to_string(sandbox.home().join("env/pyvenv.cfg"));
    let home = Path::new(&path)
        .parent()
        .expect("bin")
        .display()
        .to_string();
    assert!(config.expect("read").contains(&home));
    sandbox.ok(&["uninstall", "mine"]);
    assert_eq!(sandbox.installed().len(), 2);
    assert!(Path::new(&path).exists());
}

#[test]
fn a_name_that_is_not_linked_here_is_an_error_with_the_file_and_the_command() {
    let (sandbox, _) = linked();
    sandbox.ok(&["default", "3.14t"]);
    let place = project(&sandbox, "p", "# ours\ntheirs\n");
    let file = format!("{}:2", place.join(".python-version").display());
    let shim = run(&sandbox, "python", &place, &["x"]);
    assert_eq!(
        (shim.code, shim.stdout.as_str()),
        (Some(127), ""),
        "{shim:?}"
    );
    let mut all = vec![shim];
    for arguments in [&["show"][..], &["install"], &["which", "python"], &["venv"]] {
        all.push(run_in(&sandbox, &place, 3, arguments));
    }
    for said in &all {
        for part in [file.as_str(), "`theirs`", "`ftpy link theirs PATH`"] {
            assert!(said.stderr.contains(part), "{part}: {said:?}");
        }
    }
    for arguments in [
        &["run", "theirs", "--", "python"][..],
        &["uninstall", "theirs"],
        &["verify", "theirs"],
        &["list", "theirs"],
        &["pin", "theirs"],
        &["default", "theirs"],
        &["install", "theirs"],
        &["venv", "-p", "theirs"],
    ] {
        let said = sandbox.fails(3, arguments);
        assert!(
            said.stderr.contains("`ftpy link theirs PATH`"),
            "{arguments:?}: {said:?}"
        );
    }
    assert_eq!(
        sandbox.ok(&["default"]).stdout,
        "3.14t\n",
        "nothing was written"
    );
    // Versioned names are unaffected.
    assert_eq!(
        started(&run(&sandbox, "python3.14t", &place, &["x"])),
        "3.14.7t"
    );
    // As an inactive version it may be another tool's environment.
    let place = project(&sandbox, "q", "3.14t\ntheirs\n");
    assert_eq!(started(&run(&sandbox, "python", &place, &["x"])), "3.14.7t");
    let said = run_in(&sandbox, &place, 0, &["install"]);
    assert!(said.stderr.contains(":2: skipped `theirs`"), "{said:?}");
}

#[test]
fn what_other_machines_and_sources_do_asks_for_a_version() {
    let (sandbox, _) = linked();
    for arguments in [
        &["upgrade", "mine"][..],
        &["outdated", "mine"],
        &["lock", "mine"],
        &["ci", "setup", "mine"],
        &["build", "mine"],
        &["list", "--available", "mine"],
    ] {
        let said = sandbox.fails(2, arguments);
        for part in [
            "`mine`",
            "linked on this machine",
            "name a version, such as `3.14t`",
        ] {
            assert!(said.stderr.contains(part), "{arguments:?}: {said:?}");
        }
    }
    let place = project(&sandbox, "p", "mine\n");
    let said = run_in(&sandbox, &place, 2, &["lock"]);
    assert!(
        said.stderr
            .contains("contains no version that can be locked"),
        "{said:?}"
    );
    let said = run_in(&sandbox, &place, 2, &["ci", "setup"]);
    assert!(said.stderr.contains("`mine`"), "{said:?}");
    // A linked interpreter needs no source.
    let said = sandbox.ok(&["install", "--dry-run", "mine"]);
    assert!(said.stderr.contains("already installed"), "{said:?}");
}

#[test]
fn adopted_interpreters_get_names_that_can_be_used() {
    let sandbox = with(&[]);
    for (path, version) in [
        (".pyenv/versions/3.13.5t/bin/python3.13t", "3.13.5"),
        (".pyenv/versions/3.14.5t/bin/python3.14t", "3.14.5"),
        ("miniconda3/envs/x/bin/python3.14t", "3.14.6"),
    ] {
        executable(&sandbox.home().join(path), &probe_answer(version, "t", "t"));
    }
    sandbox.ok(&["adopt", "--all"]);
    let mut names: Vec<String> = sandbox
        .installed()
        .iter()
        .filter_map(|key| Some(key.split_once("-link-")?.1.to_owned()))
        .collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(
        names.len(),
        count,
        "each name means one interpreter: {names:?}"
    );
    for name in ["pyenv", "pyenv2", "conda_python"] {
        assert!(names.iter().any(|known| known == name), "{name}: {names:?}");
        sandbox.ok(&["which", name]);
    }
}

#[test]
fn pin_force_writes_a_name_that_is_linked_later() {
    let (sandbox, path) = linked();
    let place = project(&sandbox, "p", "3.14t\n");
    let said = run_in(&sandbox, &place, 3, &["pin", "theirs"]);
    assert!(
        said.stderr.contains("`ftpy pin --force theirs`"),
        "{said:?}"
    );
    let said = run_in(&sandbox, &place, 0, &["pin", "--force", "theirs"]);
    assert!(
        said.stderr.contains("theirs is not linked on this machine"),
        "{said:?}"
    );
    let file = std::fs::read_to_string(place.join(".python-version"));
    assert_eq!(file.expect("read"), "theirs\n");
    // Until then nothing else starts.
    assert_eq!(run(&sandbox, "python", &place, &["x"]).code, Some(127));
    sandbox.ok(&["link", "theirs", &path]);
    let said = run(&sandbox, "python", &place, &["x"]);
    assert_eq!(said.stdout, format!("{path}\n[x]\n"), "{said:?}");
}
