//! Answers of company name servers: only the question for one family, mostly IPv4, has a good one.
//! musl's resolver gives up on some of them, so this is for the static program, too
//! (`FTPY_TESTED_PROGRAM`).

use crate::support::live::require_live;
use crate::support::tools::run;
use std::path::Path;
use std::time::Instant;

/// In namespaces of its own: the server, then ftpy, which asks for the newest release.
const SCRIPT: &str = r#"
set -eu
echo 'nameserver 127.0.0.1' >resolv.conf
mount --bind resolv.conf /etc/resolv.conf
mkfifo ready
python3 "$1" "$2" "$3" >ready &
read -r _ <ready
export HOME="$PWD" FTPY_HOME="$PWD/store" FTPY_RELEASES=http://company.test:8080/r
exec "$4" self update --check
"#;

#[test]
#[ignore = "live: needs root, and network and mount namespaces"]
fn live_root_a_good_answer_for_one_family_suffices_whatever_is_said_of_the_other() {
    require_live();
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/dns.py");
    let answers = "empty nxdomain servfail notimp refused silent unreachable";
    let cases = ["ipv4", "ipv6"].map(|good| answers.split(' ').map(move |answer| (good, answer)));
    for (good, answer) in cases.into_iter().flatten() {
        let home = tempfile::tempdir().expect("tempdir");
        let arguments = [
            "--mount",
            "--net",
            "--pid",
            "--fork",
            "--kill-child",
            "sh",
            "-c",
            SCRIPT,
            "sh",
            &server.display().to_string(),
            good,
            answer,
            crate::support::program(),
        ];
        let start = Instant::now();
        let done = run("unshare", &arguments, home.path());
        let text = format!("{}{}", done.stdout, done.stderr);
        assert_eq!(done.code, Some(0), "{good}, {answer}: {done:#?}");
        // glibc would wait ten seconds for an answer that does not come.
        assert!(start.elapsed().as_secs() < 8, "{good}, {answer}: {done:#?}");
        assert!(text.contains("99.0.0"), "{good}, {answer}: {done:#?}");
    }
}
