//! Reports as real runtimes of clang 14 and 19 wrote them, shortened.

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
    assert_eq!(complaints(fatal).len(), 1);
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
