//! Whose certificates are trusted where `SSL_CERT_FILE` or `SSL_CERT_DIR` say so, as OpenSSL
//! and curl understand them: they replace the system's store.
//!
//! A variable that leads nowhere is an error. Trusting nobody, or the system instead, would be
//! another answer than the person gave.

use crate::env::Connections;
use crate::host::plain_file;
use reqwest::Certificate;
use std::path::Path;

/// The certificates that the variables name; `None` where they name none.
///
/// # Errors
/// A sentence that names the variable and the path.
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

/// The certificates of a PEM file, in its order.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn of_file(path: &Path) -> Result<Vec<Certificate>, String> {
    let bytes = plain_file::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        _ => format!("it cannot be read: {error}"),
    })?;
    Certificate::from_pem_bundle(&bytes).map_err(|_| "not a PEM file".to_owned())
}

/// Of every file in a directory; those that hold none do not matter: directories of OpenSSL hold
/// other things, too.
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
