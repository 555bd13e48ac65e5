//! The facts that an interpreter reports, and whether they are as expected.

use ftpy_core::abi::Abi;
use ftpy_core::version::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The facts of an interpreter. Every field was read in the running interpreter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// `3.14.7`, `3.15.0rc1`
    pub version: String,
    /// `sys.implementation.name`
    pub implementation: String,
    /// `sys.abiflags`
    pub abiflags: String,
    /// Whether it was configured `--with-pydebug`.
    pub debug: bool,
    /// The build variable `Py_GIL_DISABLED`, as an integer: 1 in a free-threaded build.
    pub gil_disabled: String,
    /// `sys._is_gil_enabled()` after the extension modules were imported.
    pub gil_enabled: bool,
    /// `.cpython-314t-x86_64-linux-gnu.so`
    pub ext_suffix: String,
    /// `cpython-314t-x86_64-linux-gnu`
    pub soabi: String,
    /// `sys.prefix`
    pub prefix: String,
    /// `sys.base_prefix`
    pub base_prefix: String,
    /// `sys.executable`
    pub executable: String,
    /// The build variable `CONFIG_ARGS`.
    pub config_args: String,
    /// Modules that could not be imported: `_ssl: ImportError: ...`.
    pub missing: Vec<String>,
}

/// The expected facts of an interpreter.
#[derive(Debug, Clone)]
pub struct Expectation<'a> {
    /// Exactly this version; any if it is not known before.
    pub version: Option<Version>,
    /// Exactly this ABI.
    pub abi: Abi,
    /// `sys.prefix` must be this directory.
    pub prefix: &'a Path,
}

impl Facts {
    /// Reads what `probe.py` prints. The error names the missing field.
    pub(super) fn parse(output: &str) -> Result<Self, String> {
        let mut values: BTreeMap<&str, String> = BTreeMap::new();
        let mut missing = Vec::new();
        for line in output.lines() {
            let Some((name, value)) = line.split_once(' ') else {
                continue;
            };
            // Other output on stdout is ignored.
            let Some(value) = unhex(value) else {
                continue;
            };
            if name == "missing" {
                missing.push(value);
            } else {
                values.insert(name, value);
            }
        }
        let mut take = |name: &str| values.remove(name).ok_or_else(|| name.to_owned());
        take("end")?;
        let stage = match take("stage")? {
            stage if stage.starts_with("final") => String::new(),
            stage => stage
                .replace("alpha", "a")
                .replace("beta", "b")
                .replace("candidate", "rc"),
        };
        let before = take("gil_enabled")? != "0";
        Ok(Self {
            version: take("version")? + &stage,
            implementation: take("implementation")?,
            abiflags: take("abiflags")?,
            debug: take("debug")? == "1",
            gil_disabled: take("gil_disabled")?,
            gil_enabled: before || take("gil_enabled_after")? != "0",
            ext_suffix: take("ext_suffix")?,
            soabi: take("soabi")?,
            prefix: take("prefix")?,
            base_prefix: take("base_prefix")?,
            executable: take("executable")?,
            config_args: take("config_args")?,
            missing,
        })
    }

    /// Parses the version.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.version.parse().ok()
    }

    /// Returns the ABI that the interpreter shows: free-threaded only if all signs agree, GIL only
    /// if none does, `None` if they contradict each other.
    #[must_use]
    pub fn abi(&self) -> Option<Abi> {
        let named = Abi::from_flags(&self.abiflags)?;
        // On 3.13 and newer, a debug build has `d` in both texts or in neither; only the running
        // interpreter is reliable.
        let abi = Abi {
            threading: named.threading,
            debug: self.debug,
        };
        let free = abi.is_free_threaded();
        let built_free = self.gil_disabled == "1";
        let tagged_free = tagged_free(&self.soabi, self.version()?);
        (free == built_free && free != self.gil_enabled && free == tagged_free).then_some(abi)
    }

    /// Returns a sentence for each unexpected fact.
    #[must_use]
    pub fn complaints(&self, expected: &Expectation<'_>) -> Vec<String> {
        let mut found = Vec::new();
        if self.implementation != "cpython" {
            found.push(format!("it is {}, not CPython", self.implementation));
        }
        if let Some(version) = expected.version
            && self.version() != Some(version)
        {
            found.push(format!("it is {}, not {version}", self.version));
        }
        if self.abi() != Some(expected.abi) {
            found.push(format!(
                "it is not a {} build: sys.abiflags is '{}', Py_GIL_DISABLED is {}, the GIL is {}, \
                 pydebug is {}, SOABI is {}",
                expected.abi.words(),
                self.abiflags,
                self.gil_disabled,
                if self.gil_enabled { "on" } else { "off" },
                if self.debug { "on" } else { "off" },
                self.soabi,
            ));
        }
        let is_inside = |path: &str| is_same_place(Path::new(path), expected.prefix);
        if !is_inside(&self.prefix) || !is_inside(&self.base_prefix) {
            let expected = expected.prefix.display();
            found.push(format!("its prefix is {}, not {expected}", self.prefix));
        }
        if !self.ext_suffix.contains(&self.soabi) || self.soabi.is_empty() {
            found.push(format!(
                "EXT_SUFFIX is '{}', which does not fit SOABI '{}'",
                self.ext_suffix, self.soabi
            ));
        }
        found
    }
}

/// Returns whether a SOABI such as `cpython-314td-x86_64-linux-gnu` has the `t`. Only its own field
/// is checked, because a `t` elsewhere proves nothing (`cpython-313` on FreeBSD once had one).
fn tagged_free(soabi: &str, version: Version) -> bool {
    let number = format!("{}{}", version.major, version.minor);
    let field = soabi.split('-').nth(1).unwrap_or_default();
    field
        .strip_prefix(&number)
        .is_some_and(|flags| flags.starts_with('t'))
}

fn is_same_place(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Decodes text as the scripts of this crate write it: UTF-8 as hex, `-` for none.
pub(crate) fn unhex(text: &str) -> Option<String> {
    if text == "-" {
        return Some(String::new());
    }
    let bytes = text.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    let bytes: Option<Vec<u8>> = bytes.collect();
    Some(String::from_utf8_lossy(&bytes?).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(abiflags: &str, disabled: &str, enabled: bool, soabi: &str) -> Facts {
        Facts {
            version: "3.14.7".to_owned(),
            implementation: "cpython".to_owned(),
            abiflags: abiflags.to_owned(),
            debug: abiflags.contains('d'),
            gil_disabled: disabled.to_owned(),
            gil_enabled: enabled,
            ext_suffix: format!(".{soabi}.so"),
            soabi: soabi.to_owned(),
            prefix: "/p".to_owned(),
            base_prefix: "/p".to_owned(),
            executable: "/p/bin/python3.14t".to_owned(),
            config_args: String::new(),
            missing: Vec::new(),
        }
    }

    fn check(facts: &Facts, flags: &str, complaint: Option<&str>) {
        let expected = Expectation {
            version: Some(Version::new(3, 14, 7)),
            abi: Abi::from_flags(flags).expect("abi"),
            prefix: Path::new("/p"),
        };
        let found = facts.complaints(&expected).join("; ");
        match complaint {
            None => assert_eq!(found, ""),
            Some(text) => assert!(found.contains(text), "{found}"),
        }
    }

    #[test]
    fn a_variant_counts_only_if_every_sign_agrees() {
        let free = facts("t", "1", false, "cpython-314t-x86_64-linux-gnu");
        let gil = facts("", "0", true, "cpython-314-x86_64-linux-gnu");
        check(&free, "t", None);
        check(&gil, "", None);
        check(&free, "", Some("not a GIL build"));
        check(&free, "td", Some("not a free-threaded debug build"));
        check(&gil, "t", Some("not a free-threaded build"));
        // Each has one wrong fact.
        let lies = [
            facts("t", "0", false, "cpython-314t-x86_64-linux-gnu"),
            facts("t", "'1'", false, "cpython-314t-x86_64-linux-gnu"),
            facts("t", "1", true, "cpython-314t-x86_64-linux-gnu"),
            facts("t", "1", false, "cpython-314-x86_64-linux-gnut"),
            facts("", "1", false, "cpython-314t-x86_64-linux-gnu"),
        ];
        for lie in &lies {
            check(lie, "t", Some("not a free-threaded build"));
        }
        let debug = facts("td", "1", false, "cpython-314td-x86_64-linux-gnu");
        check(&debug, "td", None);
        check(&debug, "t", Some("not a free-threaded build"));
    }

    #[test]
    fn version_and_place_must_be_the_ones_asked_for() {
        let mut other = facts("t", "1", false, "cpython-314t-x86_64-linux-gnu");
        other.version = "3.14.6".to_owned();
        check(&other, "t", Some("it is 3.14.6, not 3.14.7"));
        let mut moved = facts("t", "1", false, "cpython-314t-x86_64-linux-gnu");
        moved.prefix = "/usr".to_owned();
        check(&moved, "t", Some("its prefix is /usr, not /p"));
    }

    #[test]
    fn half_an_answer_is_no_answer() {
        assert_eq!(Facts::parse(""), Err("end".to_owned()));
        assert_eq!(Facts::parse("end 31\n"), Err("stage".to_owned()));
        assert_eq!(unhex("c3a9"), Some("é".to_owned()));
        assert_eq!(unhex("zz"), None);
    }
}
