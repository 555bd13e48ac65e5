//! The action's caches of packages: `cache: pip` and its like.

use crate::action::{downloads, machine, succeeded};
use crate::support::actions::{Job, Runner};
use crate::support::sandbox::{Archive, Sandbox, archive_name, probe_answer, tree};

/// An archive whose script answers the probe, the GIL check and pip, and writes down pip's calls.
pub(crate) fn answering(version: &str, flags: &str) -> Archive {
    let gil = u8::from(flags.is_empty());
    let script = probe_answer(version, flags, flags).replacen(
        "#!/bin/sh\n",
        &format!(
            "#!/bin/sh\n\
             case $* in\n\
             *ftpy-gil*) echo ftpy-gil {gil}; exit;;\n\
             '-m pip cache dir') echo \"$HOME/.cache/pip\"; exit;;\n\
             '-m pip install fails') exit 1;;\n\
             '-m pip'*) shift 2; for a; do echo \"$a\"; done >>\"$HOME/pip.log\";\n\
             echo . >>\"$HOME/pip.log\"; exit;;\n\
             esac\n"
        ),
        1,
    );
    Archive {
        name: archive_name(version, flags),
        bytes: tree(version, flags, &script).tar_gz(),
    }
}

/// What pip was called with: one argument to a line, and a dot after each call.
pub(crate) fn pip_calls(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(sandbox.home().join("pip.log")).unwrap_or_default()
}

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&answering("3.14.7", "t"));
    sandbox.offer(&answering("3.14.7", ""));
    sandbox
}

fn write(sandbox: &Sandbox, name: &str, text: &str) {
    let path = sandbox.home().join("project").join(name);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
    std::fs::write(path, text).expect("write");
}

/// A new machine runs the action; then the job fills the directory, and ends.
fn job(sandbox: &Sandbox, inputs: &[(&str, &str)], directory: &str) -> Job {
    for gone in [".cache", ".local"] {
        let _ = std::fs::remove_dir_all(sandbox.home().join(gone));
    }
    let mut runner: Runner = machine(sandbox, true);
    let mut job = runner.action(inputs);
    succeeded(&job);
    let fills = format!("mkdir -p ~/{directory}; ls ~/{directory}; touch ~/{directory}/wheel");
    job.log = runner.run(&fills).stdout;
    runner.end();
    job
}

#[test]
fn the_cache_of_pip_is_restored_by_the_files_that_name_packages() {
    let sandbox = sandbox();
    write(&sandbox, "requirements.txt", "six\n");
    let inputs = [("python-version", "3.14t"), ("cache", "pip")];
    let pip = ".cache/pip";
    let cold = job(&sandbox, &inputs, pip);
    assert_eq!(
        (cold.log.as_str(), cold.outputs["cache-hit"].as_str()),
        ("", "false")
    );
    let warm = job(&sandbox, &inputs, pip);
    assert_eq!(
        (warm.log.as_str(), warm.outputs["cache-hit"].as_str()),
        ("wheel\n", "true")
    );
    // The interpreters have a cache of their own.
    assert_eq!(downloads(&sandbox), 1);
    // Other requirements: an older store of archives is better than none, and is not called a hit.
    write(&sandbox, "requirements.txt", "six\nnumpy\n");
    let other = job(&sandbox, &inputs, pip);
    assert_eq!(
        (other.log.as_str(), other.outputs["cache-hit"].as_str()),
        ("wheel\n", "false")
    );
    let warm = job(&sandbox, &inputs, pip);
    assert_eq!(warm.outputs["cache-hit"], "true");
    // No wheel of the other variant.
    let gil = job(
        &sandbox,
        &[("python-version", "3.14"), ("cache", "pip")],
        pip,
    );
    assert_eq!(
        (gil.log.as_str(), gil.outputs["cache-hit"].as_str()),
        ("", "false")
    );
    // Only what is named counts.
    let named = [
        inputs[0],
        inputs[1],
        ("cache-dependency-path", "requirements/*.txt\nsetup.cfg"),
    ];
    write(&sandbox, "requirements/dev.txt", "pytest\n");
    write(&sandbox, "setup.cfg", "[options]\n");
    assert_eq!(job(&sandbox, &named, pip).outputs["cache-hit"], "false");
    write(&sandbox, "requirements.txt", "");
    assert_eq!(job(&sandbox, &named, pip).outputs["cache-hit"], "true");
    write(&sandbox, "setup.cfg", "[metadata]\n");
    assert_eq!(job(&sandbox, &named, pip).outputs["cache-hit"], "false");
}

#[test]
fn each_tool_has_its_own_directory_and_files() {
    for (tool, file, directory, keeps_older) in [
        ("pip", "a/pyproject.toml", ".cache/pip", "wheel\n"),
        ("uv", "uv.lock", ".cache/uv", "wheel\n"),
        ("uv", "requirements-dev.txt", ".cache/uv", "wheel\n"),
        ("pipenv", "Pipfile.lock", ".local/share/virtualenvs", ""),
    ] {
        let sandbox = sandbox();
        write(&sandbox, file, "one\n");
        let inputs = [("python-version", "3.14t"), ("cache", tool)];
        assert_eq!(
            job(&sandbox, &inputs, directory).outputs["cache-hit"],
            "false"
        );
        let warm = job(&sandbox, &inputs, directory);
        assert_eq!(
            (warm.log.as_str(), warm.outputs["cache-hit"].as_str()),
            ("wheel\n", "true"),
            "{tool}"
        );
        write(&sandbox, file, "two\n");
        // An environment may hold what is no longer wanted.
        assert_eq!(job(&sandbox, &inputs, directory).log, keeps_older, "{tool}");
    }
}

#[test]
fn a_cache_of_packages_needs_a_file_that_names_them() {
    let sandbox = sandbox();
    for (tool, words) in [
        ("pip", "cache: pip: no file matches **/requirements.txt"),
        ("uv", "cache: uv: no file matches **/uv.lock"),
        ("pipenv", "cache: pipenv: no file matches **/Pipfile.lock"),
    ] {
        let job = machine(&sandbox, true).action(&[("python-version", "3.14t"), ("cache", tool)]);
        assert!(!job.is_success, "{}", job.log);
        assert!(job.log.contains(words), "{}", job.log);
        assert!(job.log.contains("set cache-dependency-path"), "{}", job.log);
    }
    write(&sandbox, "poetry.lock", "");
    let job = machine(&sandbox, true).action(&[("python-version", "3.14t"), ("cache", "poetry")]);
    assert!(
        job.log.contains("cache: poetry: poetry is not on PATH"),
        "{}",
        job.log
    );
    let job = machine(&sandbox, true).action(&[("python-version", "3.14t"), ("cache", "conda")]);
    assert!(
        job.log
            .contains("cache is \"conda\": it is true, false, pip, uv"),
        "{}",
        job.log
    );
}
