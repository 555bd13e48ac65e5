//! Other commands that end with `ftpy check`, or name what it knows: `doctor`, `venv`, `lock` and
//! `ci setup`.

use crate::check::{packages, venv, words};
use crate::check_remedies::{locked, serve};
use crate::support::sandbox::{Archive, Sandbox, archive_name, interpreter, probe_answer, tree};
use crate::support::shims::{executable, run_in};
use crate::support::wheels::{MODULE, module};
use serde_json::Value;
use std::path::PathBuf;

/// Puts a uv on PATH that finds all packages in the server's index, and installs what is in
/// `~/site`.
fn with_uv(sandbox: &mut Sandbox) {
    let bin = sandbox.home().join("tools");
    let index = sandbox.server.url("/simple");
    let script = format!(
        "#!/bin/sh\ncase \"$1 $2\" in\n\
         --version*) echo uv 9 ;;\n\
         'pip compile') while read -r pin; do echo \"$pin\"; echo '    # from {index}'; done ;;\n\
         'pip install') site=${{5%/bin/*}}/lib/python3.14t/site-packages\n\
         echo \"$*\" >\"$HOME/installed\"; mkdir -p \"$site\" && cp -r \"$HOME/site/.\" \"$site\" ;;\nesac\n"
    );
    executable(&bin.join("uv"), &script);
    let path = format!("{}:/usr/bin:/bin", bin.display());
    sandbox.set("PATH", &path);
}

#[test]
fn an_environment_names_the_version_that_keeps_the_gil_off_and_doctor_repeats_it() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.ok(&["-q", "install", "3.14t"]);
    let project = venv(&sandbox, &[("demo", &[(MODULE, module(false))])]);
    with_uv(&mut sandbox);
    serve(&sandbox, &[("0.9", true), ("1.1", false)]);
    // Not asked for: the index stays alone.
    let said = run_in(&sandbox, &project, 1, &["doctor"]);
    let found = ".venv has 1 package that turns the GIL on [gil-turned-on]\n  demo 1.0: demo.x\n";
    assert!(said.stdout.contains(found), "{said:?}");
    assert!(said.stdout.contains("looks for versions that keep it off"));
    let said = run_in(&sandbox, &project, 8, &["check", "--json"]);
    let remedy = packages(&said)[0]["remedy"].clone();
    assert_eq!(remedy["last_good"], "0.9", "{said:?}");
    assert_eq!(remedy["constraint"], "demo<=0.9");
    // What was found is known without the network, too.
    let said = run_in(&sandbox, &project, 8, &["--offline", "check", "--json"]);
    assert_eq!(packages(&said)[0]["remedy"], remedy, "{said:?}");
    let said = run_in(&sandbox, &project, 1, &["--offline", "doctor"]);
    assert!(
        said.stdout
            .contains("demo 1.0: demo.x; demo<=0.9 keeps it off"),
        "{said:?}"
    );
    assert!(
        said.stdout.contains("fix: uv pip install --python "),
        "{said:?}"
    );
    assert!(said.stdout.contains(" 'demo<=0.9'\n"), "{said:?}");
    // A module that changed is read again.
    std::fs::write(
        project
            .join(".venv/lib/python3.14t/site-packages")
            .join(MODULE),
        module(true),
    )
    .expect("write");
    assert_eq!(
        words(&run_in(&sandbox, &project, 0, &["check", "--json"])),
        ["demo keeps-off -"]
    );
    let said = sandbox
        .command(&["doctor"])
        .current_dir(&project)
        .output()
        .expect("ftpy");
    assert!(!String::from_utf8_lossy(&said.stdout).contains("gil-turned-on"));
}

#[test]
fn a_package_from_a_url_is_never_looked_for_in_an_index() {
    let mut sandbox = Sandbox::new();
    let project = venv(&sandbox, &[("demo", &[(MODULE, module(false))])]);
    with_uv(&mut sandbox);
    serve(&sandbox, &[("0.9", true)]);
    let info = project.join(".venv/lib/python3.14t/site-packages/demo-1.0.dist-info");
    std::fs::write(info.join("direct_url.json"), "{}").expect("write");
    let said = run_in(&sandbox, &project, 8, &["check", "--json"]);
    let remedy = &packages(&said)[0]["remedy"];
    assert_eq!(remedy["last_good"], Value::Null, "{said:?}");
    assert!(
        remedy["none_because"]
            .as_str()
            .is_some_and(|it| it.contains("installed from a file"))
    );
}

#[test]
fn pip_tells_which_index_it_uses() {
    let mut sandbox = Sandbox::new();
    let project = venv(&sandbox, &[("demo", &[(MODULE, module(false))])]);
    serve(&sandbox, &[("0.9", true)]);
    let index = sandbox.server.url("/simple/demo/");
    executable(
        &sandbox.home().join("tools/pip"),
        &format!(
            "#!/bin/sh\ncase $1 in --version) echo pip 26 ;;\n\
             index) echo '1 location(s) to search for versions of demo:'; echo '* {index}' ;; esac\n"
        ),
    );
    let path = format!("{}:/usr/bin:/bin", sandbox.home().join("tools").display());
    sandbox.set("PATH", &path);
    let said = run_in(&sandbox, &project, 8, &["check"]);
    assert!(
        said.stdout.contains("  demo 0.9 keeps it off: demo<=0.9\n"),
        "{said:?}"
    );
}

#[test]
fn lock_can_end_with_the_packages_of_the_project() {
    let mut sandbox = Sandbox::new();
    for flags in ["t", ""] {
        sandbox.offer(&interpreter("3.14.7", flags));
    }
    let project = locked(&sandbox, false);
    serve(&sandbox, &[("0.9", true)]);
    let lock = |code, more: &[&str]| {
        let all = [&["lock", "--platform", "linux-x86_64-gnu"], more].concat();
        run_in(&sandbox, &project, code, &all)
    };
    let said = lock(8, &["3.14t", "--check-gil", "--json"]);
    let document: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let package = &document["gil_check"]["packages"][0];
    assert_eq!(package["class"], "turns-on", "{said:?}");
    assert_eq!(package["target"], "3.14t-linux-x86_64");
    assert_eq!(package["remedy"]["last_good"], "0.9");
    assert!(
        project.join("ftpy.lock").is_file(),
        "the builds are locked all the same"
    );
    let said = run_in(&sandbox, &project, 8, &["lock", "--check", "--check-gil"]);
    assert!(said.stdout.contains("demo 0.9 keeps it off"), "{said:?}");
    let said = run_in(&sandbox, &project, 0, &["lock", "--json"]);
    assert!(!said.stdout.contains("gil_check"), "{said:?}");
    let said = lock(2, &["3.14", "--check-gil"]);
    assert!(
        said.stderr.contains("no free-threaded build is locked"),
        "{said:?}"
    );
    std::fs::remove_file(project.join("uv.lock")).expect("remove");
    let said = lock(3, &["3.14t", "--check-gil"]);
    assert!(
        said.stderr.contains("has no file that lists packages"),
        "{said:?}"
    );
}

#[test]
fn lock_ends_with_nine_for_what_is_not_known_unless_that_is_allowed() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    let project = locked(&sandbox, true);
    let arguments = ["lock", "3.14t", "--check-gil", "--platform"];
    let on = |platform| [&arguments[..], &[platform]].concat();
    run_in(&sandbox, &project, 0, &on("linux-x86_64-gnu"));
    // There is no wheel for musl.
    let said = run_in(
        &sandbox,
        &project,
        9,
        &on("linux-x86_64-gnu,linux-x86_64-musl"),
    );
    assert!(
        said.stderr
            .contains("it is not known whether the GIL stays off: demo (not for"),
        "{said:?}"
    );
    let allowed = [&on("linux-x86_64-gnu")[..], &["--allow-undetermined"]].concat();
    run_in(&sandbox, &project, 0, &allowed);
}

/// An interpreter that says that its GIL is off, and makes environments of a few files.
fn with_python(sandbox: &mut Sandbox) {
    let probe = probe_answer("3.14.7", "t", "t");
    let script = probe.replacen(
        "#!/bin/sh\n",
        "#!/bin/sh\ncase $* in *ftpy-gil*) echo ftpy-gil 0; exit;;\n\
         *'-m venv '*) for last; do :; done; mkdir -p \"$last/bin\" && cp \"$0\" \"$last/bin/python3.14t\"\n\
         echo 'home = /x' >\"$last/pyvenv.cfg\"; exit 0;;\n*'-m ensurepip '*) exit 0;; esac\n",
        1,
    );
    sandbox.offer(&Archive {
        name: archive_name("3.14.7", "t"),
        bytes: tree("3.14.7", "t", &script).tar_gz(),
    });
}

#[test]
fn ci_setup_fails_for_a_package_of_the_lock_that_turns_the_gil_on() {
    let mut sandbox = Sandbox::new();
    with_python(&mut sandbox);
    let project = locked(&sandbox, false);
    let setup = |code, more: &[&str]| {
        let all = [&["ci", "setup", "3.14t", "--system", "shell"], more].concat();
        run_in(&sandbox, &project, code, &all)
    };
    let said = setup(8, &["--check-gil"]);
    assert!(
        said.stderr.contains("error: the GIL is turned on by demo"),
        "{said:?}"
    );
    assert!(said.stderr.contains("demo.x turns it on"), "{said:?}");
    assert!(
        !said.stdout.contains("demo"),
        "a shell evaluates stdout: {said:?}"
    );
    let said = setup(8, &["--check-gil", "--json"]);
    let document: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(document["gil_check"]["packages"][0]["name"], "demo");
    setup(0, &["--check-gil=python"]);
    setup(0, &[]);
    // What cannot be judged stops no job.
    std::fs::write(project.join("uv.lock"), "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\n\
        source = { registry = \"https://h.example\" }\nsdist = { url = \"https://h.example/a-1.tar.gz\" }\n").expect("write");
    let said = setup(0, &["--check-gil"]);
    assert!(
        said.stderr
            .contains("warning: it is not known whether the GIL stays off with a;"),
        "{said:?}"
    );
    std::fs::write(project.join("uv.lock"), "?").expect("write");
    let said = setup(0, &["--check-gil"]);
    assert!(
        said.stderr
            .contains("warning: the packages of the project were not checked"),
        "{said:?}"
    );
}

/// The packages that uv installs.
fn to_install(sandbox: &Sandbox, keeps_off: bool) -> PathBuf {
    let site = sandbox.home().join("site");
    for (file, contents) in [
        (MODULE, module(keeps_off)),
        (
            "demo-1.0.dist-info/METADATA",
            b"Name: demo\nVersion: 1.0\n\n".to_vec(),
        ),
        (
            "demo-1.0.dist-info/RECORD",
            format!("{MODULE},,\n").into_bytes(),
        ),
    ] {
        let path = site.join(file);
        std::fs::create_dir_all(path.parent().expect("inside")).expect("create");
        std::fs::write(path, contents).expect("write");
    }
    std::fs::write(sandbox.home().join("r.txt"), "demo\n").expect("write");
    site
}

#[test]
fn a_new_environment_gets_its_packages_and_can_end_with_their_check() {
    let mut sandbox = Sandbox::new();
    with_python(&mut sandbox);
    sandbox.ok(&["-q", "install", "3.14t"]);
    with_uv(&mut sandbox);
    serve(&sandbox, &[("0.9", true)]);
    to_install(&sandbox, true);
    let start = ["venv", "-p", "3.14t", "-r", "r.txt"];
    sandbox.ok(&[&start[..], &["plain"]].concat());
    let installed = std::fs::read_to_string(sandbox.home().join("installed")).expect("read");
    assert!(
        installed.contains("plain/bin/python3.14t -r r.txt"),
        "{installed}"
    );
    sandbox.ok(&[&start[..], &["good", "--check-gil"]].concat());
    to_install(&sandbox, false);
    let said = sandbox.fails(8, &[&start[..], &["bad", "--check-gil"]].concat());
    assert!(
        said.stdout.contains("demo 0.9 keeps it off: demo<=0.9"),
        "{said:?}"
    );
    assert!(
        said.stderr.contains("hint: activate it with"),
        "it was created: {said:?}"
    );
    let said = sandbox.fails(
        8,
        &[&start[..], &["again", "--check-gil", "--json"]].concat(),
    );
    let document: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(document["gil_check"]["packages"][0]["class"], "turns-on");
}

#[test]
fn packages_are_installed_by_a_uv_that_works_and_only_into_the_new_environment() {
    let mut sandbox = Sandbox::new();
    with_python(&mut sandbox);
    sandbox.ok(&["-q", "install", "3.14t"]);
    std::fs::write(sandbox.home().join("r.txt"), "demo\n").expect("write");
    let bin = sandbox.home().join("tools");
    let uv = "#!/bin/sh\n[ \"$1\" != --version ] || exit \"$BAD\"\n\
              echo \"$* into ${PIP_TARGET-}${VIRTUAL_ENV-}${UV_PYTHON-}\" >\"$HOME/installed\"\n";
    executable(&bin.join("uv"), uv);
    sandbox.set("PATH", &format!("{}:/usr/bin:/bin", bin.display()));
    for variable in ["PIP_TARGET", "VIRTUAL_ENV", "UV_PYTHON"] {
        sandbox.set(variable, "/elsewhere");
    }
    sandbox.set("BAD", "0");
    let start = ["venv", "--offline", "-p", "3.14t", "-r", "r.txt"];
    sandbox.ok(&[&start[..], &["one"]].concat());
    let installed = std::fs::read_to_string(sandbox.home().join("installed")).expect("read");
    assert!(
        installed.ends_with("one/bin/python3.14t --offline -r r.txt into \n"),
        "{installed}"
    );
    // A shim of another tool that has no uv.
    sandbox.set("BAD", "127");
    let said = sandbox.fails(3, &[&start[..], &["--without-pip", "two"]].concat());
    assert!(said.stderr.contains("no working uv on PATH"), "{said:?}");
}
