//! Reading the policy file: the only thing that this module does.

use crate::error::{Failure, Kind, Result};
use crate::policy::{Policy, parse};

/// Where the policy is, on every machine.
pub const PATH: &str = "/etc/ftpy/policy.toml";

/// The policy of this machine; no rules where there is no file.
///
/// # Errors
/// Where there is one that cannot be read or understood: then nothing is allowed.
pub fn read() -> Result<Policy> {
    let refused = |reason: String| {
        Failure::new(Kind::Forbidden, reason).hint(
            "as long as that is so, ftpy installs and fetches nothing; whoever looks after this \
             machine can mend the file",
        )
    };
    match std::fs::read_to_string(PATH) {
        Ok(text) => {
            parse(&text).map_err(|(line, reason)| refused(format!("{PATH}:{line}: {reason}")))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Policy::default()),
        // Also a directory above that may not be searched.
        Err(error) => Err(refused(format!("cannot read the policy {PATH}: {error}"))),
    }
}
