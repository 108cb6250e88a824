//! What can be set, with defaults that work out of the box and open nothing to strangers.

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use proto::{Name, Record};

/// Settings of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// Addresses to listen on, UDP and TCP alike; exactly these are bound.
    pub listen: Vec<SocketAddr>,
    /// Who chose the addresses.
    pub listen_by: ListenBy,
    /// UDP sockets per address, so that as many threads can receive at once; 0: one per core.
    pub threads: usize,
    /// Clients that may ask; all others are refused.
    pub allow: Vec<IpNet>,
    /// Whether authority and additional sections are left out where they are not needed.
    pub minimal_responses: MinimalResponses,
    /// What the server tells about itself.
    pub identity: Identity,
    /// Largest reply in a datagram, and what we offer to take, in octets. The operator knows what gets through unharmed
    /// (RFC 9715 §3); clients may ask for less.
    pub datagram_octets: u16,
    /// What replies that are kept ready may take, in octets: it counts beside the cache. 0: none are kept.
    pub ready_octets: usize,
    /// Names that are answered here instead of in the public DNS.
    pub special_names: SpecialNamesConfig,
    /// Data of one's own.
    pub local: LocalConfig,
    /// Bounds on questions that wait for the walk.
    pub questions: QuestionLimits,
    /// Bounds on TCP connections.
    pub tcp: TcpLimits,
    /// How long the shutdown waits for answers in flight.
    pub drain: Duration,
}

/// Who chose the addresses to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenBy {
    /// The user: an address that cannot be bound is an error.
    User,
    /// Nobody: on a host without IPv6 the rest goes on without it.
    Default,
}

/// Whether authority and additional sections are left out where they are not needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MinimalResponses {
    /// Only what the client needs: data, or the SOA record and proofs of a denial.
    On,
    /// Whatever is known.
    Off,
}

/// What the server tells about itself in `id.server` and NSID (RFC 4892, RFC 5001); empty: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity(pub String);

/// Names that are answered here instead of in the public DNS (RFC 6761, RFC 6303 and others).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecialNamesConfig {
    /// Whether there are any.
    pub mode: SpecialNamesMode,
    /// Zones that somebody serves: names at or below these are resolved like any other, unless a special zone is
    /// closer to them.
    pub exempt: Vec<Name>,
}

/// Whether special names are answered here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecialNamesMode {
    /// Answered here.
    Local,
    /// Resolved like any other name.
    Resolved,
}

/// Data of one's own, which answers before special names and the cache do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocalConfig {
    /// Single records. Their names have no other data; names beside and below them are resolved as ever. Addresses give
    /// their reverse names too, if nothing else is said of these.
    pub records: Vec<Record>,
    /// Zones, which decide about names without data too.
    pub zones: Vec<LocalZone>,
}

/// A zone of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalZone {
    /// Its apex.
    pub name: Name,
    /// What happens to its names.
    pub kind: LocalZoneKind,
    /// Its data, beside those of [`LocalConfig::records`] that are in it. Data answers in every kind of zone.
    pub records: Vec<Record>,
}

/// What happens to names of a local zone that have no data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalZoneKind {
    /// They do not exist.
    Static,
    /// They are resolved like any other name.
    Transparent,
    /// They have the data of the apex.
    Redirect,
    /// REFUSED.
    Refuse,
    /// No reply.
    Deny,
    /// They do not exist, the apex included.
    NxDomain,
}

/// Bounds on questions that wait for the walk. What the cache knows is answered at once and counts nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuestionLimits {
    /// Different questions in flight; bounds memory and work in all.
    pub in_flight: usize,
    /// Of these, below one domain (its last two labels): one dead zone must not take all places.
    pub in_flight_per_domain: usize, // three times as many below a registered domain with zones of its own
    /// Waiting questions of one client address (IPv4 address or IPv6 /64), identical ones counted each.
    pub waiting_per_client: usize,
    /// UDP clients that wait for one question: answers to spoofed addresses must not pile up.
    pub datagrams_per_question: usize,
    /// Of these, from one client address.
    pub datagrams_per_question_and_client: usize,
    /// A UDP question older than this gets no data any more: a pulse of late answers is a weapon (DNSBomb,
    /// CVE-2024-33655), and its client has asked again by then.
    pub datagram_age: Duration,
}

/// Bounds on TCP connections (RFC 7766 §6, §10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpLimits {
    /// Open connections; each holds a file descriptor, of which a process often has 1024.
    pub connections: usize,
    /// Open connections of one client address (IPv4 address or IPv6 /64).
    pub connections_per_client: usize,
    /// Questions in flight on one connection; then it is not read any further.
    pub in_flight: usize,
    /// A connection without a question in flight is closed after this time, sooner when most places are taken.
    pub idle: Duration,
    /// The same when all places are taken.
    pub idle_when_crowded: Duration,
    /// A query whose first octet came this long ago is not waited for any longer.
    pub half_sent: Duration,
    /// A client that has not taken a reply by then is left.
    pub write: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: vec![([127, 0, 0, 1], 5300).into(), ([0, 0, 0, 0, 0, 0, 0, 1], 5300).into()],
            listen_by: ListenBy::Default,
            threads: 0,
            allow: crate::access::loopback(),
            minimal_responses: MinimalResponses::On,
            identity: Identity::default(),
            datagram_octets: crate::respond::MAX_DATAGRAM_OCTETS,
            ready_octets: 16 << 20,
            special_names: SpecialNamesConfig::default(),
            local: LocalConfig::default(),
            questions: QuestionLimits::default(),
            tcp: TcpLimits::default(),
            drain: Duration::from_secs(5),
        }
    }
}

impl Default for SpecialNamesConfig {
    fn default() -> Self {
        Self { mode: SpecialNamesMode::Local, exempt: Vec::new() }
    }
}

impl Default for QuestionLimits {
    fn default() -> Self {
        Self {
            in_flight: 10_000,
            in_flight_per_domain: 1_500,
            waiting_per_client: 1_000,
            datagrams_per_question: 10,
            datagrams_per_question_and_client: 5,
            datagram_age: Duration::from_secs(2),
        }
    }
}

impl Default for TcpLimits {
    fn default() -> Self {
        Self {
            connections: 500,
            connections_per_client: 100,
            in_flight: 100,
            idle: Duration::from_secs(10),
            idle_when_crowded: Duration::from_secs(1),
            half_sent: Duration::from_secs(3),
            write: Duration::from_secs(5),
        }
    }
}

impl Identity {
    /// The octets to tell, if anything is told.
    pub fn octets(&self) -> Option<&[u8]> {
        Some(self.0.as_bytes()).filter(|octets| !octets.is_empty())
    }
}
