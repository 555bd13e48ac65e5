//! What the release workflow publishes and what looks for it: one set of names.

use std::path::Path;

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The targets that the workflow builds for.
fn targets(workflow: &str) -> Vec<&str> {
    let rows = workflow
        .lines()
        .filter_map(|line| line.split_once("{ target: "));
    rows.filter_map(|(_, rest)| rest.split(',').next())
        .collect()
}

#[test]
fn everybody_means_the_same_archives() {
    let workflow = text(".github/workflows/release.yml");
    let script = text("shims/shell/install.sh");
    let manifest = text("Cargo.toml");
    assert_eq!(
        targets(&workflow),
        [
            "x86_64-unknown-linux-musl",
            "aarch64-unknown-linux-musl",
            "x86_64-apple-darwin",
            "aarch64-apple-darwin"
        ]
    );
    for (place, words) in [
        (
            &workflow,
            &[
                "name=ftpy-$TARGET\n",
                "out/$name.tar.gz",
                ">out/VERSION",
                "mv ../SHA256SUMS .",
            ][..],
        ),
        (
            &script,
            &[
                "archive=ftpy-$(target).tar.gz",
                "/SHA256SUMS",
                "/latest/download/VERSION",
                "/download/v$version",
            ],
        ),
        (
            &script,
            &["'%s-unknown-linux-musl\\n'", "'%s-apple-darwin\\n'"],
        ),
        (
            &manifest,
            &[
                "/releases/download/v{ version }/ftpy-{ target }.tar.gz\"",
                "bin-dir = \"ftpy-{ target }/{ bin }\"",
            ],
        ),
    ] {
        for word in words {
            assert!(place.contains(word), "{word}");
        }
    }
    for target in targets(&workflow) {
        let own = ftpy::delivery::archive(target).expect(target);
        assert_eq!(own, format!("ftpy-{target}.tar.gz"));
    }
    // The line that the workflow replaces when it publishes the script.
    assert!(script.lines().any(|line| line == "releases='@RELEASES@'"));
    assert!(workflow.contains("s|^releases='@RELEASES@'"));
}

#[test]
fn the_profile_and_the_readme_that_are_published_are_there() {
    let manifest = text("Cargo.toml");
    assert!(manifest.contains("[profile.dist]"));
    assert!(text(".github/workflows/release.yml").contains("--profile dist"));
    assert!(text(".github/workflows/ci.yml").contains("run: .ci/run"));
}

#[test]
fn nobody_is_sent_to_somebody_elses_package() {
    assert!(text(".github/wheel/pyproject.toml").contains("\nname = \"ftpy-installer\"\n"));
    assert!(text(".github/workflows/release.yml").contains("cd .github/wheel &&"));
    for path in [
        "README.md",
        "docs/manual/guides/getting.md",
        "action.yml",
        "src/delivery/install_method.rs",
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
