//! Recognises the system loader's error for a missing library. An interpreter that needs
//! `LD_LIBRARY_PATH` or environment modules fails like this, because the probe starts it in an
//! empty environment.

/// Returns the library that the loader did not find, if a text is about one.
#[must_use]
pub fn missing_library(text: &str) -> Option<&str> {
    const WORDS: [(&str, &[&str]); 3] = [
        // glibc
        ("error while loading shared libraries: ", &[": "]),
        // musl
        ("Error loading shared library ", &[": "]),
        // macOS
        ("Library not loaded: ", &["\n", ", "]),
    ];
    WORDS.iter().find_map(|(before, behind)| {
        let (_, rest) = text.split_once(before)?;
        let ends = behind.iter().filter_map(|behind| rest.find(behind));
        let library = &rest[..ends.min().unwrap_or(rest.len())];
        (!library.is_empty()).then_some(library)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_loader_is_understood() {
        for (text, library) in [
            (
                "exit status: 127, /o/python: error while loading shared libraries: \
                 libpython3.14t.so.1.0: cannot open shared object file: No such file or directory",
                Some("libpython3.14t.so.1.0"),
            ),
            (
                "Error loading shared library libfoo.so.1: No such file or directory (needed by \
                 /o/python)",
                Some("libfoo.so.1"),
            ),
            (
                "dyld[7]: Library not loaded: @rpath/libpython3.14t.dylib",
                Some("@rpath/libpython3.14t.dylib"),
            ),
            ("ModuleNotFoundError: No module named 'encodings'", None),
        ] {
            assert_eq!(missing_library(text), library, "{text}");
        }
    }
}
