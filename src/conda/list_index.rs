//! Where the records of each package are in the text of a `repodata.json`. Pure.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

/// The maximum size of the records of one package, and of the other parts that are read.
const LARGEST: u64 = 256 << 20;

/// A part of the text: its first byte and its length.
pub type Span = (u64, u64);

/// Where things are in the text of a `repodata.json`.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListIndex {
    /// `info`
    pub(super) info: Option<Span>,
    /// `removed`
    pub(super) removed: Option<Span>,
    /// The records of each package: runs of `"file": {...}, "file": {...}`, each with the number
    /// of its section.
    pub(super) names: BTreeMap<String, Vec<(usize, u64, u64)>>,
}

/// The paths of the sections with records.
pub(super) const SECTIONS: [&[&str]; 4] = [
    &["packages"],
    &["packages.conda"],
    &["v3", "tar.bz2"],
    &["v3", "conda"],
];

impl ListIndex {
    /// Returns the text of `info`.
    ///
    /// # Errors
    /// Returns the errors of `read`, which reads parts of the text.
    pub(super) fn info(&self, read: impl Fn(Span) -> io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
        self.info
            .map_or_else(|| Ok(b"{}".into()), |span| part(span, read))
    }

    /// Returns the text of `removed`.
    ///
    /// # Errors
    /// Returns the errors of `read`.
    pub(super) fn removed(
        &self,
        read: impl Fn(Span) -> io::Result<Vec<u8>>,
    ) -> io::Result<Vec<u8>> {
        self.removed
            .map_or_else(|| Ok(b"[]".into()), |span| part(span, read))
    }

    /// Returns the records of one package as the text of a shard; `None` if it is not listed.
    ///
    /// # Errors
    /// Returns the errors of `read`.
    pub fn shard(
        &self,
        name: &str,
        read: impl Fn(Span) -> io::Result<Vec<u8>>,
    ) -> io::Result<Option<Vec<u8>>> {
        let Some(runs) = self.names.get(name) else {
            return Ok(None);
        };
        let mut sections: [Vec<u8>; SECTIONS.len()] = Default::default();
        for &(section, start, length) in runs {
            let Some(text) = sections.get_mut(section) else {
                return Err(io::Error::other("unknown section"));
            };
            if !text.is_empty() {
                text.push(b',');
            }
            text.extend(part((start, length), &read)?);
        }
        let [tar_bz2, conda, v3_tar_bz2, v3_conda] = sections;
        let parts: [&[u8]; 9] = [
            b"{\"packages\":{",
            &tar_bz2,
            b"},\"packages.conda\":{",
            &conda,
            b"},\"v3\":{\"tar.bz2\":{",
            &v3_tar_bz2,
            b"},\"conda\":{",
            &v3_conda,
            b"}}}",
        ];
        Ok(Some(parts.concat()))
    }
}

fn part(span: Span, read: impl Fn(Span) -> io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
    match span.1 > LARGEST {
        true => Err(io::Error::other(format!(
            "a part of it is larger than {LARGEST} bytes"
        ))),
        false => read(span),
    }
}
