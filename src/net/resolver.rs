//! Looks up the addresses of hosts.
//!
//! Two things differ from the system's own function, which this uses. Where it finds nothing, or
//! nothing yet, it is asked for each family alone: behind the DNS of many companies only one of the
//! questions, mostly that for IPv4, has a good answer. musl's then finds nothing, or, after
//! SERVFAIL and REFUSED, asks again for five seconds. And a lookup that takes too long is an error
//! of its own, because neither the host nor the network to it is at fault.

use dns_lookup::{AddrFamily, AddrInfoHints, SockType, getaddrinfo};
use futures_util::future::{BoxFuture, select_ok};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::Duration;

/// Ends a lookup a little before the connection, so that it is known which of them took so long.
const EARLIER: Duration = Duration::from_millis(100);

/// A lookup that did not end in time.
pub(super) const NO_ANSWER: &str = "no answer from DNS in time (FTPY_CONNECT_TIMEOUT)";

/// How long one answer is waited for before another one will do.
const PATIENCE: Duration = Duration::from_secs(1);

type Lookup = fn(&str) -> io::Result<Vec<SocketAddr>>;

type Found = BoxFuture<'static, io::Result<Vec<SocketAddr>>>;

/// The resolver of a client.
#[derive(Debug)]
pub(super) struct Resolver {
    limit: Duration,
    /// The questions: for both families, IPv4 alone, IPv6 alone.
    lookups: [Lookup; 3],
}

impl Resolver {
    /// Makes one for connections that may take `connect_timeout`.
    pub(super) fn new(connect_timeout: Duration) -> Self {
        let earlier = connect_timeout.saturating_sub(EARLIER);
        Self {
            limit: earlier.max(connect_timeout / 2),
            lookups: [both, ipv4, ipv6],
        }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let limit = self.limit;
        let host = name.as_str().to_owned();
        // A short limit leaves time for each of the questions.
        let patience = PATIENCE.min(limit / 3);
        let found = found(self.lookups, host, patience);
        Box::pin(async move {
            match tokio::time::timeout(limit, found).await {
                Ok(found) => Ok(Box::new(found?.into_iter()) as Addrs),
                Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, NO_ANSWER).into()),
            }
        })
    }
}

/// Asks for both families in one question, then in two at the same time: without a name server,
/// musl needs five seconds for each question.
async fn found(
    [both, ipv4, ipv6]: [Lookup; 3],
    host: String,
    patience: Duration,
) -> io::Result<Vec<SocketAddr>> {
    let both = ask(both, &host);
    let alone = async move { first_of(ask(ipv4, &host), ask(ipv6, &host), patience).await };
    first_of(both, Box::pin(alone), patience).await
}

/// Starts to ask immediately.
fn ask(lookup: Lookup, host: &str) -> Found {
    let host = host.to_owned();
    let asked = tokio::task::spawn_blocking(move || lookup(&host));
    Box::pin(async move { asked.await? })
}

/// Waits for one answer, and for a second one where the first is an error or takes longer than
/// `patience`. Of two errors, that of the first counts if it came within `patience`, else the
/// later one.
async fn first_of(
    mut first: Found,
    second: Found,
    patience: Duration,
) -> io::Result<Vec<SocketAddr>> {
    match tokio::time::timeout(patience, &mut first).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => second.await.map_err(|_| error),
        Err(_) => Ok(select_ok([first, second]).await?.0),
    }
}

fn both(host: &str) -> io::Result<Vec<SocketAddr>> {
    Ok((host, 0).to_socket_addrs()?.collect())
}

fn ipv4(host: &str) -> io::Result<Vec<SocketAddr>> {
    alone(AddrFamily::Inet, host)
}

/// Leaves out addresses without a route. On a machine without IPv6, they would replace an answer for
/// IPv4 that is only slow.
fn ipv6(host: &str) -> io::Result<Vec<SocketAddr>> {
    let mut found = alone(AddrFamily::Inet6, host)?;
    let socket = UdpSocket::bind("[::]:0")?;
    // This sends nothing.
    found.retain(|address| socket.connect((address.ip(), 443)).is_ok());
    or_nothing(found)
}

fn alone(family: AddrFamily, host: &str) -> io::Result<Vec<SocketAddr>> {
    let hints = AddrInfoHints {
        address: family.into(),
        socktype: SockType::Stream.into(),
        ..Default::default()
    };
    let found = getaddrinfo(Some(host), None, Some(hints)).map_err(io::Error::from)?;
    let found: Vec<SocketAddr> = found.filter_map(|one| Some(one.ok()?.sockaddr)).collect();
    or_nothing(found)
}

fn or_nothing(found: Vec<SocketAddr>) -> io::Result<Vec<SocketAddr>> {
    match found.is_empty() {
        true => Err(io::ErrorKind::NotFound.into()),
        false => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    async fn resolved(resolver: &Resolver, host: &str) -> Result<Vec<SocketAddr>, String> {
        let name = Name::from_str(host).expect("a name");
        let found = resolver.resolve(name).await;
        found
            .map(Iterator::collect)
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn this_machine_is_found_and_another_is_not() {
        let resolver = Resolver::new(Duration::from_secs(10));
        let found = resolved(&resolver, "localhost").await.expect("addresses");
        assert!(found.iter().all(|address| address.ip().is_loopback()));
        let error = resolved(&resolver, "host.invalid").await.expect_err("none");
        assert!(error.starts_with("failed to lookup"), "{error}");
    }

    #[test]
    fn one_family_can_be_asked_for_alone() {
        let found = ipv4("localhost").expect("addresses");
        assert!(found.iter().all(SocketAddr::is_ipv4));
        // Not every machine has a name for this address, or IPv6.
        let found = alone(AddrFamily::Inet6, "::1").expect("addresses");
        assert!(found.iter().all(SocketAddr::is_ipv6));
        assert!(ipv4("::1").is_err() && ipv6("127.0.0.1").is_err());
    }

    #[tokio::test]
    async fn a_lookup_that_takes_too_long_is_no_fault_of_the_host() {
        let resolver = Resolver {
            limit: Duration::from_millis(10),
            lookups: [slow; 3],
        };
        let error = resolved(&resolver, "example.org").await.expect_err("none");
        assert_eq!(error, NO_ANSWER);
    }

    fn slow(_: &str) -> io::Result<Vec<SocketAddr>> {
        std::thread::sleep(Duration::from_millis(1500));
        Ok(Vec::new())
    }

    fn late(_: &str) -> io::Result<Vec<SocketAddr>> {
        std::thread::sleep(Duration::from_millis(100));
        Ok(Vec::new())
    }

    #[tokio::test]
    async fn one_family_is_enough_where_the_questions_before_it_fail_or_take_long() {
        let fails: Lookup = |_| Err(io::Error::other("SERVFAIL"));
        let good: Lookup = |_| Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))]);
        let patience = Duration::from_millis(20);
        let asked = |lookups| found(lookups, "example.org".to_owned(), patience);
        for first in [fails, slow] {
            let found = asked([first, good, fails]).await;
            assert_eq!(found.expect("an address").len(), 1);
        }
        for lookups in [[fails, fails, good], [fails, slow, good]] {
            assert_eq!(asked(lookups).await.expect("an address").len(), 1);
        }
        let error = asked([fails; 3]).await.expect_err("none");
        assert_eq!(error.to_string(), "SERVFAIL");
        // All addresses are better than one, if they come.
        let found = asked([late, fails, fails]).await;
        assert_eq!(found.expect("what both gave"), []);
    }
}
