//! Which server to ask next. Pure: draws come in.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use proto::Name;

use crate::infra::Infra;

/// A server that was never asked is taken for this fast, so that it gets its turn among fast ones.
const UNKNOWN_RTT: Duration = Duration::from_millis(30);
/// One choice in so many goes to any usable server, so that a slow one that became fast is noticed.
const EXPLORE_ONE_IN: u32 = 20;
/// Servers that are slower than the fastest by no more than this share the load.
const BAND: Duration = Duration::from_millis(10);

/// An address that may be asked for a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The server's name.
    pub server: Name,
    /// Its address.
    pub address: IpAddr,
    /// Its port. What is remembered of an address holds for all of its ports.
    pub port: u16,
}

/// Picks the index of the candidate to ask; `draw` gives a number below its argument.
///
/// Lame and resting servers come last but do come: if nothing else is left, a probe of them is better than a failure.
pub(crate) fn select(
    candidates: &[Candidate],
    infra: &Infra,
    zone: &Name,
    now: Instant,
    mut draw: impl FnMut(u32) -> u32,
) -> Option<usize> {
    let ipv6_rests = infra.ipv6_rests(now);
    let mut best: Vec<(usize, Duration)> = Vec::new();
    let mut probes: Vec<usize> = Vec::new();
    let mut best_class = Class::Unlikely;
    for (index, candidate) in candidates.iter().enumerate() {
        let stats = infra.stats(candidate.address);
        let hopeless = stats.is_resting(now) || stats.is_lame(zone, now) || (ipv6_rests && candidate.address.is_ipv6());
        let class = match (hopeless, stats.is_alive()) {
            (true, _) => Class::Unlikely,
            (false, false) => Class::Probe,
            (false, true) => Class::Good,
        };
        if class == Class::Probe {
            probes.push(index);
        }
        let rtt = stats.smoothed_rtt().unwrap_or(UNKNOWN_RTT);
        if class > best_class {
            best.clear();
            best_class = class;
        }
        if class == best_class {
            best.push((index, rtt));
        }
    }
    if best.is_empty() {
        return None;
    }
    if let Some(probe) = probes.first()
        && draw(EXPLORE_ONE_IN) == 0
    {
        return Some(*probe); // a server that recovered is found again; if not, another is asked after its timeout
    }
    let fastest = best.iter().map(|(_, rtt)| *rtt).min()?;
    if draw(EXPLORE_ONE_IN) != 0 {
        best.retain(|(_, rtt)| *rtt <= fastest + BAND);
    }
    let chosen = draw(best.len() as u32) as usize;
    best.get(chosen).map(|(index, _)| *index)
}

/// How promising a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// Resting, lame for the zone, or on a network that does not work.
    Unlikely,
    /// Was dead, and its rest is over.
    Probe,
    /// Nothing speaks against it.
    Good,
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests need some instant to begin with")]
mod tests {
    use super::*;
    use crate::infra::Lesson;

    fn candidates(addresses: &[&str]) -> Vec<Candidate> {
        let server: Name = "ns.example.".parse().unwrap();
        addresses
            .iter()
            .map(|address| Candidate { server: server.clone(), address: address.parse().unwrap(), port: 53 })
            .collect()
    }

    fn picks(candidates: &[Candidate], infra: &Infra, now: Instant) -> Vec<usize> {
        let zone = "example.".parse().unwrap();
        let mut seed = 0_u32;
        let mut chosen: Vec<usize> = (0..200)
            .map(|_| {
                let draw = |bound: u32| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 16) % bound
                };
                select(candidates, infra, &zone, now, draw).unwrap()
            })
            .collect();
        chosen.sort_unstable();
        chosen
    }

    #[test]
    fn fast_servers_are_preferred_and_slow_ones_explored() {
        let (infra, now) = (Infra::default(), Instant::now());
        let servers = candidates(&["192.0.2.1", "192.0.2.2"]);
        infra.learn(servers[0].address, Lesson::Rtt(Duration::from_millis(200)), now);
        infra.learn(servers[1].address, Lesson::Rtt(Duration::from_millis(20)), now);
        let slow = picks(&servers, &infra, now).iter().filter(|index| **index == 0).count();
        assert!((1..30).contains(&slow), "{slow} of 200");
    }

    #[test]
    fn dead_and_lame_servers_come_last_but_come() {
        let (infra, now) = (Infra::default(), Instant::now());
        let servers = candidates(&["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
        for _ in 0..4 {
            infra.learn(servers[0].address, Lesson::Silence, now);
        }
        infra.learn(servers[1].address, Lesson::Lame("example.".parse().unwrap()), now);
        assert!(picks(&servers, &infra, now).iter().all(|index| *index == 2));
        assert!(!picks(&servers[..2], &infra, now).is_empty(), "nothing better: they are tried");
        let later = now + Duration::from_secs(10);
        assert!(picks(&servers[..2], &infra, later).iter().all(|index| *index == 0), "a probe when the rest is over");
    }

    #[test]
    fn no_candidate_no_choice() {
        let zone = Name::root();
        assert_eq!(select(&[], &Infra::default(), &zone, Instant::now(), |_| 0), None);
    }
}
