//! CI with real interpreters: the README's workflow, and `ftpy ci setup` in a shell.

use crate::action::{downloads, machine, succeeded};
use crate::support::extensions::world;
use crate::support::live::{require_live, sandbox_with_archives};
use crate::support::sandbox::finished;
use std::path::Path;
use std::process::Command;

/// The workflow in the README's chapter on CI.
pub(crate) fn readme_workflow() -> String {
    block_of("README.md", "on: push")
}

/// The block of YAML that begins with a line, in the manual's page on CI.
pub(crate) fn manual_block(first: &str) -> String {
    block_of("docs/manual/guides/ci.md", first)
}

fn block_of(page: &str, first: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = std::fs::read_to_string(path).expect("a page");
    let mut blocks = text.split("```yaml\n").skip(1);
    let block = blocks.find(|block| block.starts_with(&format!("{first}\n")));
    let block = block.unwrap_or_else(|| panic!("no block {first}"));
    block.split("```").next().expect("its end").to_owned()
}

/// A test that prints what it ran under.
pub(crate) const TEST: &str = "import sys, unittest
class Test(unittest.TestCase):
    def test(self):
        gil = getattr(sys, '_is_gil_enabled', lambda: True)()
        print('ran under', sys.version.split()[0] + sys.abiflags, 'GIL', gil, flush=True)
        self.assertEqual(gil, sys.abiflags == '')
";

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_the_job_that_tries_the_action_in_ci_succeeds() {
    require_live();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows/ci.yml");
    let text = std::fs::read_to_string(path).expect("ci.yml");
    let mut workflow: serde_yaml::Value = serde_yaml::from_str(&text).expect("YAML");
    let jobs = workflow["jobs"].as_mapping_mut().expect("jobs");
    jobs.retain(|name, _| name == "action");
    // The small runner knows the action by a name, and the build output is elsewhere.
    let text = serde_yaml::to_string(&workflow).expect("YAML");
    let text = text.replace("uses: ./", "uses: OWNER/ftpy@v0.1.0");
    let text = text.replace(
        "run: cargo build --locked",
        "run: test -x target/debug/ftpy",
    );
    let sandbox = sandbox_with_archives();
    let built = sandbox.home().join("project/target/debug");
    std::fs::create_dir_all(&built).expect("mkdir");
    let ftpy = crate::support::program();
    std::os::unix::fs::symlink(ftpy, built.join("ftpy")).expect("link");
    let job = machine(&sandbox, false).workflow(&text);
    succeeded(&job);
    let last = job.ran.last().map(String::as_str);
    assert_eq!(last, Some("What the next step sees"));
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_the_workflow_of_the_readme_tests_under_both_and_fails_when_the_gil_came_back() {
    let world = world();
    let workflow = readme_workflow();
    let sandbox = sandbox_with_archives();
    let project = sandbox.home().join("project");
    std::fs::create_dir(&project).expect("mkdir");
    std::fs::write(project.join("test_it.py"), TEST).expect("write");
    for round in ["cold", "warm"] {
        let job = machine(&sandbox, true).workflow(&workflow);
        succeeded(&job);
        assert!(
            job.log.contains("ran under 3.14.7t GIL False\n"),
            "{}",
            job.log
        );
        assert!(
            job.log.contains("ran under 3.14.7 GIL True\n"),
            "{}",
            job.log
        );
        assert_eq!(downloads(&sandbox), 2, "{round}");
        let is_cold = job.ran.iter().any(|step| step == "Fill the cache");
        assert_eq!(is_cold, round == "cold", "{:?}", job.ran);
    }

    // A dependency that does not declare GIL support, which the tests do not notice.
    let modules = world.0.home().join("3.14t");
    let modules = std::fs::read_dir(modules).expect("read").flatten();
    let module = modules.map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("multi.") && name.ends_with(".so")
    });
    let module = module.expect("a module");
    let name = module.file_name().expect("a name");
    std::fs::copy(&module, project.join(name)).expect("copy");
    std::fs::write(
        project.join("test_it.py"),
        "import unittest\nclass Test(unittest.TestCase):\n    def test(self):\n        import multi\n",
    )
    .expect("write");
    let job = machine(&sandbox, true).workflow(&workflow);
    assert!(!job.is_success, "{}", job.log);
    assert!(
        job.log.contains("error: the GIL was on at exit"),
        "{}",
        job.log
    );
    assert!(job.log.contains("multi"), "{}", job.log);
    assert_eq!(downloads(&sandbox), 2);
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_a_shell_gets_both_builds_by_their_names_and_pip_installs_where_it_looks() {
    let world = world();
    let sandbox = &world.0;
    let said = sandbox.ok(&["ci", "setup", "3.14t", "--twin", "--check-gil"]);
    let script = "set -e
        eval \"$SETUP\"
        python -c 'import sys; print(sys.version_info[:2], sys._is_gil_enabled())'
        python3.14 -c 'import sys; print(sys._is_gil_enabled())'
        python3.14t -c 'import sys; print(sys._is_gil_enabled())'
        pip --version
        pkg-config --modversion python-3.14t || echo no pkg-config
        python -m venv .venv-of-ci && . .venv-of-ci/bin/activate
        python -c 'import sys; print(sys.prefix != sys.base_prefix, sys.base_prefix)'
        python -c 'import os; print(os.environ.get(\"LD_LIBRARY_PATH\"))'";
    let output = Command::new("bash")
        .args(["-c", script])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", sandbox.home())
        .env("SETUP", &said.stdout)
        .current_dir(sandbox.home())
        .output()
        .expect("bash");
    let told = finished(output);
    let prefix = sandbox.store.join("installs/3.14.7t-pbs-20260901");
    let lines: Vec<&str> = told.stdout.lines().collect();
    assert_eq!(lines[..3], ["(3, 14) False", "True", "False"], "{told:?}");
    assert!(
        lines[3].contains(&format!("from {}/lib", prefix.display())),
        "{told:?}"
    );
    assert!(["3.14", "no pkg-config"].contains(&lines[4]), "{told:?}");
    assert_eq!(lines[5], format!("True {}", prefix.display()), "{told:?}");
    assert_eq!(lines[6], "None", "{told:?}");

    // The probe does not detect it, but the check does.
    let mut command = sandbox.command(&["ci", "setup", "3.14t", "--check-gil"]);
    let said = finished(command.env("PYTHON_GIL", "1").output().expect("ftpy"));
    assert_eq!(said.code, Some(8), "{said:?}");
    let mut command = sandbox.command(&["ci", "setup", "3.14", "--check-gil"]);
    let said = finished(command.env("PYTHON_GIL", "0").output().expect("ftpy"));
    assert_eq!(said.code, Some(5), "{said:?}");
    assert!(
        said.stderr.contains("fails to start in this job"),
        "{said:?}"
    );
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons, and PyPI"]
fn live_pythons_the_action_installs_pip_and_packages_and_caches_what_pip_downloaded() {
    require_live();
    let sandbox = sandbox_with_archives();
    let project = sandbox.home().join("project");
    std::fs::create_dir_all(&project).expect("mkdir");
    std::fs::write(
        project.join("requirements.txt"),
        "--no-binary six\nsix==1.17.0\n",
    )
    .expect("write");
    let inputs = [
        ("python-version", "3.14t"),
        ("cache", "pip"),
        ("pip-version", "25.3"),
        ("pip-install", "-r requirements.txt"),
    ];
    for (hit, words) in [
        ("false", "Created wheel for six"),
        ("true", "Using cached six-1.17.0-py2.py3-none-any.whl"),
    ] {
        let _ = std::fs::remove_dir_all(sandbox.home().join(".cache"));
        let mut runner = machine(&sandbox, true);
        runner.unset("PIP_INDEX_URL");
        let job = runner.action(&inputs);
        succeeded(&job);
        assert_eq!(job.outputs["cache-hit"], hit, "{}", job.log);
        assert!(job.log.contains(words), "{}", job.log);
        let said = runner.run("pip --version; python -c 'import six; print(six.__version__)'");
        assert!(said.stdout.starts_with("pip 25.3 "), "{said:?}");
        assert!(said.stdout.ends_with("1.17.0\n"), "{said:?}");
        // The store stays sound for the next job of a machine that keeps it.
        let said = runner.run("ftpy verify 3.14t");
        assert_eq!(said.code, Some(0), "{said:?}");
        let again = runner.action(&[("python-version", "3.14t"), ("cache", "false")]);
        succeeded(&again);
        assert!(!again.log.contains("reinstalling"), "{}", again.log);
        runner.end();
    }
}
