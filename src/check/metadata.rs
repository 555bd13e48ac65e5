//! METADATA of a wheel: where its issues are reported.
//!
//! Source: the core metadata specification of PyPA, and its list of well-known labels of URLs.

/// Labels of issue trackers, normalized.
const TRACKERS: [&str; 8] = [
    "issues",
    "issue",
    "bugs",
    "bug",
    "tracker",
    "issuetracker",
    "bugtracker",
    "bugreports",
];
/// Labels of repositories, normalized.
const REPOSITORIES: [&str; 8] = [
    "source",
    "sourcecode",
    "repository",
    "code",
    "github",
    "homepage",
    "home",
    "development",
];
/// Hosts of repositories whose issues are at `/issues`.
const FORGES: [&str; 3] = ["github.com", "gitlab.com", "codeberg.org"];

/// Returns the address of the issue tracker: the one that is named, else that of the repository.
#[must_use]
pub fn tracker(metadata: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(metadata);
    let headers = text.lines().take_while(|line| !line.is_empty());
    let mut urls: Vec<(String, String)> = Vec::new();
    for line in headers {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let (label, url) = match key.to_ascii_lowercase().as_str() {
            "project-url" => match value.split_once(',') {
                Some((label, url)) => (normalized(label), url.trim()),
                None => continue,
            },
            "home-page" => ("homepage".to_owned(), value.trim()),
            _ => continue,
        };
        if is_address(url) {
            urls.push((label, url.to_owned()));
        }
    }
    let first = |labels: &[&str]| {
        let labels = labels.iter();
        let mut found = labels.filter_map(|label| urls.iter().find(|(known, _)| known == label));
        found.next().map(|(_, url)| url.clone())
    };
    let repositories = REPOSITORIES.iter().flat_map(|label| {
        let urls = urls.iter().filter(move |(known, _)| known == label);
        urls.filter_map(|(_, url)| issues_of(url))
    });
    first(&TRACKERS).or_else(|| repositories.into_iter().next())
}

/// `https://github.com/lxml/lxml/issues` for `https://github.com/lxml/lxml.git`
fn issues_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let mut parts = rest.split('/').filter(|part| !part.is_empty());
    let (host, owner, name) = (parts.next()?, parts.next()?, parts.next()?);
    let host = host.strip_prefix("www.").unwrap_or(host);
    let name = name.split(['?', '#']).next()?.trim_end_matches(".git");
    FORGES
        .contains(&host)
        .then(|| format!("https://{host}/{owner}/{name}/issues"))
}

/// As PyPA normalizes labels: without punctuation and blanks, in lower case.
fn normalized(label: &str) -> String {
    let letters = label.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn is_address(url: &str) -> bool {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    is_web && !url.contains(|letter: char| letter.is_whitespace() || letter.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tracker_is_named_or_belongs_to_the_repository() {
        for (headers, expected) in [
            (
                "Project-URL: Source, https://github.com/a/b\n\
                 Project-URL: Bug Tracker, https://bugs.example/a",
                Some("https://bugs.example/a"),
            ),
            (
                "Project-URL: Docs, https://docs.example\n\
                 Project-URL: Source Code, https://github.com/a/b.git",
                Some("https://github.com/a/b/issues"),
            ),
            (
                "Home-page: https://www.github.com/a/b/",
                Some("https://github.com/a/b/issues"),
            ),
            ("Project-URL: Issues, javascript:alert(1)", None),
            ("Home-page: https://a.example/", None),
            ("\nProject-URL: Issues, https://in.the.description", None),
            ("", None),
        ] {
            assert_eq!(
                tracker(headers.as_bytes()).as_deref(),
                expected,
                "{headers}"
            );
        }
    }
}
