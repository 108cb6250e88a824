//! The root hints: names and addresses of the thirteen root servers, as IANA publishes them (RFC 9609 §2).

use std::net::IpAddr;

use proto::{Name, Record, zonefile};

use crate::config::RootServer;

/// IANA's `named.root`, addresses as of 2026.
const IANA: [(&str, &str, &str); 13] = [
    ("a", "198.41.0.4", "2001:503:ba3e::2:30"),
    ("b", "170.247.170.2", "2801:1b8:10::b"),
    ("c", "192.33.4.12", "2001:500:2::c"),
    ("d", "199.7.91.13", "2001:500:2d::d"),
    ("e", "192.203.230.10", "2001:500:a8::e"),
    ("f", "192.5.5.241", "2001:500:2f::f"),
    ("g", "192.112.36.4", "2001:500:12::d0d"),
    ("h", "198.97.190.53", "2001:500:1::53"),
    ("i", "192.36.148.17", "2001:7fe::53"),
    ("j", "192.58.128.30", "2001:503:c27::2:30"),
    ("k", "193.0.14.129", "2001:7fd::1"),
    ("l", "199.7.83.42", "2001:500:9f::42"),
    ("m", "202.12.27.33", "2001:dc3::35"),
];

/// The compiled-in hints.
pub fn iana() -> Vec<RootServer> {
    let server = |&(letter, v4, v6): &(&str, &str, &str)| RootServer {
        name: format!("{letter}.root-servers.net.").parse().expect("a valid name"),
        addresses: vec![v4.parse().expect("an IPv4 address"), v6.parse().expect("an IPv6 address")],
    };
    IANA.iter().map(server).collect()
}

/// Why a hints file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HintsError {
    /// Not a zone file.
    #[error(transparent)]
    ZoneFile(#[from] zonefile::ZoneFileError),
    /// No server with an address.
    #[error("no NS record of the root has an A or AAAA record beside it")]
    NoServer,
}

/// Reads hints in zone format: NS records of the root and the addresses of these servers.
///
/// # Errors
/// When the text is no zone file or names no server with an address.
pub fn parse(text: &str) -> Result<Vec<RootServer>, HintsError> {
    let records = zonefile::parse(text, &Name::root())?;
    let addresses = |name: &Name| -> Vec<IpAddr> {
        let of_server = records.iter().filter(|record| record.name == *name);
        of_server.filter_map(|record: &Record| proto::rdata::address(record.rtype, &record.rdata)).collect()
    };
    let servers: Vec<RootServer> = records
        .iter()
        .filter(|record| record.rtype == proto::RrType::NS && record.name.is_root())
        .filter_map(|record| proto::rdata::target(&record.rdata))
        .map(|name| RootServer { addresses: addresses(&name), name })
        .filter(|server| !server.addresses.is_empty())
        .collect();
    if servers.is_empty() { Err(HintsError::NoServer) } else { Ok(servers) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirteen_root_servers_on_both_networks_rfc9609_2() {
        let servers = iana();
        assert_eq!(servers.len(), 13);
        assert!(servers.iter().all(|server| server.addresses[0].is_ipv4() && server.addresses[1].is_ipv6()));
    }

    #[test]
    fn hints_file_reads_zone_format_rfc9609_2() {
        let text = ". 3600000 NS k.root-servers.net.\nk.root-servers.net. 3600000 A 193.0.14.129\n";
        let servers = parse(text).unwrap();
        assert_eq!(servers[0].addresses, ["193.0.14.129".parse::<IpAddr>().unwrap()]);
        assert_eq!(parse("example. 60 A 192.0.2.1\n"), Err(HintsError::NoServer));
    }
}
