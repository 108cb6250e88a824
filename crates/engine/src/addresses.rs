//! From the names of name servers to addresses that may be asked.

use std::future::{Future, poll_fn};
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use cache::{FailureScope, Known, NameServer};
use proto::{Name, Question, Rcode, RrType, WallTime};
use transport::Network;

use crate::Resolver;
use crate::budget::Exhausted;
use crate::config::EngineConfig;
use crate::error::{ResolveError, Unreachable};
use crate::iterate::Cut;
use crate::race::Race;
use crate::resolver::Chased;
use crate::select::Candidate;
use crate::trace::{Event, Purpose};
use crate::work::Work;

/// Name servers looked for at the same moment; the first that has an address wins.
const PARALLEL_LOOKUPS: usize = 2;

/// What is known of the servers of a cut, without asking anybody.
pub(crate) struct KnownServers {
    /// Their addresses.
    pub(crate) candidates: Vec<Candidate>,
    /// Those without an address.
    pub(crate) without: Vec<Name>,
    /// Whether one outside of the zone is known by glue, and its own zone has not been asked yet.
    pub(crate) by_glue_alone: bool,
}

/// What is known of the addresses of one server.
struct Addresses {
    addresses: Vec<IpAddr>,
    /// Whether there is glue, and the server's own zone has not been asked yet.
    by_glue_alone: bool,
}

/// Name servers whose addresses are being looked for.
pub(crate) struct Lookups {
    pub(crate) names: Vec<Name>,
    /// What ran out, if anything did; then no more names are looked for.
    pub(crate) spent: Option<Exhausted>,
    /// Whether glue of the zone above will do.
    pub(crate) by_glue: ByGlue,
    race: Race<Vec<Candidate>>,
    number: u32,
}

/// Whether an address that stands as glue above the server's own zone is taken for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByGlue {
    /// Yes: it leads there as well, and a round trip sooner.
    Taken,
    /// No: it has led nowhere, the server's own zone has the word.
    NotTaken,
}

impl Lookups {
    pub(crate) fn new(names: Vec<Name>) -> Self {
        Self { names, spent: None, by_glue: ByGlue::Taken, race: Race::new(), number: 0 }
    }

    /// True if nothing more can be found.
    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty() && self.race.is_empty()
    }
}

/// Whether a server at this address may be asked at all: never ourselves, nobody's loopback, nothing that is no host.
pub(crate) fn may_ask(address: IpAddr, config: &EngineConfig) -> bool {
    let family = may_ask_family(address, config);
    let host = match address {
        IpAddr::V4(v4) => is_host(v4, config),
        IpAddr::V6(v6) => {
            !v6.is_unspecified()
                && !v6.is_multicast()
                && !v6.is_unicast_link_local()
                && v6.to_ipv4().is_none_or(|_| v6.is_loopback()) // IPv4-mapped and -compatible
                && (config.query_localhost || !v6.is_loopback())
        }
    };
    let own = config.own_addresses.contains(&address) && !config.query_localhost;
    family && host && !own && !config.do_not_query.iter().any(|prefix| prefix.contains(&address))
}

/// Whether servers are asked over the network of this address.
pub(crate) fn may_ask_family(address: IpAddr, config: &EngineConfig) -> bool {
    if address.is_ipv4() { config.ipv4 } else { config.ipv6 }
}

fn is_host(v4: Ipv4Addr, config: &EngineConfig) -> bool {
    let this_network = v4.octets()[0] == 0;
    let class_e = v4.octets()[0] >= 240; // 255.255.255.255 included
    !this_network && !class_e && !v4.is_multicast() && (config.query_localhost || !v4.is_loopback())
}

impl<N: Network> Resolver<N> {
    /// What is known of the servers of a cut.
    ///
    /// What the server's own zone says of its address comes first, then the glue; both are tried, because either may be
    /// wrong.
    pub(crate) fn known_servers(&self, cut: &Cut) -> KnownServers {
        if let Some(configured) = &cut.configured {
            let candidates = configured.candidates.clone();
            return KnownServers { candidates, without: Vec::new(), by_glue_alone: false };
        }
        let (now, port) = (self.env.clock.wall(), self.config.upstream_port);
        let (zone, servers) = (&cut.delegation.zone, &cut.delegation.servers);
        let mut candidates: Vec<Candidate> = Vec::with_capacity(servers.len());
        let (mut without, mut by_glue_alone) = (Vec::new(), false);
        for server in servers {
            let found = self.addresses_of(server, now);
            by_glue_alone |= found.by_glue_alone && !zone.is_root() && !server.name.is_at_or_below(zone);
            let usable = found.addresses.into_iter().filter(|address| self.may_ask_server_of(zone, *address));
            let before = candidates.len();
            let mut any = false;
            for address in usable.take(self.config.limits.addresses_per_ns) {
                any = true;
                // Sixty names on one address are one server.
                if candidates.iter().all(|candidate| candidate.address != address) {
                    candidates.push(Candidate { server: server.name.clone(), address, port });
                }
            }
            if !any && candidates.len() == before {
                without.push(server.name.clone());
            }
        }
        KnownServers { candidates, without, by_glue_alone }
    }

    /// As [`may_ask`]; and who writes a root server down wants it asked, wherever it is.
    fn may_ask_server_of(&self, zone: &Name, address: IpAddr) -> bool {
        let hinted = || self.config.root_hints.iter().any(|hint| hint.addresses.contains(&address));
        may_ask(address, &self.config) || (zone.is_root() && may_ask_family(address, &self.config) && hinted())
    }

    fn addresses_of(&self, server: &NameServer, now: WallTime) -> Addresses {
        let (mut addresses, asked) = self.cached_addresses(&server.name, now);
        let known = !addresses.is_empty();
        addresses.extend(&server.glue);
        if addresses.is_empty() {
            addresses = self.glue_above(&server.name, now);
            let by_glue_alone = !asked && !addresses.is_empty();
            return Addresses { addresses, by_glue_alone };
        }
        let glue = || !server.glue.is_empty() || (known && !self.glue_above(&server.name, now).is_empty());
        Addresses { addresses, by_glue_alone: !asked && glue() }
    }

    /// The addresses that the zone above a server's own gives for it, if that server is one of its zone.
    ///
    /// Glue leads to servers and answers nobody (RFC 2181 §5.4.1), and counts within the zone of who gave it only.
    pub(crate) fn glue_above(&self, server: &Name, now: WallTime) -> Vec<IpAddr> {
        let Some((delegation, _)) = self.cache.delegation(server, now) else { return Vec::new() };
        // Of zones with servers of the user's own choice nobody above tells anything.
        let configured = crate::configured::closest(&self.config.configured_zones, server);
        // Nor does he count once the server's own zone has denied the address.
        let denied = || self.cache.is_known(&Question::new(server.clone(), RrType::A), now);
        if configured.is_some() || !server.is_at_or_below(&delegation.parent) || denied() {
            return Vec::new();
        }
        let same = delegation.servers.iter().filter(|other| other.name == *server);
        same.flat_map(|other| other.glue.iter().copied()).filter(|address| may_ask(*address, &self.config)).collect()
    }

    /// Addresses that the zones above the servers' names gave as glue for other zones with the same servers.
    ///
    /// A zone whose own records about its servers are wrong works for all who come from its parent; so it does for us.
    /// Glue leads to servers and answers nobody (RFC 2181 §5.4.1).
    pub(crate) fn addresses_by_parents(&self, cut: &Cut, others: &[Name]) -> Vec<Candidate> {
        let (now, port) = (self.env.clock.wall(), self.config.upstream_port);
        let mut candidates: Vec<Candidate> = Vec::new();
        for server in cut.delegation.servers.iter().map(|server| &server.name).chain(others) {
            let mut below = Some(server.clone());
            while let Some((delegation, _)) = below.and_then(|name| self.cache.delegation(&name, now)) {
                let same = delegation.servers.iter().filter(|other| other.name == *server);
                let usable = same.flat_map(|other| &other.glue).filter(|address| may_ask(**address, &self.config));
                for address in usable.take(self.config.limits.addresses_per_ns) {
                    if candidates.iter().all(|candidate| candidate.address != *address) {
                        candidates.push(Candidate { server: server.clone(), address: *address, port });
                    }
                }
                below = delegation.zone.parent();
            }
        }
        candidates
    }

    /// The addresses that a name has by its own zone's word, and whether that has been asked for A.
    fn cached_addresses(&self, name: &Name, now: WallTime) -> (Vec<IpAddr>, bool) {
        let mut addresses = Vec::new();
        let mut asked = false;
        for rtype in [RrType::A, RrType::AAAA] {
            let Some(found) = self.cache.lookup(&Question::new(name.clone(), rtype), now) else { continue };
            asked |= rtype == RrType::A;
            if let Known::Rrset(set) = found.known {
                addresses.extend(set.addresses());
            }
        }
        (addresses, asked)
    }

    /// Waits for the next server whose address is found, and starts as many look-ups as may run beside each other.
    ///
    /// Empty when all that could be looked for has been.
    pub(crate) async fn find_addresses(
        self: &Arc<Self>,
        lookups: &mut Lookups,
        zone: &Name,
        work: &Work,
    ) -> Vec<Candidate> {
        loop {
            // Further down one at a time: failures must be known before the next level doubles them.
            let parallel = if work.depth == 0 { PARALLEL_LOOKUPS } else { 1 };
            while lookups.race.len() < parallel && !lookups.names.is_empty() {
                let draw = self.select_draws.below(lookups.names.len() as u32) as usize;
                let name = lookups.names.swap_remove(draw);
                if let Err(exhausted) = work.budget.spend_address_lookup(work.depth + 1) {
                    lookups.names.clear();
                    lookups.spent = Some(exhausted);
                    break;
                }
                lookups.number += 1;
                let (resolver, zone, work, by_glue) = (self.clone(), zone.clone(), work.clone(), lookups.by_glue);
                lookups
                    .race
                    .add(lookups.number, async move { resolver.look_up_server(name, zone, by_glue, work).await });
            }
            if lookups.race.is_empty() {
                return Vec::new();
            }
            let (_, candidates) = lookups.race.next().await;
            if !candidates.is_empty() {
                return candidates;
            }
            work.budget.note_failed_address_lookup();
        }
    }

    /// A question that another one needs; its failure is remembered like a client's (RFC 9520 §3.2), unless it failed
    /// for want of budget or because of who asked.
    async fn chase_remembering_failure(
        self: &Arc<Self>,
        question: Question,
        work: &Work,
    ) -> Result<Chased, ResolveError> {
        let now = self.env.clock.wall();
        if let Some(failed) = self.cache.failure(&question, FailureScope::Validated, now) {
            return Err(ResolveError::FailedBefore(failed.error));
        }
        let found = self.clone().chase_boxed(question.clone(), work.clone()).await;
        if let Err(
            error @ (ResolveError::NoReachableServer { why: Unreachable::Silent | Unreachable::Unusable, .. }
            | ResolveError::Indeterminate { .. }),
        ) = &found
            && error.is_cached()
            && !work.budget.has_refused()
        {
            self.cache.put_failure(&question, FailureScope::Validated, error.to_ede(), self.env.clock.wall());
        }
        found
    }

    /// The usable addresses of one name server: A, and AAAA if there is none.
    async fn look_up_server(self: Arc<Self>, server: Name, zone: Name, by_glue: ByGlue, work: Work) -> Vec<Candidate> {
        let families = [(self.config.ipv4, RrType::A), (self.config.ipv6, RrType::AAAA)];
        for (_, rtype) in families.into_iter().filter(|(enabled, _)| *enabled) {
            let question = Question::new(server.clone(), rtype);
            let Ok(child) = work.child(&question) else {
                work.budget.note_refusal();
                continue;
            };
            let purpose = Purpose::ServerAddress { zone: zone.clone() };
            child.trace.record(&self.env.clock, || Event::Started { question: question.clone(), purpose });
            let chase = self.chase_remembering_failure(question, &child);
            let found = match by_glue {
                ByGlue::Taken => self.unless_glue_comes(&server, &child, chase).await,
                ByGlue::NotTaken => Err(chase.await),
            };
            let rcode = found
                .as_ref()
                .map_or_else(|found| found.as_ref().map_or(Rcode::SERVFAIL, Chased::rcode), |_| Rcode::NOERROR);
            self.finish_span(&child, rcode);
            let found = match found {
                Ok(glue) => return self.as_candidates(&server, glue),
                Err(found) => found,
            };
            let addresses: Vec<IpAddr> = match found {
                Ok(chased) => chased.data.iter().flat_map(|set| set.addresses().collect::<Vec<_>>()).collect(),
                Err(_) if server.is_below(&zone) => {
                    self.glue_by_parent(&zone, &Question::new(server.clone(), rtype), &child).await
                }
                // What cannot be reached for A cannot be reached for AAAA.
                Err(_) => return Vec::new(),
            };
            let usable = addresses.into_iter().filter(|address| may_ask(*address, &self.config)).collect();
            let candidates = self.as_candidates(&server, usable);
            if !candidates.is_empty() {
                return candidates;
            }
        }
        Vec::new()
    }

    fn as_candidates(&self, server: &Name, addresses: Vec<IpAddr>) -> Vec<Candidate> {
        let (most, port) = (self.config.limits.addresses_per_ns, self.config.upstream_port);
        let addresses = addresses.into_iter().take(most);
        addresses.map(|address| Candidate { server: server.clone(), address, port }).collect()
    }

    /// Waits for the address, or for a referral on the way there that has it as glue, whichever comes first.
    async fn unless_glue_comes<T>(
        &self,
        server: &Name,
        work: &Work,
        chase: impl Future<Output = T>,
    ) -> Result<Vec<IpAddr>, T> {
        let mut chase = pin!(chase);
        let known = self.glue_above(server, self.env.clock.wall());
        if !known.is_empty() {
            return Ok(known);
        }
        let found = poll_fn(|context| match chase.as_mut().poll(context) {
            Poll::Ready(found) => Poll::Ready(Err(found)),
            Poll::Pending => match self.glue_above(server, self.env.clock.wall()) {
                glue if glue.is_empty() => Poll::Pending,
                glue => Poll::Ready(Ok(glue)),
            },
        })
        .await;
        if found.is_ok() {
            let text = format!("the zone above has the address of {server} as glue, which will do to ask it");
            work.trace.record(&self.env.clock, || Event::Note { text });
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_never_asked() {
        let config = EngineConfig {
            own_addresses: vec!["192.0.2.53".parse().unwrap()],
            do_not_query: vec!["198.51.100.0/24".parse().unwrap()],
            ..EngineConfig::default()
        };
        for bad in [
            "0.0.0.0",
            "0.1.2.3",
            "127.0.0.1",
            "127.53.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "ff02::1",
            "::ffff:192.0.2.1",
            "::192.0.2.1",
            "fe80::1",
            "192.0.2.53",
            "198.51.100.7",
        ] {
            assert!(!may_ask(bad.parse().unwrap(), &config), "{bad}");
        }
        for good in ["192.0.2.1", "10.0.0.1", "2001:db8::1", "198.51.101.1"] {
            assert!(may_ask(good.parse().unwrap(), &config), "{good}");
        }
        let local = EngineConfig { query_localhost: true, ipv6: false, ..EngineConfig::default() };
        assert!(may_ask("127.53.0.1".parse().unwrap(), &local), "configured");
        assert!(!may_ask("2001:db8::1".parse().unwrap(), &local), "IPv6 is off");
    }
}
