//! Install names and signatures of macOS, on files of zig's linker and on one that is made here.

use crate::support::fuzz::fuzz;
use crate::support::mach_o::{CODE, OLD_NAME, SIGNATURE, library, universal};
use ftpy::mach_o::{MachOError, is_mach_o, set_install_name, sign};
use object::read::macho::{LoadCommandVariant, MachHeader};
use object::{LittleEndian, macho};
use sha2::{Digest, Sha256};
use std::path::Path;

const NAME: &str = "libpython3.14t.dylib";

/// A module that zig's linker signed.
fn signed() -> Vec<u8> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/xray/built");
    std::fs::read(built.join("off-aarch64-macos.so")).expect("a built module")
}

/// The install name, as `object` reads it, and the numbers of all load commands.
fn read(part: &[u8]) -> (String, Vec<macho::LoadCommandType>) {
    let header = macho::MachHeader64::<LittleEndian>::parse(part, 0).expect("a header");
    let mut list = header
        .load_commands(LittleEndian, part, 0)
        .expect("commands");
    let (mut name, mut kinds) = (String::new(), Vec::new());
    while let Some(command) = list.next().expect("a command") {
        kinds.push(command.cmd());
        if let LoadCommandVariant::IdDylib(id) = command.variant().expect("a variant") {
            let bytes = command.string(LittleEndian, id.dylib.name).expect("a name");
            name = String::from_utf8_lossy(bytes).into_owned();
        }
    }
    (name, kinds)
}

#[test]
fn a_linkers_signature_is_renewed_to_its_own_bytes() {
    let original = signed();
    let at = original.len() - 4 * 32;
    let mut file = original.clone();
    file[at..].fill(0); // the digests, up to a few bytes of padding
    assert_ne!(file, original);
    sign(&mut file, "unused").expect("signed");
    assert_eq!(file, original);

    // A changed page gets its own digest, and no other digest changes.
    let changed_at = 0x4000 + 8;
    file[changed_at] ^= 1;
    sign(&mut file, "unused").expect("signed");
    let page = Sha256::digest(&file[0x4000..0x8000]);
    assert!(file.windows(32).any(|digest| digest == page.as_slice()));
    let differ = file.iter().zip(&original).enumerate();
    let differ: Vec<usize> = differ
        .filter(|(_, (a, b))| a != b)
        .map(|(at, _)| at)
        .collect();
    assert!(differ.len() <= 33, "{differ:?}");
    assert_eq!(differ[0], changed_at);
}

#[test]
fn an_install_name_may_be_longer_or_shorter_and_moves_the_commands_after_it() {
    let (name, kinds) = read(&library(0x400));
    assert_eq!(name, OLD_NAME);
    for new in [
        "/x",
        "/a/much/longer/prefix/than/before/lib/libpython3.14t.dylib",
        OLD_NAME,
    ] {
        let mut file = library(0x400);
        set_install_name(&mut file, new).expect("set");
        assert_eq!(read(&file), (new.to_owned(), kinds.clone()));
        assert_eq!(file[CODE..], library(0x400)[CODE..]);
        // And back again, to the very bytes.
        set_install_name(&mut file, OLD_NAME).expect("set back");
        assert_eq!(file, library(0x400));
    }
}

/// The longest install name that a file has room for.
fn longest(file: &[u8]) -> usize {
    match set_install_name(&mut file.to_vec(), &"x".repeat(5000)) {
        Err(MachOError::NoRoomForName { room, needed: 5000 }) => room,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_name_that_does_not_fit_changes_nothing() {
    let mut file = library(0x400);
    let room = longest(&file);
    set_install_name(&mut file, &"x".repeat(room + 1)).expect_err("one more");
    assert_eq!(file, library(0x400));
    set_install_name(&mut file, &"x".repeat(room)).expect("the longest");
    assert_eq!(read(&file).0.len(), room);

    // Where it fits in one part of two, that one stays, too.
    let of_zig = longest(&signed());
    assert_ne!(room, of_zig);
    for parts in [[library(0x400), signed()], [signed(), library(0x400)]] {
        let both = universal(&parts);
        let mut file = both.clone();
        set_install_name(&mut file, &"x".repeat(room.max(of_zig))).expect_err("too long for one");
        assert_eq!(file, both);
    }
}

#[test]
fn an_empty_place_gets_an_adhoc_signature_with_the_digest_of_every_page() {
    let mut file = library(0x400);
    sign(&mut file, NAME).expect("signed");
    let signature = &file[SIGNATURE..];
    let has = |bytes: &[u8]| signature.windows(bytes.len()).any(|window| window == bytes);
    assert!(has(b"\0libpython3.14t\0"));
    for page in file[..SIGNATURE].chunks(4096) {
        assert!(has(&Sha256::digest(page)));
    }
    // What is valid stays as it is.
    let once = file.clone();
    sign(&mut file, "another.name").expect("signed again");
    assert_eq!(file, once);
}

#[test]
fn a_signature_that_does_not_fit_and_a_file_without_one() {
    let mut file = library(0x40);
    match sign(&mut file, NAME) {
        Err(MachOError::NoRoomForSignature { needed, room: 0x40 }) => assert!(needed > 0x40),
        other => panic!("{other:?}"),
    }
    assert_eq!(file, library(0x40));
    let mut file = library(0);
    sign(&mut file, NAME).expect("Intel's need none");
    assert_eq!(file, library(0));
}

#[test]
fn both_parts_of_a_universal_file_are_changed() {
    let mut file = universal(&[library(0x400), library(0x800)]);
    assert!(is_mach_o(&file));
    set_install_name(&mut file, "/new").expect("set");
    sign(&mut file, NAME).expect("signed");
    for (offset, room) in [(0x4000, 0x400), (0x8000, 0x800)] {
        let mut alone = library(room);
        set_install_name(&mut alone, "/new").expect("set");
        sign(&mut alone, NAME).expect("signed");
        assert_eq!(file[offset..offset + alone.len()], alone);
    }
}

#[test]
fn a_class_of_java_is_not_taken_for_a_universal_file() {
    assert!(!is_mach_o(b"\xca\xfe\xba\xbe\0\0\0\x34 and so on"));
    assert!(!is_mach_o(b"\x7fELF\x02\x01\x01\0"));
    assert!(is_mach_o(&signed()));
}

#[test]
fn damaged_files_are_refused_and_stay_as_they_are() {
    let both = universal(&[library(0x400), signed()]);
    fuzz(
        &[&both, &library(0x400), &signed()],
        &["\x19\0\0\0", "\0\0\0\0"],
        |bytes| {
            let mut file = bytes.to_vec();
            if set_install_name(&mut file, "/a/new/name").is_err() {
                assert_eq!(file, bytes);
            }
            let before = file.clone();
            if sign(&mut file, NAME).is_err() {
                assert_eq!(file, before);
            }
            assert_eq!(file.len(), bytes.len());
        },
    );
}

#[test]
fn what_would_be_read_again_and_again_is_refused() {
    // Every blob of the signature is the same directory.
    let mut file = library(0x8000);
    sign(&mut file, NAME).expect("signed");
    let signature = &mut file[SIGNATURE..];
    let directory: [u8; 8] = signature[12..20].try_into().expect("8 bytes");
    signature[8..12].copy_from_slice(&1000_u32.to_be_bytes());
    for entry in signature[12..].chunks_exact_mut(8).take(1000) {
        entry.copy_from_slice(&directory);
    }
    let before = file.clone();
    sign(&mut file, NAME).expect_err("1000 blobs");
    assert_eq!(file, before);

    // Every part is the same one.
    let mut file = universal(&[library(0x400), library(0x400)]);
    let first: [u8; 20] = file[8..28].try_into().expect("20 bytes");
    file[28..48].copy_from_slice(&first);
    sign(&mut file, NAME).expect_err("one part twice");
    set_install_name(&mut file, "/x").expect_err("one part twice");
}

#[test]
fn a_file_that_is_not_for_macos_has_no_install_name_to_set() {
    for file in [&b"\x7fELF and so on"[..], b"", b"\xca\xfe\xba\xbe\0\0\0\0"] {
        set_install_name(&mut file.to_vec(), "/new").expect_err("no part");
    }
}

#[test]
fn parts_of_32_bits_stay_as_they_are() {
    let old = [&[0xce, 0xfa, 0xed, 0xfe][..], &[7; 4096]].concat();
    let mut file = universal(&[old.clone(), library(0x400)]);
    set_install_name(&mut file, "/new").expect("set");
    sign(&mut file, NAME).expect("signed");
    assert_eq!(file[0x4000..0x4000 + old.len()], old);
    assert_eq!(read(&file[0x8000..]).0, "/new");
}
