//! Where programs that are started from here find their memory. A sanitizer keeps its own
//! memory at fixed places, and finds nothing, or dies, where the system put something there.

use std::fmt;

/// Why the addresses stay as random as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Turns the randomisation of addresses off for every program that this process starts, or
/// becomes, from now on. Needs no root.
///
/// # Errors
/// Where the kernel or a filter of system calls (seccomp) forbids it.
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

/// As on Linux; elsewhere there is nothing to turn off.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn ensure_fixed() -> Result<(), Refused> {
    Ok(())
}

/// Lifts the limit on a program's addresses as far as this process may. The shadow memory of a
/// sanitizer is terabytes of addresses.
///
/// # Errors
/// Where a hard limit stays.
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

/// As on Unix; elsewhere there is nothing to lift.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn ensure_unlimited() -> Result<(), Refused> {
    Ok(())
}
