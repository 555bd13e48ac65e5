//! Limits of nesting, for parsers that call themselves once for each bracket or list.
//!
//! A thread whose stack overflows ends the process, and nothing can catch that. The parsers of
//! JSON, TOML and YAML have limits of their own; those of markers (PEP 508), conda specs and
//! MessagePack have none, or one that is too high for a thread's 2 MiB.

/// The number of brackets that a marker or a spec may open.
///
/// All of them count, also those that are closed again: what is quoted, and so closes nothing,
/// differs between the grammars. Real ones open fewer than ten.
const MOST_BRACKETS: usize = 64;

/// Whether a marker or a spec might be too nested for its parser.
#[must_use]
pub fn is_too_deep(text: &str) -> bool {
    text.matches('(').count() > MOST_BRACKETS
}

/// How deep lists and maps of MessagePack may be nested. Those of conda have fewer than ten levels.
#[cfg(feature = "conda")]
const DEEPEST_MESSAGE: usize = 64;

/// Reads a value from MessagePack.
///
/// # Errors
/// Returns an error if the bytes are not such a value, or are nested too deeply.
#[cfg(feature = "conda")]
pub fn read_message<T: serde::de::DeserializeOwned>(
    bytes: &[u8],
) -> Result<T, rmp_serde::decode::Error> {
    let mut reader = rmp_serde::Deserializer::from_read_ref(bytes);
    reader.set_max_depth(DEEPEST_MESSAGE);
    T::deserialize(&mut reader)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_counted_whether_closed_or_not() {
        assert!(!is_too_deep("(os_name == 'nt' or (os_name == 'posix'))"));
        assert!(!is_too_deep(&"(".repeat(MOST_BRACKETS)));
        assert!(is_too_deep(&"(".repeat(MOST_BRACKETS + 1)));
        assert!(is_too_deep(&"(')' in os_name or ".repeat(100)));
    }

    #[cfg(feature = "conda")]
    #[test]
    fn a_deep_message_is_an_error_and_no_overflow() {
        use rattler_conda_types::{Shard, ShardedRepodata};
        use serde::de::IgnoredAny;
        // Lists of one item, and maps of one entry.
        for level in [&b"\x91"[..], b"\x81\xa1x"] {
            let bytes = level.repeat(100_000);
            assert!(read_message::<IgnoredAny>(&bytes).is_err());
            for before in [&b""[..], b"\x81\xaepackages.conda\x81\xa1x\x81\xa1x"] {
                let bytes = [before, &bytes].concat();
                assert!(read_message::<Shard>(&bytes).is_err());
                assert!(read_message::<ShardedRepodata>(&bytes).is_err());
            }
        }
    }
}
