//! `ftpy unpin`: removes the versions from this directory's version file.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::person_file;
use crate::ops::context::Context;
use crate::ops::pin::check_link;
use crate::version_file::without_pins;
use ftpy_core::pin;
use ftpy_core::pin_link::PIN_FILES;
use ftpy_core::refusal::Refusal;
use serde_json::json;

/// `ftpy unpin`
pub(super) fn unpin(context: &Context) -> Result<()> {
    let path = context.env.current_dir.join(PIN_FILES[0]);
    let text = pin::read(&path).map_err(Refusal::from)?.ok_or_else(|| {
        let message = format!("{} does not exist", path.display());
        let nearest = pin::nearest(&context.env.current_dir).ok().flatten();
        let failure = Failure::new(Kind::NotFound, message);
        match nearest {
            Some(file) => failure.hint(format!(
                "the versions pinned here come from {}",
                file.path.display()
            )),
            None => failure,
        }
    })?;
    check_link(&path)?;
    match without_pins(&text) {
        // Comments are kept.
        Some(rest) => person_file::write(&path, rest.as_bytes()),
        // The link and its target, which may be in use elsewhere, stay.
        None if path.is_symlink() => person_file::write(&path, b""),
        None => person_file::check(&path)
            .and_then(|()| std::fs::remove_file(&path).map_err(IoFailure::at("remove", &path))),
    }
    .map_err(IoFailure::outside_store)?;
    if context.reporter.is_json() {
        let path = path.display().to_string();
        context.reporter.json(&json!({ "unpinned": path }));
    }
    context
        .reporter
        .say(format!("removed the pins from {}", path.display()));
    Ok(())
}
