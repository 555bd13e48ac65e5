//! A mirror behind a private authority, reached through a proxy that wants a password.

use crate::support::live::{is_live, say};
use crate::support::proxy::Proxy;
use crate::support::sandbox::{Sandbox, interpreter};
use crate::support::tls::serve;

#[test]
fn live_a_mirror_behind_a_private_authority_and_a_proxy_with_a_password() {
    let name = "live_a_mirror_behind_a_private_authority";
    if !is_live(name) {
        return;
    }
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    let directory = sandbox.home().join("served");
    std::fs::create_dir(&directory).expect("mkdir");
    std::fs::write(directory.join(&archive.name), &archive.bytes).expect("write");
    let Some((_running, port)) = serve(&directory) else {
        say(&format!("{name}: not run, it needs openssl and python3"));
        return;
    };
    let digest = crate::support::archives::sha256_hex(&archive.bytes);
    let file = archive.name.replace('+', "%2B");
    let url = format!("https://127.0.0.1:{port}/{file}#sha256={digest}");
    let install = ["install", "--reinstall", &url];

    // Nobody knows this authority.
    let finished = sandbox.fails(4, &install);
    assert!(
        finished.stderr.contains("SSL_CERT_FILE names others"),
        "{finished:?}"
    );

    let authority = directory.join("ca.pem").to_string_lossy().into_owned();
    sandbox.set("SSL_CERT_FILE", &authority);
    sandbox.ok(&install);
    sandbox.unset("SSL_CERT_FILE");

    let certificates = sandbox.home().join("certs");
    std::fs::create_dir(&certificates).expect("mkdir");
    std::fs::copy(&authority, certificates.join("1234abcd.0")).expect("copy");
    std::fs::write(certificates.join("README"), "not a certificate").expect("write");
    sandbox.set("SSL_CERT_DIR", &certificates.to_string_lossy());
    sandbox.ok(&["cache", "clean"]);
    sandbox.ok(&install);

    // Through a tunnel of the proxy, which is asked with its password and not without.
    let proxy = Proxy::start("127.0.0.1:1");
    sandbox.set("HTTPS_PROXY", &proxy.url(""));
    sandbox.ok(&["cache", "clean"]);
    let finished = sandbox.fails(4, &install);
    assert!(
        finished
            .stderr
            .contains("the proxy wants a name and a password"),
        "{finished:?}"
    );
    sandbox.set("HTTPS_PROXY", &proxy.url("me:s3cret@"));
    let finished = sandbox.ok(&install);
    assert!(!finished.stderr.contains("s3cret"), "{finished:?}");
    let tunnelled = format!("200 CONNECT 127.0.0.1:{port} HTTP/1.1");
    assert!(proxy.seen().contains(&tunnelled), "{:?}", proxy.seen());
}
