//! `ftpy config`: the settings.

use crate::cli::daily::Config;
use crate::commands::request;
use crate::commands::start::Context;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::target;
use crate::link;
use crate::store::write_whole;
use ftpy_shims::decide::config_file;
use ftpy_shims::parse::parse;
use ftpy_shims::refusal::quoted;
use ftpy_shims::request::Request;
use ftpy_shims::settings::{self, SETTINGS, Setting};
use serde_json::{Map, Value, json};

/// `ftpy config`
pub(super) fn config(context: &Context, command: Config) -> Result<()> {
    match command {
        Config::List => {
            list(context);
            Ok(())
        }
        Config::Get { name } => {
            let setting = read_name(&name)?;
            let text = text(context);
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

/// Sets or unsets a setting, and says so.
pub(super) fn set(context: &Context, setting: Setting, value: Option<&str>) -> Result<()> {
    let value = value.map(|value| canonical(setting, value)).transpose()?;
    let name = setting.name();
    {
        let _commit = context.store.lock_commit()?;
        let file = config_file(context.store.root());
        let old = match std::fs::read_to_string(&file) {
            Ok(old) => old,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            // Nothing is written over what cannot be read.
            Err(error) => return Err(IoFailure::at("read", &file)(error).into()),
        };
        write_whole(
            &file,
            settings::with(&old, setting, value.as_deref()).as_bytes(),
        )?;
    }
    link::establish(&context.store, &target::detect())?;
    if context.reporter.is_json() {
        context.reporter.json(&json!({ name: value }));
    }
    context.reporter.say(match &value {
        Some(value) => format!("{name} is {value}"),
        None => format!("{name} is not set any more"),
    });
    if let (Setting::Default, Some(value)) = (setting, &value)
        && let Ok(Request::Build(request)) = parse(value)
        && request::installed(context, &request, &target::detect()).is_empty()
    {
        context.reporter.warn(format!(
            "{value} is not installed: `ftpy install {}` installs it",
            quoted(value)
        ));
    }
    Ok(())
}

/// The value as it is written.
fn canonical(setting: Setting, value: &str) -> Result<String> {
    match setting {
        Setting::Default => match parse(value)? {
            Request::Archive(archive) => {
                let message = format!("{archive} is an archive; the default is a version");
                Err(Failure::new(Kind::Usage, message).hint("try `ftpy default 3.14t`"))
            }
            request => Ok(request.to_string()),
        },
        Setting::Sources => match settings::sources(value) {
            Ok(order) => {
                let names: Vec<&str> = order.iter().map(|provider| provider.name()).collect();
                Ok(names.join(","))
            }
            Err(word) => {
                let message = format!("sources: `{word}` is no source, or stands there twice");
                Err(Failure::new(Kind::Usage, message)
                    .hint("there are pbs, conda, distro and source"))
            }
        },
        Setting::AutoInstall | Setting::Python3t => match settings::truth(value) {
            Some(truth) => Ok(truth.to_string()),
            None => {
                let name = setting.name();
                let message = format!("{name} is true or false, not `{value}`");
                Err(Failure::new(Kind::Usage, message))
            }
        },
    }
}

fn list(context: &Context) {
    let text = text(context);
    let value = |setting| settings::find(&text, setting).map(|(value, _)| value);
    if context.reporter.is_json() {
        let pairs = SETTINGS
            .iter()
            .map(|(setting, name, _)| ((*name).to_owned(), json!(value(*setting))));
        let document: Map<String, Value> = pairs.collect();
        context.reporter.json(&document);
        return;
    }
    let rows = SETTINGS.iter().map(|(setting, name, what)| {
        let value = value(*setting).unwrap_or("(not set)");
        vec![(*name).to_owned(), value.to_owned(), (*what).to_owned()]
    });
    for line in crate::report::text::table(&rows.collect::<Vec<_>>()) {
        context.reporter.data(line);
    }
}

fn text(context: &Context) -> String {
    std::fs::read_to_string(config_file(context.store.root())).unwrap_or_default()
}

fn read_name(name: &str) -> Result<Setting> {
    Setting::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = SETTINGS.iter().map(|(_, name, _)| *name).collect();
        let message = format!("there is no setting `{name}`");
        Failure::new(Kind::Usage, message).hint(format!("there are {}", known.join(", ")))
    })
}
