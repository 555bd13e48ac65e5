//! Detects how this ftpy was installed. Copies installed by a package manager must be updated and
//! removed by it, otherwise its next upgrade would undo the change or fail.

use crate::host::plain_file;
use ftpy_core::paste;
use std::path::Path;
use std::process::Stdio;

/// How the program was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstallMethod {
    /// By install.sh, or manually.
    Own,
    /// By a package manager.
    Manager {
        /// `pipx`
        name: &'static str,
        /// The command that updates ftpy.
        update: String,
        /// The command that removes ftpy.
        remove: String,
    },
}

/// The name of ftpy on PyPI, where `ftpy` is an unrelated project, and in the name of the
/// `dist-info` directory of its wheel.
const DISTRIBUTION: (&str, &str) = ("ftpy-installer", "ftpy_installer-");

/// System package managers: the command that finds the owner of a file, and those to suggest.
const SYSTEMS: [(&str, &[&str], &str, &str); 4] = [
    (
        "dpkg-query",
        &["-S"],
        "apt-get install --only-upgrade ftpy",
        "apt-get remove ftpy",
    ),
    ("rpm", &["-qf"], "dnf upgrade ftpy", "dnf remove ftpy"),
    ("pacman", &["-Qo"], "pacman -Syu ftpy", "pacman -R ftpy"),
    (
        "apk",
        &["info", "--who-owns"],
        "apk upgrade ftpy",
        "apk del ftpy",
    ),
];

/// Detects how the program at a resolved path was installed.
#[must_use]
pub fn owner(program: &Path) -> InstallMethod {
    of_python(program)
        .or_else(|| of_cargo(program))
        .or_else(|| of_prefix(program))
        .or_else(|| of_system(program))
        .unwrap_or(InstallMethod::Own)
}

/// pip and tools based on it:
/// `<prefix>/lib/python3.14/site-packages/ftpy_installer-0.1.0.dist-info`.
fn of_python(program: &Path) -> Option<InstallMethod> {
    let (distribution, beginning) = DISTRIBUTION;
    let by = |name, update: &str, remove: &str| InstallMethod::Manager {
        name,
        update: format!("{update} {distribution}"),
        remove: format!("{remove} {distribution}"),
    };
    let prefix = program.parent()?.parent()?;
    let is_venv = prefix.join("pyvenv.cfg").is_file();
    if is_venv && prefix.join("uv-receipt.toml").is_file() {
        return Some(by("uv", "uv tool upgrade", "uv tool uninstall"));
    }
    if is_venv && prefix.join("pipx_metadata.json").is_file() {
        return Some(by("pipx", "pipx upgrade", "pipx uninstall"));
    }
    let versions = std::fs::read_dir(prefix.join("lib")).ok()?.flatten();
    let directories = versions.flat_map(|version| {
        ["site-packages", "dist-packages"].map(|name| version.path().join(name))
    });
    let is_ours = |directory: &Path| {
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.any(|name| name.starts_with(beginning) && name.ends_with(".dist-info"))
    };
    let mut found = directories.filter(|directory| is_ours(directory));
    found.next()?;
    let pip = match is_venv {
        true => paste![prefix.join("bin/python").display(), "-m", "pip"],
        false => "pip".to_owned(),
    };
    let (update, remove) = (
        format!("{pip} install --upgrade"),
        format!("{pip} uninstall"),
    );
    Some(by("pip", &update, &remove))
}

/// Detects cargo by the list of installed crates next to `bin`: `"ftpy 0.1.0
/// (path+file:///src/ftpy)"`.
/// The suggested command uses the original source: `ftpy` on a registry may be unrelated.
fn of_cargo(program: &Path) -> Option<InstallMethod> {
    let list = program.parent()?.parent()?.join(".crates.toml");
    let list = plain_file::read_text(&list).ok()?;
    let mut rows = list.lines();
    let row = rows.find_map(|line| line.trim_start().strip_prefix("\"ftpy "))?;
    let source = row.split_once('(').map_or("", |(_, rest)| rest);
    let source = source.split([')', '?', '#']).next().unwrap_or_default();
    let what = if let Some(path) = source.strip_prefix("path+file://") {
        paste!["--path", path]
    } else if let Some(url) = source.strip_prefix("git+") {
        paste!["--git", url, "ftpy"]
    } else {
        "ftpy".to_owned()
    };
    let update = format!("cargo install --locked {what}");
    Some(manager("cargo", &update, "cargo uninstall ftpy"))
}

/// Package managers with directories of their own.
fn of_prefix(program: &Path) -> Option<InstallMethod> {
    let has = |name: &str| program.components().any(|part| part.as_os_str() == name);
    if has("Cellar") {
        return Some(manager(
            "Homebrew",
            "brew upgrade ftpy",
            "brew uninstall ftpy",
        ));
    }
    program
        .starts_with("/nix/store")
        .then(|| manager("nix", "nix profile upgrade ftpy", "nix profile remove ftpy"))
}

/// Asks the system's package manager about a program in a system directory.
fn of_system(program: &Path) -> Option<InstallMethod> {
    let is_theirs = ["/usr/bin", "/usr/sbin", "/bin", "/opt"];
    if !is_theirs
        .iter()
        .any(|directory| program.starts_with(directory))
    {
        return None;
    }
    SYSTEMS
        .iter()
        .find_map(|(name, arguments, update, remove)| {
            let mut command = crate::env::command(name);
            command.args(*arguments).arg(program);
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let is_owned = command.status().is_ok_and(|status| status.success());
            is_owned.then(|| manager(name, update, remove))
        })
}

fn manager(name: &'static str, update: &str, remove: &str) -> InstallMethod {
    InstallMethod::Manager {
        name,
        update: update.to_owned(),
        remove: remove.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The update command for an ftpy next to these files, without the path of a venv's Python.
    fn check(files: &[(&str, &str)], expected: Option<&str>) {
        let home = tempfile::tempdir().expect("a temporary directory");
        for (path, text) in files.iter().chain([&("bin/ftpy", "")]) {
            let path = home.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
            std::fs::write(path, text).expect("write");
        }
        let update = match owner(&home.path().join("bin/ftpy")) {
            InstallMethod::Own => None,
            InstallMethod::Manager { update, .. } => Some(update),
        };
        let update = update.as_deref();
        let update = update.map(|text| text.split("/bin/python ").last().unwrap_or(text));
        assert_eq!(update, expected);
    }

    #[test]
    fn each_install_method_is_detected_by_its_files() {
        let wheel = (
            "lib/python3.14/site-packages/ftpy_installer-0.1.0.dist-info/RECORD",
            "",
        );
        let venv = ("pyvenv.cfg", "");
        check(&[], None);
        check(
            &[venv, ("uv-receipt.toml", "")],
            Some("uv tool upgrade ftpy-installer"),
        );
        check(
            &[venv, ("pipx_metadata.json", "")],
            Some("pipx upgrade ftpy-installer"),
        );
        check(
            &[venv, wheel],
            Some("-m pip install --upgrade ftpy-installer"),
        );
        check(&[wheel], Some("pip install --upgrade ftpy-installer"));
        check(
            &[("lib/python3/site-packages/other-1.dist-info/x", "")],
            None,
        );
        // An unrelated project.
        check(
            &[("lib/python3/site-packages/ftpy-1.0.5.dist-info/x", "")],
            None,
        );
        for (source, what) in [
            ("registry+https://example.org/index", "ftpy"),
            ("path+file:///src/it", "--path /src/it"),
            (
                "git+https://example.org/me/it?tag=v1#abc",
                "--git https://example.org/me/it ftpy",
            ),
        ] {
            let list = format!("[v1]\n\"ftpy 0.1.0 ({source})\" = [\"ftpy\"]\n");
            let update = format!("cargo install --locked {what}");
            check(&[(".crates.toml", &list)], Some(&update));
        }
        check(
            &[(".crates.toml", "[v1]\n\"ftpy-other 0.1.0 (x)\" = [\"y\"]\n")],
            None,
        );
        let brewed = owner(Path::new("/opt/homebrew/Cellar/ftpy/0.1.0/bin/ftpy"));
        assert!(matches!(
            brewed,
            InstallMethod::Manager {
                name: "Homebrew",
                ..
            }
        ));
    }
}
