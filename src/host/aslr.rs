//! Address space settings of started programs. A sanitizer needs memory at fixed addresses; if they
//! are taken, it crashes or finds nothing.

use std::fmt;

/// Why address randomisation stays on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Disables address randomisation for every program started by this process from now on, including
/// one that replaces it. Needs no root.
///
/// # Errors
/// Returns an error if the kernel or a seccomp filter forbids it.
#[cfg(target_os = "linux")]
pub fn ensure_fixed() -> Result<(), Refused> {
    use nix::sys::personality::{self, Persona};
    let refused = |error: nix::Error| Refused(format!("personality(2): {error}"));
    let now = personality::get().map_err(refused)?;
    if !now.contains(Persona::ADDR_NO_RANDOMIZE) {
        personality::set(now | Persona::ADDR_NO_RANDOMIZE).map_err(refused)?;
    }
    Ok(())
}

/// On other systems there is nothing to disable.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn ensure_fixed() -> Result<(), Refused> {
    Ok(())
}

/// Raises the address space limit as far as this process may. The shadow memory of a sanitizer
/// takes terabytes of address space.
///
/// # Errors
/// Returns an error if a hard limit remains.
#[cfg(unix)]
pub fn ensure_unlimited() -> Result<(), Refused> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let limit = getrlimit(Resource::As);
    if limit.current.is_none() {
        return Ok(());
    }
    let lifted = rustix::process::Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let _ = setrlimit(Resource::As, lifted);
    match limit.maximum {
        None => Ok(()),
        Some(bytes) => Err(Refused(format!("RLIMIT_AS: at most {bytes} bytes"))),
    }
}

/// On other systems there is nothing to raise.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn ensure_unlimited() -> Result<(), Refused> {
    Ok(())
}
