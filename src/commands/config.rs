//! `ftpy config`: the settings.

use crate::cli::daily::Config;
use crate::error::{Failure, Kind, Result};
use crate::host::target;
use crate::ops::config::{self, in_force, read_name};
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use ftpy_core::parse::parse;
use ftpy_core::paste;
use ftpy_core::request::Request;
use ftpy_core::settings::Setting;
use serde_json::{Map, Value, json};

/// `ftpy config`
pub(super) fn config(context: &Context, command: Config) -> Result<()> {
    match command {
        Config::List => list(context),
        Config::Get { name } => {
            let value = config::value(context, read_name(&name)?)?;
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
    let value = config::set(context, setting, value)?;
    let name = setting.name();
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
