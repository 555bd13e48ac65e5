//! Tests of verdicts.

use super::*;
use crate::gil::report::tests::report;
use crate::gil::seen::Build;

/// `a` and `b` turn the GIL on, `ok` does not, everything else is unclear.
fn answers() -> Answers {
    let all = [
        ("a", ReplayAnswer::TurnsOn),
        ("b", ReplayAnswer::TurnsOn),
        ("ok", ReplayAnswer::LeavesOff),
    ];
    let all = all.map(|(name, answer)| ((name.to_owned(), format!("/{name}.so")), answer));
    all.into_iter().collect()
}

/// Judges a report whose direct child is 7. Returns the verdict and the modules; `!` marks the
/// first of a process, `?` an unclear one.
fn check(text: &str, expected: &str) {
    let judged = judge(&report(text), 7, &answers());
    let verdict = serde_json::to_value(judged.verdict).expect("a name");
    let mut words = vec![verdict.as_str().expect("text").to_owned()];
    let marked = |one: &Offender| one.module.clone() + if one.first { "!" } else { "" };
    words.extend(judged.offenders.iter().map(marked));
    words.extend(judged.unclear.iter().map(|one| one.module.clone() + "?"));
    assert_eq!(words.join(" "), expected, "{text}\n{judged:#?}");
}

const FREE: &str = "start 7 1 0 - '/t' '3.14.7' '/'\n";
const GIL: &str = "start 7 0 1 - '/g' '3.14.7' '/'\n";

#[test]
fn the_last_word_of_an_interpreter_counts() {
    check("", "unchecked");
    check(&format!("{FREE}end 7 0"), "gil-off");
    check(&format!("{FREE}end 7 1"), "gil-on");
    check(
        &format!("{FREE}load 7 0 'ok' '/ok.so' ''\nend 7 0"),
        "gil-off",
    );
    // -X gil=0 keeps it off, whatever is loaded.
    check(
        &format!("{FREE}load 7 0 'a' '/a.so' ''\nend 7 0"),
        "gil-off",
    );
    // -X gil=1: no module is to blame.
    let forced = "start 7 1 1 1 '/t' '3.14.7' '/'\n";
    check(
        &format!("{forced}load 7 1 'a' '/a.so' ''\nend 7 1"),
        "gil-on",
    );
    check(&format!("{FREE}subend 7 1\nend 7 0"), "gil-on");
}

#[test]
fn every_module_is_named_and_the_first_is_known() {
    check(
        &format!(
            "{FREE}load 7 0 'ok' '/ok.so' ''\nload 7 0 'a' '/a.so' ''
             load 7 1 'b' '/b.so' ''\nload 7 1 'a' '/a.so' ''\nend 7 1"
        ),
        "gil-on a! b",
    );
    // `a` is being created and imports `b` meanwhile.
    check(
        &format!(
            "{FREE}load 7 0 'a' '/a.so' ''\nload 7 1 'b' '/b.so' 'a|/a.so|0||create'\nend 7 1"
        ),
        "gil-on a b!",
    );
    // `a` was created before it is executed.
    check(
        &format!("{FREE}load 7 0 'a' '/a.so' ''\nload 7 1 'b' '/b.so' 'a|/a.so|0||exec'\nend 7 1"),
        "gil-on a! b",
    );
    check(
        &format!("{FREE}load 7 0 'x' '/x.so' ''\nload 7 1 'b' '/b.so' ''\nend 7 1"),
        "gil-on b! x?",
    );
}

#[test]
fn without_a_last_word_the_loads_tell() {
    check(FREE, "gil-off");
    check(&format!("{FREE}load 7 0 'ok' '/ok.so' ''"), "gil-off");
    check(&format!("{FREE}load 7 0 'a' '/a.so' ''"), "gil-on a!");
    check(&format!("{FREE}load 7 0 'x' '/x.so' ''"), "unchecked x?");
    check(
        &format!("{FREE}load 7 0 'ok' '/ok.so' ''\nfork 8 7 0\nload 8 0 'b' '/b.so' ''\nend 7 0"),
        "gil-on b!",
    );
}

#[test]
fn what_was_asked_for_holds_whatever_is_loaded() {
    let off = "start 7 1 0 0 '/t' '3.14.7' '/'\n";
    check(&format!("{off}load 7 0 'a' '/a.so' ''"), "gil-off");
    check(&format!("{off}load 7 0 'x' '/x.so' ''"), "gil-off");
    let on = "start 7 1 1 1 '/t' '3.14.7' '/'\n";
    check(&format!("{on}load 7 1 'a' '/a.so' ''"), "gil-on");
}

#[test]
fn free_threaded_interpreters_count_and_others_only_where_they_are_the_command() {
    let helper = "start 8 0 1 - '/usr/bin/python3' '3.9.1' '/'\n";
    check(&format!("{FREE}{helper}end 7 0"), "gil-off");
    check(&format!("{GIL}end 7 1"), "gil-on");
    check(helper, "gil-on");
    let worker = "start 8 1 0 - '/t' '3.14.7' '/'\n";
    check(&format!("{GIL}{worker}end 8 0"), "gil-on");
    check(
        &format!("{FREE}{worker}load 8 0 'a' '/a.so' ''\nend 8 1\nend 7 0"),
        "gil-on a!",
    );
    // A launcher that executes the right interpreter.
    check(&format!("{GIL}{FREE}end 7 0"), "gil-off");
    check(&format!("{FREE}end 7 0\n{GIL}"), "gil-on");
}

#[test]
fn only_what_is_in_doubt_is_loaded_again() {
    let asked = |text: &str| suspects(&report(text));
    assert!(asked(&format!("{FREE}load 7 0 'a' '/a.so' ''\nend 7 0")).is_empty());
    assert!(asked(&format!("{FREE}end 7 1")).is_empty());
    let found = asked(&format!(
        "{FREE}path 7 '|/x'\nload 7 0 'a' '/a.so' ''\nload 7 0 'a' '/a.so' ''
         start 8 1 0 - '/t' '3.14.7' '/'\npath 8 '/y|/x'\nload 8 1 'b' '/b.so' ''\nend 7 1"
    ));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].path, ["", "/x", "/y"]);
    let names: Vec<&str> = found[0]
        .modules
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["a", "b"]);
}

/// Like [`check`], with Pythons that ran unwatched.
fn check_with(text: &str, unwatched: &[Unwatched], expected: Verdict) {
    let mut report = report(text);
    report.unwatched = unwatched.to_vec();
    let judged = judge(&report, 7, &answers());
    assert_eq!(judged.verdict, expected, "{text}\n{judged:#?}");
}

#[test]
fn what_ran_unwatched_could_not_be_checked_unless_it_has_a_gil_of_its_own() {
    let one = |pid: u32, is_free_threaded: Option<bool>| Unwatched {
        pid,
        is_child_of: false,
        executable: "/other".to_owned(),
        why: Why::Environment,
        is_last: true,
        build: is_free_threaded.map(|is_free_threaded| Build {
            version: "3.11.7".to_owned(),
            is_free_threaded,
        }),
    };
    let off = format!("{FREE}end 7 0");
    check_with(&off, &[one(8, Some(true))], Verdict::Unchecked);
    check_with(&off, &[one(8, None)], Verdict::Unchecked);
    // A helper, and a program executed by the command itself.
    check_with(&off, &[one(8, Some(false))], Verdict::GilOff);
    check_with(&off, &[one(7, Some(false))], Verdict::GilOn);
    check_with("", &[one(8, Some(false))], Verdict::GilOn);
    let launcher = Unwatched {
        is_last: false,
        ..one(7, Some(false))
    };
    check_with(&off, &[launcher], Verdict::GilOff);
    // On in one process is on, whatever else could not be watched.
    let on = format!("{FREE}end 7 1");
    check_with(&on, &[one(8, Some(true))], Verdict::GilOn);
}
