//! Zones whose servers are configured: forwarders and stubs. Pure.

use std::sync::Arc;

use cache::Delegation;
use proto::Name;

use crate::addresses::may_ask_family;
use crate::config::{ConfiguredZone, EngineConfig, ServerKind, WhenTheyFail};
use crate::select::Candidate;

/// The deepest configured zone at or above a name.
pub(crate) fn closest<'c>(zones: &'c [ConfiguredZone], name: &Name) -> Option<&'c ConfiguredZone> {
    let enclosing = zones.iter().filter(|configured| name.is_at_or_below(&configured.zone));
    enclosing.max_by_key(|configured| configured.zone.label_count())
}

/// Servers of a cut that come from the configuration.
#[derive(Debug, Clone)]
pub(crate) struct ConfiguredServers {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) kind: ServerKind,
    pub(crate) when_they_fail: WhenTheyFail,
}

impl ConfiguredServers {
    pub(crate) fn new(configured: &ConfiguredZone, config: &EngineConfig) -> Self {
        // Who writes an address down wants it asked, wherever it is; only a network that is off stays off.
        let usable = configured.addresses.iter().filter(|server| may_ask_family(server.ip(), config));
        let candidate = |server: &std::net::SocketAddr| Candidate {
            server: configured.zone.clone(),
            address: server.ip(),
            port: server.port(),
        };
        Self {
            candidates: usable.map(candidate).collect(),
            kind: configured.servers,
            when_they_fail: configured.when_they_fail,
        }
    }
}

/// The cut of a configured zone; its servers stand beside it and need no look-up.
pub(crate) fn delegation(configured: &ConfiguredZone) -> Arc<Delegation> {
    let zone = configured.zone.clone();
    Arc::new(Delegation { parent: zone.clone(), zone, servers: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_zone_above_a_name_counts() {
        let zone = |name: &str| ConfiguredZone {
            zone: name.parse().unwrap(),
            addresses: vec!["[2001:db8::1]:53".parse().unwrap(), "127.0.0.1:5353".parse().unwrap()],
            servers: ServerKind::Recursive,
            when_they_fail: WhenTheyFail::Fail,
        };
        let zones = [zone("example."), zone("."), zone("corp.example.")];
        let found = |name: &str| closest(&zones, &name.parse().unwrap()).unwrap().zone.to_string();
        assert_eq!(found("www.corp.example."), "corp.example.");
        assert_eq!(found("corp.example."), "corp.example.");
        assert_eq!(found("www.example."), "example.");
        assert_eq!(found("other."), ".");
        assert!(closest(&zones[..1], &"other.".parse().unwrap()).is_none());
        let config = EngineConfig { ipv6: false, ..EngineConfig::default() };
        let servers = ConfiguredServers::new(&zones[0], &config).candidates;
        assert_eq!((servers.len(), servers[0].port), (1, 5353), "loopback is fine, IPv6 is off");
    }
}
