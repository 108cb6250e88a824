//! rootwalk.toml as it is written: every key with its default, types checked, meaning not yet.
//!
//! `Default` is what an empty file means. Keys that are planned are not here (see [`super::keys`]), but for those whose
//! "off" is accepted because nothing else happens today.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::units::{Domain, Listen, NegativeZone, Period, Prefix, Size, Synthesis};

mod zones;

pub(super) use zones::samples;
pub(crate) use zones::{ConfiguredZone, Local, LocalZoneKind};

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Raw {
    pub(crate) server: Server,
    pub(crate) resolver: Resolver,
    pub(crate) dnssec: Dnssec,
    pub(crate) cache: Cache,
    pub(crate) dns64: Dns64,
    pub(crate) local: Local,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) forward: Vec<ConfiguredZone>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) stub: Vec<ConfiguredZone>,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Server {
    pub(crate) listen: Vec<Listen>,
    pub(crate) threads: usize,
    pub(crate) minimal_responses: bool,
    pub(crate) identity: String,
    pub(crate) log: Log,
    pub(crate) access: Access,
}

/// `[server.access]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Access {
    pub(crate) allow: Vec<Prefix>,
}

/// `server.log`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Log {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// `[resolver]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Resolver {
    pub(crate) root_hints: String,
    pub(crate) prime_root: bool,
    pub(crate) qname_minimisation: Minimisation,
    pub(crate) case_randomisation: bool,
    pub(crate) ipv4: bool,
    pub(crate) ipv6: bool,
    pub(crate) source_addresses: Vec<IpAddr>,
    pub(crate) upstream_port: u16,
    pub(crate) query_localhost: bool,
    pub(crate) do_not_query: Vec<Prefix>,
    pub(crate) private_addresses: Vec<Prefix>,
    pub(crate) private_domains: Vec<Domain>,
    pub(crate) edns_buffer_size: u16,
    pub(crate) harden_glue: bool,
    pub(crate) harden_below_nxdomain: bool,
    pub(crate) prefetch: bool,
    pub(crate) limits: Limits,
}

/// `resolver.qname-minimisation`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Minimisation {
    Relaxed,
    Strict,
    Off,
}

/// `[resolver.limits]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Limits {
    pub(crate) upstream_queries: u32,
    pub(crate) queries_per_name: u32,
    pub(crate) depth: u32,
    pub(crate) referrals: u32,
    pub(crate) aliases: u32,
    pub(crate) ns_per_delegation: u32,
    pub(crate) addresses_per_ns: u32,
    pub(crate) ns_address_lookups: u32,
    pub(crate) client_deadline: Period,
    pub(crate) total_deadline: Period,
}

/// `[dnssec]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Dnssec {
    pub(crate) validation: bool,
    pub(crate) trust_anchors: Vec<String>,
    pub(crate) trust_anchor_files: Vec<String>,
    pub(crate) negative_trust_anchors: Vec<NegativeZone>,
    pub(crate) aggressive_nsec: bool,
    pub(crate) harden_stripped: bool,
    pub(crate) accept_sha1: bool,
    pub(crate) rfc5011: bool,
    pub(crate) state_file: String,
    pub(crate) signal_trust_anchors: bool,
}

/// `[cache]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Cache {
    pub(crate) size: Size,
    pub(crate) min_ttl: Period,
    pub(crate) max_ttl: Period,
    pub(crate) max_negative_ttl: Period,
    pub(crate) min_negative_ttl: Period,
    pub(crate) stale: Stale,
}

/// `[cache.stale]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Stale {
    pub(crate) enabled: bool,
    pub(crate) client_timeout: Period,
    pub(crate) reply_ttl: Period,
    pub(crate) max_stale: Period,
}

/// `[dns64]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Dns64 {
    pub(crate) prefix: Synthesis,
}

impl Default for Server {
    fn default() -> Self {
        let listen = ["127.0.0.1:5300", "[::1]:5300"].map(|text| text.parse().expect("an address and port"));
        Self {
            listen: listen.to_vec(),
            threads: 0,
            minimal_responses: true,
            identity: String::new(),
            log: Log::Info,
            access: Access::default(),
        }
    }
}

impl Default for Access {
    fn default() -> Self {
        Self { allow: ["127.0.0.0/8", "::1/128"].map(|text| text.parse().expect("a prefix")).to_vec() }
    }
}

impl Default for Resolver {
    fn default() -> Self {
        Self {
            root_hints: String::new(),
            prime_root: true,
            qname_minimisation: Minimisation::Relaxed,
            case_randomisation: true,
            ipv4: true,
            ipv6: true,
            source_addresses: Vec::new(),
            upstream_port: 53,
            query_localhost: false,
            do_not_query: Vec::new(),
            private_addresses: Vec::new(),
            private_domains: Vec::new(),
            edns_buffer_size: 1232,
            harden_glue: true,
            harden_below_nxdomain: true,
            prefetch: true,
            limits: Limits::default(),
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
            client_deadline: Period(Duration::from_millis(4500)),
            total_deadline: Period(Duration::from_secs(8)),
        }
    }
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            size: Size(256 << 20),
            min_ttl: Period(Duration::ZERO),
            max_ttl: Period(Duration::from_secs(86_400)),
            max_negative_ttl: Period(Duration::from_secs(3600)),
            min_negative_ttl: Period(Duration::ZERO),
            stale: Stale::default(),
        }
    }
}

impl Default for Stale {
    fn default() -> Self {
        Self {
            enabled: true,
            client_timeout: Period(Duration::from_millis(1800)),
            reply_ttl: Period(Duration::from_secs(30)),
            max_stale: Period(Duration::from_secs(86_400)),
        }
    }
}

impl Default for Dnssec {
    fn default() -> Self {
        Self {
            validation: true,
            trust_anchors: Vec::new(),
            trust_anchor_files: Vec::new(),
            negative_trust_anchors: Vec::new(),
            aggressive_nsec: true,
            harden_stripped: true,
            accept_sha1: true,
            rfc5011: true,
            state_file: "anchors.toml".to_owned(),
            signal_trust_anchors: false,
        }
    }
}
