//! The mirrors configured for the machine's apt.
//!
//! Reads both formats of sources.list(5): deb822 (`*.sources`) and one per line (`*.list`). Every
//! mirror of a Debian-like archive contains upstream's source tarballs unchanged, so a company's
//! mirror works without configuration. Only plain http(s) and file URLs are used: `mirror+`,
//! `cdrom:` and similar ones need apt's own methods.

use crate::file_url;
use crate::host::plain_file;
use std::path::Path;

/// The base URLs without a trailing slash, in configuration order, without duplicates.
#[must_use]
pub fn mirrors(root: &Path) -> Vec<String> {
    let apt = root.join("etc/apt");
    let mut files = vec![apt.join("sources.list")];
    if let Ok(directory) = std::fs::read_dir(apt.join("sources.list.d")) {
        let mut parts: Vec<_> = directory.flatten().map(|entry| entry.path()).collect();
        parts.sort();
        files.extend(parts);
    }
    let mut mirrors = Vec::new();
    for file in files {
        let Ok(text) = plain_file::read_text(&file) else {
            continue;
        };
        let found = match file.extension().and_then(|ending| ending.to_str()) {
            Some("sources") => deb822(&text),
            Some("list") => one_line(&text),
            // apt ignores files with other extensions, and so does ftpy.
            _ => continue,
        };
        for mirror in found {
            if !mirrors.contains(&mirror) {
                mirrors.push(mirror);
            }
        }
    }
    mirrors
}

/// Mirrors in a deb822 file: paragraphs of `Field: value`, continued by indented lines.
fn deb822(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for paragraph in paragraphs(text) {
        let field = |name: &str| {
            paragraph
                .iter()
                .find(|(field, _)| field.eq_ignore_ascii_case(name))
                .map_or("", |(_, value)| value.as_str())
        };
        let enabled = !["no", "false", "0", "off"].contains(&field("Enabled").trim());
        if enabled && is_archive(field("Components")) {
            found.extend(field("URIs").split_whitespace().filter_map(usable));
        }
    }
    found
}

fn paragraphs(text: &str) -> Vec<Vec<(String, String)>> {
    let mut paragraphs: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for line in text.lines() {
        if line.starts_with('#') {
            continue;
        }
        if line.trim().is_empty() {
            paragraphs.push(Vec::new());
            continue;
        }
        let Some(paragraph) = paragraphs.last_mut() else {
            continue;
        };
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = paragraph.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((field, value)) = line.split_once(':') {
            paragraph.push((field.trim().to_owned(), value.trim().to_owned()));
        }
    }
    paragraphs
}

/// Mirrors in lines of the form `deb [options] URI suite component...`.
fn one_line(text: &str) -> Vec<String> {
    let mirror = |line: &str| {
        let line = line.split('#').next()?.trim();
        let rest = line.strip_prefix("deb-src").or(line.strip_prefix("deb"))?;
        let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
        let rest = match rest.strip_prefix('[') {
            Some(options) => options.split_once(']')?.1,
            None => rest,
        };
        let mut words = rest.split_whitespace();
        let uri = words.next()?;
        let _suite = words.next()?;
        let components: Vec<&str> = words.collect();
        usable(uri).filter(|_| is_archive(&components.join(" ")))
    };
    text.lines().filter_map(mirror).collect()
}

/// Whether the components are those of a distribution's archive. A vendor's repository for a single
/// product rarely has `main`, and never CPython's sources.
fn is_archive(components: &str) -> bool {
    components.split_whitespace().any(|name| name == "main")
}

fn usable(uri: &str) -> Option<String> {
    let schemes = ["http://", "https://", "file://"];
    let url = file_url::normal(uri);
    if schemes.iter().any(|scheme| url.starts_with(scheme)) {
        return Some(url.trim_end_matches('/').to_owned());
    }
    // apt also accepts `file:/srv/mirror`.
    let path = uri.strip_prefix("file:").or(uri.strip_prefix("copy:"))?;
    Some(format!("file://{}", path.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deb822_sources_are_parsed() {
        let text = "\
# a comment
Types: deb
URIs: http://mirror.example/debian/ https://second.example/debian
Suites: trixie
 trixie-updates
Components: main contrib

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: trixie
Components: main

types: deb
uris:
 http://continued.example/debian
suites: trixie
components: main

Types: deb
URIs: https://vendor.example/apt
Suites: stable
Components: nonfree
";
        assert_eq!(
            deb822(text),
            [
                "http://mirror.example/debian",
                "https://second.example/debian",
                "http://continued.example/debian"
            ]
        );
    }

    #[test]
    fn one_line_sources_are_parsed() {
        let text = "\
deb http://mirror.example/debian bookworm main
#deb http://off.example/debian bookworm main
deb [arch=amd64 signed-by=/x.gpg] https://opt.example/debian/ bookworm main # why
deb-src http://src.example/debian bookworm main
deb cdrom:[Debian 12]/ bookworm main
deb mirror+file:/etc/mirrors.txt bookworm main
deb file:/srv/debian bookworm main
deb https://vendor.example/apt stable nodist
debx http://x.example bookworm main
";
        assert_eq!(
            one_line(text),
            [
                "http://mirror.example/debian",
                "https://opt.example/debian",
                "http://src.example/debian",
                "file:///srv/debian"
            ]
        );
    }

    #[test]
    fn both_forms_are_found_and_other_files_are_ignored() {
        let root = tempfile::tempdir().expect("tempdir");
        let parts = root.path().join("etc/apt/sources.list.d");
        std::fs::create_dir_all(&parts).expect("mkdir");
        let line = |host: &str| format!("deb http://{host}/debian x main\n");
        std::fs::write(root.path().join("etc/apt/sources.list"), line("a")).expect("write");
        std::fs::write(parts.join("b.list"), line("b") + &line("a")).expect("write");
        std::fs::write(parts.join("c.list.disabled"), line("c")).expect("write");
        let deb822 = "Types: deb\nURIs: http://d/debian\nSuites: x\nComponents: main\n";
        std::fs::write(parts.join("d.sources"), deb822).expect("write");
        let found = mirrors(root.path());
        assert_eq!(
            found,
            ["http://a/debian", "http://b/debian", "http://d/debian"]
        );
    }
}
