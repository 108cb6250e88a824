//! What can be wrong with a zone or a world.

use std::io;
use std::net::{IpAddr, SocketAddr};

use proto::{Name, zonefile};

/// A zone or a world that cannot be used, or a server that cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The text is no zone file.
    #[error("zone {apex}: {source}")]
    ZoneFile {
        /// The zone.
        apex: Name,
        /// What the reader said.
        source: zonefile::ZoneFileError,
    },
    /// A zone has exactly one SOA record, at its apex (RFC 1035 §5.2).
    #[error("zone {0}: there must be exactly one SOA record, at the apex")]
    Soa(Name),
    /// A zone has at least one NS record at its apex (RFC 1035 §5.2).
    #[error("zone {0}: there is no NS record at the apex")]
    Ns(Name),
    /// A record lies outside the zone (RFC 1035 §5.2).
    #[error("zone {apex}: {owner} lies outside the zone")]
    OutOfZone {
        /// The zone.
        apex: Name,
        /// Owner of the record.
        owner: Name,
    },
    /// A CNAME record stands beside other data (RFC 2181 §10.1).
    #[error("zone {apex}: {owner} has a CNAME record and other data")]
    CnameAndOther {
        /// The zone.
        apex: Name,
        /// Owner of the records.
        owner: Name,
    },
    /// A `;!` line that is neither `ALIAS owner ttl target` nor `NUMBERED`.
    #[error("zone {apex}: cannot read the directive {line:?}")]
    Directive {
        /// The zone.
        apex: Name,
        /// The line.
        line: String,
    },
    /// A server is said to serve a zone that is not there.
    #[error("server {server} is to serve {zone}, which is not there")]
    NoSuchZone {
        /// The server.
        server: Name,
        /// The zone.
        zone: Name,
    },
    /// Two servers have one address.
    #[error("two servers have the address {0}")]
    SameAddress(IpAddr),
    /// A loopback socket could not be opened.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}
