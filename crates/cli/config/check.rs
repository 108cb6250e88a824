//! From what is written to what is meant: values that are possible alone and together.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ::cache::CacheConfig;
use engine::EngineConfig;
use proto::Name;
use server::{ListenBy, ServerConfig};
use tracing::level_filters::LevelFilter;

mod files;

use super::document::Document;
use super::meaning;
use super::problem::Problem;
use super::raw::{self, Raw};
use super::units::{Listen, Period, Size};
use crate::args;

/// More threads than any machine has cores make a slip of the finger.
pub(crate) const MAX_THREADS: usize = 1024;
/// Below this a cache does not even hold the delegations of a walk.
const MIN_CACHE: Size = Size(1 << 20);
/// RFC 6891 §6.2.3 and §6.2.5: below 512 counts as 512; above 4096 invites fragments without need.
const EDNS_BUFFER_OCTETS: std::ops::RangeInclusive<u16> = 512..=4096;
/// Nested questions keep their callers alive; deeper nesting is no longer a limit.
const MAX_DEPTH: u32 = 100;
/// One character-string (RFC 1035 §3.3) has to hold the identity.
const MAX_IDENTITY_OCTETS: usize = 255;

/// A configuration that can be used.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// As written, defaults filled in, paths made absolute.
    pub(crate) raw: Raw,
    /// What is logged.
    pub(crate) log: LevelFilter,
    /// The engine's part.
    pub(crate) engine: EngineConfig,
    /// The cache's part.
    pub(crate) cache: CacheConfig,
    /// The server's part.
    pub(crate) server: ServerConfig,
    /// Where the state of the trust anchors is kept; nowhere without a configuration file, or if nothing is followed.
    pub(crate) state_file: Option<PathBuf>,
}

impl Config {
    /// What the command line says wins over the file.
    pub(crate) fn override_with(&mut self, args: &args::Serve) {
        if !args.listen.is_empty() {
            self.raw.server.listen = args.listen.iter().copied().map(Listen).collect();
            self.server.listen.clone_from(&args.listen);
            self.server.listen_by = ListenBy::User;
            self.engine.own_addresses = meaning::own_addresses(&self.raw);
        }
        self.raw.server.threads = args.threads.unwrap_or(self.raw.server.threads);
        self.server.threads = self.raw.server.threads;
    }
}

impl Config {
    /// What can be used, but may not be meant.
    pub(crate) fn doubts(&self, lab: bool) -> Vec<String> {
        let anchors = &self.engine.validation.anchors;
        let written = !self.raw.dnssec.trust_anchors.is_empty() || !self.raw.dnssec.trust_anchor_files.is_empty();
        let mut doubts = Vec::new();
        if self.engine.validation.is_on() && anchors.of(&Name::root()).is_none() && !lab {
            let zones: Vec<String> = anchors.zones().map(|(zone, _)| zone.to_string()).collect();
            let zones = zones.join(" and ");
            doubts.push(format!("there is no trust anchor for the root: only names at or below {zones} are validated"));
        }
        if lab && written && anchors.of(&Name::root()).is_some() {
            doubts.push(
                "the built-in internet has a root key of its own: anchors given for the root are not used".to_owned(),
            );
        }
        doubts
    }
}

/// Checks everything and tells all that is wrong; relative paths are below `directory`.
///
/// `own` are the addresses that the command line gives in place of those of the file.
pub(super) fn check(
    raw: Raw,
    document: &Document<'_>,
    directory: &Path,
    own: Option<&[SocketAddr]>,
) -> Result<Config, Vec<Problem>> {
    let mut raw = raw;
    let listen: Vec<SocketAddr> = match own {
        Some(own) => own.to_vec(),
        None => raw.server.listen.iter().map(|listen| listen.0).collect(),
    };
    let mut checker = Checker { document, problems: Vec::new() };
    checker.server(&raw.server);
    checker.resolver(&raw.resolver);
    checker.limits(&raw.resolver.limits);
    checker.cache(&raw.cache);
    checker.configured("forward", &raw.forward, &[], &listen);
    checker.configured("stub", &raw.stub, &raw.forward, &listen);
    let root_hints = checker.root_hints(&mut raw.resolver.root_hints, directory);
    let anchors = checker.trust_anchors(&mut raw.dnssec, directory);
    let state_file = checker.state_file(&mut raw.dnssec, directory);
    let local = checker.local(&mut raw.local, directory);
    if !checker.problems.is_empty() {
        return Err(checker.problems);
    }
    let written = document.value_span("server.listen").is_some();
    let listen_by = if written { ListenBy::User } else { ListenBy::Default };
    Ok(Config {
        log: meaning::level(raw.server.log),
        engine: meaning::engine(&raw, root_hints, anchors),
        cache: meaning::cache(&raw.cache),
        server: meaning::server(&raw, listen_by, local),
        state_file,
        raw,
    })
}

struct Checker<'d> {
    document: &'d Document<'d>,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn wrong(&mut self, key: &str, what: impl Into<String>, hint: Option<&str>) {
        // A default cannot be wrong alone, but beside another key; that key's check names the one that is written.
        let span = self.document.value_span(key).unwrap_or_default();
        self.problems.push(Problem { span, key: key.to_owned(), what: what.into(), hint: hint.map(str::to_owned) });
    }

    fn server(&mut self, server: &raw::Server) {
        if server.listen.is_empty() {
            self.wrong("server.listen", "no address to listen on", Some("leave the key out for the default"));
        }
        for (index, listen) in server.listen.iter().enumerate() {
            if listen.0.port() != 0 && server.listen[..index].contains(listen) {
                self.wrong(&format!("server.listen[{index}]"), format!("{listen} is here twice"), None);
            }
        }
        if server.threads > MAX_THREADS {
            self.wrong("server.threads", format!("more than {MAX_THREADS} threads"), Some("0 is one per core"));
        }
        if server.identity.len() > MAX_IDENTITY_OCTETS {
            self.wrong("server.identity", format!("longer than {MAX_IDENTITY_OCTETS} octets"), None);
        }
    }

    fn resolver(&mut self, resolver: &raw::Resolver) {
        if !resolver.ipv4 && !resolver.ipv6 {
            self.wrong("resolver.ipv6", "without ipv4 and ipv6 no server can be asked", Some("make one of them true"));
        }
        if resolver.upstream_port == 0 {
            self.wrong("resolver.upstream-port", "no server listens on port 0", Some("usually 53"));
        }
        if !EDNS_BUFFER_OCTETS.contains(&resolver.edns_buffer_size) {
            let what = format!("not between {} and {} octets", EDNS_BUFFER_OCTETS.start(), EDNS_BUFFER_OCTETS.end());
            self.wrong("resolver.edns-buffer-size", what, Some("1232 fits every network"));
        }
        for (index, address) in resolver.source_addresses.iter().enumerate() {
            if address.is_unspecified() || address.is_multicast() {
                let key = format!("resolver.source-addresses[{index}]");
                self.wrong(&key, format!("{address} is no address to send from"), None);
            }
        }
    }

    fn limits(&mut self, limits: &raw::Limits) {
        for (key, value) in [
            ("upstream-queries", limits.upstream_queries),
            ("queries-per-name", limits.queries_per_name),
            ("depth", limits.depth),
            ("referrals", limits.referrals),
            ("aliases", limits.aliases),
            ("ns-per-delegation", limits.ns_per_delegation),
            ("addresses-per-ns", limits.addresses_per_ns),
            ("ns-address-lookups", limits.ns_address_lookups),
        ] {
            if value == 0 {
                self.wrong(&format!("resolver.limits.{key}"), "must be at least 1", None);
            }
        }
        if limits.depth > MAX_DEPTH {
            self.wrong("resolver.limits.depth", format!("must be at most {MAX_DEPTH}"), None);
        }
        if limits.client_deadline.0.is_zero() {
            self.wrong("resolver.limits.client-deadline", "leaves no time to answer", None);
        }
        let keys = ["resolver.limits.client-deadline", "resolver.limits.total-deadline"];
        self.ordered(keys, [limits.client_deadline, limits.total_deadline]);
    }

    fn cache(&mut self, cache: &raw::Cache) {
        if cache.size < MIN_CACHE {
            self.wrong("cache.size", format!("less than {MIN_CACHE}"), None);
        }
        for (key, period) in [
            ("cache.min-ttl", cache.min_ttl),
            ("cache.max-ttl", cache.max_ttl),
            ("cache.min-negative-ttl", cache.min_negative_ttl),
            ("cache.max-negative-ttl", cache.max_negative_ttl),
            ("cache.stale.reply-ttl", cache.stale.reply_ttl),
            ("cache.stale.max-stale", cache.stale.max_stale),
        ] {
            if period.ttl().is_none() {
                self.wrong(key, "a time to live is a whole number of seconds below 2³²", None);
            }
        }
        self.ordered(["cache.min-ttl", "cache.max-ttl"], [cache.min_ttl, cache.max_ttl]);
        let keys = ["cache.min-negative-ttl", "cache.max-negative-ttl"];
        self.ordered(keys, [cache.min_negative_ttl, cache.max_negative_ttl]);
    }

    /// The first may not be more than the second; where they contradict each other, the one that is written is at fault.
    fn ordered(&mut self, keys: [&str; 2], [least, most]: [Period; 2]) {
        if least > most {
            let [low, high] = keys.map(|key| key.rsplit('.').next().unwrap_or(key));
            let written = keys.into_iter().find(|key| self.document.value_span(key).is_some());
            self.wrong(written.unwrap_or(keys[0]), format!("{low} ({least}) is more than {high} ({most})"), None);
        }
    }

    /// Zones with servers of one's own: `list` is the key, `others` are zones that have servers already.
    fn configured(
        &mut self,
        list: &str,
        zones: &[raw::ConfiguredZone],
        others: &[raw::ConfiguredZone],
        own: &[SocketAddr],
    ) {
        for (index, configured) in zones.iter().enumerate() {
            let key = |name: &str| format!("{list}[{index}].{name}");
            let zone = &configured.zone;
            if zones[..index].iter().chain(others).any(|other| other.zone == *zone) {
                self.wrong(&key("zone"), format!("{zone} has servers already"), Some("one table for each zone"));
            }
            if configured.addresses.is_empty() {
                self.wrong(&key("addresses"), "no server to ask", Some("such as [\"192.0.2.1\"]"));
            }
            for (place, upstream) in configured.addresses.iter().enumerate() {
                if own.contains(&upstream.0) {
                    let what = format!("{upstream} is this server itself: a question would go in a circle");
                    self.wrong(&format!("{}[{place}]", key("addresses")), what, None);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn impossible_values_name_their_key() {
        for (text, key, what) in [
            ("[server]\nlisten = []", "server.listen", "no address to listen on"),
            ("[server]\nlisten = [\"[::1]:1\", \"[::1]:1\"]", "server.listen[1]", "[::1]:1 is here twice"),
            ("[server]\nthreads = 5000", "server.threads", "more than 1024 threads"),
            ("[resolver]\nipv4 = false\nipv6 = false", "resolver.ipv6", "without ipv4 and ipv6"),
            ("[resolver]\nupstream-port = 0", "resolver.upstream-port", "no server listens on port 0"),
            ("[resolver]\nedns-buffer-size = 511", "resolver.edns-buffer-size", "not between 512 and 4096"),
            ("[resolver]\nsource-addresses = [\"::\"]", "resolver.source-addresses[0]", ":: is no address"),
            ("[resolver]\nroot-hints = \"none.zone\"", "resolver.root-hints", "cannot use"),
            ("[resolver.limits]\nreferrals = 0", "resolver.limits.referrals", "must be at least 1"),
            ("[resolver.limits]\ndepth = 101", "resolver.limits.depth", "must be at most 100"),
            ("[resolver.limits]\nclient-deadline = \"9s\"", "resolver.limits.client-deadline", "client-deadline (9s)"),
            (
                "[resolver.limits]\ntotal-deadline = \"4s\"",
                "resolver.limits.total-deadline",
                "client-deadline (4500ms)",
            ),
            (
                "[dnssec]\ntrust-anchors = [\". IN A 192.0.2.1\"]",
                "dnssec.trust-anchors[0]",
                ". A: a trust anchor is a DS or",
            ),
            ("[dnssec]\ntrust-anchors = [\". IN DS x\"]", "dnssec.trust-anchors[0]", ". DS: "),
            ("[dnssec]\ntrust-anchor-files = [\"none\"]", "dnssec.trust-anchor-files[0]", "cannot use"),
            ("[local]\nrecords = [\"a. A 192.0.2.1\", \"a. A\"]", "local.records[1]", "a. A: "),
            ("[local]\nrecords = [\"\"]", "local.records[0]", "there is no record in it"),
            ("[local]\nrecords = [\"a. CH TXT x\"]", "local.records[0]", "only class IN is served"),
            ("[local]\nrecords = [\"a. DNAME b.\"]", "local.records[0]", "DNAME is not served"),
            ("[local]\nrecords = [\"a. A 192.0.2.1\", \"A. CNAME b.\"]", "local.records", "a. has other data beside"),
            ("[local]\nhosts-file = \"none\"", "local.hosts-file", "cannot use"),
            ("[[local.zone]]\nname = \"a.\"\nfile = \"none\"", "local.zone[0].file", "cannot use"),
            ("[[forward]]\naddresses = []\nzone = \".\"", "forward[0].addresses", "no server to ask"),
            (
                "[[stub]]\naddresses = [\"127.0.0.1:5300\"]\nzone = \".\"",
                "stub[0].addresses[0]",
                "is this server itself",
            ),
            ("[cache]\nsize = \"1023KiB\"", "cache.size", "less than 1MiB"),
            ("[cache]\nmin-ttl = \"2d\"", "cache.min-ttl", "min-ttl (2d) is more than max-ttl (1d)"),
            ("[cache]\nmax-negative-ttl = \"1500ms\"", "cache.max-negative-ttl", "a time to live is a whole number"),
        ] {
            let error = parse(text, std::path::Path::new("no-such-directory/t.toml"), None).err().unwrap();
            let [problem] = error.problems() else { panic!("{error}") };
            assert_eq!(problem.key, key);
            assert!(problem.what.contains(what), "{}", problem.what);
            assert!(error.to_string().contains(":2:") || error.to_string().contains(":3:"), "{error}");
        }
    }

    #[test]
    fn addresses_of_the_command_line_count_in_place_of_those_of_the_file() {
        let text = "[[forward]]\nzone = \".\"\naddresses = [\"127.0.0.1:5300\"]";
        let (here, there) = ("127.0.0.1:5300".parse().unwrap(), "127.0.0.1:5301".parse().unwrap());
        for (own, circle) in [(None, true), (Some(&[here][..]), true), (Some(&[there]), false), (Some(&[]), false)] {
            assert_eq!(parse(text, std::path::Path::new("t.toml"), own).is_err(), circle, "{own:?}");
        }
    }

    #[test]
    fn who_has_no_anchor_for_the_root_is_told() {
        let island = "[dnssec]\ntrust-anchors = [\"a. DS 1 13 2 00\"]";
        let root = "[dnssec]\ntrust-anchors = [\". DS 1 13 2 00\"]";
        let doubts = |text: &str, lab| parse(text, std::path::Path::new("t.toml"), None).unwrap().doubts(lab);
        assert!(doubts(island, false)[0].contains("only names at or below a. are validated"));
        assert!(doubts(root, true)[0].contains("has a root key of its own"));
        for (text, lab) in
            [(island, true), (root, false), ("", true), ("", false), ("[dnssec]\nvalidation = false", false)]
        {
            assert!(doubts(text, lab).is_empty(), "{text}");
        }
    }

    #[test]
    fn defaults_are_those_of_the_other_crates() {
        let config = parse("", std::path::Path::new("t.toml"), None).unwrap();
        assert_eq!(config.engine, engine::EngineConfig::default());
        assert_eq!(config.server, server::ServerConfig::default());
        // What is kept ready comes out of the cache's memory.
        let size = config.cache.size + config.server.ready_octets;
        assert_eq!(::cache::CacheConfig { size, ..config.cache }, ::cache::CacheConfig::default());
    }

    #[test]
    fn addresses_in_the_file_are_the_users_choice() {
        for (text, by) in [
            ("", server::ListenBy::Default),
            ("[server]\nlisten = [\"127.0.0.1:5300\", \"[::1]:5300\"]", server::ListenBy::User),
        ] {
            assert_eq!(parse(text, std::path::Path::new("t.toml"), None).unwrap().server.listen_by, by);
        }
    }

    #[test]
    fn root_hints_are_read_relative_to_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let text = ". 60 NS a.root.\na.root. 60 A 192.0.2.1\n";
        std::fs::write(directory.path().join("hints.zone"), text).unwrap();
        let file = directory.path().join("t.toml");
        let config = parse("[resolver]\nroot-hints = \"hints.zone\"", &file, None).unwrap();
        assert_eq!(config.engine.root_hints[0].name.to_string(), "a.root.");
        assert!(std::path::Path::new(&config.raw.resolver.root_hints).is_absolute());
    }

    #[test]
    fn two_tables_for_one_zone_contradict_each_other() {
        for (text, key) in [
            (
                "[[forward]]\nzone = \"a.\"\naddresses = [\"::1\"]\n[[stub]]\nzone = \"A\"\naddresses = [\"::1\"]",
                "stub[0].zone",
            ),
            ("[[local.zone]]\nname = \"a.\"\n[[local.zone]]\nname = \"A\"", "local.zone[1].name"),
        ] {
            let error = parse(text, std::path::Path::new("t.toml"), None).err().unwrap();
            let [problem] = error.problems() else { panic!("{error}") };
            assert_eq!(problem.key, key);
        }
    }

    #[test]
    fn anchors_of_the_file_take_the_place_of_those_compiled_in() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("root.key"), ". 60 IN DS 1 13 2 00\n").unwrap();
        let file = directory.path().join("t.toml");
        let text = "[dnssec]\ntrust-anchor-files = [\"root.key\"]\ntrust-anchors = [\"example. DS 2 13 2 00\"]\n\
            negative-trust-anchors = [\"corp.example. until 2026-12-24T00:00:00Z\"]\naccept-sha1 = false";
        let validation = parse(text, &file, None).unwrap().engine.validation;
        let zones: Vec<String> = validation.anchors.zones().map(|(zone, _)| zone.to_string()).collect();
        assert_eq!(zones, [".", "example."]);
        assert_eq!(validation.negative_anchors[0].until, Some(proto::WallTime::from_secs(1_798_070_400)));
        assert!(!validation.policy.accept_sha1);
        let off = parse("[dnssec]\nvalidation = false", &file, None).unwrap().engine.validation;
        assert!(!off.is_on());
    }

    #[test]
    fn local_zones_are_read_relative_to_the_file() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("corp.zone"), "@ SOA ns host 1 2 3 4 5\nwww A 192.0.2.7\n").unwrap();
        std::fs::write(directory.path().join("stray.zone"), "other. A 192.0.2.7\n").unwrap();
        std::fs::write(directory.path().join("cut.zone"), "sub NS ns.sub\n").unwrap();
        std::fs::write(directory.path().join("hosts"), "192.0.2.8 printer # here\n").unwrap();
        let file = directory.path().join("t.toml");
        let zone =
            |name: &str| format!("[[local.zone]]\nname = \"corp.example.\"\nfile = \"{name}.zone\"\ntype = \"refuse\"");
        let text = format!("[local]\nhosts-file = \"hosts\"\n{}", zone("corp"));
        let local = parse(&text, &file, None).unwrap().server.local;
        assert_eq!(local.zones[0].records[1].to_string(), "www.corp.example. 3600 IN A 192.0.2.7");
        assert_eq!(local.zones[0].kind, server::LocalZoneKind::Refuse);
        assert_eq!(local.records[0].name.to_string(), "printer.");
        for (name, what) in [("stray", "other. is not in corp.example."), ("cut", "sub.corp.example. is delegated")] {
            let error = parse(&zone(name), &file, None).err().unwrap();
            assert!(error.to_string().contains(what), "{error}");
        }
    }

    #[test]
    fn own_addresses_are_those_at_the_upstream_port() {
        let listen = "[server]\nlisten = [\"192.0.2.1:53\", \"127.0.0.1:5300\", \"0.0.0.0:53\"]";
        let config = parse(listen, std::path::Path::new("t.toml"), None).unwrap();
        assert_eq!(config.engine.own_addresses, ["192.0.2.1".parse::<std::net::IpAddr>().unwrap()]);
    }
}
