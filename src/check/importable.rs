//! Which files an interpreter imports as extension modules: some packages bring those of other
//! versions and systems along.

use crate::check::verdict::ModuleVerdict;
use crate::check::wheel_report::ModuleReport;
use crate::wheel::{Arch, WheelPlatform, WheelTarget};
use crate::xray::ModuleFile;

/// The words for an architecture in the names of modules.
const X86_64: [&str; 2] = ["x86_64", "amd64"];
const ARM64: [&str; 2] = ["aarch64", "arm64"];
/// The first minor version of Python 3 that looks for `.abi3t` files.
const FIRST_ABI3T: u8 = 15;

/// Whether an interpreter may import a file as an extension module, by its name. Only what is
/// certainly for another one is not: a module that is left out by mistake would not be judged.
pub(super) fn is_importable(path: &str, target: WheelTarget) -> bool {
    let is_windows = matches!(target.platform, WheelPlatform::Windows(_));
    if path.ends_with(".pyd") != is_windows {
        return false;
    }
    let abi = ModuleFile::parse(path).and_then(|file| file.abi);
    let is_of_version = abi.is_none_or(|abi| match (abi.stable, abi.free_threaded) {
        (true, true) => target.minor >= FIRST_ABI3T,
        // The free-threaded builds of 3.13 and 3.14 look for `.abi3.so`, too.
        (true, false) => !target.is_free_threaded || target.minor < FIRST_ABI3T,
        (false, is_free_threaded) => {
            abi.minor == target.minor && is_free_threaded == target.is_free_threaded
        }
    });
    let file = path.rsplit('/').next().unwrap_or(path);
    let tag = file.split_once('.').map_or("", |(_, tag)| tag);
    is_of_version && is_of_machine(tag, target.platform)
}

/// The module as an interpreter loads it; `None` if it does not import the file.
#[must_use]
pub fn as_imported(report: &ModuleReport, target: WheelTarget) -> Option<ModuleReport> {
    if !is_importable(&report.file, target) {
        return None;
    }
    let mut report = report.clone();
    let abi = ModuleFile::parse(&report.file).and_then(|file| file.abi);
    let is_foreign = abi.is_some_and(|abi| abi.stable && !abi.free_threaded);
    // It was read with the layout of GIL builds. Without a declaration it turns the GIL on anyway.
    if target.is_free_threaded && is_foreign && report.verdict != ModuleVerdict::On {
        let why = "built for abi3, whose layout is not that of free-threaded builds";
        report.verdict = ModuleVerdict::Undetermined(why.to_owned());
    }
    Some(report)
}

fn is_of_machine(tag: &str, platform: WheelPlatform) -> bool {
    let (arch, system) = match platform {
        WheelPlatform::Glibc(arch, _) | WheelPlatform::Musl(arch, _) => (arch, "linux"),
        WheelPlatform::MacOs(arch, _) => (arch, "darwin"),
        WheelPlatform::Windows(arch) => (arch, "win"),
    };
    let others = match arch {
        Arch::X86_64 => ARM64,
        Arch::Arm64 => X86_64,
    };
    let is_of_other_system = match system {
        "linux" => tag.contains("darwin"),
        "darwin" => tag.contains("linux"),
        _ => tag.contains("win32"),
    };
    !is_of_other_system && !others.iter().any(|other| tag.contains(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_of_another_version_or_system_is_not_imported() {
        let target = |minor, platform: &str| WheelTarget {
            minor,
            is_free_threaded: true,
            platform: platform.parse().expect(platform),
        };
        for (file, minor, platform, expected) in [
            (
                "a/x.cpython-314t-x86_64-linux-gnu.so",
                14,
                "linux-x86_64",
                true,
            ),
            (
                "a/x.cpython-314t-x86_64-linux-gnu.so",
                14,
                "linux-aarch64",
                false,
            ),
            (
                "a/x.cpython-314t-x86_64-linux-gnu.so",
                14,
                "macos-x86_64",
                false,
            ),
            (
                "a/x.cpython-314-x86_64-linux-gnu.so",
                14,
                "linux-x86_64",
                false,
            ),
            (
                "a/x.cpython-313t-x86_64-linux-gnu.so",
                14,
                "linux-x86_64",
                false,
            ),
            (
                "a/x.cpython-314t-x86_64-linux-musl.so",
                14,
                "musl-x86_64",
                true,
            ),
            ("a/x.cpython-314t-darwin.so", 14, "macos-arm64", true),
            ("a/x.cpython-314t-darwin.so", 14, "linux-aarch64", false),
            ("a/x.cp314t-win_amd64.pyd", 14, "windows-x86_64", true),
            ("a/x.cp314t-win_arm64.pyd", 14, "windows-x86_64", false),
            ("a/x.cp39-win_amd64.pyd", 14, "windows-x86_64", false),
            ("a/x.cp39-win_amd64.pyd", 14, "linux-x86_64", false),
            ("a/x.abi3.so", 14, "linux-x86_64", true),
            ("a/x.abi3.so", 15, "linux-x86_64", false),
            ("a/x.abi3t.so", 14, "linux-x86_64", false),
            ("a/x.abi3t.so", 15, "linux-x86_64", true),
            ("a/x.so", 14, "linux-x86_64", true),
            ("a/x.so", 14, "windows-x86_64", false),
        ] {
            let is = is_importable(file, target(minor, platform));
            assert_eq!(is, expected, "{file} on {platform}");
        }
    }
}
