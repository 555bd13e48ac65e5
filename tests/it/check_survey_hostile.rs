//! `ftpy check --survey` with lists, indexes and directories that are not as they should be.

use crate::check_survey::{LINUX, json, list, offer, rows, site, survey, wheel};
use crate::support::sandbox::Sandbox;
use crate::support::server::Fault;
use crate::support::shims::run_in;
use std::time::{Duration, Instant};

const SITE: [&str; 2] = ["--site", "site"];

#[test]
fn a_list_with_comments_duplicates_and_names_that_are_none_is_read() {
    let sandbox = Sandbox::new();
    offer(&sandbox, "good-one", &[("1.0", "py3-none-any", None)]);
    let text = "\u{feff}# pure\r\nGood_One\r\n\r\ngood.one # again\r\n../../etc\r\n<b>\r\na b\r\n";
    list(&sandbox, text);
    let said = survey(&sandbox, 0, &SITE);
    assert!(
        said.stderr
            .contains("names.txt:5: `../../etc` is not a name of a package"),
        "{said:?}"
    );
    assert_eq!(rows(&site(&sandbox)), ["good-one 1.0 pure-python"]);
    assert_eq!(sandbox.server.hits("/simple/good-one/"), 1);
    list(&sandbox, "# nothing\n");
    let said = survey(&sandbox, 2, &SITE);
    assert!(
        said.stderr.contains("names.txt names no package"),
        "{said:?}"
    );
    std::fs::remove_file(sandbox.home().join("names.txt")).expect("remove");
    survey(&sandbox, 7, &SITE);
}

#[test]
fn a_busy_index_is_left_alone_as_long_as_it_says() {
    let sandbox = Sandbox::new();
    for name in ["a", "b", "c"] {
        offer(&sandbox, name, &[("1.0", "py3-none-any", None)]);
    }
    list(&sandbox, "a\nb\nc\n");
    let busy = Fault::StatusRetryAfter(429, "2".to_owned());
    sandbox
        .server
        .script("/simple/a/", vec![busy.clone(), busy]);
    let started = Instant::now();
    survey(&sandbox, 0, &SITE);
    assert!(
        started.elapsed() >= Duration::from_secs(4),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(rows(&site(&sandbox)).len(), 3);
    assert_eq!(sandbox.server.hits("/simple/a/"), 3);
    let agents = sandbox.server.requests();
    let mut agents = agents.iter().map(|request| request.user_agent.as_deref());
    assert!(agents.all(|agent| agent.is_some_and(|agent| agent.starts_with("ftpy/"))));
    // It is not waited for an hour.
    list(&sandbox, "a\n");
    let hour = Fault::StatusRetryAfter(503, "3600".to_owned());
    sandbox.server.script("/simple/a/", vec![hour]);
    let said = survey(&sandbox, 9, &SITE);
    assert!(
        said.stderr.contains("1 package could not be surveyed"),
        "{said:?}"
    );
    // What an earlier run found is kept.
    assert_eq!(rows(&site(&sandbox)), ["a 1.0 pure-python"]);
}

#[test]
fn an_index_that_fails_for_one_package_does_not_stop_the_others() {
    let sandbox = Sandbox::new();
    for name in ["a", "b"] {
        offer(&sandbox, name, &[("1.0", "py3-none-any", None)]);
    }
    list(&sandbox, "a\nb\n");
    sandbox
        .server
        .script("/simple/a/", vec![Fault::Status(500); 4]);
    let said = survey(&sandbox, 9, &SITE);
    assert!(said.stderr.contains("a: "), "{said:?}");
    assert_eq!(rows(&site(&sandbox)), ["b 1.0 pure-python"]);
    // The same command asks about this one again, and about no other.
    survey(&sandbox, 0, &SITE);
    assert_eq!(rows(&site(&sandbox)).len(), 2);
    assert_eq!(sandbox.server.hits("/simple/b/"), 1);
    sandbox
        .server
        .script("/simple/a/", vec![Fault::Status(500); 4]);
    let more = ["--site", "site", "--allow-undetermined"];
    survey(&sandbox, 0, &more);
}

#[test]
fn a_damaged_wheel_is_a_finding_and_is_read_again_by_the_next_survey() {
    let sandbox = Sandbox::new();
    offer(&sandbox, "cut", &[("1.0", LINUX, Some(true))]);
    let whole = wheel("cut", "1.0", Some(true));
    let path = format!("/files/cut-1.0-{LINUX}.whl");
    sandbox.server.file(&path, &whole[..whole.len() / 2]);
    list(&sandbox, "cut\n");
    survey(&sandbox, 0, &SITE);
    let site = site(&sandbox);
    assert_eq!(rows(&site), ["cut 1.0 unreadable"]);
    let cut = json(&site.join("packages/cut.json"));
    assert!(cut["targets"][0]["reason"].is_string());
    sandbox.server.file(&path, whole);
    survey(&sandbox, 0, &SITE);
    assert_eq!(rows(&site), ["cut 1.0 keeps-off"]);
}

#[test]
fn a_package_that_vanished_keeps_its_page_and_is_not_counted() {
    let sandbox = Sandbox::new();
    offer(&sandbox, "left", &[("1.0", LINUX, Some(false))]);
    offer(&sandbox, "stays", &[("1.0", LINUX, Some(true))]);
    list(&sandbox, "left\nstays\nnever-there\n");
    survey(&sandbox, 0, &SITE);
    let expected = [
        "left 1.0 turns-on",
        "never-there - -",
        "stays 1.0 keeps-off",
    ];
    let site = site(&sandbox);
    assert_eq!(rows(&site), expected);
    sandbox
        .server
        .script("/simple/left/", vec![Fault::Status(404)]);
    survey(&sandbox, 0, &SITE);
    assert_eq!(rows(&site), expected);
    let survey = json(&site.join("survey.json"));
    assert_eq!(survey["packages"][0]["presence"], "gone");
    assert_eq!(survey["totals"]["packages"], 1);
    let page = std::fs::read_to_string(site.join("index.html")).expect("a page");
    assert!(
        page.contains("turns the GIL on; no longer on the index"),
        "{page}"
    );
    assert!(page.contains("not on the index"), "{page}");
}

#[test]
fn a_page_of_an_index_that_is_none_and_names_in_it_that_are_hostile_do_no_harm() {
    let sandbox = Sandbox::new();
    let file = "evil-1.0-py3-none-<script>alert(1)<script>.whl";
    let page = format!("<a href='x'>{file}</a><a href='evil-1.0-py3-none-any.whl'>../../e.whl</a>");
    sandbox.server.file("/simple/evil/", page);
    sandbox.server.file("/simple/nothing/", "{\"files\": 1}");
    sandbox.server.file("/simple/empty/", "");
    list(&sandbox, "evil\nnothing\nempty\n");
    let said = survey(&sandbox, 9, &SITE);
    assert!(
        said.stderr.contains("nothing: unreadable index page"),
        "{said:?}"
    );
    let site = site(&sandbox);
    for file in ["index.html", "packages/evil.html"] {
        let page = std::fs::read_to_string(site.join(file)).expect("a page");
        assert!(!page.contains("<script>alert"), "{page}");
    }
    assert_eq!(rows(&site).len(), 2);
}

#[test]
fn a_directory_with_other_files_and_a_damaged_record_are_left_alone() {
    let sandbox = Sandbox::new();
    offer(&sandbox, "a", &[("1.0", "py3-none-any", None)]);
    list(&sandbox, "a\n");
    let mine = sandbox.home().join("mine");
    std::fs::create_dir(&mine).expect("create");
    std::fs::write(mine.join("index.html"), "mine").expect("write");
    let said = survey(&sandbox, 2, &["--site", "mine"]);
    assert!(
        said.stderr
            .contains("mine has files that are not of a survey"),
        "{said:?}"
    );
    let left = std::fs::read_dir(&mine).expect("read").count();
    assert_eq!(left, 1);
    survey(&sandbox, 0, &SITE);
    let totals = site(&sandbox).join("totals.json");
    std::fs::write(&totals, "{").expect("write");
    let said = survey(&sandbox, 9, &SITE);
    assert!(said.stderr.contains("totals.json is damaged"), "{said:?}");
    assert_eq!(std::fs::read_to_string(&totals).expect("read"), "{");
}

#[test]
fn options_that_do_not_fit_a_survey_are_refused() {
    let sandbox = Sandbox::new();
    list(&sandbox, "a\n");
    for arguments in [
        &["check", "--survey", "names.txt"][..],
        &["check", "--site", "site"],
        &["check", "--survey", "names.txt", "--site", "site", "numpy"],
        &[
            "check",
            "--survey",
            "names.txt",
            "--site",
            "site",
            "--merge",
            "a",
        ],
        &[
            "check",
            "--survey",
            "names.txt",
            "--site",
            "site",
            "--shard",
            "3/2",
        ],
        &[
            "check",
            "--survey",
            "names.txt",
            "--site",
            "site",
            "--rate",
            "0",
        ],
        &["check", "--index", "https://h.example/simple"],
    ] {
        let said = run_in(&sandbox, sandbox.home(), 2, arguments);
        assert_eq!(said.stdout, "", "{arguments:?}");
    }
    assert!(!site(&sandbox).exists());
}
