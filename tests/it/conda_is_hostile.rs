//! Hostile conda records and packages. Their digests are right, so only ftpy's own checks can
//! refuse them.

use crate::support::archives::ArchiveBuilder;
use crate::support::channel::{Channel, Form, sandbox};
use crate::support::conda::{Package, placeholder, zip};
use crate::support::pythons::{fake, library, pip};
use crate::support::sandbox::{Finished, Sandbox};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PYTHON: &str = "python-3.14.7-h002_2_cp314t.conda";

/// The default packages, with one of them replaced or added.
fn with(package: Package) -> Channel {
    let mut packages = fake("3.14.7");
    packages.retain(|known| known.name != package.name || known.build != package.build);
    packages.push(package);
    Channel::of(&packages)
}

/// Every file below a directory, with its contents.
fn files(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut todo = vec![root.to_owned()];
    while let Some(directory) = todo.pop() {
        for entry in std::fs::read_dir(&directory).expect("read").flatten() {
            let path = entry.path();
            match entry.file_type().expect("type").is_dir() {
                true => todo.push(path),
                false => found.push((path.clone(), std::fs::read(&path).unwrap_or_default())),
            }
        }
    }
    found.sort();
    found
}

/// Installs from a channel, which must be refused without a panic, leave nothing in the store and
/// change nothing outside.
fn refused(channel: &Channel) -> Finished {
    let (sandbox, _) = sandbox(channel, Form::Json);
    let outside = sandbox.home().join("outside");
    std::fs::create_dir(&outside).expect("mkdir");
    std::fs::write(outside.join("precious"), "precious").expect("write");
    let before = files(&outside);
    let started = Instant::now();
    let finished = sandbox.fails(5, &["install", "--from", "conda", "3.14t"]);
    assert!(started.elapsed() < Duration::from_secs(20), "{finished:?}");
    assert!(!finished.stderr.contains("panicked"), "{finished:?}");
    assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    assert_eq!(files(&outside), before);
    let mut names: Vec<String> = std::fs::read_dir(sandbox.home())
        .expect("read")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.retain(|name| name != "store" && name != "outside");
    assert_eq!(names, [""; 0], "{finished:?}");
    finished
}

fn says(finished: &Finished, words: &str) {
    assert!(finished.stderr.contains(words), "{words}: {finished:?}");
}

#[test]
fn a_record_whose_site_packages_lead_out_is_refused() {
    for place in [
        "../../../../../../outside",
        "../..",
        "lib/../../outside",
        "/tmp/ftpy-outside",
        "",
        ".",
        "lib//site-packages",
        "lib\\site-packages",
        "lib/\0/x",
        ".ftpy",
        "conda-meta",
        "Conda-Meta/x",
    ] {
        let mut channel = Channel::of(&fake("3.14.7"));
        channel.edit(PYTHON, |record| {
            record["python_site_packages_path"] = json!(place);
        });
        says(&refused(&channel), "is outside the package");
    }
}

#[test]
fn files_that_lead_out_are_refused_wherever_they_are_listed() {
    for path in [
        "../evil",
        "/tmp/evil",
        "a/../../evil",
        "",
        ".",
        "a//b",
        "./a",
        "a\\b",
        "a\0b",
        "lib/",
        ".ftpy/receipt.json",
        "conda-meta/history",
        "CONDA-META/history",
        "__clobbers__/pip/x",
    ] {
        let entry = json!({"_path": path, "path_type": "hardlink"});
        refused(&with(library().listing(entry.clone())));
        // noarch packages move this one elsewhere.
        let moved = json!({"_path": format!("site-packages/{path}"), "path_type": "softlink"});
        if path.contains("..") || path.contains('\0') {
            refused(&with(pip(Vec::new()).listing(moved)));
        }
    }
}

#[test]
fn nothing_is_put_below_a_link_of_another_package() {
    let links = library().symlink("lib/x", "../share");
    let below = Package::new("tzdata", "2026a", "h1_0")
        .noarch("generic")
        .file("lib/x/y", "evil", 0o644);
    let mut packages = fake("3.14.7");
    packages.retain(|known| known.name != "libdemo" && known.name != "tzdata");
    packages.extend([links, below]);
    says(
        &refused(&Channel::of(&packages)),
        "at or below a link or file of a package",
    );
}

#[test]
fn a_script_does_not_replace_a_file_or_follow_a_link_of_a_package() {
    let own = |archive: Package| with(archive.entry_point("tool = pip.x:main"));
    let file = pip(Vec::new()).file("python-scripts/tool", "x", 0o755);
    says(&refused(&own(file)), "is also a file of a package");
    let link = library().symlink("bin/pip", "python3.14");
    says(&refused(&with(link)), "is also a file of a package");
    for text in [
        "../../x = a:b",
        "/tmp/x = a:b",
        ".. = a:b",
        "a/b = a:b",
        "x",
    ] {
        refused(&with(pip(Vec::new()).entry_point(text)));
    }
}

#[test]
fn a_link_json_of_another_kind_is_refused_and_does_not_panic() {
    let link = json!({"noarch": {"type": "generic"}, "package_metadata_version": 1});
    let package = pip(vec![("pip/__init__.py".to_owned(), b"x".to_vec())]).with_link_json(link);
    says(
        &refused(&with(package)),
        "does not describe a Python package",
    );
}

#[test]
fn a_package_that_says_it_is_another_one_is_refused() {
    for (field, value) in [
        ("name", "other"),
        ("version", "9"),
        ("build", "x_0"),
        ("name", ".."),
    ] {
        let package = library().claiming(field, json!(value));
        refused(&with(package));
    }
}

#[test]
fn a_listed_file_must_be_what_the_list_says() {
    let listed = |kind: &str| json!({"_path": "lib/twice", "path_type": kind});
    let linked: fn(ArchiveBuilder) -> ArchiveBuilder =
        |archive| archive.symlink("lib/twice", "libdemo.so.1");
    let package = library().with_entries(linked).listing(listed("hardlink"));
    says(&refused(&with(package)), "does not match its list");
    let plain: fn(ArchiveBuilder) -> ArchiveBuilder =
        |archive| archive.file("lib/twice", "x", 0o644);
    let package = library().with_entries(plain).listing(listed("softlink"));
    says(&refused(&with(package)), "does not match its list");
    let package = library()
        .with_entries(plain)
        .listing(listed("hardlink"))
        .listing(listed("hardlink"));
    says(&refused(&with(package)), "more than once");
}

#[test]
fn hard_links_over_links_and_to_the_outside_are_refused_in_both_formats() {
    let evil: [fn(ArchiveBuilder) -> ArchiveBuilder; 5] = [
        |archive| {
            archive
                .symlink("lib/l", "/etc/passwd")
                .hardlink("lib/h", "lib/l")
        },
        |archive| {
            archive
                .symlink("lib/l", "../../../../outside/precious")
                .hardlink("lib/h", "lib/l")
        },
        |archive| {
            archive
                .symlink("lib/l", "libdemo.so.1")
                .hardlink("lib/h", "lib/l")
        },
        |archive| archive.hardlink("lib/h", "/etc/passwd"),
        |archive| archive.hardlink("lib/h", "../../outside/precious"),
    ];
    for entries in evil {
        let listed = json!({"_path": "lib/h", "path_type": "hardlink"});
        let package = library().with_entries(entries).listing(listed);
        refused(&with(package));
        let package = Package::new("libdemo", "1.2", "h2_0")
            .file("lib/libdemo.so.1", "x", 0o755)
            .with_entries(entries)
            .listing(json!({"_path": "lib/h", "path_type": "hardlink"}));
        refused(&with(package));
    }
}

#[test]
fn a_placeholder_that_lets_files_grow_is_refused() {
    let package = library().placed("share/x", "text", "", "text");
    says(&refused(&with(package)), "is empty");
    let slashes = "/".repeat(60 << 20);
    let package = Package::new("libdemo", "1.2", "h2_0").placed("share/x", slashes, "/", "text");
    says(&refused(&with(package)), "grow too large");
    // The default one is longer than any prefix.
    let text = format!("prefix={}\n", placeholder()).repeat(10_000);
    let package = library().placed("share/x", text, &placeholder(), "text");
    let (sandbox, _) = sandbox(&with(package), Form::Json);
    sandbox.ok(&["install", "--from", "conda", "3.14t"]);
}

#[test]
fn permissions_of_a_kept_file_do_not_come_into_the_next_installation() {
    use std::os::unix::fs::PermissionsExt;
    let (sandbox, _) = sandbox(&Channel::of(&fake("3.14.7")), Form::Json);
    sandbox.ok(&["install", "--from", "conda", "3.14t"]);
    let file = sandbox
        .store
        .join("installs/3.14.7t-conda-2/share/zoneinfo/UTC");
    for mode in [0o4755, 0o666] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("chmod");
        sandbox.fails(5, &["verify"]);
        sandbox.ok(&["install", "--reinstall", "conda:3.14t"]);
        sandbox.ok(&["verify"]);
        let found = file.metadata().expect("metadata").permissions().mode();
        assert_eq!(found & 0o7002, 0, "{found:o}");
    }
}

/// Replaces the library's archive by other bytes, with a matching digest.
fn replaced(sandbox: &Sandbox, file: &str, bytes: &[u8]) -> Finished {
    let mut channel = Channel::of(&fake("3.14.7"));
    let digest = crate::support::archives::sha256_hex(bytes);
    let old = "libdemo-1.2-h2_0.tar.bz2";
    let mut record = Value::Null;
    let copy = std::cell::RefCell::new(&mut record);
    channel.edit(old, |known| **copy.borrow_mut() = known.clone());
    record["sha256"] = json!(digest);
    record["size"] = json!(bytes.len());
    record["build_number"] = json!(9);
    channel.list("linux-64", file, record);
    channel.serve(sandbox, "channel", Form::Json);
    sandbox
        .server
        .file(&format!("/channel/linux-64/{file}"), bytes.to_vec());
    let started = Instant::now();
    let finished = sandbox.fails(5, &["install", "--from", "conda", "3.14t"]);
    assert!(started.elapsed() < Duration::from_secs(20), "{finished:?}");
    assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    finished
}

#[test]
fn a_package_is_a_bomb_by_all_that_is_in_it_together() {
    let of = |path: &str, count: usize| ArchiveBuilder::new().file(path, vec![0; count], 0o644);
    let zeros = |count: usize| of("share/zeros", count);
    let bz2 = |archive: &ArchiveBuilder| {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        std::io::Write::write_all(&mut encoder, &archive.tar()).expect("memory takes all");
        encoder.finish().expect("memory takes all")
    };
    let member = |name: &str, count: usize| (name.to_owned(), of(name, count).tar_zst());
    let half = [
        ("metadata.json".to_owned(), b"{}".to_vec()),
        member("pkg-libdemo-1.2-h2_0.tar.zst", 40 << 20),
        member("info-libdemo-1.2-h2_0.tar.zst", 40 << 20),
    ];
    let one = [member("pkg-libdemo-1.2-h2_0.tar.zst", 80 << 20)];
    for (file, bytes) in [
        ("libdemo-1.2-h2_0.tar.bz2", bz2(&zeros(80 << 20))),
        ("libdemo-1.2-h2_0.conda", zip(&one, false)),
        ("libdemo-1.2-h2_0.conda", zip(&half, false)),
        ("libdemo-1.2-h2_0.conda", zip(&one, true)),
        ("libdemo-1.2-h2_0.conda", zip(&half, true)),
    ] {
        assert!(bytes.len() < 100_000, "{} bytes", bytes.len());
        let (sandbox, _) = sandbox(&Channel::default(), Form::Json);
        says(&replaced(&sandbox, file, &bytes), "decompression bomb");
    }
}

#[test]
fn deep_paths_are_refused_in_both_formats() {
    let deep: fn(ArchiveBuilder) -> ArchiveBuilder = |archive| {
        let path = "a/".repeat(32_600) + "f";
        archive.pax(&[("path", &path)]).file("y", "x", 0o644)
    };
    says(&refused(&with(library().with_entries(deep))), "too long");
    let package = Package::new("libdemo", "1.2", "h2_0").with_entries(deep);
    says(&refused(&with(package.clone())), "too long");
    says(&refused(&with(package.with_descriptors())), "too long");
    let entry = json!({"_path": "a/".repeat(200) + "f", "path_type": "hardlink"});
    refused(&with(library().listing(entry)));
}

#[test]
fn a_record_whose_fields_are_no_names_is_refused() {
    for (field, value) in [("build", "../../x"), ("build", "a\\b"), ("build", "a\0b")] {
        let mut channel = Channel::of(&fake("3.14.7"));
        channel.edit("libdemo-1.2-h2_0.tar.bz2", |record| {
            record[field] = json!(value)
        });
        let (sandbox, _) = sandbox(&channel, Form::Json);
        let finished = sandbox.run(&["install", "--from", "conda", "3.14t"]);
        assert_eq!(finished.code, Some(3), "{finished:?}");
        assert!(!finished.stderr.contains("panicked"), "{finished:?}");
        assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    }
}

#[test]
fn a_packed_list_of_a_channel_that_is_a_bomb_is_refused() {
    let spaces = |start: &str| {
        let text = [start.as_bytes(), &vec![b' '; 100 << 20], b"}"].concat();
        zstd::encode_all(text.as_slice(), 1).expect("memory takes all")
    };
    for (form, file) in [
        (Form::Zst, "repodata.json.zst"),
        (Form::Sharded, "repodata_shards.msgpack.zst"),
    ] {
        let (sandbox, _) = sandbox(&Channel::of(&fake("3.14.7")), form);
        let start = "{\"packages\":{},\"packages.conda\":{}";
        let path = format!("/channel/linux-64/{file}");
        sandbox.server.file(&path, spaces(start));
        let finished = sandbox.run(&["-v", "install", "--from", "conda", "3.14t"]);
        assert_eq!(finished.code, Some(4), "{finished:?}");
        says(&finished, "decompression bomb");
        assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    }
}

#[test]
fn a_base_url_that_nothing_can_be_joined_to_is_an_error_and_no_panic() {
    let mut channel = Channel::of(&fake("3.14.7"));
    channel.say_elsewhere("mailto:x", "");
    for form in [Form::Json, Form::Sharded] {
        let (sandbox, _) = sandbox(&channel, form);
        for (path, bytes) in channel.all(form) {
            let Ok(mut repodata) = serde_json::from_slice::<Value>(&bytes) else {
                continue;
            };
            repodata["info"]["base_url"] = json!("mailto:x");
            let text = repodata.to_string().into_bytes();
            sandbox.server.file(&format!("/channel/{path}"), text);
        }
        let finished = sandbox.fails(4, &["-v", "install", "--from", "conda", "3.14t"]);
        assert!(!finished.stderr.contains("panicked"), "{finished:?}");
        assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    }
}
