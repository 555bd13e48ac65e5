//! `ftpy kernel`: kernel specs of Jupyter, with interpreters that answer as ipykernel would.

use crate::support::sandbox::{Archive, Finished, Sandbox, archive_name, probe_answer, tree};
use crate::support::shims::{executable, project, run_in};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// An interpreter with ipykernel. `answer` replaces parts of what it says about its kernel.
fn python(version: &str, answer: &[(&str, Value)]) -> String {
    let mut said = json!({
        "version": version, "abiflags": "t", "gil_enabled": false,
        "is_managed_elsewhere": false, "ipykernel": "7.0.0",
        "spec": {
            "argv": ["ipykernel's own", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": "Python 3 (ipykernel)", "language": "python",
            "metadata": { "debugger": true },
        },
    });
    for (name, value) in answer {
        said[*name] = value.clone();
    }
    let found = i32::from(said["spec"].is_null());
    let probe = probe_answer(version, "t", "t");
    let probe = probe.trim_start_matches("#!/bin/sh\n");
    format!(
        "#!/bin/sh\ncase \"$4\" in\n*get_kernel_dict*) echo noise; cat <<'END'\n{said}\nEND\n\
         exit 0;;\n*find_spec*) exit {found};;\nesac\nif [ \"$1\" = -I ]; then\n{probe}fi\n"
    )
}

const WITHOUT: [(&str, Value); 2] = [("spec", Value::Null), ("ipykernel", Value::Null)];

/// A sandbox with this Python as 3.14.7t.
fn with(script: &str) -> Sandbox {
    let mut sandbox = Sandbox::new();
    let bytes = tree("3.14.7", "t", script).tar_gz();
    sandbox.offer(&Archive {
        name: archive_name("3.14.7", "t"),
        bytes,
    });
    sandbox.ok(&["-q", "install", "3.14t"]);
    sandbox
}

fn kernels(sandbox: &Sandbox) -> PathBuf {
    sandbox.home().join(if cfg!(target_os = "macos") {
        "Library/Jupyter/kernels"
    } else {
        ".local/share/jupyter/kernels"
    })
}

fn spec(directory: &Path) -> Value {
    let text = std::fs::read_to_string(directory.join("kernel.json")).expect("a spec");
    serde_json::from_str(&text).expect("JSON")
}

/// Writes a spec as another tool would, and returns its text.
fn foreign(directory: &Path) -> String {
    std::fs::create_dir_all(directory).expect("mkdir");
    let text = "{\"argv\": [\"x\"], \"display_name\": \"X\", \"metadata\": {}}";
    std::fs::write(directory.join("kernel.json"), text).expect("write");
    text.to_owned()
}

fn text(directory: &Path) -> String {
    std::fs::read_to_string(directory.join("kernel.json")).expect("a spec")
}

#[test]
fn kernel_install_writes_a_spec_that_follows_upgrades() {
    let sandbox = with(&python("3.14.7", &[]));
    let said = sandbox.ok(&["kernel", "install", "3.14t"]);
    assert!(
        said.stderr
            .contains("the kernel python3.14t, GIL off: Python 3.14 (free-threaded)"),
        "{said:?}"
    );
    let found = spec(&kernels(&sandbox).join("python3.14t"));
    let python = found["argv"][0].as_str().expect("a path");
    assert!(
        python.ends_with("/aliases/3.14t/bin/python3.14t"),
        "{found}"
    );
    // The rest is what ipykernel wants.
    assert_eq!(found["argv"][4], "{connection_file}");
    assert_eq!(found["metadata"]["debugger"], true);
    assert_eq!(found["metadata"]["ftpy"]["request"], "3.14t");
    // A patch stays, and is another kernel.
    sandbox.ok(&["kernel", "install", "3.14.7t"]);
    let exact = spec(&kernels(&sandbox).join("python3.14.7t"));
    assert_eq!(exact["display_name"], "Python 3.14.7 (free-threaded)");
    let python = exact["argv"][0].as_str().expect("a path");
    assert!(python.contains("/installs/3.14.7t-pbs-"), "{exact}");
}

#[test]
fn kernel_install_takes_names_linked_interpreters_and_the_active_python() {
    let sandbox = with(&python("3.14.7", &[]));
    let own = sandbox.home().join("opt/bin/python3.14t");
    executable(&own, &python("3.14.5", &[]));
    sandbox.ok(&["link", "mine", &own.display().to_string()]);
    sandbox.ok(&["kernel", "install", "mine"]);
    let found = spec(&kernels(&sandbox).join("mine"));
    assert_eq!(found["argv"][0], own.display().to_string());
    assert_eq!(found["display_name"], "Python 3.14.5 (free-threaded, mine)");
    let arguments = [
        "kernel",
        "install",
        "mine",
        "--name",
        "Fast",
        "--display-name",
        "So fast",
    ];
    sandbox.ok(&arguments);
    assert_eq!(
        spec(&kernels(&sandbox).join("fast"))["display_name"],
        "So fast"
    );
    let said = sandbox.fails(2, &["kernel", "install", "mine", "--name", "../x"]);
    assert!(
        said.stderr.contains("not a valid name of a kernel"),
        "{said:?}"
    );
    // What is pinned here, and an error where nothing is.
    let place = project(&sandbox, "p", "3.14t\n");
    run_in(&sandbox, &place, 0, &["kernel", "install"]);
    assert!(kernels(&sandbox).join("python3.14t").is_dir());
    let said = sandbox.fails(3, &["kernel", "install"]);
    assert!(said.stderr.contains("no default is set"), "{said:?}");
}

#[test]
fn kernel_install_uses_a_virtual_environment_and_its_name() {
    let mut sandbox = with(&python("3.14.7", &WITHOUT));
    let venv = sandbox.home().join("web/.venv");
    executable(&venv.join("bin/python"), &python("3.14.7", &[]));
    std::fs::write(venv.join("pyvenv.cfg"), "home = /x\n").expect("write");
    sandbox.ok(&["kernel", "install", "--venv", "web/.venv"]);
    let found = spec(&kernels(&sandbox).join("web"));
    assert_eq!(
        found["argv"][0],
        venv.join("bin/python").display().to_string()
    );
    assert_eq!(found["display_name"], "Python 3.14 (free-threaded, web)");
    // The active one needs no name.
    sandbox.set("VIRTUAL_ENV", &venv.display().to_string());
    sandbox.ok(&["kernel", "install", "--name", "active"]);
    assert_eq!(
        spec(&kernels(&sandbox).join("active"))["argv"][0],
        found["argv"][0]
    );
    let said = sandbox.fails(3, &["kernel", "install", "--venv", "none"]);
    assert!(
        said.stderr.contains("is not a virtual environment"),
        "{said:?}"
    );
}

#[test]
fn kernel_install_says_how_to_install_ipykernel() {
    let sandbox = with(&python("3.14.7", &WITHOUT));
    let said = sandbox.fails(3, &["kernel", "install", "3.14t"]);
    for part in ["has no ipykernel", "-- python -m pip install ipykernel`"] {
        assert!(said.stderr.contains(part), "{part}: {said:?}");
    }
    assert!(!kernels(&sandbox).exists(), "nothing was written");
    let managed = [
        WITHOUT[0].clone(),
        WITHOUT[1].clone(),
        ("is_managed_elsewhere", true.into()),
    ];
    let own = sandbox.home().join("opt/bin/python3.14t");
    executable(&own, &python("3.14.5", &managed));
    sandbox.ok(&["link", "mine", &own.display().to_string()]);
    let said = sandbox.fails(3, &["kernel", "install", "mine"]);
    assert!(
        said.stderr.contains("`ftpy venv -p mine .venv`"),
        "{said:?}"
    );
    executable(
        &own,
        &python("3.14.5", &[WITHOUT[0].clone(), ("missing", "zmq".into())]),
    );
    let said = sandbox.fails(3, &["kernel", "install", "mine"]);
    assert!(said.stderr.contains("zmq is missing"), "{said:?}");
}

#[test]
fn kernel_install_replaces_a_foreign_spec_only_if_forced() {
    let sandbox = with(&python("3.14.7", &[]));
    sandbox.ok(&["kernel", "install", "3.14t"]);
    sandbox.ok(&["kernel", "install", "3.14t", "--display-name", "Again"]);
    assert_eq!(
        spec(&kernels(&sandbox).join("python3.14t"))["display_name"],
        "Again"
    );
    let place = kernels(&sandbox).join("theirs");
    let old = foreign(&place);
    let arguments = ["kernel", "install", "3.14t", "--name", "theirs"];
    let said = sandbox.fails(2, &arguments);
    assert!(said.stderr.contains("`--force` replaces it"), "{said:?}");
    assert_eq!(text(&place), old);
    sandbox.ok(&[&arguments[..], &["--force"]].concat());
    assert!(spec(&place)["metadata"]["ftpy"].is_object());
    // A link leads to files of another tool.
    let elsewhere = sandbox.home().join("elsewhere");
    let old = foreign(&elsewhere);
    std::os::unix::fs::symlink(&elsewhere, kernels(&sandbox).join("linked")).expect("link");
    sandbox.fails(
        2,
        &["kernel", "install", "3.14t", "--name", "linked", "--force"],
    );
    assert_eq!(text(&elsewhere), old);
}

#[test]
fn kernel_uninstall_removes_only_kernels_of_ftpy() {
    let sandbox = with(&python("3.14.7", &[]));
    sandbox.ok(&["kernel", "install", "3.14t"]);
    sandbox.ok(&["kernel", "install", "3.14t", "--name", "second"]);
    let place = kernels(&sandbox).join("theirs");
    let old = foreign(&place);
    // Nothing is removed if one of the names is not ftpy's.
    let said = sandbox.fails(2, &["kernel", "uninstall", "second", "theirs"]);
    assert!(
        said.stderr.contains("`jupyter kernelspec remove theirs`"),
        "{said:?}"
    );
    let said = sandbox.fails(3, &["kernel", "uninstall", "nothing"]);
    assert!(said.stderr.contains("`ftpy kernel list`"), "{said:?}");
    assert!(kernels(&sandbox).join("second").is_dir());
    // A file that was added stays.
    std::fs::write(kernels(&sandbox).join("second/logo.svg"), "x").expect("write");
    let said = sandbox.ok(&["kernel", "uninstall", "second", "python3.14t"]);
    assert!(said.stderr.contains("contains other files"), "{said:?}");
    assert!(!kernels(&sandbox).join("second/kernel.json").exists());
    assert!(kernels(&sandbox).join("second/logo.svg").exists());
    assert!(!kernels(&sandbox).join("python3.14t").exists());
    assert_eq!(text(&place), old);
}

#[test]
fn kernel_list_names_ftpys_kernels_and_what_is_wrong_with_them() {
    let sandbox = with(&python("3.14.7", &[]));
    let said = sandbox.ok(&["kernel", "list"]);
    assert!(said.stderr.contains("no kernels"), "{said:?}");
    foreign(&kernels(&sandbox).join("theirs"));
    let own = sandbox.home().join("opt/bin/python3.14t");
    executable(&own, &python("3.14.5", &[]));
    sandbox.ok(&["link", "mine", &own.display().to_string()]);
    sandbox.ok(&["kernel", "install", "mine"]);
    sandbox.ok(&["kernel", "install", "3.14t"]);
    let listed = |sandbox: &Sandbox| -> Vec<(String, Value)> {
        let said: Finished = sandbox.ok(&["--json", "kernel", "list"]);
        let rows: Vec<Value> = serde_json::from_str(&said.stdout).expect("JSON");
        let row = |row: &Value| {
            (
                row["name"].as_str().expect("a name").to_owned(),
                row["problem"].clone(),
            )
        };
        rows.iter().map(row).collect()
    };
    let sound = |name: &str| (name.to_owned(), Value::Null);
    assert_eq!(listed(&sandbox), [sound("mine"), sound("python3.14t")]);
    executable(&own, &python("3.14.5", &WITHOUT));
    assert_eq!(listed(&sandbox)[0].1, "ipykernel is missing");
    std::fs::remove_file(&own).expect("remove");
    let said = sandbox.ok(&["kernel", "list"]);
    assert!(
        said.stderr
            .contains("mine does not start: its interpreter is gone"),
        "{said:?}"
    );
    assert_eq!(said.stdout.lines().count(), 2, "{said:?}");
}

#[test]
fn jupyters_variables_decide_where_kernels_are() {
    let mut sandbox = with(&python("3.14.7", &[]));
    let data = sandbox.home().join("data");
    sandbox.set("JUPYTER_DATA_DIR", &data.display().to_string());
    sandbox.ok(&["kernel", "install", "3.14t"]);
    assert!(data.join("kernels/python3.14t/kernel.json").is_file());
    assert!(!kernels(&sandbox).exists());
    // JUPYTER_PATH is searched first, so a kernel there hides this one.
    let first = sandbox.home().join("first");
    foreign(&first.join("kernels/python3.14t"));
    sandbox.set("JUPYTER_PATH", &first.display().to_string());
    let said = sandbox.ok(&["kernel", "install", "3.14t"]);
    assert!(said.stderr.contains("because of JUPYTER_PATH"), "{said:?}");
    sandbox.unset("JUPYTER_DATA_DIR");
    if cfg!(target_os = "macos") {
        return;
    }
    let xdg = sandbox.home().join("xdg");
    sandbox.set("XDG_DATA_HOME", &xdg.display().to_string());
    let root = sandbox.store.display().to_string();
    sandbox.set("FTPY_HOME", &root);
    sandbox.ok(&["kernel", "install", "3.14t"]);
    assert!(
        xdg.join("jupyter/kernels/python3.14t/kernel.json")
            .is_file()
    );
}
