//! Compiles the shim and embeds it in ftpy, so that `cargo install ftpy` installs both.
//!
//! A second binary of the package would be linked dynamically, which costs half a millisecond
//! at every start of Python, and ftpy would have to find it at run time. So this script runs
//! rustc on this crate's own sources: with static linking if the toolchain supports it,
//! otherwise dynamically. If rustc fails altogether, the embedded program is empty, and ftpy
//! installs itself under the shims' names, which is slower but always possible.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    println!("cargo::rustc-check-cfg=cfg(built_by_script)");
    if variable("CARGO_FEATURE_PROGRAM").is_none() {
        return;
    }
    let out = PathBuf::from(variable("OUT_DIR").expect("cargo sets it"));
    let shim = out.join("shim");
    let target = variable("TARGET").expect("cargo sets it");
    let target = target.to_str().expect("triples are ASCII");
    let is_linux = target.contains("linux");
    // Static linking and each of `fast` save page faults or system calls at every start of Python:
    // together 0.04 of 0.15 ms. A position-independent program would relocate itself first; this one
    // only reads a few small files, and stack and heap are at random addresses all the same.
    let linked = ["-Ctarget-feature=+crt-static"];
    let fast = [
        "-Crelocation-model=static",
        "-Clink-arg=-Wl,-z,noseparate-code,-z,norelro",
    ];
    // main.rs then defines a function of the unwinder's, and the linker takes that definition.
    let without_backtraces = ["--cfg=built_by_script", "-Clink-arg=-Wl,-z,muldefs"];
    let ways = match is_linux {
        true => vec![
            [&linked[..], &without_backtraces, &fast].concat(),
            [&linked[..], &without_backtraces].concat(),
            linked.to_vec(),
            Vec::new(),
        ],
        false => vec![Vec::new()],
    };
    let mut last = String::new();
    for way in ways {
        match build(&out, &shim, target, &way) {
            Ok(()) => return,
            Err(error) => last = error,
        }
    }
    let first = last
        .lines()
        .find(|line| line.contains("error"))
        .unwrap_or("rustc failed");
    println!("cargo::warning=could not build the shim, ftpy itself will be used instead: {first}");
    std::fs::write(&shim, "").expect("OUT_DIR can be written");
}

/// Compiles the library, then the program that links to it.
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
                "-Clto=fat",
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
    run(second.arg(format!("ftpy_core={}", library.display())))?;
    // For Windows, rustc gives it another name.
    match std::fs::rename(shim.with_extension("exe"), shim) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.to_string()),
        _ => Ok(()),
    }
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
