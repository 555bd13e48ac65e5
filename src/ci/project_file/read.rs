//! Tells from a file's name whose it is, and reads it.

use super::declaration::{Declaration, DeclarationError};
use super::tables::{lock, mise, options, pipfile, pyproject, table, uv_lock};
use std::path::Path;

/// A tool that declares a version in a file of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    PyProject,
    SetupCfg,
    Pipfile,
    PipfileLock,
    Mise,
    UvLock,
    /// Known, but not read.
    Other,
}

/// Returns what the file declares; `None` if it is a list of versions.
#[must_use]
pub fn declaration(path: &Path, text: &str) -> Option<Result<Declaration, DeclarationError>> {
    let owner = owner(path)?;
    Some(match owner {
        Owner::PyProject => table(text).and_then(|file| pyproject(&file, text)),
        Owner::SetupCfg => options(text),
        Owner::Pipfile => table(text).and_then(|file| pipfile(file.get("requires"), text)),
        Owner::PipfileLock => lock(text),
        Owner::Mise => table(text).and_then(|file| mise(&file, text)),
        Owner::UvLock => table(text).and_then(|file| uv_lock(&file, text)),
        Owner::Other => Err(DeclarationError::Unknown),
    })
}

fn owner(path: &Path) -> Option<Owner> {
    let name = path.file_name()?.to_str()?;
    let parent = path.parent().and_then(Path::file_name);
    let is_of_mise = parent.is_some_and(|parent| parent == "mise" || parent == ".mise");
    let plain = name.trim_start_matches('.');
    Some(match name {
        "pyproject.toml" => Owner::PyProject,
        "setup.cfg" => Owner::SetupCfg,
        "Pipfile" => Owner::Pipfile,
        "Pipfile.lock" => Owner::PipfileLock,
        "uv.lock" => Owner::UvLock,
        "config.toml" if is_of_mise => Owner::Mise,
        _ if plain == "mise.toml" => Owner::Mise,
        _ if plain.starts_with("mise.") && plain.ends_with(".toml") => Owner::Mise,
        "Dockerfile" | "Makefile" | "Jenkinsfile" => Owner::Other,
        _ if name.starts_with("requirements") => Owner::Other,
        _ => {
            let extension = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
            let others = [
                "toml", "cfg", "ini", "json", "lock", "nix", "py", "yaml", "yml",
            ];
            others
                .contains(&extension.as_str())
                .then_some(Owner::Other)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Declaration, DeclarationError> {
        declaration(Path::new(name), text).expect("a file of another tool")
    }

    #[test]
    fn the_version_is_found_where_the_owner_of_the_file_puts_it() {
        let check = |name: &str, text: &str, versions: &[&str], line: Option<usize>| {
            let read = read(name, text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(read.versions, versions, "{name} {text}");
            assert_eq!(read.line, line, "{name} {text}");
            assert!(!read.is_free_threaded);
        };
        let both = "[tool.poetry.dependencies]\npython = \"^3.10\"\n[project]\nname = 'x'\n\
                    requires-python = '>=3.13'\n";
        check("pyproject.toml", both, &[">=3.13"], Some(5));
        let poetry = "[tool.poetry]\nname = 'x'\n[tool.poetry.dependencies]\npython = \"^3.13\"\n";
        check("pyproject.toml", poetry, &["^3.13"], Some(4));
        let long = "[project]\nname = 'x'\n[tool.poetry.dependencies]\n\
                    python = { version = \"~3.13\", optional = false }\n";
        check("sub/pyproject.toml", long, &["~3.13"], Some(4));
        let inline = "tool = { poetry = { dependencies = { python = '3.13' } } }\n";
        check("pyproject.toml", inline, &["3.13"], None);
        let pipfile = "[packages]\n[requires]\npython_version = \"3.14\"\n";
        check("Pipfile", pipfile, &["3.14"], Some(3));
        let full = "[requires]\r\npython_version = '3.14'\r\npython_full_version = '3.14.2'\r\n";
        check("Pipfile", full, &["3.14.2"], Some(3));
        let lock = "{\n \"_meta\": {\"requires\": {\n  \"python_version\": \"3.14\"}}}";
        check("Pipfile.lock", lock, &["3.14"], Some(3));
        check(
            "uv.lock",
            "version = 1\nrequires-python = \">=3.13\"\n",
            &[">=3.13"],
            Some(2),
        );
        let cfg = "[metadata]\nname = x\n[options]\npython_requires = >=3.13, <4\n";
        check("setup.cfg", cfg, &[">=3.13, <4"], Some(4));
        check(
            "mise.toml",
            "[tools]\npython = \"3.14\"\n",
            &["3.14"],
            Some(2),
        );
        check(
            ".mise.toml",
            "[tools]\n\"python\" = ['3.14t', '3.13']\n",
            &["3.14t", "3.13"],
            Some(2),
        );
        check(
            ".config/mise/config.toml",
            "tools.python = 'prefix:3.14'\n",
            &["3.14"],
            None,
        );
        check(
            "mise.local.toml",
            "[tools]\npython = { version = 'latest' }\n",
            &["3.x"],
            Some(2),
        );
        check(
            "mise.toml",
            "[tools.python]\nversion = '3.14'\n",
            &["3.14"],
            None,
        );
    }

    #[test]
    fn a_flavour_of_mise_asks_for_free_threading() {
        for settings in [
            "[settings]\npython.precompiled_flavor = 'freethreaded+pgo+lto-full'\n",
            "[settings]\npython_precompiled_flavor = 'freethreaded-install_only'\n",
        ] {
            let text = format!("[tools]\npython = '3.14'\n{settings}");
            assert!(read("mise.toml", &text).expect(settings).is_free_threaded);
        }
        let text = "[tools]\npython = '3.14'\n[settings]\npython.precompiled_flavor = 'pgo'\n";
        assert!(!read("mise.toml", text).expect("a version").is_free_threaded);
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let check = |name: &str, text: &str, words: &str| {
            let error = read(name, text).expect_err(name).to_string();
            assert!(error.contains(words), "{name}: {error}");
        };
        check(
            "pyproject.toml",
            "[tool.x]\n",
            "no requires-python in [project]",
        );
        check(
            "pyproject.toml",
            "[project]\nrequires-python = 3.13\n",
            "quote it",
        );
        check(
            "pyproject.toml",
            "[project]\nrequires-python = ''\n",
            "is empty",
        );
        check("pyproject.toml", "not toml [", "invalid TOML");
        check("Pipfile", "[packages]\n", "no python_version in [requires]");
        check("Pipfile.lock", "{", "invalid JSON");
        check("Pipfile.lock", "{\"_meta\": {}}", "no python_version");
        check(
            "mise.toml",
            "[tools]\nnode = '22'\n",
            "no python in [tools]",
        );
        check("mise.toml", "[tools]\npython = []\n", "has the type array");
        check(
            "setup.cfg",
            "[options]\n",
            "no python_requires in [options]",
        );
        for name in [
            "setup.py",
            "environment.yml",
            "pixi.toml",
            "Dockerfile",
            "requirements.txt",
        ] {
            check(
                name,
                "python=3.13\n",
                "does not read versions from this kind",
            );
        }
        for name in [
            ".python-version",
            "versions",
            "runtime.txt",
            ".tool-versions",
            "v.txt",
        ] {
            assert_eq!(declaration(Path::new(name), "3.14t\n"), None, "{name}");
        }
    }
}
