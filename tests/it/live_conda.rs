//! Real interpreters as conda packages, over loopback: both ABIs, and typical first steps.

use crate::support::channel::{Channel, Form};
use crate::support::conda::Package;
use crate::support::exercise;
use crate::support::live::require_live;
use crate::support::pythons::real_packages;
use crate::support::sandbox::Sandbox;
use crate::support::tools::from_pypi;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_real_interpreters_from_a_channel_do_what_people_do() {
    require_live();
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    let packages = real_packages(&sandbox.home().join("scratch"));
    let channel = Channel::of(&packages);
    let url = channel.serve(&sandbox, "channel", Form::Sharded);
    sandbox.set("FTPY_CONDA_CHANNELS", &url);
    sandbox.ok(&["install", "conda:3.14t", "conda:3.14"]);
    assert_eq!(sandbox.installed(), ["3.14.7-conda-102", "3.14.7t-conda-2"]);
    exercise::without_network(&sandbox, "3.14t", "3.14", "t");
    exercise::without_network(&sandbox, "3.14", "3.14", "");
    for (request, python) in [("3.14t", "python3.14t"), ("3.14", "python3.14")] {
        sandbox.ok(&["run", request, "--", "pip", "--version"]);
        sandbox.ok(&["run", request, "--", python, "-m", "pip", "--version"]);
    }
    exercise::with_network(&sandbox, "3.14t", "3.14");
    sandbox.ok(&["verify"]);
    // The shared packages are the same files, and a lock of both is unchanged.
    let inode = |key: &str| {
        let path = sandbox
            .store
            .join("installs")
            .join(key)
            .join("share/zoneinfo/UTC");
        std::os::unix::fs::MetadataExt::ino(&path.metadata().expect("metadata"))
    };
    assert_eq!(inode("3.14.7-conda-102"), inode("3.14.7t-conda-2"));
}

/// The files of conda itself that conda-index needs; PyPI has no current version.
const STUBS: [(&str, &str); 5] = [
    ("__init__.py", ""),
    ("models/__init__.py", ""),
    ("base/__init__.py", ""),
    (
        "base/constants.py",
        "PLATFORM_DIRECTORIES = ('noarch', 'linux-64')\n",
    ),
    (
        "models/version.py",
        "class VersionOrder:\n    def __init__(self, text):\n        self.key = text.split('.')\n    \
         def __lt__(self, other):\n        return self.key < other.key\n",
    ),
];

/// A virtual environment with conda's own tools from PyPI; returns its `bin`.
fn conda_tools(scratch: &Path) -> PathBuf {
    let bin = from_pypi(scratch, &["conda-index", "conda-package-handling"]);
    let libraries = std::fs::read_dir(bin.with_file_name("lib")).expect("lib");
    let library = libraries.flatten().next().expect("pythonX.Y").path();
    let conda = library.join("site-packages/conda");
    for (file, text) in STUBS {
        let path = conda.join(file);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("mkdir");
        std::fs::write(path, text).expect("write");
    }
    bin
}

/// Packages unpacked and repacked by conda's own tool, and indexed by the other one.
fn channel_by_conda(tools: &Path, packages: &[Package], scratch: &Path) -> PathBuf {
    let channel = scratch.join("channel");
    let run = |arguments: &[&str], directory: &Path| {
        let program = tools.join(arguments[0]);
        let output = Command::new(program)
            .args(&arguments[1..])
            .current_dir(directory)
            .output();
        let output = output.expect("it starts");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    };
    for (number, package) in packages.iter().enumerate() {
        let directory = channel.join(&package.subdir);
        std::fs::create_dir_all(&directory).expect("mkdir");
        let parts = scratch.join(format!("parts{number}"));
        std::fs::create_dir_all(&parts).expect("mkdir");
        let ours = parts.join(package.file_name());
        std::fs::write(&ours, package.build().0).expect("write");
        let (ours, tree) = (ours.display().to_string(), parts.join("tree"));
        let tree_text = tree.display().to_string();
        run(&["cph", "extract", &ours, "--dest", &tree_text], scratch);
        let out = directory.display().to_string();
        let file = package.file_name();
        run(
            &["cph", "create", &tree_text, &file, "--out-folder", &out],
            scratch,
        );
    }
    let place = channel.display().to_string();
    let index = [
        "python",
        "-m",
        "conda_index",
        "--no-current-repodata",
        "--write-shards",
    ];
    run(
        &[&index[..], &["--zst", "--no-rss", &place]].concat(),
        scratch,
    );
    channel
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_a_channel_made_by_condas_own_tools_is_read_in_every_form() {
    require_live();
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    let scratch = sandbox.home().join("scratch");
    let mut packages = real_packages(&scratch);
    packages.retain(|package| !package.build.ends_with("cp314") || package.name != "python");
    let tools = conda_tools(&scratch);
    let channel = channel_by_conda(&tools, &packages, &scratch);
    in_every_form(&sandbox, &channel);
    let place = channel.display().to_string();
    sandbox.ok(&["install", "--from", "conda", "--channel", &place, "3.14t"]);
    exercise::without_network(&sandbox, "3.14t", "3.14", "t");
    sandbox.ok(&["verify"]);
}

/// Serves a channel with one form of repodata at a time, and plans from each.
fn in_every_form(sandbox: &Sandbox, channel: &Path) {
    for (name, without) in [
        ("sharded", None),
        ("zst", Some("shards")),
        ("json", Some(".zst")),
    ] {
        for subdir in ["noarch", "linux-64"] {
            for entry in std::fs::read_dir(channel.join(subdir))
                .expect("read")
                .flatten()
            {
                let file = entry.file_name().to_string_lossy().into_owned();
                let is_wanted = without.is_none_or(|without| !file.contains(without));
                if is_wanted && entry.path().is_file() {
                    let bytes = std::fs::read(entry.path()).expect("read");
                    sandbox
                        .server
                        .file(&format!("/{name}/{subdir}/{file}"), bytes);
                }
            }
        }
        let url = sandbox.server.url(&format!("/{name}"));
        let plan = [
            "install",
            "--dry-run",
            "--from",
            "conda",
            "--channel",
            &url,
            "3.14t",
        ];
        let text = sandbox.ok(&plan).stdout;
        assert!(
            text.starts_with("3.14t -> 3.14.7t-conda-2"),
            "{name}: {text}"
        );
        let file = match name {
            "sharded" => "repodata_shards.msgpack.zst",
            "zst" => "repodata.json.zst",
            _ => "repodata.json",
        };
        assert!(
            sandbox.server.hits(&format!("/{name}/linux-64/{file}")) > 0,
            "{name}"
        );
    }
}
