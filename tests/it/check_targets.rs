//! `ftpy check` of wheels for targets: which ones are chosen, and what is said about each.

use crate::check::{packages, venv, wheel, words};
use crate::support::sandbox::Sandbox;
use crate::support::shims::run_in;
use crate::support::wheels::{MODULE, members, module};
use crate::support::zip::zip;

#[test]
fn what_is_confirmed_needs_an_interpreter_and_a_wheel_for_this_machine() {
    let sandbox = Sandbox::new();
    let dist = sandbox.home().join("dist");
    let host = ftpy::wheel::WheelPlatform::of(&ftpy::host::target::detect()).expect("a platform");
    let tag = match host.name() {
        "linux-aarch64" => "manylinux_2_28_aarch64",
        _ => "manylinux_2_28_x86_64",
    };
    wheel(&dist, &format!("cp314-cp314t-{tag}"), true);
    let arguments = ["check", "--confirm", "-p", "3.14t", "dist"];
    let said = run_in(&sandbox, sandbox.home(), 3, &arguments);
    assert!(said.stderr.contains("3.14t is not installed"), "{said:?}");
    let other = ["check", "--confirm", "--platform", "windows-x86_64", "dist"];
    let said = run_in(&sandbox, sandbox.home(), 2, &other);
    let text = "--confirm imports modules on this machine, for which nothing is checked";
    assert!(said.stderr.contains(text), "{said:?}");
}

#[test]
fn targets_that_are_named_apply_to_the_wheels_of_a_maintainer() {
    let sandbox = Sandbox::new();
    let dist = sandbox.home().join("dist");
    wheel(&dist, "cp314-cp314t-manylinux_2_28_x86_64", true);
    wheel(&dist, "cp314-cp314t-musllinux_1_2_x86_64", false);
    let check = |code, python, platform| {
        let all = [
            "check",
            "--json",
            "-p",
            python,
            "--platform",
            platform,
            "dist",
        ];
        words(&run_in(&sandbox, sandbox.home(), code, &all))
    };
    assert_eq!(
        check(0, "3.14t", "linux-x86_64"),
        ["demo keeps-off 3.14t-linux-x86_64"]
    );
    assert_eq!(
        check(9, "3.15t", "linux-x86_64"),
        ["demo no-t-wheel 3.15t-linux-x86_64"]
    );
    assert_eq!(
        check(8, "3.14t", "musl-x86_64,macos-arm64"),
        [
            "demo turns-on 3.14t-musl-x86_64",
            "demo not-for-platform 3.14t-macos-arm64"
        ]
    );
}

#[test]
fn what_holds_for_one_platform_names_it() {
    let sandbox = Sandbox::new();
    let dist = sandbox.home().join("dist");
    wheel(&dist, "cp314-cp314t-manylinux_2_28_x86_64", true);
    wheel(&dist, "cp314-cp314t-musllinux_1_2_x86_64", false);
    let said = run_in(&sandbox, sandbox.home(), 8, &["check", "dist"]);
    let text = "\ndemo 1.0, 3.14t on musl-x86_64:\n  demo.x turns it on";
    assert!(said.stdout.contains(text), "{said:?}");
}

#[test]
fn a_wheel_with_a_program_is_not_called_pure_python() {
    let sandbox = Sandbox::new();
    let dist = sandbox.home().join("dist");
    std::fs::create_dir(&dist).expect("create");
    let bytes = zip(&members(&[("demo-1.0.data/scripts/demo", vec![0; 9])]));
    let file = "demo-1.0-py3-none-manylinux_2_28_x86_64.whl";
    std::fs::write(dist.join(file), bytes).expect("write");
    let said = run_in(&sandbox, sandbox.home(), 0, &["check", "dist"]);
    assert!(said.stdout.contains("no extension modules"), "{said:?}");
    assert!(
        said.stderr.contains("1 without extension modules"),
        "{said:?}"
    );
    let said = run_in(&sandbox, sandbox.home(), 0, &["check", "--json", "dist"]);
    assert_eq!(packages(&said)[0]["class"], "pure-python");
}

#[test]
fn an_environment_is_not_checked_for_another_target() {
    let sandbox = Sandbox::new();
    let project = venv(&sandbox, &[("demo", &[(MODULE, module(true))])]);
    run_in(&sandbox, &project, 0, &["check", "-p", "3.14t", ".venv"]);
    for other in [["-p", "3.15t"], ["--platform", "windows-x86_64"]] {
        let all = [&["check"], &other[..], &[".venv"]].concat();
        let said = run_in(&sandbox, &project, 2, &all);
        assert!(
            said.stderr.contains("has packages for 3.14t on "),
            "{said:?}"
        );
    }
}
