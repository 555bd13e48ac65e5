//! What this machine says about conda: its files of settings, and what it has of itself.

use crate::conda::channels::{Place, places};
use crate::conda::condarc::Condarc;
use crate::env::Env;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::plain_file;
use rattler_conda_types::{ChannelConfig, GenericVirtualPackage, Subdir};
use rattler_virtual_packages::{Archspec, LibC, Linux, Osx, VirtualPackage, VirtualPackages};
use std::io::ErrorKind;
use std::path::PathBuf;

/// The settings that hold here.
#[derive(Debug, Clone)]
pub struct Machine {
    /// All files together.
    pub condarc: Condarc,
    alias: String,
    directory: PathBuf,
    asked: Vec<String>,
}

impl Machine {
    /// Reads the files.
    ///
    /// # Errors
    /// Where one is there and cannot be read: channels that the person forbade must not be
    /// asked because of a typing error.
    pub fn read(env: &Env) -> Result<Self> {
        let mut condarc = Condarc::default();
        for path in files(env) {
            let text = match plain_file::read_text(&path) {
                Ok(text) => text,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                // conda reads regular files only, too. A file that a variable names is one.
                Err(error)
                    if error.kind() == ErrorKind::InvalidInput
                        && !env.conda.files.contains(&path) =>
                {
                    continue;
                }
                Err(error) => return Err(IoFailure::at("read", path)(error).into()),
            };
            let read = Condarc::parse(&text).map_err(|reason| {
                let message = format!("{} cannot be used: {reason}", path.display());
                Failure::new(Kind::Usage, message)
            })?;
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

/// Files of settings, the weakest first.
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

/// What a platform has of itself: the host's own, or what any machine of another one has.
///
/// # Errors
/// A sentence, where this machine does not say.
pub fn virtual_packages(subdir: Subdir) -> Result<Vec<GenericVirtualPackage>, String> {
    if Some(subdir) != Subdir::current() {
        let baseline = VirtualPackages::baseline_for_platform(subdir);
        return Ok(baseline.into_generic_virtual_packages().collect());
    }
    // Graphics cards are left out: no interpreter needs one, and asking loads their drivers.
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
