//! After `ftpy run --require-nogil` found the GIL on: which versions of the packages keep it off.

use crate::check::{CheckedPackage, Class, Remedy, tracker};
use crate::error::{Failure, Result};
use crate::gil::{Interpreter, Judgement, NEWER_RELEASE, Offender};
use crate::host::target;
use crate::ops::check::environment::{installed, site_packages};
use crate::ops::check::install_command::install_command;
use crate::ops::check::installed::NOT_FROM_INDEX;
use crate::ops::check::installed_remedy::{self, Asking};
use crate::ops::context::Context;
use crate::report::Verb;
use crate::wheel::{WheelTarget, normalized_name};
use ftpy_core::paste;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the index may take. The command has ended already.
const LIMIT: Duration = Duration::from_secs(10);

/// A package whose module turned the GIL on, and the version to use instead.
#[derive(Debug, Serialize)]
pub(crate) struct Advice {
    package: String,
    version: String,
    /// The newest version that keeps the GIL off.
    last_good: Option<String>,
    constraint: Option<String>,
    is_prerelease: bool,
    none_because: Option<String>,
    tracker: Option<String>,
    /// The command or the sentence for the person.
    #[serde(skip)]
    hint: String,
}

/// An installed package, and where it is.
struct Owner {
    site: PathBuf,
    python: PathBuf,
    minor: u8,
    package: CheckedPackage,
}

/// Looks for versions that keep the GIL off.
///
/// # Errors
/// Returns an error only if the user presses Ctrl-C.
pub(crate) fn advise(context: &Context, judged: &Judgement) -> Result<Vec<Advice>> {
    let mut owners: Vec<Owner> = Vec::new();
    for offender in &judged.offenders {
        let Some(found) = owner(judged, offender) else {
            continue;
        };
        let is_known = |it: &Owner| it.site == found.site && it.package.name == found.package.name;
        if !owners.iter().any(is_known) {
            owners.push(found);
        }
    }
    if owners.is_empty() {
        return Ok(Vec::new());
    }
    let task = context.reporter.task("versions");
    task.step_on(Verb::Checking, "which versions keep the GIL off");
    for owner in &mut owners {
        let Some(target) = WheelTarget::of_host(&target::detect(), owner.minor, true) else {
            continue;
        };
        let pip = owner.python.with_file_name("pip");
        let packages = std::slice::from_mut(&mut owner.package);
        let asking = (&Asking::Index(LIMIT), Some(pip));
        installed_remedy::add(context, packages, target, asking)?;
    }
    drop(task);
    Ok(owners.iter().map(advice).collect())
}

/// Puts the versions in the place of the advice to look for one.
pub(crate) fn add_to(failure: &mut Failure, advice: &[Advice]) {
    if !advice.is_empty() {
        failure.hints.retain(|hint| hint != NEWER_RELEASE);
        let hints = advice.iter().map(|it| it.hint.clone());
        failure.hints.splice(0..0, hints);
    }
}

/// The package that a module belongs to.
fn owner(judged: &Judgement, offender: &Offender) -> Option<Owner> {
    let is_same = |it: &&Interpreter| it.pid == offender.pid;
    let interpreter = judged.interpreters.iter().find(is_same)?;
    let minor = interpreter.version.split('.').nth(1)?.parse().ok()?;
    let path = Path::new(&offender.file);
    let site = path
        .ancestors()
        .find(|above| above.ends_with("site-packages") || above.ends_with("dist-packages"))?;
    let file = path.strip_prefix(site).ok()?.to_str()?;
    let packages = installed(site_packages(site).first()?).ok()?;
    let package = packages
        .into_iter()
        .find(|package| package.modules.iter().any(|module| module == file))?;
    Some(Owner {
        site: site.to_owned(),
        python: PathBuf::from(&interpreter.executable),
        minor,
        package: CheckedPackage {
            name: normalized_name(&package.name),
            version: package.version,
            class: Class::TurnsOn,
            remedy: Some(Remedy {
                none_because: package.is_direct.then(|| NOT_FROM_INDEX.to_owned()),
                tracker: tracker(package.metadata.as_bytes()),
                ..Remedy::default()
            }),
            ..CheckedPackage::default()
        },
    })
}

fn advice(owner: &Owner) -> Advice {
    let package = &owner.package;
    let remedy = package.remedy.clone().unwrap_or_default();
    let (name, version) = (&package.name, &package.version);
    let hint = match (&remedy.last_good, &remedy.constraint) {
        (Some(good), Some(constraint)) => {
            let requirements = std::slice::from_ref(constraint);
            let command = install_command(&owner.python, &owner.site, requirements);
            let kind = match remedy.is_prerelease {
                true => ", a pre-release,",
                false => "",
            };
            format!("{name} {good}{kind} keeps the GIL off: `{command}`")
        }
        _ if remedy.is_unknown || remedy.none_because.is_none() => {
            let python = format!("3.{}t", owner.minor);
            let pin = format!("{name}=={version}");
            let command = paste!["ftpy", "check", "-p", python, pin];
            format!("`{command}` looks for a version of {name} that keeps the GIL off")
        }
        _ => {
            let why = remedy.none_because.clone().unwrap_or_default();
            let issues = remedy.tracker.as_ref().map(|it| format!("; issues: {it}"));
            format!("{name} {version}: {why}{}", issues.unwrap_or_default())
        }
    };
    Advice {
        package: name.clone(),
        version: version.clone(),
        last_good: remedy.last_good,
        constraint: remedy.constraint,
        is_prerelease: remedy.is_prerelease,
        none_because: remedy.none_because,
        tracker: remedy.tracker,
        hint,
    }
}
