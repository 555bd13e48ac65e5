//! Parses a policy. Pure.

use crate::policy::{Build, Place, Policy, Ruled};
use ftpy_core::flavour::{Flavour, Flavours};
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Request;
use serde::Deserialize;
use std::collections::BTreeSet;
use toml::Spanned;

/// The file as written. An unknown word may be a rule of a later ftpy, so the file is rejected
/// rather than obeyed in part.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    sources: Option<Spanned<Vec<Spanned<String>>>>,
    hosts: Option<Spanned<Vec<Spanned<String>>>>,
    require_digests: Option<Spanned<bool>>,
    index: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    forbid: Vec<Spanned<String>>,
}

/// Parses a policy.
///
/// # Errors
/// Returns the line, counted from 1, and what is wrong with it.
pub fn parse(text: &str) -> Result<Policy, (usize, String)> {
    let line = |at: usize| {
        text.get(..at)
            .map_or(1, |before| before.matches('\n').count() + 1)
    };
    let document: Document = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        (line(at), error.message().to_owned())
    })?;
    let mut policy = Policy {
        sources: ruled(document.sources, line, source)?,
        hosts: ruled(document.hosts, line, host)?,
        indexes: ruled(document.index, line, url)?,
        ..Policy::default()
    };
    if let Some(required) = document.require_digests.filter(|is| *is.get_ref()) {
        let line = line(required.span().start);
        policy.requires_digests = Some(Ruled { rule: (), line });
    }
    for word in document.forbid {
        let line = line(word.span().start);
        let rule = build(word.get_ref()).map_err(|reason| (line, reason))?;
        policy.forbidden.push(Ruled { rule, line });
    }
    Ok(policy)
}

/// A rule that lists what is allowed. `line` returns the line of a position in the text.
fn ruled<T>(
    words: Option<Spanned<Vec<Spanned<String>>>>,
    line: impl Fn(usize) -> usize,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<Ruled<Vec<T>>>, (usize, String)> {
    let Some(words) = words else {
        return Ok(None);
    };
    let at = line(words.span().start);
    let read = |word: &Spanned<String>| {
        read(word.get_ref()).map_err(|reason| (line(word.span().start), reason))
    };
    let rule = words.get_ref().iter().map(read).collect::<Result<_, _>>()?;
    Ok(Some(Ruled { rule, line: at }))
}

fn source(text: &str) -> Result<ProviderName, String> {
    ProviderName::from_name(text).ok_or_else(|| format!("`{text}` is not a source"))
}

/// Parses a URL for comparison.
fn url(text: &str) -> Result<String, String> {
    match text.split_once("://") {
        Some(("http" | "https" | "file", rest)) if !rest.is_empty() => Ok(text.to_owned()),
        _ => Err(format!("`{text}` is not a URL")),
    }
}

/// Parses a host, or the URL of a directory.
fn host(text: &str) -> Result<Place, String> {
    Place::parse(text).ok_or_else(|| match text.contains("file:") {
        true => format!("`{text}` is not a directory: write `file:///srv/mirror`"),
        false => format!("`{text}` is not a host: write `mirror.example` or `*.example`"),
    })
}

fn build(text: &str) -> Result<Build, String> {
    if let Some(words) = text.strip_prefix('+') {
        let flavours = words.split('+').map(Flavour::from_name);
        let flavours: Option<BTreeSet<Flavour>> = flavours.collect();
        let flavours = flavours.ok_or_else(|| format!("`{text}` contains an unknown flavour"))?;
        return Ok(Build::Flavours(Flavours(flavours)));
    }
    match ftpy_core::parse::parse(text) {
        Ok(Request::Build(request)) => Ok(Build::Request(Box::new(request))),
        Ok(_) => Err(format!(
            "`{text}` is not a request for builds, such as 3.13t"
        )),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_line() {
        let text = "# ours\nsources = [\"pbs\",\n  \"conda\"]\nhosts = [\"*.Corp.example\"]\n\
                    require-digests = true\nforbid = [\n  \"3.13t\",\n  \"+tsan\",\n]\n";
        let policy = parse(text).expect("a policy");
        let sources = policy.sources.expect("sources");
        assert_eq!((sources.rule.len(), sources.line), (2, 2));
        let hosts = policy.hosts.expect("hosts");
        assert_eq!(
            (hosts.rule, hosts.line),
            (vec![Place::parse("*.corp.example").expect("a host")], 4)
        );
        assert_eq!(policy.requires_digests.expect("rule").line, 5);
        let lines: Vec<usize> = policy.forbidden.iter().map(|rule| rule.line).collect();
        assert_eq!(lines, [7, 8]);
        assert_eq!(parse(""), Ok(Policy::default()));
        assert_eq!(parse("require-digests = false"), Ok(Policy::default()));
    }

    #[test]
    fn invalid_rules_are_rejected_with_their_line() {
        for (text, line, part) in [
            ("\nsources = [\"pbs\", \"apt\"]", 2, "`apt` is not a source"),
            ("hosts = [\n\"https://h/\"]", 2, "is not a host"),
            ("hosts = [\"file://srv\"]", 1, "is not a directory"),
            ("hosts = [\"file:///srv/../etc\"]", 1, "is not a directory"),
            ("\nindex = [\"mirror.example\"]", 2, "is not a URL"),
            (
                "forbid = [\"3.12t\"]",
                1,
                "free threading requires 3.13 or newer",
            ),
            ("forbid = [\"+fast\"]", 1, "an unknown flavour"),
            ("forbid = [\"system\"]", 1, "not a request for builds"),
            ("\n\nallow = [\"3.14\"]", 3, "unknown field"),
            ("sources = pbs", 1, ""),
            ("require-digests = \"yes\"", 1, "boolean"),
        ] {
            let (at, reason) = parse(text).expect_err(text);
            assert_eq!(at, line, "{text}: {reason}");
            assert!(reason.contains(part), "{text}: {reason}");
        }
    }
}
