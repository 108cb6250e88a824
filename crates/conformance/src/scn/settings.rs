//! `config` lines: keys of the configuration file with their values, and the tables `[[stub]]`, `[[forward]]` and
//! `[[local.zone]]` as lines of their own.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use engine::dnssec::anchors::TrustAnchors;
use engine::{ConfiguredZone, Dns64, EngineConfig, Minimisation, NegativeAnchor, ServerKind, Validation, WhenTheyFail};
use ipnet::IpNet;
use proto::{Name, WallTime, zonefile};
use serde_json::Value;
use server::{LocalZone, MinimalResponses, SpecialNamesMode};

use super::lines::{Words, duration};
use crate::setup::{Setup, kind_of};

/// Port of the servers of a world.
const PORT: u16 = 53;
/// Room for one scenario.
const CACHE_OCTETS: usize = 16 << 20;

/// The program's defaults, without anchors and hints: those are the world's.
pub(super) fn defaults(clock: WallTime) -> Setup {
    Setup {
        engine: EngineConfig { root_hints: vec![], validation: Validation::off(), ..EngineConfig::default() },
        cache: cache::CacheConfig { size: CACHE_OCTETS, ..cache::CacheConfig::default() },
        server: server::ServerConfig::default(),
        start: clock,
    }
}

/// Applies `KEY = VALUE`; the value is written as in the configuration file.
pub(super) fn apply(text: &str, setup: &mut Setup) -> Result<(), String> {
    let (key, value) = text.split_once('=').ok_or("write config KEY = VALUE")?;
    let (key, value) = (key.trim(), value.trim());
    let value: Value = serde_json::from_str(value)
        .map_err(|_| format!("{value}: write a value as in the configuration file, for example \"off\", false, 3"))?;
    let known = match key.rsplit_once('.') {
        Some(("resolver", key)) => resolver(key, &value, &mut setup.engine)?,
        Some(("resolver.limits", key)) => limits(key, &value, &mut setup.engine)?,
        Some(("dnssec", key)) => dnssec(key, &value, &mut setup.engine.validation)?,
        Some(("cache" | "cache.stale", _)) => cached(key, &value, setup)?,
        _ => others(key, &value, setup)?,
    };
    if known { Ok(()) } else { Err(format!("{key} cannot be set by a scenario; docs/scenarios.md lists the keys")) }
}

fn resolver(key: &str, value: &Value, engine: &mut EngineConfig) -> Result<bool, String> {
    match key {
        "prime-root" => engine.prime_root = yes(value)?,
        "qname-minimisation" => {
            engine.qname_minimisation = match text(value)? {
                "relaxed" => Minimisation::Relaxed,
                "strict" => Minimisation::Strict,
                "off" => Minimisation::Off,
                other => return Err(format!("{other} is not relaxed, strict or off")),
            }
        }
        "case-randomisation" => engine.case_randomisation = yes(value)?,
        "ipv4" => engine.ipv4 = yes(value)?,
        "ipv6" => engine.ipv6 = yes(value)?,
        "query-localhost" => engine.query_localhost = yes(value)?,
        "do-not-query" => engine.do_not_query = each(value, prefix)?,
        "private-addresses" => engine.rebinding.private_addresses = each(value, prefix)?,
        "private-domains" => engine.rebinding.private_domains = each(value, name)?,
        "edns-buffer-size" => engine.edns_buffer_size = number(value)?,
        "harden-glue" => engine.harden_glue = yes(value)?,
        "harden-below-nxdomain" => engine.harden_below_nxdomain = yes(value)?,
        "prefetch" => engine.prefetch = yes(value)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn limits(key: &str, value: &Value, engine: &mut EngineConfig) -> Result<bool, String> {
    let limits = &mut engine.limits;
    match key {
        "upstream-queries" => limits.upstream_queries = number(value)?,
        "queries-per-name" => limits.queries_per_name = number(value)?,
        "depth" => limits.depth = number(value)?,
        "referrals" => limits.referrals = number(value)?,
        "aliases" => limits.aliases = number(value)?,
        "ns-per-delegation" => limits.ns_per_delegation = number(value)?,
        "addresses-per-ns" => limits.addresses_per_ns = number(value)?,
        "ns-address-lookups" => limits.ns_address_lookups = number(value)?,
        "client-deadline" => limits.client_deadline = time(value)?,
        "total-deadline" => limits.total_deadline = time(value)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn dnssec(key: &str, value: &Value, validation: &mut Validation) -> Result<bool, String> {
    match key {
        "trust-anchors" => {
            let mut anchors = TrustAnchors::none();
            for line in each(value, |text| Ok(text.to_owned()))? {
                anchors.add_text(&line).map_err(|error| format!("{line}: {error}"))?;
            }
            validation.anchors = anchors;
        }
        "negative-trust-anchors" => {
            let names = each(value, name)?.into_iter();
            validation.negative_anchors = names.map(|name| NegativeAnchor { name, until: None }).collect();
        }
        // The world's anchor is added later, unless anchors are given.
        "validation" if !yes(value)? => validation.anchors = TrustAnchors::none(),
        "aggressive-nsec" => validation.aggressive_nsec = yes(value)?,
        "harden-stripped" => validation.harden_stripped = yes(value)?,
        "rfc5011" => validation.rfc5011 = yes(value)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn cached(key: &str, value: &Value, setup: &mut Setup) -> Result<bool, String> {
    let seconds = || time(value).map(|time| time.as_secs() as u32);
    match key {
        "cache.min-ttl" => setup.cache.min_ttl = seconds()?,
        "cache.max-ttl" => setup.cache.max_ttl = seconds()?,
        "cache.min-negative-ttl" => setup.cache.min_negative_ttl = seconds()?,
        "cache.max-negative-ttl" => setup.cache.max_negative_ttl = seconds()?,
        "cache.stale.enabled" => setup.engine.stale.enabled = yes(value)?,
        "cache.stale.client-timeout" => setup.engine.stale.client_timeout = time(value)?,
        "cache.stale.reply-ttl" => setup.engine.stale.reply_ttl = seconds()?,
        "cache.stale.max-stale" => setup.cache.max_stale = seconds()?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn others(key: &str, value: &Value, setup: &mut Setup) -> Result<bool, String> {
    match key {
        "dns64.prefix" => {
            let prefix = text(value)?.parse().ok().and_then(|prefix| Dns64::new(prefix).ok());
            setup.engine.dns64 = Some(prefix.ok_or_else(|| format!("{value} is no prefix for DNS64"))?);
        }
        "local.records" => {
            for line in each(value, |text| Ok(text.to_owned()))? {
                let records = zonefile::parse(&line, &Name::root()).map_err(|error| format!("{line}: {error}"))?;
                setup.server.local.records.extend(records);
            }
        }
        "local.special-names" => {
            let mode = if yes(value)? { SpecialNamesMode::Local } else { SpecialNamesMode::Resolved };
            setup.server.special_names.mode = mode;
        }
        // Nothing listens; the resolver must not ask itself.
        "server.listen" => {
            let addresses = each(value, |text| text.parse::<SocketAddr>().map_err(|_| format!("{text} is no socket")))?;
            let ours = addresses.iter().filter(|address| address.port() == PORT);
            setup.engine.own_addresses = ours.map(SocketAddr::ip).collect();
        }
        "server.minimal-responses" => {
            let minimal = yes(value)?;
            setup.engine.minimal_responses = minimal;
            setup.server.minimal_responses = if minimal { MinimalResponses::On } else { MinimalResponses::Off };
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// `stub ZONE at ADDRESS... [first]` or `forward ...`.
pub(super) fn configured(kind: ServerKind, words: &mut Words, setup: &mut Setup) -> Result<(), String> {
    let zone = words.name("the zone")?;
    if !words.take("at") {
        return Err("write ZONE at ADDRESS".into());
    }
    let mut addresses = vec![(words.address()?, PORT).into()];
    while words.peek().is_some_and(|word| word.parse::<IpAddr>().is_ok()) {
        addresses.push((words.address()?, PORT).into());
    }
    let when_they_fail = if words.take("first") { WhenTheyFail::Walk } else { WhenTheyFail::Fail };
    words.end()?;
    setup.engine.configured_zones.push(ConfiguredZone { zone, addresses, servers: kind, when_they_fail });
    Ok(())
}

/// `local-zone NAME TYPE`.
pub(super) fn local_zone(words: &mut Words, setup: &mut Setup) -> Result<(), String> {
    let name = words.name("the zone")?;
    let kind = words.expect("the type of the zone")?;
    let kind = kind_of(&kind).ok_or_else(|| format!("{kind} is no type of a local zone; write one such as static"))?;
    words.end()?;
    setup.server.local.zones.push(LocalZone { name, kind, records: vec![] });
    Ok(())
}

fn yes(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("{value} is neither true nor false"))
}

fn number<T: TryFrom<u64>>(value: &Value) -> Result<T, String> {
    let number = value.as_u64().and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| format!("{value} is no number that fits"))
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("{value} has to stand in quotation marks"))
}

fn time(value: &Value) -> Result<Duration, String> {
    duration(text(value)?)
}

fn each<T>(value: &Value, read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    let elements = value.as_array().ok_or_else(|| format!("{value} is no list"))?;
    elements.iter().map(|element| read(text(element)?)).collect()
}

fn name(text: &str) -> Result<Name, String> {
    text.parse().map_err(|error| format!("{text}: {error}"))
}

fn prefix(text: &str) -> Result<IpNet, String> {
    let whole = text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or(whole).map_err(|_| format!("{text} is no prefix; write one such as 10.0.0.0/8"))
}
