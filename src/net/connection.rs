//! Proxies and certificates of one source, where its own tools have settings for them.

use crate::net::trust::of_file;
use crate::secret_url::SecretUrl;
use reqwest::ClientBuilder;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Settings of one source's connections. The default is the system's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connection {
    /// `http`, `https` or `all` to a proxy's URL.
    pub proxies: BTreeMap<String, SecretUrl>,
    /// Whose certificates are trusted.
    pub verify: Verify,
}

/// Whose certificates are trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Verify {
    /// Those that the system trusts.
    #[default]
    System,
    /// Those of this file, and the system's.
    Bundle(PathBuf),
    /// Anybody's. What is fetched has a digest, but the list of digests itself has none.
    Nobody,
}

impl Connection {
    /// Sets a client up. Its proxies are among [`Proxies`](crate::net::proxy::Proxies).
    pub(super) fn apply(&self, builder: ClientBuilder) -> Result<ClientBuilder, String> {
        match &self.verify {
            Verify::System => Ok(builder),
            Verify::Nobody => Ok(builder.tls_danger_accept_invalid_certs(true)),
            Verify::Bundle(path) => {
                let certificates = of_file(path)
                    .map_err(|reason| format!("certificates of {}: {reason}", path.display()))?;
                Ok(builder.tls_certs_merge(certificates))
            }
        }
    }
}
