//! What the checked values mean to the other crates.

use std::net::IpAddr;

use ::cache::CacheConfig;
use engine::dnssec::Policy;
use engine::dnssec::anchors::TrustAnchors;
use engine::{ConfiguredZone, EngineConfig, NegativeAnchor, RootServer, ServerKind, Validation, WhenTheyFail};
use proto::Name;
use server::{
    Identity, ListenBy, LocalConfig, LocalZoneKind, MinimalResponses, ServerConfig, SpecialNamesConfig,
    SpecialNamesMode,
};
use tracing::level_filters::LevelFilter;

use super::raw::{self, Raw};
use super::units::Period;

/// What is logged.
pub(super) fn level(log: raw::Log) -> LevelFilter {
    match log {
        raw::Log::Off => LevelFilter::OFF,
        raw::Log::Error => LevelFilter::ERROR,
        raw::Log::Warn => LevelFilter::WARN,
        raw::Log::Info => LevelFilter::INFO,
        raw::Log::Debug => LevelFilter::DEBUG,
        raw::Log::Trace => LevelFilter::TRACE,
    }
}

/// The engine's part.
pub(super) fn engine(raw: &Raw, root_hints: Vec<RootServer>, anchors: TrustAnchors) -> EngineConfig {
    let resolver = &raw.resolver;
    EngineConfig {
        root_hints,
        prime_root: resolver.prime_root,
        qname_minimisation: match resolver.qname_minimisation {
            raw::Minimisation::Relaxed => engine::Minimisation::Relaxed,
            raw::Minimisation::Strict => engine::Minimisation::Strict,
            raw::Minimisation::Off => engine::Minimisation::Off,
        },
        case_randomisation: resolver.case_randomisation,
        ipv4: resolver.ipv4,
        ipv6: resolver.ipv6,
        upstream_port: resolver.upstream_port,
        query_localhost: resolver.query_localhost,
        do_not_query: resolver.do_not_query.iter().map(|prefix| prefix.0).collect(),
        minimal_responses: raw.server.minimal_responses,
        rebinding: engine::RebindingFilter {
            private_addresses: resolver.private_addresses.iter().map(|prefix| prefix.0).collect(),
            private_domains: resolver.private_domains.iter().map(|domain| domain.0.clone()).collect(),
        },
        own_addresses: own_addresses(raw),
        edns_buffer_size: resolver.edns_buffer_size,
        harden_glue: resolver.harden_glue,
        harden_below_nxdomain: resolver.harden_below_nxdomain,
        limits: limits(&resolver.limits),
        stale: engine::Stale {
            enabled: raw.cache.stale.enabled,
            client_timeout: raw.cache.stale.client_timeout.0,
            reply_ttl: raw.cache.stale.reply_ttl.ttl().expect("check has seen it"),
        },
        validation: validation(&raw.dnssec, anchors),
        configured_zones: configured_zones(raw),
        prefetch: resolver.prefetch,
        dns64: raw.dns64.prefix.0,
    }
}

fn validation(dnssec: &raw::Dnssec, anchors: TrustAnchors) -> Validation {
    let negative = dnssec.negative_trust_anchors.iter();
    Validation {
        anchors: if dnssec.validation { anchors } else { TrustAnchors::none() },
        negative_anchors: negative
            .map(|anchor| NegativeAnchor { name: anchor.zone.0.clone(), until: anchor.until() })
            .collect(),
        policy: Policy { accept_sha1: dnssec.accept_sha1 },
        harden_stripped: dnssec.harden_stripped,
        aggressive_nsec: dnssec.aggressive_nsec,
        rfc5011: dnssec.rfc5011,
        signal_trust_anchors: dnssec.signal_trust_anchors,
    }
}

fn configured_zones(raw: &Raw) -> Vec<ConfiguredZone> {
    let zone = |zone: &raw::ConfiguredZone, servers| ConfiguredZone {
        zone: zone.zone.0.clone(),
        addresses: zone.addresses.iter().map(|upstream| upstream.0).collect(),
        servers,
        when_they_fail: if zone.first { WhenTheyFail::Walk } else { WhenTheyFail::Fail },
    };
    let forward = raw.forward.iter().map(|forward| zone(forward, ServerKind::Recursive));
    forward.chain(raw.stub.iter().map(|stub| zone(stub, ServerKind::Authoritative))).collect()
}

/// One part of the cache's memory in so many is for replies that are kept ready.
const READY_PART: usize = 16;

/// Memory for the cache, and of it for ready replies, in octets.
fn sizes(cache: &raw::Cache) -> (usize, usize) {
    let all = usize::try_from(cache.size.0).unwrap_or(usize::MAX);
    (all - all / READY_PART, all / READY_PART)
}

/// The cache's part.
pub(super) fn cache(cache: &raw::Cache) -> CacheConfig {
    let ttl = |period: Period| period.ttl().expect("check has seen it");
    CacheConfig {
        size: sizes(cache).0,
        min_ttl: ttl(cache.min_ttl),
        max_ttl: ttl(cache.max_ttl),
        min_negative_ttl: ttl(cache.min_negative_ttl),
        max_negative_ttl: ttl(cache.max_negative_ttl),
        max_stale: if cache.stale.enabled { ttl(cache.stale.max_stale) } else { 0 },
    }
}

/// The server's part.
pub(super) fn server(raw: &Raw, listen_by: ListenBy, local: LocalConfig) -> ServerConfig {
    let mode = if raw.local.special_names { SpecialNamesMode::Local } else { SpecialNamesMode::Resolved };
    ServerConfig {
        listen: raw.server.listen.iter().map(|listen| listen.0).collect(),
        listen_by,
        threads: raw.server.threads,
        allow: raw.server.access.allow.iter().map(|prefix| prefix.0).collect(),
        minimal_responses: if raw.server.minimal_responses { MinimalResponses::On } else { MinimalResponses::Off },
        identity: Identity(raw.server.identity.clone()),
        // What gets through whole from servers gets through to clients.
        datagram_octets: raw.resolver.edns_buffer_size,
        ready_octets: sizes(&raw.cache).1,
        special_names: SpecialNamesConfig { mode, exempt: exempt(raw, &local) },
        local,
        ..ServerConfig::default()
    }
}

/// Zones that somebody was named for: no special zone that is not closer to a name keeps it from them.
fn exempt(raw: &Raw, local: &LocalConfig) -> Vec<Name> {
    let served = raw.forward.iter().chain(&raw.stub).map(|configured| configured.zone.0.clone());
    let transparent = local.zones.iter().filter(|zone| zone.kind == LocalZoneKind::Transparent);
    served.chain(transparent.map(|zone| zone.name.clone())).collect()
}

/// Asking ourselves would take our address and our port: behind another port another server may live.
pub(super) fn own_addresses(raw: &Raw) -> Vec<IpAddr> {
    let port = raw.resolver.upstream_port;
    let own = raw.server.listen.iter().filter(|listen| listen.0.port() == port);
    own.map(|listen| listen.0.ip()).filter(|address| !address.is_unspecified()).collect()
}

fn limits(limits: &raw::Limits) -> engine::Limits {
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    engine::Limits {
        upstream_queries: limits.upstream_queries,
        queries_per_name: limits.queries_per_name,
        depth: limits.depth,
        referrals: limits.referrals,
        aliases: limits.aliases,
        ns_per_delegation: count(limits.ns_per_delegation),
        addresses_per_ns: count(limits.addresses_per_ns),
        ns_address_lookups: limits.ns_address_lookups,
        client_deadline: limits.client_deadline.0,
        total_deadline: limits.total_deadline.0,
    }
}
