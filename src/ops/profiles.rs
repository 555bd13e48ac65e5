//! A shell's profiles: which exist, and how setup changes and writes them.
//!
//! If a profile is a link, its target is written, because dotfiles often are in a repository.

use crate::cli::daily::ShellName;
use crate::env::Shell;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::{person_file, plain_file};
use crate::profile::{Rest, Unended, with_block, without_block};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The profiles of a bash login shell, which reads the first existing one.
const BASH_LOGIN: [&str; 3] = [".bash_profile", ".bash_login", ".profile"];

/// Returns the profiles that setup writes.
///
/// `.zshenv` would cover every zsh, but in a login shell macOS afterwards puts the system's
/// directories first on PATH.
pub(crate) fn to_set_up(shell: ShellName, own: &Shell, os: &str) -> Result<Vec<PathBuf>> {
    let home = home(own)?;
    match shell {
        ShellName::Bash => {}
        ShellName::Zsh => return Ok(of_zsh(own.zdotdir.as_deref().unwrap_or(home)).into()),
        _ => return to_undo(shell, own, os),
    }
    let made = match os {
        // Terminal.app starts login shells, and `~/.profile` is uncommon there.
        "macos" => ".bash_profile",
        _ => ".profile",
    };
    let login = BASH_LOGIN.iter().find(|name| home.join(name).exists());
    Ok(vec![
        home.join(".bashrc"),
        home.join(login.unwrap_or(&made)),
    ])
}

/// Returns the profiles that setup may have written, now or under earlier conditions.
pub(crate) fn to_undo(shell: ShellName, own: &Shell, os: &str) -> Result<Vec<PathBuf>> {
    let home = home(own)?;
    let config = own.config_home.clone();
    Ok(match shell {
        ShellName::Bash => std::iter::once(".bashrc")
            .chain(BASH_LOGIN)
            .map(|name| home.join(name))
            .collect(),
        ShellName::Sh => vec![home.join(".profile")],
        ShellName::Zsh => {
            // An earlier ftpy or `.zshenv` may have used another directory.
            let directory = own
                .zdotdir
                .as_deref()
                .filter(|directory| *directory != home);
            let directories = directory.into_iter().chain([home]);
            directories.flat_map(of_zsh).collect()
        }
        ShellName::Fish => {
            let config = config.unwrap_or_else(|| home.join(".config"));
            vec![config.join("fish/conf.d/ftpy.fish")]
        }
        ShellName::Nu => {
            let platform = match os {
                "macos" => "Library/Application Support",
                _ => ".config",
            };
            let config = config.unwrap_or_else(|| home.join(platform));
            vec![config.join("nushell/autoload/ftpy.nu")]
        }
        ShellName::Pwsh => {
            let config = config.unwrap_or_else(|| home.join(".config"));
            vec![config.join("powershell/profile.ps1")]
        }
    })
}

fn of_zsh(directory: &Path) -> [PathBuf; 2] {
    [".zshrc", ".zprofile"].map(|name| directory.join(name))
}

fn home(own: &Shell) -> Result<&Path> {
    own.home.as_deref().ok_or_else(|| {
        let message = "no home directory found, so there are no shell profiles";
        Failure::new(Kind::System, message).hint("set HOME")
    })
}

/// Why a profile cannot be changed.
pub(crate) enum Obstacle {
    /// A directory, a pipe, or an unreadable or read-only file. The shell's other profiles may be
    /// enough.
    Unusable(Failure),
    /// Setup's own block is broken. Nothing is changed.
    Broken(Failure),
}

impl From<Obstacle> for Failure {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::Unusable(failure) | Obstacle::Broken(failure) => failure,
        }
    }
}

/// A profile's current and new content.
pub(crate) struct Edit {
    /// The path that the shell reads.
    pub(crate) path: PathBuf,
    /// The current bytes.
    pub(crate) old: Option<Vec<u8>>,
    /// The new bytes.
    pub(crate) new: Option<Vec<u8>>,
    /// The path of the file behind all links.
    place: PathBuf,
    /// How many parent directories are created or removed with it.
    directories: usize,
}

impl Edit {
    /// Returns the edit that setup makes.
    pub(crate) fn with(path: PathBuf, code: &str) -> Result<Self, Obstacle> {
        let (place, old) = read(&path).map_err(Obstacle::Unusable)?;
        let above = place.ancestors().skip(1);
        let directories = above.take_while(|above| !above.exists()).count();
        let new = with_block(old.as_deref(), code, directories);
        let new = new.map_err(|unended| Obstacle::Broken(refused(&path, &unended)))?;
        let edit = Self {
            path,
            old,
            new: Some(new),
            place,
            directories,
        };
        edit.check().map_err(Obstacle::Unusable).map(|()| edit)
    }

    /// Returns the edit that undoes setup. Setup never wrote anything that is not a file.
    pub(crate) fn without(path: PathBuf) -> Result<Self> {
        let (place, old) = match path.metadata() {
            Ok(it) if !it.is_file() => (path.clone(), None),
            // A loop of links.
            Err(error) if !may_be_there(&error) => (path.clone(), None),
            _ => read(&path)?,
        };
        let rest = match &old {
            Some(old) => without_block(old).map_err(|unended| refused(&path, &unended))?,
            None => Rest::Nothing { directories: 0 },
        };
        let (new, directories) = match rest {
            Rest::Bytes(bytes) => (Some(bytes), 0),
            Rest::Nothing { directories } => (None, directories),
        };
        let edit = Self {
            path,
            old,
            new,
            place,
            directories,
        };
        edit.check().map(|()| edit)
    }

    /// Returns whether there is a change.
    pub(crate) fn is_change(&self) -> bool {
        self.old != self.new
    }

    /// Returns whether it is a dangling link. Only writing shows whether its target can be created.
    pub(crate) fn is_dangling(&self) -> bool {
        self.old.is_none() && self.path.is_symlink()
    }

    /// Returns whether both are the same file: `~/.bash_profile` may be a link to `~/.bashrc`.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        self.place == other.place
    }

    /// Checks that the file is writable, as far as possible without writing.
    fn check(&self) -> Result<()> {
        if self.old.is_none() || !self.is_change() {
            return Ok(());
        }
        let written = person_file::check(&self.place);
        written.map_err(|error| in_the_way("write", &self.path, error.source))
    }

    fn apply(&self) -> Result<()> {
        // It may have been changed while the prompt was open.
        if read(&self.path)?.1 != self.old {
            let message = format!("{} was changed by another program", self.path.display());
            return Err(Failure::new(Kind::System, message).hint("run it again"));
        }
        let written = match (&self.old, &self.new) {
            (_, None) => remove(&self.place, self.directories),
            (Some(_), Some(new)) => put(&self.place, new),
            (None, Some(new)) => {
                let written = put(&self.place, new);
                if written.is_err() {
                    remove_directories(&self.place, self.directories);
                }
                written
            }
        };
        written.map_err(|error| in_the_way("write", &self.path, error))
    }

    fn revert(&self) {
        let _ = match (&self.old, &self.new) {
            (None, _) => remove(&self.place, self.directories),
            (Some(old), _) => put(&self.place, old),
        };
    }
}

/// Applies all edits or none.
pub(crate) fn apply(edits: &[Edit]) -> Result<()> {
    for (index, edit) in edits.iter().enumerate() {
        if let Err(failure) = edit.apply() {
            edits[..index].iter().rev().for_each(Edit::revert);
            return Err(failure);
        }
    }
    Ok(())
}

/// Returns the path behind all links and the bytes, or `None` for a missing file.
fn read(path: &Path) -> Result<(PathBuf, Option<Vec<u8>>)> {
    let failed = |error| in_the_way("read", path, error);
    let place = person_file::behind_links(path).map_err(failed)?;
    match place.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok((place, None)),
        Err(error) => Err(failed(error)),
        // A rename would replace /dev/null by a file.
        Ok(it) if !it.is_file() => {
            let message = format!("{} is not a file", path.display());
            Err(Failure::new(Kind::System, message))
        }
        Ok(_) => {
            let bytes = plain_file::read(&place).map_err(failed)?;
            Ok((place, Some(bytes)))
        }
    }
}

fn put(place: &Path, bytes: &[u8]) -> std::io::Result<()> {
    person_file::write(place, bytes).map_err(|error| error.source)
}

/// Returns whether a file that cannot be accessed may be one that setup wrote.
fn may_be_there(error: &std::io::Error) -> bool {
    let kinds = [ErrorKind::NotFound, ErrorKind::PermissionDenied];
    kinds.contains(&error.kind())
}

fn remove(place: &Path, directories: usize) -> std::io::Result<()> {
    std::fs::remove_file(place)?;
    remove_directories(place, directories);
    Ok(())
}

/// Removes the directories that setup created, unless they are in use by now.
fn remove_directories(place: &Path, directories: usize) {
    for directory in place.ancestors().skip(1).take(directories) {
        let _ = std::fs::remove_dir(directory);
    }
}

fn in_the_way(doing: &'static str, path: &Path, error: std::io::Error) -> Failure {
    let failure = IoFailure::at(doing, path)(error).outside_store();
    failure.hint("nothing was changed; edit the profile by hand with the output of `ftpy init`")
}

fn refused(path: &Path, unended: &Unended) -> Failure {
    let message = format!("{}: {unended}", path.display());
    Failure::new(Kind::System, message).hint("remove the rest of the block by hand")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_where_each_shell_looks() {
        let check = |shell, os: &str, has_config: bool, expected: &[&str]| {
            let own = Shell {
                home: Some("/nowhere".into()),
                zdotdir: has_config.then(|| "/zsh".into()),
                config_home: has_config.then(|| "/config".into()),
                login: None,
            };
            let expected: Vec<PathBuf> = expected.iter().map(PathBuf::from).collect();
            assert_eq!(to_set_up(shell, &own, os).expect("a home"), expected);
        };
        let (bash, zsh) = (ShellName::Bash, ShellName::Zsh);
        check(
            bash,
            "linux",
            true,
            &["/nowhere/.bashrc", "/nowhere/.profile"],
        );
        check(
            bash,
            "macos",
            true,
            &["/nowhere/.bashrc", "/nowhere/.bash_profile"],
        );
        check(
            zsh,
            "macos",
            false,
            &["/nowhere/.zshrc", "/nowhere/.zprofile"],
        );
        check(zsh, "linux", true, &["/zsh/.zshrc", "/zsh/.zprofile"]);
        let fish = "/nowhere/.config/fish/conf.d/ftpy.fish";
        check(ShellName::Fish, "macos", false, &[fish]);
        check(
            ShellName::Fish,
            "linux",
            true,
            &["/config/fish/conf.d/ftpy.fish"],
        );
        let nu = "/nowhere/.config/nushell/autoload/ftpy.nu";
        check(ShellName::Nu, "linux", false, &[nu]);
        let nu = "/nowhere/Library/Application Support/nushell/autoload/ftpy.nu";
        check(ShellName::Nu, "macos", false, &[nu]);
        check(
            ShellName::Nu,
            "macos",
            true,
            &["/config/nushell/autoload/ftpy.nu"],
        );
        let pwsh = "/nowhere/.config/powershell/profile.ps1";
        check(ShellName::Pwsh, "linux", false, &[pwsh]);
    }
}
