//! Tests with shortened output of the real runtimes of clang 14 and 19.

use super::*;

const RACE: &str = "\
==================
WARNING: ThreadSanitizer: data race (pid=3981)
  Write of size 4 at 0x7f09d6d0e1a4 by thread T2:
    #0 write_it /tmp/rx/canary.c:12:30 (ftpy_canary.so+0x13a6) (BuildId: 62c3)

  Previous write of size 4 at 0x7f09d6d0e1a4 by thread T1:
    #0 other /tmp/my dir/canary.c:13:1 (ftpy_canary.so+0x13a6) (BuildId: 62c3)
    #1 std::vector<int, x>::push (int) /x/y.h:7:1 (a.so+0x1)

  Thread T2 (tid=4431, running) created by main thread at:
    #0 pthread_create <null> (python3.14t+0xd9fed) (BuildId: 4a4f)
    #1 race /tmp/rx/canary.c:20:13 (ftpy_canary.so+0x124a)

SUMMARY: ThreadSanitizer: data race /tmp/rx/canary.c:12:30 in write_it
==================
";

#[test]
fn a_race_is_two_accesses_and_who_made_the_threads() {
    let reports = parse(&format!("some words\n{RACE}done\n"));
    assert_eq!(reports.len(), 1);
    let race = &reports[0];
    assert_eq!(
        (race.tool.as_str(), race.kind.as_str()),
        ("ThreadSanitizer", "data race")
    );
    let headings: Vec<&str> = race
        .stacks
        .iter()
        .map(|stack| stack.heading.as_str())
        .collect();
    assert_eq!(
        headings[0],
        "Write of size 4 at 0x7f09d6d0e1a4 by thread T2"
    );
    assert_eq!(headings.len(), 3);
    let places = race.places();
    let shown = |frame: &Frame| format!("{} {:?}:{:?}", frame.function, frame.file, frame.line);
    assert_eq!(
        shown(places[0]),
        "write_it Some(\"/tmp/rx/canary.c\"):Some(12)"
    );
    assert_eq!(places[1].function, "other");
    assert_eq!(
        race.stacks[1].frames[1].function,
        "std::vector<int, x>::push (int)"
    );
    assert_eq!(race.stacks[2].frames[0].file, None);
    assert!(race.text.starts_with("WARNING:") && race.text.contains("SUMMARY"));
    assert!(!race.text.contains("done") && !race.text.contains("===="));
}

#[test]
fn a_runtime_that_cannot_work_says_so() {
    let fatal = "FATAL: ThreadSanitizer: unexpected memory mapping 0x61afd4893000-0x61afd493e000\n";
    assert!(complaints(fatal)[0].is_end);
    let check = "ThreadSanitizer: CHECK failed: sanitizer_allocator_primary64.h:133 (tid=8305)\n";
    assert_eq!(complaints(check).len(), 1);
    assert!(complaints(RACE).is_empty());
}

#[test]
fn the_same_pair_of_stacks_is_one_finding_in_either_order() {
    let swapped = RACE
        .replace("write_it /tmp/rx/canary.c:12:30", "X")
        .replace("other /tmp/my dir/canary.c:13:1 (ftpy_canary.so+0x13a6) (BuildId: 62c3)\n    #1 std::vector<int, x>::push (int) /x/y.h:7:1 (a.so+0x1)", "write_it /tmp/rx/canary.c:12:30 (b.so+0x1)")
        .replace("#0 X (ftpy_canary.so+0x13a6) (BuildId: 62c3)", "#0 other /tmp/my dir/canary.c:13:1 (b.so+0x1)\n    #1 std::vector<int, x>::push (int) /x/y.h:7:1 (a.so+0x1)");
    let mut all = parse(RACE);
    all.extend(parse(&swapped));
    all.extend(parse(&RACE.replace("canary.c:12:30", "canary.c:14:30")));
    let findings = fold(all);
    let times: Vec<usize> = findings.iter().map(|finding| finding.times).collect();
    assert_eq!(times, [2, 1]);
}

#[test]
fn the_other_sanitizers_are_read_too() {
    let asan = "\
=================================================================
==77==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602 at pc 0x7f bp 0x7f sp 0x7f
WRITE of size 1 at 0x602 thread T0
    #0 0x7f00 in overflow /tmp/c.c:34:19
    #1 0x5500 in cfunction_vectorcall_NOARGS Objects/methodobject.c:508:24

0x602 is located 0 bytes to the right of 8-byte region
allocated by thread T0 here:
    #0 0x5501 in malloc (python3.14t+0x1)
SUMMARY: AddressSanitizer: heap-buffer-overflow /tmp/c.c:34:19 in overflow
==77==ABORTING
";
    let reports = parse(asan);
    assert_eq!(reports[0].kind, "heap-buffer-overflow");
    assert_eq!(reports[0].stacks.len(), 2);
    assert_eq!(reports[0].places()[0].line, Some(34));
    assert_eq!(
        reports[0].stacks[0].frames[1].file.as_deref(),
        Some("Objects/methodobject.c")
    );
    assert_eq!(reports[0].stacks[1].frames[0].function, "malloc");

    let ubsan = "\
/tmp/c.c:42:19: runtime error: signed integer overflow: 2147483647 + 1 cannot be represented
    #0 0x7f in undefined /tmp/c.c:42:19
SUMMARY: UndefinedBehaviorSanitizer: undefined-behavior /tmp/c.c:42:19 in
";
    let reports = parse(ubsan);
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].tool, "UndefinedBehaviorSanitizer");
    assert_eq!(reports[0].places()[0].line, Some(42));
    assert!(parse("nothing here\n").is_empty());
    let new = "==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x6\n    \
        #0 0x55 in operator new(unsigned long) (python3.14t+0x1)\n";
    let frame = &parse(new)[0].stacks[0].frames[0];
    assert_eq!(frame.function, "operator new(unsigned long)");
    assert_eq!(frame.file, None);
}

#[test]
fn a_process_that_the_runtime_ends_is_told() {
    let fork = "ThreadSanitizer: starting new threads after multi-threaded fork is not supported. \
        Dying (set die_after_fork=0 to override)\n";
    let limit = "ThreadSanitizer: Thread limit (8128 threads) exceeded. Dying.\n";
    for text in [
        fork,
        limit,
        "FATAL: ThreadSanitizer: unexpected memory mapping 0x61\n",
    ] {
        let told = complaints(text);
        assert_eq!((told.len(), told[0].is_end), (1, true), "{text}");
    }
    assert!(complaints("a Dying process of the program's own\n").is_empty());
    let read = complaints("failed to read suppressions file '/x'\n");
    assert_eq!((read.len(), read[0].is_end), (1, false));
}

#[test]
fn what_is_undefined_is_the_same_with_other_values() {
    let shift = "/x/c.c:42:19: runtime error: shift exponent 40 is too large for 32-bit type 'int'\n    \
        #0 0x7f in undefined /x/c.c:42:19\n    #1 0x7f in call /x/c.c:9:1\n\
        SUMMARY: UndefinedBehaviorSanitizer: undefined-behavior /x/c.c:42:19 in\n";
    let text = [
        shift,
        &shift.replace("40", "41"),
        &shift.replace("c.c:9", "c.c:8"),
    ]
    .concat();
    let findings = fold(parse(&text));
    let times: Vec<usize> = findings.iter().map(|finding| finding.times).collect();
    assert_eq!(times, [2, 1]);
    for (kind, rule) in [
        (
            "shift exponent 40 is too large for 32-bit type 'int'",
            "shift-exponent",
        ),
        (
            "signed integer overflow: 1 + 2 cannot be represented",
            "signed-integer-overflow",
        ),
        (
            "-1e+20 is outside the range of representable values of type 'int'",
            "is-outside-the-range-of-representable-values-of-type",
        ),
        ("division by zero", "division-by-zero"),
    ] {
        let report = parse(&format!("a.c:1:2: runtime error: {kind}\n")).remove(0);
        assert_eq!(report.rule(), rule);
    }
    let order = "WARNING: ThreadSanitizer: lock-order-inversion (potential deadlock) (pid=1)\n";
    assert_eq!(parse(order)[0].rule(), "lock-order-inversion");
}

#[test]
fn each_leak_is_a_finding() {
    let leaks = "\
==7==ERROR: LeakSanitizer: detected memory leaks

Direct leak of 24 byte(s) in 1 object(s) allocated from:
    #0 0x55 in malloc (/p/bin/python3.14t+0x1)
    #1 0x7f in keep /x/a.c:5:3

Direct leak of 8 byte(s) in 2 object(s) allocated from:
    #0 0x55 in malloc (/p/bin/python3.14t+0x1)
    #1 0x7f in lose /x/a.c:9:3

Indirect leak of 3 byte(s) in 1 object(s) allocated from:
    #0 0x55 in malloc (/p/bin/python3.14t+0x1)
    #1 0x7f in keep /x/a.c:6:3

SUMMARY: AddressSanitizer: 35 byte(s) leaked in 4 allocation(s).
";
    let again = leaks.replace("24 byte(s) in 1", "48 byte(s) in 2");
    let findings = fold([parse(leaks), parse(&again)].concat());
    let told: Vec<(&str, Option<u32>, usize)> = findings
        .iter()
        .map(|one| {
            (
                one.report.kind.as_str(),
                one.report.places()[0].line,
                one.times,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("direct leak", Some(5), 2),
            ("direct leak", Some(9), 2),
            ("indirect leak", Some(6), 2),
        ]
    );
    let text = &findings[1].report.text;
    assert!(
        text.starts_with("Direct leak of 8") && text.ends_with("a.c:9:3\n"),
        "{text}"
    );
}

#[test]
fn a_frame_without_a_line_has_its_function_and_module() {
    let check = |line: &str, function: &str, file: Option<&str>, module: Option<&str>| {
        let frame = frame(line).expect("frame");
        assert_eq!(
            (
                frame.function.as_str(),
                frame.file.as_deref(),
                frame.module.as_deref()
            ),
            (function, file, module),
            "{line}"
        );
    };
    let plain = "    #0 w mod.c (mod.so+0x13a6) (BuildId: 62c3)";
    check(plain, "w", Some("mod.c"), Some("mod.so"));
    check("    #0 w <null> (mod.so+0x13a6)", "w", None, Some("mod.so"));
    check(
        "    #1 0x55 in w (/my dir/mod.so+0x1)",
        "w",
        None,
        Some("/my dir/mod.so"),
    );
    check(
        "    #0 w /x/mod.c:3:1 (mod.so+0x1)",
        "w",
        Some("/x/mod.c"),
        Some("mod.so"),
    );
    let new = "    #0 operator new(unsigned long) (python3.14t+0x1)";
    check(
        new,
        "operator new(unsigned long)",
        None,
        Some("python3.14t"),
    );
}
