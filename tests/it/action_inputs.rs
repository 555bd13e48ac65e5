//! The inputs of actions/setup-python, one for one: what each does here, and that none is refused.

use crate::action::{machine, same_machine, succeeded};
use crate::action_packages::{answering, pip_calls};
use crate::check::venv;
use crate::support::actions::Job;
use crate::support::sandbox::Sandbox;
use crate::support::wheels::module;
use std::path::Path;

/// The inputs of setup-python, from its action.yml of versions 5 to 7.
const INPUTS: [&str; 12] = [
    "python-version",
    "python-version-file",
    "cache",
    "architecture",
    "check-latest",
    "token",
    "cache-dependency-path",
    "update-environment",
    "allow-prereleases",
    "freethreaded",
    "pip-version",
    "pip-install",
];

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&answering("3.14.6", "t"));
    sandbox.offer(&answering("3.14.6", ""));
    sandbox
}

/// The architecture of this machine, in setup-python's words.
fn here() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn fails(job: &Job, words: &str) {
    assert!(!job.is_success, "{}", job.log);
    assert!(job.log.contains("::error title=ftpy::"), "{}", job.log);
    assert!(job.log.contains(words), "{}", job.log);
}

#[test]
fn every_input_of_setup_python_is_accepted() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml");
    let text = std::fs::read_to_string(path).expect("action.yml");
    let action: serde_yaml::Value = serde_yaml::from_str(&text).expect("YAML");
    for input in INPUTS {
        assert!(!action["inputs"][input].is_null(), "{input}");
    }
    for output in ["python-version", "cache-hit", "python-path"] {
        assert!(!action["outputs"][output].is_null(), "{output}");
    }
    let sandbox = sandbox();
    let project = sandbox.home().join("project");
    std::fs::create_dir_all(&project).expect("mkdir");
    std::fs::write(project.join("requirements.txt"), "six\n").expect("write");
    let job = machine(&sandbox, true).action(&[
        ("python-version", "3.14"),
        ("python-version-file", "ignored"),
        ("cache", "pip"),
        ("architecture", here()),
        ("check-latest", "true"),
        ("token", "secret-token"),
        ("cache-dependency-path", "requirements.txt"),
        ("update-environment", "true"),
        ("allow-prereleases", "true"),
        ("freethreaded", "true"),
        ("pip-version", "25.0.1"),
        ("pip-install", "-r requirements.txt"),
    ]);
    succeeded(&job);
    assert_eq!(job.outputs["python-version"], "3.14.6t");
    assert!(
        job.log
            .contains("::warning title=ftpy::python-version and python-version-file"),
        "{}",
        job.log
    );
    // No script gets the token.
    assert!(!text.contains("inputs.token"));
}

#[test]
fn another_architecture_than_the_runners_is_an_error() {
    let sandbox = sandbox();
    for architecture in ["x86", "riscv64"] {
        let job = machine(&sandbox, true)
            .action(&[("python-version", "3.14t"), ("architecture", architecture)]);
        fails(
            &job,
            &format!(
                "architecture is \"{architecture}\", and this runner is {}",
                here()
            ),
        );
        assert!(sandbox.installed().is_empty());
    }
}

#[test]
fn check_latest_takes_the_newest_build_where_the_machine_keeps_an_older_one() {
    let mut sandbox = sandbox();
    let version = |sandbox: &Sandbox, latest: &str| {
        let inputs = [("python-version", "3.14t"), ("check-latest", latest)];
        let job = same_machine(sandbox, true).action(&inputs);
        succeeded(&job);
        job.outputs["python-version"].clone()
    };
    assert_eq!(version(&sandbox, "false"), "3.14.6t");
    sandbox.offer(&answering("3.14.7", "t"));
    assert_eq!(version(&sandbox, "false"), "3.14.6t");
    assert_eq!(version(&sandbox, "true"), "3.14.7t");
}

#[test]
fn without_update_environment_only_outputs_are_set() {
    let sandbox = sandbox();
    let mut runner = machine(&sandbox, false);
    let inputs = [
        ("python-version", "3.14t"),
        ("update-environment", "false"),
        ("ftpy-path", crate::support::program()),
    ];
    let job = runner.action(&inputs);
    succeeded(&job);
    let said = runner.run(
        "command -v ftpy || echo no ftpy; echo \"<$FTPY_PYTHON$pythonLocation>\"; echo \"$PATH\"",
    );
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines, ["no ftpy", "<>", "/usr/bin:/bin"], "{said:?}");
    assert!(Path::new(&job.outputs["python-path"]).exists());
    // The other way round, each is set.
    let mut runner = machine(&sandbox, false);
    succeeded(&runner.action(&[inputs[0], inputs[2]]));
    let said = runner.run("command -v ftpy && echo \"<$FTPY_PYTHON>\"");
    assert!(said.stdout.contains("<3.14.6t-pbs-20260901>"), "{said:?}");
}

#[test]
fn pip_and_packages_are_installed_by_the_new_python() {
    let sandbox = sandbox();
    let job = machine(&sandbox, true).action(&[
        ("python-version", "3.14t"),
        ("pip-version", "25.0.1"),
        (
            "pip-install",
            "-r requirements.txt\n  'six'   numpy>=2 *.txt\n",
        ),
    ]);
    succeeded(&job);
    // One argument to a line; patterns of file names are not expanded.
    let pip = "install\n--upgrade\n--disable-pip-version-check\n--no-warn-script-location\n\
               pip==25.0.1\n.\n";
    let packages = "install\n-r\nrequirements.txt\n'six'\nnumpy>=2\n*.txt\n.\n";
    assert_eq!(pip_calls(&sandbox), format!("{pip}{packages}"));
    assert_eq!(job.ran.last().map(String::as_str), Some("Install packages"));
    for version in ["25.x", "latest", ">=25", "25.0.1.2"] {
        let job = machine(&sandbox, true)
            .action(&[("python-version", "3.14t"), ("pip-version", version)]);
        fails(&job, &format!("pip-version is \"{version}\""));
    }
    let job =
        machine(&sandbox, true).action(&[("python-version", "3.14t"), ("pip-install", "fails")]);
    assert!(!job.is_success, "{}", job.log);
}

#[test]
fn the_new_inputs_are_data_and_never_script() {
    let sandbox = sandbox();
    let project = sandbox.home().join("project");
    std::fs::create_dir_all(&project).expect("mkdir");
    std::fs::write(project.join("requirements.txt"), "six\n").expect("write");
    for hostile in [
        "$(touch pwned)",
        "`touch pwned`",
        "x; touch pwned",
        "x\nftpy_x\nkey=evil",
    ] {
        for input in &INPUTS[3..] {
            let inputs = [
                ("python-version", "3.14t"),
                ("cache", "pip"),
                (*input, hostile),
            ];
            let _ = machine(&sandbox, true).action(&inputs);
            assert!(!project.join("pwned").exists(), "{input} {hostile}");
        }
    }
}

#[test]
fn with_check_the_packages_of_the_project_are_checked_at_the_end() {
    let sandbox = sandbox();
    let keeping = "good/x.cpython-314t-x86_64-linux-gnu.so";
    venv(&sandbox, &[("good", &[(keeping, module(true))])]);
    let inputs = [("python-version", "3.14t"), ("check", "true")];
    let job = machine(&sandbox, true).action(&inputs);
    succeeded(&job);
    assert!(job.log.contains("good  1.0  keeps it off"), "{}", job.log);
    let turning = "bad/x.cpython-314t-x86_64-linux-gnu.so";
    venv(&sandbox, &[("bad", &[(turning, module(false))])]);
    let job = machine(&sandbox, true).action(&inputs);
    assert!(!job.is_success, "{}", job.log);
    assert!(job.log.contains("::error title="), "{}", job.log);
    assert!(
        job.log.contains("the GIL is turned on by bad"),
        "{}",
        job.log
    );
    // Without it, nothing is checked.
    succeeded(&machine(&sandbox, true).action(&inputs[..1]));
    fails(
        &machine(&sandbox, true).action(&[("python-version", "3.14t"), ("check", "maybe")]),
        "check is \"maybe\": it is true or false",
    );
}
