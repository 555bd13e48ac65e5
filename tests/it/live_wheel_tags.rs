//! The tags of wheels, beside those of the library that pip and uv agree with.

use crate::support::live::require_live;
use crate::support::sandbox::Sandbox;
use crate::support::tools::from_pypi;
use ftpy::wheel::{Arch, WheelPlatform, WheelTags, WheelTarget};
use std::process::Command;

/// Prints the tags by `packaging`: platform, architecture, version, Python, `t` or nothing.
const SCRIPT: &str = r#"
import sys
from packaging import tags, _manylinux, _musllinux
system, arch, major, minor, python, variant = sys.argv[1:]
version = int(major), int(minor)
if system == "macos":
    platforms = list(tags.mac_platforms(version, arch))
elif system == "windows":
    platforms = ["win_" + arch]
else:
    platforms = ["linux_" + arch]
    if system == "glibc":
        _manylinux._get_glibc_version = lambda: version
        _manylinux._have_compatible_abi = lambda *_: True
        _manylinux._is_compatible = lambda *_: True
        platforms += _manylinux.platform_tags([arch])
    else:
        _musllinux._get_musl_version = lambda _: _musllinux._MuslVersion(*version)
        platforms += _musllinux.platform_tags([arch])
name = "cp3" + python
found = list(tags.cpython_tags((3, int(python)), [name + variant], platforms))
found += tags.compatible_tags((3, int(python)), name, platforms)
print("\n".join(map(str, found)))
"#;

#[test]
#[ignore = "live: needs packaging of PyPI"]
fn live_the_tags_of_a_target_are_those_of_packaging() {
    require_live();
    let sandbox = Sandbox::new();
    let bin = from_pypi(sandbox.home(), &["packaging>=26"]);
    let platforms = [
        (WheelPlatform::COMMON[0], "glibc", "x86_64", "2", "39"),
        (WheelPlatform::COMMON[1], "glibc", "aarch64", "2", "39"),
        (WheelPlatform::COMMON[2], "musl", "x86_64", "1", "2"),
        (WheelPlatform::COMMON[3], "macos", "arm64", "15", "0"),
        (WheelPlatform::COMMON[4], "macos", "x86_64", "15", "0"),
        (
            WheelPlatform::MacOs(Arch::X86_64, (10, 15)),
            "macos",
            "x86_64",
            "10",
            "15",
        ),
        (WheelPlatform::COMMON[5], "windows", "amd64", "0", "0"),
    ];
    for (platform, system, arch, major, minor) in platforms {
        for (python, is_free_threaded) in [(13, true), (14, true), (15, true), (14, false)] {
            let variant = if is_free_threaded { "t" } else { "" };
            let mut command = Command::new(bin.join("python"));
            command.args(["-c", SCRIPT, system, arch, major, minor]);
            command.args([&python.to_string(), variant]);
            let output = command.output().expect("python");
            let text = String::from_utf8(output.stdout).expect("UTF-8");
            // Free-threaded builds before 3.15 cannot load abi3t, whatever packaging says.
            let is_loadable = |tag: &&str| python >= 15 || !tag.contains("-abi3t-");
            let expected: Vec<&str> = text.lines().filter(is_loadable).collect();
            assert!(
                expected.len() > 20,
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            let target = WheelTarget {
                minor: python,
                is_free_threaded,
                platform,
            };
            assert_eq!(WheelTags::of(target).tags, expected, "{target}");
        }
    }
}
