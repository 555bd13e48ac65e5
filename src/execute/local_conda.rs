//! Installs a `.conda` that the user named: one package in a separate prefix. Its metadata names
//! it, but the interpreter determines which build it is.

use crate::error::{Failure, IoFailure};
use crate::execute::attempt::AttemptError;
use crate::execute::conda;
use crate::execute::conda_packages::fetch_all;
use crate::execute::error::ExecuteError;
use crate::execute::finalize;
use crate::execute::local_archive::{LocalArchive, NAME, done_already, plan};
use crate::execute::report::InstallReport;
use crate::execute::session::Session;
use crate::provider::{Archive, Candidate, Recipe};
use crate::report::Task;
use crate::resolve::Attempt;
use crate::store::Package;
use ftpy_core::abi::Abi;
use ftpy_core::build_id::BuildId;
use ftpy_core::flavour::Flavours;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Build;
use ftpy_core::version::Version;
use serde_json::{Value, json};
use std::path::Path;

/// Installs it.
pub(super) async fn install(
    session: &Session,
    named: &LocalArchive,
    task: &Task,
) -> Result<InstallReport, AttemptError> {
    let mut packages = vec![Package {
        name: "python".to_owned(),
        version: String::new(),
        build: String::new(),
        file: named.file.clone(),
        url: named.url.clone(),
        sha256: named.sha256,
        size: None,
        record: Value::Null,
    }];
    let kept = fetch_all(session, &packages, task).await?;
    let directory = kept.first().map(|kept| kept.directory.clone());
    drop(kept);
    let directory = directory.unwrap_or_default();
    let build = describe(session, named, &directory, &mut packages)?;
    let digest = directory.file_name().unwrap_or_default().to_string_lossy();
    let candidate = Candidate {
        provider: ProviderName::Archive,
        build,
        build_id: digest
            .get(..NAME)
            .and_then(|id| BuildId::parse(ProviderName::Archive, id)),
        archive: Some(Archive {
            file: named.file.clone(),
            urls: vec![named.url.clone()],
            sha256: packages.first().and_then(|package| package.sha256),
            size: None,
        }),
        recipe: Recipe::Conda {
            packages: packages.clone(),
        },
    };
    let attempt = Attempt::new(candidate, true)?;
    let is_cancelled = || session.cancel().is_cancelled();
    let key = attempt.key.clone();
    let lock = tokio::task::block_in_place(|| session.store.lock_key(&key, |_| {}, is_cancelled))?;
    if let Some(done) = done_already(session, &key) {
        return Ok(done);
    }
    let made = conda::make(session, &attempt, &packages, task).await?;
    let done = finalize::finish(session, &plan(named), &attempt, made, task).await;
    drop(lock);
    done.map_err(|stopped| match stopped {
        AttemptError::Failed(failure) | AttemptError::Unsuitable(failure) => {
            AttemptError::Failed(failure.hint(
                "a single package has no libraries; `ftpy install conda:3.14t` installs them, too",
            ))
        }
        stopped => stopped,
    })
}

/// Fills the package from its own `info/index.json`.
fn describe(
    session: &Session,
    named: &LocalArchive,
    directory: &Path,
    packages: &mut [Package],
) -> Result<Build, Failure> {
    let refused = |reason: &str| ExecuteError::Refused {
        what: named.file.clone(),
        reason: reason.to_owned(),
    };
    let path = directory.join("info/index.json");
    let text = std::fs::read_to_string(&path).map_err(IoFailure::at("read", &path))?;
    let mut index: Value =
        serde_json::from_str(&text).map_err(|error| refused(&error.to_string()))?;
    let field = |name: &str| index.get(name).and_then(Value::as_str).unwrap_or_default();
    if field("name") != "python" {
        return Err(refused("it is not a package of python").into());
    }
    let (version, build) = (field("version").to_owned(), field("build").to_owned());
    let read: Option<Version> = version.parse().ok();
    let read = read.ok_or_else(|| refused(&format!("`{version}` is not a version of CPython")))?;
    let abi = abi_of(&build, &read);
    let abi = abi.ok_or_else(|| refused(&format!("its build `{build}` names no ABI")))?;
    let digest = directory.file_name().unwrap_or_default().to_string_lossy();
    // The name in a channel, independent of the actual file name.
    index["fn"] = json!(format!("python-{version}-{build}.conda"));
    index["url"] = json!(named.url);
    index["channel"] = json!("");
    index["sha256"] = json!(digest);
    for package in packages {
        package.version.clone_from(&version);
        package.build.clone_from(&build);
        package.sha256 = digest.parse().ok();
        package.record = index.clone();
    }
    Ok(Build {
        version: read,
        abi,
        flavours: Flavours::default(),
        target: session.host.clone(),
    })
}

/// Returns the ABI in a build string: `t` of `h002_2_cp314t` for 3.14.
fn abi_of(build: &str, version: &Version) -> Option<Abi> {
    let tag = build.rsplit('_').next()?;
    let number = format!("cp{}{}", version.major, version.minor);
    Abi::from_flags(tag.strip_prefix(&number)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_build_string_names_the_abi() {
        let version = Version::new(3, 14, 7);
        let check = |build: &str, flags: Option<&str>| {
            let abi = abi_of(build, &version).map(|abi| abi.flags());
            assert_eq!(abi, flags, "{build}");
        };
        check("h32b2ec7_2_cp314t", Some("t"));
        check("h32b2ec7_102_cp314", Some(""));
        check("h32b2ec7_2_cp313t", None);
        check("h32b2ec7_2_cpython", None);
        check("", None);
    }
}
