//! Resolves channel names to URLs. Pure.

use crate::conda::condarc::Condarc;
use crate::file_url;
use crate::manifest::conda::conda;
use crate::secret_url::SecretUrl;
use std::path::Path;

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its name as given.
    pub name: String,
    /// Equivalent base URLs without a trailing slash, in order of preference.
    pub urls: Vec<SecretUrl>,
    /// Whether it is a default channel at its default URL.
    pub is_usual: bool,
}

/// The URLs of the channels in use: `asked`, otherwise the machine's, otherwise the default ones.
///
/// `alias` is the default location of names; paths are relative to `directory`.
#[must_use]
pub fn places(asked: &[String], condarc: &Condarc, alias: &str, directory: &Path) -> Vec<Place> {
    let names = match asked {
        [] => condarc.channels.texts(),
        asked => asked.to_vec(),
    };
    let names = if names.is_empty() {
        conda().channels.clone()
    } else {
        names
    };
    let mut found: Vec<Place> = Vec::new();
    for name in names {
        for place in expanded(&name, condarc, alias, directory) {
            if !found.iter().any(|known| known.urls == place.urls) {
                found.push(place);
            }
        }
    }
    found
}

/// The channels that a name stands for: one, except for `defaults` and multichannels.
fn expanded(name: &str, condarc: &Condarc, alias: &str, directory: &Path) -> Vec<Place> {
    let defaults = condarc.default_channels.texts();
    let members = match condarc.custom_multichannels.get(name) {
        Some(members) => members.texts(),
        None if name == "defaults" && defaults.is_empty() => conda().defaults.clone(),
        None if name == "defaults" => defaults,
        None => vec![name.to_owned()],
    };
    members
        .into_iter()
        .map(|name| {
            let urls = urls(&name, condarc, alias, directory);
            Place {
                is_usual: urls.iter().all(|url| is_usual(url, alias)),
                urls: urls.into_iter().map(SecretUrl::from).collect(),
                name,
            }
        })
        .collect()
}

/// Whether a URL is the default location of a known channel.
fn is_usual(url: &str, alias: &str) -> bool {
    let mut known = conda().channels.iter().chain(&conda().defaults);
    known.any(|name| url == format!("{}/{name}", trimmed(alias)))
}

fn urls(name: &str, condarc: &Condarc, alias: &str, directory: &Path) -> Vec<String> {
    if let Some(mirrors) = condarc.mirrored_channels.get(name) {
        let mirrors = mirrors.texts();
        return mirrors.iter().map(|url| trimmed(url)).collect();
    }
    if name.contains("://") || file_url::path_of(name).is_some() {
        return vec![trimmed(name)];
    }
    let is_path = name.starts_with('/') || name.starts_with("./") || name.starts_with("../");
    if is_path {
        let path = directory.join(name);
        let url = url::Url::from_directory_path(&path);
        return vec![trimmed(
            &url.map_or_else(|()| name.to_owned(), String::from),
        )];
    }
    // `company/label/dev` is located where `company` is.
    let is_of = |key: &str| {
        name.strip_prefix(key)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let own = condarc
        .custom_channels
        .iter()
        .filter(|(key, _)| is_of(key))
        .max_by_key(|(key, _)| key.len())
        .map(|(_, base)| base.as_str());
    let base = own.or(condarc.channel_alias.as_deref()).unwrap_or(alias);
    vec![format!("{}/{}", trimmed(base), name.trim_matches('/'))]
}

fn trimmed(url: &str) -> String {
    file_url::normal(url).trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(asked: &[&str], condarc: &str, expected: &[&[&str]]) {
        let asked: Vec<String> = asked.iter().map(|&name| name.to_owned()).collect();
        let condarc = Condarc::parse(condarc).expect("yaml");
        let found = places(
            &asked,
            &condarc,
            "https://usual.example/",
            Path::new("/here"),
        );
        let texts = |place: &Place| -> Vec<String> {
            let urls = place.urls.iter();
            urls.map(|url| url.expose().to_owned()).collect()
        };
        let found: Vec<Vec<String>> = found.iter().map(texts).collect();
        assert_eq!(found, expected, "{asked:?}");
    }

    #[test]
    fn only_default_urls_are_default_channels() {
        let is_usual = |asked: &str, condarc: &str| {
            let condarc = Condarc::parse(condarc).expect("yaml");
            let asked = [asked.to_owned()];
            let found = places(
                &asked,
                &condarc,
                "https://usual.example",
                Path::new("/here"),
            );
            found.iter().all(|place| place.is_usual)
        };
        assert!(is_usual("conda-forge", ""));
        assert!(is_usual("https://usual.example/conda-forge/", ""));
        assert!(!is_usual("me", ""));
        assert!(!is_usual("https://me:pw@usual.example/conda-forge", ""));
        for condarc in [
            "channel_alias: https://m.example",
            "custom_channels: {conda-forge: 'https://m.example'}",
            "mirrored_channels: {conda-forge: ['https://usual.example/conda-forge', 'https://m']}",
            "custom_multichannels: {conda-forge: [conda-forge, me]}",
        ] {
            assert!(!is_usual("conda-forge", condarc), "{condarc}");
        }
    }

    #[test]
    fn every_way_to_name_a_channel_is_resolved() {
        check(&[], "", &[&["https://usual.example/conda-forge"]]);
        check(&[], "channels: [a]", &[&["https://usual.example/a"]]);
        check(&["b"], "channels: [a]", &[&["https://usual.example/b"]]);
        check(&["file:/srv/ch"], "", &[&["file:///srv/ch"]]);
        check(
            &["a"],
            "channel_alias: https://m.example",
            &[&["https://m.example/a"]],
        );
        let custom = "custom_channels: {a: 'https://c.example/x/', a/b: 'https://d.example'}";
        check(&["a"], custom, &[&["https://c.example/x/a"]]);
        check(
            &["a/label/dev"],
            custom,
            &[&["https://c.example/x/a/label/dev"]],
        );
        check(&["a/b"], custom, &[&["https://d.example/a/b"]]);
        check(&["ab"], custom, &[&["https://usual.example/ab"]]);
        let mirrored = "mirrored_channels: {a: ['https://1.example/', 'https://2.example']}";
        check(
            &["a"],
            mirrored,
            &[&["https://1.example", "https://2.example"]],
        );
        let multi = "custom_multichannels: {us: [x, 'https://y.example/z']}";
        check(
            &["us", "x"],
            multi,
            &[&["https://usual.example/x"], &["https://y.example/z"]],
        );
        check(&["defaults"], "", &[&["https://usual.example/main"]]);
        check(
            &["defaults"],
            "default_channels: ['https://m.example/main']",
            &[&["https://m.example/main"]],
        );
        check(
            &["/srv/a b", "./x"],
            "",
            &[&["file:///srv/a%20b"], &["file:///here/x"]],
        );
        check(&["file:///srv/x/"], "", &[&["file:///srv/x"]]);
        check(&["FILE://localhost/x"], "", &[&["file:///x"]]);
        check(&["HTTPS://c.example/X"], "", &[&["https://c.example/X"]]);
    }
}
