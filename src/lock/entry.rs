//! One block of a lock: its fields become a candidate, which an install carries out like any
//! other. What the fields say of one another must agree.

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

/// A block as it stands in the file.
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

/// What is wrong in a block, and in which of its fields: the line is told by that.
pub(super) type Wrong = (&'static str, String);

/// Whether builds of a provider can be locked: whether ftpy itself downloads them.
#[must_use]
pub fn is_lockable(provider: ProviderName) -> bool {
    matches!(
        provider,
        ProviderName::Pbs | ProviderName::Conda | ProviderName::Source
    )
}

impl RawBuild {
    /// What the block means for a request on a platform.
    ///
    /// # Errors
    /// What does not agree.
    pub(super) fn found(
        self,
        request: &BuildRequest,
        platform: &Target,
    ) -> Result<LockedBuild, Wrong> {
        if let Some(reason) = self.unavailable {
            let is_alone = self.version.is_none() && self.provider.is_none();
            return match is_alone {
                true => Ok(LockedBuild::Nothing(reason)),
                false => wrong("unavailable", "it is `unavailable` and a build at once"),
            };
        }
        let provider = wanted(self.provider, "provider")?;
        let Some(provider) = ProviderName::from_name(&provider).filter(|one| is_lockable(*one))
        else {
            let provider = provider.escape_debug();
            return wrong(
                "provider",
                format!("`{provider}` is no provider that can be locked"),
            );
        };
        let version = wanted(self.version, "version")?;
        let Ok(version) = version.parse::<Version>() else {
            return wrong(
                "version",
                format!("`{}` is no version", version.escape_debug()),
            );
        };
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
                format!("{provider}'s {version} does not meet {request}"),
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
    value.ok_or_else(|| (name, format!("it has no `{name}`")))
}

/// It becomes a part of a path, and a lock may come from anybody.
fn build_id(provider: ProviderName, text: &str) -> Result<BuildId, Wrong> {
    BuildId::parse(provider, text).ok_or_else(|| {
        let text: String = text.chars().take(60).flat_map(char::escape_debug).collect();
        let reason = format!("`{text}` cannot be a build of {provider}");
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
        None if archive.urls.is_empty() => wrong("urls", "it has no `urls`"),
        None => Ok(()),
    }
}

fn is_url(text: &str) -> bool {
    let schemes = ["https://", "http://", "file:///"];
    schemes.iter().any(|scheme| text.starts_with(scheme)) && !text.contains(char::is_whitespace)
}

/// The file name says all of a build, and so may not say anything else than the block.
fn pbs(archive: Archive, build: &Build, id: Option<&str>) -> Result<(Archive, Recipe), Wrong> {
    let file = archive.file.escape_debug();
    let name = ArchiveName::parse(&archive.file);
    let is_odd = |c: char| matches!(c, '/' | '\\' | '%') || c.is_control();
    let Some(name) = name.filter(|_| !archive.file.contains(is_odd)) else {
        return wrong(
            "file",
            format!("`{file}` is no archive of python-build-standalone"),
        );
    };
    let says = (name.version, name.abi, &name.target);
    if says != (build.version, build.abi, &build.target) {
        let (name, target) = (build.name(), &build.target);
        return wrong("file", format!("`{file}` is not {name} for {target}"));
    }
    let id = wanted(id, "build")?;
    if name.date.is_some_and(|date| date != id) {
        return wrong("build", format!("`{file}` is not of {}", id.escape_debug()));
    }
    let prefix = name.shape.prefix();
    Ok((archive, Recipe::Unpack { prefix }))
}

/// A source with its arguments to configure: the only place where a lock reads a
/// [`Recipe::Compile`]; `write.rs` has the one that writes it.
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
    // All else follows from the build; what configure is given is what the lock says.
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
        return wrong("provider", "none of its packages is python");
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

/// What stands for upstream's places on this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mirrors<'a> {
    /// `FTPY_PBS_MIRROR`
    pub pbs: Option<&'a str>,
    /// `FTPY_SOURCE_MIRROR`
    pub source: Option<&'a str>,
    /// Debian-like archives, which keep the same source tarballs.
    pub archives: &'a [String],
}

/// Where a locked build is looked for on this machine. Its digest is what it is, wherever it
/// comes from; a mirror that is named is the only place asked, as everywhere.
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
