//! Checks the requests of version files, of the default and of `FTPY_PYTHON`: whether they are
//! valid and installed.

use crate::doctor::finding::{Code, Finding};
use crate::doctor::subject::{Subject, real};
use crate::store::ReferenceKind;
use crate::version_file::contradiction;
use ftpy_core::decide::default;
use ftpy_core::installed::{matching, named};
use ftpy_core::parse::parse;
use ftpy_core::paste;
use ftpy_core::path::find_beyond_shims;
use ftpy_core::pin::{self, BadLine, Pin, PinError, PinFile, WRITTEN};
use ftpy_core::pin_link;
use ftpy_core::reason::Reason;
use ftpy_core::refusal::Refusal;
use ftpy_core::request::Request;
use std::path::{Path, PathBuf};

/// Checks every request that applies here, and the recorded version files.
#[must_use]
pub fn check(subject: &Subject) -> Vec<Finding> {
    let mut found: Vec<Finding> = variable(subject).into_iter().collect();
    let mut seen: Vec<PathBuf> = Vec::new();
    match pin::nearest(&subject.env.current_dir) {
        Ok(None) => {}
        Ok(Some(file)) => {
            seen.push(real(&file.path));
            found.extend(pinned(subject, &file));
        }
        Err(error) => {
            seen.push(real(place(&error)));
            found.push(unusable(subject, error));
        }
    }
    for path in subject.store.known(ReferenceKind::Pins) {
        let place = real(&path);
        if seen.contains(&place) {
            continue;
        }
        seen.push(place);
        match read(&path) {
            Ok(file) => found.extend(pinned(subject, &file)),
            Err(error) => found.push(unusable(subject, error)),
        }
    }
    // An invalid default is reported with the settings.
    if let Ok(Some(choice)) = default(&subject.env.surroundings()) {
        found.extend(unmet(subject, &choice.request, &choice.reason));
    }
    found
}

fn variable(subject: &Subject) -> Option<Finding> {
    let value = subject.env.python.as_ref()?;
    let problem = match value.to_str().map(parse) {
        Some(Ok(Request::Archive(_))) => {
            "archives can be installed but not started directly".to_owned()
        }
        Some(Ok(request)) => return unmet(subject, &request, &Reason::Variable),
        Some(Err(error)) => error.to_string(),
        None => "it is not UTF-8".to_owned(),
    };
    let message = format!("invalid FTPY_PYTHON: {problem}");
    Some(Finding::new(Code::PinUnusable, message).fix("unset FTPY_PYTHON"))
}

fn read(path: &Path) -> Result<PinFile, PinError> {
    let text = pin::read(path)?.unwrap_or_default();
    PinFile::parse(path.to_owned(), &text)
}

fn place(error: &PinError) -> &Path {
    match error {
        PinError::BadLine { path, .. } => path,
        PinError::Unreadable(unreadable) => &unreadable.path,
    }
}

/// Checks the requests of one version file.
fn pinned(subject: &Subject, file: &PinFile) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, Pin { request, line }) in file.pins.iter().enumerate() {
        // After the active version, it may be the environment of another tool.
        if index > 0 && matches!(request, Request::Name(_)) {
            continue;
        }
        let reason = Reason::Pin {
            file: file.path.clone(),
            line: *line,
        };
        found.extend(unmet(subject, request, &reason));
    }
    // Only the first one is active; the project need not run on the others.
    if let Some(Pin { request, line }) = file.pins.first()
        && let Request::Build(build) = request
        && let Some(sentence) = file
            .path
            .parent()
            .and_then(|directory| contradiction(directory, build))
    {
        let path = file.path.display();
        let message = format!("{path}:{line} pins {request}, but {sentence}");
        let advice = "pin a version that the project supports, or change requires-python";
        found.push(Finding::new(Code::PinContradictsProject, message).advice(advice));
    }
    found
}

/// What to do if the version is no longer wanted.
fn instead(reason: &Reason) -> Option<String> {
    match reason {
        Reason::Default { .. } => Some("or run `ftpy default none`".to_owned()),
        Reason::Variable => Some("or run `unset FTPY_PYTHON`".to_owned()),
        Reason::Pin { file, line } => {
            let path = file.display();
            Some(format!("or remove line {line} of {path}"))
        }
        _ => None,
    }
}

/// Checks whether a request is satisfied.
fn unmet(subject: &Subject, request: &Request, reason: &Reason) -> Option<Finding> {
    match request {
        Request::Build(build) => {
            if !matching(&subject.store.usable(&subject.host), build, &subject.host).is_empty() {
                return None;
            }
            let message = format!("{request} is not installed (requested by {reason})");
            let fix = paste!["ftpy", "install", request];
            let finding = Finding::new(Code::PinNotMet, message).fix(fix);
            Some(match instead(reason) {
                Some(advice) => finding.advice(advice),
                None => finding,
            })
        }
        Request::System => {
            let path = &subject.env.path;
            let is_there = ["python3", "python"]
                .iter()
                .any(|name| find_beyond_shims(path, name, &[]).is_some());
            let message = format!("{reason} requests `system`, but there is no Python on PATH");
            let advice = "install one, or pin a version";
            (!is_there).then(|| Finding::new(Code::PinNotMet, message).advice(advice))
        }
        Request::Name(name) if named(&subject.store.usable(&subject.host), name).is_none() => {
            let message = format!("no interpreter is linked as `{name}` (requested by {reason})");
            let advice = format!(
                "run `{} PATH` to link an interpreter",
                paste!["ftpy", "link", name]
            );
            Some(Finding::new(Code::PinNotMet, message).advice(advice))
        }
        Request::Name(_) | Request::Archive(_) => None,
    }
}

/// An invalid version file.
fn unusable(subject: &Subject, error: PinError) -> Finding {
    let fix = match &error {
        PinError::BadLine { path, bad, .. } => rewrite(subject, path, bad),
        PinError::Unreadable(_) => None,
    };
    let line = match &error {
        PinError::BadLine { path, bad, .. } => {
            format!("correct line {} of {}", bad.line, path.display())
        }
        PinError::Unreadable(unreadable) => {
            let path = unreadable.path.display();
            format!("rewrite or remove {path}")
        }
    };
    let finding = Finding::new(Code::PinUnusable, Refusal::from(error).message);
    match fix {
        Some(fix) => finding.fix(fix),
        None => finding.advice(line),
    }
}

/// The command that fixes the line, if `ftpy pin` writes this file and keeps the other lines.
fn rewrite(subject: &Subject, path: &Path, bad: &BadLine) -> Option<String> {
    if pin::is_link_to_another(path).unwrap_or(false) {
        return Some(pin_link::without_link(path));
    }
    if path.file_name()? != WRITTEN || !bad.is_first {
        return None;
    }
    let directory = path.parent()?;
    let nearest = &bad.error.nearest;
    let pin = match bad.is_foreign {
        true => paste!["ftpy", "pin", nearest],
        false => paste!["ftpy", "pin", "--force", nearest],
    };
    if real(directory) == real(&subject.env.current_dir) {
        return Some(pin);
    }
    Some(format!("{} && {pin}", paste!["cd", directory.display()]))
}
