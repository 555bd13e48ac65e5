//! The platforms of a lock file. A platform is that of a machine; the locked build may be for
//! another target: `cpython-3.14t-linux-x86_64_v3` on `linux-x86_64-gnu`.

use crate::host::target::can_run;
use ftpy_core::request::BuildRequest;
use ftpy_core::target::Target;

/// The default platforms: the common Linux and macOS machines.
pub const DEFAULT: [&str; 6] = [
    "linux-aarch64-gnu",
    "linux-aarch64-musl",
    "linux-x86_64-gnu",
    "linux-x86_64-musl",
    "macos-aarch64-none",
    "macos-x86_64-none",
];

/// Parses `linux-x86_64-gnu`, as in keys; the libc may be omitted.
///
/// # Errors
/// Returns a message if it is not a platform.
pub fn platform(text: &str) -> Result<Target, String> {
    let words: Vec<&str> = text.split('-').collect();
    let known = |os: &str, libc: &str| match os {
        "linux" => ["gnu", "musl", "gnueabihf", "gnueabi"].contains(&libc),
        "macos" | "windows" => libc == "none",
        _ => false,
    };
    let found = match words.as_slice() {
        [os @ "linux", arch] => Target::new(os, arch, "gnu"),
        [os @ ("macos" | "windows"), arch] => Target::new(os, arch, "none"),
        [os, arch, libc] if known(os, libc) => Target::new(os, arch, libc),
        _ => return Err(not_a_platform(text)),
    };
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match !found.arch.is_empty() && found.arch.chars().all(is_word) {
        true => Ok(found),
        false => Err(not_a_platform(text)),
    }
}

fn not_a_platform(text: &str) -> String {
    let text: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    format!(
        "`{text}` is not a platform; common ones are {}",
        DEFAULT.join(", ")
    )
}

/// The target of the build that a request selects on a machine.
#[must_use]
pub fn target(request: &BuildRequest, platform: &Target) -> Target {
    request.target.or_host(platform)
}

/// Whether the requested build can run on a machine at all.
#[must_use]
pub fn applies(request: &BuildRequest, platform: &Target) -> bool {
    can_run(platform, &target(request, platform))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_parsed_and_others_rejected() {
        for name in DEFAULT {
            assert_eq!(platform(name).expect(name).to_string(), name);
        }
        let read = |text: &str| platform(text).expect(text).to_string();
        assert_eq!(read("linux-x86_64"), "linux-x86_64-gnu");
        assert_eq!(read("macos-aarch64"), "macos-aarch64-none");
        for bad in [
            "",
            "linux",
            "linux-x86_64-none",
            "macos-x86_64-gnu",
            "beos-x86-none",
            "linux--gnu",
            "linux-x/y-gnu",
            "a-b-c-d",
        ] {
            assert!(platform(bad).expect_err(bad).contains("linux-x86_64-gnu"));
        }
    }
}
