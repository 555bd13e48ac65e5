//! A channel with private certificates.

use crate::support::channel::{Channel, Form};
use crate::support::live::require_live;
use crate::support::pythons::fake;
use crate::support::sandbox::Sandbox;
use crate::support::tls::serve;

#[test]
#[ignore = "live: needs openssl and python3"]
fn live_a_channel_behind_certificates_of_ones_own_is_trusted_if_the_settings_say_so() {
    require_live();
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    let directory = sandbox.home().join("served");
    Channel::of(&fake("3.14.7")).write(&directory, Form::Zst);
    let (_running, port) = serve(&directory).expect("openssl and python3");
    let url = format!("https://127.0.0.1:{port}");
    sandbox.set("FTPY_CONDA_CHANNELS", &url);
    let condarc = |text: &str| {
        std::fs::write(sandbox.home().join(".condarc"), text).expect("write");
    };
    let install = ["install", "--reinstall", "--from", "conda", "3.14t"];
    let finished = sandbox.fails(4, &install);
    assert!(finished.stderr.contains("certificate"), "{finished:?}");
    condarc("ssl_verify: /nonexistent/ca.pem\n");
    let finished = sandbox.fails(4, &install);
    assert!(
        finished.stderr.contains("/nonexistent/ca.pem"),
        "{finished:?}"
    );
    condarc(&format!(
        "ssl_verify: {}\n",
        directory.join("ca.pem").display()
    ));
    let finished = sandbox.ok(&install);
    assert!(
        !finished.stderr.contains("ssl_verify is off"),
        "{finished:?}"
    );
    std::fs::remove_dir_all(sandbox.store.join("cache")).expect("cache");
    condarc("ssl_verify: false\n");
    let finished = sandbox.ok(&install);
    assert!(
        finished.stderr.contains("ssl_verify is off"),
        "{finished:?}"
    );
}
