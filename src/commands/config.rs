//! `ftpy config`: the settings.

use crate::cli::daily::Config;
use crate::env::VARIABLES;
use crate::error::{Failure, Kind, Result};
use crate::host::{person_file, target};
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::secret_url::SecretUrl;
use crate::shim_links;
use ftpy_core::decide::{config_file, settings_text};
use ftpy_core::order::USUAL;
use ftpy_core::parse::parse;
use ftpy_core::paste;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Request;
use ftpy_core::settings::{self, SETTINGS, Setting};
use serde_json::{Map, Value, json};

/// `ftpy config`
pub(super) fn config(context: &Context, command: Config) -> Result<()> {
    match command {
        Config::List => list(context),
        Config::Get { name } => {
            let setting = read_name(&name)?;
            let text = text(context)?;
            let value = settings::find(&text, setting).map(|(value, _)| value);
            match (context.reporter.is_json(), value) {
                (true, value) => context.reporter.json(&json!({ name: value })),
                (false, Some(value)) => context.reporter.data(value),
                (false, None) => {
                    let message = format!("{name} is not set");
                    return Err(Failure::new(Kind::NotFound, message));
                }
            }
            Ok(())
        }
        Config::Set { name, value } => set(context, read_name(&name)?, Some(&value)),
        Config::Unset { name } => set(context, read_name(&name)?, None),
    }
}

/// Sets or unsets a setting, and reports it.
pub(super) fn set(context: &Context, setting: Setting, value: Option<&str>) -> Result<()> {
    let value = value
        .map(|value| canonical(context, setting, value))
        .transpose()?;
    let name = setting.name();
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
    if context.reporter.is_json() {
        context.reporter.json(&json!({ name: value }));
    }
    context.reporter.say(match &value {
        Some(value) => format!("{name} is {value}"),
        None => format!("{name} is no longer set"),
    });
    if let (Setting::Default, Some(value)) = (setting, &value)
        && let Ok(Request::Build(request)) = parse(value)
        && lookup_installed::installed(context, &request, &target::detect()).is_empty()
    {
        let install = paste!["ftpy", "install", value];
        context.reporter.warn(format!(
            "{value} is not installed; run `{install}` to install it"
        ));
    }
    Ok(())
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
struct InForce {
    name: &'static str,
    value: Option<String>,
    from: &'static str,
    what: &'static str,
}

fn in_force(context: &Context) -> Result<Vec<InForce>> {
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
        let (value, from) = match (variable.flatten(), file) {
            (Some(value), _) => (Some(value), "environment"),
            (None, Some(value)) => (Some(value), "file"),
            (None, None) => (usual(*setting), "default"),
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
            value,
            what,
        }
    });
    Ok(settings.chain(variables).collect())
}

/// Returns the value of a setting that is not set.
fn usual(setting: Setting) -> Option<String> {
    match setting {
        Setting::Default => None,
        Setting::AutoInstall | Setting::Python3t => Some("false".to_owned()),
        Setting::Sources => Some(USUAL.map(ProviderName::name).join(",")),
    }
}

fn list(context: &Context) -> Result<()> {
    let all = in_force(context)?;
    if context.reporter.is_json() {
        let pairs = all.iter().map(|one| {
            let value = json!({ "value": one.value, "from": one.from });
            (one.name.to_owned(), value)
        });
        let document: Map<String, Value> = pairs.collect();
        context.reporter.json(&document);
        return Ok(());
    }
    let rows = all.into_iter().map(|one| {
        let value = one.value.unwrap_or_else(|| "(not set)".to_owned());
        vec![
            one.name.to_owned(),
            value,
            one.from.to_owned(),
            one.what.to_owned(),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    context
        .reporter
        .table(&["SETTING", "VALUE", "SET IN", "MEANING"], &rows);
    Ok(())
}

fn text(context: &Context) -> Result<String> {
    Ok(settings_text(context.store.root())?.unwrap_or_default())
}

fn read_name(name: &str) -> Result<Setting> {
    Setting::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = SETTINGS.iter().map(|(_, name, _)| *name).collect();
        let message = format!("unknown setting `{name}`");
        Failure::new(Kind::Usage, message).hint(format!("the settings are {}", known.join(", ")))
    })
}
