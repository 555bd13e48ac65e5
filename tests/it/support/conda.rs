//! Conda packages for tests, written byte by byte: `.conda` and `.tar.bz2`, with `info/` in
//! conda-build's format.

use crate::support::archives::{ArchiveBuilder, sha256_hex};
use serde_json::{Value, json};
use std::io::Write;

/// conda-build's placeholder for the prefix: 255 bytes.
pub fn placeholder() -> String {
    let mut text = "/opt/build/_h_env".to_owned();
    while text.len() < 255 {
        text.push_str("_placehold");
    }
    text.truncate(255);
    text
}

/// One file of a package.
#[derive(Clone)]
pub struct File {
    path: String,
    bytes: Vec<u8>,
    mode: u32,
    link: Option<String>,
    placeholder: Option<(String, &'static str)>,
}

/// A package under construction.
#[derive(Clone)]
pub struct Package {
    /// `python`
    pub name: String,
    /// `3.14.7`
    pub version: String,
    /// `h0_2_cp314t`
    pub build: String,
    /// `linux-64` or `noarch`
    pub subdir: String,
    /// Additions to its record, such as `depends`; they override other values.
    pub extra: Value,
    /// Whether the channel contains its digest.
    pub has_sha256: bool,
    is_tar_bz2: bool,
    has_descriptors: bool,
    noarch: Option<&'static str>,
    entry_points: Vec<String>,
    files: Vec<File>,
    lie: Option<String>,
    own_index: Value,
    own_link: Option<Value>,
    listed: Vec<Value>,
    entries: fn(ArchiveBuilder) -> ArchiveBuilder,
}

impl Package {
    /// A package for this machine, as `.conda`.
    pub fn new(name: &str, version: &str, build: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            build: build.to_owned(),
            subdir: "linux-64".to_owned(),
            extra: json!({}),
            has_sha256: true,
            is_tar_bz2: false,
            has_descriptors: false,
            noarch: None,
            entry_points: Vec::new(),
            files: Vec::new(),
            lie: None,
            own_index: json!({}),
            own_link: None,
            listed: Vec::new(),
            entries: |archive| archive,
        }
    }

    /// A package for every machine: `python` or `generic`.
    pub fn noarch(mut self, kind: &'static str) -> Self {
        self.noarch = Some(kind);
        self.subdir = "noarch".to_owned();
        self
    }

    /// Its dependencies.
    pub fn depends(mut self, on: &[&str]) -> Self {
        self.extra["depends"] = json!(on);
        self
    }

    /// Uses the older format.
    pub fn tar_bz2(mut self) -> Self {
        self.is_tar_bz2 = true;
        self
    }

    /// Writes the members' sizes after them, like a writer that cannot seek.
    pub fn with_descriptors(mut self) -> Self {
        self.has_descriptors = true;
        self
    }

    /// A script of a noarch Python package.
    pub fn entry_point(mut self, text: &str) -> Self {
        self.entry_points.push(text.to_owned());
        self
    }

    /// A file without a placeholder.
    pub fn file(mut self, path: &str, bytes: impl Into<Vec<u8>>, mode: u32) -> Self {
        self.files.push(File {
            path: path.to_owned(),
            bytes: bytes.into(),
            mode,
            link: None,
            placeholder: None,
        });
        self
    }

    /// A symbolic link.
    pub fn symlink(self, path: &str, target: &str) -> Self {
        let mut package = self.file(path, "", 0o777);
        if let Some(file) = package.files.last_mut() {
            file.link = Some(target.to_owned());
        }
        package
    }

    /// A file that contains `placeholder`: `text` or `binary`.
    pub fn placed(
        self,
        path: &str,
        bytes: impl Into<Vec<u8>>,
        placeholder: &str,
        mode: &'static str,
    ) -> Self {
        let mut package = self.file(path, bytes, 0o755);
        if let Some(file) = package.files.last_mut() {
            file.placeholder = Some((placeholder.to_owned(), mode));
        }
        package
    }

    /// Replaces the contents of a file, and updates its list.
    pub fn replaced(mut self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let file = self.files.iter_mut().find(|file| file.path == path);
        file.expect("a file").bytes = bytes.into();
        self
    }

    /// Replaces the digest of a file in its list.
    pub fn lying_about(mut self, path: &str) -> Self {
        self.lie = Some(path.to_owned());
        self
    }

    /// Changes a field in its own `info/index.json`, but not in the channel.
    pub fn claiming(mut self, name: &str, value: Value) -> Self {
        self.own_index[name] = value;
        self
    }

    /// Adds this `info/link.json`.
    pub fn with_link_json(mut self, link: Value) -> Self {
        self.own_link = Some(link);
        self
    }

    /// Adds any entry to its list of files.
    pub fn listing(mut self, entry: Value) -> Self {
        self.listed.push(entry);
        self
    }

    /// Adds these entries after its files, but not to its list.
    pub fn with_entries(mut self, entries: fn(ArchiveBuilder) -> ArchiveBuilder) -> Self {
        self.entries = entries;
        self
    }

    /// `python-3.14.7-h0_2_cp314t.conda`
    pub fn file_name(&self) -> String {
        let ending = if self.is_tar_bz2 { "tar.bz2" } else { "conda" };
        format!("{}.{ending}", self.stem())
    }

    fn stem(&self) -> String {
        format!("{}-{}-{}", self.name, self.version, self.build)
    }

    /// `2` of `h0_2_cp314t`
    fn number(&self) -> u64 {
        let mut parts = self.build.split('_').rev();
        parts.find_map(|part| part.parse().ok()).unwrap_or(0)
    }

    fn index_json(&self) -> Value {
        let mut index = json!({
            "name": self.name, "version": self.version, "build": self.build,
            "build_number": self.number(), "subdir": self.subdir, "depends": [],
            "license": "none", "timestamp": 1_757_000_000_000_u64,
        });
        if let Some(kind) = self.noarch {
            index["noarch"] = json!(kind);
        }
        for (name, value) in self.extra.as_object().expect("an object") {
            index[name] = value.clone();
        }
        index
    }

    fn info(&self, archive: ArchiveBuilder) -> ArchiveBuilder {
        let mut paths: Vec<Value> = self.files.iter().map(paths_entry).collect();
        for path in &mut paths {
            if path["_path"].as_str() == self.lie.as_deref() {
                path["sha256"] = json!("0".repeat(64));
            }
        }
        paths.extend(self.listed.iter().cloned());
        let files: Vec<&str> = self.files.iter().map(|file| file.path.as_str()).collect();
        let text = |value: Value| value.to_string();
        let mut index = self.index_json();
        for (name, value) in self.own_index.as_object().expect("an object") {
            index[name] = value.clone();
        }
        let archive = archive
            .file("info/index.json", text(index), 0o644)
            .file("info/about.json", "{}", 0o644)
            .file("info/files", files.join("\n"), 0o644)
            .file(
                "info/paths.json",
                text(json!({"paths": paths, "paths_version": 1})),
                0o644,
            );
        if let Some(link) = &self.own_link {
            return archive.file("info/link.json", text(link.clone()), 0o644);
        }
        if self.noarch != Some("python") {
            return archive;
        }
        let noarch = json!({"type": "python", "entry_points": self.entry_points});
        let link = json!({"noarch": noarch, "package_metadata_version": 1});
        archive.file("info/link.json", text(link), 0o644)
    }

    fn payload(&self, mut archive: ArchiveBuilder) -> ArchiveBuilder {
        for file in &self.files {
            archive = match &file.link {
                Some(target) => archive.symlink(&file.path, target),
                None => archive.file(&file.path, &file.bytes, file.mode),
            };
        }
        (self.entries)(archive)
    }

    /// All of its files, as one archive.
    pub fn payload_and_info(&self) -> ArchiveBuilder {
        self.payload(self.info(ArchiveBuilder::new()))
    }

    /// The archive, and its record in a channel.
    pub fn build(&self) -> (Vec<u8>, Value) {
        let bytes = if self.is_tar_bz2 {
            let tar = self.payload(self.info(ArchiveBuilder::new())).tar();
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(&tar).expect("memory takes all");
            encoder.finish().expect("memory takes all")
        } else {
            let stem = self.stem();
            let zst = |archive: ArchiveBuilder| archive.tar_zst();
            let members = [
                (
                    "metadata.json".to_owned(),
                    b"{\"conda_pkg_format_version\": 2}".to_vec(),
                ),
                (
                    format!("pkg-{stem}.tar.zst"),
                    zst(self.payload(ArchiveBuilder::new())),
                ),
                (
                    format!("info-{stem}.tar.zst"),
                    zst(self.info(ArchiveBuilder::new())),
                ),
            ];
            zip(&members, self.has_descriptors)
        };
        let mut record = self.index_json();
        record["size"] = json!(bytes.len());
        record["md5"] = json!("00000000000000000000000000000000");
        if self.has_sha256 {
            record["sha256"] = json!(sha256_hex(&bytes));
        }
        (bytes, record)
    }
}

fn paths_entry(file: &File) -> Value {
    let mut entry = json!({
        "_path": file.path, "path_type": "hardlink",
        "sha256": sha256_hex(&file.bytes), "size_in_bytes": file.bytes.len(),
    });
    if file.link.is_some() {
        entry["path_type"] = json!("softlink");
    }
    if let Some((placeholder, mode)) = &file.placeholder {
        entry["prefix_placeholder"] = json!(placeholder);
        entry["file_mode"] = json!(mode);
    }
    entry
}

/// A zip of stored members, which is the format of `.conda`.
pub fn zip(members: &[(String, Vec<u8>)], has_descriptors: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    let short = |number: usize| u16::try_from(number).expect("short").to_le_bytes();
    let long = |number: usize| u32::try_from(number).expect("long").to_le_bytes();
    for (name, data) in members {
        let mut crc = flate2::Crc::new();
        crc.update(data);
        let sizes = [crc.sum().to_le_bytes(), long(data.len()), long(data.len())].concat();
        let flags = if has_descriptors { 8 } else { 0 };
        let head = |sizes: &[u8]| {
            let fixed = [short(20), short(flags), short(0), short(0), short(33)].concat();
            [&fixed, sizes, &short(name.len()), &short(0)].concat()
        };
        let offset = bytes.len();
        bytes.extend(b"PK\x03\x04");
        bytes.extend(head(if has_descriptors { &[0; 12] } else { &sizes }));
        bytes.extend(name.bytes());
        bytes.extend(data);
        if has_descriptors {
            bytes.extend(b"PK\x07\x08");
            bytes.extend(&sizes);
        }
        directory.extend(b"PK\x01\x02");
        directory.extend(short(20));
        directory.extend(head(&sizes));
        directory.extend([0; 10]);
        directory.extend(long(offset));
        directory.extend(name.bytes());
    }
    let (start, length) = (bytes.len(), directory.len());
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(short(members.len()));
    bytes.extend(short(members.len()));
    bytes.extend(long(length));
    bytes.extend(long(start));
    bytes.extend([0, 0]);
    bytes
}
