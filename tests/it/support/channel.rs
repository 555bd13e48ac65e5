//! A conda channel for tests: packages with repodata in any form, on a server or a disk.

use crate::support::archives::sha256_hex;
use crate::support::conda::Package;
use crate::support::sandbox::Sandbox;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// The form of a channel's metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `repodata.json`
    Json,
    /// `repodata.json.zst`
    Zst,
    /// `repodata_shards.msgpack.zst`, and a file for each name (CEP 16).
    Sharded,
}

/// Packages, and their records by subdir.
#[derive(Default)]
pub struct Channel {
    files: Vec<(String, Vec<u8>)>,
    records: BTreeMap<String, BTreeMap<String, Value>>,
    /// The announced location of packages and shards, if not next to the repodata.
    elsewhere: Option<(String, String)>,
}

impl Channel {
    /// A channel of packages.
    pub fn of(packages: &[Package]) -> Self {
        let mut channel = Self::default();
        channel.records.entry("noarch".to_owned()).or_default();
        channel.records.entry("linux-64".to_owned()).or_default();
        for package in packages {
            let (bytes, record) = package.build();
            let file = package.file_name();
            channel
                .files
                .push((format!("{}/{file}", package.subdir), bytes));
            let records = channel.records.entry(package.subdir.clone()).or_default();
            records.insert(file, record);
        }
        channel
    }

    /// Announces other locations of packages and shards.
    pub fn say_elsewhere(&mut self, packages: &str, shards: &str) {
        self.elsewhere = Some((packages.to_owned(), shards.to_owned()));
    }

    /// Changes the record of a package.
    pub fn edit(&mut self, file: &str, edit: impl Fn(&mut Value)) {
        for records in self.records.values_mut() {
            if let Some(record) = records.get_mut(file) {
                edit(record);
            }
        }
    }

    /// Adds records of packages that do not exist.
    pub fn list(&mut self, subdir: &str, file: &str, record: Value) {
        let records = self.records.entry(subdir.to_owned()).or_default();
        records.insert(file.to_owned(), record);
    }

    /// Every file of the channel, below its base.
    pub fn all(&self, form: Form) -> Vec<(String, Vec<u8>)> {
        let mut all = self.files.clone();
        for (subdir, records) in &self.records {
            let of = |ending: &str| -> Map<String, Value> {
                let found = records.iter().filter(|(file, _)| file.ends_with(ending));
                found
                    .map(|(file, record)| (file.clone(), record.clone()))
                    .collect()
            };
            let repodata = json!({
                "info": {"subdir": subdir}, "packages": of(".tar.bz2"),
                "packages.conda": of(".conda"), "repodata_version": 1,
            });
            let text = repodata.to_string();
            match form {
                Form::Json => all.push((format!("{subdir}/repodata.json"), text.into())),
                Form::Zst => {
                    all.push((format!("{subdir}/repodata.json.zst"), zst(text.as_bytes())))
                }
                Form::Sharded => all.extend(shards(subdir, records, self.elsewhere.as_ref())),
            }
        }
        all
    }

    /// Serves it below `/<name>`; returns its URL.
    pub fn serve(&self, sandbox: &Sandbox, name: &str, form: Form) -> String {
        for (path, bytes) in self.all(form) {
            sandbox.server.file(&format!("/{name}/{path}"), bytes);
        }
        sandbox.server.url(&format!("/{name}"))
    }

    /// Writes it to a directory.
    pub fn write(&self, directory: &Path, form: Form) {
        for (path, bytes) in self.all(form) {
            let path = directory.join(path);
            std::fs::create_dir_all(path.parent().expect("parent")).expect("mkdir");
            std::fs::write(path, bytes).expect("write");
        }
    }
}

/// A sandbox with this one channel, and its URL.
pub fn sandbox(channel: &Channel, form: Form) -> (Sandbox, String) {
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    let url = channel.serve(&sandbox, "channel", form);
    sandbox.set("FTPY_CONDA_CHANNELS", &url);
    (sandbox, url)
}

/// Installs 3.14t offline from a channel in a directory.
pub fn install_from(sandbox: &Sandbox, directory: &Path) {
    let channel = directory.display().to_string();
    let arguments = ["install", "--from", "conda", "--channel", &channel, "3.14t"];
    sandbox.ok(&[&["--offline"][..], &arguments].concat());
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("memory takes all")
}

fn shards(
    subdir: &str,
    records: &BTreeMap<String, Value>,
    elsewhere: Option<&(String, String)>,
) -> Vec<(String, Vec<u8>)> {
    let below = |base: &String| format!("{base}/{subdir}/");
    let base = elsewhere.map_or("./".to_owned(), |(base, _)| below(base));
    let shards_base = elsewhere.map_or("./shards/".to_owned(), |(_, base)| {
        format!("{}shards/", below(base))
    });
    let mut by_name: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for (file, record) in records {
        let name = record["name"].as_str().expect("name").to_owned();
        by_name
            .entry(name)
            .or_default()
            .insert(file.clone(), record.clone());
    }
    let mut files = Vec::new();
    let mut index = BTreeMap::new();
    for (name, records) in by_name {
        let of = |ending: &str| -> Map<String, Value> {
            let found = records.iter().filter(|(file, _)| file.ends_with(ending));
            found
                .map(|(file, record)| (file.clone(), record.clone()))
                .collect()
        };
        let shard = json!({
            "packages": of(".tar.bz2"), "packages.conda": of(".conda"), "removed": [],
        });
        let bytes = zst(&msgpack(&shard));
        let digest = sha256_hex(&bytes);
        files.push((format!("{subdir}/shards/{digest}.msgpack.zst"), bytes));
        index.insert(name, json!({"sha256": digest}));
    }
    // In the index the digests are plain values without a name.
    let shards: Map<String, Value> = index
        .into_iter()
        .map(|(name, digest)| (name, digest["sha256"].clone()))
        .collect();
    let info = json!({
        "subdir": subdir, "base_url": base, "shards_base_url": shards_base,
        "created_at": "2026-01-01T00:00:00Z",
    });
    let mut bytes = vec![0x83];
    for (name, value) in [("info", msgpack(&info)), ("version", vec![1])] {
        bytes.extend(msgpack(&json!(name)));
        bytes.extend(value);
    }
    bytes.extend(msgpack(&json!("shards")));
    bytes.extend(map_head(shards.len()));
    for (name, digest) in &shards {
        bytes.extend(msgpack(&json!(name)));
        bytes.extend(binary(digest.as_str().expect("digest")));
    }
    files.push((format!("{subdir}/repodata_shards.msgpack.zst"), zst(&bytes)));
    files
}

/// Converts `JSON` to msgpack; digests are binary, as CEP 16 requires.
fn msgpack(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => vec![0xc0],
        Value::Bool(value) => vec![if *value { 0xc3 } else { 0xc2 }],
        Value::Number(number) => {
            let number = number.as_u64().expect("whole");
            [&[0xcf][..], &number.to_be_bytes()].concat()
        }
        Value::String(text) => {
            let length = u32::try_from(text.len()).expect("short").to_be_bytes();
            [&[0xdb][..], &length, text.as_bytes()].concat()
        }
        Value::Array(values) => {
            let length = u32::try_from(values.len()).expect("short").to_be_bytes();
            let parts = values.iter().flat_map(msgpack);
            [0xdd].into_iter().chain(length).chain(parts).collect()
        }
        Value::Object(map) => {
            let mut bytes = map_head(map.len());
            for (name, value) in map {
                bytes.extend(msgpack(&json!(name)));
                match (name.as_str(), value) {
                    ("sha256" | "md5", Value::String(hex)) => bytes.extend(binary(hex)),
                    _ => bytes.extend(msgpack(value)),
                }
            }
            bytes
        }
    }
}

fn map_head(length: usize) -> Vec<u8> {
    let length = u32::try_from(length).expect("short").to_be_bytes();
    [&[0xdf][..], &length].concat()
}

fn binary(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
    let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(digit).collect();
    let length = u8::try_from(bytes.len()).expect("short");
    [&[0xc4, length][..], &bytes].concat()
}
