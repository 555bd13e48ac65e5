//! Compiles the shim, so that `cargo install ftpy` brings it along inside ftpy.
//!
//! A second binary of the package would be dynamically linked, half a millisecond slower at
//! every start of Python, and would have to be found again at run time. So rustc is called
//! here, on this crate's own sources: statically linked where the toolchain can do that, else
//! dynamically; and where rustc fails altogether the program is empty, and ftpy itself is put
//! on disk under the shims' names (slower, and always possible).

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    if variable("CARGO_FEATURE_PROGRAM").is_none() {
        return;
    }
    let out = PathBuf::from(variable("OUT_DIR").expect("cargo sets it"));
    let shim = out.join("shim");
    let target = variable("TARGET").expect("cargo sets it");
    let target = target.to_str().expect("triples are ASCII");
    let is_linux = target.contains("linux");
    let ways: &[&[&str]] = match is_linux {
        true => &[&["-Ctarget-feature=+crt-static"], &[]],
        false => &[&[]],
    };
    let mut last = String::new();
    for way in ways {
        match build(&out, &shim, target, way) {
            Ok(()) => return,
            Err(error) => last = error,
        }
    }
    let first = last
        .lines()
        .find(|line| line.contains("error"))
        .unwrap_or("rustc failed");
    println!("cargo::warning=the shim was not built, ftpy will stand in for it: {first}");
    std::fs::write(&shim, "").expect("OUT_DIR can be written");
}

/// The library, then the program with it.
fn build(out: &Path, shim: &Path, target: &str, way: &[&str]) -> Result<(), String> {
    let library = out.join("libftpy_core.rlib");
    let sources = PathBuf::from(variable("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("src");
    let rustc = |kind: &str, source: &str, output: &Path| {
        let mut command = Command::new(variable("RUSTC").unwrap_or_else(|| "rustc".into()));
        command
            .args([
                "--edition=2024",
                "--cap-lints=allow",
                "-Copt-level=3",
                "-Cpanic=abort",
            ])
            .args(["-Ccodegen-units=1", "-Cstrip=symbols", "--crate-type", kind])
            .arg(format!("--remap-path-prefix={}=shims", sources.display()))
            .args(["--target", target])
            .args(way)
            .arg(sources.join(source))
            .arg("-o")
            .arg(output);
        if let Some(linker) = variable("RUSTC_LINKER") {
            command.arg(format!("-Clinker={}", Path::new(&linker).display()));
        }
        command
    };
    let mut first = rustc("rlib", "lib.rs", &library);
    run(first.arg("--crate-name=ftpy_core"))?;
    let mut second = rustc("bin", "main.rs", shim);
    second.arg("--crate-name=ftpy_shim").arg("--extern");
    run(second.arg(format!("ftpy_core={}", library.display())))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo speaks to build scripts by variables"
)]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}
