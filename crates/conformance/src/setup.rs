//! From what a scenario wants to the settings of cache, engine and server.

use std::time::Duration;

use cache::CacheConfig;
use engine::dnssec::anchors::TrustAnchors;
use engine::{
    ConfiguredZone, Dns64, EngineConfig, Minimisation, NegativeAnchor, RootServer, ServerKind, Validation, WhenTheyFail,
};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use proto::{Name, WallTime, zonefile};
use server::{
    LocalConfig, LocalZone, LocalZoneKind, MinimalResponses, ServerConfig, SpecialNamesConfig, SpecialNamesMode,
};

use crate::config::{Settings, Start, Upstream};
use crate::reader::entry::EDNS_OCTETS;
use crate::scenario::Dialect;

/// The wall clock where a scenario names none.
const PRESENT: WallTime = WallTime(1_790_000_000_000);
/// Room for one scenario.
const CACHE_OCTETS: usize = 16 << 20;

/// Settings of the resolver.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Of the engine.
    pub engine: EngineConfig,
    /// Of the cache.
    pub cache: CacheConfig,
    /// Of the server.
    pub server: ServerConfig,
    /// The wall clock at the start.
    pub start: WallTime,
}

/// What of a scenario's configuration the resolver does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(pub Vec<String>);

impl Setup {
    /// The settings that a scenario wants, with or without minimisation.
    ///
    /// # Errors
    /// What the resolver does not have.
    pub fn new(settings: &Settings, minimise: bool) -> Result<Self, Missing> {
        let start = match settings.start {
            Start::At(moment) => moment,
            Start::Present | Start::WhenSignaturesAreValid => PRESENT,
        };
        let engine = engine(settings, minimise)?;
        Ok(Self { engine, cache: cache(settings), server: server(settings)?, start })
    }
}

fn engine(settings: &Settings, minimise: bool) -> Result<EngineConfig, Missing> {
    let defaults = EngineConfig::default();
    let hints: Vec<RootServer> = settings
        .root_hints
        .iter()
        .map(|(name, address)| RootServer { name: name.clone(), addresses: vec![*address] })
        .collect();
    Ok(EngineConfig {
        root_hints: if hints.is_empty() { defaults.root_hints } else { hints },
        prime_root: false,
        qname_minimisation: if minimise { Minimisation::Relaxed } else { Minimisation::Off },
        case_randomisation: settings.case_randomisation,
        ipv4: settings.ipv4,
        ipv6: settings.ipv6,
        query_localhost: settings.query_localhost,
        minimal_responses: settings.minimal_responses,
        edns_buffer_size: EDNS_OCTETS,
        harden_glue: settings.harden_glue,
        harden_below_nxdomain: settings.harden_below_nxdomain,
        stale: engine::Stale {
            enabled: settings.stale.enabled,
            client_timeout: settings.stale.client_timeout,
            reply_ttl: settings.stale.reply_ttl,
        },
        validation: validation(settings)?,
        configured_zones: configured_zones(settings),
        prefetch: settings.prefetch,
        dns64: dns64(settings)?,
        ..EngineConfig::default()
    })
}

/// Port of the servers of a scenario.
const PORT: u16 = 53;

fn configured_zones(settings: &Settings) -> Vec<ConfiguredZone> {
    let zone = |upstream: &Upstream, servers| ConfiguredZone {
        zone: upstream.zone.clone(),
        addresses: upstream.addresses.iter().map(|address| (*address, PORT).into()).collect(),
        servers,
        when_they_fail: if upstream.first { WhenTheyFail::Walk } else { WhenTheyFail::Fail },
    };
    let forwards = settings.forwards.iter().map(|forward| zone(forward, ServerKind::Recursive));
    forwards.chain(settings.stubs.iter().map(|stub| zone(stub, ServerKind::Authoritative))).collect()
}

fn dns64(settings: &Settings) -> Result<Option<Dns64>, Missing> {
    let Some(text) = &settings.dns64_prefix else { return Ok(None) };
    let prefix = text.parse().ok().and_then(|prefix| Dns64::new(prefix).ok());
    prefix.map(Some).ok_or_else(|| Missing(vec![format!("the DNS64 prefix {text}")]))
}

fn local(settings: &Settings) -> Result<LocalConfig, Missing> {
    let mut records = Vec::new();
    for line in &settings.local_records {
        let read = zonefile::parse(line, &Name::root());
        records.extend(read.map_err(|error| Missing(vec![format!("the local record {line}: {error}")]))?);
    }
    let mut zones = Vec::new();
    for (name, kind) in &settings.local_zones {
        let kind = kind_of(kind).ok_or_else(|| Missing(vec![format!("the local zone type {kind}")]))?;
        zones.push(LocalZone { name: name.clone(), kind, records: vec![] });
    }
    Ok(LocalConfig { records, zones })
}

pub(crate) fn kind_of(word: &str) -> Option<LocalZoneKind> {
    Some(match word {
        "static" => LocalZoneKind::Static,
        "transparent" => LocalZoneKind::Transparent,
        "redirect" => LocalZoneKind::Redirect,
        "refuse" => LocalZoneKind::Refuse,
        "deny" => LocalZoneKind::Deny,
        "always_nxdomain" => LocalZoneKind::NxDomain,
        _ => return None,
    })
}

fn validation(settings: &Settings) -> Result<Validation, Missing> {
    if !settings.validation {
        return Ok(Validation::off());
    }
    let mut anchors = TrustAnchors::none();
    for anchor in &settings.trust_anchors {
        anchors.add_text(anchor).map_err(|error| Missing(vec![format!("the trust anchor {anchor}: {error}")]))?;
    }
    let negative = settings.negative_anchors.iter();
    Ok(Validation {
        anchors,
        negative_anchors: negative.map(|name| NegativeAnchor { name: name.clone(), until: None }).collect(),
        harden_stripped: settings.harden_stripped,
        aggressive_nsec: settings.aggressive_nsec,
        rfc5011: false, // their anchors are fixed
        ..Validation::default()
    })
}

fn cache(settings: &Settings) -> CacheConfig {
    let defaults = CacheConfig::default();
    let max_ttl = settings.max_ttl.unwrap_or(defaults.max_ttl);
    CacheConfig {
        size: CACHE_OCTETS,
        min_ttl: settings.min_ttl,
        max_ttl,
        max_negative_ttl: defaults.max_negative_ttl.min(max_ttl),
        max_stale: if settings.stale.enabled { settings.stale.max_stale } else { 0 },
        ..defaults
    }
}

fn server(settings: &Settings) -> Result<ServerConfig, Missing> {
    let everyone = vec![IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())];
    let defaults = ServerConfig::default();
    Ok(ServerConfig {
        allow: if settings.dialect == Dialect::Deckard { everyone } else { defaults.allow },
        minimal_responses: if settings.minimal_responses { MinimalResponses::On } else { MinimalResponses::Off },
        special_names: SpecialNamesConfig { mode: SpecialNamesMode::Resolved, exempt: vec![] },
        datagram_octets: EDNS_OCTETS,
        drain: Duration::ZERO,
        local: local(settings)?,
        ..defaults
    })
}
