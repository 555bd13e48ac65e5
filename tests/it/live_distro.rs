//! Real package managers with the test's own repository, on a separate machine: this machine's apt,
//! and dnf from Debian. The interpreter is a real free-threaded one.

use crate::distro::wait_for;
use crate::support::live::require_live;
use crate::support::machine::{Machine, machine, real_tree, told_tree};
use crate::support::sandbox::{Sandbox, finished, interrupt};
use std::path::Path;

/// os-release of a release that deadsnakes supports.
pub(crate) const NOBLE: &str = "\
PRETTY_NAME=\"Ubuntu 24.04.1 LTS\"
NAME=\"Ubuntu\"
VERSION_ID=\"24.04\"
VERSION_CODENAME=noble
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=noble
";

/// Makes a .deb of a tree and puts it into the repository.
pub(crate) fn deb(machine: &Machine, sandbox: &Sandbox, name: &str, version: &str, tree: &Path) {
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

pub(crate) fn use_debs(machine: &Machine, sandbox: &Sandbox) {
    let repository = sandbox.home().join("deb");
    let line = format!("deb [trusted=yes] file:{} ./", repository.display());
    machine.sh(&format!(
        "rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*\n\
         echo '{line}' > /etc/apt/sources.list.d/test.list\napt-get update >&2"
    ));
}

#[test]
#[ignore = "live: needs root and namespaces, and the interpreters in ../shared/pythons"]
fn live_root_pythons_apt_installs_upgrades_and_purges_a_real_free_threaded_python() {
    require_live();
    let (sandbox, machine) = machine(NOBLE);
    let home = sandbox.home().to_owned();
    let real = real_tree(&home, true);
    let name = "python3.14-nogil";
    deb(
        &machine,
        &sandbox,
        name,
        "3.14.6-1",
        &told_tree(&home, "3.14.6", "t"),
    );
    use_debs(&machine, &sandbox);

    // Shows the exact commands; there is no terminal for a prompt.
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
    assert!(said.stderr.contains("Installed 3.14.6t (distro)"));
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
            said.stderr.contains("3.14.6t-distro is now 3.14.7t"),
            "{said:?}"
        );
    }
    let said = machine.ends(0, sandbox, &["install", "distro:3.14t"]);
    assert!(
        said.stderr
            .contains("3.14.6t-distro was upgraded by its package manager"),
        "{said:?}"
    );
    assert_eq!(sandbox.installed(), ["3.14.7t-distro"]);

    // It works through its shim and through `run`, with its own library.
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
    // Uninstalling keeps the package, which is then found without naming the source.
    let said = machine.ends(0, sandbox, &["uninstall", "distro:3.14t"]);
    assert!(
        said.stderr
            .contains("files are not managed by ftpy and stay"),
        "{said:?}"
    );
    let dry = machine.ends(0, sandbox, &["install", "--dry-run", "3.14.7t"]);
    assert!(dry.stdout.contains("3.14.7t-distro"), "{dry:?}");
    assert!(!dry.stdout.contains("run apt-get"), "{dry:?}");
    machine.ends(0, sandbox, &["install", "distro:3.14t"]);

    // Purge shows apt's output, and requires consent.
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

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_apt_at_work_is_waited_for_and_an_interrupt_leaves_no_mess() {
    require_live();
    let (sandbox, machine) = machine(NOBLE);
    let home = sandbox.home().to_owned();
    let script = |tree: &Path, name: &str, marker: &str, seconds: u8| {
        let marker = home.join(marker);
        let path = tree.join("DEBIAN").join(name);
        let text = format!("#!/bin/sh\ntouch {}\nsleep {seconds}\n", marker.display());
        crate::support::shims::executable(&path, &text);
        marker
    };
    // Another package takes time to install.
    let slow = home.join("slow");
    let busy = script(&slow, "preinst", "busy", 3);
    deb(&machine, &sandbox, "slow", "1", &slow);
    let tree = told_tree(&home, "3.14.6", "t");
    let begun = script(&tree, "postinst", "begun", 3);
    deb(&machine, &sandbox, "python3.14-nogil", "3.14.6-1", &tree);
    use_debs(&machine, &sandbox);
    machine.sh("(apt-get install --yes slow >/dev/null 2>&1 &)");
    wait_for(&busy);
    let arguments = ["install", "distro:3.14t", "--yes"];
    let said = machine.ends(0, &sandbox, &arguments);
    let waiting = "Waiting for another package manager: Could not get lock";
    assert!(said.stderr.contains(waiting), "{said:?}");
    assert_eq!(sandbox.installed(), ["3.14.6t-distro"]);

    machine.ends(
        0,
        &sandbox,
        &["uninstall", "--purge", "--yes", "distro:3.14t"],
    );
    std::fs::remove_file(&begun).expect("remove");
    let mut command = machine.inside(&sandbox.command(&arguments));
    let child = command.spawn().expect("nsenter");
    wait_for(&begun);
    interrupt(&child);
    let said = finished(child.wait_with_output().expect("output"));
    assert_eq!(said.code, Some(130), "{said:?}");
    assert!(said.stderr.contains("has finished"), "{said:?}");
    assert!(sandbox.installed().is_empty());
    // apt finished what it had started.
    assert_eq!(
        machine.sh("dpkg --audit; dpkg-query -Wf '${db:Status-Status}' python3.14-nogil"),
        "installed"
    );
    machine.ends(0, &sandbox, &["install", "distro:3.14t"]);
}

/// Does what deadsnakes' helper does, for the test's repository.
const ADD: &str = "#!/bin/sh
echo \"$*\" > HOME/added
echo 'deb [trusted=yes] file:HOME/deb ./' > /etc/apt/sources.list.d/deadsnakes.list
apt-get update
";

/// No repository yet, and the program that adds one and creates the file `added`.
pub(crate) fn with_adder(machine: &Machine, sandbox: &Sandbox) {
    machine.sh("rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*; apt-get update >&2");
    let add = sandbox.home().join("add-apt-repository");
    let text = ADD.replace("HOME", &sandbox.home().display().to_string());
    crate::support::shims::executable(&add, &text);
    machine.sh(&format!("cp {} /usr/bin/", add.display()));
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_apt_adds_a_repository_and_gives_no_other_variant() {
    require_live();
    let (sandbox, machine) = machine(NOBLE);
    let home = sandbox.home().to_owned();
    deb(
        &machine,
        &sandbox,
        "python3.14-nogil",
        "3.14.8-1",
        &told_tree(&home, "3.14.8", "t"),
    );
    deb(
        &machine,
        &sandbox,
        "python3.13-nogil",
        "3.13.9-1",
        &told_tree(&home, "3.13.9", ""),
    );
    with_adder(&machine, &sandbox);
    let dry = machine.ends(0, &sandbox, &["install", "--dry-run", "distro:3.14t"]);
    for line in [
        "add the PPA deadsnakes (ppa:deadsnakes/ppa), after asking\n",
        "run add-apt-repository --yes ppa:deadsnakes/ppa\n",
        "run apt-get install --yes python3.14-nogil\n",
    ] {
        assert!(dry.stdout.contains(line), "{line}: {dry:?}");
    }
    assert!(!home.join("added").exists());
    let said = machine.ends(0, &sandbox, &["install", "distro:3.14t", "--yes"]);
    assert!(said.stderr.contains("is in the PPA deadsnakes"), "{said:?}");
    let added = std::fs::read_to_string(home.join("added")).expect("added");
    assert_eq!(added, "--yes ppa:deadsnakes/ppa\n");
    // The table contains 3.14.7, but the interpreter's version counts.
    assert_eq!(sandbox.installed(), ["3.14.8t-distro"]);

    // A package that claims to be free-threaded.
    let said = machine.ends(5, &sandbox, &["install", "distro:3.13t", "--yes"]);
    assert!(
        said.stderr
            .contains("python3.13-nogil contains 3.13.9 (GIL)"),
        "{said:?}"
    );
    assert!(said.stderr.contains("nothing was recorded"), "{said:?}");
    assert_eq!(sandbox.installed(), ["3.14.8t-distro"]);
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_debian_is_said_to_package_none_and_the_chain_goes_on() {
    require_live();
    let text = "ID=debian\nVERSION_ID=\"13\"\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n";
    let (sandbox, machine) = machine(text);
    let none = "distro: Debian GNU/Linux 13 (trixie) packages no free-threaded Python";
    let said = machine.ends(3, &sandbox, &["install", "distro:3.14t"]);
    assert!(said.stderr.contains(none), "{said:?}");
    let dry = ["install", "--dry-run", "--from", "distro,source", "3.14t"];
    let said = machine.ends(0, &sandbox, &dry);
    assert!(said.stdout.contains("-source\n"), "{said:?}");
    assert!(said.stdout.contains(none), "{said:?}");
}

/// A real sudo, from the machine's mirror before the test's repository replaces it; and ftpy in a
/// public place, with a store that the user may not write.
pub(crate) fn with_sudo(machine: &Machine, sandbox: &mut Sandbox) {
    machine.sh("apt-get install --yes --no-install-recommends sudo >&2");
    machine.sh("echo 'nobody ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/test");
    let home = sandbox.home().display().to_string();
    let ftpy = crate::support::program();
    machine.sh(&format!(
        "chmod 755 {home}; mkdir {home}/store; chown nobody {home}/store; cp {ftpy} /usr/bin/ftpy"
    ));
    sandbox.set("HOME", "/nonexistent");
}

/// ftpy as the user `nobody`.
pub(crate) fn as_nobody(sandbox: &Sandbox, arguments: &[&str]) -> std::process::Command {
    let inner = sandbox.command(arguments);
    let mut command = std::process::Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "ftpy"])
        .args(arguments)
        .envs(
            inner
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    command
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_who_is_not_root_is_made_so_by_a_real_sudo() {
    require_live();
    let (mut sandbox, machine) = machine(NOBLE);
    with_sudo(&machine, &mut sandbox);
    let tree = told_tree(sandbox.home(), "3.14.6", "t");
    deb(&machine, &sandbox, "python3.14-nogil", "3.14.6-1", &tree);
    use_debs(&machine, &sandbox);
    let as_nobody = |arguments: &[&str]| {
        let command = as_nobody(&sandbox, arguments);
        finished(machine.inside(&command).output().expect("nsenter"))
    };
    let dry = as_nobody(&["install", "--dry-run", "distro:3.14t"]);
    let line = "run sudo apt-get install --yes python3.14-nogil\n";
    assert!(dry.stdout.contains(line), "{dry:?}");
    let said = as_nobody(&["install", "distro:3.14t", "--yes"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(sandbox.installed(), ["3.14.6t-distro"]);
    let said = as_nobody(&["uninstall", "--purge", "--yes", "distro:3.14t"]);
    assert!(
        said.stderr.contains("this will run: sudo apt-get purge"),
        "{said:?}"
    );
    assert_eq!(said.code, Some(0), "{said:?}");
    machine.sh("test ! -e /usr/bin/python3.14t; rm /usr/bin/sudo");
    let said = as_nobody(&["install", "distro:3.14t", "--yes"]);
    assert!(
        said.stderr
            .contains("requires root, and sudo is not installed"),
        "{said:?}"
    );
}
