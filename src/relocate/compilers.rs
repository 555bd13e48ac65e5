//! Replaces the tools in build variables by ones that this machine has.
//!
//! python-build-standalone is compiled by its own clang, so building an extension would fail with
//! "clang: not found" although another compiler is installed. A value that starts with an existing
//! program is kept. If this machine has no compiler yet, like an image that gets one later, the
//! usual name is written: `cc`, `c++`, `ar`.

use std::borrow::Cow;

/// Build variables that start with a program, and possible replacements of it.
const VARIABLES: [(&str, &[&str]); 16] = [
    ("CC", C),
    ("MAINCC", C),
    ("LINKCC", C),
    ("LDSHARED", C),
    ("BLDSHARED", C),
    ("CPP", C),
    ("CXX", CXX),
    ("LDCXXSHARED", CXX),
    ("AR", &["ar", "gcc-ar", "llvm-ar"]),
    ("RANLIB", &["ranlib", "llvm-ranlib"]),
    ("NM", &["nm", "llvm-nm"]),
    ("READELF", &["readelf", "llvm-readelf"]),
    ("STRIP", &["strip", "llvm-strip"]),
    ("INSTALL", &["install"]),
    ("LLVM_PROFDATA", &["llvm-profdata"]),
    ("MKDIR_P", &["mkdir"]),
];
const C: &[&str] = &["cc", "gcc", "clang"];
const CXX: &[&str] = &["c++", "g++", "clang++"];

/// How a file writes a variable.
#[derive(Debug, Clone, Copy)]
pub(super) enum Style {
    /// `    'CC': 'gcc -pthread',` in `_sysconfigdata*.py`.
    Python,
    /// `  "CC": "gcc -pthread",` in `_sysconfig_vars*.json`.
    Json,
    /// `CC=\t\tgcc -pthread` in the Makefile.
    Make,
}

/// Returns the program of `CC` in a `_sysconfigdata*.py`: `cc`.
#[must_use]
pub fn c_compiler(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let (name, value_at) = variable(line, Style::Python)?;
        let value = &line[value_at..];
        let end = value.find(|c: char| c.is_whitespace() || "'\",".contains(c))?;
        (name == "CC" && end > 0).then(|| &value[..end])
    })
}

/// Replaces programs for which `is_there` is false, and keeps their arguments.
pub(super) fn replace<'a>(
    text: &'a [u8],
    style: Style,
    is_there: &dyn Fn(&str) -> bool,
) -> Cow<'a, [u8]> {
    let Ok(text) = std::str::from_utf8(text) else {
        return Cow::Borrowed(text);
    };
    let mut result = String::with_capacity(text.len());
    let mut is_changed = false;
    for line in text.split_inclusive('\n') {
        match replaced_line(line, style, is_there) {
            Some(new) => {
                result.push_str(&new);
                is_changed = true;
            }
            None => result.push_str(line),
        }
    }
    if is_changed {
        Cow::Owned(result.into_bytes())
    } else {
        Cow::Borrowed(text.as_bytes())
    }
}

fn replaced_line(line: &str, style: Style, is_there: &dyn Fn(&str) -> bool) -> Option<String> {
    let (name, value_at) = variable(line, style)?;
    let (_, standins) = VARIABLES.iter().find(|(known, _)| *known == name)?;
    let value = &line[value_at..];
    let end = value.find(|c: char| c.is_whitespace() || "'\",".contains(c))?;
    let program = &value[..end];
    // `$(CC)` refers to another variable; an empty value means that the tool was not needed.
    if program.is_empty() || program.contains(['$', '@']) || is_there(program) {
        return None;
    }
    let there = standins.iter().find(|standin| is_there(standin));
    let standin = there
        .or(standins.first())
        .filter(|standin| **standin != program)?;
    let (before, after) = (&line[..value_at], &value[end..]);
    Some(format!("{before}{standin}{after}"))
}

/// Returns the variable that a line sets, and where its value begins.
fn variable(line: &str, style: Style) -> Option<(&str, usize)> {
    let (name, value_at) = match style {
        Style::Python | Style::Json => {
            let quote = if matches!(style, Style::Python) {
                '\''
            } else {
                '"'
            };
            let start = line.find(quote)? + 1;
            let end = start + line[start..].find(quote)?;
            let rest = &line[end + 1..];
            let value = rest.strip_prefix(':')?.trim_start();
            let value = value.strip_prefix(quote)?;
            (&line[start..end], line.len() - value.len())
        }
        Style::Make => {
            let (name, value) = line.split_once('=')?;
            let value = value.trim_start_matches([' ', '\t']);
            (name.trim(), line.len() - value.len())
        }
    };
    Some((name, value_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, style: Style, expected: &str) {
        let is_there = |program: &str| ["cc", "g++", "ar", "/usr/bin/install"].contains(&program);
        let new = replace(line.as_bytes(), style, &is_there);
        assert_eq!(String::from_utf8_lossy(&new), expected);
    }

    #[test]
    fn a_program_that_is_not_there_gives_way_to_one_that_is() {
        let (python, json, make) = (Style::Python, Style::Json, Style::Make);
        check(
            " 'CC': 'clang -pthread',\n",
            python,
            " 'CC': 'cc -pthread',\n",
        );
        check(" 'CXX': 'clang++',\n", python, " 'CXX': 'g++',\n");
        check(
            " 'AR': '/tools/llvm/bin/llvm-ar',\n",
            python,
            " 'AR': 'ar',\n",
        );
        check(
            "  \"LDSHARED\": \"clang -shared\",\n",
            json,
            "  \"LDSHARED\": \"cc -shared\",\n",
        );
        check("CC=\t\tclang -pthread\n", make, "CC=\t\tcc -pthread\n");
    }

    #[test]
    fn the_usual_name_is_written_where_there_is_no_program_yet() {
        let none = |_: &str| false;
        for (line, expected) in [
            (" 'CC': 'clang -pthread',\n", " 'CC': 'cc -pthread',\n"),
            (
                " 'LDCXXSHARED': 'clang++ -shared',\n",
                " 'LDCXXSHARED': 'c++ -shared',\n",
            ),
            (" 'AR': '/tools/llvm/bin/llvm-ar',\n", " 'AR': 'ar',\n"),
            (" 'CC': 'cc -pthread',\n", " 'CC': 'cc -pthread',\n"),
        ] {
            let new = replace(line.as_bytes(), Style::Python, &none);
            assert_eq!(String::from_utf8_lossy(&new), expected);
        }
        let text = "build_time_vars = {'ABIFLAGS': 't',\n 'CC': 'clang -pthread',\n";
        assert_eq!(c_compiler(text), Some("clang"));
        assert_eq!(c_compiler("build_time_vars = {'CC': 'cc'}\n"), Some("cc"));
        assert_eq!(c_compiler(" 'CC': '',\n"), None);
    }

    #[test]
    fn everything_else_stays() {
        for line in [
            " 'CC': 'cc -pthread',\n",
            " 'CFLAGS': 'clang',\n",
            " 'LINKCC': '',\n",
            " 'INSTALL': '/usr/bin/install -c',\n",
            " 'READELF': '@READELF@',\n",
            "build_time_vars = {'ABIFLAGS': 't',\n",
        ] {
            check(line, Style::Python, line);
        }
        check(
            "LINKCC=\t\t$(PURIFY) $(CC)\n",
            Style::Make,
            "LINKCC=\t\t$(PURIFY) $(CC)\n",
        );
        check("CC\n", Style::Make, "CC\n");
    }
}
