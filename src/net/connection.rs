//! Proxies and certificates of one source, from the settings of its own tools.

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
    /// The trusted certificates.
    pub verify: Verify,
}

/// The trusted certificates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Verify {
    /// Those of the system.
    #[default]
    System,
    /// Those of this file and of the system.
    Bundle(PathBuf),
    /// All. Downloads have digests, but the list of digests is unprotected.
    Nobody,
}

impl Connection {
    /// Applies the certificates. The proxies are in [`Proxies`](crate::net::proxy::Proxies).
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
