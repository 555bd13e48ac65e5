//! Limits for parsers whose stack or time grows with what others wrote.
//!
//! A thread whose stack overflows ends the process, and nothing can catch that. The parsers of
//! JSON, TOML and YAML have limits of their own; those of markers (PEP 508), conda specs and
//! MessagePack have none, or one that is too high for a thread's 2 MiB.

/// The number of brackets that a text may open.
///
/// All of them count, also those that are closed again: what is quoted, and so closes nothing,
/// differs between the grammars. Real ones open fewer than ten.
const MOST_BRACKETS: usize = 64;

/// The longest requirement or marker in bytes. Each of its terms may be a level of recursion.
const LONGEST_REQUIREMENT: usize = 8192;

/// The number of terms with a variable of their own: `extra == 'x'`, `'x' in os_name`. The time
/// and memory for a marker may double with each.
const MOST_VARIABLES: usize = 16;

/// Whether a requirement or a marker (PEP 508) could be too much for its parser.
#[must_use]
pub fn is_excessive_requirement(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let names = ["in", "extra", "extras", "dependency_groups"];
    let variables = words.filter(|word| names.contains(word)).count();
    text.len() > LONGEST_REQUIREMENT || opens_many_brackets(text) || variables > MOST_VARIABLES
}

/// The longest conda spec in bytes. Real ones have fewer than a hundred.
#[cfg(feature = "conda")]
const LONGEST_SPEC: usize = 1024;

/// The number of `and` and `or` in the condition of a conda spec. The solver's terms may double
/// with each.
#[cfg(feature = "conda")]
const MOST_JUNCTIONS: usize = 8;

/// Whether a conda spec could be too much for its parser, or for the solver.
#[cfg(feature = "conda")]
#[must_use]
pub fn is_excessive_spec(text: &str) -> bool {
    let junctions = match text.contains("when") {
        true => text.matches("and").count() + text.matches("or").count(),
        false => 0,
    };
    text.len() > LONGEST_SPEC || opens_many_brackets(text) || junctions > MOST_JUNCTIONS
}

fn opens_many_brackets(text: &str) -> bool {
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
    fn usual_requirements_are_parsed_and_hostile_ones_are_not() {
        for usual in [
            "lxml[html5]>=6; (os_name == 'nt' or (os_name == 'posix')) and extra == 'fast'",
            "numpy>=2 ; python_full_version < '3.14' and 'linux' in sys_platform",
        ] {
            assert!(!is_excessive_requirement(usual), "{usual}");
        }
        let many = |term: &str, count: usize| (0..count).map(|_| term).collect::<String>();
        for hostile in [
            many("(", MOST_BRACKETS + 1),
            many("(')' in os_name or ", 100),
            many("extra == 'x' and\t", 17),
            many("'x' in os_name and 'x'in sys_platform or ", 9),
            many("x", LONGEST_REQUIREMENT + 1),
        ] {
            assert!(is_excessive_requirement(&hostile), "{hostile}");
        }
    }

    #[cfg(feature = "conda")]
    #[test]
    fn usual_conda_specs_are_parsed_and_hostile_ones_are_not() {
        for usual in [
            "python >=3.14,<3.15.0a0",
            "tensorflow-estimator-for-android >=1.2|>=3,<4",
            "foo[version='>=1',when='python >=3.14 and __linux']",
        ] {
            assert!(!is_excessive_spec(usual), "{usual}");
        }
        for hostile in [
            format!("foo {}", "(".repeat(MOST_BRACKETS + 1)),
            format!("foo[when='a{}']", " or a".repeat(MOST_JUNCTIONS + 1)),
            format!("foo {}", "1".repeat(LONGEST_SPEC)),
        ] {
            assert!(is_excessive_spec(&hostile), "{hostile}");
        }
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
