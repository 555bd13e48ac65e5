//! A machine whose first nameserver is dead: the system's resolver skips it after five seconds.
//! Real name servers on loopback, in a mount namespace; root is needed.

use crate::support::live::require_live;
use crate::support::machine::machine;
use crate::support::sandbox::interpreter;
use std::net::UdpSocket;
use std::thread;
use std::time::{Duration, Instant};

/// The nameserver that never answers.
const DEAD: &str = "127.0.91.1";
/// The nameserver that answers every name with this machine's address.
const ALIVE: &str = "127.0.91.2";

/// Answers every query for an address (RFC 1035, 4.1).
fn answer(socket: &UdpSocket) {
    let mut query = [0; 512];
    while let Ok((length, from)) = socket.recv_from(&mut query) {
        let query = &query[..length];
        // The header has 12 bytes; a name ends with an empty label, followed by type and class.
        let Some(name) = query
            .get(12..)
            .and_then(|rest| rest.iter().position(|byte| *byte == 0))
        else {
            continue;
        };
        let Some(question) = query.get(12..12 + name + 5) else {
            continue;
        };
        let is_address = question[name + 1..name + 3] == [0, 1];
        let mut reply = query[..2].to_vec();
        reply.extend([0x81, 0x80, 0, 1, 0, u8::from(is_address), 0, 0, 0, 0]);
        reply.extend(question);
        if is_address {
            reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
        }
        let _ = socket.send_to(&reply, from);
    }
}

#[test]
#[ignore = "live: needs root and namespaces"]
fn live_root_a_dead_first_nameserver_does_not_make_ftpy_compile_or_fail() {
    require_live();
    let _dead = UdpSocket::bind((DEAD, 53)).expect("port 53, for which root is needed");
    let alive = UdpSocket::bind((ALIVE, 53)).expect("port 53");
    thread::spawn(move || answer(&alive));
    let (mut sandbox, machine) = machine("ID=debian\n");
    machine.sh(&format!(
        "rm -f /etc/resolv.conf /etc/nsswitch.conf
         printf 'nameserver {DEAD}\\nnameserver {ALIVE}\\n' >/etc/resolv.conf
         echo 'hosts: files dns' >/etc/nsswitch.conf"
    ));
    let archive = interpreter("3.14.7", "t");
    let line = archive.line_at_upstream();
    sandbox.server.file("/index.ndjson", line);
    let path = format!("/m/20260901/{}", archive.name);
    sandbox.server.file(&path, archive.bytes.clone());
    let index = sandbox.server.url("/index.ndjson");
    let mirror = sandbox.server.url("/m").replace("127.0.0.1", "pbs.example");
    sandbox.set("FTPY_INDEX_URL", &index);
    sandbox.set("FTPY_PBS_MIRROR", &mirror);
    let started = Instant::now();
    let said = machine.ends(0, &sandbox, &["install", "3.14t"]);
    assert!(said.stderr.contains("Waiting for "), "{said:#?}");
    assert!(started.elapsed() > Duration::from_secs(4), "{said:#?}");
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
}
