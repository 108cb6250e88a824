//! What can be set, with defaults that work out of the box.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use dnssec::Policy;
use dnssec::anchors::TrustAnchors;
use ipnet::IpNet;
use proto::{Name, WallTime};

use crate::dns64::Dns64;

/// Settings of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineConfig {
    /// Root servers to begin with.
    pub root_hints: Vec<RootServer>,
    /// Ask the root servers for their own list before the first walk (RFC 9609).
    pub prime_root: bool,
    /// How much of the name each server learns (RFC 9156).
    pub qname_minimisation: Minimisation,
    /// Mix the letter case of questions over UDP and compare it in replies ("0x20").
    pub case_randomisation: bool,
    /// Ask servers over IPv4.
    pub ipv4: bool,
    /// Ask servers over IPv6.
    pub ipv6: bool,
    /// Port of authoritative servers.
    pub upstream_port: u16,
    /// May name servers live on loopback addresses?
    pub query_localhost: bool,
    /// Never ask these.
    pub do_not_query: Vec<IpNet>,
    /// Whether answers hold nothing but the answer; otherwise the zone's NS set and addresses too, where the cache has
    /// them.
    pub minimal_responses: bool,
    /// Addresses that public names may not resolve to.
    pub rebinding: RebindingFilter,
    /// The resolver's own addresses, never asked.
    pub own_addresses: Vec<IpAddr>,
    /// Largest UDP reply we offer to take, in octets.
    pub edns_buffer_size: u16,
    /// Take glue only for names inside the zone that gives it.
    pub harden_glue: bool,
    /// A name below one that does not exist does not exist either (RFC 8020).
    pub harden_below_nxdomain: bool,
    /// Work per client question.
    pub limits: Limits,
    /// Answers from expired data (RFC 8767).
    pub stale: Stale,
    /// What is validated, and how.
    pub validation: Validation,
    /// Zones whose servers are configured instead of found by the walk; of several that enclose a name the deepest one
    /// counts.
    pub configured_zones: Vec<ConfiguredZone>,
    /// Ask anew for what is asked for in the last tenth of its time to live.
    pub prefetch: bool,
    /// IPv6 addresses made from IPv4 addresses (RFC 6147); none: no such thing is done.
    pub dns64: Option<Dns64>,
}

/// A zone whose servers are configured: questions for names at or below it go to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredZone {
    /// Its apex.
    pub zone: Name,
    /// Its servers. These are asked wherever they are, loopback and [`EngineConfig::do_not_query`] included.
    pub addresses: Vec<SocketAddr>,
    /// What kind of servers they are.
    pub servers: ServerKind,
    /// What to do when none of them gives a usable reply.
    pub when_they_fail: WhenTheyFail,
}

/// What kind of servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServerKind {
    /// Servers of the zone: asked with RD=0, they answer with authority or refer to zones below.
    Authoritative,
    /// Resolvers ("forwarders"): asked with RD=1, and with CD=1 by who validates; they answer the whole question.
    Recursive,
}

/// What to do when configured servers fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenTheyFail {
    /// The question fails.
    Fail,
    /// Walk as if they were not configured.
    Walk,
}

/// Addresses that public names may not resolve to (DNS rebinding); none by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RebindingFilter {
    /// These, and the IPv4-mapped IPv6 forms of these.
    pub private_addresses: Vec<IpNet>,
    /// Names asked for, at or below, that may have them.
    pub private_domains: Vec<Name>,
}

/// What is validated, and how (RFC 4035).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validation {
    /// Where chains of trust begin; none: nothing is validated.
    pub anchors: TrustAnchors,
    /// Where they end all the same (RFC 7646).
    pub negative_anchors: Vec<NegativeAnchor>,
    /// Algorithms that count.
    pub policy: Policy,
    /// Whether a zone whose signatures are gone altogether, though its parent promises them, is bogus; otherwise it is
    /// taken for unsigned.
    pub harden_stripped: bool,
    /// Whether denials are made from NSEC and NSEC3 records already known (RFC 8198).
    pub aggressive_nsec: bool,
    /// Whether the anchors follow the keys of their zones (RFC 5011).
    pub rfc5011: bool,
    /// Whether the servers of the zones with anchors are told once a day which anchors are in use (RFC 8145 §5).
    pub signal_trust_anchors: bool,
}

/// A zone that is treated as unsigned, because its owner broke it (RFC 7646).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NegativeAnchor {
    /// The zone, with all that is below.
    pub name: Name,
    /// When it ends by itself.
    pub until: Option<WallTime>,
}

impl Default for Validation {
    fn default() -> Self {
        Self {
            anchors: TrustAnchors::root(),
            negative_anchors: Vec::new(),
            policy: Policy::default(),
            harden_stripped: true,
            aggressive_nsec: true,
            rfc5011: true,
            signal_trust_anchors: false,
        }
    }
}

impl Validation {
    /// No validation at all.
    pub fn off() -> Self {
        Self { anchors: TrustAnchors::none(), ..Self::default() }
    }

    /// Whether anything is validated.
    pub fn is_on(&self) -> bool {
        !self.anchors.is_empty()
    }
}

/// A root server of the hints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootServer {
    /// Its name.
    pub name: Name,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// How much of the name each server learns (RFC 9156).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Minimisation {
    /// One label more at each step; the full name at once where a server stumbles over that.
    Relaxed,
    /// One label more at each step, and what stumbles fails.
    Strict,
    /// The full name always.
    Off,
}

/// Work per client question; nothing resets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Questions sent to servers, all in all.
    pub upstream_queries: u32,
    /// Of these, for one name.
    pub queries_per_name: u32,
    /// How deep questions for server addresses nest.
    pub depth: u32,
    /// Referrals followed.
    pub referrals: u32,
    /// Aliases followed.
    pub aliases: u32,
    /// Name servers used of one delegation.
    pub ns_per_delegation: usize,
    /// Addresses used of one name server.
    pub addresses_per_ns: usize,
    /// Look-ups of name-server addresses.
    pub ns_address_lookups: u32,
    /// When the client gets an answer, come what may.
    pub client_deadline: Duration,
    /// When the work ends.
    pub total_deadline: Duration,
}

/// Answers from expired data (RFC 8767).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale {
    /// Whether there are any.
    pub enabled: bool,
    /// How long a fresh answer is waited for; zero is not at all, and all else counts as 50 ms at least.
    pub client_timeout: Duration,
    /// TTL of the answer, in seconds.
    pub reply_ttl: u32,
}

/// Whoever waits at all for fresh data waits as long as this: a round trip takes tens of milliseconds, and less tells how
/// busy this machine is rather than what the servers do.
const LEAST_PATIENCE: Duration = Duration::from_millis(50);

impl Stale {
    /// How long a client that could have expired data waits for fresh data.
    pub(crate) fn patience(&self) -> Duration {
        if self.client_timeout.is_zero() { Duration::ZERO } else { self.client_timeout.max(LEAST_PATIENCE) }
    }
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            root_hints: crate::hints::iana(),
            prime_root: true,
            qname_minimisation: Minimisation::Relaxed,
            case_randomisation: true,
            ipv4: true,
            ipv6: true,
            upstream_port: 53,
            query_localhost: false,
            do_not_query: Vec::new(),
            minimal_responses: true,
            rebinding: RebindingFilter::default(),
            own_addresses: Vec::new(),
            edns_buffer_size: 1232,
            harden_glue: true,
            harden_below_nxdomain: true,
            limits: Limits::default(),
            stale: Stale::default(),
            validation: Validation::default(),
            configured_zones: Vec::new(),
            prefetch: true,
            dns64: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            upstream_queries: 100,
            queries_per_name: 32,
            depth: 7,
            referrals: 30,
            aliases: 11,
            ns_per_delegation: 13,
            addresses_per_ns: 6,
            ns_address_lookups: 32,
            client_deadline: Duration::from_millis(4500),
            total_deadline: Duration::from_secs(8),
        }
    }
}

impl Default for Stale {
    fn default() -> Self {
        Self { enabled: true, client_timeout: Duration::from_millis(1800), reply_ttl: 30 }
    }
}
