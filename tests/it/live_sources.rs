//! All sources in one store, with real packages of each: an archive, a conda channel, apt with the
//! test's own repository, and a compiler.

use crate::live_distro::{NOBLE, deb, use_debs};
use crate::support::channel::{Channel, Form};
use crate::support::live::{archive, archives, require_live};
use crate::support::machine::{machine, real_tree};
use crate::support::pythons::real_packages;
use crate::support::sandbox::Sandbox;

/// Makes each source available to the sandbox: real archives, a real channel, the machine's mirror.
fn offer_all(sandbox: &mut Sandbox) {
    let packages = real_packages(&sandbox.home().join("scratch"));
    for path in archives() {
        sandbox.offer(&archive(&path));
    }
    let url = Channel::of(&packages).serve(sandbox, "channel", Form::Zst);
    sandbox.set("FTPY_CONDA_CHANNELS", &url);
    let index = sandbox.server.url("/index.ndjson");
    sandbox.set("FTPY_INDEX_URL", &index);
    sandbox.unset("FTPY_PBS_MIRROR");
    sandbox.unset("FTPY_SOURCE_MIRROR");
}

#[test]
#[ignore = "live: needs root and namespaces, and the interpreters in ../shared/pythons"]
fn live_root_pythons_all_sources_stand_side_by_side_and_each_is_reached_by_its_request() {
    require_live();
    let (mut sandbox, machine) = machine(NOBLE);
    let real = real_tree(sandbox.home(), true);
    offer_all(&mut sandbox);
    // With their GIL twins; deadsnakes has a separate package for its twin.
    sandbox.ok(&["install", "pbs:3.14t", "pbs:3.14"]);
    sandbox.ok(&["install", "conda:3.14t", "conda:3.14"]);
    sandbox.ok(&["install", "source:3.14.7t", "source:3.14.7"]);
    deb(&machine, &sandbox, "python3.14-nogil", "3.14.7-1", &real);
    use_debs(&machine, &sandbox);
    machine.ends(0, &sandbox, &["install", "--yes", "distro:3.14t"]);
    let listed = machine.ends(0, &sandbox, &["list"]).stdout;
    for (request, key, is_free) in [
        ("pbs:3.14t", "3.14.7t-pbs-20260901", true),
        ("pbs:3.14", "3.14.7-pbs-20260901", false),
        ("conda:3.14t", "3.14.7t-conda-2", true),
        ("conda:3.14", "3.14.7-conda-102", false),
        ("distro:3.14t", "3.14.7t-distro", true),
        ("source:3.14t", "3.14.7t-source", true),
        ("source:3.14", "3.14.7-source", false),
    ] {
        let line = listed
            .lines()
            .find(|line| line.starts_with(&format!("{key} ")));
        let variant = if is_free { "free-threaded" } else { "GIL" };
        assert!(
            line.is_some_and(|line| line.contains(variant)),
            "{key}: {listed}"
        );
        let code = "import sys; print(sys._is_gil_enabled(), sys.version_info[:3])";
        let said = machine.ends(0, &sandbox, &["run", request, "--", "python", "-c", code]);
        let expected = if is_free { "False" } else { "True" };
        assert_eq!(said.stdout, format!("{expected} (3, 14, 7)\n"), "{request}");
    }
    assert_eq!(listed.lines().count(), 7, "{listed}");
    machine.ends(0, &sandbox, &["verify"]);
}
