//! Interpreters as conda packages: scripts that answer the probe, and real ones.

use crate::support::conda::{Package, placeholder};
use crate::support::live::archives_ending;
use crate::support::sandbox::probe_answer;
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// Both ABIs of one version with `python_abi`, the metapackages, `pip` and a compiled library: the
/// free-threaded one is build 2, the GIL one build 102, like on conda-forge.
pub fn fake(version: &str) -> Vec<Package> {
    let mut packages = common(version);
    for (flags, build) in [("t", 2), ("", 102)] {
        packages.push(fake_python(version, flags, build));
    }
    packages
}

/// A script in conda's layout: `bin/python3.14`, whatever the ABI.
pub fn fake_python(version: &str, flags: &str, number: u32) -> Package {
    let (minor, tag) = (minor(version), tag(version, flags));
    let says = probe_answer(version, flags, flags);
    let variables = format!("build_time_vars = {{'prefix': '{}'}}\n", placeholder());
    let library = format!("lib/python{minor}{flags}");
    interpreter(version, flags, number)
        .file(&format!("bin/python{minor}"), says, 0o755)
        .symlink("bin/python", &format!("python{minor}"))
        .placed(
            &format!("{library}/_sysconfigdata_x.py"),
            variables,
            &placeholder(),
            "text",
        )
        .file(&format!("{library}/os.py"), format!("# {tag}\n"), 0o644)
}

fn interpreter(version: &str, flags: &str, number: u32) -> Package {
    let (minor, tag) = (minor(version), tag(version, flags));
    let abi = format!("python_abi {minor}.* *_{tag}");
    let mut package = Package::new("python", version, &format!("h00{number}_{number}_{tag}"))
        .depends(&["tzdata", "libdemo >=1", "__unix", &abi]);
    package.extra["python_site_packages_path"] =
        json!(format!("lib/python{minor}{flags}/site-packages"));
    if flags == "t" {
        package.extra["track_features"] = json!("py_freethreading");
    }
    package
}

/// The packages other than the interpreters.
pub fn common(version: &str) -> Vec<Package> {
    let minor = minor(version);
    let series = minor.replace('.', "");
    let mut packages = Vec::new();
    for (flags, number, meta) in [("t", 8, "python-freethreading"), ("", 8, "python-gil")] {
        let abi = tag(version, flags);
        let mut package =
            Package::new("python_abi", &minor, &format!("{number}_{abi}")).noarch("generic");
        package.extra["constrains"] = json!([format!("python {minor}.* *_{abi}")]);
        packages.push(package);
        let on = [
            format!("cpython {version}.*"),
            format!("python_abi * *_{abi}"),
        ];
        let on: Vec<&str> = on.iter().map(String::as_str).collect();
        packages.push(
            Package::new(meta, version, &format!("h{series}_0"))
                .noarch("generic")
                .depends(&on),
        );
    }
    packages.push(
        Package::new("cpython", version, "py_2")
            .noarch("generic")
            .depends(&["python"]),
    );
    packages.push(
        Package::new("tzdata", "2026a", "h1_0")
            .noarch("generic")
            .tar_bz2()
            .file("share/zoneinfo/UTC", "TZif2", 0o644),
    );
    packages.push(library());
    packages.push(pip(vec![(
        "pip/__init__.py".to_owned(),
        b"x = 1\n".to_vec(),
    )]));
    packages
}

/// A compiled library that contains the prefix among other bytes.
pub fn library() -> Package {
    let placeholder = placeholder();
    let bytes = [b"\x7fELF\0", placeholder.as_bytes(), b"/share\0after\0"].concat();
    Package::new("libdemo", "1.2", "h2_0")
        .tar_bz2()
        .placed("lib/libdemo.so.1", bytes, &placeholder, "binary")
        .symlink("lib/libdemo.so", "libdemo.so.1")
}

/// pip as a noarch package, with these files below site-packages.
pub fn pip(files: Vec<(String, Vec<u8>)>) -> Package {
    let mut package = Package::new("pip", "26.2.1", "pyh1_0")
        .noarch("python")
        .depends(&["python >=3.9"])
        .entry_point("pip = pip._internal.cli.main:main");
    for (path, bytes) in files {
        package = package.file(&format!("site-packages/{path}"), bytes, 0o644);
    }
    package
}

/// Packages of the two small archives next to the project.
pub fn real_packages(scratch: &Path) -> Vec<Package> {
    let mut found: Vec<Package> = common("3.14.7");
    found.retain(|package| package.name != "pip");
    let small = archives_ending("install_only_stripped.tar.gz");
    assert_eq!(small.len(), 2, "the free-threaded 3.14.7 and its twin");
    for archive in small {
        let flags = if archive.name.contains("freethreaded") {
            "t"
        } else {
            ""
        };
        let tree = scratch.join(format!("tree{flags}"));
        std::fs::create_dir_all(&tree).expect("mkdir");
        let tarball = scratch.join(&archive.name);
        std::fs::write(&tarball, archive.bytes).expect("write");
        let unpacked = Command::new("tar")
            .arg("xzf")
            .arg(&tarball)
            .arg("-C")
            .arg(&tree)
            .status();
        assert!(unpacked.expect("tar").success());
        let number = if flags == "t" { 2 } else { 102 };
        let (python, pip) = real(&tree.join("python"), "3.14.7", flags, number);
        found.push(python);
        if flags == "t" {
            found.push(pip);
        }
    }
    found
}

/// A real interpreter, unpacked at `tree`, in the form of conda's package; its pip becomes a
/// separate package.
fn real(tree: &Path, version: &str, flags: &str, number: u32) -> (Package, Package) {
    let minor = minor(version);
    let own = format!("bin/python{minor}{flags}");
    let library = format!("lib/python{minor}{flags}");
    let site = format!("{library}/site-packages/");
    let mut package = interpreter(version, flags, number);
    let mut of_pip = Vec::new();
    for path in walk(tree) {
        let full = tree.join(&path);
        if let Some(rest) = path.strip_prefix(&site) {
            if rest.starts_with("pip") {
                of_pip.push((rest.to_owned(), std::fs::read(&full).expect("read")));
            }
            continue;
        }
        let is_link = full.symlink_metadata().expect("metadata").is_symlink();
        // The interpreter's other names, links or not.
        let is_other_name =
            path.starts_with("bin/python") && path != own && !path.ends_with("-config");
        if path.starts_with("bin/pip") || is_other_name {
            continue;
        }
        if is_link {
            let target = std::fs::read_link(&full).expect("link");
            package = package.symlink(&path, &target.to_string_lossy());
            continue;
        }
        let bytes = std::fs::read(&full).expect("read");
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&full.metadata().expect("m").permissions());
        let name = if path == own {
            format!("bin/python{minor}")
        } else {
            path.clone()
        };
        let is_text = path.starts_with("bin/")
            || path.contains("_sysconfig")
            || path.ends_with(".pc")
            || path.ends_with("Makefile");
        let text = String::from_utf8(bytes.clone())
            .ok()
            .filter(|_| is_text && path != own);
        package = match text {
            Some(text) if text.contains("/install") => {
                let placeholder = placeholder();
                let text = text.replace("/install", &placeholder);
                package.placed(&name, text, &placeholder, "text")
            }
            _ => package.file(&name, bytes, mode & 0o777),
        };
    }
    let package = package
        .symlink("bin/python", &format!("python{minor}"))
        .symlink("bin/python3", &format!("python{minor}"));
    (package, pip(of_pip))
}

fn walk(tree: &Path) -> Vec<String> {
    let mut todo = vec![String::new()];
    let mut found = Vec::new();
    while let Some(below) = todo.pop() {
        for entry in std::fs::read_dir(tree.join(&below))
            .expect("read")
            .flatten()
        {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if below.is_empty() {
                name
            } else {
                format!("{below}/{name}")
            };
            match entry.file_type().expect("type").is_dir() {
                true => todo.push(path),
                false => found.push(path),
            }
        }
    }
    found.sort();
    found
}

fn minor(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

fn tag(version: &str, flags: &str) -> String {
    format!("cp{}{flags}", minor(version).replace('.', ""))
}
