//! Requests the same file from several URLs: the next URL is tried when the previous one fails or
//! does not connect quickly. The first usable answer wins.
//!
//! [`Patience`] decides how long to wait for a URL, depending on the alternatives. A certain
//! failure (no route, refused, no DNS) needs no patience: it arrives within milliseconds. The
//! request to a slow URL is not cancelled: it continues while others are tried, and [`Net::settle`]
//! waits for it before ftpy resorts to something worse, such as compiling or failing.

use crate::net::client::{Begun, Net};
use crate::net::client_builder::LONGEST;
use crate::net::gate::{NotSent, Trust};
use crate::net::headers::Condition;
use crate::net::hosts::Reach;
use crate::net::part::Part;
use crate::net::pending_request::Opening;
use crate::net::reason::HostError;
use crate::net::response::{OpenError, Opened};
use crate::net::time_limits::Patience;
use crate::net::{FetchError, proxy_note};
use crate::secret_url::SecretUrl;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;
use tokio::time::Instant;

/// The delay before the next URL is tried, while there is no connection.
const STAGGER: Duration = Duration::from_millis(500);
/// The same after a connection without an answer.
const SILENCE: Duration = Duration::from_secs(3);

/// The result of a race.
#[derive(Debug, Default)]
pub(super) struct Raced {
    /// The URL that answered, and its answer.
    pub(super) won: Option<(usize, Result<Opened, OpenError>)>,
    /// The URLs without the file, and why.
    pub(super) lost: Vec<(usize, OpenError)>,
}

/// The result of one request.
type Sent = Result<reqwest::Response, NotSent>;

/// Which answers end a race.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RaceGoal {
    /// The file.
    Body,
    /// Any answer: the server is reachable.
    AnyAnswer,
}

impl Net {
    /// Requests part of a file from several URLs, under a condition.
    ///
    /// # Errors
    /// Returns an error if no URL may be tried: invalid settings, policy.
    pub(super) async fn race(
        &self,
        urls: &[&SecretUrl],
        trust: Trust,
        from: (Part, Condition<'_>),
        wanted: RaceGoal,
    ) -> Result<Raced, OpenError> {
        let mut raced = Raced::default();
        let mut waiting = urls.iter().enumerate();
        let mut running: Vec<(usize, Opening)> = Vec::new();
        loop {
            while is_time_for_the_next(&running)
                && let Some((index, url)) = waiting.next()
            {
                match self.begin(url, trust, from) {
                    Ok(Begun::Opening(opening)) => running.push((index, opening)),
                    Ok(Begun::Opened(opened)) => {
                        raced.won = Some((index, Ok(opened)));
                        return Ok(raced);
                    }
                    Err(error) if error.stops_everything() => return Err(error),
                    Err(error) => raced.lost.push((index, error)),
                }
            }
            if running.is_empty() {
                return Ok(raced);
            }
            let wake = self.next_look(&running, waiting.len() > 0);
            let Some((at, sent)) = self.first_of(&mut running, wake).await? else {
                self.part_with_slow(&mut running, &mut raced.lost);
                continue;
            };
            let (index, opening) = running.remove(at);
            match self.end(&opening, sent) {
                Ok(opened) => {
                    raced.won = Some((index, Ok(opened)));
                    return Ok(raced);
                }
                Err(error) if error.stops_everything() => return Err(error),
                Err(error) if wanted == RaceGoal::AnyAnswer && error.is_answer() => {
                    raced.won = Some((index, Err(error)));
                    return Ok(raced);
                }
                Err(error) => raced.lost.push((index, error)),
            }
        }
    }

    /// Waits until one of the slow hosts answers or fails; returns `false` if there are none. Hosts
    /// that take too long become unreachable in this run.
    ///
    /// # Errors
    /// [`FetchError::Interrupted`]
    pub async fn settle(&self, patience: Patience) -> Result<bool, FetchError> {
        let _one_at_a_time = self.settling.lock().await;
        let mut held = Held {
            net: self,
            running: self.pending().drain(..).enumerate().collect(),
        };
        let settled = patience.during(async {
            let running = &mut held.running;
            while !running.is_empty() {
                let wake = self.next_look(running, false);
                let Some((at, sent)) = self.first_of(running, wake).await? else {
                    self.part_with_slow(running, &mut Vec::new());
                    continue;
                };
                let (_, opening) = running.remove(at);
                if let Ok(opened) = self.end(&opening, sent) {
                    self.ready().push((opening.asked.clone(), opened));
                }
                if self.hosts.reach(&opening.host) == Reach::Answers {
                    return Ok(true);
                }
            }
            Ok(false)
        });
        settled.await
    }

    /// Returns the first answer and the index of its URL, or `None` at the time of the next check.
    async fn first_of(
        &self,
        running: &mut [(usize, Opening)],
        wake: Instant,
    ) -> Result<Option<(usize, Sent)>, OpenError> {
        let any = poll_fn(|context| {
            for (at, (_, opening)) in running.iter_mut().enumerate() {
                if let Poll::Ready(sent) = opening.poll(context) {
                    return Poll::Ready((at, sent));
                }
            }
            Poll::Pending
        });
        tokio::select! {
            biased;
            first = any => Ok(Some(first)),
            () = self.cancel().cancelled() => Err(OpenError::Interrupted),
            () = tokio::time::sleep_until(wake) => Ok(None),
        }
    }

    /// Returns when to check again if no answer arrives.
    fn next_look(&self, running: &[(usize, Opening)], has_next: bool) -> Instant {
        let now = Instant::now();
        let limits = running.iter().map(|(_, opening)| {
            let limit = opening.started + self.limit(opening);
            // It is connected, so the client's limits apply. A redirect may connect again.
            if limit <= now { now + STAGGER } else { limit }
        });
        let start = running.last().filter(|_| has_next).map(|(_, opening)| {
            let at = opening.started + STAGGER;
            if at <= now {
                opening.started + SILENCE
            } else {
                at
            }
        });
        let soonest = limits.chain(start).min();
        soonest.map_or(now, |at| at.max(now + Duration::from_millis(1)))
    }

    /// Gives up requests that have not connected within their time limit.
    fn part_with_slow(
        &self,
        running: &mut Vec<(usize, Opening)>,
        lost: &mut Vec<(usize, OpenError)>,
    ) {
        let is_late = |(_, opening): &mut (usize, Opening)| {
            opening.is_connecting() && opening.started.elapsed() >= self.limit(opening)
        };
        for (index, opening) in running.extract_if(.., is_late) {
            lost.push((index, self.give_up(opening)));
        }
    }

    fn give_up(&self, opening: Opening) -> OpenError {
        let host = opening.host.clone();
        let through = proxy_note(self.proxies().shown(&opening.at));
        if Patience::now() == Patience::Brief {
            let error = HostError {
                text: format!("{host} does not answer yet{through}"),
                cause: format!("no answer yet{through}"),
                host: host.clone(),
            };
            self.hosts.set_reach(&host, Reach::Slow(error.clone()));
            self.pending().push(opening);
            return OpenError::Slow(error);
        }
        let seconds = self.limit(&opening).as_secs();
        let cause = format!("no connection within {seconds} s{through}");
        let error = HostError::unreachable(&host, cause);
        let unreachable = Reach::Unreachable(error.clone());
        self.hosts.set_reach(&host, unreachable);
        OpenError::Unreachable(error)
    }

    fn limit(&self, opening: &Opening) -> Duration {
        let patience = Patience::now();
        let limit = patience.limit(self.proxies().shown(&opening.at).is_some());
        // The client enforces the user's limit, and the maximum for a known host.
        let is_clients = match self.own_limit() {
            Some(own) => patience != Patience::Brief || own <= limit,
            None => self.hosts.reach(&opening.host) == Reach::Answers,
        };
        if is_clients { LONGEST * 2 } else { limit }
    }
}

/// Requests that are waited for. They become pending again when the wait ends.
struct Held<'a> {
    net: &'a Net,
    running: Vec<(usize, Opening)>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let left = self.running.drain(..).map(|(_, opening)| opening);
        self.net.pending().extend(left);
    }
}

/// Returns whether to try the next URL while these requests run.
fn is_time_for_the_next(running: &[(usize, Opening)]) -> bool {
    running.last().is_none_or(|(_, opening)| {
        let pause = match opening.is_connecting() {
            true => STAGGER,
            false => SILENCE,
        };
        opening.started.elapsed() >= pause
    })
}
