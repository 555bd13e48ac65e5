//! Describes what on a machine affects the result of a compilation. Anything that cannot be
//! determined is left out.

use crate::distro::release::Release;
use crate::env::Env;
use crate::host::plain_file;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Returns a description such as `debian 12, glibc 2.36, CFLAGS=-O1`. It is part of the cache key,
/// because a build from source may not start on a different machine.
pub(crate) fn machine(env: &Env) -> String {
    let mut text = system();
    if let Some(libc) = libc(&env.path) {
        let _ = write!(text, ", {libc}");
    }
    // Leaves out pkg-config's search path, because a setup changes it.
    let flags = env.build.flags.iter();
    for (name, value) in flags.filter(|(name, _)| !name.starts_with("PKG_CONFIG")) {
        let _ = write!(text, ", {name}={}", value.to_string_lossy());
    }
    text
}

/// `ubuntu 24.04`, `macos 15.1`
fn system() -> String {
    let read = |path: &&str| plain_file::read_text(Path::new(path)).ok();
    let release = ["/etc/os-release", "/usr/lib/os-release"]
        .iter()
        .find_map(read);
    if let Some(text) = release {
        let Release { id, version_id, .. } = Release::parse(&text);
        return format!("{id} {version_id}");
    }
    let version = read(&"/System/Library/CoreServices/SystemVersion.plist");
    let version = version.as_deref().and_then(product_version);
    format!("{} {}", std::env::consts::OS, version.unwrap_or_default())
}

/// Returns `15.1` from macOS' SystemVersion.plist.
fn product_version(plist: &str) -> Option<&str> {
    let (_, rest) = plist.split_once("<key>ProductVersion</key>")?;
    let (_, rest) = rest.split_once("<string>")?;
    rest.split_once("</string>").map(|(version, _)| version)
}

/// Returns `glibc 2.36`, or the version that musl's ldd prints.
fn libc(path: &OsStr) -> Option<String> {
    if cfg!(target_os = "macos") {
        return None;
    }
    let said = |program: &str, argument: &str| {
        let output = Command::new(program)
            .arg(argument)
            .env("PATH", search_path(path))
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .ok()?;
        // musl's ldd prints it on stderr, and fails.
        let all = [output.stdout, output.stderr].concat();
        Some(String::from_utf8_lossy(&all).into_owned())
    };
    let glibc = said("getconf", "GNU_LIBC_VERSION").and_then(|said| {
        let line = said.lines().next()?.trim().to_owned();
        line.starts_with("glibc ").then_some(line)
    });
    glibc.or_else(|| {
        let said = said("ldd", "--version")?;
        let line = said.lines().find(|line| line.starts_with("Version "))?;
        Some(format!("musl {}", line.trim_start_matches("Version ")))
    })
}

/// Appends the usual directories to PATH. The current directory is never searched.
fn search_path(path: &OsStr) -> OsString {
    let usual = ["/usr/bin", "/bin"].map(|one| Path::new(one).to_owned());
    let named = std::env::split_paths(path).filter(|directory| directory.is_absolute());
    std::env::join_paths(named.chain(usual)).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_has_a_version_too() {
        let plist = "<dict>\n<key>ProductName</key>\n<string>macOS</string>\n\
            <key>ProductVersion</key>\n\t<string>15.1</string>\n</dict>";
        assert_eq!(product_version(plist), Some("15.1"));
        assert_eq!(product_version("<dict/>"), None);
    }

    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn this_machine_tells_its_libc() {
        let libc = libc(OsStr::new("")).expect("a libc");
        assert!(libc.starts_with("glibc 2."), "{libc}");
    }
}
