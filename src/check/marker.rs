//! Environment markers: whether a requirement applies to a target.

use crate::parser_limits::is_excessive_requirement;
use crate::wheel::{Arch, WheelPlatform, WheelTarget};
use pep508_rs::{MarkerEnvironment, MarkerEnvironmentBuilder, MarkerTree};
use std::str::FromStr;

/// Longer markers than this are not interpreted.
const LONGEST: usize = 4096;

/// Whether a marker holds on a target. Extras and groups count as asked for, and so does a marker
/// that cannot be interpreted: a package that is checked in vain is harmless, a missed one is not.
#[must_use]
pub fn applies(marker: &str, target: WheelTarget) -> bool {
    if marker.len() > LONGEST || is_excessive_requirement(marker) {
        return true;
    }
    let Ok(tree) = MarkerTree::from_str(marker) else {
        return true;
    };
    let Some(environment) = environment(target) else {
        return true;
    };
    tree.simplify_extras_with(|_| true)
        .evaluate(&environment, &[])
}

fn environment(target: WheelTarget) -> Option<MarkerEnvironment> {
    let (os, platform, system, machine) = match target.platform {
        WheelPlatform::Glibc(arch, _) | WheelPlatform::Musl(arch, _) => {
            let machine = match arch {
                Arch::X86_64 => "x86_64",
                Arch::Arm64 => "aarch64",
            };
            ("posix", "linux", "Linux", machine)
        }
        WheelPlatform::MacOs(Arch::X86_64, _) => ("posix", "darwin", "Darwin", "x86_64"),
        WheelPlatform::MacOs(Arch::Arm64, _) => ("posix", "darwin", "Darwin", "arm64"),
        WheelPlatform::Windows(Arch::X86_64) => ("nt", "win32", "Windows", "AMD64"),
        WheelPlatform::Windows(Arch::Arm64) => ("nt", "win32", "Windows", "ARM64"),
    };
    let minor = format!("3.{}", target.minor);
    // The newest patch release, whichever that is.
    let full = format!("{minor}.99");
    let builder = MarkerEnvironmentBuilder {
        implementation_name: "cpython",
        implementation_version: &full,
        os_name: os,
        platform_machine: machine,
        platform_python_implementation: "CPython",
        platform_release: "",
        platform_system: system,
        platform_version: "",
        python_full_version: &full,
        python_version: &minor,
        sys_platform: platform,
    };
    builder.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(marker: &str, minor: u8, platform: WheelPlatform, expected: bool) {
        let target = WheelTarget {
            minor,
            is_free_threaded: true,
            platform,
        };
        assert_eq!(applies(marker, target), expected, "{marker} on {target}");
    }

    #[test]
    fn a_marker_is_judged_by_the_target_and_not_by_this_machine() {
        let [linux, arm, _, mac, _, windows] = WheelPlatform::COMMON;
        check("sys_platform == 'win32'", 14, windows, true);
        check("sys_platform == 'win32'", 14, linux, false);
        check("platform_machine == 'aarch64'", 14, arm, true);
        check(
            "platform_machine == 'arm64' and os_name == 'posix'",
            14,
            mac,
            true,
        );
        check("python_version < '3.14'", 14, linux, false);
        check("python_version < '3.14'", 13, linux, true);
        check("python_full_version >= '3.14.3'", 14, linux, true);
        check("python_full_version >= '3.15'", 15, linux, true);
        check("'linux' in sys_platform", 14, linux, true);
        check("platform_python_implementation == 'PyPy'", 14, linux, false);
        check(
            "(sys_platform == 'win32') or ((os_name == 'posix') and (python_version >= '3.14'))",
            14,
            linux,
            true,
        );
    }

    #[test]
    fn extras_and_unknown_markers_count_as_asked_for() {
        let linux = WheelPlatform::COMMON[0];
        check("extra == 'fast'", 14, linux, true);
        check(
            "sys_platform == 'win32' and extra == 'fast'",
            14,
            linux,
            false,
        );
        check("'dev' in dependency_groups", 14, linux, true);
        check("nonsense", 14, linux, true);
        check(&"(".repeat(100_000), 14, linux, true);
        check(
            &format!("{}os_name == 'nt'{}", "(".repeat(90), ")".repeat(90)),
            14,
            linux,
            true,
        );
    }
}
