//! The past of a package: which of its older versions are read, until the answer is settled.

use crate::check::survey::{MOST_VERSIONS, PastVersion, PastWheel};
use crate::check::{CheckedModule, Class, ModuleVerdict, as_imported, fallback_abi};
use crate::error::Result;
use crate::wheel_reader::{
    ReadOptions, ReaderTools, WheelError, WheelRead, WheelToRead, read_wheels,
};

/// How many versions are read at once.
const AT_ONCE: usize = 3;

/// Reads older versions, newest first, as far as needed.
///
/// - A package that turns the GIL on: until one keeps it off.
/// - One that keeps it off: first the oldest of them. If that one keeps it off, too, those between
///   are not read; else until one does not.
///
/// # Errors
/// Returns an error only if the user presses Ctrl-C.
pub(super) async fn history(
    tools: ReaderTools<'_>,
    mut past: Vec<PastWheel>,
    judged: Class,
) -> Result<Vec<PastVersion>> {
    past.truncate(MOST_VERSIONS - 1);
    let mut versions: Vec<PastVersion> = past.iter().map(unread).collect();
    let Some(last) = past.len().checked_sub(1) else {
        return Ok(versions);
    };
    match judged {
        Class::TurnsOn => {}
        class if class.is_good() => {
            read(tools, &past, &mut versions, last..past.len()).await?;
            if versions[last].class.is_some_and(Class::is_good) {
                return Ok(versions);
            }
        }
        _ => return Ok(Vec::new()),
    }
    let mut start = 0;
    while start < past.len() {
        let end = (start + AT_ONCE).min(past.len());
        read(tools, &past, &mut versions, start..end).await?;
        let is_other = |past: &PastVersion| {
            let class = past.class.filter(|class| class.is_judged());
            class.is_some_and(|class| class.is_good() != judged.is_good())
        };
        if versions[start..end].iter().any(is_other) {
            break;
        }
        start = end;
    }
    Ok(versions)
}

fn unread(past: &PastWheel) -> PastVersion {
    PastVersion {
        version: past.version.clone(),
        class: None,
        wheel: past.wheel.name.file.clone(),
        modules_on: Vec::new(),
    }
}

async fn read(
    tools: ReaderTools<'_>,
    past: &[PastWheel],
    versions: &mut [PastVersion],
    range: std::ops::Range<usize>,
) -> Result<()> {
    let missing: Vec<usize> = range.filter(|at| versions[*at].class.is_none()).collect();
    let wheels = missing.iter().map(|at| WheelToRead {
        abi: fallback_abi(&past[*at].wheel.name, Some(&past[*at].target)),
        wheel: past[*at].wheel.clone(),
    });
    let wheels: Vec<WheelToRead> = wheels.collect();
    let results = read_wheels(tools, &wheels, ReadOptions::default()).await?;
    for (at, result) in missing.into_iter().zip(results) {
        judge(&mut versions[at], &past[at], result);
    }
    Ok(())
}

fn judge(version: &mut PastVersion, past: &PastWheel, read: Result<WheelRead, WheelError>) {
    let Ok(read) = read else {
        version.class = Some(Class::Unreadable);
        return;
    };
    let modules = read.report.modules.iter();
    let modules = modules.filter_map(|module| as_imported(module, past.target));
    let modules: Vec<CheckedModule> = modules.map(CheckedModule::from).collect();
    let is_abi3t = past.wheel.name.abis.iter().any(|abi| abi == "abi3t");
    let is_on = |module: &&CheckedModule| module.verdict == ModuleVerdict::On;
    let on = modules.iter().filter(is_on);
    version.modules_on = on.map(|module| module.module.clone()).collect();
    version.class = Some(Class::of_modules(&modules, is_abi3t));
}
