//! A mirror with a private authority, through a proxy that requires a password.

use crate::support::live::require_live;
use crate::support::namespace::unshared;
use crate::support::proxy::Proxy;
use crate::support::sandbox::{Sandbox, interpreter};
use crate::support::tls::serve;

#[test]
#[ignore = "live: needs openssl and python3"]
fn live_a_mirror_behind_a_private_authority_and_a_proxy_with_a_password() {
    require_live();
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    sandbox.offer(&archive);
    let directory = sandbox.home().join("served");
    std::fs::create_dir(&directory).expect("mkdir");
    std::fs::write(directory.join(&archive.name), &archive.bytes).expect("write");
    let (_running, port) = serve(&directory).expect("openssl and python3");
    let digest = crate::support::archives::sha256_hex(&archive.bytes);
    let file = archive.name.replace('+', "%2B");
    let url = format!("https://127.0.0.1:{port}/{file}#sha256={digest}");
    let install = ["install", "--reinstall", &url];

    // This authority is unknown.
    let finished = sandbox.fails(4, &install);
    assert!(
        finished
            .stderr
            .contains("its authority is neither the system's nor in SSL_CERT_FILE"),
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

    // Through the proxy's tunnel, with its password.
    let proxy = Proxy::start("127.0.0.1:1");
    sandbox.set("HTTPS_PROXY", &proxy.url(""));
    sandbox.ok(&["cache", "clean"]);
    let finished = sandbox.fails(4, &install);
    assert!(
        finished
            .stderr
            .contains("the proxy requires a name and a password"),
        "{finished:?}"
    );
    sandbox.set("HTTPS_PROXY", &proxy.url("me:s3cret@"));
    let finished = sandbox.ok(&install);
    assert!(!finished.stderr.contains("s3cret"), "{finished:?}");
    let tunnelled = format!("200 CONNECT 127.0.0.1:{port} HTTP/1.1");
    assert!(proxy.seen().contains(&tunnelled), "{:?}", proxy.seen());
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_an_authority_of_the_systems_store_is_trusted() {
    require_live();
    let sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    let directory = sandbox.home().join("served");
    std::fs::create_dir(&directory).expect("mkdir");
    std::fs::write(directory.join("x.tar.gz"), &archive.bytes).expect("write");
    sandbox.server.file("/index.ndjson", "");
    let (_running, port) = serve(&directory).expect("openssl and python3");
    let digest = crate::support::archives::sha256_hex(&archive.bytes);
    let url = format!("https://127.0.0.1:{port}/x.tar.gz#sha256={digest}");
    let store = "mount --bind served/ca.pem /etc/ssl/certs/ca-certificates.crt";
    let done = unshared(&sandbox.command(&["install", &url]), "--mount", store);
    assert_eq!(done.code, Some(0), "{done:?}");
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_without_any_network_what_is_in_the_cache_is_installed() {
    require_live();
    let mut sandbox = Sandbox::new();
    sandbox.offer(&interpreter("3.14.7", "t"));
    sandbox.offer(&interpreter("3.14.6", "t"));
    sandbox.ok(&["install", "3.14.7t"]);
    sandbox.ok(&["uninstall", "--all"]);
    let arguments = ["--offline", "install", "3.14.7t"];
    let done = unshared(&sandbox.command(&arguments), "--net", "true");
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
    // A missing installation fails because of the network, with or without the switch.
    for arguments in [
        &["--offline", "install", "3.14.6t"][..],
        &["install", "3.14.6t"],
    ] {
        let done = unshared(&sandbox.command(arguments), "--net", "true");
        assert_eq!(done.code, Some(4), "{done:?}");
    }
}
