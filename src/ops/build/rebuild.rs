//! `ftpy build --same-as`: turns a receipt into a build order.

use crate::error::{Failure, Kind, Result};
use crate::execute::Repeated;
use crate::host::target;
use crate::ops::build::source::{BuildOrder, own_source};
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::store::{Receipt, patch_file};
use ftpy_core::key::Key;
use std::path::Path;

/// Returns the build order that repeats an installation.
pub(crate) fn again(context: &Context, key: &str) -> Result<BuildOrder> {
    let read = Key::from_name(key, &target::detect());
    let prefix = read.map(|key| context.store.prefix(&key));
    let Some(prefix) = prefix.filter(|prefix| prefix.is_dir()) else {
        let message = format!("--same-as {key}: it is not installed");
        return Err(Failure::new(Kind::NotFound, message).hint("`ftpy list` shows the keys"));
    };
    let receipt = Receipt::read(&prefix)?;
    let Some(compilation) = receipt.compilation.clone() else {
        let message =
            format!("--same-as {key}: it was not compiled on this machine, or by an older ftpy");
        return Err(Failure::new(Kind::Usage, message));
    };
    let repeated = Repeated::of(key, &receipt, compilation.clone());
    let mut wish = compilation.wish;
    for (number, patch) in wish.patches.iter_mut().enumerate() {
        patch.path = patch_file(&prefix, number, &patch.path);
    }
    let tree = wish.tree.take();
    let origin = tree.map(|tree| pinned(&tree.origin, tree.commit.as_deref()));
    // The digest of the tree is compared at the end, so the archive's may be unverified.
    let source = origin.map(|origin| own_source(context, &origin, true));
    let source = source.transpose()?;
    let mut request = lookup_installed::read(key)?;
    request.build_id = None;
    Ok(BuildOrder {
        request,
        wish,
        source,
        repeated: Some(repeated),
    })
}

/// Returns `URL@REVISION`, with the recorded commit as the revision.
fn pinned(origin: &str, commit: Option<&str>) -> String {
    match (origin.rsplit_once('@'), commit) {
        (Some((url, _)), Some(commit)) if !Path::new(origin).is_dir() => format!("{url}@{commit}"),
        _ => origin.to_owned(),
    }
}
