//! Suppressions: lines of `kind:pattern`. Each runtime rejects unknown kinds and exits, so the
//! user's file is split into one per runtime. Pure.

/// The runtime of a suppression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SuppressionKind {
    /// ThreadSanitizer
    Thread,
    /// AddressSanitizer
    Address,
    /// LeakSanitizer, which is part of AddressSanitizer.
    Leak,
    /// UndefinedBehaviorSanitizer
    Undefined,
}

/// The runtime of each kind; kinds not listed here belong to UndefinedBehaviorSanitizer, if at all.
const KINDS: [(&str, SuppressionKind); 15] = [
    ("race", SuppressionKind::Thread),
    ("race_top", SuppressionKind::Thread),
    ("mutex", SuppressionKind::Thread),
    ("thread", SuppressionKind::Thread),
    ("signal", SuppressionKind::Thread),
    ("deadlock", SuppressionKind::Thread),
    ("called_from_lib", SuppressionKind::Thread),
    ("interceptor_name", SuppressionKind::Address),
    ("interceptor_via_fun", SuppressionKind::Address),
    ("interceptor_via_lib", SuppressionKind::Address),
    ("odr_violation", SuppressionKind::Address),
    ("alloc_dealloc_mismatch", SuppressionKind::Address),
    ("leak", SuppressionKind::Leak),
    ("undefined", SuppressionKind::Undefined),
    ("vptr_check", SuppressionKind::Undefined),
];

/// The checks of UndefinedBehaviorSanitizer, each of which is a kind: the second column of LLVM's
/// `ubsan_checks.inc`. Groups, such as `shift` of `-fsanitize`, are not kinds.
const CHECKS: [&str; 30] = [
    "alignment",
    "bool",
    "bounds",
    "cfi",
    "enum",
    "float-cast-overflow",
    "float-divide-by-zero",
    "function",
    "implicit-integer-sign-change",
    "implicit-signed-integer-truncation",
    "implicit-unsigned-integer-truncation",
    "integer-divide-by-zero",
    "invalid-builtin-use",
    "invalid-objc-cast",
    "nonnull-attribute",
    "null",
    "nullability-arg",
    "nullability-assign",
    "nullability-return",
    "object-size",
    "pointer-overflow",
    "return",
    "returns-nonnull-attribute",
    "shift-base",
    "shift-exponent",
    "signed-integer-overflow",
    "unreachable",
    "unsigned-integer-overflow",
    "vla-bound",
    "vptr",
];

fn kind(line: &str) -> Option<SuppressionKind> {
    let (name, pattern) = line.trim().split_once(':')?;
    if pattern.is_empty() {
        return None;
    }
    let known = KINDS.iter().find(|(known, _)| *known == name);
    let is_check = CHECKS.contains(&name);
    known
        .map(|(_, kind)| *kind)
        .or(is_check.then_some(SuppressionKind::Undefined))
}

fn is_said(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

/// The lines for a runtime.
pub(super) fn of_sanitizer(text: &str, wanted: SuppressionKind) -> String {
    let lines = text.lines().filter(|line| is_said(line));
    let own = lines.filter(|line| kind(line) == Some(wanted));
    own.map(|line| format!("{}\n", line.trim())).collect()
}

/// The first line with an unknown kind, and its number.
pub(super) fn unknown(text: &str) -> Option<(usize, &str)> {
    let lines = text.lines().enumerate();
    let mut bad = lines.filter(|(_, line)| is_said(line) && kind(line).is_none());
    bad.next().map(|(index, line)| (index + 1, line.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_runtime_gets_its_own_lines() {
        let text = "# known\nrace:count\n  leak:PyMem\nshift-exponent:f.c\n\nrace_top:x\n";
        assert_eq!(
            of_sanitizer(text, SuppressionKind::Thread),
            "race:count\nrace_top:x\n"
        );
        assert_eq!(of_sanitizer(text, SuppressionKind::Leak), "leak:PyMem\n");
        assert_eq!(
            of_sanitizer(text, SuppressionKind::Undefined),
            "shift-exponent:f.c\n"
        );
        assert_eq!(of_sanitizer(text, SuppressionKind::Address), "");
        assert_eq!(unknown(text), None);
        assert_eq!(unknown("race:a\nfoo:bar\n"), Some((2, "foo:bar")));
        assert_eq!(unknown("race\n"), Some((1, "race")));
    }

    /// What the runtimes of clang 14 and 19 accept, and what each of them rejects.
    #[test]
    fn a_kind_is_known_if_the_runtime_accepts_it() {
        let known = "vptr_check:a\nnullability-arg:a\nnullability-assign:a\nnullability-return:a\n\
            implicit-unsigned-integer-truncation:a\nimplicit-signed-integer-truncation:a\n\
            implicit-integer-sign-change:a\ninvalid-objc-cast:a\ncfi:a\n";
        assert_eq!(unknown(known), None);
        assert_eq!(of_sanitizer(known, SuppressionKind::Undefined), known);
        for group in ["shift", "implicit-conversion", "integer", "local-bounds"] {
            let line = format!("{group}:a");
            assert_eq!(unknown(&line), Some((1, line.as_str())));
        }
    }
}
