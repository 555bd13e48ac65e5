//! Turns panics of the rattler crates into errors. They unwrap fields of repodata that a channel can
//! set to anything, such as a `base_url` that is not the base of a URL.

use futures_util::FutureExt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, set_hook, take_hook};
use std::sync::Once;

/// Stops printing panics of the rattler crates, for the rest of the process: one of their tasks may
/// panic after the query that started it has ended.
fn quiet_rattler() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            let file = panic.location().map_or("", |location| location.file());
            if !file.contains("rattler") {
                usual(panic);
            }
        }));
    });
}

/// Awaits a future that may panic.
///
/// # Errors
/// Returns the panic's message.
pub(super) async fn shielded<T>(work: impl Future<Output = T>) -> Result<T, String> {
    quiet_rattler();
    let result = AssertUnwindSafe(work).catch_unwind().await;
    result.map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        text.unwrap_or_else(|| "unknown panic".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_an_error() {
        assert_eq!(shielded(async { 1 }).await, Ok(1));
        let panicked = shielded(async { panic!("no {}", "base") }).await;
        assert_eq!(panicked, Err::<(), _>("no base".to_owned()));
    }
}
