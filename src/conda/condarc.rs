//! What a `.condarc` or `.mambarc` says about channels and connections. The rest of it is
//! conda's own business and is not looked at. Pure; the files are `machine`'s.
//!
//! Of several files the stronger one's scalars and map entries win, and its lists stand first,
//! as in conda. Variables inside values (`${TOKEN}`) are not expanded.

use crate::net::{Connection, Verify};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The longest file that is read, in bytes.
const LONGEST: usize = 64 << 10;
/// The deepest nesting of `[` and `{`: the YAML reader needs the square of it.
const DEEPEST: usize = 64;
/// The most aliases (`*name`): each stands for all that its anchor holds, aliases included.
const MOST_ALIASES: usize = 8;

/// The settings of one file, or of several together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Condarc {
    /// `channels`
    pub channels: List,
    /// `default_channels`: what `defaults` stands for.
    pub default_channels: List,
    /// `channel_alias`: where names live.
    pub channel_alias: Option<String>,
    /// `custom_channels`: the place that holds a name, without the name.
    pub custom_channels: BTreeMap<String, String>,
    /// `custom_multichannels`: several for one name.
    pub custom_multichannels: BTreeMap<String, List>,
    /// `mirrored_channels`: whole places that hold the same channel.
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
    /// `channels:`, with nothing behind it.
    Nothing(()),
}

/// `ssl_verify`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum SslVerify {
    /// `true`, `false`
    Whether(bool),
    /// A file of certificates, `truststore` or `<system>`.
    By(String),
}

impl Default for List {
    fn default() -> Self {
        Self::Nothing(())
    }
}

impl List {
    /// As a list.
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
    /// Reads the text of a file.
    ///
    /// # Errors
    /// A sentence, where it is no YAML or a setting has the wrong form.
    pub fn parse(text: &str) -> Result<Self, String> {
        check_size(text)?;
        let read: Option<Self> = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        Ok(read.unwrap_or_default())
    }

    /// Adds a stronger file.
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

    /// How to connect.
    #[must_use]
    pub fn connection(&self) -> Connection {
        let proxies = self
            .proxy_servers
            .iter()
            .filter_map(|(scheme, url)| Some((scheme.clone(), url.clone()?.into())));
        let verify = match &self.ssl_verify {
            Some(SslVerify::Whether(false)) => Verify::Nobody,
            Some(SslVerify::By(path)) if path.starts_with('/') => Verify::Bundle(path.into()),
            // YAML 1.1's words, which conda still takes.
            Some(SslVerify::By(word)) if is_no(word) => Verify::Nobody,
            _ => Verify::System,
        };
        Connection {
            proxies: proxies.collect(),
            verify,
        }
    }
}

/// Refuses what is small and takes the YAML reader minutes or gigabytes. Goes by the text alone, so
/// brackets and stars in quotes count, too.
fn check_size(text: &str) -> Result<(), String> {
    if text.len() > LONGEST {
        return Err(format!("it has more than {LONGEST} bytes"));
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
                return Err(format!("it has lists more than {DEEPEST} levels deep"));
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
    fn settings_are_read_in_every_form_and_the_rest_is_left_alone() {
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
    fn a_file_that_would_take_minutes_to_read_is_refused() {
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
    fn a_stronger_file_wins_and_its_lists_stand_first() {
        let weak = Condarc::parse("channels: [a, b]\nchannel_alias: https://weak.example\n");
        let strong =
            Condarc::parse("channels: [c, a]\ncustom_channels: {x: 'https://x.example'}\n");
        let both = weak.expect("weak").overridden_by(strong.expect("strong"));
        assert_eq!(both.channels.texts(), ["c", "a", "b"]);
        assert_eq!(both.channel_alias.as_deref(), Some("https://weak.example"));
        assert!(both.custom_channels.contains_key("x"));
    }
}
