//! The first real error in a build's log, and its likely cause. Pure.

/// The diagnosis of a failed build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Diagnosis {
    /// The lines of the error.
    pub(super) lines: Vec<String>,
    /// A hint if the cause is known.
    pub(super) hint: Option<String>,
}

/// The number of lines shown of an error, and of the end of the log if no error is recognised.
const SHOWN: usize = 4;
const LAST: usize = 12;

const TRACEBACK: &str = "Traceback (most recent call last)";

/// Finds the first error. Later ones, mainly make's messages, are its consequences.
pub(super) fn diagnose(log: &str) -> Diagnosis {
    let lines: Vec<&str> = log.lines().collect();
    // A full disk or a killed compiler causes many errors, so it is searched for first.
    let cause = lines.iter().position(|line| is_cause(line));
    let first = cause.or_else(|| lines.iter().position(|line| is_error(line)));
    let shown: Vec<String> = match first {
        Some(first) => excerpt(&lines[first..]),
        None => {
            let start = lines.len().saturating_sub(LAST);
            lines[start..]
                .iter()
                .map(|line| (*line).to_owned())
                .collect()
        }
    };
    let hint = shown.iter().find_map(|line| hint(line));
    Diagnosis { lines: shown, hint }
}

/// Returns the beginning of an error; for a traceback also its end, which contains the error.
fn excerpt(lines: &[&str]) -> Vec<String> {
    let is_traceback = lines[0].starts_with(TRACEBACK);
    let below = |line: &&&str| line.starts_with(' ') || line.is_empty();
    let frames = lines[1..].iter().take_while(below).count() + 1;
    let shown = match is_traceback && frames < lines.len() {
        true => [
            &lines[frames.saturating_sub(SHOWN - 1).max(1)..frames],
            &lines[frames..=frames],
        ]
        .concat(),
        false => lines.iter().take(SHOWN).copied().collect(),
    };
    shown.into_iter().map(str::to_owned).collect()
}

fn is_cause(line: &str) -> bool {
    // A sanitizer's fatal error in a program of the build, for which make only prints "Error 66".
    if line.contains("FATAL: ") && line.contains("Sanitizer: ") {
        return true;
    }
    [
        "No space left on device",
        "Disk quota exceeded",
        "virtual memory exhausted",
    ]
    .iter()
    .any(|text| line.contains(text))
        || (line.contains("Killed") && (line.contains("cc1") || line.contains("fatal error")))
}

fn is_error(line: &str) -> bool {
    line.starts_with("configure: error:")
        || line.contains(": error: ")
        || line.contains(": fatal error: ")
        || line.contains("undefined reference to")
        || line.contains("ld: cannot find ")
        || line.contains("internal compiler error")
        || is_old_linker(line)
        || line.contains("RuntimeError: Can't find ")
        || line.starts_with(TRACEBACK)
        || line.contains("Permission denied")
        || line.contains(": command not found")
        || line.contains(": not found")
}

/// Returns whether the linker is too old for an object file.
fn is_old_linker(line: &str) -> bool {
    line.contains("unrecognized relocation")
        || line.contains("unsupported relocation")
        || line.contains("plugin needed to handle lto object")
        || line.contains("unknown type [0x13] section")
}

fn hint(line: &str) -> Option<String> {
    let hint = if line.contains("No space left") || line.contains("Disk quota") {
        "the disk is full: a build needs about 400 MiB; free some, or set FTPY_HOME to another disk"
    } else if line.contains("Killed") || line.contains("memory exhausted") {
        "the machine ran out of memory: try again with fewer compilers at once, `--jobs 1`"
    } else if line.contains("C compiler cannot create executables") {
        "the compiler does not work: is the C library's development package installed?"
    } else if line.contains("cannot run C compiled programs") || line.contains("Permission denied")
    {
        "programs cannot be run below the store: is it on a file system mounted noexec? Set FTPY_HOME \
         to another one"
    } else if let Some(header) = missing_header(line) {
        return Some(format!(
            "a header is missing: install the development package that has {header}"
        ));
    } else if line.contains("Can't find clang") || line.contains("Can't find llvm-") {
        "the just-in-time compiler requires one version of the LLVM tools: install those, beside \
         any others"
    } else if is_old_linker(line) {
        "the linker is older than the compiler: update binutils, or use clang's own \
         (`ftpy build --ldflags=-fuse-ld=lld`)"
    } else if line.contains("FATAL: ") && line.contains("Sanitizer: ") {
        "programs with a sanitizer do not start here: a container may forbid personality(2) (docker: \
         `--security-opt seccomp=unconfined`), and an old clang cannot do with the kernel's address \
         randomisation (`ftpy build --cc clang-19`, or `sysctl vm.mmap_rnd_bits=28`)"
    } else if line.contains("internal compiler error") {
        "the compiler itself failed: try another one (CC=clang), or `--jobs 1`"
    } else {
        return None;
    };
    Some(hint.to_owned())
}

/// Returns `foo.h` from `x.c:1:10: fatal error: foo.h: No such file or directory`, or clang's form.
fn missing_header(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("fatal error: ")?;
    let rest = rest.trim_start_matches('\'');
    let end = rest.find([':', '\''])?;
    let is_missing = rest.contains("No such file") || rest.contains("file not found");
    is_missing.then_some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(log: &str, first: &str, hint: Option<&str>) {
        let found = diagnose(log);
        assert_eq!(found.lines.first().map(String::as_str), Some(first));
        match hint {
            None => assert_eq!(found.hint, None),
            Some(text) => assert!(
                found.hint.as_ref().is_some_and(|hint| hint.contains(text)),
                "{found:?}"
            ),
        }
    }

    #[test]
    fn the_first_error_is_found_and_its_echo_is_not() {
        check(
            "checking for gcc... gcc\nconfigure: error: C compiler cannot create executables\nSee `config.log'\n",
            "configure: error: C compiler cannot create executables",
            Some("compiler does not work"),
        );
        check(
            "gcc -c x.c\nModules/x.c: In function 'f':\nModules/x.c:3:1: warning: y\n\
             Modules/x.c:12:5: error: 'z' undeclared\n   12 | z;\nmake: *** [Makefile:1: x.o] Error 1\n",
            "Modules/x.c:12:5: error: 'z' undeclared",
            None,
        );
        check(
            "Modules/_ssl.c:5:10: fatal error: openssl/ssl.h: No such file or directory\n",
            "Modules/_ssl.c:5:10: fatal error: openssl/ssl.h: No such file or directory",
            Some("openssl/ssl.h"),
        );
        check(
            "x.c:1:1: error: a\n/tmp/ccx.s: Fatal error: can't write x.o: No space left on device\n",
            "/tmp/ccx.s: Fatal error: can't write x.o: No space left on device",
            Some("disk is full"),
        );
        check(
            "gcc: fatal error: Killed signal terminated program cc1\n",
            "gcc: fatal error: Killed signal terminated program cc1",
            Some("--jobs 1"),
        );
        check(
            "checking x\n  File \"Tools/jit/_llvm.py\", line 9, in x\nRuntimeError: Can't find clang!\n",
            "RuntimeError: Can't find clang!",
            Some("one version of the LLVM tools"),
        );
        check(
            "/usr/bin/ld: x.o: unrecognized relocation (0x2a) in section `.text'\nld: final link failed\n",
            "/usr/bin/ld: x.o: unrecognized relocation (0x2a) in section `.text'",
            Some("update binutils"),
        );
        check(
            "FATAL: ThreadSanitizer: unexpected memory mapping 0x5e\nmake: *** [x] Error 66\n",
            "FATAL: ThreadSanitizer: unexpected memory mapping 0x5e",
            Some("seccomp"),
        );
        let traceback = "Traceback (most recent call last):\n  File \"a\", line 1, in f\n    g()\n  \
            File \"b\", line 2, in g\n    raise ValueError\nValueError: the reason\nmake: *** Error 1\n";
        let found = diagnose(traceback);
        assert_eq!(found.lines.len(), 4);
        assert_eq!(found.lines[3], "ValueError: the reason");
        check("a\nb\n", "a", None);
    }
}
