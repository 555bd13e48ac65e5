//! Checks for free-threaded builds of other tools on PATH under the name of a GIL build.
//!
//! Each program is started once, with a time limit, because only it knows its variant. Programs
//! known to be something else by their files are not started.

use crate::doctor::finding::{Code, Finding};
use crate::doctor::subject::{Subject, real, venv_of};
use crate::parallel;
use crate::probe::{Facts, probe_foreign};
use ftpy_core::name::{Meaning, Name, Tool};
use ftpy_core::path::{holds_shims, is_executable};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The time limit for all of them together.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many are started in parallel.
const AT_ONCE: usize = 4;

/// How much of a script is read.
const BEGINNING: u64 = 4096;

/// A program on PATH, with links resolved.
struct Program {
    /// The resolved executable.
    file: PathBuf,
    /// Its paths, in the order of PATH.
    paths: Vec<PathBuf>,
}

impl Program {
    fn first(&self) -> &Path {
        self.paths.first().unwrap_or(&self.file)
    }
}

/// Asks every `python`, `python3` and `python3.N` on PATH that does not belong to ftpy.
#[must_use]
pub fn check(subject: &Subject) -> Vec<Finding> {
    let programs = programs(subject);
    let end = Instant::now() + PATIENCE;
    let is_cancelled = || subject.cancel.is_cancelled();
    let answers = parallel::each(&programs, AT_ONCE, |program| {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let path = program.first().display();
            return Err(format!("{path}: out of time"));
        }
        // Started by its name on PATH, because some programs depend on that name.
        let answer = probe_foreign(program.first(), left, &is_cancelled);
        answer.map_err(|error| error.to_string())
    });
    let mut found = Vec::new();
    for (program, answer) in programs.iter().zip(answers) {
        match answer {
            Ok(facts) if is_free_threaded(&facts) => found.push(finding(program, &facts)),
            Ok(_) => {}
            Err(reason) => pass_over(subject, &reason),
        }
    }
    found
}

fn pass_over(subject: &Subject, reason: &str) {
    subject.reporter.detail(format!("skipped {reason}"));
}

/// An inconsistent build counts as free-threaded: it should not have a GIL build's name, either.
fn is_free_threaded(facts: &Facts) -> bool {
    facts.abiflags.starts_with('t') || facts.gil_disabled == "1"
}

fn programs(subject: &Subject) -> Vec<Program> {
    let installs = real(&subject.store.installs());
    let mut programs: Vec<Program> = Vec::new();
    for directory in subject.directories() {
        // In a virtual environment every interpreter is called python.
        if holds_shims(&directory) || venv_of(&directory).is_some() {
            continue;
        }
        for name in names(&directory) {
            let path = directory.join(name);
            let file = real(&path);
            if !is_executable(&path) || file.starts_with(&installs) {
                continue;
            }
            if let Some(known) = programs.iter_mut().find(|known| known.file == file) {
                known.paths.push(path);
            } else {
                let paths = vec![path];
                programs.push(Program { file, paths });
            }
        }
    }
    programs.retain(|program| match unlike_python(&program.file) {
        None => true,
        Some(reason) => {
            pass_over(subject, &reason);
            false
        }
    });
    programs
}

/// The names in a directory that a GIL build would have.
fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| is_gil_name(name)).collect();
    names.sort();
    names
}

fn is_gil_name(name: &str) -> bool {
    let name = Name::parse(name).filter(|name| name.tool == Tool::Python);
    name.is_some_and(|name| match name.meaning {
        Meaning::Bare | Meaning::Major => true,
        Meaning::FreeThreaded => false,
        Meaning::Versioned(_, abi) => !abi.is_free_threaded(),
    })
}

/// Why a file with the name of an interpreter is not one.
pub fn unlike_python(file: &Path) -> Option<String> {
    let shown = file.display();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    // `mise`, `pypy3.11`: a launcher would interpret the probe's arguments.
    if !name.to_lowercase().starts_with("python") {
        return Some(format!("{shown}: not CPython, by its name"));
    }
    // Apple's stub opens a dialog that offers to install the developer tools.
    if cfg!(target_os = "macos") && file.starts_with("/usr/bin") {
        return Some(format!("{shown}: a stub of macOS"));
    }
    let mut beginning = Vec::new();
    let opened = std::fs::File::open(file);
    if let Err(error) = opened.and_then(|file| file.take(BEGINNING).read_to_end(&mut beginning)) {
        return Some(format!("{shown}: {error}"));
    }
    let text = String::from_utf8_lossy(&beginning);
    let launchers = ["pyenv", "asdf"];
    let launcher = launchers.iter().find(|launcher| text.contains(**launcher));
    match launcher {
        Some(launcher) if text.starts_with("#!") => Some(format!("{shown}: a shim of {launcher}")),
        _ => None,
    }
}

fn finding(program: &Program, facts: &Facts) -> Finding {
    let first = program.first();
    let tool = tool(&program.file, first);
    let by = tool
        .map(|tool| format!(" (installed by {tool})"))
        .unwrap_or_default();
    let name = own_name(facts);
    let message = format!(
        "{} is a free-threaded build of {} with the name of a GIL build{by}",
        first.display(),
        facts.version,
    );
    let mut details: Vec<String> = Vec::new();
    if program.file != first {
        details.push(format!("really {}", program.file.display()));
    }
    let others = program.paths.iter().skip(1);
    details.extend(others.map(|path| format!("also {}", path.display())));
    let advice = format!(
        "programs that run {} expect the GIL; rename it to {name}",
        first.file_name().unwrap_or_default().to_string_lossy()
    );
    Finding::new(Code::ForeignFreeThreaded, message)
        .details(details)
        .advice(advice)
}

/// `python3.14t`
fn own_name(facts: &Facts) -> String {
    let minor: Vec<&str> = facts.version.splitn(3, '.').take(2).collect();
    let debug = if facts.debug { "d" } else { "" };
    format!("python{}t{debug}", minor.join("."))
}

/// The tool that installed a program, judging by its path.
pub fn tool(file: &Path, path: &Path) -> Option<&'static str> {
    let prefix = file.parent().and_then(Path::parent)?;
    let has = |names: &[&str]| {
        let parts = file.iter().chain(path.iter());
        let mut parts = parts.map(|part| part.to_string_lossy().to_lowercase());
        parts.any(|part| names.contains(&part.as_str()))
    };
    let known: [(&[&str], &'static str); 9] = [
        (&["pyenv", ".pyenv"], "pyenv"),
        (&["mise", ".mise", "rtx"], "mise"),
        (&["asdf", ".asdf"], "asdf"),
        (&["pixi", ".pixi"], "pixi"),
        (
            &["micromamba", "mamba", "mambaforge", "miniforge3"],
            "mamba",
        ),
        (&["conda", "miniconda3", "anaconda3"], "conda"),
        (&["uv"], "uv"),
        (
            &["cellar", "homebrew", "linuxbrew", ".linuxbrew"],
            "Homebrew",
        ),
        (&["hostedtoolcache"], "setup-python"),
    ];
    if let Some((_, tool)) = known.iter().find(|(names, _)| has(names)) {
        return Some(tool);
    }
    if prefix.join("conda-meta").is_dir() {
        return Some("conda");
    }
    if prefix.join(".ftpy/receipt.json").exists() {
        return Some("another ftpy store");
    }
    let system = ["/usr/bin", "/bin", "/usr/lib", "/usr/lib64"];
    let is_system = system.iter().any(|place| file.starts_with(place));
    is_system.then_some("the distribution")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_reveals_the_tool() {
        for (file, expected) in [
            ("/h/.pyenv/versions/3.14t/bin/python3.14", Some("pyenv")),
            (
                "/h/.local/share/uv/python/cpython-3.14/bin/python3.14",
                Some("uv"),
            ),
            (
                "/h/.local/share/mise/installs/python/3.14t/bin/python",
                Some("mise"),
            ),
            ("/h/.asdf/installs/python/3.14t/bin/python3", Some("asdf")),
            ("/h/miniconda3/envs/x/bin/python3.14", Some("conda")),
            ("/h/miniforge3/envs/x/bin/python3.14", Some("mamba")),
            ("/p/.pixi/envs/default/bin/python3.14", Some("pixi")),
            (
                "/opt/homebrew/Cellar/python-freethreading/bin/python3",
                Some("Homebrew"),
            ),
            ("/usr/bin/python3.14", Some("the distribution")),
            ("/usr/local/bin/python3", None),
        ] {
            let file = Path::new(file);
            assert_eq!(tool(file, file), expected, "{}", file.display());
        }
    }

    #[test]
    fn only_names_of_gil_builds_are_asked() {
        for name in ["python", "python3", "python3.14", "python3.14d"] {
            assert!(is_gil_name(name), "{name}");
        }
        for name in [
            "python3.14t",
            "python3t",
            "python3.14td",
            "python2",
            "pip",
            "python3-config",
        ] {
            assert!(!is_gil_name(name), "{name}");
        }
    }
}
