//! Removes byte code that the interpreter would write again at the first import: it records another
//! time or size of its source. The installation would then no longer be as it was installed.
//!
//! The header of a `.pyc` file is described in PEP 552: a magic number, flags, then the source's time
//! and size, or a digest of it, each of four bytes.

use crate::store::Inventory;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;

/// Removes stale byte code below `made`, also from `inventory`.
pub fn drop_stale(made: &Path, inventory: &mut Inventory) {
    let is_stale = |path: &&String| {
        let source = source_of(path).and_then(|source| made.join(source).metadata().ok());
        source.is_some_and(|source| differs(&made.join(path.as_str()), &source))
    };
    let stale: Vec<String> = inventory.files.keys().filter(is_stale).cloned().collect();
    for path in stale {
        let _ = std::fs::remove_file(made.join(&path));
        inventory.remove(&path);
    }
}

/// `lib/os.py` for `lib/__pycache__/os.cpython-314t.pyc`.
fn source_of(path: &str) -> Option<String> {
    let (folder, name) = path.strip_suffix(".pyc")?.rsplit_once('/')?;
    let above = folder.strip_suffix("__pycache__")?;
    let module = name.split('.').next()?;
    Some(format!("{above}{module}.py"))
}

/// Returns whether byte code records another time or size of its source. Byte code with a digest
/// records neither.
fn differs(bytecode: &Path, source: &Metadata) -> bool {
    let mut header = [0; 16];
    let read = File::open(bytecode).and_then(|mut file| file.read_exact(&mut header));
    let [_, _, _, _, f0, f1, f2, f3, recorded @ ..] = header;
    if read.is_err() || u32::from_le_bytes([f0, f1, f2, f3]) != 0 {
        return false;
    }
    let Ok(modified) = source.modified() else {
        return false;
    };
    // A time before 1970 cannot be recorded.
    let since = modified.duration_since(std::time::UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    // The interpreter keeps the lowest 32 bits of both.
    let low = |number: u64| number.to_le_bytes()[..4].to_vec();
    recorded[..] != [low(seconds), low(source.len())].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::FileTimes;
    use std::time::{Duration, SystemTime};

    #[test]
    fn only_byte_code_that_would_be_written_again_is_removed() {
        let home = tempfile::tempdir().expect("tempdir");
        let made = home.path();
        std::fs::create_dir_all(made.join("lib/__pycache__")).expect("mkdir");
        let time = 1_700_000_000_u32;
        let write = |module: &str, flags: u32, time_in_header: u32, size: u32| {
            let source = made.join(format!("lib/{module}.py"));
            std::fs::write(&source, "x = 1\n").expect("write");
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(time.into());
            let file = File::options().write(true).open(source).expect("open");
            file.set_times(FileTimes::new().set_modified(at))
                .expect("times");
            let words = [0x0a0d_0e2b, flags, time_in_header, size];
            let header: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
            let cache = made.join(format!("lib/__pycache__/{module}.cpython-314t.pyc"));
            std::fs::write(cache, header).expect("write");
        };
        write("same", 0, time, 6);
        write("older", 0, time - 1, 6);
        write("longer", 0, time, 7);
        write("unchecked", 1, 0, 0);
        write("checked", 3, 0, 0);
        std::fs::write(made.join("lib/__pycache__/short.pyc"), "x").expect("write");
        std::fs::write(made.join("lib/__pycache__/alone.pyc"), [0; 16]).expect("write");
        let mut inventory = Inventory::of_tree(made).expect("a tree");
        let before = inventory.files.len();
        drop_stale(made, &mut inventory);
        assert_eq!(inventory.files.len(), before - 2);
        for (module, stays) in [
            ("same", true),
            ("older", false),
            ("longer", false),
            ("unchecked", true),
            ("checked", true),
        ] {
            let path = format!("lib/__pycache__/{module}.cpython-314t.pyc");
            assert_eq!(inventory.files.contains_key(&path), stays, "{module}");
            assert_eq!(made.join(path).exists(), stays, "{module}");
        }
    }
}
