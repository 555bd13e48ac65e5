//! Reads many wheels, several at once. A wheel that cannot be read does not stop the others.

use crate::cancel::interrupted;
use crate::error::Result;
use crate::report::{Verb, text};
use crate::store::Lock;
use crate::wheel_reader::error::WheelError;
use crate::wheel_reader::request::{ReadOptions, WheelRead, WheelToRead};
use crate::wheel_reader::source::is_interrupted;
use crate::wheel_reader::tools::{ReaderTools, Shared};
use crate::wheel_reader::verdicts::{self, Known};
use crate::wheel_reader::whole::read_wheel;
use futures_util::{StreamExt, stream};

/// How many wheels are read at once.
const AT_ONCE: usize = 8;

/// Reads wheels; the results are in the same order.
///
/// # Errors
/// Returns an error only if the user presses Ctrl-C. All others belong to one wheel.
pub async fn read_wheels(
    tools: ReaderTools<'_>,
    wheels: &[WheelToRead],
    options: ReadOptions,
) -> Result<Vec<Result<WheelRead, WheelError>>> {
    let _cache = hold_cache(tools);
    let shared = Shared::new(tools, options);
    let mut results: Vec<Option<Result<WheelRead, WheelError>>> = Vec::new();
    results.extend(wheels.iter().map(|wheel| cached(&shared, wheel).map(Ok)));
    let missing = results.iter().enumerate();
    let missing = missing.filter(|(_, result)| result.is_none());
    let missing: Vec<usize> = missing.map(|(index, _)| index).collect();
    if !missing.is_empty() {
        let count = missing.len();
        let task = (!options.is_quiet).then(|| {
            let task = tools.reporter.task(&text::count(count, "wheel"));
            task.parts(Verb::Reading, count as u64, None);
            task
        });
        let (shared, shown) = (&shared, task.as_ref());
        let reading: Vec<_> = missing
            .iter()
            .map(|index| async move {
                let read = read_wheel(shared, &wheels[*index]).await;
                if let Some(task) = shown {
                    task.advance(1);
                }
                (*index, read)
            })
            .collect();
        let mut reading = stream::iter(reading).buffer_unordered(AT_ONCE);
        while let Some((index, read)) = reading.next().await {
            if tools.net.cancel().is_cancelled() || read.as_ref().is_err_and(is_interrupted) {
                return Err(interrupted());
            }
            results[index] = Some(read);
        }
        drop(reading);
        if let Some(task) = task {
            task.done();
        }
    }
    Ok(results.into_iter().flatten().collect())
}

/// What is cached of a wheel whose sha256 is listed.
fn cached(shared: &Shared<'_>, wheel: &WheelToRead) -> Option<WheelRead> {
    let key = verdicts::key_of_digest(&wheel.wheel.sha256?, wheel.abi);
    let known = Known::read(shared.tools.store, &key, shared.options);
    let (report, sources) = known.complete(shared.options)?;
    Some(WheelRead {
        report,
        sources,
        size: wheel.wheel.size,
        is_cached: true,
        ..WheelRead::default()
    })
}

/// Blocks `ftpy cache clean` meanwhile. Without write access to the store, nothing is cached.
fn hold_cache(tools: ReaderTools<'_>) -> Option<Lock> {
    let is_cancelled = || tools.net.cancel().is_cancelled();
    let waiting = || {
        let text = "for another ftpy that empties the cache";
        tools.reporter.status(Verb::Waiting, text);
    };
    tokio::task::block_in_place(|| tools.store.share_cache(waiting, is_cancelled)).ok()
}
