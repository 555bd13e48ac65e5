//! Lock files and requirements files, as the tools write them, become the packages to check.

use ftpy::check::lock::{LockChoice, LockFile, read, read_chosen};
use ftpy::check::{Dependency, WheelPlace};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn fixture(name: &str) -> LockFile {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("tests/fixtures/locks").join(name);
    read(&path, None).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn package<'a>(lock: &'a LockFile, name: &str) -> &'a Dependency {
    let found = lock.dependencies.iter().find(|it| it.name == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

fn names(lock: &LockFile) -> Vec<&str> {
    lock.dependencies
        .iter()
        .map(|it| it.name.as_str())
        .collect()
}

fn line(dependency: &Dependency) -> u32 {
    dependency.location.as_ref().expect("a location").line
}

/// Reads a text under a name.
pub(crate) fn text(name: &str, text: &str) -> Result<LockFile, String> {
    let (home, path) = file(name, text);
    let read = read(&path, None);
    read.map_err(|error| {
        error
            .to_string()
            .replace(&format!("{}/", home.path().display()), "")
    })
}

fn file(name: &str, text: &str) -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().expect("tempdir");
    let path = home.path().join(name);
    std::fs::write(&path, text).expect("write");
    (home, path)
}

#[test]
fn a_uv_lock_lists_all_packages_but_the_project() {
    let lock = fixture("uv.lock");
    let expected = ["click", "h3", "iniconfig", "python-dateutil", "tzdata"];
    assert_eq!(names(&lock), expected);
    assert_eq!(lock.notes, ["not checked without --extra fast"]);
    let choice = LockChoice {
        extras: vec!["fast".to_owned()],
        ..LockChoice::default()
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/locks/uv.lock");
    let lock = read_chosen(&path, None, &choice).expect("a lock");
    assert_eq!(names(&lock).len(), 6);
    let h3 = package(&lock, "h3");
    assert_eq!(h3.version, "4.5.0");
    assert!(h3.has_sdist && h3.marker.is_none() && h3.required_by.is_empty());
    assert_eq!(h3.wheels.len(), 27);
    assert!(
        h3.wheels
            .iter()
            .all(|it| it.sha256.is_some() && it.size.is_some())
    );
    assert!(matches!(&h3.wheels[0].place, WheelPlace::Url(url) if url.expose().ends_with(".whl")));
    assert_eq!(
        h3.index.as_ref().map(ToString::to_string).as_deref(),
        Some("https://pypi.org/simple")
    );
    assert_eq!(package(&lock, "tzdata").required_by, ["python-dateutil"]);
    let hiredis = package(&lock, "hiredis");
    assert_eq!(hiredis.marker.as_deref(), Some("sys_platform != 'win32'"));
    let path = hiredis.location.clone().expect("a location").file;
    let all = std::fs::read_to_string(path).expect("read");
    let row = all.lines().nth(line(hiredis) as usize - 1);
    assert_eq!(row, Some("name = \"hiredis\""));
}

/// A workspace with packages from places of every kind.
const WORKSPACE: &str = r#"
version = 1
[manifest]
members = ["App", "lib"]
[[package]]
name = "app"
source = { editable = "." }
dependencies = [{ name = "lib" }, { name = "tree" }, { name = "flat", extra = ["x"] }]
[[package]]
name = "lib"
source = { editable = "lib" }
dependencies = [{ name = "fork", version = "1", marker = "os_name == 'nt'" },
                { name = "fork", version = "2", marker = "os_name != 'nt'" }]
[[package]]
name = "tree"
source = { git = "https://example.org/tree?rev=1#abc" }
[[package]]
name = "flat"
version = "1"
source = { registry = "../wheels" }
wheels = [{ path = "flat-1-py3-none-any.whl" }]
[package.optional-dependencies]
x = [{ name = "by-url" }]
[[package]]
name = "by-url"
version = "1"
source = { url = "https://example.org/a%2Bb/by_url-1%2Bcpu-cp314-cp314t-win_amd64.whl" }
wheels = [{ url = "https://example.org/a%2Bb/by_url-1%2Bcpu-cp314-cp314t-win_amd64.whl", hash = "sha256:00" }]
[[package]]
name = "fork"
version = "1"
source = { path = "x/fork-1-py3-none-any.whl" }
wheels = [{ filename = "fork-1-py3-none-any.whl" }]
[[package]]
name = "fork"
version = "2"
"#;

#[test]
fn a_uv_lock_of_a_workspace_has_places_of_every_kind() {
    let lock = text("uv.lock", WORKSPACE).expect("a lock");
    assert_eq!(names(&lock), ["tree", "flat", "by-url", "fork", "fork"]);
    assert!(package(&lock, "tree").has_sdist);
    assert_eq!(package(&lock, "tree").version, "dynamic");
    let flat = &package(&lock, "flat").wheels[0];
    assert!(
        matches!(&flat.place, WheelPlace::File(path) if path.ends_with("../wheels/flat-1-py3-none-any.whl"))
    );
    let url = package(&lock, "by-url");
    assert_eq!(
        url.wheels[0].name.file,
        "by_url-1+cpu-cp314-cp314t-win_amd64.whl"
    );
    assert_eq!(url.required_by, ["flat"]);
    let markers: Vec<_> = lock
        .dependencies
        .iter()
        .map(|it| it.marker.as_deref())
        .collect();
    assert_eq!(
        markers[3..],
        [Some("os_name == 'nt'"), Some("os_name != 'nt'")]
    );
}

#[test]
fn a_pylock_is_read_without_the_project_and_without_names_of_wheels() {
    let lock = fixture("pylock.toml");
    let expected = [
        "click",
        "h3",
        "hiredis",
        "iniconfig",
        "python-dateutil",
        "tzdata",
    ];
    assert_eq!(names(&lock), expected);
    let h3 = package(&lock, "h3");
    assert_eq!((h3.wheels.len(), h3.has_sdist), (27, true));
    assert!(h3.wheels.iter().all(|it| it.sha256.is_some()));
    assert!(h3.index.is_some());
    let hiredis = package(&lock, "hiredis");
    assert_eq!(hiredis.marker.as_deref(), Some("sys_platform != 'win32'"));
}

#[test]
fn poetry_and_pdm_locks_have_names_and_digests_of_files() {
    let lock = fixture("poetry.lock");
    assert_eq!(
        names(&lock),
        ["colorama", "h3", "iniconfig", "python-dateutil", "tzdata"]
    );
    let h3 = package(&lock, "h3");
    assert!(h3.has_sdist && h3.wheels.len() > 20);
    assert!(
        h3.wheels
            .iter()
            .all(|it| matches!(it.place, WheelPlace::Index) && it.sha256.is_some())
    );
    assert_eq!(package(&lock, "tzdata").required_by, ["python-dateutil"]);
    assert_eq!(
        package(&lock, "colorama").marker.as_deref(),
        Some("sys_platform == \"win32\"")
    );
    let lock = fixture("pdm.lock");
    assert_eq!(names(&lock), ["colorama", "coverage", "tomli"]);
    assert!(matches!(
        package(&lock, "coverage").wheels[0].place,
        WheelPlace::Url(_)
    ));
    let tomli = package(&lock, "tomli");
    assert_eq!(tomli.required_by, ["coverage"]);
    assert!(
        matches!(&tomli.wheels[0].place, WheelPlace::File(path) if path.ends_with("dist/tomli-2.2.1-py3-none-any.whl"))
    );
    assert!(tomli.wheels[0].sha256.is_some());
    let old = "[[package]]\nname = \"a\"\nversion = \"1\"\n[metadata]\nlock-version = \"1.1\"\n\
               [metadata.files]\na = [{file = \"a-1-py3-none-any.whl\", hash = \"sha256:x\"}]\n";
    let lock = text("poetry.lock", old).expect("an old lock");
    assert_eq!(package(&lock, "a").wheels.len(), 1);
}

#[test]
#[cfg(feature = "conda")]
fn locks_of_conda_list_packages_of_conda_and_of_pypi() {
    for (name, count) in [("pixi.lock", 2), ("conda-lock.yml", 1)] {
        let lock = fixture(name);
        assert_eq!(lock.conda.len(), count, "{name}");
        let h3 = &lock.conda[0];
        assert_eq!((h3.name.as_str(), h3.version.as_str()), ("h3-py", "4.5.0"));
        assert_eq!(
            (h3.build.as_str(), h3.subdir.as_str()),
            ("py314h3de4e8d_0", "linux-64")
        );
        assert!(
            h3.depends
                .contains(&"python_abi 3.14.* *_cp314t".to_owned())
                && h3.sha256.is_some()
        );
        assert!(h3.location.is_some());
        let idna = package(&lock, "idna");
        assert_eq!((idna.version.as_str(), idna.wheels.len()), ("3.11", 1));
        assert!(line(idna) > 10);
    }
    let lock = fixture("pixi.lock");
    assert_eq!(package(&lock, "idna").required_by, ["lxml"]);
}

#[test]
#[cfg(not(feature = "conda"))]
fn a_lock_of_conda_is_refused_without_the_feature() {
    let error = text("pixi.lock", "version: 6\n").expect_err("no reader");
    assert!(error.contains("without the feature `conda`"), "{error}");
}

#[test]
fn a_pipfile_lock_yields_pinned_requests() {
    let lock = fixture("Pipfile.lock");
    let texts: Vec<&str> = lock.requests.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "colorama; sys_platform == 'win32'",
            "h3==4.5.0; python_version >= '3.10'"
        ]
    );
    assert_eq!(
        lock.requests[1].location.as_ref().map(|it| it.line),
        Some(21)
    );
}

#[test]
fn requirements_are_read_with_includes_options_and_continuations() {
    let (home, path) = file(
        "requirements.txt",
        "# a comment\n--index-url https://me:pw@example.org/simple\n-r more/dev.txt\n-c limits.txt\n\
         lxml>=6 ; python_version < '3.15'  # why\nh3==4.5.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n\
         -e .\n./dist/own-1-py3-none-any.whl\n\
         far @ https://example.org/far-2-cp314-cp314t-win_amd64.whl#sha256=\
         a5e246f79eb80475e691bf93862cead98decd8a498cf53ba0516fcdc0f50dc1c ; os_name == 'nt'\n\
         git+https://example.org/x.git@main\n",
    );
    std::fs::create_dir(home.path().join("more")).expect("mkdir");
    std::fs::write(
        home.path().join("more/dev.txt"),
        "-r../requirements.txt\nPy_Test[x]~=8.0\n",
    )
    .expect("write");
    let lock = read(&path, None).expect("requirements");
    let requests: Vec<_> = lock
        .requests
        .iter()
        .map(|it| (it.text.as_str(), it.name.as_deref()))
        .collect();
    assert_eq!(
        requests,
        [
            ("Py_Test[x]~=8.0", Some("py-test")),
            ("lxml>=6 ; python_version < '3.15'", Some("lxml")),
            ("h3==4.5.0", Some("h3")),
            ("-e .", None),
            ("git+https://example.org/x.git@main", None),
        ]
    );
    let lines: Vec<u32> = lock
        .requests
        .iter()
        .map(|it| it.location.as_ref().expect("one").line)
        .collect();
    assert_eq!(lines, [2, 5, 6, 9, 12]);
    assert_eq!(names(&lock), ["own", "far"]);
    let far = package(&lock, "far");
    assert_eq!(far.marker.as_deref(), Some("os_name == 'nt'"));
    assert!(far.wheels[0].sha256.is_some());
}
