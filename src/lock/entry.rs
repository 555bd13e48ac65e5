//! A block of a lock file: converts between its fields and a candidate, checking that the fields
//! are consistent.

use crate::digest::Digest;
use crate::lock::document::LockedBuild;
use crate::lock::package::RawPackage;
use crate::lock::platform;
use crate::manifest::pbs;
use crate::manifest::pbs_name::ArchiveName;
use crate::manifest::source::SourceRow;
use crate::provider::{Archive, Candidate, Recipe, Source, compilation};
use crate::secret_url::SecretUrl;
use crate::store::{BuildOptions, Compilation};
use ftpy_core::build_id::BuildId;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::{Build, BuildRequest};
use ftpy_core::target::Target;
use ftpy_core::version::Version;
use serde::Deserialize;

/// A block as it is in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBuild {
    pub(super) request: String,
    pub(super) platform: String,
    unavailable: Option<String>,
    version: Option<String>,
    provider: Option<String>,
    build: Option<String>,
    file: Option<String>,
    sha256: Option<Digest>,
    size: Option<u64>,
    urls: Option<Vec<String>>,
    configure: Option<Vec<String>>,
    #[serde(default)]
    package: Vec<RawPackage>,
}

/// An error in a block and the field at fault, which determines the line.
pub(super) type Wrong = (&'static str, String);

/// Whether builds of a provider can be locked, that is, whether ftpy downloads them itself.
#[must_use]
pub fn is_lockable(provider: ProviderName) -> bool {
    matches!(
        provider,
        ProviderName::Pbs | ProviderName::Conda | ProviderName::Source
    )
}

impl RawBuild {
    /// Converts the block to the locked build of a request on a platform.
    ///
    /// # Errors
    /// Returns the inconsistency.
    pub(super) fn found(
        self,
        request: &BuildRequest,
        platform: &Target,
    ) -> Result<LockedBuild, Wrong> {
        if let Some(reason) = self.unavailable {
            let is_alone = self.version.is_none() && self.provider.is_none();
            return match is_alone {
                true => Ok(LockedBuild::Nothing(reason)),
                false => wrong(
                    "unavailable",
                    "`unavailable` cannot be combined with a build",
                ),
            };
        }
        let provider = wanted(self.provider, "provider")?;
        let Some(provider) = ProviderName::from_name(&provider).filter(|one| is_lockable(*one))
        else {
            let provider = provider.escape_debug();
            return wrong(
                "provider",
                format!("only pbs, conda and source builds can be locked, not `{provider}`"),
            );
        };
        let version = version(self.version)?;
        let build = Build {
            version,
            abi: request.abi,
            flavours: request.flavours.clone(),
            target: platform::target(request, platform),
        };
        let build_id = self.build.map(|id| build_id(provider, &id)).transpose()?;
        let is_meant = request.versions.cover(&version)
            && request.provider.is_none_or(|asked| asked == provider)
            && (request.build_id.is_none() || request.build_id == build_id);
        if !is_meant {
            return wrong(
                "version",
                format!("{version} from {provider} does not satisfy {request}"),
            );
        }
        let archive = Archive {
            file: self.file.unwrap_or_default(),
            urls: (self.urls.unwrap_or_default().into_iter())
                .map(Into::into)
                .collect(),
            sha256: self.sha256,
            size: self.size,
        };
        let (archive, recipe) = match provider {
            ProviderName::Conda => conda(self.package)?,
            ProviderName::Pbs => pbs(archive, &build, build_id.as_deref())?,
            _ => source(archive, &build, self.configure)?,
        };
        check_archive(&archive)?;
        Ok(LockedBuild::Build(Box::new(Candidate {
            provider,
            build,
            build_id,
            archive: Some(archive),
            recipe,
        })))
    }
}

fn wrong<T>(field: &'static str, reason: impl Into<String>) -> Result<T, Wrong> {
    Err((field, reason.into()))
}

fn wanted<T>(value: Option<T>, name: &'static str) -> Result<T, Wrong> {
    value.ok_or_else(|| (name, format!("`{name}` is missing")))
}

/// Validates a build id, which becomes part of a path and may come from an untrusted lock file.
fn build_id(provider: ProviderName, text: &str) -> Result<BuildId, Wrong> {
    BuildId::parse(provider, text).ok_or_else(|| {
        let text: String = text.chars().take(60).flat_map(char::escape_debug).collect();
        let reason = format!("`{text}` is not a valid build of {provider}");
        ("build", reason)
    })
}

fn check_archive(archive: &Archive) -> Result<(), Wrong> {
    wanted(archive.sha256, "sha256")?;
    match archive.urls.iter().find(|url| !is_url(url.expose())) {
        Some(bad) => {
            let bad = bad.to_string();
            wrong("urls", format!("`{}` is not a URL", bad.escape_debug()))
        }
        None if archive.urls.is_empty() => wrong("urls", "`urls` is missing"),
        None => Ok(()),
    }
}

fn is_url(text: &str) -> bool {
    let schemes = ["https://", "http://", "file:///"];
    schemes.iter().any(|scheme| text.starts_with(scheme)) && !text.contains(char::is_whitespace)
}

/// The file name contains all properties of a build, so they must match the block.
fn pbs(archive: Archive, build: &Build, id: Option<&str>) -> Result<(Archive, Recipe), Wrong> {
    let file = archive.file.escape_debug();
    let name = ArchiveName::parse(&archive.file);
    let is_odd = |c: char| matches!(c, '/' | '\\' | '%') || c.is_control();
    let Some(name) = name.filter(|_| !archive.file.contains(is_odd)) else {
        return wrong(
            "file",
            format!("`{file}` is not an archive of python-build-standalone"),
        );
    };
    let says = (name.version, name.abi, &name.target);
    if says != (build.version, build.abi, &build.target) {
        let (name, target) = (build.name(), &build.target);
        return wrong("file", format!("`{file}` is not {name} for {target}"));
    }
    let id = wanted(id, "build")?;
    if name.date.is_some_and(|date| date != id) {
        return wrong(
            "build",
            format!("`{file}` is not of build {}", id.escape_debug()),
        );
    }
    let prefix = name.shape.prefix();
    Ok((archive, Recipe::Unpack { prefix }))
}

/// A source build with its arguments of configure: the only place where a lock file is read into a
/// [`Recipe::Compile`]; the counterpart in `write.rs` writes it.
fn source(
    archive: Archive,
    build: &Build,
    configure: Option<Vec<String>>,
) -> Result<(Archive, Recipe), Wrong> {
    let expected = format!("Python-{}.tar.xz", build.version);
    if archive.file != expected {
        let file = archive.file.escape_debug();
        return wrong("file", format!("`{file}` is not {expected}"));
    }
    let configure = wanted(configure, "configure")?;
    // Everything else follows from the build; the arguments of configure come from the lock file.
    let how = Compilation {
        configure,
        ..compilation(build, BuildOptions::default())
    };
    Ok((archive, Recipe::Compile(how)))
}

fn conda(packages: Vec<RawPackage>) -> Result<(Archive, Recipe), Wrong> {
    let packages = packages.into_iter().map(RawPackage::package);
    let packages: Result<Vec<_>, String> = packages.collect();
    let packages = packages.map_err(|reason| ("file", reason))?;
    let Some(python) = packages.iter().find(|package| package.name == "python") else {
        return wrong("provider", "no package is called python");
    };
    let bad = |package: &&crate::store::Package| !is_url(package.url.expose());
    if let Some(bad) = packages.iter().find(bad) {
        let bad = bad.url.to_string();
        return wrong("url", format!("`{}` is not a URL", bad.escape_debug()));
    }
    let archive = Archive {
        file: python.file.clone(),
        urls: vec![python.url.clone()],
        sha256: python.sha256,
        size: python.size,
    };
    Ok((archive, Recipe::Conda { packages }))
}

/// Replacements of upstream's URLs on this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mirrors<'a> {
    /// `FTPY_PBS_MIRROR`
    pub pbs: Option<&'a str>,
    /// `FTPY_SOURCE_MIRROR`
    pub source: Option<&'a str>,
    /// Debian-like archives that contain the same source tarballs.
    pub archives: &'a [String],
}

/// The URLs of a locked build on this machine. The digest identifies it, wherever it comes from; a
/// configured mirror is the only place to download from.
#[must_use]
pub fn places(candidate: &Candidate, mirrors: &Mirrors<'_>) -> Vec<SecretUrl> {
    let locked = candidate.urls().to_vec();
    let Some(archive) = &candidate.archive else {
        return locked;
    };
    match candidate.provider {
        ProviderName::Pbs => {
            let name = ArchiveName::parse(&archive.file);
            let (Some(name), Some(build), Some(mirror)) = (name, &candidate.build_id, mirrors.pbs)
            else {
                return locked;
            };
            let row = pbs::PbsRow {
                name,
                build: build.to_string(),
                file: archive.file.clone(),
                url: None,
                sha256: archive.sha256,
            };
            row.urls(Some(mirror)).into_iter().map(Into::into).collect()
        }
        ProviderName::Source => {
            let Some(sha256) = archive.sha256 else {
                return locked;
            };
            let row = SourceRow {
                version: candidate.build.version,
                sha256,
                size: archive.size,
            };
            let source = Source {
                table: "",
                mirror: mirrors.source,
                archives: mirrors.archives,
                wish: &BuildOptions::default(),
            };
            let here = source.urls(&row).into_iter().map(SecretUrl::from);
            let here: Vec<SecretUrl> = here.collect();
            if mirrors.source.is_some() {
                return here;
            }
            let mut all = locked;
            all.extend(here);
            let mut seen = std::collections::HashSet::new();
            all.retain(|url| seen.insert(url.clone()));
            all
        }
        _ => locked,
    }
}

fn version(text: Option<String>) -> Result<Version, Wrong> {
    let text = wanted(text, "version")?;
    match text.parse() {
        Ok(version) => Ok(version),
        Err(_) => wrong(
            "version",
            format!("`{}` is not a version", text.escape_debug()),
        ),
    }
}
