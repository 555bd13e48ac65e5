//! Arguments and environment of configure and make, and the caches that make a second build faster.
//! Pure: the caller writes files and starts programs.

use crate::compile::requirements::Preflight;
use crate::digest::Digest;
use crate::host::shell::quoted;
use crate::manifest::flavours::FlavourRow;
use crate::store::Compilation;
use std::ffi::OsString;
use std::path::Path;

/// Returns the arguments of configure.
///
/// `has_cc`: CC is set in the environment, and configure reads it with its arguments.
#[must_use]
pub fn configure(how: &Compilation, found: &Preflight, has_cc: bool) -> Vec<String> {
    let mut arguments = how.configure.clone();
    let mut set = |name: &str, value: String| {
        if !value.is_empty() {
            arguments.push(format!("{name}={value}"));
        }
    };
    let chosen = found.chosen.as_ref();
    // Without a request, configure chooses the compiler.
    let is_clang = chosen.is_some_and(|compiler| compiler.clang.is_some());
    let is_given = how.wish.cc.is_some() || (is_clang && !has_cc);
    if let Some(compiler) = chosen.filter(|_| is_given) {
        let own = how.wish.cc.clone();
        set("CC", own.unwrap_or_else(|| shown(&compiler.program)));
        set(
            "CXX",
            compiler.cxx().map_or_else(String::new, |cxx| shown(&cxx)),
        );
    }
    set("CFLAGS", how.cflags.join(" "));
    set("CFLAGS_NODIST", how.own_cflags.join(" "));
    set("LDFLAGS", how.ldflags.join(" "));
    set("LDFLAGS_NODIST", how.own_ldflags.join(" "));
    arguments.extend_from_slice(&found.variables);
    arguments
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Options of the sanitizers' runtimes during the build, which runs the interpreter that it builds.
pub fn runtime_options<'a>(
    rows: impl Iterator<Item = &'a FlavourRow>,
) -> impl Iterator<Item = (String, OsString)> {
    let options = rows.flat_map(|row| &row.options);
    options.map(|(name, value)| (name.clone(), OsString::from(value)))
}

/// The environment of a compiler cache. Objects do not depend on the tree's path.
///
/// `is_clang`: the compiler is clang, which treats preprocessed text differently from source: it
/// warns of the contents of macros from system headers.
#[must_use]
pub fn compiler_cache(
    launcher: &str,
    own: Option<&Path>,
    source: &Path,
    is_clang: bool,
) -> Vec<(String, OsString)> {
    let mut variables: Vec<(String, OsString)> = Vec::new();
    let mut set = |name: &str, value: OsString| variables.push((name.to_owned(), value));
    if launcher == "ccache" {
        set("CCACHE_BASEDIR", source.into());
        set("CCACHE_NOHASHDIR", "1".into());
        if !is_clang {
            // Compiles the preprocessed text instead of preprocessing it again, which saves 3% of a
            // first build.
            set("CCACHE_NOCPP2", "1".into());
        }
        if let Some(own) = own {
            set("CCACHE_DIR", own.into());
            set("CCACHE_MAXSIZE", "2G".into());
        }
    } else if let Some(own) = own {
        set("SCCACHE_DIR", own.into());
    }
    variables
}

/// Returns the digest of everything that configure's results depend on. Cached results are valid as
/// long as it is unchanged; an added or removed library shows in the missing modules.
#[must_use]
pub fn configure_digest(
    series: (u16, u16),
    arguments: &[String],
    environment: &[(&str, OsString)],
    compiler: &str,
    found: &Preflight,
) -> Digest {
    let missing: Vec<&str> = found.missing.iter().map(|one| one.name.as_str()).collect();
    let text = format!("{series:?} {arguments:?} {environment:?} {compiler} {missing:?}");
    Digest::of(text.as_bytes())
}

/// An autoconf site file that names a cache. An argument would be recorded in CONFIG_ARGS.
#[must_use]
pub fn site_file(cache: &Path) -> String {
    let cache = quoted(&cache.to_string_lossy());
    format!("test \"$cache_file\" != /dev/null || cache_file={cache}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::Compiler;
    use crate::store::BuildOptions;

    #[test]
    fn configure_gets_the_requested_arguments_and_no_others() {
        let how = Compilation {
            configure: vec!["--disable-gil".to_owned()],
            ..Compilation::default()
        };
        assert_eq!(
            configure(&how, &Preflight::default(), false),
            ["--disable-gil"]
        );
        let gcc = Preflight {
            chosen: Some(Compiler {
                program: "/usr/bin/cc".into(),
                clang: None,
            }),
            ..Preflight::default()
        };
        assert_eq!(
            configure(&how, &gcc, false),
            ["--disable-gil"],
            "its own choice"
        );
        let clang = Preflight {
            chosen: Some(Compiler {
                program: "/nowhere/clang-19".into(),
                clang: Some(19),
            }),
            variables: vec!["LLVM_AR=/usr/bin/llvm-ar-19".to_owned()],
            ..Preflight::default()
        };
        let own = configure(&how, &clang, true);
        assert_eq!(own.len(), 2, "CC is in the environment: {own:?}");
        let how = Compilation {
            own_cflags: vec!["-march=native".to_owned()],
            wish: BuildOptions::default(),
            ..how
        };
        assert_eq!(
            configure(&how, &clang, false),
            [
                "--disable-gil",
                "CC=/nowhere/clang-19",
                "CFLAGS_NODIST=-march=native",
                "LLVM_AR=/usr/bin/llvm-ar-19"
            ]
        );
    }

    #[test]
    fn answers_are_kept_for_the_same_questions_only() {
        let digest = |argument: &str, compiler: &str| {
            let found = Preflight::default();
            configure_digest((3, 14), &[argument.to_owned()], &[], compiler, &found)
        };
        assert_eq!(digest("--a", "cc 12"), digest("--a", "cc 12"));
        assert_ne!(digest("--a", "cc 12"), digest("--b", "cc 12"));
        assert_ne!(digest("--a", "cc 12"), digest("--a", "cc 13"));
        assert_eq!(site_file(Path::new("/a b/c")).lines().count(), 1);
    }
}
