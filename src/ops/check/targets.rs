//! What is checked for: Pythons and platforms.

use crate::error::{Failure, Kind, Result};
use crate::host::target;
use crate::ops::context::Context;
use crate::wheel::{WheelPlatform, WheelTarget};
use ftpy_core::abi::Abi;
use ftpy_core::decide::active;
use ftpy_core::parse::parse;
use ftpy_core::request::{BuildRequest, Request, Versions};

/// The Python to check for where none is given.
pub(super) const USUAL: u8 = 14;

/// Reads `--python` and `--platform`. The usual target is the first one.
///
/// # Errors
/// Returns an error for a version without a minor part, and an unknown platform.
pub(crate) fn targets(
    context: &Context,
    pythons: &[String],
    platforms: &[String],
) -> Result<Vec<WheelTarget>> {
    let pythons = match pythons {
        [] => vec![(active_python(context).unwrap_or(USUAL), true)],
        _ => pythons
            .iter()
            .map(|text| python(text))
            .collect::<Result<_>>()?,
    };
    let platforms = platforms_of(platforms)?;
    let mut targets = Vec::new();
    for (minor, is_free_threaded) in pythons {
        for platform in &platforms {
            let target = WheelTarget {
                minor,
                is_free_threaded,
                platform: *platform,
            };
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
    }
    Ok(targets)
}

/// The minor version of the active Python, if it is a free-threaded build.
fn active_python(context: &Context) -> Option<u8> {
    let choice = active(None, &context.env.surroundings()).ok()??;
    let Request::Build(request) = choice.request else {
        return None;
    };
    minor_of(&request).filter(|_| request.abi.is_free_threaded())
}

fn minor_of(request: &BuildRequest) -> Option<u8> {
    match &request.versions {
        Versions::Partial(partial) if partial.major == 3 => partial.minor?.try_into().ok(),
        _ => None,
    }
}

fn python(text: &str) -> Result<(u8, bool)> {
    let request = match parse(text)? {
        Request::Build(request) => request,
        _ => return Err(no_version(text)),
    };
    let minor = minor_of(&request).ok_or_else(|| no_version(text))?;
    if request.abi == Abi::GIL {
        let message = format!("{text} is a GIL build, whose GIL is always on");
        let hint = format!("`ftpy check -p 3.{minor}t` checks for the free-threaded build");
        return Err(Failure::new(Kind::Usage, message).hint(hint));
    }
    Ok((minor, true))
}

fn no_version(text: &str) -> Failure {
    let message = format!("cannot check for `{text}`: not a minor version of Python");
    Failure::new(Kind::Usage, message).hint("name one: `ftpy check -p 3.14t`")
}

fn platforms_of(texts: &[String]) -> Result<Vec<WheelPlatform>> {
    if texts.is_empty() {
        let host = target::detect();
        let platform = WheelPlatform::of(&host).ok_or_else(|| {
            let message = format!("wheels for this machine ({host}) cannot be checked");
            Failure::new(Kind::Usage, message)
                .hint("name a platform: `ftpy check --platform linux-x86_64`")
        });
        return Ok(vec![platform?]);
    }
    let mut platforms = Vec::new();
    for text in texts {
        if text == "all" {
            platforms.extend(WheelPlatform::COMMON);
            continue;
        }
        let platform = text.parse();
        platforms.push(platform.map_err(|error: crate::wheel::UnknownPlatform| {
            Failure::new(Kind::Usage, error.to_string())
        })?);
    }
    Ok(platforms)
}
