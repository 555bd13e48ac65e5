//! Replaces the running ftpy with a release.

use crate::digest::Digest;
use crate::error::Result;
use crate::host::target;
use crate::net::{Net, Trust};
use crate::ops::context::Context;
use crate::ops::runtime::CommandRuntime;
use crate::own_release::{InstallMethod, RELEASES, Release, UpdateError, is_prerelease};
use crate::own_release::{listed, newer, of_host, owner, program, replace};
use crate::report::Verb;
use crate::secret_url::SecretUrl;

/// The version of the running ftpy.
pub(crate) const OWN: &str = env!("CARGO_PKG_VERSION");

/// The size limits of a version, a list and an archive.
const LARGEST: [u64; 3] = [64, 1 << 20, 256 << 20];

/// The release that was found.
pub(crate) struct Updated {
    pub(crate) version: String,
    /// Whether it is newer than the running ftpy.
    pub(crate) is_newer: bool,
    /// Whether it was installed.
    pub(crate) is_done: bool,
}

/// Installs a version, or the newest one if it is newer. With `checks`, installs nothing.
pub(crate) fn update(context: &Context, wanted: Option<&str>, checks: bool) -> Result<Updated> {
    let place = context.env.program()?;
    if let InstallMethod::Manager { name, update, .. } = owner(&place) {
        let error = UpdateError::Managed {
            program: place,
            manager: name,
            command: update,
        };
        return Err(error.into());
    }
    let base = &base(context)?;
    let host = target::detect();
    let archive = of_host(&host).ok_or(UpdateError::NoRelease(host))?;
    let (runtime, cancel) = CommandRuntime::start()?;
    let net = context.net(cancel)?;
    if context.env.releases.is_some() && RELEASES.map(SecretUrl::from).as_ref() != Some(base) {
        // Like an index, this URL provides the digest of what is installed.
        net.policy().allows_index(base)?;
    }
    runtime.block_on(async {
        let version = match wanted {
            Some(version) => named(version)?,
            None => newest(&net, base).await?,
        };
        // A pre-release must be named.
        let is_offered = wanted.is_some() || !is_prerelease(&version);
        let is_newer = is_offered && newer(&version, OWN).unwrap_or(false);
        let is_done = !checks && (is_newer || wanted.is_some()) && version != OWN;
        if is_done {
            let release = Release {
                base: base.clone(),
                version: version.clone(),
                archive,
            };
            let task = context.reporter.task("ftpy");
            task.step_on(Verb::Downloading, format!("ftpy {version}"));
            let bytes = download(&net, &release).await?;
            replace(&place, &bytes, &version)?;
        }
        Ok(Updated {
            version,
            is_newer,
            is_done,
        })
    })
}

fn named(version: &str) -> Result<String, UpdateError> {
    let text = version.trim_start_matches('v').to_owned();
    match newer(&text, OWN) {
        Some(_) => Ok(text),
        None => Err(UpdateError::NotAVersion { text, own: OWN }),
    }
}

/// Returns the URL of the releases.
fn base(context: &Context) -> Result<SecretUrl, UpdateError> {
    if let Some(own) = &context.env.releases {
        if own.expose().starts_with("http://") {
            context.reporter.warn(format!(
                "FTPY_RELEASES is {own}: over http, anyone on the network path can replace the release"
            ));
        }
        return Ok(own.clone());
    }
    let built_in = SecretUrl::from(RELEASES.ok_or(UpdateError::NoUrl)?);
    match built_in.expose().starts_with("https://") || built_in.is_file() {
        true => Ok(built_in),
        false => Err(UpdateError::NotHttps(built_in)),
    }
}

async fn newest(net: &Net, base: &SecretUrl) -> Result<String> {
    let url = base.join("latest/download/VERSION");
    let bytes = net.read(&url, Trust::FromTransport, LARGEST[0]).await?;
    let version = String::from_utf8_lossy(&bytes).trim().to_owned();
    match newer(&version, OWN) {
        Some(_) => Ok(version),
        None => Err(UpdateError::NoVersionAt(url).into()),
    }
}

/// Downloads a release's archive, verifies it and returns the program.
async fn download(net: &Net, release: &Release) -> Result<Vec<u8>> {
    let Release {
        archive, version, ..
    } = release;
    let sums = release.url("SHA256SUMS");
    let sums = net.read(&sums, Trust::FromTransport, LARGEST[1]).await?;
    let sums = String::from_utf8_lossy(&sums).into_owned();
    let expected = listed(&sums, archive).ok_or_else(|| UpdateError::NoArchive {
        version: version.clone(),
        archive: archive.clone(),
    })?;
    let url = release.url(archive);
    let bytes = net.read(&url, Trust::Pinned(expected), LARGEST[2]).await?;
    let found = Digest::of(&bytes);
    let program = match found == expected {
        true => program(archive, &bytes),
        false => Err(format!(
            "digest mismatch: sha256 is {found}, not {expected}"
        )),
    };
    Ok(program.map_err(|reason| UpdateError::Invalid { url, reason })?)
}
