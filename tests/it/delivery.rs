//! The names of what the release workflow publishes match those that are looked for.

use crate::delivery_release::step;
use crate::support::sandbox::finished;
use crate::support::shims::executable;
use crate::support::workflows::Workflow;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The targets of the workflow.
fn targets() -> Vec<String> {
    let workflow = Workflow::read("release.yml");
    let rows = &workflow.0["jobs"]["build"]["strategy"]["matrix"]["include"];
    let rows = rows.as_sequence().expect("a matrix").iter();
    let targets = rows.map(|row| row["target"].as_str().expect("a target").to_owned());
    targets.collect()
}

fn manifest() -> toml::Table {
    text("Cargo.toml").parse().expect("TOML")
}

/// The archive of a target, according to ftpy.
fn archive(target: &str) -> String {
    ftpy::own_release::archive(target).unwrap_or_else(|| panic!("ftpy knows no {target}"))
}

#[test]
fn the_release_has_the_archives_that_ftpy_looks_for() {
    let targets = targets();
    assert_eq!(
        targets,
        [
            "x86_64-unknown-linux-musl",
            "aarch64-unknown-linux-musl",
            "x86_64-apple-darwin",
            "aarch64-apple-darwin"
        ]
    );
    for target in targets {
        let home = tempfile::tempdir().expect("a directory");
        let program = home.path().join(format!("target/{target}/dist/ftpy"));
        executable(&program, "#!/bin/sh\necho ftpy\n");
        for name in ["LICENSE-MIT", "LICENSE-APACHE", "README.md"] {
            std::fs::write(home.path().join(name), name).expect("write");
        }
        let env = [("TARGET", target.as_str())];
        let made = step(home.path(), "build", "The archive", &env);
        assert_eq!(made.code, Some(0), "{made:?}");
        let path = home.path().join("out").join(archive(&target));
        let mut tar = Command::new("tar");
        let listed = finished(tar.arg("-tzf").arg(path).output().expect("tar"));
        assert_eq!(listed.code, Some(0), "{target}: {listed:?}");
        let program = format!("ftpy-{target}/ftpy");
        assert!(listed.stdout.lines().any(|line| line == program));
    }
}

#[test]
fn cargo_binstall_finds_the_archives_and_the_program_in_them() {
    let manifest = manifest();
    let about = &manifest["package"]["metadata"]["binstall"];
    for target in targets() {
        let filled = |name: &str| {
            let text = about[name].as_str().expect(name);
            let text = text.replace("{ repo }", "https://h.example/me/ftpy");
            let text = text.replace("{ version }", "1.2.3");
            text.replace("{ target }", &target)
                .replace("{ bin }", "ftpy")
        };
        let releases = "https://h.example/me/ftpy/releases/download/v1.2.3";
        let archive = archive(&target);
        assert_eq!(filled("pkg-url"), format!("{releases}/{archive}"));
        assert_eq!(filled("bin-dir"), format!("ftpy-{target}/ftpy"));
        assert_eq!(filled("pkg-fmt"), "tgz");
    }
}

#[test]
fn the_script_looks_for_the_archive_of_its_machine() {
    let script = text("shims/shell/install.sh");
    let (_, rest) = script.split_once("\ntarget() {\n").expect("a function");
    let (body, _) = rest.split_once("\n}\n").expect("its end");
    let asked: Vec<String> = [
        ("x86_64", "Linux"),
        ("aarch64", "Linux"),
        ("x86_64", "Darwin"),
        ("arm64", "Darwin"),
    ]
    .into_iter()
    .map(|(machine, system)| {
        let uname =
            format!("uname() {{ case $1 in -m) echo {machine} ;; *) echo {system} ;; esac; }}");
        let whole = format!("{uname}\ntarget() {{\n{body}\n}}\ntarget");
        let mut sh = Command::new("sh");
        let said = finished(sh.args(["-ec", &whole]).output().expect("sh"));
        said.stdout.trim_end().to_owned()
    })
    .collect();
    assert_eq!(asked, targets());
}

#[test]
fn profiles_and_folders_of_the_workflow_are_there() {
    let manifest = manifest();
    let workflow = Workflow::read("release.yml");
    let scripts = workflow.scripts("build").join("\n");
    let after = |word: &str| {
        let words: Vec<&str> = scripts.split_whitespace().collect();
        let pairs = words.windows(2).filter(|pair| pair[0] == word);
        pairs.map(|pair| pair[1].to_owned()).collect::<Vec<_>>()
    };
    // ftpy, and its wheel.
    assert_eq!(after("--profile"), ["dist", "dist"]);
    assert!(manifest["profile"].get("dist").is_some());
    assert_eq!(after("(cd"), [".github/wheel"]);
    let wheel: toml::Table = text(".github/wheel/pyproject.toml").parse().expect("TOML");
    assert_eq!(wheel["project"]["name"].as_str(), Some("ftpy-installer"));
}

#[test]
fn github_runs_what_a_person_runs() {
    let workflow = Workflow::read("ci.yml");
    assert!(workflow.scripts("checks").contains(&".ci/run"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run");
    let mode = script.metadata().expect(".ci/run").permissions();
    assert_ne!(mode.mode() & 0o100, 0);
}

#[test]
fn nobody_is_sent_to_somebody_elses_package() {
    for path in [
        "README.md",
        "docs/manual/guides/getting.md",
        "action.yml",
        "src/own_release/install_method.rs",
    ] {
        for tool in [
            "pip install",
            "pipx install",
            "pipx upgrade",
            "uv tool install",
        ] {
            for rest in text(path).split(&format!("{tool} ")).skip(1) {
                let mut words = rest.split(|c: char| c.is_whitespace() || "`\"".contains(c));
                assert_ne!(words.next(), Some("ftpy"), "{path}: {tool}");
            }
        }
    }
}
