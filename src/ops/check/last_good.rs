//! Other versions of a package that turns the GIL on, from the index that its list names.

use crate::check::{Candidate, Dependency, candidates};
use crate::error::{Failure, Kind, Result};
use crate::net::{Net, Trust};
use crate::secret_url::SecretUrl;
use crate::wheel::{WheelTags, WheelTarget};

/// The maximum size of a page: the largest of public indexes have a few MB.
const LONGEST: u64 = 64 << 20;

/// The wheels of other versions for a target, newest first, newer and older than the one in use.
/// Whether they keep the GIL off is not known before they are read.
///
/// # Errors
/// Returns an error if no index is known, and if it cannot be asked.
pub(crate) async fn other_versions(
    net: &Net,
    dependency: &Dependency,
    target: WheelTarget,
) -> Result<Vec<Candidate>> {
    let Some(index) = &dependency.index else {
        let message = format!("the index of {} is not known", dependency.name);
        return Err(Failure::new(Kind::NotFound, message)
            .hint("uv.lock, and pylock.toml as exported by uv, name the index"));
    };
    // The slash belongs to the address: without it, indexes redirect.
    let page: SecretUrl = index.join(&format!("{}/", dependency.name));
    let bytes = net.read(&page, Trust::FromTransport, LONGEST).await?;
    let text = String::from_utf8_lossy(&bytes);
    let tags = WheelTags::of(target);
    candidates(&page, &text, &dependency.version, &tags).map_err(|reason| {
        let message = format!("unreadable index page at {page}: {reason}");
        Failure::new(Kind::Unchecked, message)
    })
}
