//! `ftpy ci cache-key`: prints the key and the directories of a cache of the installations.

use crate::cli::ci::CacheKey;
use crate::error::Result;
use crate::ops::ci::cache_contents::CacheContents;
use crate::ops::ci::install::plan;
use crate::ops::ci::order::SetupOrder;
use crate::ops::ci::requests;
use crate::ops::ci::stopped::Stopped;
use crate::ops::context::Context;
use serde_json::json;

/// `ftpy ci cache-key`
pub(super) fn cache_key(context: &Context, arguments: &CacheKey) -> Result<()> {
    print_key(context, arguments).map_err(|stopped| stopped.of(&arguments.wanted).failure)
}

fn print_key(context: &Context, arguments: &CacheKey) -> Result<(), Stopped> {
    let asked = requests::read(context, &arguments.wanted)?;
    let preferences = requests::preferences(&arguments.wanted)?;
    let order = SetupOrder {
        requests: &asked.requests,
        has_twins: arguments.wanted.twin,
        upgrades: arguments.wanted.upgrade,
        preferences: &preferences,
        lock: asked.lock.as_ref(),
    };
    let CacheContents {
        key,
        paths,
        installations,
    } = plan(context, &order)?;
    let reporter = &context.reporter;
    if reporter.is_json() {
        reporter.json(&json!({
            "cache_key": key, "paths": paths, "installations": installations,
        }));
    } else if arguments.paths {
        paths
            .iter()
            .for_each(|path| reporter.data(path.display().to_string()));
    } else {
        reporter.data(key);
    }
    Ok(())
}
