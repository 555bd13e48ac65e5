//! The first lines of scripts, which contain the interpreter's path.

use crate::relocate::prefix::Syntax;

/// The longest first line that every kernel supports (Linux had a limit of 127 bytes until 5.1).
const LONGEST: usize = 127;

/// Returns a script of the build with `interpreter` as its interpreter. `None` if the file is
/// something else.
///
/// A path that a first line cannot contain (blanks, too long) goes through `/bin/sh`, in pip's
/// form: Python reads the second line as a string.
pub(super) fn with_interpreter(
    script: &[u8],
    build_prefix: &str,
    interpreter: &str,
) -> Option<Vec<u8>> {
    let end = script.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(script.get(..end)?).ok()?;
    let old = line.strip_prefix("#!")?.trim();
    let name = old.strip_prefix(build_prefix)?.strip_prefix("/bin/")?;
    if !name.starts_with("python") {
        return None;
    }
    let simple = format!("#!{interpreter}");
    let fits = simple.len() <= LONGEST && !interpreter.contains([' ', '\t']);
    let start = if fits {
        simple
    } else {
        let interpreter = Syntax::Shell.escape(interpreter);
        format!("#!/bin/sh\n'''exec' \"{interpreter}\" \"$0\" \"$@\"\n' '''")
    };
    Some([start.as_bytes(), &script[end..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(script: &str, interpreter: &str, expected: Option<&str>) {
        let new = with_interpreter(script.as_bytes(), "/install", interpreter);
        let new = new.map(|new| String::from_utf8(new).expect("text"));
        assert_eq!(new.as_deref(), expected);
    }

    #[test]
    fn scripts_start_with_the_installed_interpreter() {
        let pip = "#!/install/bin/python3.14\nimport sys\n";
        check(
            pip,
            "/h/bin/python3.14t",
            Some("#!/h/bin/python3.14t\nimport sys\n"),
        );
        let blank =
            "#!/bin/sh\n'''exec' \"/a b/bin/python3.14t\" \"$0\" \"$@\"\n' '''\nimport sys\n";
        check(pip, "/a b/bin/python3.14t", Some(blank));
        let long = format!("/{}/python3.14t", "x".repeat(120));
        let new = with_interpreter(pip.as_bytes(), "/install", &long).expect("script");
        assert!(new.starts_with(b"#!/bin/sh\n"));
    }

    #[test]
    fn other_files_are_no_such_scripts() {
        check("#!/bin/sh\n", "/h/bin/python3.14t", None);
        check("#!/install/bin/perl\n", "/h/bin/python3.14t", None);
        check("\u{7f}ELF", "/h/bin/python3.14t", None);
        check("", "/h/bin/python3.14t", None);
        check("#!/h/bin/python3.14t\n", "/h/bin/python3.14t", None);
    }
}
