//! Scripts with dependencies, with pip and uv, and images, on real interpreters.

use crate::live_daily::twins;
use crate::support::live::{free_threaded, require_live};
use crate::support::sandbox::{Sandbox, finished};
use crate::support::shims::output;
use crate::support::tools::from_pypi;
use std::process::Command;

const SCRIPT: &str = r#"#!/usr/bin/env python3.14t
# /// script
# requires-python = ">=3.14"
# dependencies = ["packaging"]
# ///
import packaging, subprocess, sys
print(packaging.__file__.startswith(sys.prefix), sys._is_gil_enabled(), sys.argv[1:])
print(subprocess.check_output(["python", "-c", "import packaging, sys; print(sys.prefix)"],
                              text=True).strip() == sys.prefix)
sys.exit(3)
"#;

fn runs(sandbox: &Sandbox, tool: &str) {
    std::fs::write(sandbox.home().join("x.py"), SCRIPT).expect("write");
    for expected in [
        format!("Installed 1 package for x.py with {tool} in"),
        String::new(),
    ] {
        let ran = sandbox.fails(3, &["run", "x.py", "--", "a b"]);
        assert_eq!(ran.stdout, "True False ['--', 'a b']\nTrue\n", "{ran:?}");
        assert_eq!(ran.stderr.is_empty(), expected.is_empty(), "{ran:?}");
        assert!(ran.stderr.contains(&expected), "{ran:?}");
    }
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons and the package index"]
fn live_pythons_a_script_gets_its_dependencies_with_pip_and_with_uv() {
    let mut sandbox = twins();
    sandbox.set("PATH", "/usr/bin:/bin");
    runs(&sandbox, "pip");
    sandbox.ok(&["cache", "clean"]);
    let bin = from_pypi(sandbox.home(), &["uv"]);
    sandbox.set("PATH", &format!("{}:/usr/bin:/bin", bin.display()));
    // uv has its own list of certificate authorities otherwise.
    sandbox.set("UV_NATIVE_TLS", "1");
    runs(&sandbox, "uv");
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_an_image_works_without_ftpy_and_its_store() {
    require_live();
    let mut sandbox = Sandbox::new();
    sandbox.offer(&free_threaded());
    sandbox.ok(&["-q", "install", "3.14t", "--to", "image"]);
    std::fs::remove_dir_all(&sandbox.store).expect("remove");
    let image = sandbox.home().join("image").canonicalize().expect("a path");
    let code = "import sys, ssl, sqlite3; print(sys.prefix, sys._is_gil_enabled())";
    let expected = format!("{} False\n", image.display());
    for name in ["python3.14t", "python"] {
        let mut python = Command::new(image.join("bin").join(name));
        let said = finished(output(python.args(["-c", code]).env_clear()));
        assert_eq!(said.stdout, expected, "{said:?}");
    }
    let mut pip = Command::new(image.join("bin/pip3.14t"));
    let said = finished(output(pip.arg("--version").env_clear()));
    assert!(said.stdout.contains("python 3.14"), "{said:?}");
}
