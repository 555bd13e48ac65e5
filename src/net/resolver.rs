//! Looks up the addresses of hosts.
//!
//! Two things differ from the system's own function, which this uses. Where it finds nothing, or
//! nothing yet, it is asked for IPv4 alone: behind the DNS of many companies only that question has a
//! good answer. musl's then finds nothing, or, after SERVFAIL and REFUSED, asks again for five
//! seconds. And a lookup that takes too long is an error of its own, because neither the host nor the
//! network to it is at fault.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

/// Ends a lookup a little before the connection, so that it is known which of them took so long.
const EARLIER: Duration = Duration::from_millis(100);

/// A lookup that did not end in time.
pub(super) const NO_ANSWER: &str = "no answer from DNS in time (FTPY_CONNECT_TIMEOUT)";

/// How long both families are waited for before IPv4 is asked for alone.
const PATIENCE: Duration = Duration::from_secs(1);

type Lookup = fn(&str) -> io::Result<Vec<SocketAddr>>;

/// The resolver of a client.
#[derive(Debug)]
pub(super) struct Resolver {
    limit: Duration,
    both: Lookup,
    ipv4: Lookup,
}

impl Resolver {
    /// Makes one for connections that may take `connect_timeout`.
    pub(super) fn new(connect_timeout: Duration) -> Self {
        let earlier = connect_timeout.saturating_sub(EARLIER);
        Self {
            limit: earlier.max(connect_timeout / 2),
            both,
            ipv4,
        }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (both, ipv4, host) = (self.both, self.ipv4, name.as_str().to_owned());
        // A short limit leaves time for the second question.
        let (limit, patience) = (self.limit, PATIENCE.min(self.limit / 2));
        Box::pin(async move {
            match tokio::time::timeout(limit, found(both, ipv4, host, patience)).await {
                Ok(found) => Ok(Box::new(found?.into_iter()) as Addrs),
                Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, NO_ANSWER).into()),
            }
        })
    }
}

/// Asks for both families, and for IPv4 alone where that fails or takes long.
async fn found(
    both: Lookup,
    ipv4: Lookup,
    host: String,
    patience: Duration,
) -> io::Result<Vec<SocketAddr>> {
    let ask = |lookup: Lookup| {
        let host = host.clone();
        let asked = tokio::task::spawn_blocking(move || lookup(&host));
        Box::pin(async move { asked.await? })
    };
    let mut both = ask(both);
    match tokio::time::timeout(patience, &mut both).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => ask(ipv4).await.map_err(|_| error),
        Err(_) => Ok(futures_util::future::select_ok([both, ask(ipv4)]).await?.0),
    }
}

fn both(host: &str) -> io::Result<Vec<SocketAddr>> {
    Ok((host, 0).to_socket_addrs()?.collect())
}

fn ipv4(host: &str) -> io::Result<Vec<SocketAddr>> {
    let hints = dns_lookup::AddrInfoHints {
        address: dns_lookup::AddrFamily::Inet.into(),
        socktype: dns_lookup::SockType::Stream.into(),
        ..Default::default()
    };
    let found = dns_lookup::getaddrinfo(Some(host), None, Some(hints)).map_err(io::Error::from)?;
    let found: Vec<SocketAddr> = found
        .filter_map(|one| Some(one.ok()?.sockaddr))
        .filter(|address| matches!(address.ip(), IpAddr::V4(_)))
        .collect();
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
    fn ipv4_can_be_asked_for_alone() {
        let found = ipv4("localhost").expect("addresses");
        assert!(found.iter().all(SocketAddr::is_ipv4));
        assert!(ipv4("host.invalid").is_err());
    }

    #[tokio::test]
    async fn a_lookup_that_takes_too_long_is_no_fault_of_the_host() {
        let resolver = Resolver {
            limit: Duration::from_millis(10),
            both: slow,
            ipv4: slow,
        };
        let error = resolved(&resolver, "example.org").await.expect_err("none");
        assert_eq!(error, NO_ANSWER);
    }

    fn slow(_: &str) -> io::Result<Vec<SocketAddr>> {
        std::thread::sleep(Duration::from_millis(200));
        Ok(Vec::new())
    }

    #[tokio::test]
    async fn ipv4_alone_is_enough_where_both_fail_or_take_long() {
        let fails: Lookup = |_| Err(io::Error::other("SERVFAIL"));
        let good: Lookup = |_| Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))]);
        let patience = Duration::from_millis(20);
        for first in [fails, slow] {
            let found = found(first, good, "example.org".to_owned(), patience).await;
            assert_eq!(found.expect("an address").len(), 1);
        }
        let error = found(fails, fails, "example.org".to_owned(), patience).await;
        assert_eq!(error.expect_err("none").to_string(), "SERVFAIL");
        // Both are better than one, if they come.
        let found = found(slow, fails, "example.org".to_owned(), patience).await;
        assert_eq!(found.expect("what both gave"), []);
    }
}
