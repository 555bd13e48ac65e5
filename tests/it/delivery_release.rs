//! The steps of release.yml, as far as they run without a GitHub runner.

use crate::support::live::say;
use crate::support::sandbox::{Finished, finished};
use crate::support::workflows::Workflow;
use serde_yaml::Value;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs a step in a directory, like the runner does without `shell:`.
pub(crate) fn step(place: &Path, job: &str, name: &str, env: &[(&str, &str)]) -> Finished {
    let usual = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "me/ftpy"),
        ("GITHUB_ACTOR", "me"),
        ("GITHUB_OUTPUT", "output"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
    ];
    let output = Command::new("bash")
        .args(["-e", "-c", Workflow::read("release.yml").script(job, name)])
        .current_dir(place)
        .env_clear()
        .env("HOME", place)
        .envs(usual)
        .envs(env.iter().copied())
        .output();
    finished(output.expect("bash"))
}

fn git(place: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=me", "-c", "user.email=me@example.invalid"])
        .args(arguments)
        .current_dir(place)
        .output();
    let done = finished(output.expect("git"));
    assert_eq!(done.code, Some(0), "{arguments:?}: {done:?}");
    done.stdout
}

/// A repository with the files that the steps read, and a destination for its tags.
fn repository() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a directory");
    let work = home.path().join("work");
    for file in [
        "Cargo.toml",
        "action.yml",
        "shims/shell/install.sh",
        ".github/release/pin-action.sh",
    ] {
        let to = work.join(file);
        std::fs::create_dir_all(to.parent().expect("a parent")).expect("mkdir");
        std::fs::copy(Path::new(ROOT).join(file), to).expect("copy");
    }
    git(home.path(), &["init", "--quiet", "--bare", "origin"]);
    git(&work, &["init", "--quiet"]);
    git(&work, &["remote", "add", "origin", "../origin"]);
    git(&work, &["add", "."]);
    git(&work, &["commit", "--quiet", "-m", "all"]);
    home
}

#[test]
fn a_program_that_needs_a_libc_is_not_released() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let home = tempfile::tempdir().expect("a directory");
    let directory = home.path().join("target/x86_64-unknown-linux-musl/dist");
    std::fs::create_dir_all(&directory).expect("mkdir");
    std::fs::write(directory.join("it.c"), "int main(void) { return 0; }\n").expect("write");
    let check = |target: &str| {
        let name = "A Linux program needs no libc";
        step(home.path(), "build", name, &[("TARGET", target)])
    };
    let musl = "x86_64-unknown-linux-musl";
    // Rust's musl programs are static-pie, which ldd calls "statically linked" with exit code 0.
    for (flags, is_good) in [
        (&["-static-pie"][..], true),
        (&["-static"], true),
        (&[], false),
        (&["-pie"], false),
    ] {
        let mut gcc = Command::new("gcc");
        gcc.args(flags).args(["-o", "ftpy", "it.c"]);
        let made = gcc.current_dir(&directory).output();
        if !made.is_ok_and(|output| output.status.success()) {
            say(&format!(
                "a_program_that_needs_a_libc: gcc makes none with {flags:?}"
            ));
            continue;
        }
        let done = check(musl);
        assert_eq!(done.code == Some(0), is_good, "{flags:?}: {done:?}");
        assert_eq!(done.stdout.contains("ftpy is not static"), !is_good);
    }
    std::fs::write(directory.join("ftpy"), "#!/bin/sh\n").expect("write");
    assert_ne!(check(musl).code, Some(0));
    std::fs::remove_file(directory.join("ftpy")).expect("remove");
    assert_ne!(check(musl).code, Some(0));
    // macOS has neither readelf nor static programs.
    assert_eq!(check("aarch64-apple-darwin").code, Some(0));
}

#[test]
fn a_release_begins_only_with_a_new_version_and_the_repository_in_the_manifest() {
    let home = repository();
    let work = home.path().join("work");
    let names_it = || step(&work, "check", "Cargo.toml names this repository", &[]);
    let is_new = || step(&work, "check", "The version, which is new", &[]);
    let done = names_it();
    assert_eq!(done.code, Some(1), "{done:?}");
    let words = "must say repository = \"https://github.com/me/ftpy\", and says \"\"";
    assert!(done.stdout.contains(words), "{done:?}");
    let manifest = std::fs::read_to_string(work.join("Cargo.toml")).expect("read");
    for (place, code) in [("you/ftpy", 1), ("me/ftpy", 0)] {
        let line = format!("[package]\nrepository = \"https://github.com/{place}\"");
        let text = manifest.replacen("[package]", &line, 1);
        std::fs::write(work.join("Cargo.toml"), text).expect("write");
        assert_eq!(names_it().code, Some(code), "{place}");
    }

    let done = is_new();
    assert_eq!(done.code, Some(0), "{done:?}");
    let output = std::fs::read_to_string(work.join("output")).expect("read");
    assert_eq!(output, format!("version={VERSION}\n"));
    let tag = format!("v{VERSION}");
    git(&work, &["tag", &tag]);
    git(&work, &["push", "--quiet", "origin", &tag]);
    let done = is_new();
    assert!(done.stdout.contains("is released already"), "{done:?}");
    assert_eq!(done.code, Some(1));
    let other = manifest.replacen(VERSION, "9.9.9", 1);
    std::fs::write(work.join("Cargo.toml"), other).expect("write");
    let done = is_new();
    let words = "action.yml has another OWN_VERSION than 9.9.9";
    assert!(done.stdout.contains(words), "{done:?}");
}

#[test]
fn the_tag_has_the_action_with_the_digests_of_the_release() {
    for (version, kind) in [("9.9.9", "--latest"), ("9.9.9-rc.1", "--prerelease")] {
        let home = repository();
        let work = home.path().join("work");
        let branch = git(&work, &["rev-parse", "HEAD"]);
        std::fs::create_dir(work.join("out")).expect("mkdir");
        for target in [
            "x86_64-unknown-linux-musl",
            "aarch64-unknown-linux-musl",
            "x86_64-apple-darwin",
            "aarch64-apple-darwin",
        ] {
            let file = work.join(format!("out/ftpy-{target}.tar.gz"));
            std::fs::write(file, target).expect("write");
        }
        // Replacements of programs that contact GitHub record their arguments.
        let tools = home.path().join("tools");
        std::fs::create_dir(&tools).expect("mkdir");
        let gh = tools.join("gh");
        std::fs::write(&gh, "#!/bin/sh\necho \"$*\" >>../gh\n").expect("write");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&gh, mode).expect("chmod");
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", tools.display());
        let env = [("VERSION", version), ("PATH", path.as_str())];
        for name in [
            "What goes with the archives",
            "The action names the digests",
            "The tag and the release",
        ] {
            let done = step(&work, "publish", name, &env);
            assert_eq!(done.code, Some(0), "{name}: {done:?}");
        }

        let read = |name: &str| std::fs::read_to_string(work.join("out").join(name)).expect(name);
        assert_eq!(read("VERSION"), format!("{version}\n"));
        let line = "releases='https://github.com/me/ftpy/releases'";
        assert!(read("install.sh").lines().any(|one| one == line));
        assert!(!read("install.sh").contains("@RELEASES@"));
        let tag = format!("v{version}");
        let origin = home.path().join("origin");
        let action = git(&origin, &["show", &format!("{tag}:action.yml")]);
        let sums = read("SHA256SUMS");
        let mut archives = sums.lines().filter(|line| line.ends_with(".tar.gz"));
        assert!(archives.all(|line| action.contains(line)), "{action}");
        for (name, value) in [
            ("OWN_VERSION", version),
            ("OWN_RELEASES", "https://github.com/me/ftpy/releases"),
        ] {
            assert!(action.contains(&format!("        {name}: '{value}'\n")));
        }
        let _: Value = serde_yaml::from_str(&action).expect("YAML");
        // One commit on top of the built one, with nothing else in it; no branch moved.
        assert_eq!(git(&origin, &["rev-parse", &format!("{tag}^")]), branch);
        let changed = git(&origin, &["diff", "--name-only", &format!("{tag}^"), &tag]);
        assert_eq!(changed, "action.yml\n");
        assert_eq!(git(&origin, &["branch"]), "");
        let asked = std::fs::read_to_string(home.path().join("gh")).expect("read");
        let words = format!("release create {tag} {kind} --verify-tag");
        assert!(asked.contains(&words), "{asked}");
        assert!(asked.contains("out/SHA256SUMS") && asked.contains("out/VERSION"));
    }
}
