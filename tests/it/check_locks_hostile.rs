//! Broken, newer and hostile lock files are refused with file and line, at once.

use crate::check_locks::text;
use ftpy::check::lock::{LockFormat, read};
use std::path::Path;

/// A name, a text, and what the error says.
const BROKEN: [(&str, &str, &str); 12] = [
    (
        "uv.lock",
        "version = 1\n[[package]]\nname = 7\n",
        "uv.lock:3: invalid TOML",
    ),
    (
        "uv.lock",
        "version = 2\n[[package]]\nid = 1\n",
        "uv.lock:2: its format has version 2, newer than 1",
    ),
    (
        "uv.lock",
        "version = 2\n",
        "uv.lock:1: its format has version 2",
    ),
    (
        "uv.lock",
        "version = 1\n[[package]]\nname = \"a",
        "uv.lock:3: invalid TOML",
    ),
    (
        "pylock.toml",
        "lock-version = \"2.0\"\n",
        "pylock.toml:1: its format has version 2.0",
    ),
    (
        "pylock.toml",
        "packages = []\n",
        "missing field `lock-version`",
    ),
    (
        "poetry.lock",
        "[metadata]\nlock-version = \"3.0\"\n[[package]]\n",
        "version 3.0, newer than 2.1",
    ),
    ("pdm.lock", "x", "pdm.lock:1: invalid TOML"),
    (
        "Pipfile.lock",
        "{\n\"a\": {",
        "Pipfile.lock:2: invalid JSON",
    ),
    (
        "requirements.txt",
        "\nlxml=>6\n",
        "requirements.txt:2: `lxml=>6`",
    ),
    (
        "requirements.txt",
        "-r none.txt\n",
        "requirements.txt:1: cannot include none.txt: cannot read",
    ),
    (
        "my.lock",
        "",
        "my.lock is not a lock file or requirements file that ftpy knows",
    ),
];

#[test]
fn a_broken_file_is_refused_with_its_line() {
    for (name, content, words) in BROKEN {
        let error = text(name, content).expect_err(content);
        assert!(error.contains(words), "{content}: {error}");
    }
    let newer = "lock-version = \"1.1\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\nnew = true\n";
    let lock = text("pylock.toml", newer).expect("readable");
    assert_eq!((lock.dependencies.len(), lock.notes.len()), (1, 1));
}

#[test]
#[cfg(feature = "conda")]
fn hostile_yaml_is_refused_at_once() {
    let bomb = "version: 6\npackages: &a\n- conda: x\nmore: *a\n";
    for (content, words) in [
        (bomb.to_owned(), "no aliases"),
        (
            format!("version: 6\npackages: {}", "[".repeat(100_000)),
            "levels deep",
        ),
        (
            format!("version: 6\npackages:\n{}", "- ".repeat(100_000)),
            "deep nesting",
        ),
        ("version: 9\n".to_owned(), "version 9, newer than 6"),
    ] {
        let error = text("pixi.lock", &content).expect_err("hostile");
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_lock_of_ten_megabytes_is_read_in_seconds() {
    let mut content = "version = 1\n".to_owned();
    let mut count = 0;
    while content.len() < 10 << 20 {
        content += &format!(
            "[[package]]\nname = \"p{count}\"\nversion = \"1\"\nsource = {{ registry = \"https://example.org\" }}\n\
             dependencies = [{{ name = \"p{}\", marker = \"os_name == 'm{count}'\" }}]\n\
             wheels = [{{ url = \"https://example.org/p{count}-1-py3-none-any.whl\" }}]\n",
            count + 1
        );
        count += 1;
    }
    let started = std::time::Instant::now();
    assert_eq!(
        text("uv.lock", &content)
            .expect("a lock")
            .dependencies
            .len(),
        count
    );
    assert!(
        started.elapsed() < std::time::Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
}

proptest::proptest! {
    #![proptest_config(crate::support::fuzz::config())]

    /// A truncated or changed file is an error or a shorter list, and never a panic.
    #[test]
    fn damaged_files_are_read_or_refused(cut in 0_usize..20_000, byte in 0_u8..128, kind in 0_usize..8) {
        let name = ["uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "pixi.lock", "conda-lock.yml", "Pipfile.lock", "r.txt"][kind];
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/locks");
        let source = if name == "r.txt" { "poetry.lock" } else { name };
        let mut content = std::fs::read(root.join(source)).expect("read");
        let at = cut % content.len();
        content[at] = byte;
        if cut % 3 == 0 {
            content.truncate(at);
        }
        let home = tempfile::tempdir().expect("tempdir");
        let path = home.path().join(name);
        std::fs::write(&path, content).expect("write");
        let _ = read(&path, Some(LockFormat::of(&path).expect("known")));
    }
}
