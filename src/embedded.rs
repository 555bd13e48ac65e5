//! Texts that the program carries along, compressed by `manifests/embed.rs`.

use flate2::read::ZlibDecoder;
use std::io::Read;

/// The bytes of a file of the package, compressed.
macro_rules! compressed {
    ($($path:expr),+) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $($path),+))
    };
}
pub(crate) use compressed;

/// Returns the text of a file that the build script has compressed.
///
/// # Panics
/// Panics if it is something else.
#[must_use]
pub fn text(compressed: &[u8]) -> String {
    let mut text = String::new();
    let read = ZlibDecoder::new(compressed).read_to_string(&mut text);
    read.expect("the build script has compressed a text");
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_text_is_that_of_the_file() {
        let compressed = compressed!("manifests/pbs.txt");
        let original = include_str!("../manifests/pbs.txt");
        assert!(compressed.len() * 2 < original.len());
        assert!(super::text(compressed) == original);
    }
}
