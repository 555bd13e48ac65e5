//! The README's texts for GitLab, Azure Pipelines, CircleCI and Jenkins: their scripts run with
//! real interpreters, and steps pass on their results as the system documents it.

use crate::live_ci::{TEST, manual_block};
use crate::support::extensions::world;
use crate::support::sandbox::{Finished, Sandbox, finished};
use serde_yaml::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The shell of a step, on a machine with ftpy.
fn bash(sandbox: &Sandbox, place: &Path, script: &str) -> Command {
    let tools = Path::new(crate::support::program())
        .parent()
        .expect("a directory");
    // The sandbox's variables, without its program.
    let mut command = Command::new("bash");
    command.env_clear();
    for (name, value) in sandbox.command(&[]).get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
        .env("PATH", format!("{}:/usr/bin:/bin", tools.display()))
        .current_dir(place);
    command
}

fn ran(command: &mut Command) -> Finished {
    finished(command.output().expect("bash"))
}

fn project(sandbox: &Sandbox, name: &str) -> PathBuf {
    let place = sandbox.home().join(name);
    std::fs::create_dir(&place).expect("mkdir");
    std::fs::write(place.join("test_it.py"), TEST).expect("write");
    place
}

fn check(said: &Finished, version: &str) {
    assert_eq!(said.code, Some(0), "{said:?}");
    let words = format!(
        "ran under {version} GIL {}",
        match version.ends_with('t') {
            true => "False",
            false => "True",
        }
    );
    assert!(said.stdout.contains(&words), "{said:?}");
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_gitlab_runs_its_script_in_one_shell() {
    let world = world();
    let place = project(&world.0, "of-gitlab");
    let text: Value = serde_yaml::from_str(&manual_block("# .gitlab-ci.yml")).expect("YAML");
    let job = &text["test"];
    let lines = job["script"].as_sequence().expect("a script").iter();
    let lines: Vec<&str> = lines.filter_map(Value::as_str).collect();
    let versions = &job["parallel"]["matrix"][0]["PYTHON_VERSION"];
    for version in versions.as_sequence().expect("versions") {
        let version = version.as_str().expect("a text");
        let mut command = bash(&world.0, &place, &lines.join("\n"));
        let said = ran(command
            .env("GITLAB_CI", "true")
            .env("PYTHON_VERSION", version));
        check(&said, &version.replace("3.14", "3.14.7"));
        let dotenv = job["artifacts"]["reports"]["dotenv"]
            .as_str()
            .expect("a file");
        let dotenv = std::fs::read_to_string(place.join(dotenv)).expect("the report");
        assert!(
            dotenv.len() < 5000 && dotenv.lines().count() <= 20,
            "{dotenv}"
        );
        assert!(
            dotenv
                .lines()
                .all(|line| line.contains('=') && !line.contains(' ')),
            "{dotenv}"
        );
    }
    // Neither a failure nor a missing ftpy is ignored.
    let mut command = bash(&world.0, &place, &lines.join("\n"));
    let said = ran(command
        .env("GITLAB_CI", "true")
        .env("PYTHON_VERSION", "3.99t"));
    assert_eq!(said.code, Some(3), "{said:?}");
    let mut command = bash(&world.0, &place, &lines.join("\n"));
    let said = ran(command
        .env("PATH", "/usr/bin:/bin")
        .env("PYTHON_VERSION", "3.14t"));
    assert_eq!(said.code, Some(127), "{said:?}");
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_azure_takes_over_what_logging_commands_say() {
    let world = world();
    let place = project(&world.0, "of-azure");
    let text: Value = serde_yaml::from_str(&manual_block("# azure-pipelines.yml")).expect("YAML");
    let (mut path, mut variables) = (Vec::new(), Vec::new());
    let mut last = None;
    for step in text["steps"].as_sequence().expect("steps") {
        let mut command = bash(&world.0, &place, step["script"].as_str().expect("a script"));
        command
            .env("TF_BUILD", "True")
            .envs(variables.iter().cloned());
        let tools = Path::new(crate::support::program())
            .parent()
            .expect("a directory");
        let first: Vec<String> = path.iter().rev().cloned().collect();
        let all = [
            first,
            vec![tools.display().to_string(), "/usr/bin:/bin".to_owned()],
        ]
        .concat();
        let said = ran(command.env("PATH", all.join(":")));
        assert_eq!(said.code, Some(0), "{said:?}");
        for line in said.stdout.lines() {
            let Some((command, value)) = line
                .strip_prefix("##vso[")
                .and_then(|line| line.split_once(']'))
            else {
                continue;
            };
            if command == "task.prependpath" {
                path.push(value.to_owned());
            } else if let Some(properties) = command.strip_prefix("task.setvariable variable=")
                && let Some(name) = properties.strip_suffix(';')
                && !name.contains(';')
            {
                // Azure's conversion of names.
                variables.push((name.to_uppercase(), value.to_owned()));
            }
        }
        last = Some(said);
    }
    check(&last.expect("a step"), "3.14.7t");
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_circleci_starts_every_step_with_bash_env() {
    let world = world();
    let place = project(&world.0, "of-circleci");
    let text: Value = serde_yaml::from_str(&manual_block("# .circleci/config.yml")).expect("YAML");
    let file = place.join("bash_env");
    let mut last = None;
    for step in text["jobs"]["test"]["steps"].as_sequence().expect("steps") {
        let Some(script) = step["run"].as_str() else {
            assert_eq!(step, "checkout");
            continue;
        };
        let mut command = bash(&world.0, &place, script);
        let said = ran(command.env("CIRCLECI", "true").env("BASH_ENV", &file));
        assert_eq!(said.code, Some(0), "{said:?}");
        last = Some(said);
    }
    check(&last.expect("a step"), "3.14.7t");
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_jenkins_takes_the_file_over_by_with_env() {
    let world = world();
    let place = project(&world.0, "of-jenkins");
    let setup = "ftpy ci setup 3.14t --env-file ftpy.env >/dev/null";
    let said = ran(bash(&world.0, &place, setup).env("JENKINS_URL", "http://ci/"));
    assert_eq!(said.code, Some(0), "{said:?}");
    let text = std::fs::read_to_string(place.join("ftpy.env")).expect("the file");
    let mut command = bash(&world.0, &place, "python -m unittest");
    for line in text.trim().lines() {
        let (name, value) = line.split_once('=').expect("NAME=value");
        // `PATH+WHATEVER=/dir` is put before the previous PATH.
        match name.split_once('+') {
            Some((name, _)) => command.env(name, format!("{value}:/usr/bin:/bin")),
            None => command.env(name, value),
        };
    }
    check(&ran(&mut command), "3.14.7t");
}
