//! Turns a solved conda environment into a linked prefix in a stage.

use crate::conda::{Contents, Expected, LinkError, Linked, link, too_long};
use crate::digest::Digest;
use crate::error::{Failure, IoFailure};
use crate::execute::attempt::AttemptError;
use crate::execute::conda_packages::{Kept, fetch_all};
use crate::execute::error::{CondaError, ExecuteError};
use crate::execute::session::Session;
use crate::execute::staged::RequiredModule;
use crate::execute::staged::StagedInstall;
use crate::execute::staged::milliseconds;
use crate::net::Fetched;
use crate::relocate::{ensure_names, executable_name};
use crate::report::{Task, Verb};
use crate::resolve::Attempt;
use crate::store::{Inventory, Package};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Stages a prefix of packages.
pub(super) async fn make(
    session: &Session,
    attempt: &Attempt,
    packages: &[Package],
    task: &Task,
) -> Result<StagedInstall, AttemptError> {
    let prefix = session.store.prefix(&attempt.key);
    if let Some(reason) = too_long(&prefix) {
        let failure = CondaError::PrefixTooLong(reason).into();
        return Err(AttemptError::Unsuitable(failure));
    }
    let stage = tokio::task::block_in_place(|| session.store.stage())?;
    let started = Instant::now();
    let root = stage.path().join("root");
    let mut kept = fetch_all(session, packages, task).await?;
    let mut timings = BTreeMap::from([("fetch_and_unpack", milliseconds(started))]);
    let started = Instant::now();
    let mut linked = link_all(session, attempt, &kept, &root, task)?;
    if let Err(damaged) = &linked {
        // Cached files are hard-linked into prefixes, and can be damaged there.
        for (file, directory) in damaged {
            session.reporter.note(format!(
                "the cached {file} was damaged; downloading it again"
            ));
            let _ = std::fs::remove_dir_all(directory);
        }
        let _ = std::fs::remove_dir_all(&root);
        kept = fetch_all(session, packages, task).await?;
        linked = link_all(session, attempt, &kept, &root, task)?;
    }
    timings.insert("link", milliseconds(started));
    let inventory = linked.map_err(|damaged| {
        let names: Vec<&str> = damaged.iter().map(|(file, _)| file.as_str()).collect();
        ExecuteError::Refused {
            what: names.join(", "),
            reason: "its files differ from its own list".to_owned(),
        }
    })?;
    let python = kept.iter().find(|kept| kept.package.name == "python");
    let python = python.expect("no candidate is made without it");
    let modules = crate::probe::REQUIRED
        .iter()
        .map(|extension| RequiredModule {
            extension: (*extension).to_owned(),
            name: extension.trim_start_matches('_').to_owned(),
            is_required: true,
        });
    Ok(StagedInstall {
        fetched: Fetched {
            url: python.package.url.to_string(),
            sha256: digest_of(python)?,
            size: python.package.size.unwrap_or(0),
            passed_over: Vec::new(),
        },
        stage,
        root,
        inventory,
        python_json: None,
        flags: Vec::new(),
        modules: modules.collect(),
        notes: Vec::new(),
        timings,
    })
}

/// Returns the digest of a package's archive, from the name of its directory.
fn digest_of(kept: &Kept<'_>) -> Result<Digest, Failure> {
    let name = kept.directory.file_name().and_then(|name| name.to_str());
    let digest = name.and_then(|name| name.parse().ok());
    let file = &kept.package.file;
    digest.ok_or_else(|| CondaError::NoDigest(file.clone()).into())
}

/// Links the packages, adds the interpreter's name, and checks every file against its package. The
/// inner error lists the damaged packages with their directories.
fn link_all(
    session: &Session,
    attempt: &Attempt,
    kept: &[Kept<'_>],
    root: &Path,
    task: &Task,
) -> Result<Result<Inventory, Vec<(String, PathBuf)>>, Failure> {
    task.step(Verb::Linking);
    let linked = tokio::task::block_in_place(|| {
        let linked = link_packages(session, attempt, kept, root)?;
        // Files checked during unpacking are not hashed again; cached ones are.
        let known = linked
            .expected
            .iter()
            .filter(|(_, expected)| kept[expected.package].contents == Contents::Checked);
        let known = known.map(|(path, expected)| (path.clone(), expected.sha256));
        let mut inventory = Inventory::of_tree_knowing(root, &known.collect())?;
        let damaged = damaged(kept, &linked, &inventory, root);
        if !damaged.is_empty() {
            return Ok(Err(damaged));
        }
        if run_scripts(session, kept, &linked, root)? {
            inventory = Inventory::of_tree(root)?;
        }
        ensure_own_name(root, attempt, &mut inventory)?;
        ensure_names(root, &attempt.candidate.build, &mut inventory)?;
        Ok(Ok(inventory))
    });
    if let Ok(Ok(_)) = &linked {
        task.done();
    }
    linked
}

fn link_packages(
    session: &Session,
    attempt: &Attempt,
    kept: &[Kept<'_>],
    root: &Path,
) -> Result<Linked, Failure> {
    let prefix = session.store.prefix(&attempt.key);
    let is_cancelled = || session.cancel().is_cancelled();
    // Receipts contain no passwords.
    let shown = kept.iter().map(|kept| kept.package.without_secrets());
    let shown: Vec<Package> = shown.collect();
    let directories = kept.iter().map(|kept| kept.directory.clone());
    let shown: Vec<(&Package, PathBuf)> = shown.iter().zip(directories).collect();
    let linked = link(&shown, root, &prefix, is_cancelled);
    session.cancel().check()?;
    let linked = linked.map_err(|error| match error {
        LinkError::Refused(reason) => {
            let key = attempt.key.to_string();
            CondaError::NotLinked { key, reason }
        }
        LinkError::Disk(reason) => CondaError::Disk(reason),
    })?;
    Ok(linked)
}

/// Runs the packages' scripts like conda if that is allowed, and otherwise reports which packages
/// have some. Returns whether any script ran.
///
/// PREFIX is the stage, so a path that a script writes is wrong after the rename.
fn run_scripts(
    session: &Session,
    kept: &[Kept<'_>],
    linked: &Linked,
    root: &Path,
) -> Result<bool, Failure> {
    let names = linked.scripts.iter();
    let names: Vec<&str> = names
        .map(|script| kept[script.package].package.name.as_str())
        .collect();
    if !names.is_empty() && !session.options.runs_scripts {
        session.reporter.note(format!(
            "scripts of these packages were not run (--allow-scripts): {}",
            names.join(", ")
        ));
        return Ok(false);
    }
    for script in &linked.scripts {
        let package = kept[script.package].package;
        let number = &package.record["build_number"];
        let mut command = Command::new("/bin/sh");
        command
            .arg(root.join(&script.path))
            .current_dir(root)
            .env("PREFIX", root)
            .env("PKG_NAME", &package.name)
            .env("PKG_VERSION", &package.version)
            .env("PKG_BUILDNUM", number.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let failed = |reason: String, stderr: &str| CondaError::Script {
            file: package.file.clone(),
            reason,
            lines: stderr.lines().map(str::to_owned).collect(),
        };
        let child = command.spawn();
        let child = child.map_err(|error| failed(error.to_string(), ""))?;
        let _group = session.cancel().group(child.id());
        let output = child.wait_with_output();
        session.cancel().check()?;
        let output = output.map_err(|error| failed(error.to_string(), ""))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            return Err(failed(output.status.to_string(), &text).into());
        }
    }
    Ok(!linked.scripts.is_empty())
}

/// Returns the packages with a changed or missing file. The cache keeps packages for months, and
/// its files are linked with their current permissions.
fn damaged(
    kept: &[Kept<'_>],
    linked: &Linked,
    inventory: &Inventory,
    root: &Path,
) -> Vec<(String, PathBuf)> {
    let allowed = mode(root) & 0o777;
    let is_other = |(path, expected): &(&String, &Expected)| match inventory.files.get(*path) {
        Some(found) => *found != expected.sha256 || mode(&root.join(path)) & 0o7002 & !allowed != 0,
        None => !inventory.links.contains_key(*path),
    };
    let others = linked.expected.iter().filter(is_other);
    let packages: BTreeSet<usize> = others.map(|(_, expected)| expected.package).collect();
    let packages = packages.into_iter().map(|index| &kept[index]);
    packages
        .map(|kept| (kept.package.file.clone(), kept.directory.clone()))
        .collect()
}

/// Returns the permissions of a file or directory if it exists.
fn mode(path: &Path) -> u32 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = path.symlink_metadata();
        metadata.map_or(0, |found| found.permissions().mode())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        0
    }
}

/// Adds the versioned name to conda's free-threaded interpreter, which is named like the GIL one.
fn ensure_own_name(
    root: &Path,
    attempt: &Attempt,
    inventory: &mut Inventory,
) -> Result<(), Failure> {
    let build = &attempt.candidate.build;
    let own = executable_name(build);
    let (major, minor) = build.version.series();
    let plain = format!("python{major}.{minor}");
    let (own_path, plain_path) = (root.join("bin").join(&own), root.join("bin").join(&plain));
    if !own_path.exists() && plain_path.exists() {
        #[cfg(unix)]
        std::os::unix::fs::symlink(&plain, &own_path)
            .map_err(IoFailure::at("create", &own_path))?;
        inventory.add(root, &format!("bin/{own}"))?;
    }
    Ok(())
}
