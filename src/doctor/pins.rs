//! What is asked for by version files, the default and `FTPY_PYTHON`: can it be read, and is it
//! installed?

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
use ftpy_core::reason::Reason;
use ftpy_core::refusal::Refusal;
use ftpy_core::request::Request;
use std::path::{Path, PathBuf};

/// Looks at everything that asks for a Python here, and at the version files that are known.
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
    // One that cannot be read is a finding of the settings.
    if let Ok(Some(choice)) = default(&subject.surroundings()) {
        found.extend(unmet(subject, &choice.request, &choice.reason));
    }
    found
}

fn variable(subject: &Subject) -> Option<Finding> {
    let value = subject.env.python.as_ref()?;
    let problem = match value.to_str().map(parse) {
        Some(Ok(Request::Archive(_))) => "an archive is installed, not started".to_owned(),
        Some(Ok(request)) => return unmet(subject, &request, &Reason::Variable),
        Some(Err(error)) => error.to_string(),
        None => "it is not UTF-8".to_owned(),
    };
    let message = format!("FTPY_PYTHON cannot be used: {problem}");
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

/// What is wrong with the requests of one version file.
fn pinned(subject: &Subject, file: &PinFile) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, Pin { request, line }) in file.pins.iter().enumerate() {
        // Behind the active version it may be another tool's environment.
        if index > 0 && matches!(request, Request::Name(_)) {
            continue;
        }
        let reason = Reason::Pin {
            file: file.path.clone(),
            line: *line,
        };
        found.extend(unmet(subject, request, &reason));
    }
    // The first is the active one; the project does not have to run on the others.
    if let Some(Pin { request, line }) = file.pins.first()
        && let Request::Build(build) = request
        && let Some(sentence) = file
            .path
            .parent()
            .and_then(|directory| contradiction(directory, build))
    {
        let path = file.path.display();
        let message = format!("{path}:{line} pins {request}, but {sentence}");
        let advice = "pin a version that the project allows, or change requires-python";
        found.push(Finding::new(Code::PinContradictsProject, message).advice(advice));
    }
    found
}

/// A request that nothing meets.
fn unmet(subject: &Subject, request: &Request, reason: &Reason) -> Option<Finding> {
    match request {
        Request::Build(build) => {
            if !matching(&subject.installed, build, &subject.host).is_empty() {
                return None;
            }
            let message = format!("{reason} asks for {request}, which is not installed");
            let fix = paste!["ftpy", "install", request];
            Some(Finding::new(Code::PinNotMet, message).fix(fix))
        }
        Request::System => {
            let path = &subject.env.path;
            let is_there = ["python3", "python"]
                .iter()
                .any(|name| find_beyond_shims(path, name, &[]).is_some());
            let message = format!("{reason} asks for the system's Python, and PATH has none");
            let advice = "install one, or pin a version";
            (!is_there).then(|| Finding::new(Code::PinNotMet, message).advice(advice))
        }
        Request::Name(name) if named(&subject.installed, name).is_none() => {
            let message = format!("{reason} asks for `{name}`, which is not linked");
            let advice = format!("{} PATH links an interpreter", paste!["ftpy", "link", name]);
            Some(Finding::new(Code::PinNotMet, message).advice(advice))
        }
        Request::Name(_) | Request::Archive(_) => None,
    }
}

/// A version file that cannot be used.
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
            format!("write {path} again, or remove it")
        }
    };
    let finding = Finding::new(Code::PinUnusable, Refusal::from(error).message);
    match fix {
        Some(fix) => finding.fix(fix),
        None => finding.advice(line),
    }
}

/// The command that mends the line, where `ftpy pin` writes this file and no other line is lost.
fn rewrite(subject: &Subject, path: &Path, bad: &BadLine) -> Option<String> {
    if pin::is_link_to_another(path) {
        return Some(pin::without_link(path));
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
