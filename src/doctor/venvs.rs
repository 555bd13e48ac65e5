//! Virtual environments whose Python is gone.

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

/// Looks at the virtual environments that are known, active or here.
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
            "the virtual environment {shown} stands on {}, which is gone",
            home.display()
        );
        let finding = Finding::new(Code::VenvBaseGone, message);
        // What comes back to its old place carries the environment again, packages and all.
        if let Some(request) = same(subject, &home) {
            let remake = remake(subject, venv, &request);
            let advice = format!("if it cannot be had any more: {remake}");
            let fix = format!("ftpy install {request}");
            return Some(finding.fix(fix).advice(advice));
        }
        finding
    } else {
        let link = broken(venv)?;
        let what = match std::fs::read_link(&link) {
            Ok(target) => format!("points at {}, which is gone", target.display()),
            Err(_) => "is gone".to_owned(),
        };
        let message = format!("the virtual environment {shown} is broken: bin/python {what}");
        Finding::new(Code::VenvBroken, message)
    };
    let advice = "its packages have to be installed again";
    Some(match request(subject, venv, &home) {
        Some(request) => finding.fix(remake(subject, venv, &request)).advice(advice),
        None => finding.advice("make it anew with the tool that made it"),
    })
}

/// The request that puts something to the very place that an environment stood on.
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

/// What to make it with: the same build.
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

/// `lib/python3.14t` below a prefix or a virtual environment, with what its name says.
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
