//! Runs action.yml step by step: with a cold and a warm cache, and with wrong or hostile inputs.

use crate::support::actions::{Job, Runner};
use crate::support::sandbox::{Archive, Sandbox, archive_name, probe_answer, tree};
use std::path::Path;

/// An archive whose script answers the probe and the GIL check.
fn answering(version: &str, flags: &str) -> Archive {
    let gil = u8::from(flags.is_empty());
    let script = probe_answer(version, flags, flags).replacen(
        "#!/bin/sh\n",
        &format!("#!/bin/sh\ncase $* in *ftpy-gil*) echo ftpy-gil {gil}; exit;; esac\n"),
        1,
    );
    Archive {
        name: archive_name(version, flags),
        bytes: tree(version, flags, &script).tar_gz(),
    }
}

pub(crate) fn both() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.offer(&answering("3.14.7", "t"));
    sandbox.offer(&answering("3.14.7", ""));
    sandbox
}

/// A new machine, with or without ftpy on PATH.
pub(crate) fn machine(sandbox: &Sandbox, has_ftpy: bool) -> Runner {
    // Removes everything from the previous machine.
    let _ = std::fs::remove_dir_all(&sandbox.store);
    same_machine(sandbox, has_ftpy)
}

/// The machine of the previous job, which keeps its store.
pub(crate) fn same_machine(sandbox: &Sandbox, has_ftpy: bool) -> Runner {
    let workspace = sandbox.home().join("project");
    std::fs::create_dir_all(&workspace).expect("mkdir");
    let tools = Path::new(crate::support::program())
        .parent()
        .expect("a directory");
    let path = match has_ftpy {
        true => format!("{}:/usr/bin:/bin", tools.display()),
        false => "/usr/bin:/bin".to_owned(),
    };
    let mut runner = Runner::new(&workspace, &sandbox.home().join("caches"), &path);
    runner.set("HOME", &sandbox.home().display().to_string());
    runner.set("FTPY_HOME", &sandbox.store.display().to_string());
    runner.set("FTPY_INDEX_URL", &sandbox.server.url("/index.ndjson"));
    let nowhere = crate::support::server::free_port_refusing();
    for name in ["FTPY_SOURCE_MIRROR", "FTPY_CONDA_CHANNELS", "PIP_INDEX_URL"] {
        runner.set(name, &nowhere);
    }
    runner
}

/// The number of downloaded archives.
pub(crate) fn downloads(sandbox: &Sandbox) -> usize {
    let requests = sandbox.server.requests();
    requests
        .iter()
        .filter(|one| one.path.ends_with(".tar.gz"))
        .count()
}

/// Prints the log on failure.
pub(crate) fn succeeded(job: &Job) {
    assert!(job.is_success, "{}", job.log);
}

#[test]
fn a_cold_cache_is_filled_and_a_warm_one_is_used() {
    let sandbox = both();
    let inputs = [("python-version", "3.14t"), ("twin", "true")];
    let mut runner = machine(&sandbox, true);
    let cold = runner.action(&inputs);
    succeeded(&cold);
    assert_eq!(downloads(&sandbox), 2);
    assert_eq!(cold.outputs["cache-hit"], "false");
    assert_eq!(cold.outputs["python-version"], "3.14.7t");
    assert_eq!(cold.outputs["abi"], "cp314t");
    assert_eq!(cold.outputs["freethreaded"], "true");
    assert_eq!(cold.ran.last().map(String::as_str), Some("Fill the cache"));

    let mut runner = machine(&sandbox, true);
    let warm = runner.action(&inputs);
    succeeded(&warm);
    assert_eq!(downloads(&sandbox), 2, "{}", warm.log);
    assert_eq!(warm.outputs["cache-hit"], "true");
    assert_eq!(warm.ran.last().map(String::as_str), Some("Set up Python"));
    for (name, value) in &cold.outputs {
        if name != "cache-hit" {
            assert_eq!(&warm.outputs[name], value, "{name}");
        }
    }
    // The environment of the next step.
    let said = runner.run("command -v python ftpy; ftpy which python; ftpy which python3.14");
    let installs = sandbox.store.join("installs");
    let which = format!(
        "{0}/3.14.7t-pbs-20260901/bin/python3.14t\n{0}/3.14.7-pbs-20260901/bin/python3.14\n",
        installs.display()
    );
    assert!(
        said.stdout
            .starts_with(&sandbox.store.join("shims/python").display().to_string())
    );
    assert!(said.stdout.ends_with(&which), "{said:?}");
}

#[test]
fn a_second_choice_is_cached_where_the_first_cannot_be_had() {
    let mut sandbox = both();
    for flags in ["t", ""] {
        let archive = answering("3.14.8", flags);
        let digest = crate::support::archives::sha256_hex(&archive.bytes);
        // It is listed but unavailable.
        sandbox.list(&archive, Some(&digest));
    }
    let inputs = [("python-version", "3.14t"), ("twin", "true")];
    let cold = machine(&sandbox, true).action(&inputs);
    succeeded(&cold);
    assert_eq!(cold.outputs["python-version"], "3.14.7t");
    assert_eq!(cold.outputs["cache-hit"], "false");
    let note = "this cache contains 3.14.7t-pbs-20260901 instead of 3.14.8t-pbs-20260901";
    assert!(cold.log.contains(note), "{}", cold.log);
    let before = downloads(&sandbox);
    let warm = machine(&sandbox, true).action(&inputs);
    succeeded(&warm);
    assert_eq!(warm.outputs["cache-hit"], "true", "{}", warm.log);
    assert_eq!(warm.outputs["python-version"], "3.14.7t");
    assert_eq!(downloads(&sandbox), before, "{}", warm.log);
    // A request for exactly the first build does not get the second.
    let exact = machine(&sandbox, true).action(&[("python-version", "3.14.8t")]);
    assert!(!exact.is_success, "{}", exact.log);
}

#[test]
fn a_damaged_cache_is_healed_in_each_job() {
    let sandbox = both();
    let inputs = [("python-version", "3.14t")];
    succeeded(&machine(&sandbox, true).action(&inputs));
    // The cache cannot be changed, so its contents stay.
    let caches = sandbox.home().join("caches");
    let files = std::fs::read_dir(&caches).expect("read").flatten();
    let mut files = files.map(|entry| entry.path());
    let archive = files.find(|path| path.extension().is_some_and(|it| it == "tar"));
    let archive = archive.expect("an archive");
    let python = sandbox
        .store
        .join("installs/3.14.7t-pbs-20260901/bin/python3.14t");
    std::fs::write(&python, "#!/bin/sh\nexit 127\n").expect("write");
    let packed = std::process::Command::new("tar")
        .arg("-cPf")
        .args([&archive, &sandbox.store.join("installs")])
        .status();
    assert!(packed.expect("tar").success());
    for _ in 0..2 {
        let job = machine(&sandbox, true).action(&inputs);
        succeeded(&job);
        assert_eq!(job.outputs["cache-hit"], "true");
        assert!(
            job.log
                .contains("warning: reinstalling 3.14.7t-pbs-20260901"),
            "{}",
            job.log
        );
        assert!(job.log.contains(&job.outputs["cache-key"]), "{}", job.log);
    }
}

#[test]
fn variants_do_not_share_a_cache() {
    let sandbox = both();
    for (count, version) in ["3.14t", "3.14"].into_iter().enumerate() {
        let job = machine(&sandbox, true).action(&[("python-version", version)]);
        succeeded(&job);
        assert_eq!(job.outputs["cache-hit"], "false");
        assert_eq!(downloads(&sandbox), count + 1);
    }
    let job =
        machine(&sandbox, true).action(&[("python-version", "3.14"), ("freethreaded", "true")]);
    succeeded(&job);
    assert_eq!(job.outputs["cache-hit"], "true");
    assert_eq!(job.outputs["python-version"], "3.14.7t");
}

#[test]
fn of_several_versions_the_last_is_python_as_in_setup_python() {
    let sandbox = both();
    let job = machine(&sandbox, true).action(&[("python-version", "\n  3.14t\n\n  3.14\n")]);
    succeeded(&job);
    assert_eq!(job.outputs["python-version"], "3.14.7");
    assert_eq!(sandbox.installed().len(), 2);
}

#[test]
fn without_a_version_it_is_a_file_or_the_pin() {
    let sandbox = both();
    let file = |name: &str, text: &str| {
        let directory = sandbox.home().join("project");
        std::fs::create_dir_all(&directory).expect("mkdir");
        std::fs::write(directory.join(name), text).expect("write");
    };
    file(".python-version", "3.14\n");
    file("versions", "3.14t\n");
    let job = machine(&sandbox, true).action(&[("cache", "false")]);
    succeeded(&job);
    assert_eq!(job.outputs["python-version"], "3.14.7");
    assert!(
        !job.ran.iter().any(|step| step.contains("cache")),
        "{:?}",
        job.ran
    );
    let job =
        machine(&sandbox, true).action(&[("python-version-file", "versions"), ("source", "pbs")]);
    succeeded(&job);
    assert_eq!(job.outputs["python-version"], "3.14.7t");
    file(".python-version", "3.14\n3.12t\n");
    let job = machine(&sandbox, true).action(&[]);
    assert!(!job.is_success);
    let annotation = "::error file=.python-version,line=2,title=ftpy::";
    assert!(job.log.contains(annotation), "{}", job.log);
}

#[test]
fn inputs_are_data_and_never_script() {
    let sandbox = both();
    let project = sandbox.home().join("project");
    for hostile in [
        "3.14t\"; touch pwned; \"",
        "$(touch pwned)",
        "`touch pwned`",
        "--env-file=pwned",
        "3.14t\nftpy_x\nkey=evil",
    ] {
        for input in [
            "python-version",
            "python-version-file",
            "source",
            "twin",
            "ftpy-path",
        ] {
            let job = machine(&sandbox, true).action(&[(input, hostile)]);
            assert!(!job.is_success, "{input} {hostile}: {}", job.log);
            assert!(!project.join("pwned").exists(), "{input} {hostile}");
        }
    }
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml"));
    let action: serde_yaml::Value = serde_yaml::from_str(&text.expect("text")).expect("YAML");
    for step in action["runs"]["steps"].as_sequence().expect("steps") {
        assert!(
            !step["run"].as_str().unwrap_or_default().contains("${{"),
            "{step:?}"
        );
    }
    let job = machine(&sandbox, true).action(&[("python-version", "3.14t"), ("twin", "maybe")]);
    assert!(
        job.log.contains("::error title=ftpy::twin is \"maybe\""),
        "{}",
        job.log
    );
}
