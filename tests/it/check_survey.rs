//! `ftpy check --survey`: a site about many packages, made in parts, continued, and brought up to
//! date.

use crate::support::archives::sha256_hex;
use crate::support::sandbox::{Finished, Sandbox};
use crate::support::server::Fault;
use crate::support::shims::{executable, run_in};
use crate::support::wheels::{module, record};
use crate::support::zip::{ZipMember, zip};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The tags of a wheel for Linux on x86-64.
pub(crate) const LINUX: &str = "cp314-cp314t-manylinux_2_28_x86_64";

/// A wheel with one module, or without any.
pub(crate) fn wheel(name: &str, version: &str, keeps_off: Option<bool>) -> Vec<u8> {
    let file = format!("{name}/x.cpython-314t-x86_64-linux-gnu.so");
    let init = format!("{name}/__init__.py");
    let info = format!("{name}-{version}.dist-info");
    let metadata = format!("{info}/METADATA");
    let text = format!(
        "Name: {name}\nVersion: {version}\nProject-URL: Issues, https://bugs.example/{name}\n\n"
    );
    let mut files = vec![
        (&*metadata, text.into_bytes()),
        (&*init, format!("from {name} import x\n").into_bytes()),
    ];
    if let Some(keeps_off) = keeps_off {
        files.push((&*file, module(keeps_off)));
    }
    let listed = record(&files).replace("demo-1.0.dist-info", &info);
    let name = format!("{info}/RECORD");
    files.push((&*name, listed.into_bytes()));
    let members = files.into_iter();
    let members = members.map(|(name, data)| ZipMember::new(name, data));
    zip(&members.collect::<Vec<_>>())
}

/// Serves a package: versions with tags, each with a module that keeps the GIL off or not.
pub(crate) fn offer(sandbox: &Sandbox, name: &str, versions: &[(&str, &str, Option<bool>)]) {
    let mut page = String::new();
    for (version, tags, keeps_off) in versions {
        let file = format!("{}-{version}-{tags}.whl", name.replace('-', "_"));
        let bytes = wheel(name, version, *keeps_off);
        let digest = sha256_hex(&bytes);
        sandbox.server.file(&format!("/files/{file}"), bytes);
        page += &format!("<a href=\"/files/{file}#sha256={digest}\">{file}</a>\n");
    }
    sandbox.server.file(&format!("/simple/{name}/"), page);
}

/// Writes the list of names.
pub(crate) fn list(sandbox: &Sandbox, text: &str) {
    std::fs::write(sandbox.home().join("names.txt"), text).expect("write");
}

/// Runs a survey of the list into `site`.
pub(crate) fn survey(sandbox: &Sandbox, code: i32, more: &[&str]) -> Finished {
    let index = sandbox.server.url("/simple");
    let arguments = ["check", "--survey", "names.txt", "--rate", "1000"];
    let arguments = [&arguments[..], &["--index", &index], more].concat();
    run_in(sandbox, sandbox.home(), code, &arguments)
}

pub(crate) fn site(sandbox: &Sandbox) -> PathBuf {
    sandbox.home().join("site")
}

pub(crate) fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

/// `bad 1.0 turns-on` of each package in `survey.json`.
pub(crate) fn rows(site: &Path) -> Vec<String> {
    let survey = json(&site.join("survey.json"));
    let rows = survey["packages"].as_array().expect("packages").iter();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    rows.map(|row| {
        let parts = ["name", "version", "class"].map(|key| text(&row[key]));
        parts.join(" ")
    })
    .collect()
}

pub(crate) fn four(sandbox: &Sandbox) {
    let on = Some(false);
    let off = Some(true);
    offer(
        sandbox,
        "bad",
        &[
            ("1.0", LINUX, on),
            ("1.0", "cp314-cp314t-win_amd64", None),
            ("0.9", LINUX, on),
            ("0.8", LINUX, off),
            ("0.7", LINUX, off),
        ],
    );
    let versions = ["1.3", "1.2", "1.1", "1.0"].map(|version| (version, LINUX, off));
    offer(sandbox, "good", &versions);
    offer(sandbox, "pure", &[("2.0", "py3-none-any", None)]);
    offer(sandbox, "other", &[("3.0", "cp314-cp314-win_amd64", None)]);
    list(sandbox, "bad\ngood\npure\nother\n");
}

#[test]
fn a_survey_is_a_site_with_the_evidence_of_each_package() {
    let sandbox = Sandbox::new();
    four(&sandbox);
    let said = survey(&sandbox, 0, &["--site", "site", "--json"]);
    let totals: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let classes = &totals["totals"]["classes"];
    let counts = ["turns-on", "keeps-off", "pure-python", "no-t-wheel"].map(|it| &classes[it]);
    assert!(counts.iter().all(|count| **count == 1), "{said:?}");
    assert_eq!(totals["totals"]["with_t_wheels"], 2);
    let site = site(&sandbox);
    let expected = [
        "bad 1.0 turns-on",
        "good 1.3 keeps-off",
        "other 3.0 no-t-wheel",
        "pure 2.0 pure-python",
    ];
    assert_eq!(rows(&site), expected);
    let bad = json(&site.join("packages/bad.json"));
    let classes = bad["targets"].as_array().expect("targets").iter();
    let classes = classes.map(|it| (it["target"].as_str(), it["class"].as_str()));
    let classes: Vec<_> = classes.collect();
    assert_eq!(classes.len(), 6);
    assert!(classes.contains(&(Some("3.14t-linux-x86_64"), Some("turns-on"))));
    assert!(classes.contains(&(Some("3.14t-windows-x86_64"), Some("pure-python"))));
    assert!(classes.contains(&(Some("3.14t-macos-arm64"), Some("not-for-platform"))));
    let on = &bad["targets"][0];
    assert_eq!(on["modules"][0]["evidence"]["symbol"], "PyInit_x");
    assert_eq!(on["modules"][0]["bites"]["text"], "on import of bad");
    let state = json(&site.join("run.json"));
    assert!(
        state["finished"].is_string() && state["bytes"].as_u64() > Some(1000),
        "{state}"
    );
    assert_eq!(
        state["requests"].as_u64(),
        Some(sandbox.server.requests().len() as u64)
    );
}

#[test]
fn the_past_of_a_package_is_read_until_the_answer_is_settled() {
    let sandbox = Sandbox::new();
    four(&sandbox);
    survey(&sandbox, 0, &["--site", "site"]);
    let package = |name: &str| json(&site(&sandbox).join(format!("packages/{name}.json")));
    let past = |package: &Value| {
        let past = package["history"].as_array().expect("a history").clone();
        let past = past
            .into_iter()
            .map(|it| format!("{} {}", it["version"], it["class"]));
        past.collect::<Vec<_>>().join(", ").replace('"', "")
    };
    let bad = package("bad");
    assert_eq!(past(&bad), "0.9 turns-on, 0.8 keeps-off, 0.7 keeps-off");
    assert_eq!(bad["last_good"], "0.8");
    assert_eq!(bad["targets"][0]["remedy"]["constraint"], "bad<=0.8");
    // The oldest one is read first.
    let good = package("good");
    assert_eq!(past(&good), "1.2 null, 1.1 null, 1.0 keeps-off");
    assert_eq!(good["good_since"], "1.0");
}

#[test]
fn the_pages_link_to_each_other_and_need_nothing_from_elsewhere() {
    let sandbox = Sandbox::new();
    four(&sandbox);
    survey(&sandbox, 0, &["--site", "site"]);
    let read = |file: &str| std::fs::read_to_string(site(&sandbox).join(file)).expect("a page");
    let (index, page) = (read("index.html"), read("packages/bad.html"));
    assert!(
        index.contains("<a href=\"packages/bad.html\">bad</a>"),
        "{index}"
    );
    assert!(
        index.contains("4 packages, 2 with t wheels: 1 turns the GIL on"),
        "{index}"
    );
    assert!(
        index.find(">bad<") < index.find(">good<"),
        "offenders come first"
    );
    for text in [
        "<a href=\"../index.html\">",
        "bad.x turns it on: on import of bad",
        "By version",
        "https://bugs.example/bad",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    for text in [&index, &page] {
        assert!(
            !text.contains("src=") && !text.contains("<link"),
            "nothing from elsewhere"
        );
    }
}

#[test]
fn a_later_survey_asks_only_for_what_changed_and_adds_a_day_to_the_record() {
    let sandbox = Sandbox::new();
    four(&sandbox);
    survey(&sandbox, 0, &["--site", "site"]);
    let site = site(&sandbox);
    let totals = site.join("totals.json");
    let text = std::fs::read_to_string(&totals).expect("totals");
    let today = json(&totals)["points"][0]["date"].clone();
    let today = today.as_str().expect("a date");
    std::fs::write(&totals, text.replace(today, "2026-01-04")).expect("write");
    let before = sandbox.server.requests().len();
    offer(
        &sandbox,
        "good",
        &[("2.0", LINUX, Some(false)), ("1.3", LINUX, Some(true))],
    );
    list(&sandbox, "bad\ngood\npure\n");
    survey(&sandbox, 0, &["--site", "site"]);
    let expected = [
        "bad 1.0 turns-on",
        "good 2.0 turns-on",
        "pure 2.0 pure-python",
    ];
    assert_eq!(rows(&site), expected);
    assert!(
        !site.join("packages/other.html").exists(),
        "no longer listed"
    );
    let requests = sandbox.server.requests().split_off(before);
    let pages = requests.iter().filter(|it| it.path.starts_with("/simple/"));
    assert!(
        pages
            .clone()
            .all(|it| it.headers.contains_key("if-none-match"))
    );
    assert_eq!(pages.count(), 3);
    let files = requests.iter().filter(|it| it.path.starts_with("/files/"));
    assert!(files.clone().count() > 0);
    assert!(
        files.clone().all(|it| it.path.contains("good-2.0")),
        "{requests:?}"
    );
    let points = json(&totals)["points"].as_array().expect("points").clone();
    let counts = points
        .iter()
        .map(|it| (it["packages"].as_u64(), it["date"] == today));
    assert_eq!(
        counts.collect::<Vec<_>>(),
        [(Some(4), false), (Some(3), true)]
    );
    let index = std::fs::read_to_string(site.join("index.html")).expect("a page");
    assert!(index.contains("<polyline class=\"bad\""), "{index}");
}

#[test]
fn a_survey_that_was_killed_is_continued_by_the_same_command() {
    let sandbox = Sandbox::new();
    four(&sandbox);
    let page = "/simple/pure/";
    let stall = vec![Fault::Stall(Duration::from_secs(60), 1)];
    sandbox.server.script(page, stall);
    let index = sandbox.server.url("/simple");
    let arguments = [
        "check",
        "--survey",
        "names.txt",
        "--site",
        "site",
        "--rate",
        "1000",
    ];
    let mut command = sandbox.command(&[&arguments[..], &["--index", &index]].concat());
    let mut child = command.current_dir(sandbox.home()).spawn().expect("start");
    let site = site(&sandbox);
    let is_done = |name: &str| site.join(format!("packages/{name}.json")).exists();
    let started = Instant::now();
    while !["bad", "good", "other"].iter().all(|name| is_done(name)) {
        assert!(started.elapsed() < Duration::from_secs(30), "too slow");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("kill");
    child.wait().expect("wait");
    assert!(json(&site.join("run.json"))["finished"].is_null());
    let before = sandbox.server.requests().len();
    let said = survey(&sandbox, 0, &["--site", "site"]);
    assert!(said.stderr.contains("is continued"), "{said:?}");
    assert_eq!(rows(&site).len(), 4);
    let requests = sandbox.server.requests().split_off(before);
    assert_eq!(requests[0].path, page);
    assert!(
        requests.iter().all(|it| !it.path.contains("bad")),
        "{requests:?}"
    );
    // The next one begins anew.
    let before = sandbox.server.hits("/simple/bad/");
    survey(&sandbox, 0, &["--site", "site"]);
    assert_eq!(sandbox.server.hits("/simple/bad/"), before + 1);
}

#[test]
fn without_an_index_the_one_of_the_persons_installer_is_asked() {
    let mut sandbox = Sandbox::new();
    four(&sandbox);
    let bin = sandbox.home().join("tools");
    let path = format!("{}:/usr/bin:/bin", bin.display());
    sandbox.set("PATH", &path);
    let run = |code| {
        let arguments = ["check", "--survey", "names.txt", "--site", "site"];
        run_in(&sandbox, sandbox.home(), code, &arguments)
    };
    let index = sandbox.server.url("/simple");
    let uv = "#!/bin/sh\n[ \"$1\" = --version ] && exit 0\nread name\n\
              [ \"$name\" = bad ] && exit 1\nprintf '%s==1\\n    # from INDEX\\n' \"$name\"\n";
    executable(&bin.join("uv"), &uv.replace("INDEX", &index));
    // uv does not resolve the first name.
    run(0);
    assert_eq!(rows(&site(&sandbox)).len(), 4);
    executable(&bin.join("uv"), "#!/bin/sh\nexit 1\n");
    let pip = "#!/bin/sh\necho '1 location(s) to search for versions of bad:'\n\
               echo '* INDEX/bad/'\n";
    executable(&bin.join("pip"), &pip.replace("INDEX", &index));
    let before = sandbox.server.hits("/simple/bad/");
    run(0);
    assert_eq!(sandbox.server.hits("/simple/bad/"), before + 1);
    executable(&bin.join("pip"), "#!/bin/sh\nexit 0\n");
    let said = run(3);
    assert!(said.stderr.contains("--index URL"), "{said:?}");
}
