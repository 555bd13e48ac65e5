//! Checks for virtual environments whose Python is missing.

use crate::doctor::finding::{Code, Finding};
use crate::doctor::subject::Subject;
use crate::venv::{self, Base, base, home_of};
use ftpy_core::installed::matching;
use ftpy_core::key::Key;
use ftpy_core::name::{Meaning, Name};
use ftpy_core::parse::parse;
use ftpy_core::paste;
use ftpy_core::request::Request;
use std::path::{Path, PathBuf};

/// Checks the virtual environments that are recorded, active or in the current directory.
#[must_use]
pub fn check(subject: &Subject) -> Vec<Finding> {
    let venvs = venv::known(&subject.store, &subject.env);
    venvs
        .iter()
        .filter_map(|venv| look(subject, venv))
        .collect()
}

fn look(subject: &Subject, venv: &Path) -> Option<Finding> {
    let home = home_of(venv)?;
    let shown = venv.display();
    let finding = if !home.is_dir() {
        let message = format!(
            "the virtual environment {shown} is based on {}, which no longer exists",
            home.display()
        );
        let finding = Finding::new(Code::VenvBaseGone, message);
        // If the base is restored, the environment works again, including its packages.
        if let Some(request) = same(subject, &home) {
            let remake = remake(subject, venv, &request);
            let advice = format!("to make it again, without its packages, run {remake}");
            let fix = format!("ftpy install {request}");
            return Some(finding.fix(fix).advice(advice));
        }
        finding
    } else {
        let link = broken(venv)?;
        let what = match std::fs::read_link(&link) {
            Ok(target) => format!("points to {}, which no longer exists", target.display()),
            Err(_) => "is missing".to_owned(),
        };
        let message = format!("the virtual environment {shown} is broken: bin/python {what}");
        Finding::new(Code::VenvBroken, message)
    };
    let advice = "then reinstall its packages";
    Some(match request(subject, venv, &home) {
        Some(request) => finding.fix(remake(subject, venv, &request)).advice(advice),
        None => finding.advice("recreate it with the tool that created it"),
    })
}

/// The request that restores the base of an environment in the same place.
fn same(subject: &Subject, home: &Path) -> Option<String> {
    match base(&subject.store, home) {
        Base::Alias(alias) => Some(alias),
        Base::Exact(key) => Some(key),
        Base::Other => None,
    }
}

/// The interpreter of an environment, if it cannot be started.
fn broken(venv: &Path) -> Option<PathBuf> {
    let python = venv.join("bin/python");
    (!python.exists()).then_some(python)
}

/// The command that recreates it with the same build.
fn request(subject: &Subject, venv: &Path, home: &Path) -> Option<String> {
    match base(&subject.store, home) {
        Base::Alias(alias) => Some(alias),
        Base::Exact(key) => {
            let key = Key::from_name(&key, &subject.host)?;
            Some(key.build.name())
        }
        Base::Other => {
            let (name, _) = libraries(venv).into_iter().next()?;
            let Meaning::Versioned(minor, abi) = name.meaning else {
                return None;
            };
            Some(format!("3.{minor}{abi}"))
        }
    }
}

fn remake(subject: &Subject, venv: &Path, request: &str) -> String {
    let remake = paste!["ftpy", "venv", "--clear", "-p", request, venv.display()];
    let is_there = match parse(request) {
        Ok(Request::Build(request)) => {
            !matching(&subject.installed, &request, &subject.host).is_empty()
        }
        _ => true,
    };
    match is_there {
        true => remake,
        false => format!("{} && {remake}", paste!["ftpy", "install", request]),
    }
}

/// `lib/python3.14t` below a prefix or virtual environment, and the parts of its name.
#[must_use]
pub(super) fn libraries(prefix: &Path) -> Vec<(Name, PathBuf)> {
    let entries = std::fs::read_dir(prefix.join("lib")).into_iter().flatten();
    let named = entries.flatten().filter_map(|entry| {
        let name = Name::parse(entry.file_name().to_str()?)?;
        Some((name, entry.path()))
    });
    let mut found: Vec<(Name, PathBuf)> = named.collect();
    found.sort();
    found
}
