//! Real package managers with a repository that the test makes, on a machine of its own: apt as
//! it is here, dnf as Debian packages it. The interpreter is a real free-threaded one.

use crate::support::live::is_live;
use crate::support::machine::{Machine, real_tree};
use crate::support::sandbox::{Sandbox, probe_answer};
use crate::support::shims::executable;
use std::path::{Path, PathBuf};

const NOBLE: &str = "\
PRETTY_NAME=\"Ubuntu 24.04.1 LTS\"
NAME=\"Ubuntu\"
VERSION_ID=\"24.04\"
VERSION_CODENAME=noble
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=noble
";

/// A sandbox, and a machine below its home.
fn machine(os_release: &str) -> Option<(Sandbox, Machine)> {
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    sandbox.set(
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    );
    let place = sandbox.home().join("machine");
    let machine = Machine::new(&place, os_release)?;
    Some((sandbox, machine))
}

/// A tree whose /usr/bin/pythonX.Yt is a script that says it is this version.
fn told_tree(place: &Path, version: &str, flags: &str) -> PathBuf {
    let tree = place.join(format!("tree-{version}{flags}"));
    let minor = version.rsplit_once('.').expect("a patch").0;
    let path = tree.join(format!("usr/bin/python{minor}t"));
    executable(&path, &probe_answer(version, flags, flags));
    tree
}

/// Makes a .deb of a tree and puts it into the repository.
fn deb(machine: &Machine, sandbox: &Sandbox, name: &str, version: &str, tree: &Path) {
    let control = tree.join("DEBIAN/control");
    std::fs::create_dir_all(control.parent().expect("parent")).expect("mkdir");
    let text = format!(
        "Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: x <x@example>\n\
         Description: for a test\n"
    );
    std::fs::write(&control, text).expect("write");
    let repository = sandbox.home().join("deb");
    let (tree, repository) = (tree.display(), repository.display());
    machine.sh(&format!(
        "chmod -R go+rX {tree}; mkdir -p {repository}; cd {repository}\n\
         dpkg-deb -Znone --root-owner-group --build {tree} . >&2\n\
         apt-ftparchive packages . > Packages"
    ));
}

fn use_debs(machine: &Machine, sandbox: &Sandbox) {
    let repository = sandbox.home().join("deb");
    let line = format!("deb [trusted=yes] file:{} ./", repository.display());
    machine.sh(&format!(
        "rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*\n\
         echo '{line}' > /etc/apt/sources.list.d/test.list\napt-get update >&2"
    ));
}

#[test]
fn apt_installs_upgrades_and_purges_a_real_free_threaded_python() {
    if !is_live("apt_installs") {
        return;
    }
    let Some((sandbox, machine)) = machine(NOBLE) else {
        return;
    };
    let home = sandbox.home().to_owned();
    let Some(real) = real_tree(&home, true) else {
        return;
    };
    let name = "python3.14-nogil";
    deb(
        &machine,
        &sandbox,
        name,
        "3.14.6-1",
        &told_tree(&home, "3.14.6", "t"),
    );
    use_debs(&machine, &sandbox);

    // What would be done, by its exact words; and nobody who could be asked.
    let install = ["install", "--from", "distro", "3.14t"];
    let dry = machine.ends(
        0,
        &sandbox,
        &["install", "--from", "distro", "--dry-run", "3.14t"],
    );
    assert!(dry.stdout.contains("3.14t -> 3.14.6t-distro"), "{dry:?}");
    assert!(
        dry.stdout
            .contains("run apt-get install --yes python3.14-nogil\n"),
        "{dry:?}"
    );
    assert!(dry.stderr.contains("shares /usr/lib/python3.14"), "{dry:?}");
    let refused = machine.ends(2, &sandbox, &install);
    assert!(refused.stderr.contains("--yes"), "{refused:?}");
    assert_eq!(
        machine.sh("dpkg-query -W python3.14-nogil 2>/dev/null || echo none"),
        "none\n"
    );

    let said = machine.ends(0, &sandbox, &[&install[..], &["--yes"]].concat());
    assert!(
        said.stderr.contains("this will run: apt-get install --yes"),
        "{said:?}"
    );
    assert!(
        said.stderr
            .contains("installed 3.14.6t, free-threaded, GIL off: /usr/bin/python3.14t")
    );
    assert!(
        !said.stderr.contains("Unpacking"),
        "apt's words are for -v: {said:?}"
    );
    assert_eq!(sandbox.installed(), ["3.14.6t-distro"]);
    let again = machine.ends(0, &sandbox, &["install", "distro:3.14t"]);
    assert!(again.stderr.contains("already installed"), "{again:?}");

    upgraded_behind_its_back(&machine, &sandbox, &real);
    purged(&machine, &sandbox);
}

fn upgraded_behind_its_back(machine: &Machine, sandbox: &Sandbox, real: &Path) {
    deb(
        machine,
        sandbox,
        "python3.14-nogil",
        "3.14.7-1+noble1",
        real,
    );
    machine.sh("apt-get update >&2; apt-get upgrade --yes >&2");
    for command in [&["list"][..], &["show"]] {
        let said = machine.ftpy(sandbox, command);
        assert!(
            said.stderr.contains("3.14.6t-distro is 3.14.7t now"),
            "{said:?}"
        );
    }
    let said = machine.ends(0, sandbox, &["install", "distro:3.14t"]);
    assert!(said.stderr.contains("forgot 3.14.6t-distro"), "{said:?}");
    assert_eq!(sandbox.installed(), ["3.14.7t-distro"]);

    // It works, by its shim and by `run`; its library is its own.
    let shim = sandbox.store.join("shims/python3.14t");
    let code = "import sys, sysconfig, threading; print(sys._is_gil_enabled(), sys.executable)";
    let said = machine.sh(&format!("{} -c '{code}'", shim.display()));
    assert_eq!(said, "False /usr/bin/python3.14t\n");
    let said = machine.ends(
        0,
        sandbox,
        &["run", "distro:3.14t", "--", "python", "-c", code],
    );
    assert_eq!(said.stdout, "False /usr/bin/python3.14t\n");
}

fn purged(machine: &Machine, sandbox: &Sandbox) {
    let shim = sandbox.store.join("shims/python3.14t");
    // Forgetting leaves it there, and then it is found without the source being named.
    let said = machine.ends(0, sandbox, &["uninstall", "distro:3.14t"]);
    assert!(
        said.stderr.contains("files are not ftpy's and stay"),
        "{said:?}"
    );
    let dry = machine.ends(0, sandbox, &["install", "--dry-run", "3.14.7t"]);
    assert!(dry.stdout.contains("3.14.7t-distro"), "{dry:?}");
    assert!(!dry.stdout.contains("run apt-get"), "{dry:?}");
    machine.ends(0, sandbox, &["install", "distro:3.14t"]);

    // Purge shows what apt says, and needs a word.
    let said = machine.ends(2, sandbox, &["uninstall", "--purge", "distro:3.14t"]);
    assert!(
        said.stderr
            .contains("Purg python3.14-nogil [3.14.7-1+noble1]"),
        "{said:?}"
    );
    assert_eq!(sandbox.installed(), ["3.14.7t-distro"]);
    let said = machine.ends(
        0,
        sandbox,
        &["uninstall", "--purge", "--yes", "distro:3.14t"],
    );
    assert!(
        said.stderr.contains("this will run: apt-get purge --yes"),
        "{said:?}"
    );
    assert!(sandbox.installed().is_empty() && !shim.exists());
    assert_eq!(
        machine.sh("ls /usr/bin/python3.14t 2>/dev/null || echo none"),
        "none\n"
    );
    assert!(
        !Path::new("/usr/bin/python3.14t").exists(),
        "this machine was changed"
    );
}
