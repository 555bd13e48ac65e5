//! The source tree of `ftpy build --source`: a directory is used in place, an archive is unpacked,
//! and a revision is fetched with git.

use crate::compile::checkout;
use crate::compile::source_tree::{digest, files, version};
use crate::error::{Failure, IoFailure, Result};
use crate::execute::archive::fetch_and_unpack;
use crate::execute::attempt::AttemptError;
use crate::execute::error::ExecuteError;
use crate::execute::local_archive::{LocalArchive, attempt};
use crate::execute::session::Session;
use crate::report::{Task, Verb};
use crate::secret_url::SecretUrl;
use crate::store::{Stage, Tree};
use ftpy_core::abi::Abi;
use ftpy_core::flavour::Flavours;
use ftpy_core::path::find_program;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Build;
use ftpy_core::version::Version;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The location of a source tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnSource {
    /// A checkout, or an unpacked archive.
    Directory(PathBuf),
    /// A file or a URL.
    Archive(Box<LocalArchive>),
    /// `https://github.com/python/cpython@v3.14.7`
    Git {
        /// The URL to clone.
        url: SecretUrl,
        /// A branch, a tag or a commit.
        revision: String,
    },
}

/// A tree that can be compiled.
#[derive(Debug)]
pub struct LaidOut {
    /// Its description and path.
    pub tree: Tree,
    /// Its version.
    pub version: Version,
    /// The stage that contains it, unless it is the user's directory.
    pub stage: Option<Stage>,
}

/// Makes a source tree available.
///
/// # Errors
/// Returns an error if it is unavailable, or not a source tree of CPython.
pub async fn lay_out(session: &Session, source: &OwnSource) -> Result<LaidOut> {
    let task = session.reporter.task("source");
    let (origin, directory, stage) = match source {
        OwnSource::Directory(path) => {
            let path = path.canonicalize().map_err(|error| {
                let failure = IoFailure::at("read", path)(error).outside_store();
                failure.hint("--source takes a directory, an archive, or URL@REVISION")
            })?;
            check_directory(session, &path)?;
            (path.display().to_string(), path, None)
        }
        OwnSource::Archive(named) => {
            let stage = tokio::task::block_in_place(|| session.store.stage())?;
            let root = stage.path().join("own");
            let unpacked = unpack(session, named, &root, &task).await;
            unpacked.map_err(|stopped| stopped.into_failure(named.url.to_string()))?;
            (named.request.clone(), only_directory(&root)?, Some(stage))
        }
        OwnSource::Git { url, revision } => {
            session.net.policy().allows_source(ProviderName::Source)?;
            let stage = tokio::task::block_in_place(|| session.store.stage())?;
            let root = stage.path().join("own");
            task.step_on(Verb::Fetching, format!("{revision} of {url}"));
            tokio::task::block_in_place(|| fetch(session, url, revision, &root))?;
            task.done();
            (format!("{}@{revision}", url), root, Some(stage))
        }
    };
    task.step_on(Verb::Verifying, "the source tree");
    tokio::task::block_in_place(|| {
        let found = version(&directory)?;
        let names = files(&directory, &session.env.path, &session.env.temporary)?;
        Ok(LaidOut {
            tree: Tree {
                origin,
                commit: checkout::commit(&directory),
                sha256: digest(&directory, &names)?,
                directory,
            },
            version: found,
            stage,
        })
    })
}

async fn unpack(
    session: &Session,
    named: &LocalArchive,
    root: &Path,
    task: &Task,
) -> Result<(), AttemptError> {
    let unknown = Build {
        version: Version::new(3, 0, 0),
        abi: Abi::GIL,
        flavours: Flavours::default(),
        target: session.host.clone(),
    };
    let attempt = attempt(named, ProviderName::Source, unknown, None)?;
    fetch_and_unpack(session, &attempt, Some(""), root, task)
        .await
        .map(|_| ())
}

/// Returns the only directory of a source archive, which contains everything.
fn only_directory(root: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(root).map_err(IoFailure::at("read", root))?;
    let entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    Ok(match entries.as_slice() {
        [only] if only.is_dir() => only.clone(),
        _ => root.to_owned(),
    })
}

/// Returns `git.example:8443` and `https` for `https://me@git.example:8443/x`, `git.example` and
/// `ssh` for `git@git.example:x`, and `None` for a path.
fn place(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("file") => return None,
        Some(found) => found,
        None if url.starts_with(['/', '.']) => return None,
        None => ("ssh", url.split(':').next()?),
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    (!host.is_empty()).then_some((host, scheme))
}

/// Checks a URL against policy, because git opens its own connections. The URL is first rewritten
/// by git's settings (`url.*.insteadOf`).
fn check_host(session: &Session, directory: &Path, url: &SecretUrl) -> Result<()> {
    let policy = session.net.policy();
    if policy.hosts.is_none() {
        return Ok(());
    }
    let url = url.expose();
    let real = git(session, directory, &["ls-remote", "--get-url", "--", url])?;
    for one in [url, &real] {
        let Some((host, scheme)) = place(one) else {
            let path = one.find("://").map_or(one, |at| &one[at + "://".len()..]);
            policy.allows_place(&SecretUrl::from(format!("file://{path}")))?;
            continue;
        };
        policy.allows_host(host, scheme)?;
        // git's HTTP library and the policy might parse an unusual URL differently.
        if scheme.to_ascii_lowercase().starts_with("http") {
            policy.allows_place(&SecretUrl::from(one))?;
        }
    }
    Ok(())
}

/// Checks whether policy allows to compile a directory.
fn check_directory(session: &Session, path: &Path) -> Result<()> {
    let policy = session.net.policy();
    policy.allows_source(ProviderName::Source)?;
    // A `%` would be read as an escape.
    let path = path.to_string_lossy().replace('%', "%25");
    Ok(policy.allows_place(&SecretUrl::from(format!("file://{path}")))?)
}

/// Fetches one revision. If the server does not serve single commits, all are fetched.
fn fetch(session: &Session, url: &SecretUrl, revision: &str, to: &Path) -> Result<()> {
    let is_local = url.expose().starts_with('/') || url.is_file();
    if session.net.is_offline() && !is_local {
        return Err(ExecuteError::Offline(url.clone()).into());
    }
    std::fs::create_dir_all(to).map_err(IoFailure::at("create", to))?;
    git(session, to, &["init", "--quiet"])?;
    check_host(session, to, url)?;
    let scrubbed = |mut failure: Failure| {
        failure.message = url.scrub(&failure.message);
        failure
    };
    let url = url.expose();
    let one = ["fetch", "--quiet", "--depth", "1", "--", url, revision];
    let target = if git(session, to, &one).is_ok() {
        "FETCH_HEAD".to_owned()
    } else {
        session.cancel().check()?;
        let all = [
            "fetch",
            "--quiet",
            "--tags",
            "--",
            url,
            "+refs/heads/*:refs/remotes/origin/*",
        ];
        git(session, to, &all).map_err(scrubbed)?;
        revision.to_owned()
    };
    git(session, to, &["checkout", "--quiet", "--detach", &target]).map(|_| ())
}

fn git(session: &Session, directory: &Path, arguments: &[&str]) -> Result<String> {
    let program = find_program(&session.env.path, "git");
    let mut command = checkout::git(&program.unwrap_or_else(|| PathBuf::from("/usr/bin/git")));
    // The directory is ftpy's, but some file systems report another owner.
    let mut trusted = OsString::from("safe.directory=");
    trusted.push(directory);
    command.arg("-c").arg(trusted).arg("-C").arg(directory);
    if session.net.policy().hosts.is_some() {
        // The target of a redirect would bypass policy.
        command.args(["-c", "http.followRedirects=false"]);
    }
    let is_https = |text: &&str| {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
    };
    if arguments.iter().any(is_https) {
        // `user` excludes redirects, because no digest is known yet.
        command.args(["-c", "protocol.http.allow=user"]);
    }
    command
        .args(arguments)
        // A prompt would not be visible.
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn().map_err(ExecuteError::NoGit)?;
    let group = session.cancel().group(child.id());
    let output = child.wait_with_output();
    drop(group);
    session.cancel().check()?;
    let output = output.map_err(|error| ExecuteError::Git(error.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = text.lines().last().unwrap_or("it failed").to_owned();
    Err(ExecuteError::Git(SecretUrl::from(last).to_string()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_whatever_git_takes_is_found() {
        for (url, found) in [
            (
                "https://me:pw@git.example:8443/x@y",
                Some(("git.example:8443", "https")),
            ),
            ("git@git.example:team/x", Some(("git.example", "ssh"))),
            ("ssh://git@git.example/x", Some(("git.example", "ssh"))),
            ("git://git.example/x", Some(("git.example", "git"))),
            ("file:///x", None),
            ("/x", None),
            ("./x", None),
        ] {
            assert_eq!(place(url), found, "{url}");
        }
    }
}
