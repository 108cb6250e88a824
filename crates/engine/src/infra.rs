//! What is known about servers: round-trip time, EDNS, letter case, cookies, lameness, silence. Per address, bounded.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use proto::Name;

use crate::generations::Generations;

/// First timeout towards a server that was never asked.
pub(crate) const FIRST_TIMEOUT: Duration = Duration::from_millis(400);
const TIMEOUT_FLOOR: Duration = Duration::from_millis(50);
const TIMEOUT_CAP: Duration = Duration::from_secs(2);
/// Silences in a row after which a server that has answered before counts as dead: where a third of the exchanges is
/// lost, one in 500 live servers looks so.
const DEAD_AFTER: u32 = 6;
/// The same for one that never answered.
const NEVER_ALIVE_AFTER: u32 = 4;
/// First pause before a dead server is probed again, doubling up to [`PROBE_CAP`].
const PROBE_AFTER: Duration = Duration::from_secs(5);
const PROBE_CAP: Duration = Duration::from_secs(300);
/// How long a server counts as lame for a zone.
const LAME_FOR: Duration = Duration::from_secs(300);
/// Zones remembered per server; a server of thousands of zones must not fill the memory.
const MAX_LAME_ZONES: usize = 16;
/// Proofs needed before EDNS or mixed case is left out; one could be forged.
const QUIRK_PROOFS: u8 = 2;
/// How long a server is asked without EDNS or mixed case before it is tried with them again.
const QUIRK_FOR: Duration = Duration::from_secs(900);
/// Distinct /48 networks whose silence means that IPv6 does not work here.
const IPV6_SILENT_NETWORKS: usize = 6;
/// How long IPv6 is left alone then.
const IPV6_REST: Duration = Duration::from_secs(60);
/// Servers per generation; two generations are kept.
const GENERATION: usize = 20_000;

/// What is known about one server.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerStats {
    smoothed_rtt: Option<Duration>,
    variation: Duration,
    silences: u32,
    probe_at: Option<Instant>,
    without_edns: Quirk,
    with_edns: bool,
    breaks_case: Quirk,
    cookie: Option<([u8; 8], Option<Vec<u8>>)>,
    lame: Vec<(Name, Instant)>,
}

/// A defect of a server that is believed for a while after enough proofs.
#[derive(Debug, Clone, Copy, Default)]
struct Quirk {
    proofs: u8,
    until: Option<Instant>,
}

impl Quirk {
    fn prove(&mut self, now: Instant) {
        self.proofs = self.proofs.saturating_add(1);
        if self.proofs >= QUIRK_PROOFS {
            self.until = Some(now + QUIRK_FOR);
        }
    }

    fn holds(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }
}

impl ServerStats {
    /// Smoothed round-trip time, if the server ever answered.
    pub(crate) fn smoothed_rtt(&self) -> Option<Duration> {
        self.smoothed_rtt
    }

    /// How long to wait before another server is asked too (RFC 6298 §2, with our own bounds), when this one has been
    /// silent `silences` times for the question at hand.
    ///
    /// Doubled with every second silence: where datagrams get lost, the first repetition must not be the late one.
    pub(crate) fn timeout(&self, silences: u32) -> Duration {
        let base = self.smoothed_rtt.map_or(FIRST_TIMEOUT, |rtt| rtt + self.variation * 4);
        (base.max(TIMEOUT_FLOOR) * 2_u32.pow((silences / 2).min(6))).clamp(TIMEOUT_FLOOR, TIMEOUT_CAP)
    }

    /// True while a server that was silent too often is left alone.
    pub(crate) fn is_resting(&self, now: Instant) -> bool {
        !self.is_alive() && self.probe_at.is_some_and(|at| now < at)
    }

    /// True if the server is not known to be silent.
    pub(crate) fn is_alive(&self) -> bool {
        self.silences < self.dead_after()
    }

    /// True if the server is remembered as lame for `zone`.
    pub(crate) fn is_lame(&self, zone: &Name, now: Instant) -> bool {
        self.lame.iter().any(|(lame, until)| lame == zone && now < *until)
    }

    /// Whether EDNS makes sense towards this server.
    pub(crate) fn edns(&self, now: Instant) -> EdnsSupport {
        if self.without_edns.holds(now) {
            EdnsSupport::Broken
        } else if self.with_edns {
            EdnsSupport::Works
        } else {
            EdnsSupport::Unknown
        }
    }

    /// True if the server does not give the letter case of questions back.
    pub(crate) fn breaks_case(&self, now: Instant) -> bool {
        self.breaks_case.holds(now)
    }

    fn learn_rtt(&mut self, rtt: Duration) {
        // RFC 6298 §2.2 and §2.3.
        match self.smoothed_rtt {
            None => {
                self.smoothed_rtt = Some(rtt);
                self.variation = rtt / 2;
            }
            Some(smoothed) => {
                self.variation = (self.variation * 3 + smoothed.abs_diff(rtt)) / 4;
                self.smoothed_rtt = Some((smoothed * 7 + rtt) / 8);
            }
        }
        self.learn_life();
    }

    fn dead_after(&self) -> u32 {
        if self.smoothed_rtt.is_some() { DEAD_AFTER } else { NEVER_ALIVE_AFTER }
    }

    fn learn_life(&mut self) {
        self.silences = 0;
        self.probe_at = None;
    }

    fn learn_silence(&mut self, now: Instant) {
        self.silences = self.silences.saturating_add(1);
        if !self.is_alive() {
            let pause = PROBE_AFTER * 2_u32.pow((self.silences - self.dead_after()).min(6));
            self.probe_at = Some(now + pause.min(PROBE_CAP));
        }
    }

    fn learn_lame(&mut self, zone: &Name, now: Instant) {
        self.lame.retain(|(lame, until)| now < *until && lame != zone);
        if self.lame.len() >= MAX_LAME_ZONES {
            self.lame.remove(0);
        }
        self.lame.push((zone.clone(), now + LAME_FOR));
    }
}

/// What is known about EDNS at a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EdnsSupport {
    /// Nothing yet.
    Unknown,
    /// It has answered with EDNS.
    Works,
    /// It was proven more than once that it answers only without.
    Broken,
}

/// What an exchange taught about a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lesson {
    /// It answered over UDP, after this time.
    Rtt(Duration),
    /// It answered in some other way.
    Alive,
    /// It was silent.
    Silence,
    /// Our own network has no way to it.
    NoRoute,
    /// It answered a question with EDNS properly.
    EdnsWorks,
    /// It answered only after EDNS was left out.
    EdnsBroken,
    /// It answered only after the letter case was left alone.
    CaseBroken,
    /// It does not serve the zone.
    Lame(Name),
    /// It serves the zone after all.
    NotLame(Name),
    /// It gave a cookie.
    Cookie(Vec<u8>),
    /// It stopped sending cookies.
    NoCookie,
}

/// The memory of servers.
#[derive(Debug, Default)]
pub(crate) struct Infra {
    shared: Mutex<Shared>,
}

#[derive(Debug)]
struct Shared {
    servers: Generations<IpAddr, ServerStats>,
    ipv6: Ipv6Health,
}

impl Default for Shared {
    fn default() -> Self {
        Self { servers: Generations::new(GENERATION), ipv6: Ipv6Health::default() }
    }
}

/// Whether IPv6 works here.
#[derive(Debug, Default)]
struct Ipv6Health {
    silent: Vec<[u8; 6]>,
    rest_until: Option<Instant>,
}

impl Infra {
    /// What is known about a server.
    pub(crate) fn stats(&self, address: IpAddr) -> ServerStats {
        // Reading leaves no trace: a referral full of addresses must not push out what was learnt.
        self.lock().servers.peek(&address).cloned().unwrap_or_default()
    }

    /// The cookies for a server; `fresh` becomes our part if there is none yet (RFC 7873 §4.1: one for each server).
    pub(crate) fn cookie(&self, address: IpAddr, fresh: impl FnOnce() -> u64) -> ([u8; 8], Option<Vec<u8>>) {
        let mut shared = self.lock();
        let stats = shared.servers.entry(address, ServerStats::default);
        stats.cookie.get_or_insert_with(|| (fresh().to_be_bytes(), None)).clone()
    }

    /// Takes note.
    pub(crate) fn learn(&self, address: IpAddr, lesson: Lesson, now: Instant) {
        let mut shared = self.lock();
        shared.ipv6.learn(address, &lesson, now);
        let stats = shared.servers.entry(address, ServerStats::default);
        match lesson {
            Lesson::Rtt(rtt) => stats.learn_rtt(rtt),
            Lesson::Alive => stats.learn_life(),
            Lesson::Silence => stats.learn_silence(now),
            Lesson::NoRoute => {} // says nothing about the server
            Lesson::EdnsWorks => {
                stats.with_edns = true;
                stats.without_edns = Quirk::default();
            }
            Lesson::EdnsBroken => stats.without_edns.prove(now),
            Lesson::CaseBroken => stats.breaks_case.prove(now),
            Lesson::Lame(zone) => stats.learn_lame(&zone, now),
            Lesson::NotLame(zone) => stats.lame.retain(|(lame, _)| *lame != zone),
            Lesson::Cookie(server) => {
                if let Some((_, known)) = &mut stats.cookie {
                    *known = Some(server);
                }
            }
            Lesson::NoCookie => stats.cookie = None,
        }
    }

    /// True while IPv6 is left alone because too many networks were silent.
    pub(crate) fn ipv6_rests(&self, now: Instant) -> bool {
        self.lock().ipv6.rest_until.is_some_and(|until| now < until)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ipv6Health {
    fn learn(&mut self, address: IpAddr, lesson: &Lesson, now: Instant) {
        let IpAddr::V6(address) = address else { return };
        match lesson {
            Lesson::Rtt(_) | Lesson::Alive => *self = Self::default(),
            Lesson::NoRoute => self.rest_until = Some(now + IPV6_REST),
            Lesson::Silence => {
                let network = network_48(address);
                if !self.silent.contains(&network) {
                    self.silent.push(network);
                }
                if self.silent.len() >= IPV6_SILENT_NETWORKS {
                    self.rest_until = Some(now + IPV6_REST);
                    // After the rest one silent network more is enough to rest again.
                    self.silent.truncate(IPV6_SILENT_NETWORKS - 1);
                }
            }
            _ => {}
        }
    }
}

fn network_48(address: Ipv6Addr) -> [u8; 6] {
    let [a, b, c, d, e, f, ..] = address.octets();
    [a, b, c, d, e, f]
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests need some instant to begin with")]
mod tests {
    use super::*;

    const SERVER: &str = "192.0.2.1";

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn timeout_follows_rtt_and_backs_off_rfc6298_2() {
        let (infra, now) = (Infra::default(), Instant::now());
        let timeout = |silences| infra.stats(address(SERVER)).timeout(silences);
        assert_eq!(timeout(0), FIRST_TIMEOUT);
        infra.learn(address(SERVER), Lesson::Rtt(Duration::from_millis(40)), now);
        assert_eq!(timeout(0), Duration::from_millis(120));
        assert_eq!(timeout(1), Duration::from_millis(120));
        assert_eq!(timeout(2), Duration::from_millis(240));
        assert_eq!(timeout(12), TIMEOUT_CAP);
        for _ in 0..50 {
            infra.learn(address(SERVER), Lesson::Rtt(Duration::from_micros(100)), now);
        }
        assert_eq!(timeout(0), TIMEOUT_FLOOR);
    }

    #[test]
    fn dead_server_rests_and_is_probed_again() {
        let (infra, now) = (Infra::default(), Instant::now());
        for _ in 0..NEVER_ALIVE_AFTER {
            assert!(!infra.stats(address(SERVER)).is_resting(now));
            infra.learn(address(SERVER), Lesson::Silence, now);
        }
        assert!(infra.stats(address(SERVER)).is_resting(now));
        assert!(!infra.stats(address(SERVER)).is_resting(now + PROBE_AFTER));
        infra.learn(address(SERVER), Lesson::Rtt(Duration::from_millis(9)), now);
        assert!(!infra.stats(address(SERVER)).is_resting(now));
    }

    #[test]
    fn one_forged_reply_does_not_switch_edns_off_rfc6891_6_2_2() {
        let (infra, now) = (Infra::default(), Instant::now());
        let edns = |at| infra.stats(address(SERVER)).edns(at);
        infra.learn(address(SERVER), Lesson::EdnsBroken, now);
        assert_eq!(edns(now), EdnsSupport::Unknown);
        infra.learn(address(SERVER), Lesson::EdnsBroken, now);
        assert_eq!(edns(now), EdnsSupport::Broken);
        assert_eq!(edns(now + QUIRK_FOR), EdnsSupport::Unknown, "not for ever");
        infra.learn(address(SERVER), Lesson::EdnsWorks, now);
        assert_eq!(edns(now), EdnsSupport::Works);
    }

    #[test]
    fn lameness_is_remembered_per_zone() {
        let (infra, now) = (Infra::default(), Instant::now());
        let zone: Name = "a.example.".parse().unwrap();
        infra.learn(address(SERVER), Lesson::Lame(zone.clone()), now);
        let stats = infra.stats(address(SERVER));
        assert!(stats.is_lame(&zone, now) && !stats.is_lame(&zone, now + LAME_FOR));
        assert!(!stats.is_lame(&"b.example.".parse().unwrap(), now));
    }

    #[test]
    fn six_silent_networks_rest_ipv6_for_a_minute() {
        let (infra, now) = (Infra::default(), Instant::now());
        for network in 0..5 {
            infra.learn(address(&format!("2001:db8:{network}::1")), Lesson::Silence, now);
            infra.learn(address(&format!("2001:db8:{network}::2")), Lesson::Silence, now);
        }
        assert!(!infra.ipv6_rests(now), "five networks, however many servers");
        infra.learn(address("2001:db8:5::1"), Lesson::Silence, now);
        assert!(infra.ipv6_rests(now) && !infra.ipv6_rests(now + IPV6_REST));
        infra.learn(address("2001:db8:9::1"), Lesson::Silence, now + IPV6_REST);
        assert!(infra.ipv6_rests(now + IPV6_REST), "one probe is enough to rest again");
        infra.learn(address("2001:db8:9::1"), Lesson::Rtt(Duration::from_millis(5)), now);
        assert!(!infra.ipv6_rests(now));
    }

    #[test]
    fn memory_is_bounded() {
        let (infra, now) = (Infra::default(), Instant::now());
        for number in 0..100_000_u32 {
            infra.learn(IpAddr::V4(number.into()), Lesson::Silence, now);
        }
        assert!(infra.lock().servers.len() <= 2 * GENERATION);
    }
}
