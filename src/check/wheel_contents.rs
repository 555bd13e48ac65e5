//! Which members of a wheel decide whether it turns the GIL on, and under which names they are
//! imported.

use crate::wheel::{ArchiveError, Directory, Member, WheelName, WheelTarget};
use crate::xray::{Abi, ModuleFile};

/// A shared library that is not a module has such a name, and no ABI in it.
const LIBRARY_PREFIX: &str = "lib";
/// A file with a library's name and this size is not read: modules with such names are small.
const LARGE_LIBRARY: u64 = 8 << 20;
/// The maximum number of extension modules.
const MOST_MODULES: usize = 10_000;

/// The members of a wheel that are of interest.
#[derive(Debug, Clone)]
pub struct WheelContents {
    /// Files that may be extension modules, in the order of their positions.
    pub modules: Vec<ModuleMember>,
    /// Python sources and the stubs of packages, in the order of their positions.
    pub sources: Vec<Member>,
    /// `lxml-6.0.2.dist-info/RECORD`
    pub record: Member,
    /// `lxml-6.0.2.dist-info/METADATA`
    pub metadata: Option<Member>,
}

/// A file that may be an extension module.
#[derive(Debug, Clone)]
pub struct ModuleMember {
    /// The member.
    pub member: Member,
    /// The file's name, as Python reads it.
    pub file: ModuleFile,
    /// The name by which it is imported: `lxml.etree`.
    pub module: String,
}

impl WheelContents {
    /// Chooses the members.
    ///
    /// # Errors
    /// Returns an error if the archive is not a wheel.
    pub fn of(directory: Directory) -> Result<Self, ArchiveError> {
        let info = dist_info(&directory)?;
        let record = directory.member(&format!("{info}/RECORD")).cloned();
        let record = record.ok_or_else(|| {
            let text = format!("{info} has no RECORD");
            ArchiveError::NotAWheel(text)
        })?;
        let metadata = directory.member(&format!("{info}/METADATA")).cloned();
        let (mut modules, mut sources) = (Vec::new(), Vec::new());
        for member in directory.members {
            match installed_path(&member.name) {
                Some(path) if is_source(path) => sources.push(member),
                Some(path) => {
                    let (path, size) = (path.to_owned(), member.size);
                    let file = ModuleFile::parse(&path).filter(|file| !is_library(file, size));
                    modules.extend(file.map(|file| ModuleMember {
                        module: module_name(&path, &file),
                        file,
                        member,
                    }));
                }
                None => {}
            }
        }
        if modules.len() > MOST_MODULES {
            let text = format!("it has more than {MOST_MODULES} extension modules");
            return Err(ArchiveError::Unsafe(text));
        }
        Ok(Self {
            modules,
            sources,
            record,
            metadata,
        })
    }
}

fn is_source(path: &str) -> bool {
    path.ends_with(".py") || path.ends_with("/__init__.pyi")
}

/// The name of the only `.dist-info` directory.
fn dist_info(directory: &Directory) -> Result<String, ArchiveError> {
    let tops = directory.members.iter();
    let tops = tops.filter_map(|member| member.name.split_once('/'));
    let mut infos: Vec<&str> = tops
        .map(|(top, _)| top)
        .filter(|top| top.ends_with(".dist-info"))
        .collect();
    infos.sort_unstable();
    infos.dedup();
    match infos[..] {
        [info] => Ok(info.to_owned()),
        [] => Err(ArchiveError::NotAWheel("it has no .dist-info".to_owned())),
        _ => Err(ArchiveError::NotAWheel(
            "it has more than one .dist-info".to_owned(),
        )),
    }
}

/// The path below site-packages; `None` for what is installed elsewhere or is never imported.
///
/// auditwheel, delvewheel and delocate put shared libraries into `name.libs` and `.dylibs`.
#[must_use]
pub fn installed_path(member: &str) -> Option<&str> {
    let (top, below) = member.split_once('/').unwrap_or(("", member));
    let path = match top.strip_suffix(".data") {
        Some(_) => {
            let (scheme, path) = below.split_once('/')?;
            ["platlib", "purelib"].contains(&scheme).then_some(path)?
        }
        None => member,
    };
    let mut directories = path.split('/').rev().skip(1);
    let is_apart = |name: &str| {
        [".libs", ".dylibs", ".dist-info"]
            .iter()
            .any(|ending| name.ends_with(ending))
    };
    (!directories.any(is_apart)).then_some(path)
}

/// Whether a file is a shared library by its name and size.
#[must_use]
pub fn is_library(file: &ModuleFile, size: u64) -> bool {
    file.abi.is_none() && file.name.starts_with(LIBRARY_PREFIX) && size > LARGE_LIBRARY
}

/// The name by which a file below site-packages is imported: `lxml.etree` for
/// `lxml/etree.cpython-314t-x86_64-linux-gnu.so`.
#[must_use]
pub fn module_name(path: &str, file: &ModuleFile) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    let last = parts.pop().unwrap_or_default();
    if !last.starts_with("__init__.") {
        parts.push(&file.name);
    }
    parts.join(".")
}

/// The ABI of modules whose file names have none: that of the wheel's tag, else that of the
/// interpreter into which the wheel is installed. A wheel for any platform has no modules.
#[must_use]
pub fn fallback_abi(wheel: &WheelName, target: Option<&WheelTarget>) -> Option<Abi> {
    let is_wanted = |abi: &Abi| target.is_none_or(|it| it.is_free_threaded == abi.free_threaded);
    let mut abis: Vec<Abi> = wheel
        .abis
        .iter()
        .filter_map(|tag| Abi::parse(tag))
        .collect();
    abis.sort_by_key(|abi| !is_wanted(abi));
    abis.first().copied().or_else(|| {
        let is_for_any = wheel.platforms.iter().any(|tag| tag == "any");
        target.filter(|_| !is_for_any).map(|target| Abi {
            minor: target.minor,
            free_threaded: target.is_free_threaded,
            stable: false,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_named_after_its_path_below_site_packages() {
        for (member, expected) in [
            ("lxml/etree.cpython-314t-x86_64-linux-gnu.so", "lxml.etree"),
            ("lxml/etree.cp314t-win_amd64.pyd", "lxml.etree"),
            ("_cffi_backend.cpython-314t-darwin.so", "_cffi_backend"),
            ("a/__init__.cpython-314t-darwin.so", "a"),
            ("d-1.0.data/platlib/a/b.so", "a.b"),
            ("d-1.0.data/purelib/b.abi3.so", "b"),
        ] {
            let path = installed_path(member).expect(member);
            let file = ModuleFile::parse(path).expect(member);
            assert_eq!(module_name(path, &file), expected, "{member}");
        }
        for member in [
            "numpy.libs/libopenblas64.so",
            "a/.dylibs/b.so",
            "d-1.0.data/scripts/b.so",
            "d-1.0.data/b.so",
            "d-1.0.dist-info/b.so",
        ] {
            assert_eq!(installed_path(member), None, "{member}");
        }
    }

    #[test]
    fn a_module_without_an_abi_takes_that_of_the_wheel() {
        use crate::wheel::{Arch, WheelPlatform};
        let target = WheelTarget {
            minor: 14,
            is_free_threaded: true,
            platform: WheelPlatform::Glibc(Arch::X86_64, (2, 39)),
        };
        let abi = |tags: &str, target| {
            let name = format!("a-1-{tags}-linux_x86_64.whl");
            let name: WheelName = name.parse().expect(tags);
            fallback_abi(&name, target).map(|abi| (abi.minor, abi.free_threaded))
        };
        assert_eq!(abi("cp313-cp313t", None), Some((13, true)));
        assert_eq!(abi("cp314-cp314.cp314t", Some(&target)), Some((14, true)));
        assert_eq!(abi("py3-none", Some(&target)), Some((14, true)));
        assert_eq!(abi("py3-none", None), None);
        let pure: WheelName = "a-1-py3-none-any.whl".parse().expect("a name");
        assert_eq!(fallback_abi(&pure, Some(&target)), None);
    }
}
