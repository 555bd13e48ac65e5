//! The page of `ftpy check --html` in a real browser: clicks, filters, pictures.

use crate::check::venv;
use crate::support::browser::Browser;
use crate::support::live::require_live;
use crate::support::sandbox::Sandbox;
use crate::support::shims::run_in;
use crate::support::wheels::module;
use std::path::PathBuf;

const OFF: &str = "zeta/x.cpython-314t-x86_64-linux-gnu.so";
const ON: &str = "bad/x.cpython-314t-x86_64-linux-gnu.so";

/// The names in the rows that are visible, in their order.
const VISIBLE: &str = "Array.from(document.querySelectorAll('#packages > tbody > tr'))\
    .filter(row => row.offsetParent !== null).map(row => row.cells[0].textContent).join(' ')";

/// A page about three packages; the directory of a browser's profile.
fn page(sandbox: &Sandbox) -> (PathBuf, PathBuf) {
    let project = venv(
        sandbox,
        &[
            (
                "bad",
                &[
                    (ON, module(false)),
                    ("bad/__init__.py", b"from . import x\n".to_vec()),
                ],
            ),
            ("zeta", &[(OFF, module(true))]),
            ("plain", &[("plain.py", b"import bad\n".to_vec())]),
        ],
    );
    run_in(sandbox, &project, 8, &["check", "--html", "page.html"]);
    (project.join("page.html"), sandbox.home().join("profile"))
}

#[test]
#[ignore = "live: needs chromium and chromedriver"]
fn live_the_page_of_check_is_filtered_sorted_and_unfolded_in_a_browser() {
    require_live();
    let sandbox = Sandbox::new();
    let (page, profile) = page(&sandbox);
    let browser = Browser::start(&profile, (1280, 900), false);
    browser.open(&page);
    assert_eq!(browser.value(VISIBLE), "bad zeta plain");
    let count = "document.getElementById('count').textContent";
    assert_eq!(browser.value(count), "3 of 3");

    browser.write("#filter", "bad.x turns");
    assert_eq!(browser.value(VISIBLE), "bad");
    assert_eq!(browser.value(count), "1 of 3");
    browser.write("#filter", " ");
    browser.click("#class option[value=good]");
    assert_eq!(browser.value(VISIBLE), "zeta plain");
    browser.click("#class option[value='']");

    browser.click("#packages th:first-child button");
    browser.click("#packages th:first-child button");
    assert_eq!(browser.value(VISIBLE), "zeta plain bad");

    let evidence = "document.querySelector('tr.bad details td').checkVisibility()";
    assert_eq!(browser.value(evidence), false);
    let before = browser.screenshot();
    browser.click("tr.bad summary");
    assert_eq!(browser.value(evidence), true);
    let after = browser.screenshot();
    // PNG, in base64.
    assert!(before.starts_with("iVBORw0KGgo") && after.starts_with("iVBORw0KGgo"));
    assert!(before.len() > 10_000 && before != after);

    // No column is squeezed to the width of a letter.
    let narrowest = "Math.min(...Array.from(document.querySelectorAll('#packages th'))\
        .filter(head => head.offsetWidth > 0).map(head => head.offsetWidth))";
    assert!(browser.value(narrowest).as_f64().expect("a width") > 50.0);
    assert_eq!(
        browser.value("document.querySelectorAll('.picture svg rect').length"),
        3
    );
    let loaded = "performance.getEntriesByType('resource').length";
    assert_eq!(browser.value(loaded), 0, "the page needs nothing else");
}

#[test]
#[ignore = "live: needs chromium and chromedriver"]
fn live_the_page_of_check_fits_a_phone() {
    require_live();
    let sandbox = Sandbox::new();
    let (page, profile) = page(&sandbox);
    let browser = Browser::start(&profile, (390, 844), true);
    browser.open(&page);
    assert_eq!(browser.value("innerWidth"), 390);
    let widest = "document.documentElement.scrollWidth <= innerWidth";
    assert_eq!(browser.value(widest), true);
    browser.click("tr.bad summary");
    assert_eq!(browser.value(widest), true);
    // The evidence has the width of the screen, and each label its own line.
    let evidence = "document.querySelector('tr.bad details td:last-child').offsetWidth";
    assert!(browser.value(evidence).as_f64().expect("a width") > 280.0);
    assert_eq!(
        browser.value("document.querySelector('#packages thead').offsetHeight"),
        0
    );
    browser.write("#filter", "plain pure");
    assert_eq!(browser.value(VISIBLE), "plain");
    assert!(browser.screenshot().starts_with("iVBORw0KGgo"));
}
