//! rootwalk.toml as a scenario wants it. Pure.

use std::net::SocketAddr;

use ::conformance::Dialect;
use ::conformance::config::{Settings, Upstream};
use toml::{Table, Value};

/// The file with the root servers, beside rootwalk.toml.
pub(super) const ROOT_HINTS: &str = "root.hints";
/// EDNS buffer of every resolver that scenarios are written for.
const EDNS_OCTETS: u16 = 4096;
/// `cache.max-negative-ttl` where nothing is said, in seconds.
const USUAL_MAX_NEGATIVE_TTL: u32 = 3600;

/// The configuration file, with or without minimised names.
pub(super) fn text(settings: &Settings, minimise: bool, listen: SocketAddr) -> String {
    let mut file = Table::new();
    server(&mut file, settings, listen);
    resolver(&mut file, settings, minimise);
    dnssec(&mut file, settings);
    cache(&mut file, settings);
    if let Some(prefix) = &settings.dns64_prefix {
        set(&mut file, "dns64.prefix", prefix.as_str());
    }
    local(&mut file, settings);
    for (list, upstreams) in [("forward", &settings.forwards), ("stub", &settings.stubs)] {
        if !upstreams.is_empty() {
            set(&mut file, list, upstreams.iter().map(upstream).collect::<Vec<Table>>());
        }
    }
    file.to_string()
}

/// The root servers in zone format; `None`: the compiled-in ones.
pub(super) fn root_hints(settings: &Settings) -> Option<String> {
    let lines = settings.root_hints.iter().map(|(server, address)| {
        let rtype = if address.is_ipv4() { "A" } else { "AAAA" };
        format!(". 3600000 NS {server}\n{server} 3600000 {rtype} {address}\n")
    });
    Some(lines.collect()).filter(|text: &String| !text.is_empty())
}

fn server(file: &mut Table, settings: &Settings, listen: SocketAddr) {
    set(file, "server.listen", vec![listen.to_string()]);
    set(file, "server.minimal-responses", settings.minimal_responses);
    if settings.dialect == Dialect::Deckard {
        set(file, "server.access.allow", vec!["0.0.0.0/0", "::/0"]);
    }
}

fn resolver(file: &mut Table, settings: &Settings, minimise: bool) {
    if !settings.root_hints.is_empty() {
        set(file, "resolver.root-hints", ROOT_HINTS);
    }
    set(file, "resolver.prime-root", false);
    set(file, "resolver.qname-minimisation", if minimise { "relaxed" } else { "off" });
    set(file, "resolver.case-randomisation", settings.case_randomisation);
    set(file, "resolver.ipv4", settings.ipv4);
    set(file, "resolver.ipv6", settings.ipv6);
    set(file, "resolver.query-localhost", settings.query_localhost);
    set(file, "resolver.edns-buffer-size", i64::from(EDNS_OCTETS));
    set(file, "resolver.harden-glue", settings.harden_glue);
    set(file, "resolver.harden-below-nxdomain", settings.harden_below_nxdomain);
    set(file, "resolver.prefetch", settings.prefetch);
}

fn dnssec(file: &mut Table, settings: &Settings) {
    set(file, "dnssec.validation", settings.validation);
    set(file, "dnssec.trust-anchors", settings.trust_anchors.clone());
    set(file, "dnssec.negative-trust-anchors", texts(&settings.negative_anchors));
    set(file, "dnssec.rfc5011", false);
    set(file, "dnssec.signal-trust-anchors", false);
    set(file, "dnssec.aggressive-nsec", settings.aggressive_nsec);
    set(file, "dnssec.harden-stripped", settings.harden_stripped);
    set(file, "dnssec.accept-sha1", true);
}

fn cache(file: &mut Table, settings: &Settings) {
    if settings.min_ttl > 0 {
        set(file, "cache.min-ttl", seconds(settings.min_ttl));
    }
    if let Some(most) = settings.max_ttl {
        set(file, "cache.max-ttl", seconds(most));
        set(file, "cache.max-negative-ttl", seconds(most.min(USUAL_MAX_NEGATIVE_TTL)));
    }
    let stale = &settings.stale;
    set(file, "cache.stale.enabled", stale.enabled);
    if stale.enabled {
        set(file, "cache.stale.client-timeout", format!("{}ms", stale.client_timeout.as_millis()));
        set(file, "cache.stale.reply-ttl", seconds(stale.reply_ttl));
        set(file, "cache.stale.max-stale", seconds(stale.max_stale));
    }
}

fn local(file: &mut Table, settings: &Settings) {
    set(file, "local.special-names", false);
    if !settings.local_records.is_empty() {
        set(file, "local.records", settings.local_records.clone());
    }
    let zone = |(name, kind): &(proto::Name, String)| {
        let mut zone = Table::new();
        set(&mut zone, "name", name.to_string());
        // What the dialect calls always_nxdomain is nxdomain here.
        set(&mut zone, "type", kind.strip_prefix("always_").unwrap_or(kind));
        zone
    };
    if !settings.local_zones.is_empty() {
        set(file, "local.zone", settings.local_zones.iter().map(zone).collect::<Vec<Table>>());
    }
}

fn upstream(upstream: &Upstream) -> Table {
    let mut table = Table::new();
    set(&mut table, "zone", upstream.zone.to_string());
    set(&mut table, "addresses", texts(&upstream.addresses));
    set(&mut table, "first", upstream.first);
    table
}

fn seconds(number: u32) -> String {
    format!("{number}s")
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(T::to_string).collect()
}

/// Sets `a.b.c`, making the tables on the way.
fn set(table: &mut Table, path: &str, value: impl Into<Value>) {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value.into());
        }
        Some((first, rest)) => {
            let below = table.entry(first).or_insert_with(|| Table::new().into());
            set(below.as_table_mut().expect("no key is a value and a table"), rest, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(configuration: &str, dialect: Dialect) -> Settings {
        let text = format!("{configuration}\nCONFIG_END\nSCENARIO_BEGIN t\nSCENARIO_END\n");
        ::conformance::read(text.as_bytes(), dialect).unwrap().settings
    }

    fn file(configuration: &str, dialect: Dialect, minimise: bool) -> Table {
        text(&settings(configuration, dialect), minimise, "127.0.0.1:53".parse().unwrap()).parse().unwrap()
    }

    fn value<'t>(file: &'t Table, path: &str) -> Option<&'t Value> {
        let mut parts = path.split('.');
        let first = file.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }

    #[test]
    fn keys_of_unbound_become_ours() {
        let configuration = "server:\ntrust-anchor: \"example. DS 1 8 2 00\"\ndomain-insecure: sub.example\n\
            qname-minimisation: no\nserve-expired: yes\nserve-expired-client-timeout: 0\nserve-expired-reply-ttl: 7\n\
            cache-max-ttl: 10\nmodule-config: \"dns64 validator iterator\"\nlocal-zone: \"b.\" transparent\n\
            forward-zone:\nname: \"a.\"\nforward-addr: 192.0.2.7\nforward-first: yes\n\
            stub-zone:\nname: \".\"\nstub-addr: 192.0.2.1";
        let file = file(configuration, Dialect::Unbound, false);
        for (path, expected) in [
            ("server.listen", "[\"127.0.0.1:53\"]"),
            ("resolver.root-hints", "\"root.hints\""),
            ("resolver.prime-root", "false"),
            ("resolver.qname-minimisation", "\"off\""),
            ("resolver.edns-buffer-size", "4096"),
            ("dnssec.validation", "true"),
            ("dnssec.trust-anchors", "[\"example. DS 1 8 2 00\"]"),
            ("dnssec.negative-trust-anchors", "[\"sub.example.\"]"),
            ("dnssec.rfc5011", "false"),
            ("cache.max-ttl", "\"10s\""),
            ("cache.max-negative-ttl", "\"10s\""),
            ("cache.stale.enabled", "true"),
            ("cache.stale.client-timeout", "\"0ms\""),
            ("cache.stale.reply-ttl", "\"7s\""),
            ("dns64.prefix", "\"64:ff9b::/96\""),
            ("local.special-names", "false"),
        ] {
            assert_eq!(value(&file, path).map(ToString::to_string).as_deref(), Some(expected), "{path}");
        }
        assert_eq!(value(&file, "server.access"), None, "loopback, as by default");
        let forward = &file["forward"][0];
        assert_eq!((forward["zone"].as_str(), forward["first"].as_bool()), (Some("a."), Some(true)));
        assert_eq!(forward["addresses"][0].as_str(), Some("192.0.2.7"));
        assert_eq!(file["local"]["zone"][0]["type"].as_str(), Some("transparent"));
    }

    #[test]
    fn keys_of_deckard_become_ours() {
        let configuration = "stub-addr: 192.0.2.1\ndo-ip6: no\nfeatures: min_ttl = 5\n\
            features: static_hint_name = a\nfeatures: static_hint_addr = 192.0.2.9";
        let file = file(configuration, Dialect::Deckard, true);
        for (path, expected) in [
            ("server.access.allow", "[\"0.0.0.0/0\", \"::/0\"]"),
            ("resolver.qname-minimisation", "\"relaxed\""),
            ("resolver.ipv6", "false"),
            ("dnssec.validation", "false"),
            ("cache.min-ttl", "\"5s\""),
            ("cache.stale.enabled", "false"),
            ("local.records", "[\"a 3600 IN A 192.0.2.9\"]"),
        ] {
            assert_eq!(value(&file, path).map(ToString::to_string).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn root_hints_are_zone_data() {
        let with = settings("stub-addr: 2001:db8::1\nstub-name: a.root.", Dialect::Deckard);
        let expected = ". 3600000 NS a.root.\na.root. 3600000 AAAA 2001:db8::1\n";
        assert_eq!(root_hints(&with).as_deref(), Some(expected));
        assert_eq!(root_hints(&settings("do-ip6: no", Dialect::Deckard)), None);
    }
}
