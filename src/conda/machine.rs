//! This machine's conda settings and virtual packages.

use crate::conda::channels::{Place, places};
use crate::conda::condarc::Condarc;
use crate::env::Env;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::plain_file;
use rattler_conda_types::{ChannelConfig, GenericVirtualPackage, Subdir};
use rattler_virtual_packages::{Archspec, LibC, Linux, Osx, VirtualPackage, VirtualPackages};
use std::io::ErrorKind;
use std::path::PathBuf;

/// The settings in effect.
#[derive(Debug, Clone)]
pub struct Machine {
    /// All files, merged.
    pub condarc: Condarc,
    alias: String,
    directory: PathBuf,
    asked: Vec<String>,
}

/// A settings file with invalid contents.
#[derive(Debug, thiserror::Error)]
#[error("invalid {}: {reason}", .path.display())]
struct InvalidSettings {
    /// The file.
    path: PathBuf,
    /// What is wrong.
    reason: String,
}

impl From<InvalidSettings> for Failure {
    fn from(error: InvalidSettings) -> Self {
        Self::new(Kind::Usage, error.to_string())
    }
}

impl Machine {
    /// Reads the settings files.
    ///
    /// # Errors
    /// Returns an error if one exists but cannot be read: a typing error must not lead to requests
    /// to channels that the user excluded.
    pub fn read(env: &Env) -> Result<Self> {
        let mut condarc = Condarc::default();
        for path in files(env) {
            let text = match plain_file::read_text(&path) {
                Ok(text) => text,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                // conda also reads regular files only. A path in a variable must be a file.
                Err(error)
                    if error.kind() == ErrorKind::InvalidInput
                        && !env.conda.files.contains(&path) =>
                {
                    continue;
                }
                Err(error) => return Err(IoFailure::at("read", path)(error).into()),
            };
            let read = Condarc::parse(&text).map_err(|reason| InvalidSettings { path, reason })?;
            condarc = condarc.overridden_by(read);
        }
        let usual = ChannelConfig::default_with_root_dir(env.current_dir.clone());
        Ok(Self {
            condarc,
            alias: usual.channel_alias.to_string(),
            directory: env.current_dir.clone(),
            asked: (env.conda.channels.iter())
                .map(|channel| channel.expose().to_owned())
                .collect(),
        })
    }

    /// The channels in use; `asked` are those of the command line.
    #[must_use]
    pub fn places(&self, asked: &[String]) -> Vec<Place> {
        let asked = match asked {
            [] => self.asked.as_slice(),
            asked => asked,
        };
        places(asked, &self.condarc, &self.alias, &self.directory)
    }
}

/// Paths of settings files, lowest priority first.
fn files(env: &Env) -> Vec<PathBuf> {
    let system = [
        "/etc/conda/.condarc",
        "/etc/conda/condarc",
        "/var/lib/conda/.condarc",
    ];
    let mut files: Vec<PathBuf> = system.map(PathBuf::from).into();
    let below = |directory: &Option<PathBuf>, name: &str| directory.as_ref().map(|d| d.join(name));
    let (home, config) = (&env.shell.home, &env.shell.config_home);
    files.extend(below(config, "conda/.condarc"));
    let own = [".conda/.condarc", ".conda/condarc", ".condarc", ".mambarc"];
    files.extend(own.iter().filter_map(|name| below(home, name)));
    files.extend(env.conda.files.iter().cloned());
    files
}

/// The virtual packages of a platform: this machine's, or minimal ones for another platform.
///
/// # Errors
/// Returns a message if they cannot be detected.
pub fn virtual_packages(subdir: Subdir) -> Result<Vec<GenericVirtualPackage>, String> {
    if Some(subdir) != Subdir::current() {
        let baseline = VirtualPackages::baseline_for_platform(subdir);
        return Ok(baseline.into_generic_virtual_packages().collect());
    }
    // GPUs are not detected: no interpreter needs one, and detection loads their drivers.
    let text = |error: &dyn std::error::Error| error.to_string();
    let found = [
        subdir.is_unix().then_some(VirtualPackage::Unix),
        Linux::current()
            .map_err(|error| text(&error))?
            .map(Into::into),
        Osx::current()
            .map_err(|error| text(&error))?
            .map(Into::into),
        LibC::current()
            .map_err(|error| text(&error))?
            .map(Into::into),
        Some(Archspec::current().into()),
    ];
    Ok(found.into_iter().flatten().map(Into::into).collect())
}
