//! Replaces a path in a text, only where it is a whole path.

use std::borrow::Cow;

/// The syntax in which a file contains paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Inside a Python string literal.
    Python,
    /// Inside a JSON string.
    Json,
    /// In a Makefile's variable.
    Make,
    /// In a pkg-config file.
    PkgConfig,
    /// In a shell script, inside double quotes or bare.
    Shell,
}

impl Syntax {
    /// Returns the path in this syntax.
    pub(super) fn escape(self, path: &str) -> String {
        let (special, escape): (&[char], &str) = match self {
            // pprint uses either quote.
            Self::Python => (&['\\', '\'', '"'], "\\"),
            Self::Json => (&['\\', '"'], "\\"),
            Self::Make => (&['$'], "$"),
            Self::PkgConfig => (&['\\', ' ', '"', '\''], "\\"),
            Self::Shell => (&['\\', '"', '$', '`'], "\\"),
        };
        let mut escaped = String::with_capacity(path.len());
        for c in path.chars() {
            if special.contains(&c) {
                escaped.push_str(escape);
            }
            escaped.push(c);
        }
        escaped
    }
}

/// Replaces `old` by `new`, where `old` begins a path and ends at a component: in `-L/install/lib`
/// and `'/install'`, but not in `/usr/install` or `/installed`.
///
/// Returns text that is not UTF-8 unchanged.
pub(super) fn replace<'a>(text: &'a [u8], old: &str, new: &str, syntax: Syntax) -> Cow<'a, [u8]> {
    let Ok(text) = std::str::from_utf8(text) else {
        return Cow::Borrowed(text);
    };
    let new = syntax.escape(new);
    let mut result = String::new();
    let mut copied = 0;
    for (start, _) in text.match_indices(old) {
        let end = start + old.len();
        if begins_path(&text[..start]) && ends_name(&text[end..]) {
            result.push_str(&text[copied..start]);
            result.push_str(&new);
            copied = end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text.as_bytes());
    }
    result.push_str(&text[copied..]);
    Cow::Owned(result.into_bytes())
}

/// Returns whether a path may begin after this text.
fn begins_path(before: &str) -> bool {
    let Some(last) = before.chars().next_back() else {
        return true;
    };
    if !(last.is_alphanumeric() || "._-/~+%".contains(last)) {
        return true;
    }
    // `-I/install`: the letter belongs to the flag only if a flag begins there.
    let flags = ["-I", "-L", "-R", "-F", "-B", "-isystem"];
    flags.iter().any(|flag| {
        before.strip_suffix(flag).is_some_and(|rest| {
            let before_flag = rest.chars().next_back();
            before_flag.is_none_or(|c| !c.is_alphanumeric() && c != '-')
        })
    })
}

fn ends_name(after: &str) -> bool {
    let next = after.chars().next();
    next.is_none_or(|c| !(c.is_alphanumeric() || "._-~+%".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let new = replace(text.as_bytes(), "/install", "/home/me/x y", Syntax::Make);
        assert_eq!(String::from_utf8_lossy(&new), expected);
    }

    #[test]
    fn only_whole_paths_are_replaced() {
        check("prefix=/install", "prefix=/home/me/x y");
        check("'/install/lib':", "'/home/me/x y/lib':");
        check(
            "-I/install/include -L/install/lib",
            "-I/home/me/x y/include -L/home/me/x y/lib",
        );
        check("-Wl,-rpath,/install/lib", "-Wl,-rpath,/home/me/x y/lib");
        check("/usr/bin/install -c", "/usr/bin/install -c");
        check(
            "/opt/install/x /installed /install-sh",
            "/opt/install/x /installed /install-sh",
        );
        check("lib/install", "lib/install");
        check("/install:/install", "/home/me/x y:/home/me/x y");
        check("", "");
    }

    #[test]
    fn a_path_is_written_as_the_file_wants_it() {
        let path = "/a b/it's \"$x\"";
        assert_eq!(Syntax::Python.escape(path), "/a b/it\\'s \\\"$x\\\"");
        assert_eq!(Syntax::Json.escape(path), "/a b/it's \\\"$x\\\"");
        assert_eq!(Syntax::Make.escape(path), "/a b/it's \"$$x\"");
        assert_eq!(Syntax::PkgConfig.escape(path), "/a\\ b/it\\'s\\ \\\"$x\\\"");
        assert_eq!(Syntax::Shell.escape(path), "/a b/it's \\\"\\$x\\\"");
    }

    #[test]
    fn replacing_twice_changes_nothing_more() {
        let once = replace(
            b"-I/install/include",
            "/install",
            "/install/deeper",
            Syntax::Python,
        );
        // A prefix below the old one would grow each time. The caller prevents that: it patches
        // only files that still have the build's prefix, according to the receipt.
        assert_eq!(&*once, b"-I/install/deeper/include");
        let new = replace(b"-I/install/include", "/install", "/p", Syntax::Python).into_owned();
        assert_eq!(
            &*replace(&new, "/install", "/p", Syntax::Python),
            new.as_slice()
        );
    }
}
