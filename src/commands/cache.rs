//! `ftpy cache`: shows the directory and the size of the download cache, or empties it.

use crate::cli::Cache;
use crate::error::Result;
use crate::ops::context::Context;
use crate::report::text;
use std::path::Path;

/// `ftpy cache`
pub(super) fn cache(context: &Context, command: Cache) -> Result<()> {
    let directory = context.store.cache();
    let (size, files) = measure(&directory);
    let reporter = &context.reporter;
    let facts = serde_json::json!({ "dir": directory, "bytes": size, "files": files });
    match command {
        Cache::Dir | Cache::Size if reporter.is_json() => reporter.json(&facts),
        Cache::Dir => reporter.data(directory.display().to_string()),
        Cache::Size => {
            reporter.data(format!(
                "{} in {}",
                text::bytes(size),
                text::count(files, "file")
            ));
        }
        Cache::Clean => {
            let mut removed = (0, 0);
            if directory.exists() {
                let waiting =
                    || reporter.say("waiting for another ftpy process that uses the cache");
                let _cache = context.store.lock_cache(waiting)?;
                // The other process may have added to it.
                let (size, files) = measure(&directory);
                context.store.clean_cache()?;
                let (left, files_left) = measure(&directory);
                removed = (size.saturating_sub(left), files.saturating_sub(files_left));
                if files_left > 0 {
                    let left = text::count(files_left, "file");
                    let directory = directory.display();
                    reporter.say(format!(
                        "kept {left} in {directory} that ftpy did not create"
                    ));
                }
            }
            let (size, files) = removed;
            if reporter.is_json() {
                reporter
                    .json(&serde_json::json!({ "removed_bytes": size, "removed_files": files }));
            } else {
                let files = text::count(files, "file");
                reporter.say(format!("removed {} in {files}", text::bytes(size)));
            }
        }
    }
    Ok(())
}

/// Returns the total size and the number of the files below a directory.
fn measure(directory: &Path) -> (u64, usize) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return (0, 0);
    };
    entries
        .flatten()
        .fold((0, 0), |(size, files), entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => {
                let (below, count) = measure(&entry.path());
                (size + below, files + count)
            }
            Ok(metadata) => (size + metadata.len(), files + 1),
            Err(_) => (size, files),
        })
}
