//! Zone cuts as parents describe them.

use std::sync::Arc;

use proto::{Name, WallTime};

use crate::entry::{self, Value};
use crate::key::{Owner, Place};
use crate::shard::Wanted;
use crate::{Cache, Delegation};

impl Cache {
    /// Stores a delegation in place of an older one, until `expires` but no longer than `max_ttl`.
    ///
    /// `expires` must come from the parent alone, and not lie behind the end of the parent's own delegation: a child
    /// that could prolong its life would outlive its removal ("ghost domains").
    pub fn put_delegation(&self, delegation: &Delegation, expires: WallTime, now: WallTime) {
        let expires = expires.min(now.plus_ttl(self.config().max_ttl));
        let owner = Owner::new(&delegation.zone);
        let value = Value::Delegation(delegation);
        let entry = entry::pack(owner.wire(), Place::Delegation, &value, expires, now.ttl_left(expires));
        let key = self.key(owner.wire());
        // Refused if it has expired or is too big: then it is learnt anew when it is needed.
        if let Some(entry) = entry {
            let _ = self.shard(key).put(key, entry, now);
        }
    }

    /// The deepest live delegation at or above a name, and when it expires. TTLs in it are those at its arrival.
    pub fn delegation(&self, name: &Name, now: WallTime) -> Option<(Arc<Delegation>, WallTime)> {
        let owner = Owner::new(name);
        owner.ancestors().find_map(|(_, wire)| {
            let key = self.key(wire);
            let copied = self.shard(key).hit(key, Place::Delegation, Wanted::Live, now)?;
            let expires = copied.expires();
            Some((copied.into_delegation()?, expires))
        })
    }

    /// When the live delegation of exactly this zone expires, if it names this server.
    pub fn delegates_to(&self, zone: &Name, server: &Name, now: WallTime) -> Option<WallTime> {
        let owner = Owner::new(zone);
        let key = self.key(owner.wire());
        let copied = self.shard(key).hit(key, Place::Delegation, Wanted::Live, now)?;
        copied.names_server(server).then(|| copied.expires())
    }

    /// Forgets the delegation of exactly this zone.
    pub fn remove_delegation(&self, zone: &Name) {
        let owner = Owner::new(zone);
        let key = self.key(owner.wire());
        self.shard(key).remove(key, Place::Delegation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, cache, name};
    use crate::{CacheConfig, Kind, NameServer};

    fn cut(zone: &str, parent: &str) -> Delegation {
        let glue = vec!["192.0.2.1".parse().unwrap()];
        let servers = vec![NameServer { name: name("ns.example."), glue }];
        Delegation { zone: name(zone), parent: name(parent), servers }
    }

    fn zone(cache: &Cache, text: &str, seconds: u64) -> Option<String> {
        cache.delegation(&name(text), at(seconds)).map(|(delegation, _)| delegation.zone.to_string())
    }

    #[test]
    fn deepest_live_delegation_is_found_rfc1034_5_3_3() {
        let cache = cache(86_400);
        for (zone, parent, seconds) in [(".", ".", 1000), ("example.", ".", 500), ("b.example.", "example.", 100)] {
            cache.put_delegation(&cut(zone, parent), at(seconds), at(0));
        }
        for (text, seconds, expect) in [
            ("x.a.B.example.", 0, Some("b.example.")),
            ("b.example.", 99, Some("b.example.")),
            ("b.example.", 100, Some("example.")), // never stale: a cut that ended is no cut
            ("xb.example.", 0, Some("example.")),
            ("other.", 0, Some(".")),
            ("b.example.", 1000, None),
        ] {
            assert_eq!(zone(&cache, text, seconds).as_deref(), expect, "{text} {seconds}");
        }
        assert_eq!(cache.stats().kind(Kind::Delegation).expired, 3, "what ended is dropped when met");
    }

    #[test]
    fn delegation_ends_when_told_and_within_the_longest_ttl() {
        let cache = Cache::new(CacheConfig { max_ttl: 50, ..CacheConfig::default() });
        cache.put_delegation(&cut("a.", "."), at(40), at(0));
        cache.put_delegation(&cut("b.", "."), at(60), at(0));
        assert_eq!(cache.delegation(&name("a."), at(0)).unwrap().1, at(40));
        assert_eq!(cache.delegation(&name("b."), at(0)).unwrap().1, at(50));
        cache.put_delegation(&cut("a.", "."), at(10), at(0));
        assert_eq!(cache.delegation(&name("a."), at(10)), None, "the later one holds although it ends earlier");
    }

    #[test]
    fn servers_are_those_of_the_zone_itself() {
        let cache = cache(0);
        cache.put_delegation(&cut("example.", "."), at(60), at(0));
        let delegates = |zone: &str, server: &str, seconds| cache.delegates_to(&name(zone), &name(server), at(seconds));
        assert_eq!(delegates("Example.", "NS.example.", 0), Some(at(60)));
        assert_eq!(delegates("example.", "ns2.example.", 0), None);
        assert_eq!(delegates("b.example.", "ns.example.", 0), None, "a zone above is another zone");
        assert_eq!(delegates("example.", "ns.example.", 60), None, "expired");
    }

    #[test]
    fn removed_delegation_is_gone_and_its_parent_stays() {
        let cache = cache(0);
        cache.put_delegation(&cut("example.", "."), at(60), at(0));
        cache.put_delegation(&cut("b.example.", "example."), at(60), at(0));
        cache.remove_delegation(&name("B.example."));
        assert_eq!(zone(&cache, "b.example.", 0).as_deref(), Some("example."));
    }
}
