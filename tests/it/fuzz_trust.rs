//! Broken inputs for everything that decides what ftpy trusts: netrc, the policy, the index, the
//! lock, a bundle's manifest, and URLs with secrets.

use crate::support::fuzz::fuzz;
use ftpy::bundle::{Manifest, Member};
use ftpy::digest::Digest;
use ftpy::lock::{Lock, LockedBuild, Mirrors, archives};
use ftpy::manifest::pbs::{self, Head};
use ftpy::manifest::upstream::convert;
use ftpy::secret_url::SecretUrl;
use std::path::{Component, Path};
use std::time::{Duration, Instant};

/// The time limit for a megabyte of input, in a debug build on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// Runs a check within the time limit.
fn timed(check: impl Fn(&str)) -> impl Fn(&[u8]) {
    move |bytes| {
        let started = Instant::now();
        check(&String::from_utf8_lossy(bytes));
        assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
    }
}

/// Whether a text is one plain component of a path.
fn is_plain(text: &str) -> bool {
    let mut parts = Path::new(text).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == text)
        && !text.contains(['/', '\\', '\0'])
}

#[test]
fn a_netrc_gives_no_password_to_a_host_that_it_does_not_name() {
    let seeds: [&[u8]; 3] = [
        b"machine h.example login me password s3cret\n",
        b"# ours\nmachine h.example\n login me\n password \"two \\\" words\"\nmacdef init\nx\n\nmachine b login c password d\n",
        b"default login me password s3cret\n",
    ];
    let words = [
        "machine ",
        "login ",
        "password ",
        "default",
        "macdef ",
        "\"",
        "\\",
        "#",
        "\n\n",
        "h.example",
    ];
    fuzz(
        &seeds,
        &words,
        timed(|text| {
            for host in ["h.example", "b", ""] {
                let Ok(Some(login)) = ftpy::net::find_login(text, host) else {
                    continue;
                };
                assert!(!format!("{login:?}").contains("s3cret"));
            }
            let other = ftpy::net::find_login(text, "other.invalid");
            assert!(!matches!(other, Ok(Some(_))) || text.contains("other.invalid"));
        }),
    );
}

#[test]
fn a_policy_is_read_or_refused_with_its_line() {
    let seeds: [&[u8]; 2] = [
        b"sources = [\"pbs\", \"conda\"]\nhosts = [\"mirror.example\", \"*.corp.example\", \"h:8443\", \"file:///srv/m\"]\nrequire-digests = true\n",
        b"index = [\"https://mirror.example/i.ndjson\"]\nforbid = [\"3.13t\", \"<3.14\", \"+tsan\"]\n",
    ];
    let words = [
        "hosts = [",
        "\"*.\"",
        "\"[::1]:1\"",
        "\"::\"",
        "%2e%2e",
        "../",
        "file://",
        ":443",
        "xn--",
        "\"",
        "]",
        "forbid",
        "+tsan",
        "=",
        "\n",
        "@",
        "\u{0}",
    ];
    fuzz(
        &seeds,
        &words,
        timed(|text| match ftpy::policy::parse(text) {
            Err((line, reason)) => {
                assert!(
                    line >= 1 && line <= text.matches('\n').count() + 1,
                    "{line}"
                );
                assert!(!reason.is_empty());
            }
            Ok(policy) => {
                let hosts = policy.hosts.is_some();
                for url in [
                    "https://elsewhere.invalid/x",
                    "file:///elsewhere.invalid/../x",
                    "https://[",
                    "elsewhere.invalid",
                ] {
                    let is_allowed = policy.allows_place(&SecretUrl::from(url)).is_ok();
                    assert!(!hosts || !is_allowed || text.contains("invalid"), "{url}");
                }
            }
        }),
    );
}

/// A row of upstream's index.
const ROW: &str = "{\"version\":\"x\",\"artifacts\":[{\"url\":\"https://github.com/astral-sh/python-build-standalone/releases/download/20260901/cpython-3.14.7%2B20260901-x86_64-unknown-linux-gnu-freethreaded-install_only_stripped.tar.gz\",\"sha256\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}]}\n";

#[test]
fn an_index_that_is_accepted_reads_back_and_names_plain_files() {
    let flat = ROW
        .replace("\"artifacts\":[{", "\"build\":\"20260901\",")
        .replace("}]}", "}");
    let seeds = [ROW.as_bytes(), flat.as_bytes()];
    let words = [
        "../",
        "%2F",
        "%2e%2e",
        "\\n",
        "\\u0000",
        " ",
        "#",
        "?",
        "https://h/",
        "null",
        "\"",
        "{",
        "[",
        "20260901",
        "3.14.7",
        "\n",
        "\\u001b[2J",
    ];
    fuzz(
        &seeds,
        &words,
        timed(|text| {
            let head = Head {
                date: "2026-11-23",
                url: Some("https://h.example/i"),
            };
            let Ok(text) = convert(text, &head) else {
                return;
            };
            assert_eq!(pbs::head(&text).url, head.url);
            let mut count = 0;
            for row in pbs::rows(&text, |_| true) {
                let row = row.expect("what was written is read");
                count += 1;
                assert!(is_plain(&row.file), "{:?}", row.file);
                assert!(is_plain(&row.build), "{:?}", row.build);
                for url in row
                    .urls(None)
                    .iter()
                    .chain(&row.urls(Some("https://m.example")))
                {
                    assert!(!url.contains(char::is_whitespace), "{url}");
                    assert!(!url.contains(char::is_control), "{url}");
                }
            }
            assert!(count > 0);
        }),
    );
}

/// A lock of each provider.
fn locks() -> [String; 3] {
    let digest = "0123456789abcdef".repeat(4);
    let pbs = format!(
        "version = 1\nplatforms = [\"linux-x86_64-gnu\"]\n\n[[build]]\nrequest = \"3.14t\"\n\
         platform = \"linux-x86_64-gnu\"\nversion = \"3.14.7\"\nprovider = \"pbs\"\n\
         build = \"20260901\"\nfile = \"cpython-3.14.7+20260901-x86_64-unknown-linux-gnu-\
         freethreaded-install_only_stripped.tar.gz\"\nsha256 = \"{digest}\"\nurls = [\n  \
         \"https://h.example/x\",\n]\n"
    );
    let conda = format!(
        "version = 1\nplatforms = [\"linux-x86_64-gnu\"]\n\n[[build]]\nrequest = \"3.14t\"\n\
         platform = \"linux-x86_64-gnu\"\nversion = \"3.14.7\"\nprovider = \"conda\"\nbuild = \"2\"\n\
         \n[[build.package]]\nname = \"python\"\nversion = \"3.14.7\"\nbuild = \"h_2_cp314t\"\n\
         file = \"python-3.14.7-h_2_cp314t.conda\"\nurl = \"https://h.example/c/linux-64/x.conda\"\n\
         sha256 = \"{digest}\"\n[build.package.record]\nsubdir = \"linux-64\"\n"
    );
    let source = pbs
        .replace("\"pbs\"\nbuild = \"20260901\"\n", "\"source\"\nconfigure = [\"--x\"]\n")
        .replace("file = \"cpython-3.14.7+20260901-x86_64-unknown-linux-gnu-freethreaded-install_only_stripped.tar.gz\"", "file = \"Python-3.14.7.tar.xz\"");
    [pbs, conda, source]
}

/// Found by the target below.
#[test]
fn a_lock_names_no_file_with_a_control_character() {
    let [pbs, conda, _] = locks();
    for bad in [
        pbs.replace("freethreaded-install", "freethreaded-\\u0000install"),
        conda.replace("h_2_cp314t.conda", "h_2_cp314t\\u001b.conda"),
        conda.replace("python-3.14.7-h_2_cp314t.conda", ".."),
    ] {
        assert!(![&pbs, &conda].contains(&&bad), "nothing was replaced");
        assert!(bad.parse::<Lock>().is_err(), "{bad}");
    }
}

#[test]
fn whatever_a_lock_names_stays_inside() {
    let locks = locks();
    for good in &locks {
        assert!(good.parse::<Lock>().is_ok(), "{good}");
    }
    let seeds: Vec<&[u8]> = locks.iter().map(|lock| lock.as_bytes()).collect();
    let words = [
        "../",
        "..",
        "/",
        "\\\\",
        "\"",
        "\n",
        "[[build]]",
        "build = ",
        "file = \"",
        "%2F",
        "name = ",
        "record",
        "\\u0000",
        "\\u001b",
        "=======\n",
        "unavailable = \"x\"\n",
    ];
    fuzz(
        &seeds,
        &words,
        timed(|text| {
            let lock: Lock = match text.parse() {
                Ok(lock) => lock,
                Err(error) => {
                    let line = error.line().unwrap_or(1);
                    assert!(
                        line >= 1 && line <= text.matches('\n').count() + 2,
                        "{line}"
                    );
                    return;
                }
            };
            for entry in &lock.entries {
                let LockedBuild::Build(candidate) = &entry.found else {
                    continue;
                };
                if let Some(id) = &candidate.build_id {
                    assert!(is_plain(id), "{id:?}");
                }
                for archive in archives(candidate, &Mirrors::default()) {
                    assert!(is_plain(&archive.file), "{:?}", archive.file);
                    assert!(archive.sha256.is_some());
                }
            }
            // What is written can be read again, without the secrets of its URLs.
            let written = lock.to_string();
            let again = written.parse::<Lock>().map(|lock| lock.to_string());
            assert_eq!(again, Ok(written));
        }),
    );
}

#[test]
fn a_manifest_names_nothing_but_the_members_of_a_bundle() {
    let digest: Digest = "0123456789abcdef".repeat(4).parse().expect("a digest");
    let lock = Member {
        name: "ftpy.lock".to_owned(),
        sha256: digest,
        size: 10,
        is: None,
    };
    let members = vec![lock, Member::artifact(digest, 1, "x.tar.gz")];
    let text = Manifest::of(members).text();
    assert!(Manifest::parse(text.as_bytes()).is_ok());
    let words = [
        "../",
        "/",
        "artifacts/",
        "\\u0000",
        "\"is\": \"../x\",",
        "18446744073709551615",
        "-1",
        "ftpy.lock",
        "manifest.json",
        "null",
        "{",
        "]",
        "\"format\": 2",
    ];
    fuzz(
        &[text.as_bytes()],
        &words,
        timed(|text| {
            let Ok(manifest) = Manifest::parse(text.as_bytes()) else {
                return;
            };
            for member in &manifest.members {
                let name = member
                    .name
                    .strip_prefix("artifacts/")
                    .unwrap_or(&member.name);
                assert!(is_plain(name), "{name:?}");
                assert!(member.size <= 4 << 30);
            }
            let again = Manifest::parse(manifest.text().as_bytes());
            assert_eq!(again.expect("what was written is read"), manifest);
        }),
    );
}

/// URLs with a secret in each possible place.
fn with_secret(secret: &str) -> Vec<String> {
    let is_one_part = !secret.contains(['/', '\\', '?', '#', '@', '&', ';', ':']);
    let mut urls = Vec::new();
    for scheme in ["https", "HTTP", "ssh"] {
        for host in [
            "h.example",
            "127.0.0.1:8080",
            "[::1]",
            "mirror.corp.example:1",
        ] {
            urls.push(format!("{scheme}://me:{secret}@{host}/x"));
            urls.push(format!("{scheme}://me:{secret}@{host}"));
            if is_one_part {
                urls.push(format!("{scheme}://{secret}@{host}/x"));
                urls.push(format!("{scheme}://{host}/t/{secret}/x"));
                urls.push(format!("{scheme}://{host}/x?sig={secret}&file=x"));
                urls.push(format!("{scheme}://{host}/x?{secret}"));
            }
        }
    }
    urls
}

/// Every way to display a URL.
fn written(url: &SecretUrl) -> Vec<String> {
    let request = match ftpy_core::parse::parse(url.expose()) {
        Ok(request) => format!("{request} {request:?}"),
        Err(error) => format!("{error} {error:?}"),
    };
    vec![
        url.to_string(),
        format!("{url:?}"),
        serde_json::to_string(url).expect("a string"),
        url.join("more").to_string(),
        url.without_secrets().to_string(),
        format!("{:?}", url.misread()),
        url.scrub(url.expose()),
        request,
    ]
}

#[test]
fn a_secret_of_a_url_is_in_no_text_of_it() {
    let seeds: [&[u8]; 4] = [b"", b"p/?#@:w", b"12/x@a.example/", b"%2F\\[::1]"];
    let words = [
        "/",
        "?",
        "#",
        "@",
        ":",
        "\\",
        "h.example",
        "[",
        "]",
        "%40",
        "://",
        "1",
        "=",
        "&",
        " ",
    ];
    let check = timed(|text| {
        let middle = text.char_indices().nth(text.chars().count() / 2);
        let (before, after) = text.split_at(middle.map_or(0, |(at, _)| at));
        for url in with_secret(&format!("{before}s3cret{after}")) {
            let url = SecretUrl::from(url);
            for shown in written(&url) {
                let raw = url.expose();
                assert!(!shown.contains("s3cret"), "{raw} shown as {shown}");
            }
        }
    });
    fuzz(&seeds, &words, check);
}
