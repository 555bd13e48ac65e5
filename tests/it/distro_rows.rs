//! Every distribution by its os-release, every package manager by its answers: which package is
//! chosen, and what is reported if there is none.

use ftpy::distro::answer::version;
use ftpy::distro::release::Release;
use ftpy::distro::{Available, Machine, PackageAnswer};
use ftpy::manifest::distro::{Reader, table};
use ftpy::provider::{Distro, Offer, Provider, Query, Recipe};
use ftpy_core::parse::parse;
use ftpy_core::request::Request;
use ftpy_core::target::Target;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The names of the files in a folder.
fn names(folder: &str) -> Vec<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/distro");
    let entries = std::fs::read_dir(root.join(folder))
        .expect("read")
        .flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

fn fixture(folder: &str, name: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/distro");
    std::fs::read_to_string(root.join(folder).join(name)).expect(name)
}

/// The rows of a table, split into fields.
fn rows(name: &str) -> Vec<Vec<String>> {
    let text = fixture("", name);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            line.split('|')
                .map(|field| field.trim().to_owned())
                .collect()
        })
        .collect()
}

/// A machine of this distribution, whose package manager has every package of the minor.
fn machine(name: &str) -> Machine {
    let release = match name {
        "macos" => Release::default(),
        name => Release::parse(&fixture("os-release", name)),
    };
    let own: &[&str] = match release.id.as_str() {
        "nixos" => &["nix"],
        "" => &["brew", "port"],
        "void" | "guix" => &[],
        _ => &[
            "apt-get",
            "dnf",
            "zypper",
            "pacman",
            "apk",
            "emerge",
            "add-apt-repository",
        ],
    };
    let mut answers = Vec::new();
    for row in &table().distributions {
        for package in &row.packages {
            answers.push(PackageAnswer {
                family: row.family.clone(),
                package: package.name.clone(),
                installed: None,
                available: Available::Version(format!("{}.2-1", package.minor)),
            });
        }
    }
    Machine {
        is_image: name.starts_with("silverblue"),
        release,
        programs: own.iter().map(|program| (*program).to_owned()).collect(),
        is_root: true,
        answers,
        ..Machine::default()
    }
}

fn offer(machine: &Machine, request: &str, is_named: bool) -> Offer {
    let Ok(Request::Build(request)) = parse(request) else {
        panic!("{request}");
    };
    let distro = Distro {
        table: table(),
        machine,
        is_named,
    };
    distro.candidates(&Query::new(request, &Target::new("linux", "x86_64", "gnu")))
}

#[test]
fn every_distribution_gets_its_own_package_or_is_told_that_there_is_none() {
    let mut met = BTreeSet::new();
    let mut asked = BTreeSet::new();
    for row in rows("rows.txt") {
        let [name, request, expected, program] = row.as_slice() else {
            panic!("{row:?}");
        };
        asked.insert(name.clone());
        let offered = offer(&machine(name), request, true);
        if let Some(reason) = expected.strip_prefix('!') {
            assert!(
                offered.candidates.is_empty(),
                "{name} {request}: {offered:?}"
            );
            let is_said = offered.rejections.iter().any(|line| line.contains(reason));
            assert!(is_said, "{name} {request}: {offered:?}");
            continue;
        }
        let candidate = &offered.candidates[0];
        assert_eq!(
            candidate.build.name(),
            format!("{}.2t", request.trim_end_matches('t'))
        );
        let Recipe::Packages(packages) = &candidate.recipe else {
            panic!("{candidate:?}");
        };
        assert_eq!(
            packages.name,
            expected.trim_start_matches('?'),
            "{name} {request}"
        );
        assert_eq!(packages.commands.len(), 1, "{name}");
        assert_eq!(&packages.commands[0][0], program, "{name}");
        assert!(
            packages.commands[0]
                .iter()
                .any(|word| word.contains(&packages.name))
        );
        assert_eq!(
            packages.repository, None,
            "its index has the package: {name}"
        );
        let is_doubted = packages
            .notes
            .iter()
            .any(|note| note.contains("is untested on"));
        assert_eq!(is_doubted, expected.starts_with('?'), "{name} {request}");
        met.insert((packages.family.clone(), packages.name.clone()));
        // Unless it is named, the source offers only installed packages.
        assert!(
            offer(&machine(name), request, false).candidates.is_empty(),
            "{name}"
        );
    }
    nothing_is_left_out(&asked, &met);
}

/// The rows of the test cover every recorded os-release and every package of the table.
fn nothing_is_left_out(asked: &BTreeSet<String>, met: &BTreeSet<(String, String)>) {
    for recorded in names("os-release") {
        assert!(asked.contains(&recorded), "{recorded} is asked by no row");
    }
    for row in &table().distributions {
        for package in &row.packages {
            let place = (row.family.clone(), package.name.clone());
            let is_elsewhere = row.family == "port" || package.by_hand.is_some();
            assert!(
                met.contains(&place) || is_elsewhere,
                "no test meets {place:?}"
            );
        }
    }
}

#[test]
fn a_repository_that_is_not_there_is_added_only_where_ftpy_can() {
    let absent = |name: &str| {
        let mut machine = machine(name);
        for answer in &mut machine.answers {
            answer.available = Available::Absent;
        }
        machine
    };
    let offered = offer(&absent("ubuntu-24.04"), "3.14t", true);
    let Recipe::Packages(packages) = &offered.candidates[0].recipe else {
        panic!("{offered:?}");
    };
    let repository = packages.repository.as_ref().expect("a repository");
    assert_eq!(
        repository.commands,
        [["add-apt-repository", "--yes", "ppa:deadsnakes/ppa"]]
    );
    assert_eq!(
        offered.candidates[0].build.name(),
        "3.14.7t",
        "as it was seen"
    );
    assert!(
        !offer(&absent("rocky-9"), "3.13t", true)
            .candidates
            .is_empty()
    );
    let says = |name: &str, request: &str, text: &str| {
        let offered = offer(&absent(name), request, true);
        assert!(offered.candidates.is_empty(), "{offered:?}");
        assert!(offered.rejections[0].contains(text), "{offered:?}");
    };
    says(
        "rhel-9",
        "3.13t",
        "requires EPEL, which must be added by hand",
    );
    let mut small = absent("ubuntu-24.04");
    small.programs.remove("add-apt-repository");
    let said = offer(&small, "3.14t", true).rejections;
    let lacks = "add-apt-repository is not on PATH (software-properties-common has it)";
    assert!(said[0].contains(lacks), "{said:?}");
    // An outdated row is detected.
    says(
        "fedora-42",
        "3.14t",
        "is not in the package index of this machine, although Fedora",
    );
}

#[test]
fn what_is_installed_is_offered_unasked_and_what_nobody_has_seen_is_not() {
    let installed = |name: &str, version: &str| {
        let mut machine = machine(name);
        for answer in &mut machine.answers {
            answer.installed = Some(version.to_owned());
        }
        machine
    };
    let fedora = installed("fedora-42", "1:3.14.2-3.fc42");
    let offered = offer(&fedora, "3.14t", false);
    assert_eq!(offered.candidates[0].build.name(), "3.14.2t");
    let Recipe::Packages(packages) = &offered.candidates[0].recipe else {
        panic!("{offered:?}");
    };
    assert!(
        packages.commands.is_empty(),
        "nothing is run for what is there"
    );
    // An installed package comes before an installable newer one.
    let mut both = fedora.clone();
    both.programs.insert("brew".to_owned());
    for answer in &mut both.answers {
        answer.installed = (answer.family == "brew").then(|| "3.14.1".to_owned());
        answer.available = Available::Version("3.14.9-1".to_owned());
    }
    let names = |machine: &Machine| -> Vec<String> {
        let offered = offer(machine, "3.14t", true);
        offered
            .candidates
            .iter()
            .map(|one| one.build.name())
            .collect()
    };
    assert_eq!(names(&both), ["3.14.1t"]);
    // The system's own package comes first.
    both.answers
        .iter_mut()
        .for_each(|answer| answer.installed = None);
    assert_eq!(names(&both), ["3.14.9t"]);
    let offered = offer(&both, "3.14t", true);
    assert!(format!("{offered:?}").contains("\"dnf\", \"install\""));
    // Also from the AUR, which ftpy does not run.
    assert!(
        !offer(&installed("arch", "3.14.7-1"), "3.14t", false)
            .candidates
            .is_empty()
    );
    for (request, reason) in [
        ("3.14", "only free-threaded packages are known"),
        ("3.14td", "only free-threaded packages are known"),
        ("3.14t+tsan", "neither flavours nor build numbers"),
        ("cpython-3.14t-macos", "this machine only"),
        ("3.14.1t", "is 3.14.2, not 3.14.1"),
    ] {
        let offered = offer(&fedora, request, true);
        assert!(offered.candidates.is_empty(), "{request}");
        assert!(
            offered.rejections.iter().any(|line| line.contains(reason)),
            "{offered:?}"
        );
    }
}

#[test]
fn who_is_not_root_becomes_so_by_the_first_means_there_is() {
    let mut machine = machine("fedora-42");
    machine.is_root = false;
    let said = offer(&machine, "3.14t", true).rejections;
    assert!(said[0].contains("requires root"), "{said:?}");
    machine.elevator = Some("doas".to_owned());
    let offered = offer(&machine, "3.14t", true);
    let Recipe::Packages(packages) = &offered.candidates[0].recipe else {
        panic!("{offered:?}");
    };
    assert_eq!(packages.commands[0][..2], ["doas", "dnf"]);
    // brew and nix are installed by the user.
    let mut machine = self::machine("macos");
    machine.is_root = false;
    machine.elevator = Some("sudo".to_owned());
    let offered = offer(&machine, "3.14t", true);
    let Recipe::Packages(packages) = &offered.candidates[0].recipe else {
        panic!("{offered:?}");
    };
    assert_eq!(packages.commands[0][0], "brew");
}

#[test]
fn the_answers_of_package_managers_are_read() {
    let mut seen = BTreeSet::new();
    for row in rows("answers.txt") {
        let [name, reader, package, expected] = row.as_slice() else {
            panic!("{row:?}");
        };
        let is_read = serde_json::from_value(reader.as_str().into());
        let reader: Reader = is_read.expect("a reader");
        let text = fixture("answers", &format!("{name}.txt"));
        let found = version(reader, &text, package);
        assert_eq!(found.as_deref().unwrap_or("-"), expected, "{row:?}");
        seen.insert(format!("{name}.txt"));
    }
    for recorded in names("answers").iter().filter(|name| *name != "README.md") {
        assert!(seen.contains(recorded), "{recorded} is read by no check");
    }
}
