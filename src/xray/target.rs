//! Which interpreter a module is for, by its file name.

/// The ABI that a module was built for, as its file name or wheel tag says: `cp314t`, `abi3t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Abi {
    /// The minor version of Python 3: 14 in `cp314t`, 15 in `abi3t`, which began there.
    pub minor: u8,
    /// Whether it is loaded by free-threaded builds.
    pub free_threaded: bool,
    /// Whether it is a stable ABI: `abi3` or `abi3t`.
    pub stable: bool,
}

impl Abi {
    /// Reads a tag: `cp314t`, `cp313`, `abi3`, `abi3t`.
    ///
    /// ```
    /// use ftpy::xray::Abi;
    ///
    /// let abi = Abi::parse("cp314t").expect("a tag");
    /// assert_eq!((abi.minor, abi.free_threaded, abi.stable), (14, true, false));
    /// assert_eq!(Abi::parse("pp311"), None);
    /// ```
    pub fn parse(tag: &str) -> Option<Abi> {
        match tag {
            "abi3" => {
                return Some(Abi {
                    minor: 2,
                    free_threaded: false,
                    stable: true,
                });
            }
            "abi3t" => {
                return Some(Abi {
                    minor: 15,
                    free_threaded: true,
                    stable: true,
                });
            }
            _ => {}
        }
        let version = tag
            .strip_prefix("cp3")
            .or_else(|| tag.strip_prefix("cpython-3"))?;
        let digits = version.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        let flags = &version[digits.len()..];
        Some(Abi {
            minor: digits.parse().ok()?,
            free_threaded: flags.contains('t'),
            stable: false,
        })
    }

    /// Whether a declared value keeps the GIL off: before 3.15 any but 0, since then only 1.
    pub(super) fn keeps_off(self, value: u64) -> bool {
        if self.minor >= 15 {
            value == 1
        } else {
            value != 0
        }
    }

    /// Where `m_slots` is in a `PyModuleDef`: after a header of 32 bytes in a free-threaded
    /// build, of 16 in a GIL build. `abi3t` hides the layout.
    pub(super) fn slots_offset(self) -> Option<i64> {
        match self {
            Abi {
                free_threaded: true,
                stable: true,
                ..
            } => None,
            Abi {
                free_threaded: true,
                ..
            } => Some(88),
            _ => Some(72),
        }
    }
}

/// A machine whose instructions are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Machine {
    /// Intel and AMD, 64 bits: `x86_64`, `amd64`.
    X86_64,
    /// ARM, 64 bits: `arm64`, `aarch64`.
    Arm64,
}

/// A module's name, and the ABI that it was built for.
///
/// ```
/// use ftpy::xray::ModuleFile;
///
/// let file = ModuleFile::parse("lxml/etree.cpython-314t-x86_64-linux-gnu.so").expect("a module");
/// assert_eq!(file.name, "etree");
/// assert!(file.abi.is_some_and(|abi| abi.free_threaded));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleFile {
    /// The last part of the module's name, which its init function is named after.
    pub name: String,
    /// The ABI in the file name; a plain `name.so` has none: the wheel's tag has it.
    pub abi: Option<Abi>,
}

impl ModuleFile {
    /// Reads the name of a file that Python could import as an extension module.
    pub fn parse(path: &str) -> Option<ModuleFile> {
        let file = path.rsplit(['/', '\\']).next()?;
        let stem = file
            .strip_suffix(".so")
            .or_else(|| file.strip_suffix(".pyd"))?;
        let (mut name, tag) = stem
            .split_once('.')
            .map_or((stem, None), |(name, tag)| (name, Some(tag)));
        if name == "__init__" {
            // A package's own module is named after its directory.
            name = path.rsplit(['/', '\\']).nth(1)?;
        }
        if name.is_empty() {
            return None;
        }
        let abi = match tag {
            None => None,
            Some(tag) => Some(tag_of(tag)?),
        };
        Some(ModuleFile {
            name: name.to_owned(),
            abi,
        })
    }
}

/// The ABI in `cpython-314t-x86_64-linux-gnu`, `cp314t-win_amd64` or `abi3t`.
fn tag_of(tag: &str) -> Option<Abi> {
    let version = tag
        .strip_prefix("cpython-")
        .map(|rest| rest.split('-').next());
    match version {
        Some(version) => Abi::parse(&format!("cp{}", version?)),
        None => Abi::parse(tag.split('-').next()?),
    }
}

/// The prefixes of init functions, the one that wins first.
pub(super) const PREFIXES: [&str; 3] = ["PyModExport_", "PyInit_", "PyInitU_"];

/// Whether a symbol is an init function.
pub(super) fn is_init(symbol: &[u8]) -> bool {
    symbol.starts_with(b"Py")
        && PREFIXES
            .iter()
            .any(|prefix| symbol.starts_with(prefix.as_bytes()))
}
