//! The tools that flavours require on this machine: a compiler, its runtime, LLVM's tools.
//! Everything missing is reported at once.

use crate::compile::compiler::{self, Compiler, CompilerError, CompilerNeeds, succeeds};
use crate::compile::requirements::{Machine, Missing, Preflight};
use crate::manifest::flavours::{FlavourRow, Tool, rows, with_llvm};
use ftpy_core::path::find_program;
use ftpy_core::request::Build;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Checks what `build` requires beyond a plain build. `named` is the user's compiler, with its
/// arguments.
pub(super) fn look(
    found: &mut Preflight,
    build: &Build,
    machine: &Machine<'_>,
    named: Option<&str>,
) {
    let rows: Vec<&'static FlavourRow> = rows(&build.flavours).collect();
    let wanted = CompilerNeeds::of(&rows);
    if rows.is_empty() && named.is_none() {
        return;
    }
    let has_tools = |compiler: &Compiler| {
        let mut tools = tools(&rows, build, compiler.clang, compiler.clang.is_some());
        tools.all(|(_, tool, llvm)| program(tool, llvm, machine).is_some())
    };
    let answer = compiler::find(&wanted, named, machine.path, machine.scratch, has_tools);
    let clang = match &answer {
        Ok(compiler) => compiler.clang,
        Err(CompilerError::TooOld(compiler) | CompilerError::Unable { compiler, .. }) => {
            compiler.clang
        }
        Err(_) => None,
    };
    let is_clang = clang.is_some() || wanted.clang;
    match answer {
        Ok(compiler) => found.chosen = Some(compiler),
        Err(trouble) => found
            .missing
            .push(missing_compiler(&trouble, &wanted, &rows)),
    }
    for (row, tool, llvm) in tools(&rows, build, clang, is_clang) {
        match program(tool, llvm, machine) {
            Some(program) => {
                let variable = tool.variable.as_ref();
                let set = variable.map(|name| format!("{name}={}", program.display()));
                found.variables.extend(set);
            }
            None => add(found, missing_tool(tool, row, llvm)),
        }
    }
}

/// Returns the programs that the flavours require, each with its required LLVM version.
fn tools<'a>(
    rows: &'a [&'static FlavourRow],
    build: &'a Build,
    clang: Option<u16>,
    is_clang: bool,
) -> impl Iterator<Item = (&'static FlavourRow, &'static Tool, Option<u16>)> + 'a {
    rows.iter().flat_map(move |row| {
        let llvm = row.llvm(&build.version).or(clang);
        let tools = row.tools().filter(move |tool| is_clang || !tool.clang_only);
        tools.map(move |tool| (*row, tool, llvm))
    })
}

fn program(tool: &Tool, llvm: Option<u16>, machine: &Machine<'_>) -> Option<PathBuf> {
    let works = |program: &PathBuf| {
        tool.must.is_empty() || succeeds(crate::env::command(program).args(&tool.must))
    };
    let names = tool.commands(llvm);
    let mut found = names
        .iter()
        .filter_map(|name| find_program(machine.path, name));
    let found = found.find(works)?;
    let real = tool.behind_link.then(|| found.canonicalize().ok());
    Some(real.flatten().unwrap_or(found))
}

/// Two flavours may lack the same program.
fn add(found: &mut Preflight, missing: Missing) {
    if !found.missing.iter().any(|known| known.name == missing.name) {
        found.missing.push(missing);
    }
}

fn missing_tool(tool: &Tool, row: &FlavourRow, llvm: Option<u16>) -> Missing {
    let name = match (llvm, tool.commands(llvm).first()) {
        (Some(_), Some(exact)) => exact.clone(),
        _ => tool.name.clone(),
    };
    Missing {
        name: format!("{name} (for +{})", row.name),
        is_tool: true,
        is_required: true,
        // `bolt` without a version number is a different program.
        packages: packages(
            &tool.packages,
            llvm,
            (tool.name.starts_with("llvm-")).then_some(""),
        ),
    }
}

fn missing_compiler(
    trouble: &CompilerError,
    wanted: &CompilerNeeds<'_>,
    rows: &[&FlavourRow],
) -> Missing {
    let flavours: Vec<String> = rows
        .iter()
        .filter(|row| row.clang || !row.tries.is_empty())
        .map(|row| format!("+{}", row.name))
        .collect();
    let flavours = flavours.join("");
    let (name, packages) = match trouble {
        CompilerError::Missing => {
            let mut packages = clang_packages(wanted.clang_since);
            for (manager, names) in runtimes(rows, wanted.clang_since) {
                let known = packages.entry(manager).or_default();
                *known = format!("{known} {names}").trim().to_owned();
            }
            let least = wanted.clang_since;
            let least = least.map_or_else(String::new, |least| format!(" {least} or later"));
            (format!("clang{least} (for {flavours})"), owned(packages))
        }
        CompilerError::NotThere(named) => (format!("the compiler `{named}`"), BTreeMap::new()),
        CompilerError::NotClang(program) => {
            let program = program.display();
            (
                format!("clang (for {flavours}; {program} is not clang)"),
                BTreeMap::new(),
            )
        }
        CompilerError::TooOld(Compiler {
            program,
            clang: version,
        }) => {
            let (least, version) = (wanted.clang_since.unwrap_or(0), version.unwrap_or(0));
            let program = program.display();
            let name = format!("clang {least} or later (for {flavours}; {program} is {version})");
            (name, owned(clang_packages(wanted.clang_since)))
        }
        CompilerError::Unable {
            compiler,
            flavour,
            arguments,
            said,
        } => {
            // No package fixes a program that was built but does not start.
            let packages = match said {
                Some(_) => BTreeMap::new(),
                None => {
                    let is_of = |row: &&&FlavourRow| row.name == *flavour;
                    let rows: Vec<&FlavourRow> = rows.iter().filter(is_of).copied().collect();
                    owned(runtimes(&rows, compiler.clang))
                }
            };
            (
                unable(compiler, flavour, arguments, said.as_deref()),
                packages,
            )
        }
    };
    Missing {
        name,
        is_tool: true,
        is_required: true,
        packages,
    }
}

/// Describes what a compiler cannot do.
fn unable(compiler: &Compiler, flavour: &str, arguments: &str, said: Option<&str>) -> String {
    let program = compiler.program.display();
    match said {
        Some(said) => format!(
            "a program that {program} makes with `{arguments}` (for +{flavour}) does not start here: \
             {said}"
        ),
        None => format!(
            "what {program} needs for `{arguments}` (for +{flavour}): it makes no program with it"
        ),
    }
}

/// Packages of clang by package manager; apt's names contain the version.
fn clang_packages(least: Option<u16>) -> BTreeMap<&'static str, String> {
    let number = least.map_or_else(String::new, |least| format!("-{least}"));
    let plain = ["dnf", "zypper", "pacman", "apk"].map(|manager| (manager, "clang".to_owned()));
    BTreeMap::from_iter(plain.into_iter().chain([("apt", format!("clang{number}"))]))
}

fn owned(packages: BTreeMap<&str, String>) -> BTreeMap<String, String> {
    let owned = packages.into_iter();
    owned
        .map(|(manager, names)| (manager.to_owned(), names))
        .collect()
}

/// Packages by package manager that contain the runtimes of these flavours.
fn runtimes<'a>(rows: &[&'a FlavourRow], llvm: Option<u16>) -> BTreeMap<&'a str, String> {
    let mut found: BTreeMap<&str, String> = BTreeMap::new();
    for row in rows {
        for (manager, name) in &row.runtime {
            let Some(name) = with_llvm(name, llvm, Some("")) else {
                continue;
            };
            let known = found.entry(manager).or_default();
            if !known.split(' ').any(|one| one == name) {
                *known = format!("{known} {name}").trim().to_owned();
            }
        }
    }
    found
}

fn packages(
    named: &BTreeMap<String, String>,
    llvm: Option<u16>,
    unknown: Option<&str>,
) -> BTreeMap<String, String> {
    let known = named
        .iter()
        .filter_map(|(manager, name)| Some((manager.clone(), with_llvm(name, llvm, unknown)?)));
    known.collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use ftpy_core::parse::parse;
    use ftpy_core::request::Request;
    use ftpy_core::target::Target;
    use ftpy_core::version::Version;
    use std::os::unix::fs::PermissionsExt;

    fn check(request: &str, version: Version, programs: &[(&str, &str)]) -> Preflight {
        let Ok(Request::Build(request)) = parse(request) else {
            panic!("{request}");
        };
        let directory = tempfile::tempdir().expect("tempdir");
        for (name, script) in programs {
            let path = directory.path().join(name);
            if *script == LINK {
                std::os::unix::fs::symlink("bolt", path).expect("symlink");
                continue;
            }
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("write");
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("chmod");
        }
        let build = Build {
            version,
            abi: request.abi,
            flavours: request.flavours,
            target: Target::new("linux", "x86_64", "gnu"),
        };
        let machine = Machine {
            os: "linux",
            path: directory.path().as_os_str(),
            scratch: directory.path(),
        };
        let mut found = Preflight::default();
        look(&mut found, &build, &machine, None);
        found
    }

    /// Marks a link to `bolt` next to it instead of a script.
    const LINK: &str = "link";
    const CLANG: (&str, &str) = (
        "clang",
        "[ \"$1\" = --version ] && echo 'clang version 14.0.6' && exit\n\
         for last; do :; done; printf '#!/bin/sh\\n' >$last; /bin/chmod +x $last",
    );
    const NO_RUNTIME: (&str, &str) = (
        "clang",
        "[ \"$1\" = --version ] && echo 'clang version 14.0.6' && exit; exit 1",
    );

    /// Returns apt's packages for everything missing, and the names of what is missing.
    fn lacking(found: &Preflight) -> (String, String) {
        let apt = found
            .missing
            .iter()
            .filter_map(|one| one.packages.get("apt"));
        let apt: Vec<&str> = apt.map(String::as_str).collect();
        (apt.join(" "), found.required().join(", "))
    }

    #[test]
    fn all_that_is_missing_is_named_at_once() {
        let v = Version::new(3, 14, 7);
        let (packages, names) = lacking(&check("3.14t+tsan", v, &[("gcc", "")]));
        assert_eq!(packages, "clang libclang-rt-dev llvm");
        assert!(names.contains("clang (for +tsan)") && names.contains("llvm-symbolizer"));

        let found = check("3.14t+tsan", v, &[NO_RUNTIME, ("llvm-symbolizer-14", "")]);
        let (packages, names) = lacking(&found);
        assert_eq!(packages, "libclang-rt-14-dev");
        assert!(names.contains("`-fsanitize=thread`"), "{names}");

        let (packages, names) = lacking(&check("3.14t+tailcall", v, &[CLANG]));
        assert_eq!(packages, "clang-19");
        assert!(
            names.contains("clang 19 or later") && names.contains("is 14"),
            "{names}"
        );

        // 3.14 requires the stencils of exactly LLVM 19.
        let (packages, _) = lacking(&check("3.14+jit", v, &[CLANG, ("python3", "")]));
        assert_eq!(packages, "llvm-19");
    }

    #[test]
    fn what_is_there_is_handed_to_configure() {
        let v = Version::new(3, 14, 7);
        let newer = CLANG.1.replace("14.0.6", "19.1.7");
        let other = newer.replace("19.1.7", "16.0.6");
        let tools = [
            CLANG,
            ("clang-19", newer.as_str()),
            ("clang-16", other.as_str()),
            ("bolt", ""),
            ("llvm-bolt-16", LINK),
            ("merge-fdata-16", ""),
        ];
        let found = check("3.14t+bolt", v, &tools);
        assert_eq!(found.missing, []);
        // Not the newest, but the one with its tools.
        assert_eq!(found.chosen.as_ref().and_then(|one| one.clang), Some(16));
        assert!(found.variables[0].starts_with("LLVM_BOLT=/"));
        let is_link = |variable: &String| variable.ends_with("llvm-bolt-16");
        assert!(!found.variables.iter().any(is_link), "{found:?}");
        assert_eq!(found.variables.len(), 2);
        // gcc needs no LLVM tools for a profile.
        let (packages, _) = lacking(&check("3.14t+pgo", v, &[("cc", "")]));
        assert_eq!(packages, "");
        assert_eq!(check("3.14t", v, &[]), Preflight::default());
    }
}
