//! Who may ask.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Prefixes of clients that may ask; everybody else is refused, so that no open resolver comes about by accident.
#[derive(Debug, Clone)]
pub struct AccessList {
    /// Merged and sorted, so that a look-up is a binary search however long the configured list is.
    allowed: Vec<IpNet>,
}

impl AccessList {
    /// The clients of these prefixes.
    pub fn new(allow: &[IpNet]) -> Self {
        let mut allowed = IpNet::aggregate(&allow.to_vec());
        allowed.sort_by_key(IpNet::network);
        Self { allowed }
    }

    /// Whether `client` may ask. An IPv4 address in IPv6 clothes is an IPv4 address.
    pub fn allows(&self, client: IpAddr) -> bool {
        let client = client.to_canonical();
        // Merged prefixes are disjoint: only the last one that begins at or before the address can hold it.
        let after = self.allowed.partition_point(|prefix| prefix.network() <= client);
        after.checked_sub(1).is_some_and(|index| self.allowed[index].contains(&client))
    }
}

/// The loopback prefixes.
pub(crate) fn loopback() -> Vec<IpNet> {
    vec![
        Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8).into(),
        Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128).into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allow: &[&str], client: &str) -> bool {
        let allow: Vec<IpNet> = allow.iter().map(|prefix| prefix.parse().unwrap()).collect();
        AccessList::new(&allow).allows(client.parse().unwrap())
    }

    #[test]
    fn strangers_are_not_let_in_by_default_rfc5358_4() {
        let default = AccessList::new(&loopback());
        for (client, expected) in [
            ("127.0.0.1", true),
            ("127.255.255.255", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("126.255.255.255", false),
            ("128.0.0.0", false),
            ("192.168.1.1", false),
            ("::2", false),
            ("::", false),
            ("::ffff:10.0.0.1", false),
        ] {
            assert_eq!(default.allows(client.parse().unwrap()), expected, "{client}");
        }
    }

    #[test]
    fn prefixes_overlap_in_any_order() {
        let list = ["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32", "192.0.2.128/25", "192.0.2.0/25", "9.9.9.9/32"];
        for (client, expected) in [
            ("10.255.0.1", true),
            ("10.1.2.3", true),
            ("11.0.0.0", false),
            ("192.0.2.255", true),
            ("192.0.3.0", false),
            ("9.9.9.9", true),
            ("9.9.9.10", false),
            ("2001:db8:ffff::1", true),
            ("2001:db9::", false),
        ] {
            assert_eq!(check(&list, client), expected, "{client}");
        }
        assert!(!check(&[], "127.0.0.1"), "nobody, if the list is empty");
        assert!(check(&["0.0.0.0/0"], "203.0.113.1"));
        assert!(!check(&["0.0.0.0/0"], "2001:db8::1"));
    }

    #[test]
    fn host_bits_in_a_prefix_do_not_matter() {
        assert!(check(&["192.168.7.9/16"], "192.168.0.1"));
    }
}
