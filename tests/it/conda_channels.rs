//! Channels: their locations, forms of repodata, and connections.

use crate::support::channel::{Channel, Form, install_from, sandbox};
use crate::support::pythons::{fake, fake_python};
use crate::support::sandbox::Sandbox;
use crate::support::server::free_port_refusing;

const KEY: &str = "3.14.7t-conda-2";

fn usual() -> Channel {
    Channel::of(&fake("3.14.7"))
}

/// A sandbox that serves the default channel below `/mine`, and names none.
fn unnamed() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    sandbox.unset("FTPY_CONDA_CHANNELS");
    usual().serve(&sandbox, "mine", Form::Json);
    sandbox
}

fn write(sandbox: &Sandbox, file: &str, text: &str) {
    std::fs::write(sandbox.home().join(file), text).expect("write");
}

#[test]
fn every_form_of_repodata_is_read_again_and_kept_for_offline_use() {
    for form in [Form::Json, Form::Zst, Form::Sharded] {
        let (sandbox, _) = sandbox(&usual(), form);
        sandbox.ok(&["install", "--from", "conda", "3.14t"]);
        sandbox.ok(&["uninstall", "3.14t"]);
        // The cached repodata is revalidated.
        sandbox.ok(&["install", "--dry-run", "--from", "conda", "3.14t"]);
        let before = sandbox.server.requests().len();
        sandbox.ok(&["--offline", "install", "--from", "conda", "3.14t"]);
        assert_eq!(sandbox.installed(), [KEY], "{form:?}");
        // The other variant's packages were never downloaded.
        let finished = sandbox.fails(4, &["--offline", "install", "--from", "conda", "3.14"]);
        assert!(
            finished.stderr.contains("--offline"),
            "{form:?}: {finished:?}"
        );
        assert_eq!(sandbox.server.requests().len(), before, "{form:?}");
        let whole = |name: &str| sandbox.server.hits(&format!("/channel/linux-64/{name}"));
        match form {
            Form::Sharded => assert_eq!(whole("repodata.json.zst") + whole("repodata.json"), 0),
            Form::Zst => assert_eq!(whole("repodata.json"), 0),
            Form::Json => assert!(whole("repodata.json") > 0),
        }
    }
}

#[test]
fn a_server_that_only_says_not_modified_is_believed() {
    let (sandbox, _) = sandbox(&usual(), Form::Sharded);
    let plan = ["install", "--dry-run", "--from", "conda", "3.14t"];
    let first = sandbox.ok(&plan).stdout;
    // The request for existence and the one for another state; both answers lack a validator.
    let path = "/channel/noarch/repodata_shards.msgpack.zst";
    let nothing_new = || crate::support::server::Fault::Status(304);
    sandbox
        .server
        .script(path, vec![nothing_new(), nothing_new()]);
    assert_eq!(sandbox.ok(&plan).stdout, first);
    assert_eq!(sandbox.server.hits(path), 4);
}

#[test]
fn a_directory_is_a_channel() {
    let mut sandbox = unnamed();
    let directory = sandbox.home().join("a channel");
    usual().write(&directory, Form::Json);
    install_from(&sandbox, &directory);
    sandbox.ok(&["uninstall", "3.14t"]);
    std::fs::remove_dir_all(sandbox.store.join("cache")).expect("cache");
    let path = directory.display().to_string();
    sandbox.set(
        "FTPY_CONDA_CHANNELS",
        &format!("file://{}", path.replace(' ', "%20")),
    );
    sandbox.ok(&["install", "--from", "conda", "3.14t"]);
    sandbox.ok(&["verify"]);
    let nowhere = sandbox.home().join("nowhere").display().to_string();
    let finished = sandbox.fails(
        4,
        &["install", "--from", "conda", "--channel", &nowhere, "3.14"],
    );
    assert!(finished.stderr.contains("nowhere"), "{finished:?}");
}

#[test]
fn the_machines_own_settings_name_the_channels() {
    let sandbox = unnamed();
    let base = sandbox.server.url("");
    let plan = ["install", "--dry-run", "--from", "conda", "3.14t"];
    for condarc in [
        format!("channels: [mine]\nchannel_alias: {base}\n"),
        format!("channels: [mine]\ncustom_channels: {{mine: '{base}/'}}\n"),
        format!("channels: [{base}/mine]\n"),
        format!("channels: [defaults]\ndefault_channels: ['{base}/mine']\n"),
        format!("channels: [us]\ncustom_multichannels: {{us: ['{base}/mine']}}\n"),
        format!(
            "channels: [us]\nmirrored_channels: {{us: ['{}/x', '{base}/mine']}}\n",
            free_port_refusing()
        ),
    ] {
        write(&sandbox, ".condarc", &condarc);
        let text = sandbox.ok(&plan).stdout;
        assert!(
            text.starts_with("3.14t -> 3.14.7t-conda-2"),
            "{condarc}: {text}"
        );
    }
    // mamba's own file has priority; the command line overrides both.
    write(
        &sandbox,
        ".mambarc",
        &format!("channel_alias: {}\n", free_port_refusing()),
    );
    write(
        &sandbox,
        ".condarc",
        &format!("channels: [mine]\nchannel_alias: {base}\n"),
    );
    sandbox.fails(4, &plan);
    sandbox.ok(&[&plan[..], &["--channel", &format!("{base}/mine")]].concat());
    // A file with a typing error is not skipped.
    write(&sandbox, ".condarc", "channels: {mine\n");
    let finished = sandbox.fails(2, &plan);
    assert!(finished.stderr.contains(".condarc: "), "{finished:?}");
}

#[test]
fn the_first_channel_that_has_a_package_has_it() {
    let (mut sandbox, first) = sandbox(&usual(), Form::Json);
    // More than the maximum number of solves.
    let newer: Vec<_> = (0..9)
        .map(|number| fake_python("3.14.8", "t", number))
        .collect();
    let second = Channel::of(&newer).serve(&sandbox, "second", Form::Json);
    let plan = ["install", "--dry-run", "--from", "conda", "3.14t"];
    sandbox.set("FTPY_CONDA_CHANNELS", &format!("{first}, {second}"));
    let text = sandbox.ok(&plan).stdout;
    assert!(text.contains("3.14t -> 3.14.7t-conda-2"), "{text}");
    let list = ["list", "--available", "--from", "conda", "3.14t"];
    assert!(sandbox.ok(&list).stdout.starts_with("3.14.7t "));
    sandbox.set("FTPY_CONDA_CHANNELS", &format!("{second}, {first}"));
    let text = sandbox.ok(&plan).stdout;
    assert!(text.contains("3.14t -> 3.14.8t-conda-8"), "{text}");
    assert!(
        text.contains("libdemo"),
        "what the first lacks, the second has: {text}"
    );
}

#[test]
fn a_proxy_of_the_settings_is_used() {
    let sandbox = unnamed();
    let proxy = sandbox.server.url("");
    write(
        &sandbox,
        ".condarc",
        &format!("channels: ['http://channel.invalid/mine']\nproxy_servers: {{http: '{proxy}'}}\n"),
    );
    sandbox.ok(&["install", "--from", "conda", "3.14t"]);
    let asked = sandbox.server.requests();
    let is_proxied = |request: &crate::support::server::Request| {
        request.target.starts_with("http://channel.invalid/mine/")
    };
    assert!(
        asked.iter().filter(|request| is_proxied(request)).count() > 5,
        "{asked:?}"
    );
}

#[test]
fn credentials_are_sent_and_never_shown_or_written() {
    let (mut sandbox, url) = sandbox(&usual(), Form::Zst);
    let secret = url.replace("http://", "http://me:hunter2@");
    sandbox.set("FTPY_CONDA_CHANNELS", &secret);
    let plan = sandbox.ok(&["--json", "install", "--dry-run", "--from", "conda", "3.14t"]);
    assert!(!plan.stdout.contains("hunter2"), "{plan:?}");
    let finished = sandbox.ok(&["-v", "install", "--from", "conda", "3.14t"]);
    assert!(!finished.stderr.contains("hunter2"), "{finished:?}");
    let asked = sandbox.server.requests();
    let packages = asked
        .iter()
        .filter(|request| request.path.ends_with(".conda"));
    assert!(packages.clone().count() > 0);
    assert!(
        packages
            .clone()
            .all(|request| request.headers.contains_key("authorization"))
    );
    assert_eq!(files_with(&sandbox.store, "hunter2"), Vec::<String>::new());
    // After a reinstall from the receipt, the credentials are still there.
    std::fs::remove_dir_all(sandbox.store.join("cache")).expect("cache");
    sandbox.ok(&["install", "--reinstall", "--from", "conda", "3.14t"]);
    // Also in failures.
    let gone = secret.replace("/channel", "/t/tk-123/gone");
    for channel in [
        gone.as_str(),
        &secret.replace("127.0.0.1", "127.0.0.1.invalid"),
    ] {
        sandbox.set("FTPY_CONDA_CHANNELS", channel);
        let finished = sandbox.fails(4, &["-v", "install", "--from", "conda", "3.14"]);
        let text = &finished.stderr;
        assert!(
            !text.contains("hunter2") && !text.contains("tk-123"),
            "{finished:?}"
        );
    }
}

fn files_with(directory: &std::path::Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("read").flatten() {
        let path = entry.path();
        if entry.file_type().expect("type").is_dir() {
            found.extend(files_with(&path, text));
        } else if let Ok(bytes) = std::fs::read(&path)
            && String::from_utf8_lossy(&bytes).contains(text)
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn a_channel_gets_the_password_that_netrc_has_for_it_and_nobody_sees_it() {
    for form in [Form::Json, Form::Sharded] {
        let (sandbox, _) = sandbox(&usual(), form);
        write(
            &sandbox,
            ".netrc",
            "machine 127.0.0.1 login me password s3cret\n",
        );
        let finished = sandbox.ok(&["-v", "install", "--from", "conda", "3.14t"]);
        assert!(!finished.stderr.contains("s3cret"), "{finished:?}");
        let plan = [
            "install",
            "--dry-run",
            "--reinstall",
            "--json",
            "--from",
            "conda",
            "3.14t",
        ];
        let finished = sandbox.ok(&plan);
        assert!(!finished.stdout.contains("s3cret"), "{finished:?}");
        // me:s3cret
        let known = |request: &crate::support::server::Request| {
            let value = request.headers.get("authorization");
            value.is_some_and(|value| value == "Basic bWU6czNjcmV0")
        };
        let requests = sandbox.server.requests();
        let unknown: Vec<_> = requests.iter().filter(|request| !known(request)).collect();
        assert!(!requests.is_empty() && unknown.is_empty(), "{unknown:?}");
        let mut grep = std::process::Command::new("grep");
        let found = grep.args(["-rl", "s3cret"]).arg(&sandbox.store).output();
        let found = String::from_utf8_lossy(&found.expect("grep").stdout).into_owned();
        assert_eq!(found, "", "{form:?}");
    }
}
