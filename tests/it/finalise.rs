//! The patchers on real files: what CPython 3.13t, 3.14t and 3.15.0rc1t write at build time for
//! the prefix `/install` (`tests/fixtures`).

use crate::support::mach_o::library;
use ftpy::relocate::{Target, finalise};
use ftpy::store::Inventory;
use ftpy_core::abi::Abi;
use ftpy_core::flavour::Flavours;
use ftpy_core::request::Build;
use std::path::{Path, PathBuf};

/// The path of each fixture in an installation.
fn places(minor: &str) -> Vec<(String, String)> {
    let library = format!("lib/python{minor}t");
    let place = |fixture: &str, path: String| (fixture.to_owned(), path);
    vec![
        place(
            "_sysconfigdata.py.txt",
            format!("{library}/_sysconfigdata_t_linux_x.py"),
        ),
        place(
            "_sysconfig_vars.json",
            format!("{library}/_sysconfig_vars_t_linux_x.json"),
        ),
        place(
            "build-details.json",
            format!("{library}/build-details.json"),
        ),
        place(
            "Makefile.txt",
            format!("{library}/config-{minor}t-x/Makefile"),
        ),
        place(
            &format!("python-{minor}t.pc"),
            format!("lib/pkgconfig/python-{minor}t.pc"),
        ),
        place("python-config.sh", format!("bin/python{minor}t-config")),
        place("pip", format!("bin/pip{minor}")),
    ]
}

/// Copies the fixtures of a minor to their paths, and returns the existing ones.
fn tree(minor: &str, root: &Path) -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{minor}t"));
    let mut made = Vec::new();
    for (fixture, path) in places(minor) {
        let Ok(bytes) = std::fs::read(fixtures.join(fixture)) else {
            continue; // 3.13 has neither JSON
        };
        let full = root.join(path);
        std::fs::create_dir_all(full.parent().expect("parent")).expect("mkdir");
        std::fs::write(&full, bytes).expect("write");
        made.push(full);
    }
    made
}

fn run(minor: &str, root: &Path, prefix: &str, path: &Path) -> Inventory {
    run_with_notes(minor, root, prefix, path).0
}

fn run_with_notes(minor: &str, root: &Path, prefix: &str, path: &Path) -> (Inventory, Vec<String>) {
    let build = Build {
        version: format!("{minor}.0").parse().expect("version"),
        abi: Abi::FREE_THREADED,
        flavours: Flavours::default(),
        target: ftpy::host::target::detect(),
    };
    let target = Target {
        build: &build,
        prefix: Path::new(prefix),
        path: path.as_os_str(),
    };
    let mut inventory = Inventory::of_tree(root).expect("inventory");
    let notes = finalise(root, &target, &mut inventory).expect("finalise");
    (inventory, notes)
}

/// The positions at which a text still contains the build's prefix as a path.
fn left(text: &str) -> Vec<String> {
    let found = text.match_indices("/install").filter(|(at, _)| {
        let before = &text[..*at];
        let after = text[at + "/install".len()..].chars().next();
        let is_other_path = before.ends_with("/bin") || before.ends_with('.');
        let is_longer_name = after.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
        !is_other_path && !is_longer_name
    });
    found
        .map(|(at, _)| text[at.saturating_sub(30)..(at + 40).min(text.len())].to_owned())
        .collect()
}

#[test]
fn no_real_file_names_the_build_prefix_afterwards() {
    for minor in ["3.13", "3.14", "3.15"] {
        let home = tempfile::tempdir().expect("tempdir");
        let files = tree(minor, home.path());
        assert!(files.len() >= 4, "{minor}: {files:?}");
        let before: usize = files
            .iter()
            .map(|file| left(&std::fs::read_to_string(file).expect("read")).len())
            .sum();
        assert!(before >= 30, "{minor}: the fixtures name it {before} times");
        run(
            minor,
            home.path(),
            "/opt/pythons/x",
            Path::new("/usr/bin:/bin"),
        );
        for file in &files {
            let text = std::fs::read_to_string(file).expect("read");
            assert_eq!(left(&text), Vec::<String>::new(), "{}", file.display());
            assert!(text.contains("/opt/pythons/x"), "{}", file.display());
            if file.extension().is_some_and(|ending| ending == "json") {
                serde_json::from_str::<serde_json::Value>(&text).expect("still JSON");
            }
        }
    }
}

#[test]
fn only_lines_that_had_to_change_change_and_a_second_time_changes_nothing() {
    for minor in ["3.13", "3.14", "3.15"] {
        let home = tempfile::tempdir().expect("tempdir");
        let files = tree(minor, home.path());
        let read = || -> Vec<String> {
            files
                .iter()
                .map(|file| std::fs::read_to_string(file).expect("read"))
                .collect()
        };
        let before = read();
        let path = Path::new("/usr/bin:/bin");
        run(minor, home.path(), "/opt/pythons/x", path);
        let once = read();
        for (old, new) in before.iter().zip(&once) {
            assert_eq!(old.lines().count(), new.lines().count());
            for (old, new) in old.lines().zip(new.lines()).filter(|(old, new)| old != new) {
                let is_prefix = old.contains("/install");
                let is_compiler = ["gcc", "g++", "ar"].iter().any(|tool| old.contains(tool));
                assert!(is_prefix || is_compiler, "{minor}: {old:?} became {new:?}");
            }
        }
        let inventory = run(minor, home.path(), "/opt/pythons/x", path);
        assert_eq!(read(), once);
        assert_eq!(
            inventory.files,
            Inventory::of_tree(home.path()).expect("inventory").files
        );
    }
}

#[cfg(unix)]
#[test]
fn compilers_that_are_not_there_give_way_in_real_files() {
    use std::os::unix::fs::PermissionsExt;
    let tools = tempfile::tempdir().expect("tempdir");
    for tool in ["cc", "c++", "llvm-ar"] {
        let file = tools.path().join(tool);
        std::fs::write(&file, "#!/bin/sh\n").expect("write");
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("chmod");
    }
    for minor in ["3.13", "3.14", "3.15"] {
        let home = tempfile::tempdir().expect("tempdir");
        tree(minor, home.path());
        run(minor, home.path(), "/p", tools.path());
        let data = home
            .path()
            .join(format!("lib/python{minor}t/_sysconfigdata_t_linux_x.py"));
        let data = std::fs::read_to_string(data).expect("read");
        for line in [
            "'CC': 'cc',",
            "'LDSHARED': 'cc -shared',",
            "'AR': 'llvm-ar',",
        ] {
            assert!(data.contains(line), "{minor}: {line}");
        }
    }
}

#[test]
fn a_prefix_with_blanks_and_quotes_is_written_as_each_file_wants_it() {
    let home = tempfile::tempdir().expect("tempdir");
    tree("3.14", home.path());
    run(
        "3.14",
        home.path(),
        "/o'p \"t\"/x",
        Path::new("/usr/bin:/bin"),
    );
    let read = |path: &str| std::fs::read_to_string(home.path().join(path)).expect("read");
    let details: serde_json::Value =
        serde_json::from_str(&read("lib/python3.14t/build-details.json")).expect("JSON");
    assert_eq!(details["base_prefix"], "/o'p \"t\"/x");
    let vars: serde_json::Value =
        serde_json::from_str(&read("lib/python3.14t/_sysconfig_vars_t_linux_x.json"))
            .expect("JSON");
    assert_eq!(vars["prefix"], "/o'p \"t\"/x");
    let data = read("lib/python3.14t/_sysconfigdata_t_linux_x.py");
    assert!(data.contains(r#"'prefix': '/o\'p \"t\"/x'"#));
    assert!(read("lib/pkgconfig/python-3.14t.pc").contains(r#"prefix=/o\'p\ \"t\"/x"#));
    assert!(read("bin/pip3.14").starts_with("#!/bin/sh\n"));
}

#[test]
fn the_library_of_a_mac_gets_its_final_name_and_a_signature_and_its_other_links_stay() {
    let home = tempfile::tempdir().expect("tempdir");
    let (root, outside) = (home.path().join("made"), home.path().join("outside"));
    std::fs::create_dir_all(root.join("lib")).expect("mkdir");
    let file = root.join("lib/libpython3.14t.dylib");
    std::fs::write(&outside, library(0x400)).expect("write");
    std::fs::hard_link(&outside, &file).expect("a second name");
    let path = Path::new("/usr/bin:/bin");
    let (inventory, notes) = run_with_notes("3.14", &root, "/opt/pythons/x", path);
    assert_eq!(notes, Vec::<String>::new());
    let made = std::fs::read(&file).expect("read");
    let name = b"/opt/pythons/x/lib/libpython3.14t.dylib\0";
    assert!(made.windows(name.len()).any(|window| window == name));
    assert!(made != library(0x400) && made.len() == library(0x400).len());
    assert_eq!(std::fs::read(&outside).expect("read"), library(0x400));
    assert_eq!(
        inventory.files,
        Inventory::of_tree(&root).expect("inventory").files
    );
    // A second time changes nothing.
    run("3.14", &root, "/opt/pythons/x", path);
    assert_eq!(std::fs::read(&file).expect("read"), made);

    // A prefix for which the linker left no room is a note: the interpreter itself works.
    let long = format!("/{}", "long/".repeat(200));
    let (_, notes) = run_with_notes("3.14", &root, &long, path);
    assert_eq!(std::fs::read(&file).expect("read"), made);
    let [note] = &notes[..] else {
        panic!("{notes:?}")
    };
    assert!(
        note.contains("no room for an install name of 1025 bytes"),
        "{note}"
    );
}
