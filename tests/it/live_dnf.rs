//! Real dnf and rpm, from Debian, with the test's own repository and installation root.

use crate::support::live::require_live;
use crate::support::machine::{Machine, machine, real_tree, told_tree};
use crate::support::sandbox::Sandbox;
use std::path::Path;

const FEDORA: &str = "\
NAME=\"Fedora Linux\"
ID=fedora
VERSION_ID=44
PRETTY_NAME=\"Fedora Linux 44 (Container Image)\"
";

const SPEC: &str = "
%global debug_package %{nil}
%global __os_install_post %{nil}
%global _binary_payload w0.gzdio
Name: NAME
Version: VERSION
Release: 1.fc44
Summary: for a test
License: none
AutoReqProv: no
%description
for a test
%install
cp -a TREE/usr %{buildroot}/
%files
/usr/bin/*
";

/// Makes a .rpm of a tree's /usr and puts it into the repository.
fn rpm(machine: &Machine, sandbox: &Sandbox, name: &str, version: &str, tree: &Path) {
    let home = sandbox.home().display().to_string();
    let mut spec = SPEC
        .replace("NAME", name)
        .replace("VERSION", version)
        .replace("TREE", &tree.display().to_string());
    if tree.join("usr/lib").exists() {
        spec += "/usr/lib/python3.14t\n";
    }
    std::fs::write(sandbox.home().join("x.spec"), spec).expect("write");
    machine.sh(&format!(
        "cd {home}; rpmbuild -bb --quiet --define '_topdir {home}/build' \
         --define '_rpmdir {home}/rpm' x.spec >&2; createrepo_c --quiet rpm >&2"
    ));
}

/// Debian's rpm keeps its database in the home directory, Fedora's does not.
fn use_rpms(machine: &Machine, sandbox: &Sandbox) {
    let home = sandbox.home().display();
    machine.sh(&format!(
        "mkdir -p /etc/rpm /etc/yum.repos.d; echo '%_dbpath /var/lib/rpm' > /etc/rpm/macros\n\
         rm -f /etc/yum.repos.d/*; cat > /etc/yum.repos.d/test.repo <<END\n\
         [test]\nname=test\nbaseurl=file://{home}/rpm\ngpgcheck=0\nmetadata_expire=1\nEND"
    ));
}

#[test]
#[ignore = "live: needs root and namespaces, and the interpreters in ../shared/pythons"]
fn live_root_pythons_dnf_installs_upgrades_and_removes_a_real_free_threaded_python() {
    require_live();
    for name in ["dnf", "rpmbuild", "createrepo_c"] {
        assert!(Path::new("/usr/bin").join(name).exists(), "no {name}");
    }
    let (sandbox, machine) = machine(FEDORA);
    let home = sandbox.home().to_owned();
    let real = real_tree(&home, true);
    let name = "python3.14-freethreading";
    rpm(
        &machine,
        &sandbox,
        name,
        "3.14.6",
        &told_tree(&home, "3.14.6", "t"),
    );
    use_rpms(&machine, &sandbox);
    let dry = machine.ends(0, &sandbox, &["install", "--dry-run", "distro:3.14t"]);
    let line = "run dnf install --assumeyes python3.14-freethreading\n";
    assert!(
        dry.stdout.contains("3.14.6t-distro") && dry.stdout.contains(line),
        "{dry:?}"
    );
    assert!(
        dry.stderr
            .contains("headers are in python3.14-freethreading-devel"),
        "{dry:?}"
    );
    let missing = machine.ends(3, &sandbox, &["install", "distro:3.15t"]);
    assert!(
        missing
            .stderr
            .contains("python3.15-freethreading is not in the package index"),
        "{missing:?}"
    );
    let said = machine.ends(0, &sandbox, &["-v", "install", "distro:3.14t", "--yes"]);
    assert!(
        said.stderr
            .contains("python3.14-freethreading-3.14.6-1.fc44"),
        "{said:?}"
    );
    assert_eq!(sandbox.installed(), ["3.14.6t-distro"]);

    upgraded_and_removed(&machine, &sandbox, &real);
}

fn upgraded_and_removed(machine: &Machine, sandbox: &Sandbox, real: &Path) {
    let name = "python3.14-freethreading";
    rpm(machine, sandbox, name, "3.14.7", real);
    machine.sh("dnf --refresh upgrade --assumeyes >&2");
    let said = machine.ends(0, sandbox, &["list"]);
    assert!(
        said.stderr.contains("3.14.6t-distro is now 3.14.7t"),
        "{said:?}"
    );
    machine.ends(0, sandbox, &["install", "distro:3.14t"]);
    assert_eq!(sandbox.installed(), ["3.14.7t-distro"]);
    let shim = sandbox.store.join("shims/python3.14t");
    let code = "import sys, ssl, ctypes; print(sys._is_gil_enabled(), sys.executable)";
    let said = machine.sh(&format!("{} -c '{code}'", shim.display()));
    assert_eq!(said, "False /usr/bin/python3.14t\n");

    let said = machine.ends(2, sandbox, &["uninstall", "--purge", "distro:3.14t"]);
    assert!(said.stderr.contains("Remove  1 Package"), "{said:?}");
    assert!(
        machine
            .sh("rpm -q python3.14-freethreading")
            .contains("3.14.7-1.fc44")
    );
    machine.ends(
        0,
        sandbox,
        &["uninstall", "--purge", "--yes", "distro:3.14t"],
    );
    let left = "rpm -q python3.14-freethreading || true; ls /usr/bin/python3.14t 2>&1 || true";
    let left = machine.sh(left);
    assert!(
        left.contains("is not installed") && left.contains("No such file"),
        "{left}"
    );
    assert!(sandbox.installed().is_empty());
}
