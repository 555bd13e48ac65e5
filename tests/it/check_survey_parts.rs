//! `ftpy check --survey` in parts, which `--merge` joins; the workflow that does so every week.

use crate::check_survey::{four, rows, site, survey};
use crate::support::sandbox::Sandbox;
use crate::support::shims::run_in;
use crate::support::workflows::Workflow;
use ftpy::check::survey::Names;
use std::path::Path;

#[test]
fn the_parts_of_a_survey_are_merged_into_one_site() {
    let sandbox = Sandbox::new();
    four(&sandbox);
    for shard in ["1/2", "2/2"] {
        let directory = format!("part-{}", &shard[..1]);
        survey(&sandbox, 0, &["--site", &directory, "--shard", shard]);
        assert!(!sandbox.home().join(&directory).join("index.html").exists());
    }
    let run = |code, parts: &[&str]| {
        let arguments = [&["check", "--site", "site", "--merge"], parts].concat();
        run_in(&sandbox, sandbox.home(), code, &arguments)
    };
    let said = run(9, &["part-2"]);
    assert!(said.stderr.contains("part 1/2 is missing"), "{said:?}");
    run(0, &["part-1", "part-2"]);
    let site = site(&sandbox);
    assert_eq!(rows(&site).len(), 4);
    assert_eq!(
        sandbox.server.hits("/simple/bad/"),
        1,
        "each package is in one part"
    );
    // A part that is missing later does not remove its packages.
    run(9, &["part-1"]);
    assert_eq!(rows(&site).len(), 4);
    let said = run(3, &["nothing"]);
    assert!(
        said.stderr.contains("nothing is not a part of a survey"),
        "{said:?}"
    );
    let more = ["--site", "part-3", "--platform", "linux-x86_64"];
    survey(&sandbox, 0, &more);
    let said = run(2, &["part-1", "part-3"]);
    assert!(
        said.stderr.contains("are surveys for other targets"),
        "{said:?}"
    );
    let name = if site.join("packages/bad.json").exists() {
        "bad"
    } else {
        "good"
    };
    let part = ["part-1", "part-2"].map(|part| sandbox.home().join(part));
    let path = part.map(|part| part.join(format!("packages/{name}.json")));
    let path = path.iter().find(|path| path.exists()).expect("a part");
    std::fs::write(path, "{").expect("write");
    let said = run(9, &["part-1", "part-2"]);
    assert!(
        said.stderr
            .contains(&format!("packages/{name}.json is damaged")),
        "{said:?}"
    );
}

#[test]
fn the_weekly_survey_takes_all_parts_of_a_list_without_mistakes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github");
    let text = std::fs::read_to_string(root.join("survey-names.txt")).expect("a list");
    let list = Names::parse(&text);
    assert_eq!((list.names.len(), list.refused.len()), (300, 0));
    let workflow = Workflow::read("survey.yml");
    let parts = &workflow.0["jobs"]["part"]["strategy"]["matrix"]["part"];
    let parts = parts.as_sequence().expect("parts").len();
    let scripts = workflow.scripts("part").concat();
    assert!(
        scripts.contains(&format!("--shard \"$PART/{parts}\"")),
        "{scripts}"
    );
    assert!(
        scripts.contains("--survey .github/survey-names.txt"),
        "{scripts}"
    );
}
