//! Parses the channel and connection settings of `.condarc` and `.mambarc`. Other settings are
//! ignored. Pure; the module `machine` reads the files.
//!
//! As in conda, scalars and map entries of files with higher priority win, and their lists come
//! first. Variables in values (`${TOKEN}`) are not expanded.

use crate::net::{Connection, Verify};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The maximum size of a file, in bytes.
const LONGEST: usize = 64 << 10;
/// The maximum nesting of `[` and `{`: the YAML parser takes quadratic time.
const DEEPEST: usize = 64;
/// The maximum number of aliases (`*name`), each of which copies what its anchor contains.
const MOST_ALIASES: usize = 8;

/// The settings of one file, or of several merged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Condarc {
    /// `channels`
    pub channels: List,
    /// `default_channels`: the meaning of `defaults`.
    pub default_channels: List,
    /// `channel_alias`: the default location of names.
    pub channel_alias: Option<String>,
    /// `custom_channels`: the location of a name, without the name.
    pub custom_channels: BTreeMap<String, String>,
    /// `custom_multichannels`: several channels under one name.
    pub custom_multichannels: BTreeMap<String, List>,
    /// `mirrored_channels`: complete URLs of equivalent channels.
    pub mirrored_channels: BTreeMap<String, List>,
    /// `ssl_verify`
    pub ssl_verify: Option<SslVerify>,
    /// `proxy_servers`
    pub proxy_servers: BTreeMap<String, Option<String>>,
}

/// One text or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum List {
    /// `channels: conda-forge`
    One(String),
    /// `channels: [conda-forge, main]`
    Several(Vec<String>),
    /// `channels:` without a value.
    Nothing(()),
}

/// `ssl_verify`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum SslVerify {
    /// `true`, `false`
    Whether(bool),
    /// A certificate file, `truststore` or `<system>`.
    By(String),
}

impl Default for List {
    fn default() -> Self {
        Self::Nothing(())
    }
}

impl List {
    /// Converts to a list.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text.clone()],
            Self::Several(texts) => texts.clone(),
            Self::Nothing(()) => Vec::new(),
        }
    }
}

impl Condarc {
    /// Parses the text of a file.
    ///
    /// # Errors
    /// Returns a message if it is not YAML or a setting has the wrong type.
    pub fn parse(text: &str) -> Result<Self, String> {
        check_size(text)?;
        let read: Option<Self> = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        Ok(read.unwrap_or_default())
    }

    /// Merges a file with higher priority.
    #[must_use]
    pub fn overridden_by(mut self, stronger: Self) -> Self {
        self.channels = joined(&stronger.channels, &self.channels);
        self.default_channels = joined(&stronger.default_channels, &self.default_channels);
        self.channel_alias = stronger.channel_alias.or(self.channel_alias);
        self.custom_channels.extend(stronger.custom_channels);
        self.custom_multichannels
            .extend(stronger.custom_multichannels);
        self.mirrored_channels.extend(stronger.mirrored_channels);
        self.ssl_verify = stronger.ssl_verify.or(self.ssl_verify);
        self.proxy_servers.extend(stronger.proxy_servers);
        self
    }

    /// The connection settings.
    #[must_use]
    pub fn connection(&self) -> Connection {
        let proxies = self
            .proxy_servers
            .iter()
            .filter_map(|(scheme, url)| Some((scheme.clone(), url.clone()?.into())));
        let verify = match &self.ssl_verify {
            Some(SslVerify::Whether(false)) => Verify::Nobody,
            Some(SslVerify::By(path)) if path.starts_with('/') => Verify::Bundle(path.into()),
            // YAML 1.1's booleans, which conda still accepts.
            Some(SslVerify::By(word)) if is_no(word) => Verify::Nobody,
            _ => Verify::System,
        };
        Connection {
            proxies: proxies.collect(),
            verify,
        }
    }
}

/// Rejects small files that would cost the YAML parser minutes or gigabytes. Works on the text
/// alone, so brackets and asterisks in quotes count, too.
fn check_size(text: &str) -> Result<(), String> {
    if text.len() > LONGEST {
        return Err(format!("it is larger than {LONGEST} bytes"));
    }
    let (mut depth, mut aliases) = (0_usize, 0);
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    for line in lines {
        let mut before = ' ';
        for letter in line.chars() {
            match letter {
                '[' | '{' => depth += 1,
                ']' | '}' => depth = depth.saturating_sub(1),
                '*' if before.is_whitespace() || "[{,:-".contains(before) => aliases += 1,
                _ => {}
            }
            before = letter;
            if depth > DEEPEST {
                return Err(format!("it has more than {DEEPEST} nested lists"));
            }
            if aliases > MOST_ALIASES {
                return Err(format!("it has more than {MOST_ALIASES} aliases"));
            }
        }
    }
    Ok(())
}

fn is_no(word: &str) -> bool {
    let words = ["no", "off", "false", "n"];
    words.iter().any(|no| no.eq_ignore_ascii_case(word))
}

fn joined(first: &List, then: &List) -> List {
    let mut texts = first.texts();
    for text in then.texts() {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    List::Several(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_parsed_in_every_form_and_others_are_ignored() {
        let text = "\
channels:
  - company
  - conda-forge
channel_alias: https://mirror.example/conda
custom_channels:
  company: https://user:secret@conda.example
mirrored_channels:
  conda-forge: [https://a.example/cf, https://b.example/cf]
ssl_verify: /etc/ssl/company.pem
proxy_servers: {https: 'http://proxy.example:3128', http: null}
auto_activate_base: false
";
        let read = Condarc::parse(text).expect("yaml");
        assert_eq!(read.channels.texts(), ["company", "conda-forge"]);
        assert_eq!(
            read.custom_channels["company"],
            "https://user:secret@conda.example"
        );
        let connection = read.connection();
        assert_eq!(
            connection.verify,
            Verify::Bundle("/etc/ssl/company.pem".into())
        );
        assert_eq!(connection.proxies.len(), 1);
        assert_eq!(Condarc::parse("").expect("empty"), Condarc::default());
        assert_eq!(
            Condarc::parse("channels: x").expect("one").channels.texts(),
            ["x"]
        );
        let off = Condarc::parse("ssl_verify: no\nchannels:\n").expect("off");
        assert_eq!(off.connection().verify, Verify::Nobody);
        assert!(Condarc::parse("channels: {a: b}").is_err());
        assert!(Condarc::parse("a: [").is_err());
    }

    #[test]
    fn a_file_that_would_take_minutes_to_parse_is_rejected() {
        let started = std::time::Instant::now();
        let scalars = "x, ".repeat(20_000);
        for text in [
            "[".repeat(500_000),
            "[".repeat(30_000),
            "channels: ".to_owned() + &"{a: ".repeat(10_000),
            "[\n".repeat(30_000),
            format!("a: &a [{scalars}]\nchannels: [{}]", "*a, ".repeat(1000)),
            format!("channels: {}", "x".repeat(1 << 20)),
        ] {
            assert!(Condarc::parse(&text).is_err());
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(2));
        let shared = "# *** [[[ a heading ***\ncommon: &c [a, b]\nchannels: *c\n";
        let read = Condarc::parse(shared).expect("a few aliases are fine");
        assert_eq!(read.channels.texts(), ["a", "b"]);
    }

    #[test]
    fn higher_priority_wins_and_its_lists_come_first() {
        let weak = Condarc::parse("channels: [a, b]\nchannel_alias: https://weak.example\n");
        let strong =
            Condarc::parse("channels: [c, a]\ncustom_channels: {x: 'https://x.example'}\n");
        let both = weak.expect("weak").overridden_by(strong.expect("strong"));
        assert_eq!(both.channels.texts(), ["c", "a", "b"]);
        assert_eq!(both.channel_alias.as_deref(), Some("https://weak.example"));
        assert!(both.custom_channels.contains_key("x"));
    }
}
