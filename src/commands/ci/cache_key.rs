//! `ftpy ci cache-key`: by what, and which directories, a cache holds what would be set up.

use crate::ci;
use crate::cli::ci::CacheKey;
use crate::commands::ci::obtain::{Order, plan};
use crate::commands::ci::wanted::{self, Stopped};
use crate::commands::start::Context;
use crate::error::Result;
use serde_json::json;

/// `ftpy ci cache-key`
pub(super) fn cache_key(context: &Context, arguments: &CacheKey) -> Result<()> {
    print_key(context, arguments).map_err(|stopped| stopped.of(&arguments.wanted).failure)
}

fn print_key(context: &Context, arguments: &CacheKey) -> Result<(), Stopped> {
    let asked = wanted::read(context, &arguments.wanted)?;
    let preferences = wanted::preferences(&arguments.wanted)?;
    let order = Order {
        requests: &asked.requests,
        has_twins: arguments.wanted.twin,
        preferences: &preferences,
        lock: asked.lock.as_ref(),
    };
    let parts = plan(context, &order)?;
    let key = ci::cache_key(&parts);
    let paths: Vec<String> = parts
        .iter()
        .filter(|part| part.is_kept)
        .map(|part| context.store.prefix(&part.key).display().to_string())
        .collect();
    let reporter = &context.reporter;
    if reporter.is_json() {
        let keys: Vec<&str> = parts.iter().map(|part| part.key.as_str()).collect();
        reporter.json(&json!({ "cache_key": key, "paths": paths, "installations": keys }));
    } else if arguments.paths {
        paths.iter().for_each(|path| reporter.data(path));
    } else {
        reporter.data(key);
    }
    Ok(())
}
