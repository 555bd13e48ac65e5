//! The build script: compresses the large texts within the program. As they are, they would be a
//! twentieth of it. `src/embedded.rs` reads them.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The index, and the pages of the manual that `ftpy help` prints.
const INDEX: &str = "manifests/pbs.txt";
const PAGES: &str = "docs/manual";

#[expect(clippy::print_stdout, reason = "cargo reads the output")]
#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells the directory in a variable"
)]
fn main() {
    for path in ["manifests/embed.rs", INDEX, PAGES] {
        println!("cargo::rerun-if-changed={path}");
    }
    let out = std::env::var_os("OUT_DIR").expect("cargo sets it");
    let out = PathBuf::from(out);
    compress(Path::new(INDEX), &out);
    let sections = std::fs::read_dir(PAGES).expect("docs/manual");
    for section in sections.flatten().filter(|it| it.path().is_dir()) {
        let pages = std::fs::read_dir(section.path()).expect("a section");
        let pages = pages.flatten().map(|page| page.path());
        for page in pages.filter(|page| page.extension().is_some_and(|it| it == "md")) {
            compress(&page, &out);
        }
    }
}

/// Writes a file of the package, compressed, to the same path below `out`.
fn compress(file: &Path, out: &Path) {
    let text = std::fs::read(file).expect("a file of the package");
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&text).expect("written to memory");
    let compressed = encoder.finish().expect("written to memory");
    let target = out.join(file);
    let directory = target.parent().expect("below OUT_DIR");
    std::fs::create_dir_all(directory).expect("OUT_DIR is writable");
    std::fs::write(target, compressed).expect("OUT_DIR is writable");
}
