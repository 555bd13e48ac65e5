//! Tests of SARIF output, with reports of a real runtime and a GIL judgement.

use super::*;
use crate::sanitizer::report::{fold, parse};

fn document(text: &str) -> Value {
    sarif(&Run {
        names: Some("ThreadSanitizer"),
        findings: &fold(parse(text)),
        doubts: &["a doubt".to_owned()],
        judged: None,
        exit_code: Some(66),
    })
}

#[test]
fn a_finding_is_a_result_at_its_first_place() {
    let text = "WARNING: ThreadSanitizer: data race (pid=1)\n  Write by thread T2:\n    \
        #0 put /my dir/a.c:12:30 (a.so+0x1)\n\n  Previous write by thread T1:\n    \
        #0 get b.c:3:1 (a.so+0x1)\n\nSUMMARY: x\n";
    let document = document(text);
    let run = &document["runs"][0];
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "data-race");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "file:///my%20dir/a.c");
    assert_eq!(place["region"]["startLine"], 12);
    let other = &result["relatedLocations"][0]["physicalLocation"];
    assert_eq!(other["artifactLocation"]["uri"], "b.c");
    assert_eq!(result["stacks"].as_array().map(Vec::len), Some(2));
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(
        rule["shortDescription"]["text"],
        "ThreadSanitizer: data race"
    );
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["exitCode"], 66);
    assert_eq!(invocation["executionSuccessful"], false);
    let doubt = &invocation["toolExecutionNotifications"][0]["message"]["text"];
    assert_eq!(doubt, "a doubt");
}

#[test]
fn the_line_that_leads_into_cpython_comes_first() {
    let race = |line: u32| {
        format!(
            "WARNING: ThreadSanitizer: data race (pid=1)\n  Write by thread T2:\n    \
            #0 set /h/cache/builds/3.14.7t+tsan-source/source/./Objects/list.c:9:1 (python+0x1)\n    \
            #1 put /x/a.c:{line}:3 (a.so+0x1)\n\n  Previous write by thread T1:\n    \
            #0 get <null> (/x/b.so+0x1)\n\nSUMMARY: x\n"
        )
    };
    let told = document(&race(12));
    let result = &told["runs"][0]["results"][0];
    let uri = |place: &Value| place["physicalLocation"]["artifactLocation"]["uri"].clone();
    assert_eq!(uri(&result["locations"][0]), "file:///x/a.c");
    let cpython = &result["relatedLocations"][0];
    assert_eq!(uri(cpython), "Objects/list.c");
    let base = &cpython["physicalLocation"]["artifactLocation"]["uriBaseId"];
    assert!(told["runs"][0]["originalUriBaseIds"][base.as_str().expect("base")].is_object());
    // Only the module is known.
    let own = document(&race(12).replace(
        "#0 set /h/cache/builds/3.14.7t+tsan-source/source/./Objects/list.c:9:1 (python+0x1)",
        "#0 set a.c (/x/a.so+0x1)",
    ));
    let own = &own["runs"][0]["results"][0]["locations"][0];
    assert_eq!(uri(own), "file:///x/a.so");
    assert_eq!(uri(&result["relatedLocations"][1]), "file:///x/b.so");
    let print = |told: &Value| told["runs"][0]["results"][0]["partialFingerprints"].clone();
    assert_eq!(print(&told), print(&document(&race(14))));
    assert_ne!(
        print(&told),
        print(&document(&race(12).replace("put", "add")))
    );
}

#[test]
fn a_module_that_turns_the_gil_on_is_a_result_where_it_is_imported() {
    let step = crate::gil::Step {
        module: "app".to_owned(),
        file: "/app/main.py".to_owned(),
        line: 3,
        function: "<module>".to_owned(),
        is_being_created: false,
    };
    let offender = Offender {
        pid: 7,
        module: "old".to_owned(),
        file: "/lib/old.so".to_owned(),
        chain: vec![step],
        first: true,
    };
    let judged = Judgement {
        unwatched: Vec::new(),
        interpreters: Vec::new(),
        offenders: vec![offender],
        unclear: Vec::new(),
        verdict: Verdict::GilOn,
    };
    let told = sarif(&Run {
        names: None,
        findings: &[],
        doubts: &[],
        judged: Some(&judged),
        exit_code: Some(0),
    });
    assert_eq!(told["runs"].as_array().map(Vec::len), Some(1));
    let run = &told["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "ftpy");
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "gil-enabled");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "file:///app/main.py");
    assert_eq!(place["region"]["startLine"], 3);
    assert_eq!(
        result["message"]["text"],
        "the extension module old turns the GIL on"
    );
}
