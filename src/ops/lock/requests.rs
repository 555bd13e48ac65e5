//! Reads what to lock: the arguments, the version file, and an existing lock.

use crate::cli::lock::Lock as Arguments;
use crate::error::{Failure, Kind, Result};
use crate::lock::{DEFAULT_PLATFORMS, platform};
use crate::ops::context::Context;
use crate::ops::lock::make::LockRequest;
use crate::ops::lock::project::Project;
use crate::ops::lock::resolve::LockSources;
use crate::ops::lookup_installed;
use crate::version_file::nearest_range;
use ftpy_core::abi::Abi;
use ftpy_core::paste;
use ftpy_core::request::{BuildRequest, Versions};
use ftpy_core::target::Target;
use std::path::Path;

/// Returns what to lock: the arguments, and what the old lock and the version file say.
pub(crate) fn read(
    context: &Context,
    project: &Project,
    arguments: &Arguments,
) -> Result<LockRequest> {
    let old = project.lock.as_ref();
    let named = match arguments.requests.as_slice() {
        [] => old.and_then(|lock| lock.requests.clone()),
        texts => {
            let read = texts.iter().map(|text| lookup_installed::read(text));
            Some(read.collect::<Result<Vec<BuildRequest>>>()?)
        }
    };
    let requests = requests(context, project, named.as_deref())?;
    let machines: Result<Vec<Target>> = arguments
        .platform
        .iter()
        .map(|text| platform(text).map_err(|reason| usage(format!("--platform: {reason}"))))
        .collect();
    let common: Vec<Target> = DEFAULT_PLATFORMS
        .iter()
        .filter_map(|name| platform(name).ok())
        .collect();
    let platforms = match (machines?, old) {
        (machines, _) if !machines.is_empty() => machines,
        (_, Some(old)) if !old.platforms.is_empty() => old.platforms.clone(),
        _ => common.clone(),
    };
    let wanted = LockSources {
        sources: match (lookup_installed::providers(&arguments.from)?, old) {
            (from, Some(old)) if from.is_empty() => old.sources.clone(),
            (from, _) => from,
        },
        channels: match (&arguments.channel, old) {
            (named, Some(old)) if named.is_empty() => old.channels.clone(),
            (named, _) => named.clone(),
        },
    };
    let upgrade = arguments.upgrade.as_ref();
    let upgrade = upgrade
        .map(|texts| upgraded(texts, &requests))
        .transpose()?;
    Ok(LockRequest {
        named,
        is_chosen: !arguments.platform.is_empty() || platforms != common,
        requests,
        platforms,
        wanted,
        upgrade,
    })
}

fn usage(message: String) -> Failure {
    Failure::new(Kind::Usage, message)
}

/// Returns the named requests and those of the version file.
fn requests(
    context: &Context,
    project: &Project,
    named: Option<&[BuildRequest]>,
) -> Result<Vec<BuildRequest>> {
    let mut requests = named.unwrap_or_default().to_vec();
    for pinned in project.pinned().unwrap_or_default() {
        if !requests.contains(&pinned) {
            requests.push(pinned);
        }
    }
    if requests.is_empty() {
        let message = match &project.pins {
            Some(file) => format!(
                "{} contains no version that can be locked",
                file.path.display()
            ),
            None => "no request given, and no version file found here or in a parent directory"
                .to_owned(),
        };
        let failure = usage(message)
            .hint("`ftpy lock 3.14t` locks a request, `ftpy pin 3.14t` writes a version file");
        return Err(match range_hint(&context.env.current_dir) {
            Some(hint) => failure.hint(hint),
            None => failure,
        });
    }
    Ok(requests)
}

/// Returns the commands that lock a build of the project's `requires-python` range. A range does
/// not say which of its builds is wanted.
fn range_hint(directory: &Path) -> Option<String> {
    let (file, _, range) = nearest_range(directory)?;
    let lock = |abi| {
        let request = BuildRequest::of(Versions::Range(range.clone()), abi);
        paste!["ftpy", "lock", request]
    };
    Some(format!(
        "{} requires {range}: `{}` locks the newest free-threaded build in that range, `{}` the \
         newest with the GIL",
        file.display(),
        lock(Abi::FREE_THREADED),
        lock(Abi::GIL),
    ))
}

/// Reads the requests of `--upgrade`, each of which must be one of the project's.
fn upgraded(texts: &[String], requests: &[BuildRequest]) -> Result<Vec<BuildRequest>> {
    let one = |text: &String| {
        let request = lookup_installed::read(text)?;
        if requests.contains(&request) {
            return Ok(request);
        }
        let names: Vec<String> = requests.iter().map(ToString::to_string).collect();
        let message = format!("--upgrade {request}: not a request of this project");
        Err(usage(message).details([format!("its requests: {}", names.join(", "))]))
    };
    texts.iter().map(one).collect()
}
