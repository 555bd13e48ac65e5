//! The list of packages of a survey, and the part of it that one shard takes.
//!
//! A line is a name; `#` starts a comment. Blank lines, a byte order mark and Windows' line ends
//! are accepted, and names that mean the same package count once.

use crate::digest::Digest;
use crate::wheel::normalized_name;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The names in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The normalized names, sorted.
    pub names: BTreeSet<String>,
    /// The lines that are not a name: the number, from 1, and the text.
    pub refused: Vec<(usize, String)>,
}

impl Names {
    /// Reads a list.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut found = Self::default();
        let text = text.trim_start_matches('\u{feff}');
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            match is_name(line) {
                true => {
                    found.names.insert(normalized_name(line));
                }
                false => found.refused.push((number + 1, line.to_owned())),
            }
        }
        found
    }
}

/// Whether a text is a name of a package (PEP 508).
fn is_name(text: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    text.len() <= 128 && is_end(bytes.first()) && is_end(bytes.last()) && bytes.iter().all(is_inner)
}

/// One of several parts of a survey: `2/8`. A package stays in its part if the list changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// The part, from 1.
    pub number: u32,
    /// How many parts there are.
    pub of: u32,
}

/// The text does not name a part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a part of a survey such as 1/8, the first of eight")]
pub struct NotAShard(String);

impl Shard {
    /// Whether a package belongs to this part.
    #[must_use]
    pub fn takes(self, name: &str) -> bool {
        let digest = Digest::of(name.as_bytes()).to_string();
        let start = u32::from_str_radix(&digest[..8], 16).unwrap_or_default();
        start % self.of == self.number - 1
    }
}

impl FromStr for Shard {
    type Err = NotAShard;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || NotAShard(text.to_owned());
        let (number, of) = text.split_once('/').ok_or_else(refused)?;
        let number: u32 = number.parse().map_err(|_| refused())?;
        let of: u32 = of.parse().map_err(|_| refused())?;
        match (1..=of).contains(&number) {
            true => Ok(Self { number, of }),
            false => Err(refused()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_may_have_comments_duplicates_a_byte_order_mark_and_windows_line_ends() {
        let text = "\u{feff}# much used\r\nNumPy\r\n\r\nscikit_image # pictures\r\nnumpy\r\n\
                    a b\r\n../etc\r\n-x\r\nh3==4\r\n\u{fc}ber\r\n";
        let found = Names::parse(text);
        let names: Vec<_> = found.names.iter().map(String::as_str).collect();
        assert_eq!(names, ["numpy", "scikit-image"]);
        let lines: Vec<_> = found.refused.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [6, 7, 8, 9, 10]);
        assert_eq!(Names::parse("").names.len(), 0);
    }

    #[test]
    fn each_package_is_in_exactly_one_shard() {
        let shards: Vec<Shard> = (1..=3).map(|number| Shard { number, of: 3 }).collect();
        for name in ["numpy", "lxml", "h3", "cffi", "a"] {
            let taking = shards.iter().filter(|shard| shard.takes(name));
            assert_eq!(taking.count(), 1, "{name}");
        }
        assert_eq!("2/8".parse(), Ok(Shard { number: 2, of: 8 }));
        for wrong in ["0/8", "9/8", "1", "a/b", "1/0", "-1/2", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
