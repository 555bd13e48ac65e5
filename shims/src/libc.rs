//! Detects the libc of a Linux machine.
//!
//! Reads the program interpreter (ELF `PT_INTERP`) of the machine's own shell. The name of the
//! distribution is not enough: Void Linux has a musl edition, and Alpine images may have glibc.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How much of a program is read, in bytes. The name of its interpreter is near its beginning.
const LONGEST: usize = 16 * 1024;

/// Returns `gnu`, `musl`, `gnueabihf` or `gnueabi`; `None` if it cannot be detected.
#[must_use]
pub fn detect() -> Option<&'static str> {
    let programs = ["/bin/sh", "/usr/bin/env", "/bin/ls", "/sbin/init"];
    let told = programs
        .iter()
        .find_map(|path| of_loader(&loader(Path::new(path))?));
    // If these programs are all static, the machine still has a loader for everything else.
    told.or_else(|| {
        let loaders = std::fs::read_dir("/lib").ok()?.flatten();
        let names = loaders.filter_map(|entry| entry.file_name().into_string().ok());
        let known: Vec<_> = names.filter_map(|name| of_loader(&name)).collect();
        known.first().copied()
    })
}

/// Returns the program interpreter, which is the dynamic loader, that a program needs:
/// `/lib64/ld-linux-x86-64.so.2`. `None` if it is static, or not an ELF file.
#[must_use]
pub fn loader(program: &Path) -> Option<String> {
    let mut head = Vec::with_capacity(LONGEST);
    let file = File::open(program).ok()?;
    file.take(LONGEST as u64).read_to_end(&mut head).ok()?;
    interpreter(&head)
}

/// Returns the libc that a dynamic loader belongs to.
#[must_use]
pub fn of_loader(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next()?;
    if name.starts_with("ld-musl-") {
        Some("musl")
    } else if name.starts_with("ld-linux-armhf") {
        Some("gnueabihf")
    } else if name.starts_with("ld-linux.so") && cfg!(target_arch = "arm") {
        Some("gnueabi")
    } else if name.starts_with("ld-linux") || name.starts_with("ld64.so") || name == "ld.so.1" {
        Some("gnu")
    } else {
        None
    }
}

/// Reads `PT_INTERP` from the first bytes of a little-endian ELF file.
fn interpreter(head: &[u8]) -> Option<String> {
    const PT_INTERP: u64 = 3;
    let number = |at: usize, size: usize| -> Option<u64> {
        let bytes = head.get(at..at.checked_add(size)?)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        )
    };
    if !head.starts_with(b"\x7fELF") || head.get(5) != Some(&1) {
        return None;
    }
    let wide = match head.get(4)? {
        1 => false,
        2 => true,
        _ => return None,
    };
    // Offsets of e_phoff, e_phentsize, e_phnum; then of p_offset and p_filesz, from elf(5).
    let (table, entry_size, count) = if wide { (32, 54, 56) } else { (28, 42, 44) };
    let (offset, size) = if wide { (8, 32) } else { (4, 16) };
    let word = if wide { 8 } else { 4 };
    let table = usize::try_from(number(table, word)?).ok()?;
    let entry_size = usize::try_from(number(entry_size, 2)?).ok()?;
    for index in 0..usize::try_from(number(count, 2)?).ok()? {
        let entry = table.checked_add(index.checked_mul(entry_size)?)?;
        if number(entry, 4)? == PT_INTERP {
            let start = usize::try_from(number(entry + offset, word)?).ok()?;
            let length = usize::try_from(number(entry + size, word)?).ok()?;
            let path = head.get(start..start.checked_add(length)?)?;
            let path = path.split(|byte| *byte == 0).next()?;
            return String::from_utf8(path.to_vec()).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest ELF header that names a program interpreter.
    fn elf(path: &str) -> Vec<u8> {
        let mut head = vec![0; 64 + 56];
        head[..6].copy_from_slice(b"\x7fELF\x02\x01");
        head[32] = 64;
        head[54] = 56;
        head[56] = 1;
        head[64] = 3;
        head[64 + 8] = 120;
        head[64 + 32] = u8::try_from(path.len() + 1).expect("short");
        head.extend_from_slice(path.as_bytes());
        head.push(0);
        head
    }

    #[test]
    fn the_program_interpreter_identifies_the_libc() {
        let check = |path: &str, libc: Option<&str>| {
            let read = interpreter(&elf(path)).expect("interpreter");
            assert_eq!(read, path);
            assert_eq!(of_loader(&read), libc, "{path}");
        };
        check("/lib64/ld-linux-x86-64.so.2", Some("gnu"));
        check("/lib/ld-linux-aarch64.so.1", Some("gnu"));
        check("/lib/ld-musl-x86_64.so.1", Some("musl"));
        check("/lib/ld-linux-armhf.so.3", Some("gnueabihf"));
        check(
            "/nix/store/abc-glibc-2.40/lib/ld-linux-x86-64.so.2",
            Some("gnu"),
        );
        check("/lib/ld-uClibc.so.0", None);
    }

    #[test]
    fn damaged_headers_are_ignored() {
        let whole = elf("/lib64/ld-linux-x86-64.so.2");
        for end in 0..whole.len() - 1 {
            assert_eq!(interpreter(&whole[..end]), None, "{end}");
        }
        let mut far = whole;
        far[32..40].copy_from_slice(&[0xff; 8]);
        assert_eq!(interpreter(&far), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_libc_of_this_machine_is_detected() {
        assert!(detect().is_some());
    }
}
