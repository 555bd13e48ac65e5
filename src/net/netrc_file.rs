//! Finds and reads the netrc file.
//!
//! An unusable `~/.netrc` is ignored with a warning. A file in `NETRC` was requested, and must be
//! usable.

use crate::cancel::Cancel;
use crate::env::Connections;
use crate::host::plain_file;
use crate::net::netrc::{Login, find};
use crate::report::Reporter;
use ftpy_core::system_error::text_of;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// A netrc file, read on first use.
pub(super) struct NetrcFile {
    path: Option<PathBuf>,
    is_named: bool,
    cancel: Cancel,
    /// The contents, or `None` if the file does not exist.
    text: OnceLock<Result<Option<String>, String>>,
    reporter: Arc<Reporter>,
    is_warned: AtomicBool,
}

/// The contents are not displayed.
impl std::fmt::Debug for NetrcFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NetrcFile({:?})", self.path)
    }
}

impl NetrcFile {
    /// Chooses the file in `NETRC`, or else `~/.netrc`.
    pub(super) fn new(environment: &Connections, cancel: Cancel, reporter: Arc<Reporter>) -> Self {
        let named = environment.netrc.clone();
        Self {
            is_named: named.is_some(),
            path: named.or_else(|| environment.usual_netrc.clone()),
            cancel,
            text: OnceLock::new(),
            reporter,
            is_warned: AtomicBool::new(false),
        }
    }

    /// Returns the login for a host.
    ///
    /// # Errors
    /// Returns an error if the file in `NETRC` is unusable.
    pub(super) fn login(&self, host: &str) -> Result<Option<Login>, String> {
        // Reading waits for a disk and must not block the runtime.
        let text = tokio::task::block_in_place(|| self.text.get_or_init(|| self.read()));
        let text = match text {
            Ok(Some(text)) => text,
            Ok(None) => return Ok(None),
            Err(reason) => return Err(reason.clone()),
        };
        let login = match find(text, host) {
            Ok(login) => login,
            Err(line) => {
                let name = self.name();
                return self.unusable(format!("{name}:{line}: a keyword without a value"));
            }
        };
        // Bytes that are not UTF-8 do not matter in comments and in other entries.
        let is_damaged =
            |login: &Login| [&login.name, &login.password].map(|text| text.contains('\u{fffd}'));
        match login {
            Some(login) if is_damaged(&login).contains(&true) => {
                let name = self.name();
                self.unusable(format!("{name}: the entry for {host} is not UTF-8"))
            }
            login => Ok(login),
        }
    }

    fn read(&self) -> Result<Option<String>, String> {
        let Some(path) = &self.path else {
            return Ok(None);
        };
        let name = self.name();
        let bytes = match plain_file::read_unless(path, || self.cancel.is_cancelled()) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound && !self.is_named => return Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(format!("NETRC is {name}: no such file"));
            }
            Err(error) => {
                let text = text_of(&error);
                return self.refused(format!("{name} cannot be read: {text}"));
            }
        };
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) if self.is_named => Err(format!("{name} is not UTF-8")),
            Err(error) => {
                self.warn(format!(
                    "{name} is not UTF-8: entries with invalid bytes are ignored"
                ));
                Ok(Some(String::from_utf8_lossy(error.as_bytes()).into_owned()))
            }
        }
    }

    fn unusable(&self, reason: String) -> Result<Option<Login>, String> {
        self.refused(reason).map(|_| None)
    }

    /// Returns an error for the file in `NETRC`. For `~/.netrc`, warns and treats it as empty.
    fn refused(&self, reason: String) -> Result<Option<String>, String> {
        if self.is_named {
            return Err(reason);
        }
        self.warn(format!("{reason}; its passwords are not used"));
        Ok(None)
    }

    fn warn(&self, text: String) {
        // One warning is enough.
        if !self.is_warned.swap(true, Ordering::SeqCst) {
            self.reporter.warn(text);
        }
    }

    fn name(&self) -> String {
        let path = self.path.as_deref().unwrap_or_else(|| "~/.netrc".as_ref());
        path.display().to_string()
    }
}
