//! Broken conda packages, records and settings: nothing panics, nothing is written outside, and
//! neither bytes nor time exceed their limits.

use crate::fuzz_archives::{Case, PATIENCE, WORDS, hostile_tar, resealed, zst};
use crate::support::channel::{Channel, Form};
use crate::support::conda::{Package, placeholder, zip};
use crate::support::fuzz::fuzz;
use crate::support::pythons::fake_python;
use ftpy::conda::{Condarc, Scanner, extract, extract_whole, link, places};
use ftpy::parser_limits::read_message;
use ftpy::store::Package as Chosen;
use rattler_conda_types::{Shard, ShardedRepodata};
use serde_json::Value;
use std::io::Cursor;
use std::path::Path;
use std::time::Instant;

fn package() -> Package {
    Package::new("demo", "1.2", "h2_0")
        .file("lib/a.py", "x = 1\n", 0o644)
        .symlink("lib/b.py", "a.py")
        .placed("share/c", placeholder(), &placeholder(), "text")
}

/// The form in a plan.
fn chosen(package: &Package, record: &Value) -> Chosen {
    let mut record = record.clone();
    for (name, value) in [
        ("fn", package.file_name()),
        ("url", "https://example.org/x".to_owned()),
        ("channel", "x".to_owned()),
    ] {
        record[name] = value.into();
    }
    Chosen {
        name: package.name.clone(),
        version: package.version.clone(),
        build: package.build.clone(),
        file: package.file_name(),
        url: String::new().into(),
        sha256: None,
        size: None,
        record,
    }
}

/// An interpreter next to which packages are linked.
struct Python {
    chosen: Chosen,
    directory: tempfile::TempDir,
}

impl Python {
    fn new() -> Self {
        let package = fake_python("3.14.7", "t", 2);
        let (bytes, record) = package.build();
        let directory = tempfile::tempdir().expect("tempdir");
        let file = package.file_name();
        extract(&file, Cursor::new(bytes), directory.path()).expect("a package");
        let chosen = chosen(&package, &record);
        Self { chosen, directory }
    }

    /// Links unpacked packages; returns whether that succeeded.
    fn link_with(&self, case: &Case, chosen: &Chosen) -> bool {
        let made = case.home.path().join("a/b/made");
        let _ = std::fs::remove_dir_all(&made);
        let own = self.directory.path().to_owned();
        let all = [(&self.chosen, own), (chosen, case.place())];
        link(&all, &made, Path::new("/opt/python"), || false).is_ok()
    }
}

#[test]
fn no_conda_package_writes_outside_or_without_measure() {
    let package = package();
    let (bytes, record) = package.build();
    let (older, _) = package.clone().tar_bz2().build();
    let (behind, _) = package.clone().with_descriptors().build();
    let chosen = chosen(&package, &record);
    let python = Python::new();
    fuzz(
        &[&bytes, &older, &behind],
        &["PK\u{3}\u{4}", "pkg-", ".tar.zst"],
        |bytes| {
            for file in ["demo-1.2-h2_0.conda", "demo-1.2-h2_0.tar.bz2"] {
                let case = Case::new();
                if extract(file, Cursor::new(bytes.to_vec()), &case.place()).is_ok() {
                    python.link_with(&case, &chosen);
                }
                case.check();
            }
            let case = Case::new();
            let archive = tempfile::NamedTempFile::new().expect("tempfile");
            std::fs::write(archive.path(), bytes).expect("write");
            let _ = extract_whole(archive.path(), &case.place());
            case.check();
        },
    );
}

#[test]
fn no_part_of_a_conda_package_writes_outside_or_without_measure() {
    let package = package();
    let (_, record) = package.build();
    let chosen = chosen(&package, &record);
    let python = Python::new();
    let whole = package.payload_and_info().tar();
    fuzz(&[&whole, &hostile_tar()], &WORDS, |bytes| {
        let part = zst(&resealed(bytes));
        let archive = zip(&[("pkg-demo-1.2-h2_0.tar.zst".to_owned(), part)], false);
        let case = Case::new();
        if extract("demo-1.2-h2_0.conda", Cursor::new(archive), &case.place()).is_ok() {
            python.link_with(&case, &chosen);
        }
        case.check();
    });
}

#[test]
fn no_record_or_list_of_a_package_writes_outside_or_panics() {
    let package = package().noarch("python").entry_point("tool = a.b:c").file(
        "site-packages/d.py",
        "x",
        0o644,
    );
    let (bytes, record) = package.build();
    let chosen_record = chosen(&package, &record);
    let unpacked = tempfile::tempdir().expect("tempdir");
    extract(&package.file_name(), Cursor::new(bytes), unpacked.path()).expect("a package");
    let python = Python::new();
    let sound = Case::new();
    copy(unpacked.path(), &sound.place());
    assert!(
        python.link_with(&sound, &chosen_record),
        "the package is sound"
    );
    let text = |name: &str| std::fs::read(unpacked.path().join("info").join(name)).expect(name);
    let (paths, index, link) = (text("paths.json"), text("index.json"), text("link.json"));
    let record = serde_json::to_vec(&chosen_record.record).expect("JSON");
    let words = [
        "..",
        "../..",
        "/",
        "\\",
        "\\u0000",
        "\"\"",
        "null",
        "[]",
        "{}",
        "-1",
        "1e999",
        "\"noarch\":\"python\",",
        "\"python_site_packages_path\":\"../..\",",
        "\"generic\"",
        "\"prefix_placeholder\":\"\",",
        "\"file_mode\":\"text\",",
        "\"_path\":\"",
        "softlink",
    ];
    fuzz(&[&paths, &index, &link, &record], &words, |bytes| {
        let case = Case::new();
        copy(unpacked.path(), &case.place());
        for name in ["paths.json", "index.json", "link.json"] {
            let path = case.place().join("info").join(name);
            let old = std::fs::read(&path).expect(name);
            std::fs::write(&path, bytes).expect("write");
            python.link_with(&case, &chosen_record);
            std::fs::write(&path, old).expect("write");
        }
        if let Ok(record) = serde_json::from_slice(bytes) {
            let mut chosen = chosen_record.clone();
            chosen.record = record;
            python.link_with(&case, &chosen);
        }
        case.check();
    });
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("read").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().expect("type");
        if kind.is_dir() {
            std::fs::create_dir(&to).expect("mkdir");
            copy(&from, &to);
        } else if kind.is_symlink() {
            let target = std::fs::read_link(&from).expect("link");
            std::os::unix::fs::symlink(target, &to).expect("symlink");
        } else {
            std::fs::copy(&from, &to).expect("copy");
        }
    }
}

/// Reads the records of one package from the text of a list.
fn read_list(text: &[u8]) -> Option<Shard> {
    let mut scanner = Scanner::default();
    for piece in text.chunks(100) {
        scanner.take(piece).ok()?;
    }
    let index = scanner.finish().ok()?;
    let part = |(start, length): (u64, u64)| {
        let end = usize::try_from(start + length).expect("short");
        let start = usize::try_from(start).expect("short");
        Ok(text.get(start..end).expect("a part of the text").to_vec())
    };
    let shard = index
        .shard("demo", part)
        .expect("the parts are in the text");
    serde_json::from_slice(&shard?).ok()
}

#[test]
fn repodata_is_read_in_time() {
    let (_, record) = package().build();
    let text = format!(
        r#"{{"info":{{"subdir":"linux-64","base_url":"../x"}},"packages":{{}},"packages.conda":{{"demo-1.2-h2_0.conda":{record}}},"repodata_version":1}}"#
    );
    assert_eq!(
        read_list(text.as_bytes())
            .expect("a list")
            .conda_packages
            .len(),
        1
    );
    let words = [
        "..",
        "/",
        "\\u0000",
        "\"depends\":[\"python >=3.14,<4\"],",
        "\"packages\":{",
        "\"v3\":{\"conda\":{",
        "demo-1-0",
        "null",
        "{",
        "}",
        "[",
        "]",
    ];
    fuzz(&[text.as_bytes()], &words, |bytes| {
        let started = Instant::now();
        let _ = read_list(bytes);
        assert!(started.elapsed() < PATIENCE);
    });
}

#[test]
fn shards_are_read_in_time() {
    let channel = Channel::of(&[package()]);
    for (path, bytes) in channel.all(Form::Sharded) {
        let Ok(plain) = zstd::decode_all(bytes.as_slice()) else {
            continue;
        };
        if !path.contains("msgpack") {
            continue;
        }
        let is_index = path.ends_with("repodata_shards.msgpack.zst");
        fuzz(&[&plain], &["\u{f}", "demo", "packages.conda"], |bytes| {
            let started = Instant::now();
            match is_index {
                true => drop(read_message::<ShardedRepodata>(bytes)),
                false => drop(read_message::<Shard>(bytes)),
            }
            assert!(started.elapsed() < PATIENCE);
        });
    }
}

#[test]
fn no_condarc_panics() {
    let text = "channels: [company, conda-forge, ./here]\n\
         channel_alias: https://mirror.example/conda\n\
         custom_channels: {company: 'https://user:secret@conda.example'}\n\
         custom_multichannels: {both: [a, b]}\n\
         mirrored_channels: {conda-forge: ['https://a.example/cf']}\n\
         ssl_verify: /etc/ssl/company.pem\n\
         proxy_servers: {https: 'http://proxy.example:3128', http: null}\n";
    let bomb = "a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a]\n\
         channels: [*b, *b, *b, *b]\n";
    let words = [
        "&a ",
        "*a",
        "<<: ",
        "!!binary ",
        "|\n",
        "- ",
        ": ",
        "[",
        "{",
        "://",
        "defaults",
        "\0",
    ];
    fuzz(&[text.as_bytes(), bomb.as_bytes()], &words, |bytes| {
        let started = Instant::now();
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        if let Ok(condarc) = Condarc::parse(text) {
            let asked = ["company".to_owned(), "both/label/x".to_owned()];
            let usual = "https://usual.example";
            let _ = places(&asked, &condarc, usual, Path::new("/here"));
            let _ = places(&[], &condarc, usual, Path::new("/here"));
            let _ = condarc.connection();
            let _ = condarc.clone().overridden_by(condarc);
        }
        assert!(started.elapsed() < PATIENCE);
    });
}
