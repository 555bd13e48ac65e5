//! The other commands: list, which, run, verify, uninstall, dir; and the behaviour common to all.

use crate::support::sandbox::{Sandbox, copy_variables, finished, interpreter};

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

fn json(sandbox: &Sandbox, arguments: &[&str]) -> serde_json::Value {
    let all = [&["--json"], arguments].concat();
    serde_json::from_str(&sandbox.ok(&all).stdout).expect("JSON")
}

#[test]
fn list_shows_what_is_installed_with_provider_variant_size_and_path() {
    let sandbox = with(&[("3.14.7", "t"), ("3.14.7", ""), ("3.13.5", "t")]);
    let stdout = sandbox.ok(&["list"]).stdout;
    let first: Vec<&str> = stdout
        .lines()
        .next()
        .expect("line")
        .split_whitespace()
        .collect();
    assert_eq!(first[..2], ["3.14.7t-pbs-20260901", "free-threaded"]);
    assert_eq!(stdout.lines().count(), 3);
    let rows = json(&sandbox, &["list", "3.14"]);
    assert_eq!(rows.as_array().expect("rows").len(), 1);
    assert_eq!(rows[0]["variant"], "GIL");
    assert_eq!(rows[0]["provider"], "pbs");
    assert!(rows[0]["bytes"].as_u64() > Some(100));
    sandbox.fails(3, &["list", "3.15t"]);
    assert_eq!(Sandbox::new().ok(&["list"]).stdout, "");
    assert_eq!(json(&Sandbox::new(), &["list"]), serde_json::json!([]));
}

#[test]
fn list_takes_several_filters_and_marks_what_is_active_and_the_default() {
    let sandbox = with(&[("3.14.7", "t"), ("3.14.7", ""), ("3.13.5", "t")]);
    sandbox.ok(&["default", "3.14"]);
    std::fs::write(sandbox.home().join(".python-version"), "3.13t\n").expect("write");
    let lines = |filters: &[&str]| -> Vec<String> {
        let said = sandbox.ok(&[&["list"], filters].concat());
        said.stdout.lines().map(str::to_owned).collect()
    };
    let two = lines(&["3.13t", "3.14"]);
    assert_eq!(two.len(), 2, "{two:?}");
    assert!(two[0].starts_with("3.13.5t-") && two[0].ends_with("  active"));
    assert!(two[1].starts_with("3.14.7-") && two[1].ends_with("  default"));
    // Each once, and every filter must match something.
    assert_eq!(
        lines(&["3.14t", "3.14.7t", "3.14.7t-pbs-20260901"]).len(),
        1
    );
    let said = sandbox.fails(3, &["list", "3.14t", "3.15t"]);
    assert!(said.stderr.contains("3.15t is not installed"), "{said:?}");
    let marks = |rows: &serde_json::Value| -> Vec<(bool, bool)> {
        let mark = |row: &serde_json::Value, name: &str| row[name].as_bool().expect("a mark");
        let rows = rows.as_array().expect("rows").iter();
        rows.map(|row| (mark(row, "is_active"), mark(row, "is_default")))
            .collect()
    };
    let rows = json(&sandbox, &["list", "3.13t", "3.14", "3.14t"]);
    assert_eq!(marks(&rows), [(true, false), (false, true), (false, false)]);
    std::fs::remove_file(sandbox.home().join(".python-version")).expect("remove");
    let one = lines(&["3.14"]);
    assert!(one[0].ends_with("  active, default"), "{one:?}");
    let rows = json(
        &sandbox,
        &["list", "--available", "--from", "pbs", "3.14t", "3.13t"],
    );
    let requests: Vec<_> = rows.as_array().expect("rows").iter().collect();
    let requests: Vec<_> = requests.iter().map(|row| &row["request"]).collect();
    assert_eq!(requests, ["3.14.7t", "3.13.5t"]);
}

#[test]
fn list_available_shows_the_newest_patch_of_each_minor_and_every_one_on_demand() {
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    let rows = json(&sandbox, &["list", "--available"]);
    let rows = rows.as_array().expect("rows");
    let requests: Vec<&str> = rows
        .iter()
        .map(|row| row["request"].as_str().expect("request"))
        .collect();
    assert!(
        requests
            .iter()
            .any(|request| request.starts_with("3.14.") && request.ends_with('t')),
        "{requests:?}"
    );
    // One row for each minor, variant and first source.
    let mut shown = std::collections::BTreeSet::new();
    for row in rows {
        let version = row["version"].as_str().expect("version");
        let minor = version.rsplit_once('.').expect("a patch").0;
        let key = format!("{minor}{} {}", row["abi"], row["providers"][0]);
        assert!(shown.insert(key), "{row}");
    }
    assert!(
        requests
            .iter()
            .any(|request| request.starts_with("3.13.") && !request.ends_with('t'))
    );
    assert!(!requests.iter().any(|request| request.ends_with('d')));
    let all = json(&sandbox, &["list", "--available", "--all", "3.14t"]);
    let all = all.as_array().expect("rows");
    assert!(all.len() >= 8, "{all:?}");
    assert!(all.iter().all(|row| row["abi"] == "t"));
    let debug = json(&sandbox, &["list", "--available", "3.14td"]);
    assert_eq!(debug[0]["abi"], "td");
}

#[test]
fn run_puts_the_installation_first_and_passes_everything_through() {
    let sandbox = with(&[("3.14.7", "t"), ("3.13.5", "")]);
    let run = |arguments: &[&str]| sandbox.run(&[&["run"], arguments].concat());
    let shown = run(&[
        "3.14t",
        "--",
        "sh",
        "-c",
        "command -v python3.14t; command -v pip3.14t; echo \"[$1][$2]\"",
        "x",
        "",
        "a b",
    ]);
    let bin = sandbox.store.join("installs/3.14.7t-pbs-20260901/bin");
    let expected = format!("{0}/python3.14t\n{0}/pip3.14t\n[][a b]\n", bin.display());
    assert_eq!(shown.stdout, expected);
    assert_eq!(run(&["3.14t", "--", "sh", "-c", "exit 43"]).code, Some(43));
    assert_eq!(
        run(&["3.14t", "--", "sh", "-c", "kill -9 $$"]).code,
        None,
        "the signal is the child's"
    );
    assert_eq!(run(&["3.14t", "--", "no-such-command"]).code, Some(127));
    let missing = run(&["3.15t", "--", "true"]);
    assert_eq!(missing.code, Some(3));
    assert!(
        missing.stderr.contains("`ftpy install 3.15t`"),
        "{missing:?}"
    );
    assert_eq!(run(&["3.14t"]).code, Some(2), "no command");
}

#[test]
fn verify_sees_every_change_and_a_reinstall_heals_it() {
    let sandbox = with(&[("3.14.7", "t")]);
    let prefix = sandbox.store.join("installs/3.14.7t-pbs-20260901");
    assert_eq!(sandbox.ok(&["verify"]).stdout, "3.14.7t-pbs-20260901: ok\n");
    // Additions are not changes.
    std::fs::create_dir_all(prefix.join("lib/python3.14t/__pycache__")).expect("mkdir");
    std::fs::write(prefix.join("lib/python3.14t/__pycache__/os.pyc"), "x").expect("write");
    sandbox.ok(&["verify"]);
    std::fs::write(prefix.join("lib/python3.14t/os.py"), "x = 2\n").expect("write");
    let finished = sandbox.fails(5, &["verify", "3.14t"]);
    assert!(
        finished.stdout.contains("changed: lib/python3.14t/os.py"),
        "{finished:?}"
    );
    assert!(finished.stderr.contains("--reinstall"), "{finished:?}");
    sandbox.ok(&["install", "--reinstall", "3.14t"]);
    sandbox.ok(&["verify"]);
    std::fs::remove_file(prefix.join("lib/python3.14t/os.py")).expect("remove");
    let rows = sandbox.fails(5, &["--json", "verify"]);
    assert!(rows.stdout.contains("\"what\": \"missing\""), "{rows:?}");
    sandbox.fails(3, &["verify", "3.15t"]);
}

#[test]
fn uninstall_removes_what_meets_the_request_and_nothing_else() {
    let sandbox = with(&[
        ("3.14.7", "t"),
        ("3.14.6", "t"),
        ("3.14.7", ""),
        ("3.13.5", "t"),
    ]);
    sandbox.fails(3, &["uninstall", "3.15t"]);
    sandbox.fails(3, &["uninstall", "3.14t", "3.15t"]);
    assert_eq!(
        sandbox.installed().len(),
        4,
        "nothing is removed for a half-good list"
    );
    sandbox.ok(&["uninstall", "3.14.6t"]);
    sandbox.ok(&["uninstall", "3.14.7t-pbs-20260901"]);
    assert_eq!(
        sandbox.installed(),
        ["3.13.5t-pbs-20260901", "3.14.7-pbs-20260901"]
    );
    let json = json(&sandbox, &["uninstall", "--all"]);
    assert_eq!(json["removed"].as_array().expect("removed").len(), 2);
    assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    sandbox.fails(2, &["uninstall"]);
    sandbox.ok(&["uninstall", "--all"]);
}

#[test]
fn a_foreign_directory_in_the_store_is_left_alone() {
    let sandbox = with(&[("3.14.7", "t")]);
    let foreign = sandbox.store.join("installs/notes");
    std::fs::create_dir(&foreign).expect("mkdir");
    assert_eq!(sandbox.ok(&["list"]).stdout.lines().count(), 1);
    sandbox.ok(&["uninstall", "--all"]);
    assert!(foreign.exists());
}

#[test]
fn quiet_says_nothing_and_verbose_says_more() {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    let finished = sandbox.ok(&["-q", "install", "3.14t"]);
    assert_eq!(
        (finished.stdout.as_str(), finished.stderr.as_str()),
        ("", "")
    );
    let finished = sandbox.ok(&["-v", "install", "--reinstall", "3.14t"]);
    assert!(finished.stderr.contains("probe: "), "{finished:?}");
    assert!(!finished.stderr.contains('\u{1b}'), "no colour in a pipe");
    sandbox.fails(2, &["-q", "-v", "list"]);
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let sandbox = with(&[("3.14.7", "t")]);
    let mut command = std::process::Command::new("/bin/sh");
    command.args([
        "-c",
        "\"$0\" list --available --all | true",
        crate::support::program(),
    ]);
    let original = sandbox.command(&[]);
    copy_variables(&mut command, &original);
    let outcome = finished(command.output().expect("sh"));
    assert_eq!(outcome.stderr, "", "{outcome:?}");
}

#[test]
fn a_damaged_installation_is_never_replaced_by_another_python_in_silence() {
    let sandbox = with(&[("3.14.7", "t")]);
    let bin = sandbox.store.join("installs/3.14.7t-pbs-20260901/bin");
    std::fs::remove_file(bin.join("python")).expect("remove");
    let finished = sandbox.fails(127, &["run", "3.14t", "--", "python", "--version"]);
    assert!(
        finished.stderr.contains("command `python` not found"),
        "{finished:?}"
    );
    sandbox.fails(127, &["run", "3.14t", "--", "python3.9", "--version"]);
    std::fs::remove_file(bin.join("python3.14t")).expect("remove");
    for arguments in [
        vec!["which", "3.14t"],
        vec!["run", "3.14t", "--", "sh", "-c", "true"],
    ] {
        let finished = sandbox.fails(5, &arguments);
        assert!(
            finished.stderr.contains("--reinstall 3.14.7t-pbs-20260901"),
            "{finished:?}"
        );
    }
}

#[test]
fn run_takes_a_command_with_and_without_dashes() {
    let sandbox = with(&[("3.14.7", "t")]);
    let with_dashes = sandbox.ok(&[
        "run",
        "3.14t",
        "--",
        "sh",
        "-c",
        "echo $0 $1",
        "--json",
        "-v",
    ]);
    let without = sandbox.ok(&["run", "3.14t", "sh", "-c", "echo $0 $1", "--json", "-v"]);
    assert_eq!(with_dashes.stdout, "--json -v\n");
    assert_eq!(without.stdout, "--json -v\n");
}

#[test]
fn a_command_line_that_cannot_be_read_is_a_json_document_too() {
    let sandbox = Sandbox::new();
    let error = |arguments: &[&str]| {
        let said = sandbox.fails(2, arguments);
        let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
        assert_eq!(document["error"]["kind"], "usage", "{said:?}");
        document["error"].clone()
    };
    let unknown = error(&["--json", "install", "--no-builds", "3.14t"]);
    assert_eq!(
        unknown["message"],
        "unexpected argument '--no-builds' found"
    );
    let hint = unknown["hints"][0].as_str().expect("a hint");
    assert!(hint.contains("'--no-build'"), "{unknown}");
    let missing = error(&["uninstall", "--json"]);
    assert_eq!(missing["details"][0], "<REQUEST>...");
    let nothing = error(&["--json"]);
    assert_eq!(nothing["hints"][0], "`ftpy help` lists the commands");
    let of_the_command = sandbox.fails(2, &["which", "--bogus", "--", "--json"]);
    assert_eq!(of_the_command.stdout, "");
}

#[test]
fn json_is_one_document_whatever_happens() {
    let mut sandbox = with(&[("3.14.7", "t")]);
    let one = |finished: &crate::support::sandbox::Finished| {
        serde_json::from_str::<serde_json::Value>(&finished.stdout).expect("one document")
    };
    sandbox.list(&interpreter("3.13.1", "t"), Some(&"a".repeat(64)));
    sandbox.offer(&interpreter("3.12.1", ""));
    sandbox.ok(&["index", "update"]);
    let finished = sandbox.fails(4, &["--json", "install", "pbs:3.13t", "pbs:3.12"]);
    let document = one(&finished);
    assert_eq!(document["error"]["kind"], "network");
    assert_eq!(document["installed"][0]["key"], "3.12.1-pbs-20260901");
    let prefix = sandbox.store.join("installs/3.14.7t-pbs-20260901");
    std::fs::write(prefix.join("lib/python3.14t/os.py"), "").expect("write");
    assert!(one(&sandbox.fails(5, &["--json", "verify"])).is_array());
    assert_eq!(
        one(&sandbox.fails(3, &["--json", "which", "3.15t"]))["error"]["kind"],
        "not-found"
    );
}
