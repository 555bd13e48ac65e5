//! A file system that ignores case, as those of macOS do by default: a real one, in user space.

use crate::support::live::{archives_if_any, require_live};
use crate::support::tools::{from_pypi, run};
use std::path::Path;

const SCRIPT: &str = r#"
set -eu
ftpy=$1 mount=$2 free_threaded=$3 gil=$4
touch "$mount/Abc" && [ -e "$mount/aBC" ]
export HOME="$mount/home" FTPY_HOME="$mount/Store"
mkdir -p "$HOME/Project" && cd "$HOME/project"
for archive in "$free_threaded" "$gil"; do
  "$ftpy" --offline install "$archive#sha256=$(sha256sum "$archive" | cut -d' ' -f1)"
done
"$ftpy" pin 3.14t
echo "installed: $("$ftpy" list | wc -l)"
# Shims in any spelling, each with the variant that its name says.
for name in python Python PYTHON3.14T Python3.14; do
  echo "$name: $("$FTPY_HOME/shims/$name" -VV)"
done
# Two spellings of one name are one link, and of one store one store.
"$ftpy" link MyPy /usr/bin/python3
"$ftpy" link mypy /usr/bin/python3
echo "all: $(FTPY_HOME="$mount/store" "$ftpy" list | wc -l)"
"$ftpy" verify
"$ftpy" venv --without-pip
.venv/bin/Python -c 'import sys; print("venv:", sys.prefix != sys.base_prefix)'
# Aliases and shims are seen to be in place.
"$ftpy" --json doctor >doctor.json || [ $? = 1 ]
"$ftpy" uninstall --yes 3.14t
"$FTPY_HOME/shims/python3.14" -c 'print("left: python3.14")'
"#;

#[test]
#[ignore = "live: needs root, the interpreters in ../shared/pythons, fusepy of PyPI and libfuse2"]
fn live_root_pythons_on_a_file_system_that_ignores_case() {
    require_live();
    let home = tempfile::tempdir().expect("tempdir");
    let bin = from_pypi(home.path(), &["fusepy"]);
    let (below, mount) = (home.path().join("below"), home.path().join("mount"));
    for directory in [&below, &mount] {
        std::fs::create_dir(directory).expect("mkdir");
    }
    std::fs::write(home.path().join("script.sh"), SCRIPT).expect("write");
    // In a mount namespace of its own, which ends with the last command.
    let all = "python=$1 server=$2 below=$3 mount=$4; shift 4
        \"$python\" \"$server\" \"$below\" \"$mount\" & server=$!
        for i in 1 2 3 4 5 6 7 8 9 10; do mountpoint -q \"$mount\" && break; sleep 0.3; done
        sh script.sh \"$@\"; code=$?
        cd / && umount \"$mount\"; kill $server 2>/dev/null; exit $code";
    let text = |path: &Path| path.display().to_string();
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/ignores_case.py");
    let arguments = [
        text(&bin.join("python")),
        text(&server),
        text(&below),
        text(&mount),
        crate::support::program().to_owned(),
        text(&mount),
        archive("freethreaded-install_only_stripped.tar.gz"),
        archive("gnu-install_only_stripped.tar.gz"),
    ];
    let mut command = vec![
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "sh",
        "-c",
        all,
        "sh",
    ];
    command.extend(arguments.iter().map(String::as_str));
    let done = run("unshare", &command, home.path());
    assert_eq!(done.code, Some(0), "{done:#?}");
    for expected in [
        "installed: 2",
        "python: Python 3.14.7 free-threading build",
        "Python: Python 3.14.7 free-threading build",
        "PYTHON3.14T: Python 3.14.7 free-threading build",
        "Python3.14: Python 3.14.7 (main",
        "all: 3",
        "3.14.7t-archive-",
        "venv: True",
        "left: python3.14",
    ] {
        assert!(done.stdout.contains(expected), "{expected}: {done:#?}");
    }
    let report = std::fs::read_to_string(below.join("home/Project/doctor.json")).expect("report");
    for id in ["shim-missing", "alias", "altered"] {
        assert!(!report.contains(id), "{report}");
    }
}

/// The path of the archive whose name ends like this.
fn archive(ending: &str) -> String {
    let mut paths = archives_if_any().into_iter();
    let found = paths.find(|path| path.to_string_lossy().ends_with(ending));
    let found = found.expect("an interpreter in ../shared/pythons");
    found.canonicalize().expect("a path").display().to_string()
}
