//! Detects this machine's distribution and queries its package manager. Read-only, without root,
//! and with a time limit.

use crate::cancel::Cancel;
use crate::distro::answer;
use crate::distro::commands::{elevator, filled};
use crate::distro::release::Release;
use crate::distro::row::rows;
use crate::env::Env;
use crate::host::packages::is_root;
use crate::host::plain_file;
use crate::manifest::distro::{Family, Package, Question, Table};
use crate::report::{Task, Verb};
use ftpy_core::path::find_program;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// How long a package manager may take to look up installed packages, and to query an index that
/// it may have to fetch first.
const PATIENCE_INSTALLED: Duration = Duration::from_secs(15);
const PATIENCE_AVAILABLE: Duration = Duration::from_secs(90);

/// Everything that the provider needs to know about this machine.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    /// The contents of os-release.
    pub release: Release,
    /// Whether the system is an image that packages are layered on.
    pub is_image: bool,
    /// The programs of package managers, and those that add repositories, found on PATH.
    pub programs: BTreeSet<String>,
    /// The program that elevates to root; `None` if unnecessary or not installed.
    pub elevator: Option<String>,
    /// Whether the user is root.
    pub is_root: bool,
    /// `--offline`
    pub is_offline: bool,
    /// The home directory.
    pub home: Option<PathBuf>,
    /// The package managers' answers, by package.
    pub answers: Vec<PackageAnswer>,
}

/// A package manager's answer about one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageAnswer {
    /// `apt`
    pub family: String,
    /// `python3.14-nogil`
    pub package: String,
    /// `3.14.7-1`, if installed.
    pub installed: Option<String>,
    /// The available version.
    pub available: Available,
}

/// The state of a package in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Available {
    /// The index was not queried.
    Unasked,
    /// The index has no such package.
    Absent,
    /// `3.14.7-1`
    Version(String),
    /// The query failed, and why.
    Unknown(String),
}

/// What to query.
pub struct PackageQuery<'a> {
    /// The minor versions.
    pub covers: &'a dyn Fn((u16, u16)) -> bool,
    /// Whether the user chose the distribution as the source. Otherwise only tested packages are
    /// queried, and only whether they are installed.
    pub is_named: bool,
    /// `--offline`
    pub is_offline: bool,
}

/// Queries the machine.
#[must_use]
pub fn look(
    table: &Table,
    wanted: &PackageQuery<'_>,
    env: &Env,
    cancel: &Cancel,
    task: &Task,
) -> Machine {
    let texts = ["/etc/os-release", "/usr/lib/os-release"];
    let text = texts
        .iter()
        .find_map(|path| plain_file::read_text(Path::new(path)).ok());
    let adders = table.repositories.values().flat_map(|one| &one.add);
    let programs: BTreeSet<String> = table
        .families
        .values()
        .map(|family| &family.program)
        .chain(adders.filter_map(|command| command.first()))
        .filter(|program| find_program(&env.path, program).is_some())
        .cloned()
        .collect();
    let is_root = is_root();
    let mut machine = Machine {
        release: Release::parse(&text.unwrap_or_default()),
        is_image: Path::new("/run/ostree-booted").exists(),
        elevator: elevator(&env.path).filter(|_| !is_root).map(str::to_owned),
        is_root,
        is_offline: wanted.is_offline,
        home: env.shell.home.clone(),
        programs,
        answers: Vec::new(),
    };
    let has = |program: &str| machine.programs.contains(program);
    let mut answers = Vec::new();
    for row in rows(table, &machine.release, &has) {
        let Some(family) = table
            .families
            .get(&row.family)
            .filter(|family| has(&family.program))
        else {
            continue;
        };
        for package in &row.packages {
            let is_asked = package.series().is_some_and(wanted.covers)
                && (wanted.is_named || package.is_verified);
            if is_asked && !cancel.is_cancelled() {
                task.step_on(Verb::Resolving, format!("packages of {}", family.program));
                answers.push(ask_for(package, &row.family, family, wanted, cancel));
            }
        }
    }
    machine.answers = answers;
    machine
}

fn ask_for(
    package: &Package,
    name: &str,
    family: &Family,
    wanted: &PackageQuery<'_>,
    cancel: &Cancel,
) -> PackageAnswer {
    let ask = |question: &Question, patience| {
        let text = output(&filled(&question.command, &package.name), patience, cancel)?;
        Ok::<_, String>(answer::version(question.reader, &text, &package.name))
    };
    // A failed query counts as not installed; the query of the index reports the reason.
    let installed = ask(&family.installed, PATIENCE_INSTALLED).unwrap_or(None);
    let is_index_wanted = wanted.is_named && installed.is_none() && package.by_hand.is_none();
    let available = match is_index_wanted && !wanted.is_offline {
        false => Available::Unasked,
        true => match ask(&family.available, PATIENCE_AVAILABLE) {
            Ok(Some(version)) => Available::Version(version),
            Ok(None) => Available::Absent,
            Err(reason) => Available::Unknown(reason),
        },
    };
    PackageAnswer {
        family: name.to_owned(),
        package: package.name.clone(),
        installed,
        available,
    }
}

/// The output of a command, whatever its exit code: "no such package" is often a failure.
pub fn output(command: &[String], patience: Duration, cancel: &Cancel) -> Result<String, String> {
    let (program, arguments) = command.split_first().ok_or("the command is empty")?;
    let failed = |error: std::io::Error| format!("failed to start {program}: {error}");
    let mut command = crate::env::command(program);
    command
        .args(arguments)
        .env("LC_ALL", "C")
        .env("HOMEBREW_NO_AUTO_UPDATE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(failed)?;
    let group = cancel.group(child.id());
    let stdout = child.stdout.take();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.map(|mut stdout| stdout.read_to_end(&mut bytes));
        let _ = sender.send(read.is_some().then_some(bytes));
    });
    let started = Instant::now();
    let answer = receiver.recv_timeout(patience);
    if answer.is_err() {
        group.end();
    }
    let _ = child.wait();
    drop(group);
    match answer {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()),
        Err(_) => {
            let seconds = started.elapsed().as_secs();
            Err(format!("{program} did not answer within {seconds} s"))
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_package_manager_that_hangs_is_ended_with_what_it_started() {
        let words = |text: &str| -> Vec<String> {
            ["sh", "-c", text]
                .iter()
                .map(|word| (*word).to_owned())
                .collect()
        };
        let cancel = Cancel::default();
        let started = Instant::now();
        let patience = Duration::from_millis(200);
        let hung = output(&words("echo begun; sleep 20 & sleep 20"), patience, &cancel);
        assert_eq!(hung, Err("sh did not answer within 0 s".to_owned()));
        assert!(started.elapsed() < Duration::from_secs(10));
        // "No such package" is an answer, whatever the exit code.
        let patience = Duration::from_secs(20);
        let none = output(
            &words("echo '  Candidate: (none)'; exit 100"),
            patience,
            &cancel,
        );
        assert_eq!(none, Ok("  Candidate: (none)\n".to_owned()));
        assert!(output(&["/nonexistent".to_owned()], patience, &cancel).is_err());
        // Ctrl-C ends it as well.
        cancel.cancel();
        let started = Instant::now();
        let _ = output(&words("sleep 20"), patience, &cancel);
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}
