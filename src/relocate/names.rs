//! The names in `bin/`: the interpreter's own, and the ones that people expect next to it.

use ftpy_core::request::Build;

/// Returns the interpreter's own name, such as `python3.14t` or `python3.14td`. On Windows it is
/// `python.exe`.
#[must_use]
pub fn executable_name(build: &Build) -> String {
    let (major, minor) = build.version.series();
    format!("python{major}.{minor}{}", build.abi)
}

/// Returns the links that `bin/` must have and their targets, all within `bin/`.
///
/// A prefix contains only one build, so the short names are unambiguous there. CPython does not
/// create `pip3.14t`, so people install into the wrong build.
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
