//! Turns a build and the user's options into instructions to compile it.

use crate::manifest::flavours::rows;
use crate::provider::BUILD_PREFIX;
use crate::store::{BuildOptions, Compilation};
use ftpy_core::request::Build;

/// Returns the instructions to compile a build.
///
/// The prefix is the one of python-build-standalone, so that installations of both are finalised in
/// the same way.
#[must_use]
pub fn compilation(build: &Build, wish: BuildOptions) -> Compilation {
    let mut made = Compilation {
        configure: vec![
            format!("--prefix={BUILD_PREFIX}"),
            "--with-ensurepip=install".to_owned(),
        ],
        ..Compilation::default()
    };
    if !wish.with_tests {
        // Half of the installed files are tests, which take long to compile.
        made.configure.push("--disable-test-modules".to_owned());
    }
    if build.abi.is_free_threaded() {
        made.configure.push("--disable-gil".to_owned());
    }
    if build.abi.debug {
        made.configure.push("--with-pydebug".to_owned());
    } else {
        // Upstream's OPT without -g and -Wall: published archives contain no debug information, and
        // warnings are for those who change the code.
        made.opt = Some("-DNDEBUG -O3".to_owned());
    }
    for row in rows(&build.flavours) {
        made.configure.extend_from_slice(&row.configure);
        made.cflags.extend(row.cflags.clone());
        made.own_cflags.extend(row.own_cflags.clone());
        made.own_ldflags.extend(row.own_ldflags.clone());
        // pydebug's default `-Og -g` is equally readable in a debugger.
        if !build.abi.debug && row.opt.is_some() {
            made.opt.clone_from(&row.opt);
        }
    }
    made.configure.extend_from_slice(&wish.configure);
    made.cflags.extend(wish.cflags.clone());
    made.ldflags.extend(wish.ldflags.clone());
    made.wish = wish;
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::store::Patch;
    use ftpy_core::abi::Abi;
    use ftpy_core::flavour::{Flavour, Flavours};
    use ftpy_core::target::Target;
    use ftpy_core::version::Version;
    use std::path::PathBuf;

    fn made(abi: Abi, flavours: &[Flavour], wish: BuildOptions) -> Compilation {
        let build = Build {
            version: Version::new(3, 14, 7),
            abi,
            flavours: Flavours(flavours.iter().copied().collect()),
            target: Target::new("linux", "x86_64", "gnu"),
        };
        compilation(&build, wish)
    }

    #[test]
    fn flavours_add_up_and_the_wish_comes_last() {
        let wish = BuildOptions {
            configure: vec!["--without-doc-strings".to_owned()],
            cflags: Some("-fno-plt".to_owned()),
            with_tests: true,
            ..BuildOptions::default()
        };
        let flavours = [Flavour::Native, Flavour::Frameptr, Flavour::Lto];
        let made = made(Abi::FREE_THREADED, &flavours, wish);
        let last = &made.configure[made.configure.len() - 3..];
        assert_eq!(
            last,
            ["--disable-gil", "--with-lto=full", "--without-doc-strings"]
        );
        assert!(
            !made
                .configure
                .contains(&"--disable-test-modules".to_owned())
        );
        assert!(made.cflags[0].contains("-fno-omit-frame-pointer"));
        assert_eq!(made.cflags[1], "-fno-plt");
        assert_eq!(made.own_cflags, ["-march=native"]);
        assert_eq!(made.opt.as_deref(), Some("-DNDEBUG -O3"));
    }

    #[test]
    fn a_sanitizer_brings_line_numbers_and_pydebug_its_own() {
        let flavours = [Flavour::Tsan];
        let tsan = made(Abi::FREE_THREADED, &flavours, BuildOptions::default());
        assert!(tsan.opt.is_some_and(|opt| opt.contains("-g1 -O2")));
        let debug = Abi {
            debug: true,
            ..Abi::FREE_THREADED
        };
        assert_eq!(made(debug, &flavours, BuildOptions::default()).opt, None);
    }

    #[test]
    fn only_what_was_asked_for_names_a_build() {
        let flavours = [Flavour::Tsan];
        let plain = made(Abi::FREE_THREADED, &flavours, BuildOptions::default());
        assert_eq!(plain.build_id(), None);
        let patched = |path: &str, text: &str| {
            let sha256 = Digest::of(text.as_bytes());
            let path = PathBuf::from(path);
            let wish = BuildOptions {
                patches: vec![Patch { path, sha256 }],
                ..BuildOptions::default()
            };
            made(Abi::FREE_THREADED, &flavours, wish).build_id()
        };
        let id = patched("/a/fix.patch", "text").expect("id");
        assert_eq!(id.len(), 8);
        assert_eq!(patched("/b/fix.patch", "text"), Some(id.clone()));
        assert_ne!(patched("/a/fix.patch", "other"), Some(id));
    }
}
