//! The trusted certificates if `SSL_CERT_FILE` or `SSL_CERT_DIR` is set. Like in OpenSSL and curl,
//! they replace the system's store.
//!
//! A path that does not exist is an error: falling back to no certificates, or to the system's,
//! would ignore the user's choice.

use crate::env::Connections;
use crate::host::plain_file;
use reqwest::Certificate;
use std::path::Path;

/// Returns the certificates of the variables; `None` if no variable is set.
///
/// # Errors
/// Returns a sentence that names the variable and the path.
pub(super) fn certificates(env: &Connections) -> Result<Option<Vec<Certificate>>, String> {
    if env.certificates.is_none() && env.certificate_dirs.is_empty() {
        return Ok(None);
    }
    let mut found = Vec::new();
    if let Some(path) = &env.certificates {
        let certificates =
            of_file(path).map_err(|reason| unusable("SSL_CERT_FILE", path, &reason))?;
        if certificates.is_empty() {
            return Err(unusable("SSL_CERT_FILE", path, "it has no certificate"));
        }
        found.extend(certificates);
    }
    for directory in &env.certificate_dirs {
        let unusable = |reason: &str| unusable("SSL_CERT_DIR", directory, reason);
        let certificates = of_directory(directory).map_err(|reason| unusable(&reason))?;
        if certificates.is_empty() {
            return Err(unusable("no file in it has a certificate"));
        }
        found.extend(certificates);
    }
    Ok(Some(found))
}

fn unusable(variable: &str, path: &Path, reason: &str) -> String {
    format!("{variable} is {}: {reason}", path.display())
}

/// Returns the certificates of a PEM file, in its order.
///
/// # Errors
/// Returns the reason if it cannot be read.
pub(super) fn of_file(path: &Path) -> Result<Vec<Certificate>, String> {
    let bytes = plain_file::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        _ => format!("it cannot be read: {error}"),
    })?;
    Certificate::from_pem_bundle(&bytes).map_err(|_| "not a PEM file".to_owned())
}

/// Returns the certificates of every file in a directory. Files without any are skipped, because
/// OpenSSL's directories contain other files, too.
fn of_directory(directory: &Path) -> Result<Vec<Certificate>, String> {
    let entries = std::fs::read_dir(directory).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "no such directory".to_owned(),
        _ => format!("it cannot be read: {error}"),
    })?;
    let files = entries.flatten().map(|entry| entry.path());
    let files = files.filter(|path| path.is_file());
    Ok(files
        .filter_map(|path| of_file(&path).ok())
        .flatten()
        .collect())
}
