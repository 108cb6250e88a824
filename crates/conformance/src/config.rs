//! What a scenario wants of the resolver's configuration.

use std::net::IpAddr;
use std::time::Duration;

use proto::{Name, RrType, WallTime, rdata};

use crate::scenario::{Dialect, Scenario};

/// The wall clock at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Whatever the present is.
    Present,
    /// This moment.
    At(WallTime),
    /// Any at which all signatures of the file are valid.
    WhenSignaturesAreValid,
}

/// Servers for a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The zone.
    pub zone: Name,
    /// Their addresses.
    pub addresses: Vec<IpAddr>,
    /// Whether the walk goes on without them if they fail.
    pub first: bool,
}

/// Answers from expired data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale {
    /// Whether there are any.
    pub enabled: bool,
    /// How long a fresh answer is waited for.
    pub client_timeout: Duration,
    /// TTL of the answer, in seconds.
    pub reply_ttl: u32,
    /// How long data is kept after its end, in seconds.
    pub max_stale: u32,
}

/// What a scenario wants of the resolver's configuration, both dialects alike.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the configuration file")]
pub struct Settings {
    pub dialect: Dialect,
    /// Root servers to begin with; none: the compiled-in ones.
    pub root_hints: Vec<(Name, IpAddr)>,
    pub trust_anchors: Vec<String>,
    pub negative_anchors: Vec<Name>,
    pub validation: bool,
    /// Whether names are minimised; `None`: it has to work both ways.
    pub minimise: Option<bool>,
    pub case_randomisation: bool,
    pub harden_glue: bool,
    pub harden_below_nxdomain: bool,
    pub harden_stripped: bool,
    pub aggressive_nsec: bool,
    pub ipv4: bool,
    pub ipv6: bool,
    pub query_localhost: bool,
    pub minimal_responses: bool,
    pub prefetch: bool,
    pub min_ttl: u32,
    pub max_ttl: Option<u32>,
    pub stale: Stale,
    pub forwards: Vec<Upstream>,
    pub stubs: Vec<Upstream>,
    pub dns64_prefix: Option<String>,
    pub local_records: Vec<String>,
    /// Name and type.
    pub local_zones: Vec<(Name, String)>,
    pub start: Start,
}

const USUAL_ROOT_SERVER: &str = "k.root-servers.net.";

impl Settings {
    /// Reads configuration lines without comments.
    pub(crate) fn read(dialect: Dialect, lines: &[String]) -> Result<Self, String> {
        let mut settings = Self::usual(dialect);
        let pairs = pairs(lines);
        match dialect {
            Dialect::Deckard => settings.read_deckard(&pairs)?,
            Dialect::Unbound => settings.read_unbound(&pairs)?,
        }
        settings.validation &= !settings.trust_anchors.is_empty();
        Ok(settings)
    }

    fn usual(dialect: Dialect) -> Self {
        let unbound = dialect == Dialect::Unbound;
        Self {
            dialect,
            root_hints: vec![],
            trust_anchors: vec![],
            negative_anchors: vec![],
            validation: true,
            minimise: unbound.then_some(true),
            case_randomisation: true,
            harden_glue: true,
            harden_below_nxdomain: true,
            harden_stripped: true,
            aggressive_nsec: true,
            ipv4: true,
            ipv6: true,
            query_localhost: false,
            minimal_responses: true,
            prefetch: false,
            min_ttl: 0,
            max_ttl: None,
            stale: Stale {
                enabled: false,
                client_timeout: Duration::from_millis(1800),
                reply_ttl: 30,
                max_stale: 86_400,
            },
            forwards: vec![],
            stubs: vec![],
            dns64_prefix: None,
            local_records: vec![],
            local_zones: vec![],
            start: Start::Present,
        }
    }

    fn read_deckard(&mut self, pairs: &[(String, String)]) -> Result<(), String> {
        let mut server: Name = USUAL_ROOT_SERVER.parse().expect("a name");
        let (mut address, mut hint) = (None, (None, None));
        for (key, value) in pairs {
            match key.as_str() {
                "stub-addr" => address = Some(self::address(value)?),
                "stub-name" => server = name(value)?,
                "query-minimization" => self.minimise = Some(yes(value)?),
                "do-not-query-localhost" => self.query_localhost = !yes(value)?,
                "forward-addr" => {
                    let addresses = vec![self::address(value)?];
                    self.forwards.push(Upstream { zone: Name::root(), addresses, first: false });
                }
                "features" => match value.split_once('=').map(|(what, value)| (what.trim(), value.trim())) {
                    Some(("min_ttl", seconds)) => self.min_ttl = number(seconds)?,
                    Some(("max_ttl", seconds)) => self.max_ttl = Some(number(seconds)?),
                    Some(("static_hint_name", name)) => hint.0 = Some(name.to_owned()),
                    Some(("static_hint_addr", address)) => hint.1 = Some(address.to_owned()),
                    _ => return Err(format!("features: {value}")),
                },
                "name" => {}
                _ => self.read_common(key, value)?,
            }
        }
        self.root_hints.extend(address.map(|address| (server, address)));
        if let (Some(name), Some(address)) = hint {
            self.local_records.push(format!("{name} 3600 IN A {address}"));
        }
        Ok(())
    }

    fn read_unbound(&mut self, pairs: &[(String, String)]) -> Result<(), String> {
        let mut upstreams: Vec<(bool, Upstream)> = Vec::new();
        let mut prefix = "64:ff9b::/96".to_owned();
        let mut dns64 = false;
        for (key, value) in pairs {
            match (key.as_str(), upstreams.last_mut()) {
                ("stub-zone" | "forward-zone", _) => {
                    let upstream = Upstream { zone: Name::root(), addresses: vec![], first: false };
                    upstreams.push((key == "forward-zone", upstream));
                }
                ("name", Some((_, upstream))) => upstream.zone = name(value)?,
                ("stub-addr" | "forward-addr", Some((_, upstream))) => upstream.addresses.push(address(value)?),
                ("forward-first" | "stub-first", Some((_, upstream))) => upstream.first = yes(value)?,
                ("qname-minimisation", _) => self.minimise = Some(yes(value)?),
                ("minimal-responses", _) => self.minimal_responses = yes(value)?,
                ("module-config", _) => {
                    self.validation = value.contains("validator");
                    dns64 = value.contains("dns64");
                }
                ("dns64-prefix", _) => prefix.clone_from(value),
                ("aggressive-nsec", _) => self.aggressive_nsec = yes(value)?,
                ("harden-below-nxdomain", _) => self.harden_below_nxdomain = yes(value)?,
                ("harden-dnssec-stripped", _) => self.harden_stripped = yes(value)?,
                ("cache-max-ttl", _) => self.max_ttl = Some(number(value)?),
                ("prefetch", _) => self.prefetch = yes(value)?,
                ("serve-expired", _) => self.stale.enabled = yes(value)?,
                ("serve-expired-client-timeout", _) => {
                    self.stale.client_timeout = Duration::from_millis(u64::from(number(value)?));
                }
                ("serve-expired-reply-ttl", _) => self.stale.reply_ttl = number(value)?,
                ("serve-expired-ttl", _) => self.stale.max_stale = number(value)?,
                ("local-data", _) => self.local_records.push(value.clone()),
                ("local-zone", _) => {
                    let (zone, kind) = value.split_once(' ').ok_or_else(|| format!("local-zone: {value}"))?;
                    if kind != "nodefault" {
                        self.local_zones.push((name(zone)?, kind.to_owned()));
                    }
                }
                (key, _) => self.read_common(key, value)?,
            }
        }
        self.dns64_prefix = dns64.then_some(prefix);
        for (forward, upstream) in upstreams {
            match forward {
                true => self.forwards.push(upstream),
                false if upstream.zone.is_root() => {
                    let server: Name = USUAL_ROOT_SERVER.parse().expect("a name");
                    self.root_hints.extend(upstream.addresses.into_iter().map(|address| (server.clone(), address)));
                }
                false => self.stubs.push(upstream),
            }
        }
        Ok(())
    }

    fn read_common(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "trust-anchor" => self.trust_anchors.push(value.to_owned()),
            "domain-insecure" => self.negative_anchors.push(name(value)?),
            "harden-glue" => self.harden_glue = yes(value)?,
            "do-ip4" => self.ipv4 = yes(value)?,
            "do-ip6" => self.ipv6 = yes(value)?,
            "val-override-date" | "val-override-timestamp" => self.start = start(value)?,
            // Nothing to configure, or fixed.
            "server"
            | "stub-prime"
            | "access-control"
            | "ede"
            | "ede-serve-expired"
            | "fake-sha1"
            | "trust-anchor-signaling"
            | "target-fetch-policy"
            | "harden-referral-path"
            | "harden-algo-downgrade"
            | "iter-scrub-promiscuous"
            | "rrset-roundrobin"
            | "prefetch-key"
            | "log-servfail"
            | "verbosity"
            | "directory" => {}
            other => return Err(format!("{other} has no meaning in the configuration")),
        }
        Ok(())
    }

    /// What the rest of the file has to say about the configuration.
    pub(crate) fn complete(&mut self, scenario: &Scenario) {
        if scenario.dialect == Dialect::Unbound {
            for (server, address) in &mut self.root_hints {
                let (rtype, data) = rdata::from_address(*address);
                let mut records =
                    scenario.scripted().flat_map(|message| message.answer.iter().chain(&message.additional));
                let called = records.find(|record| record.rtype == rtype && *record.rdata == data[..]);
                if let Some(record) = called {
                    server.clone_from(&record.name);
                }
            }
        }
        // A hexadecimal answer holds its question in lower case.
        let answers = scenario.ranges.iter().flat_map(|range| &range.entries);
        self.case_randomisation = !answers
            .filter_map(|entry| entry.octets.as_ref())
            .any(|octets| matches!(octets, crate::scenario::Octets::Answer(_)));
        if self.start == Start::WhenSignaturesAreValid {
            let records =
                scenario.scripted().flat_map(|message| [&message.answer, &message.authority, &message.additional]);
            let signatures =
                records.flatten().filter(|record| record.rtype == RrType::RRSIG && record.rdata.len() >= 16);
            let field =
                |data: &[u8], at: usize| u32::from_be_bytes([data[at], data[at + 1], data[at + 2], data[at + 3]]);
            let times: Vec<_> = signatures.map(|record| (field(&record.rdata, 12), field(&record.rdata, 8))).collect();
            let latest = times.iter().map(|(inception, _)| u64::from(*inception)).max();
            let earliest = times.iter().map(|(_, expiration)| u64::from(*expiration)).min();
            let middle = latest.zip(earliest).map(|(from, to)| WallTime::from_secs(u64::midpoint(from, to)));
            self.start = middle.map_or(Start::Present, Start::At);
        }
    }
}

/// Keys with their values; quotes are gone, several words of a value are joined by one blank.
fn pairs(lines: &[String]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in lines {
        // Every other part stands within quotes.
        for (index, part) in line.split('"').enumerate() {
            let words: Vec<&str> = if index % 2 == 1 { vec![part] } else { part.split_whitespace().collect() };
            for word in words {
                match word.strip_suffix(':').filter(|key| index % 2 == 0 && is_key(key)) {
                    Some(key) => found.push((key.to_owned(), String::new())),
                    None => {
                        let Some((_, value)) = found.last_mut() else { continue };
                        if !value.is_empty() {
                            value.push(' ');
                        }
                        value.push_str(word);
                    }
                }
            }
        }
    }
    found
}

fn is_key(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn yes(value: &str) -> Result<bool, String> {
    match value {
        "yes" | "on" | "true" => Ok(true),
        "no" | "off" | "false" => Ok(false),
        other => Err(format!("{other} is neither yes nor no")),
    }
}

fn name(text: &str) -> Result<Name, String> {
    text.parse().map_err(|error| format!("{text}: {error}"))
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| format!("{text} is no address"))
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

fn start(value: &str) -> Result<Start, String> {
    if value == "-1" {
        return Ok(Start::WhenSignaturesAreValid);
    }
    rdata::dnssec::time(value).map(|seconds| Start::At(WallTime::from_secs(u64::from(seconds))))
}
