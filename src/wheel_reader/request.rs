//! What is read of which wheels.

use crate::check::{WheelFile, WheelReport};
use crate::python_imports::Scan;
use crate::xray::Abi;
use serde::{Deserialize, Serialize};

/// A wheel to read.
#[derive(Debug, Clone)]
pub struct WheelToRead {
    /// The wheel.
    pub wheel: WheelFile,
    /// The ABI of modules whose file names have none: see
    /// [`fallback_abi`](crate::check::fallback_abi).
    pub abi: Option<Abi>,
}

/// How wheels are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadOptions {
    /// `--full`: every wheel is downloaded as a whole and compared with its listed sha256.
    pub is_full: bool,
    /// Whether the import statements of Python sources are read, too.
    pub reads_sources: bool,
    /// Whether no progress is shown: the caller shows its own.
    pub is_quiet: bool,
}

/// A wheel that was read.
#[derive(Debug, Clone, Default)]
pub struct WheelRead {
    /// What was found in it.
    pub report: WheelReport,
    /// Its Python sources, if they were to be read.
    pub sources: Vec<SourceScan>,
    /// How many bytes of it were read from the disk or the network.
    pub bytes_read: u64,
    /// Its size, if known.
    pub size: Option<u64>,
    /// Whether everything was cached.
    pub is_cached: bool,
}

/// A Python source in a wheel. The stubs of packages are among them, because `lazy_loader` reads
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceScan {
    /// Its path below site-packages, with `/`: `lxml/html/__init__.py`.
    pub path: String,
    /// Its import statements.
    pub scan: Scan,
}
