//! Turns the records of a list into those that the solver takes. Pure.

use crate::parser_limits::is_excessive_spec;
use crate::secret_url::SecretUrl;
use rattler_conda_types::package::{
    ArchiveIdentifier, CondaArchiveType, DistArchiveIdentifier, DistArchiveType,
};
use rattler_conda_types::{PackageRecord, RepoDataRecord, Shard};
use std::collections::HashSet;
use std::fmt;
use url::Url;

/// Where the packages of a list are.
#[derive(Debug)]
pub(super) struct Origin {
    /// The URL of the channel, without secrets.
    channel: String,
    subdir: String,
    /// The URL of the directory of the packages, with a slash at its end.
    packages: String,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.channel, self.subdir)
    }
}

impl Origin {
    /// The list at `channel` and `subdir` announces `base_url`.
    ///
    /// # Errors
    /// Returns a message if nothing can be below that URL.
    pub(super) fn new(channel: &Url, subdir: &str, base_url: Option<&str>) -> Result<Self, String> {
        let list = directory(channel, subdir)?;
        let packages = directory(&list, base_url.unwrap_or_default())?;
        Ok(Self {
            channel: SecretUrl::from(channel.as_str()).to_string(),
            subdir: subdir.to_owned(),
            packages: packages.into(),
        })
    }

    /// Returns the records of the package `name`. A build in both formats is taken as `.conda`.
    ///
    /// # Errors
    /// Returns a message if a file has no URL.
    pub(super) fn records(
        &self,
        shard: Shard,
        name: &str,
        removed: &HashSet<String>,
    ) -> Result<Vec<RepoDataRecord>, String> {
        let is_removed = |file: &DistArchiveIdentifier| {
            shard.removed.contains(file) || removed.contains(&file.to_file_name())
        };
        let with = |kind: CondaArchiveType| {
            move |(identifier, record)| (DistArchiveIdentifier::new(identifier, kind), record)
        };
        let newer = (shard
            .v3
            .conda
            .into_iter()
            .map(with(CondaArchiveType::Conda)))
        .chain((shard.v3.tar_bz2.into_iter()).map(with(CondaArchiveType::TarBz2)));
        let older = shard.conda_packages.into_iter().chain(shard.packages);
        // The files of `v3` are described there.
        let mut seen: HashSet<DistArchiveIdentifier> = HashSet::new();
        let mut found: Vec<(DistArchiveIdentifier, PackageRecord)> = newer
            .chain(older)
            .filter(|(file, record)| {
                record.name.as_normalized() == name
                    && !is_removed(file)
                    && !is_hostile(record)
                    && seen.insert(file.clone())
            })
            .collect();
        let is_conda = |file: &DistArchiveIdentifier| {
            file.archive_type == DistArchiveType::Conda(CondaArchiveType::Conda)
        };
        let twins = found
            .iter()
            .map(|(file, _)| file)
            .filter(|file| is_conda(file));
        let twins: HashSet<ArchiveIdentifier> = twins.map(|file| file.identifier.clone()).collect();
        found.retain(|(file, _)| is_conda(file) || !twins.contains(&file.identifier));
        found.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let records = found
            .into_iter()
            .map(|(file, record)| self.record(file, record));
        records.collect()
    }

    fn record(
        &self,
        identifier: DistArchiveIdentifier,
        mut package_record: PackageRecord,
    ) -> Result<RepoDataRecord, String> {
        let url = format!("{}{}", self.packages, identifier.to_file_name());
        let url = Url::parse(&url).map_err(|error| {
            let url = SecretUrl::from(url);
            format!("{url} is not a URL: {error}")
        })?;
        if package_record.subdir.is_empty() {
            package_record.subdir.clone_from(&self.subdir);
        }
        Ok(RepoDataRecord {
            package_record,
            identifier,
            url,
            channel: Some(self.channel.clone()),
        })
    }
}

/// Whether what a record depends on would crash the solver, or its build cannot be part of a spec.
fn is_hostile(record: &PackageRecord) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_.+".contains(c);
    let extra = record.extra_depends.values().flatten();
    let mut specs = record.depends.iter().chain(&record.constrains).chain(extra);
    !record.build.as_str().chars().all(is_part) || specs.any(|spec| is_excessive_spec(spec))
}

/// The URL of a directory below another one, or anywhere.
///
/// # Errors
/// Returns a message if nothing can be below that URL.
pub(super) fn directory(above: &Url, path: &str) -> Result<Url, String> {
    let shown = SecretUrl::from(path);
    let joined = above.join(path);
    let mut url = joined.map_err(|error| format!("it announces the URL {shown}: {error}"))?;
    if url.cannot_be_a_base() {
        return Err(format!("it announces the URL {shown}, which has no files"));
    }
    url.set_query(None);
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn found(shard: Value, removed: &[&str]) -> Vec<String> {
        let shard = serde_json::from_value(shard).expect("a shard");
        let channel = Url::parse("https://h.example/t/s3cret/c/").expect("a URL");
        let origin = Origin::new(&channel, "noarch", Some("../other?x=1")).expect("an origin");
        let removed = removed.iter().map(|&file| file.to_owned()).collect();
        let records = origin.records(shard, "a", &removed).expect("records");
        let shown = |record: &RepoDataRecord| {
            assert!(
                !record
                    .channel
                    .as_deref()
                    .expect("a channel")
                    .contains("s3cret")
            );
            assert_eq!(record.package_record.subdir, "noarch");
            record
                .url
                .to_string()
                .replace("https://h.example/t/s3cret/c/other/", "")
        };
        records.iter().map(shown).collect()
    }

    #[test]
    fn each_build_of_the_package_is_taken_once() {
        let record = |name: &str, version: &str| {
            json!({"name": name, "version": version, "build": "0", "build_number": 0,
                "subdir": "", "depends": []})
        };
        let shard = json!({
            "packages": {
                "a-1-0.tar.bz2": record("a", "1"), "a-2-0.tar.bz2": record("a", "2"),
                "a-3-0.tar.bz2": record("a", "3"), "a-4-0.tar.bz2": record("a", "4"),
                "b-1-0.tar.bz2": record("b", "1"),
            },
            "packages.conda": {"a-1-0.conda": record("a", "1")},
            "v3": {"conda": {"a-5-0": record("a", "5"), "a-1-0": record("a", "1")}},
            "removed": ["a-3-0.tar.bz2"],
        });
        let expected = ["a-1-0.conda", "a-2-0.tar.bz2", "a-5-0.conda"];
        assert_eq!(found(shard, &["a-4-0.tar.bz2"]), expected);
    }

    #[test]
    fn a_record_that_would_crash_the_solver_is_left_out() {
        let deep = |depth: usize| format!("b {}>=3{}", "(".repeat(depth), ")".repeat(depth));
        for field in ["depends", "constrains"] {
            let record = |version: &str, depth: usize| {
                json!({"name": "a", "version": version, "build": "0", "build_number": 0,
                    "subdir": "", field: [deep(depth)]})
            };
            let shard = json!({"packages": {}, "packages.conda": {
                "a-1-0.conda": record("1", 2), "a-2-0.conda": record("2", 100_000)}});
            assert_eq!(found(shard, &[]), ["a-1-0.conda"], "{field}");
        }
        let record = |build: &str| {
            json!({"name": "a", "version": "1", "build": build, "build_number": 0, "subdir": "",
                "depends": []})
        };
        let shard = json!({"packages": {}, "packages.conda": {
            "a-1-0.conda": record("0"), "a-1-1.conda": record("0',version='((")}});
        assert_eq!(found(shard, &[]), ["a-1-0.conda"]);
    }

    #[test]
    fn a_url_without_files_is_refused() {
        let channel = Url::parse("https://h.example/c/").expect("a URL");
        for url in ["mailto:x", "http://[", "data:,x"] {
            assert!(Origin::new(&channel, "noarch", Some(url)).is_err(), "{url}");
        }
        for (url, expected) in [
            (None, "https://h.example/c/noarch/"),
            (Some(""), "https://h.example/c/noarch/"),
            (Some("./"), "https://h.example/c/noarch/"),
            (Some("/x"), "https://h.example/x/"),
            (Some("https://o.example"), "https://o.example/"),
        ] {
            let origin = Origin::new(&channel, "noarch", url).expect("an origin");
            assert_eq!(origin.packages, expected);
        }
    }
}
