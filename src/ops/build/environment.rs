//! The variables for building extension modules for an installation, in the form that a build
//! tool expects.

use crate::cli::build::BuildTool;
use crate::error::{Failure, Kind, Result};
use crate::host::shell::quoted;
use crate::host::target;
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::probe::script;
use crate::store::Receipt;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Prints the interpreter's sysconfig.
const SCRIPT: &str = "import json, sys, sysconfig
names = 'CC CXX CFLAGS LDFLAGS LDSHARED AR EXT_SUFFIX Py_GIL_DISABLED'.split()
values = {name: str(sysconfig.get_config_var(name) or '') for name in names}
values['executable'] = sys.executable
values['prefix'] = sys.prefix
values['include'] = sysconfig.get_path('include')
values['abiflags'] = sys.abiflags
print(json.dumps(values))
";

/// The names in [`Facts`] of the flags that were requested for the build.
const ASKED_CFLAGS: &str = "asked CFLAGS";
const ASKED_LDFLAGS: &str = "asked LDFLAGS";

/// The interpreter's sysconfig, and the flags that were requested for the build.
#[derive(Debug, Deserialize)]
struct Facts(BTreeMap<String, String>);

impl Facts {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

/// The variables of a build tool, or its file.
pub(crate) struct BuildEnvironment {
    /// A note on what the variables alone do not achieve.
    pub(crate) note: Option<String>,
    pub(crate) form: BuildForm,
}

/// The form in which a build tool takes the variables.
pub(crate) enum BuildForm {
    /// Environment variables, and their values.
    Variables(Vec<(&'static str, String)>),
    /// The text of a native file of Meson.
    NativeFile(String),
}

/// Returns the environment for building extension modules for an installation.
pub(crate) fn environment(
    context: &Context,
    request: &str,
    tool: Option<BuildTool>,
) -> Result<BuildEnvironment> {
    let installed = lookup_installed::best(context, request, &target::detect())?;
    let receipt = Receipt::if_whole(&installed);
    let own = receipt
        .as_ref()
        .map_or("", |receipt| receipt.executable.as_str());
    let mut facts = ask(&installed.prefix.join(own))?;
    if let Some(made) = receipt.and_then(|receipt| receipt.compilation) {
        for (name, flags) in [(ASKED_CFLAGS, made.cflags), (ASKED_LDFLAGS, made.ldflags)] {
            facts.0.insert(name.to_owned(), flags.join(" "));
        }
    }
    Ok(BuildEnvironment {
        note: note(tool, &facts),
        form: match tool {
            Some(BuildTool::Meson) => BuildForm::NativeFile(native_file(&facts)),
            _ => BuildForm::Variables(variables(tool, &facts)),
        },
    })
}

fn ask(executable: &Path) -> Result<Facts> {
    let output = script(executable, SCRIPT).output();
    let facts = output
        .ok()
        .and_then(|output| serde_json::from_slice(&output.stdout).ok());
    facts.map(Facts).ok_or_else(|| {
        let message = format!("cannot read the sysconfig of {}", executable.display());
        Failure::new(Kind::Integrity, message)
    })
}

/// Returns the variables of a tool, including those of the compiler.
fn variables(tool: Option<BuildTool>, facts: &Facts) -> Vec<(&'static str, String)> {
    let value = |name: &str| facts.get(name).to_owned();
    let is_free_threaded = facts.get("Py_GIL_DISABLED") == "1";
    let mut found = vec![("CC", value("CC"))];
    let cxx = value("CXX");
    if !cxx.is_empty() {
        found.push(("CXX", cxx));
    }
    // These tools read the interpreter's own flags themselves, or must not have them. They get only
    // the flags that an extension module requires.
    let (cflags, ldflags) = own_flags(facts);
    let own = [
        ("CFLAGS", cflags.clone()),
        ("CXXFLAGS", cflags),
        ("LDFLAGS", ldflags),
    ];
    match tool {
        Some(BuildTool::Cmake) => {
            let root = value("prefix");
            found.extend([
                ("Python_ROOT_DIR", root.clone()),
                ("Python3_ROOT_DIR", root),
                ("CMAKE_ARGS", cmake_arguments(facts, is_free_threaded)),
            ]);
            found.extend(own);
        }
        Some(BuildTool::Maturin) => {
            found.push(("PYO3_PYTHON", value("executable")));
            found.extend(own);
        }
        Some(BuildTool::Setuptools) => {
            // CFLAGS replaces the interpreter's own flags, so it contains all of them.
            found.extend([
                ("LDSHARED", value("LDSHARED")),
                ("AR", value("AR")),
                ("CFLAGS", value("CFLAGS")),
                ("CXXFLAGS", value("CFLAGS")),
                ("LDFLAGS", value("LDFLAGS")),
            ]);
        }
        Some(BuildTool::Meson) | None => {
            // Its readers split it like a shell.
            let include = word(facts.get("include"));
            let cflags = format!("{} -fPIC -I{include}", facts.get("CFLAGS"));
            found.extend([
                ("CFLAGS", cflags.clone()),
                ("CXXFLAGS", cflags),
                ("LDFLAGS", value("LDFLAGS")),
                ("LDSHARED", value("LDSHARED")),
                ("EXT_SUFFIX", value("EXT_SUFFIX")),
            ]);
        }
    }
    found.retain(|(_, value)| !value.is_empty());
    found
}

/// Returns the compiler and linker flags that an extension module requires: those of sanitizers,
/// and those that were requested for the build.
fn own_flags(facts: &Facts) -> (String, String) {
    let of = |name: &str, asked: &str| {
        let needed = |flag: &&str| {
            flag.starts_with("-fsanitize")
                || *flag == "-shared-libsan"
                || flag.contains("frame-pointer")
        };
        let mut flags: Vec<&str> = facts.get(name).split_whitespace().filter(needed).collect();
        // Without -g, reports have no line numbers.
        if name == "CFLAGS" && flags.iter().any(|flag| flag.starts_with("-fsanitize=")) {
            flags.push("-g");
        }
        for flag in facts.get(asked).split_whitespace() {
            if !flags.contains(&flag) {
                flags.push(flag);
            }
        }
        flags.join(" ")
    };
    (of("CFLAGS", ASKED_CFLAGS), of("LDFLAGS", ASKED_LDFLAGS))
}

/// Returns a note on what the variables alone do not achieve.
fn note(tool: Option<BuildTool>, facts: &Facts) -> Option<String> {
    match tool {
        Some(BuildTool::Cmake) => Some(
            "build backends such as scikit-build-core read CMAKE_ARGS, but cmake itself does not: run \
             `cmake $CMAKE_ARGS -B build`"
                .to_owned(),
        ),
        Some(BuildTool::Maturin) => {
            let flags = facts.get("CFLAGS").split_whitespace();
            let mut kinds = flags.filter_map(|flag| flag.strip_prefix("-fsanitize="));
            let kind = kinds.find(|kind| ["thread", "address"].contains(kind))?;
            Some(format!(
                "CFLAGS only affect C code in a crate; instrumenting Rust requires a nightly compiler, \
                 RUSTFLAGS=-Zsanitizer={kind}, -Zbuild-std and --target"
            ))
        }
        _ => None,
    }
}

/// Returns the arguments for FindPython, which looks for a GIL build unless the ABI is given:
/// pydebug, pymalloc, unicode and, with CMake 3.30 or newer, free-threading.
fn cmake_arguments(facts: &Facts, is_free_threaded: bool) -> String {
    let abi = match is_free_threaded {
        true => "ON",
        false => "OFF",
    };
    let debug = match facts.get("abiflags").contains('d') {
        true => "ON",
        false => "ANY",
    };
    // CMAKE_ARGS is split like shell words.
    let executable = word(facts.get("executable"));
    format!(
        "-DPython_EXECUTABLE={0} -DPython3_EXECUTABLE={0} -DPython_FIND_ABI={debug};ANY;ANY;{abi} \
         -DPython3_FIND_ABI={debug};ANY;ANY;{abi}",
        executable,
    )
}

/// Quotes a word of a variable if necessary.
fn word(text: &str) -> String {
    match text.contains([' ', '\'']) {
        true => quoted(text),
        false => text.to_owned(),
    }
}

/// Returns Meson's native file.
fn native_file(facts: &Facts) -> String {
    let list = |text: &str| {
        let words = text.split_whitespace();
        let words = words.map(|word| format!("'{}'", word.replace('\'', "\\'")));
        format!("[{}]", words.collect::<Vec<_>>().join(", "))
    };
    let (cflags, ldflags) = own_flags(facts);
    format!(
        "[binaries]\npython = '{}'\nc = {}\ncpp = {}\n\n[built-in options]\nc_args = {}\ncpp_args = {}\n\
         c_link_args = {}\ncpp_link_args = {}\n",
        facts.get("executable"),
        list(facts.get("CC")),
        list(facts.get("CXX")),
        list(&cflags),
        list(&cflags),
        list(&ldflags),
        list(&ldflags),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(gil_disabled: &str) -> Facts {
        let pairs = [
            ("CC", "clang -pthread"),
            ("CXX", "clang++ -pthread"),
            ("CFLAGS", "-fsanitize=thread -O3 -Wall"),
            ("LDFLAGS", "-fsanitize=thread"),
            ("executable", "/p/bin/python3.14t"),
            ("prefix", "/p"),
            ("abiflags", "t"),
            ("Py_GIL_DISABLED", gil_disabled),
        ];
        let owned = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Facts(owned.into_iter().collect())
    }

    #[test]
    fn cmake_is_told_of_the_variant() {
        let of = |disabled: &str| {
            let all = variables(Some(BuildTool::Cmake), &facts(disabled));
            let arguments = all.into_iter().find(|(name, _)| *name == "CMAKE_ARGS");
            arguments.expect("CMAKE_ARGS").1
        };
        assert!(of("1").contains("-DPython_FIND_ABI=ANY;ANY;ANY;ON"));
        assert!(of("0").contains("-DPython_FIND_ABI=ANY;ANY;ANY;OFF"));
    }

    #[test]
    fn a_sanitizer_goes_into_what_is_built() {
        let note = |tool| note(Some(tool), &facts("1")).unwrap_or_default();
        assert!(note(BuildTool::Maturin).contains("-Zsanitizer=thread"));
        assert!(note(BuildTool::Cmake).contains("cmake $CMAKE_ARGS"));
        let mut asked = facts("1");
        let flags = "-fno-plt -fsanitize=thread".to_owned();
        asked.0.insert(ASKED_CFLAGS.to_owned(), flags);
        assert_eq!(own_flags(&asked).0, "-fsanitize=thread -g -fno-plt");
        let file = native_file(&facts("1"));
        assert!(file.contains("c = ['clang', '-pthread']"), "{file}");
        assert!(
            file.contains("c_args = ['-fsanitize=thread', '-g']"),
            "{file}"
        );
        let all = variables(Some(BuildTool::Setuptools), &facts("1"));
        let whole = ("CFLAGS", "-fsanitize=thread -O3 -Wall".to_owned());
        assert!(all.contains(&whole), "{all:?}");
        let flags = ("CXXFLAGS", "-fsanitize=thread -g".to_owned());
        for tool in [BuildTool::Cmake, BuildTool::Maturin] {
            let all = variables(Some(tool), &facts("1"));
            assert!(all.contains(&flags), "{all:?}");
        }
    }
}
