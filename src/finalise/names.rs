//! The names in `bin/`: which one is the interpreter, and those that people expect beside it.

use ftpy_core::request::Build;

/// `python3.14t`, `python3.14td`: the interpreter's own name. On Windows it is `python.exe`.
#[must_use]
pub fn executable_name(build: &Build) -> String {
    let (major, minor) = build.version.series();
    format!("python{major}.{minor}{}", build.abi)
}

/// Links that `bin/` must have, with what they point at, all within `bin/`.
///
/// A prefix holds one build only, so the short names cannot mean another variant there.
/// `pip3.14t` is not made by CPython, which is why people install into the wrong one.
pub(super) fn expected_links(build: &Build) -> Vec<(String, String)> {
    let (major, minor) = build.version.series();
    let flags = build.abi.flags();
    let python = executable_name(build);
    let mut links = vec![
        ("python".to_owned(), python.clone()),
        (format!("python{major}"), python.clone()),
        ("pip".to_owned(), format!("pip{major}.{minor}")),
        (format!("pip{major}"), format!("pip{major}.{minor}")),
    ];
    if !flags.is_empty() {
        links.push((format!("python{major}.{minor}"), python));
        let pip = format!("pip{major}.{minor}");
        links.push((format!("{pip}{flags}"), pip));
        let config = format!("python{major}.{minor}-config");
        links.push((format!("python{major}.{minor}{flags}-config"), config));
    }
    links
}
