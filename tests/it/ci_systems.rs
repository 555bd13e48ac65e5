//! `ftpy ci setup` in each CI system, with the variables that it documents.

use crate::support::actions::values;
use crate::support::ci::{both, on_github, value};
use crate::support::sandbox::{Finished, Sandbox, finished, interpreter};
use std::path::PathBuf;
use std::process::Command;

#[test]
fn github_gets_variables_path_and_outputs_in_its_files() {
    let mut sandbox = both();
    let [env, path, output] = on_github(&mut sandbox);
    let said = sandbox.ok(&["ci", "setup", "3.14t", "--twin"]);
    let store = sandbox.store.display().to_string();
    let read = |file: &PathBuf| std::fs::read_to_string(file).expect("read");
    let env = values(&read(&env));
    // The file was appended to, not overwritten.
    assert_eq!(value(&env, "BEFORE"), "1");
    let location = format!("{store}/installs/3.14.7t-pbs-20260901");
    for name in ["pythonLocation", "Python_ROOT_DIR", "Python3_ROOT_DIR"] {
        assert_eq!(value(&env, name), location);
    }
    assert_eq!(
        value(&env, "PKG_CONFIG_PATH"),
        format!("{location}/lib/pkgconfig")
    );
    assert_eq!(value(&env, "FTPY_HOME"), store);
    assert!(env.iter().all(|(name, _)| name != "LD_LIBRARY_PATH"));
    // The runner puts the last line first.
    assert_eq!(
        read(&path),
        format!("BEFORE=1\n{location}/bin\n{store}/shims\n")
    );
    let output = values(&read(&output));
    assert_eq!(value(&output, "python-version"), "3.14.7t");
    assert_eq!(
        value(&output, "python-path"),
        format!("{location}/bin/python3.14t")
    );
    assert_eq!(value(&output, "freethreaded"), "true");
    assert_eq!(value(&output, "abi"), "cp314t");
    assert_eq!(value(&output, "build-id"), "3.14.7t-pbs-20260901");
    assert_eq!(value(&output, "ftpy-version"), env!("CARGO_PKG_VERSION"));
    // The paths are those that `ci cache-key` prints before an installation, including those of
    // fallbacks.
    let paths = sandbox.ok(&["ci", "cache-key", "--paths", "3.14t", "--twin"]);
    for path in paths.stdout.lines() {
        assert!(value(&output, "cache-paths").contains(path), "{path}");
    }
    assert!(paths.stdout.contains(&format!("{location}\n")));
    let twin = format!("{store}/installs/3.14.7-pbs-20260901\n");
    assert!(paths.stdout.contains(&twin));
    assert!(!value(&output, "cache-paths").contains("tsan"));
    assert_eq!(said.stdout, "");
    assert!(
        said.stderr.starts_with("::group::ftpy: setting up 3.14t\n"),
        "{said:?}"
    );
    assert!(said.stderr.contains("\n::endgroup::\n"), "{said:?}");

    // The key is the same without installing.
    let key = sandbox.ok(&["ci", "cache-key", "3.14t", "--twin"]).stdout;
    assert_eq!(value(&output, "cache-key"), key.trim());
    let elsewhere = both();
    let planned = elsewhere.ok(&["ci", "cache-key", "3.14t", "--twin"]).stdout;
    assert_eq!(planned, key);
    assert!(elsewhere.installed().is_empty());
    // The same two, in either order.
    let other = elsewhere.ok(&["ci", "cache-key", "3.14", "--twin"]).stdout;
    assert_eq!(planned, other);
    assert_ne!(planned, elsewhere.ok(&["ci", "cache-key", "3.14t"]).stdout);
}

#[test]
fn a_file_that_cannot_be_written_stops_it_before_anything_is_installed() {
    let mut sandbox = both();
    let [env, ..] = on_github(&mut sandbox);
    std::fs::remove_file(&env).expect("remove");
    std::fs::create_dir(&env).expect("mkdir");
    let said = sandbox.fails(7, &["ci", "setup", "3.14t"]);
    let place = env.display().to_string();
    assert!(said.stderr.contains("GITHUB_ENV: cannot write"), "{said:?}");
    assert!(said.stderr.contains(&place), "{said:?}");
    assert!(
        said.stdout.starts_with("::error title=ftpy::GITHUB_ENV"),
        "{said:?}"
    );
    assert!(sandbox.installed().is_empty());

    sandbox.unset("GITHUB_ENV");
    let said = sandbox.fails(7, &["ci", "setup", "3.14t"]);
    assert!(said.stderr.contains("GITHUB_ENV is not set"), "{said:?}");
    assert!(sandbox.installed().is_empty());
    assert_eq!(sandbox.server.requests().len(), 0);
}

#[test]
fn an_error_is_annotated_at_the_line_of_the_version_file() {
    let mut sandbox = both();
    on_github(&mut sandbox);
    let file = sandbox.home().join(".python-version");
    std::fs::write(&file, "# ours\n3.14x\n").expect("write");
    let said = sandbox.fails(2, &["ci", "setup"]);
    let start = "::error file=.python-version,line=2,title=ftpy::";
    assert!(said.stdout.starts_with(start), "{said:?}");
    assert_eq!(said.stdout.lines().count(), 1, "{said:?}");
    std::fs::write(&file, "3.33t\n").expect("write");
    let said = sandbox.fails(3, &["ci", "setup"]);
    let start = "::error file=.python-version,line=1,title=ftpy::no source has 3.33t";
    assert!(said.stdout.starts_with(start), "{said:?}");
    assert!(said.stderr.contains("::endgroup::"), "{said:?}");
}

#[test]
fn passwords_of_mirrors_are_masked_before_anything_is_said() {
    let mut sandbox = both();
    on_github(&mut sandbox);
    let mirror = sandbox.server.url("").replace("://", "://me:s3cret%40@");
    sandbox.set("FTPY_PBS_MIRROR", &mirror);
    let said = sandbox.run(&["ci", "setup", "3.14t"]);
    let masks: Vec<&str> = said.stdout.lines().take(2).collect();
    assert_eq!(masks, ["::add-mask::s3cret%2540", "::add-mask::s3cret@"]);
    assert!(!said.stderr.contains("s3cret"), "{said:?}");
    sandbox.unset("FTPY_PBS_MIRROR");
    sandbox.set("FTPY_RELEASES", &mirror);
    let said = sandbox.run(&["ci", "setup", "3.14t"]);
    let masks: Vec<&str> = said.stdout.lines().take(2).collect();
    assert_eq!(masks, ["::add-mask::s3cret%2540", "::add-mask::s3cret@"]);
    sandbox.unset("GITHUB_ACTIONS");
    let said = sandbox.run(&["ci", "setup", "3.14t"]);
    assert!(!said.stdout.contains("s3cret"), "{said:?}");
}

/// What a shell that evaluated stdout starts as `python`, and its variables.
fn evaluated(sandbox: &Sandbox, shell: &str, script: &str, lines: &str) -> Finished {
    let mut command = Command::new(shell);
    command
        .args(["-c", &format!("set -e\neval \"$LINES_OF_FTPY\"\n{script}")])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LINES_OF_FTPY", lines)
        .current_dir(sandbox.home());
    finished(command.output().expect("the shell starts"))
}

#[test]
fn a_shell_evaluates_what_gitlab_jenkins_and_buildkite_are_told() {
    for mark in ["GITLAB_CI", "JENKINS_URL", "BUILDKITE", "NOTHING"] {
        // Quotes, blanks and dollar signs in every path.
        let mut sandbox = Sandbox::at("it's a $store");
        sandbox.offer(&interpreter("3.14.7", "t"));
        sandbox.set(mark, "true");
        let said = sandbox.ok(&["ci", "setup", "3.14t", "--env-file", "ftpy.env"]);
        let script = "command -v python; printf '%s\\n' \"$pythonLocation\" \"$FTPY_ABI\"";
        let told = evaluated(&sandbox, "/bin/sh", script, &said.stdout);
        let store = sandbox.store.display();
        assert_eq!(
            told.stdout,
            format!("{store}/shims/python\n{store}/installs/3.14.7t-pbs-20260901\ncp314t\n"),
            "{mark}: {told:?}"
        );
        let file = std::fs::read_to_string(sandbox.home().join("ftpy.env")).expect("a file");
        assert!(file.contains("FTPY_PYTHON_VERSION=3.14.7t\n"), "{file}");
        let path = match mark {
            "GITLAB_CI" => None,
            "JENKINS_URL" => Some("\nPATH+FTPY="),
            _ => Some("\nPATH="),
        };
        match path {
            Some(path) => assert!(file.contains(&format!("{path}{store}/shims:")), "{file}"),
            // Later jobs run on other machines.
            None => assert!(!file.contains("\nPATH="), "{file}"),
        }
        let is_section = said.stderr.contains("\u{1b}[0Ksection_start:");
        assert_eq!(is_section, mark == "GITLAB_CI", "{said:?}");
        assert_eq!(
            said.stderr.starts_with("--- ftpy"),
            mark == "BUILDKITE",
            "{said:?}"
        );
    }
}

#[test]
fn a_failure_is_not_lost_in_an_eval() {
    let mut sandbox = both();
    sandbox.set("GITLAB_CI", "true");
    let said = sandbox.fails(3, &["ci", "setup", "3.33t"]);
    assert_eq!(said.stdout, "(exit 3)\n");
    for shell in ["/bin/sh", "/bin/bash"] {
        let told = evaluated(&sandbox, shell, "echo went on", &said.stdout);
        assert_eq!((told.code, told.stdout.as_str()), (Some(3), ""), "{shell}");
    }
    sandbox.set("GITLAB_CI", "false");
    sandbox.set("BUILDKITE", "true");
    let arguments = ["ci", "setup", "3.33t", "--env-file", "ftpy.env"];
    let said = sandbox.fails(3, &arguments);
    assert!(said.stderr.contains("\n^^^ +++\n"), "{said:?}");
    assert!(!sandbox.home().join("ftpy.env").exists());
    let arguments = ["ci", "setup", "3.14t", "--env-file", "no/ftpy.env"];
    let said = sandbox.fails(7, &arguments);
    assert!(said.stderr.contains("--env-file: cannot write"), "{said:?}");
    assert!(sandbox.installed().is_empty());
}

#[test]
fn circleci_reads_a_file_that_may_be_read_by_every_shell() {
    let mut sandbox = both();
    sandbox.set("CIRCLECI", "true");
    let file = sandbox.home().join("bash_env");
    std::fs::write(&file, "export BEFORE=1\n").expect("write");
    sandbox.set("BASH_ENV", &file.display().to_string());
    sandbox.ok(&["ci", "setup", "3.14t"]);
    // A step is a bash, and starts another bash, which must not move a virtual environment's
    // directory back.
    let script = "echo \"$BEFORE\"; command -v python; PATH=/venv/bin:$PATH bash -c 'echo $PATH'";
    let told = Command::new("bash")
        .args(["-c", script])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("BASH_ENV", &file)
        .output()
        .expect("bash");
    let told = finished(told);
    let store = sandbox.store.display();
    let bin = format!("{store}/installs/3.14.7t-pbs-20260901/bin");
    assert_eq!(
        told.stdout,
        format!("1\n{store}/shims/python\n/venv/bin:{store}/shims:{bin}:/usr/bin:/bin\n"),
        "{told:?}"
    );
}

#[test]
fn circleci_has_the_shims_first_and_the_last_set_up_behind_them() {
    let mut sandbox = both();
    sandbox.set("CIRCLECI", "true");
    let file = sandbox.home().join("bash_env");
    sandbox.set("BASH_ENV", &file.display().to_string());
    let store = sandbox.store.display().to_string();
    let bin = |key: &str| format!("{store}/installs/{key}/bin");
    // PATH in a step, and in a bash that is started by a virtual environment's program.
    let paths = |before: &str| {
        let script = "echo \"$PATH\"; PATH=/venv/bin:$PATH bash -uc 'echo $PATH'";
        let mut command = Command::new("/bin/bash");
        command.args(["-euc", script]).env_clear();
        command.env("PATH", before).env("BASH_ENV", &file);
        let told = finished(command.output().expect("bash"));
        assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""));
        told.stdout
    };
    let before = [
        "/usr/bin:/bin".to_owned(),
        format!("{store}/shims:/usr/bin:/bin"),
        format!("/usr/bin:{}:{store}/shims:/bin", bin("3.13.1t-source")),
    ];
    for (request, key) in [
        ("3.14t", "3.14.7t-pbs-20260901"),
        ("3.14", "3.14.7-pbs-20260901"),
        ("3.14t", "3.14.7t-pbs-20260901"),
    ] {
        sandbox.ok(&["ci", "setup", request]);
        let path = format!("{store}/shims:{}:/usr/bin:/bin", bin(key));
        for before in &before {
            assert_eq!(paths(before), format!("{path}\n/venv/bin:{path}\n"));
        }
    }
}

#[test]
fn a_last_line_without_an_end_stays_a_line_of_its_own() {
    let mut sandbox = both();
    let [env, ..] = on_github(&mut sandbox);
    std::fs::write(&env, "BEFORE=1").expect("write");
    sandbox.ok(&["ci", "setup", "3.14t"]);
    let values = values(&std::fs::read_to_string(&env).expect("read"));
    assert_eq!(value(&values, "BEFORE"), "1");
    assert!(value(&values, "pythonLocation").contains("3.14.7t"));

    sandbox.set("GITHUB_ACTIONS", "false");
    sandbox.set("CIRCLECI", "true");
    let file = sandbox.home().join("bash_env");
    std::fs::write(&file, "export A=1").expect("write");
    sandbox.set("BASH_ENV", &file.display().to_string());
    sandbox.ok(&["ci", "setup", "3.14t"]);
    let text = std::fs::read_to_string(&file).expect("read");
    assert!(text.starts_with("export A=1\nexport "), "{text}");
}

#[test]
fn azure_is_told_by_logging_commands() {
    let mut sandbox = both();
    sandbox.set("TF_BUILD", "True");
    let said = sandbox.ok(&["ci", "setup", "3.14t"]);
    let store = sandbox.store.display();
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert!(
        lines.iter().all(|line| line.starts_with("##vso[task.")),
        "{said:?}"
    );
    let last = format!("##vso[task.prependpath]{store}/shims");
    assert_eq!(lines.last(), Some(&last.as_str()));
    let output = "##vso[task.setvariable variable=FTPY_ABI;isOutput=true;]cp314t";
    assert!(lines.contains(&output), "{said:?}");
    assert!(said.stderr.starts_with("##[group]ftpy: "), "{said:?}");
    let said = sandbox.fails(3, &["ci", "setup", "3.33t"]);
    let start = "##vso[task.logissue type=error;]no source has 3.33t";
    assert!(said.stdout.starts_with(start), "{said:?}");
}

#[test]
fn data_in_place_of_what_a_system_is_told_by_is_a_warning() {
    let warning = "warning: --json prints data instead of the commands that Azure Pipelines reads";
    let mut sandbox = both();
    sandbox.ok(&["install", "3.14t"]);
    let arguments = ["ci", "setup", "3.14t", "--json"];
    let said = sandbox.ok(&arguments);
    assert!(!said.stderr.contains("warning"), "{said:?}");
    assert!(said.stderr.contains("; printed as data, for"), "{said:?}");
    sandbox.set("TF_BUILD", "True");
    let said = sandbox.ok(&arguments);
    assert!(said.stderr.contains(warning), "{said:?}");
    let with_file = [&arguments[..], &["--env-file", "env"]].concat();
    let said = sandbox.ok(&with_file);
    assert!(!said.stderr.contains("warning"), "{said:?}");
    // GitHub's files are written, whatever is printed.
    on_github(&mut sandbox);
    let said = sandbox.ok(&arguments);
    assert!(!said.stderr.contains("warning"), "{said:?}");
    assert!(
        said.stderr.contains("; written to GITHUB_ENV, "),
        "{said:?}"
    );
}
