//! Wheels with small extension modules, and a way to read them as `ftpy check` does.

use crate::support::archives::sha256_hex;
use crate::support::elf_module::Module;
use crate::support::zip::{ZipMember, zip};
use ftpy::cancel::Cancel;
use ftpy::check::{WheelFile, WheelPlace, fallback_abi};
use ftpy::env::Env;
use ftpy::error::Failure;
use ftpy::net::Net;
use ftpy::policy::Policy;
use ftpy::report::{Options, Reporter};
use ftpy::store::Store;
use ftpy::wheel_reader::{
    ReadOptions, ReaderTools, WheelError, WheelRead, WheelToRead, read_wheels,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file name of a wheel of `demo`.
pub const NAME: &str = "demo-1.0-cp314-cp314t-manylinux_2_28_x86_64.whl";
/// The module that every wheel has.
pub const MODULE: &str = "demo/x.cpython-314t-x86_64-linux-gnu.so";

/// A module that keeps the GIL off, or one that turns it on.
pub fn module(keeps_off: bool) -> Vec<u8> {
    let module = Module {
        slots: vec![(4, u64::from(keeps_off)), (0, 0)],
        ..Module::default()
    };
    module.build()
}

/// Bytes that cannot be compressed.
pub fn noise(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    std::iter::repeat_with(|| random.u8(..))
        .take(length)
        .collect()
}

/// The members of a wheel of `demo`: these files, METADATA, and a RECORD of all of them.
pub fn members(files: &[(&str, Vec<u8>)]) -> Vec<ZipMember> {
    let metadata = b"Metadata-Version: 2.4\nName: demo\nVersion: 1.0\n\
                     Project-URL: Issues, https://bugs.example/demo\n\nText.\n";
    let mut all: Vec<(&str, Vec<u8>)> = files.to_vec();
    all.push(("demo-1.0.dist-info/METADATA", metadata.to_vec()));
    let record = record(&all);
    all.push(("demo-1.0.dist-info/RECORD", record.into_bytes()));
    let members = all.into_iter();
    members
        .map(|(name, data)| ZipMember::new(name, data))
        .collect()
}

/// A RECORD of these files.
pub fn record(files: &[(&str, Vec<u8>)]) -> String {
    let mut text = String::new();
    for (name, data) in files {
        let digest = sha256_base64(data);
        text += &format!("{name},sha256={digest},{}\n", data.len());
    }
    text + "demo-1.0.dist-info/RECORD,,\n"
}

fn sha256_base64(data: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let hex = sha256_hex(data);
    let digit = |at: usize| u32::from_str_radix(&hex[at..=at], 16).expect("hex");
    // 64 hexadecimal digits of 4 bits are 43 of 6 bits, with two zero bits at the end.
    let bit = |at: usize| match at {
        256.. => 0,
        _ => digit(at / 4) >> (3 - at % 4) & 1,
    };
    let letters = (0..43).map(|letter| {
        let value = (0..6).fold(0, |value, at| value << 1 | bit(letter * 6 + at));
        char::from(LETTERS[value as usize])
    });
    letters.collect()
}

/// A wheel with one module, behind this much data that is not needed.
pub fn wheel(keeps_off: bool, padding: usize) -> Vec<u8> {
    let files = [
        ("demo/data.bin", noise(padding)),
        (MODULE, module(keeps_off)),
        ("demo/__init__.py", b"from demo import x\n".to_vec()),
    ];
    zip(&members(&files))
}

/// Reads wheels with a store of its own.
pub struct Reading {
    home: tempfile::TempDir,
    /// `--offline`
    pub is_offline: bool,
    /// How wheels are read.
    pub options: ReadOptions,
    /// What Ctrl-C sets.
    pub cancel: Cancel,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            home: tempfile::tempdir().expect("tempdir"),
            is_offline: false,
            options: ReadOptions::default(),
            cancel: Cancel::default(),
        }
    }
}

impl Reading {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The directory of the store.
    pub fn store(&self) -> PathBuf {
        self.home.path().join("store")
    }

    /// Writes a wheel to the disk.
    pub fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.home.path().join(NAME);
        std::fs::write(&path, bytes).expect("write");
        path
    }

    /// Reads several wheels.
    pub fn all(
        &self,
        wheels: &[WheelToRead],
    ) -> Result<Vec<Result<WheelRead, WheelError>>, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build();
        let mut env = Env::read().expect("an environment");
        env.connections = Default::default();
        let reporter = Arc::new(Reporter::plain(Options::default()));
        let policy = Arc::new(Policy::default());
        let net = Net::new(
            &env,
            self.is_offline,
            policy,
            self.cancel.clone(),
            Arc::clone(&reporter),
        );
        let store = Store::at(self.store());
        let tools = ReaderTools {
            net: &net,
            store: &store,
            reporter: &reporter,
        };
        let runtime = runtime.expect("a runtime");
        runtime.block_on(read_wheels(tools, wheels, self.options))
    }

    /// Reads a wheel.
    pub fn one(&self, wheel: WheelToRead) -> Result<WheelRead, WheelError> {
        let mut all = self.all(&[wheel]).expect("not interrupted");
        all.pop().expect("one result")
    }

    /// Reads a wheel from the disk.
    pub fn local(&self, bytes: &[u8]) -> Result<WheelRead, WheelError> {
        self.one(local(&self.file(bytes)))
    }

    /// The cached reports.
    pub fn cached(&self) -> Vec<PathBuf> {
        let entries = |directory: &Path| {
            let entries = std::fs::read_dir(directory).into_iter().flatten();
            let paths = entries.flatten().map(|entry| entry.path());
            paths.collect::<Vec<_>>()
        };
        let parts = entries(&self.store().join("cache/wheels")).into_iter();
        let all = parts.flat_map(|part| match part.is_dir() {
            true => entries(&part),
            false => vec![part],
        });
        all.collect()
    }
}

/// A wheel on the disk, without a listed digest.
pub fn local(path: &Path) -> WheelToRead {
    of_place(WheelPlace::File(path.to_owned()))
}

/// A wheel on a server; `bytes` are what the list describes.
pub fn remote(url: &str, bytes: Option<&[u8]>) -> WheelToRead {
    let mut wheel = of_place(WheelPlace::Url(url.into()));
    wheel.wheel.sha256 = bytes.map(|bytes| sha256_hex(bytes).parse().expect("a digest"));
    wheel.wheel.size = bytes.map(|bytes| bytes.len() as u64);
    wheel
}

fn of_place(place: WheelPlace) -> WheelToRead {
    let wheel = WheelFile {
        name: NAME.parse().expect("the name of a wheel"),
        place,
        sha256: None,
        size: None,
    };
    let abi = fallback_abi(&wheel.name, None);
    WheelToRead { wheel, abi }
}

/// `demo.x off`
pub fn verdicts(read: &WheelRead) -> Vec<String> {
    let modules = read.report.modules.iter();
    let line =
        |module: &ftpy::check::ModuleReport| format!("{} {}", module.module, module.verdict.word());
    modules.map(line).collect()
}
