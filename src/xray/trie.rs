//! Mach-O's export trie: names, cut into the labels of edges, with addresses.

use super::image::LONGEST_NAME;
use super::target::PREFIXES;
use super::verdict::Why;

/// How many edges are looked at: those of the nodes on the way to init functions only.
const MOST_EDGES: usize = 10_000;
/// The flags of an export that is in another library, or that code resolves.
const ELSEWHERE: u64 = 0x8 | 0x10;

/// The init functions in a trie, by their distance from the beginning of the image.
pub(super) fn init_functions(trie: &[u8]) -> Result<Vec<(Vec<u8>, u64)>, Why> {
    read(trie).ok_or(Why::Malformed("the export trie"))
}

fn read(trie: &[u8]) -> Option<Vec<(Vec<u8>, u64)>> {
    let mut found = Vec::new();
    let mut waiting = vec![(0, Vec::new())];
    let mut left = MOST_EDGES;
    while let Some((offset, name)) = waiting.pop() {
        left = left.checked_sub(1)?;
        let mut node = trie.get(offset..)?;
        let size = usize::try_from(number(&mut node)?).ok()?;
        let (mut export, children) = node.split_at_checked(size)?;
        if size > 0 && complete(&name) && number(&mut export)? & ELSEWHERE == 0 {
            found.push((name[1..].to_vec(), number(&mut export)?));
        }
        let (count, mut rest) = children.split_first()?;
        for _ in 0..*count {
            left = left.checked_sub(1)?;
            let end = rest.iter().position(|byte| *byte == 0)?;
            let label = &rest[..end];
            rest = &rest[end + 1..];
            let child = usize::try_from(number(&mut rest)?).ok()?;
            let name = [&name, label].concat();
            if name.len() <= LONGEST_NAME && leads_to_init(&name) {
                waiting.push((child, name));
            }
        }
    }
    Some(found)
}

/// Whether a name is that of an init function; C's names begin with an underscore.
fn complete(name: &[u8]) -> bool {
    name.strip_prefix(b"_").is_some_and(super::target::is_init)
}

fn leads_to_init(name: &[u8]) -> bool {
    let leads = |prefix: &str| {
        let prefix = [b"_", prefix.as_bytes()].concat();
        prefix.starts_with(name) || name.starts_with(&prefix)
    };
    PREFIXES.into_iter().any(leads)
}

/// A number of seven bits a byte.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `_PyInit_x` at 0x1000 and `_main` at 16.
    const TRIE: &[u8] = b"\0\x01_\0\x05\
        \0\x02PyInit_x\0\x17main\0\x1c\
        \x03\0\x80\x20\0\x02\0\x10\0";

    #[test]
    fn init_functions_are_found_by_the_labels_on_the_way() {
        let found = init_functions(TRIE).expect("a trie");
        assert_eq!(found, [(b"PyInit_x".to_vec(), 0x1000)]);
    }

    #[test]
    fn a_cut_or_endless_trie_is_malformed() {
        for length in 0..TRIE.len() - 4 {
            assert!(init_functions(&TRIE[..length]).is_err(), "{length}");
        }
        assert!(init_functions(b"\0\x01_\0\0").is_ok());
        assert!(init_functions(b"\0\x02\0\0\0\0").is_err());
    }
}
