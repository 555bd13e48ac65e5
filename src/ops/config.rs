//! Reads and writes settings.

use crate::env::VARIABLES;
use crate::error::{Failure, Kind, Result};
use crate::host::{person_file, target};
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::own_release;
use crate::secret_url::SecretUrl;
use crate::shim_links;
use ftpy_core::decide::{MACHINE_CONFIG, config_file, default_in, settings_text};
use ftpy_core::parse::parse;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Request;
use ftpy_core::settings::{self, SETTINGS, Setting};
use ftpy_core::source_order::USUAL;

/// Returns the value of a setting in the file.
pub(crate) fn value(context: &Context, setting: Setting) -> Result<Option<String>> {
    let text = text(context)?;
    Ok(settings::find(&text, setting).map(|(value, _)| value.to_owned()))
}

/// Sets or unsets a setting. Returns its value in its canonical form.
pub(crate) fn set(
    context: &Context,
    setting: Setting,
    value: Option<&str>,
) -> Result<Option<String>> {
    let value = value
        .map(|value| canonical(context, setting, value))
        .transpose()?;
    {
        let _commit = context.store.lock_commit()?;
        let file = config_file(context.store.root());
        // A file that cannot be read is not overwritten.
        let old = text(context)?;
        person_file::write(
            &file,
            settings::with(&old, setting, value.as_deref()).as_bytes(),
        )?;
    }
    shim_links::establish(&context.store, &target::detect())?;
    Ok(value)
}

/// Returns the value in its canonical form.
fn canonical(context: &Context, setting: Setting, value: &str) -> Result<String> {
    match setting {
        Setting::Default => match parse(value)? {
            Request::Archive(archive) => {
                let message = format!("the default cannot be an archive: {archive}");
                Err(Failure::new(Kind::Usage, message).hint("try `ftpy default 3.14t`"))
            }
            Request::Name(name) => {
                lookup_installed::linked(context, &name, &target::detect())?;
                Ok(name.to_string())
            }
            request => Ok(request.to_string()),
        },
        Setting::Sources => match settings::sources(value) {
            Ok(order) => {
                let names: Vec<&str> = order.iter().map(|provider| provider.name()).collect();
                Ok(names.join(","))
            }
            Err(word) => {
                let message = format!("sources: unknown or duplicate source `{word}`");
                Err(Failure::new(Kind::Usage, message)
                    .hint("the sources are pbs, conda, distro and source"))
            }
        },
        Setting::AutoInstall | Setting::Python3t => match settings::truth(value) {
            Some(truth) => Ok(truth.to_string()),
            None => {
                let name = setting.name();
                let message = format!("{name} must be true or false, not `{value}`");
                Err(Failure::new(Kind::Usage, message))
            }
        },
    }
}

/// A value in force, and where it was set.
pub(crate) struct InForce {
    pub(crate) name: &'static str,
    pub(crate) value: Option<String>,
    /// `environment`, `file`, `machine` or `default`.
    pub(crate) from: &'static str,
    /// What it is for.
    pub(crate) what: &'static str,
}

/// Returns every setting and variable.
pub(crate) fn in_force(context: &Context) -> Result<Vec<InForce>> {
    let text = text(context)?;
    let given = |name: &str| {
        let found = context.env.given.iter().find(|(known, _)| *known == name)?;
        // Channels are several URLs, each with its own password.
        if name == "FTPY_CONDA_CHANNELS" {
            let channels = context.env.conda.channels.iter();
            return Some(
                channels
                    .map(SecretUrl::to_string)
                    .collect::<Vec<_>>()
                    .join(","),
            );
        }
        Some(found.1.to_string())
    };
    let settings = SETTINGS.iter().map(|(setting, name, what)| {
        let variable = (*setting == Setting::AutoInstall).then(|| given("FTPY_AUTO_INSTALL"));
        let file = settings::find(&text, *setting).map(|(value, _)| value.to_owned());
        let machine = (*setting == Setting::Default).then(machine_default);
        let (value, from) = match (variable.flatten(), file, machine.flatten()) {
            (Some(value), ..) => (Some(value), "environment"),
            (None, Some(value), _) => (Some(value), "file"),
            (None, None, Some(value)) => (Some(value), "machine"),
            (None, None, None) => (usual(*setting), "default"),
        };
        InForce {
            name,
            value,
            from,
            what,
        }
    });
    let variables = VARIABLES.iter().map(|(name, what)| {
        let value = given(name);
        InForce {
            name,
            from: value.as_ref().map_or("default", |_| "environment"),
            value: value.or_else(|| built_in(name)),
            what,
        }
    });
    Ok(settings.chain(variables).collect())
}

/// Returns the value of a variable that is not set.
fn built_in(name: &str) -> Option<String> {
    let releases = own_release::RELEASES.filter(|_| name == "FTPY_RELEASES")?;
    Some(SecretUrl::from(releases).to_string())
}

/// Returns the default of this machine.
fn machine_default() -> Option<String> {
    let choice = default_in(MACHINE_CONFIG.into()).ok()??;
    Some(choice.request.to_string())
}

/// Returns the value of a setting that is not set.
fn usual(setting: Setting) -> Option<String> {
    match setting {
        Setting::Default => None,
        Setting::AutoInstall | Setting::Python3t => Some("false".to_owned()),
        Setting::Sources => Some(USUAL.map(ProviderName::name).join(",")),
    }
}

fn text(context: &Context) -> Result<String> {
    Ok(settings_text(context.store.root())?.unwrap_or_default())
}

/// Reads the name of a setting.
pub(crate) fn read_name(name: &str) -> Result<Setting> {
    Setting::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = SETTINGS.iter().map(|(_, name, _)| *name).collect();
        let message = format!("unknown setting `{name}`");
        Failure::new(Kind::Usage, message).hint(format!("the settings are {}", known.join(", ")))
    })
}
