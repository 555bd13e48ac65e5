//! Archives on the command line: where they are, and their expected digests.

use crate::digest::Digest;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::LocalArchive;
use crate::file_url;
use crate::host::plain_file;
use crate::manifest::pbs::{PbsRow, rows};
use crate::ops::context::Context;
use crate::policy;
use crate::secret_url::SecretUrl;
use ftpy_core::parse::ARCHIVE_ENDINGS;
use ftpy_core::paste;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Archive;
use std::path::{Path, PathBuf};

/// Returns what is known of a named archive. Without a digest it is refused, unless
/// `accepts_unverified`.
pub(crate) fn named(
    context: &Context,
    archive: &Archive,
    index: &str,
    accepts_unverified: bool,
) -> Result<LocalArchive> {
    let policy = policy::read()?;
    let path = local_path(context, archive)?;
    if let Some(path) = &path
        && !path.is_file()
    {
        let message = format!("{} does not exist", path.display());
        return Err(Failure::new(Kind::NotFound, message));
    }
    let url = match &path {
        Some(path) => file_url::of(path),
        None => file_url::normal(&archive.location),
    };
    let url = SecretUrl::from(url);
    if let Some(reason) = url.misread() {
        return Err(Failure::new(Kind::Usage, reason));
    }
    policy.allows_place(&url)?;
    let file = file_name(&archive.location, path.is_some());
    // A file name alone proves nothing, but the index may have its digest.
    let known = rows(index, |_| true)
        .flatten()
        .find(|row| row.file == file && row.sha256.is_some());
    let asked: Option<Digest> = archive.sha256.as_deref().and_then(|text| text.parse().ok());
    let sha256 = asked.or(known.as_ref().and_then(|row| row.sha256));
    policy.allows_source(match is_known(known.as_ref(), sha256) {
        true => ProviderName::Pbs,
        false => ProviderName::Archive,
    })?;
    if sha256.is_none() {
        policy.allows_unverified(&SecretUrl::from(archive.location.as_str()).to_string())?;
    }
    if sha256.is_none() && !accepts_unverified {
        return Err(unverified(archive, path.as_deref()));
    }
    let is_known = is_known(known.as_ref(), sha256);
    Ok(LocalArchive {
        request: archive.to_string(),
        file,
        url,
        sha256,
        pbs_build: known.filter(|_| is_known).map(|row| row.build),
    })
}

/// Returns whether the index has this digest.
fn is_known(known: Option<&PbsRow>, sha256: Option<Digest>) -> bool {
    known.is_some_and(|row| row.sha256 == sha256)
}

/// Returns the local path of an archive, or `None` if it must be downloaded.
fn local_path(context: &Context, archive: &Archive) -> Result<Option<PathBuf>> {
    let location = archive.location.as_str();
    if let Some(path) = file_url::path_of(location) {
        let usage = |reason: String| Failure::new(Kind::Usage, reason);
        return path.map(Some).map_err(usage);
    }
    let is_path = !location.contains("://");
    Ok(is_path.then(|| context.env.current_dir.join(location)))
}

/// Returns the file name at a location. The query of a URL is not part of it, and may be secret.
fn file_name(location: &str, is_path: bool) -> String {
    let (path, rest) = match location.split_once('?').filter(|_| !is_path) {
        Some((path, rest)) => (path, rest),
        None => (location, ""),
    };
    let last = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = last.replace("%2B", "+").replace("%2b", "+");
    // The ending decides the format.
    let ending = |text: &str| {
        ARCHIVE_ENDINGS
            .into_iter()
            .find(|ending| text.ends_with(ending))
    };
    match (ending(&name), ending(rest)) {
        (None, Some(ending)) => name + ending,
        _ => name,
    }
}

/// The refusal, with the actual digest for comparison with another source's.
fn unverified(archive: &Archive, path: Option<&Path>) -> Failure {
    let location = SecretUrl::from(archive.location.as_str());
    let message = format!("no sha256 is known for {location}");
    let failure = Failure::new(Kind::Integrity, message);
    let digest = path.and_then(|path| {
        let file = plain_file::open(path).map_err(IoFailure::at("read", path));
        Some(Digest::of_reader(file.ok()?).ok()?.0)
    });
    match digest {
        Some(digest) => failure
            .details([format!("the file has sha256 {digest}")])
            .hint(format!(
                "if that is the expected digest, run `{}`",
                paste!["ftpy", "install", format!("{location}#sha256={digest}")]
            )),
        None => failure.hint(format!(
            "run `{}` to verify it, or pass --allow-unverified",
            paste!["ftpy", "install", format!("{location}#sha256=...")]
        )),
    }
}
