//! What an entry costs in bytes.
//!
//! Every heap block is counted with what the usual allocators add: lengths are rounded up to 16 and a block carries
//! up to 16 bytes of bookkeeping. Shared allocations (`Arc`) are counted in full for each entry that holds them.

use std::mem::size_of;

use proto::{Name, Rdatas, Rrset};

use crate::{Delegation, NameServer, Negative};

/// Octets of a name that need no heap block.
const INLINE_NAME_OCTETS: usize = 40;
/// The two counters in front of the content of an `Arc`.
const ARC_COUNTERS: usize = 2 * size_of::<usize>();
/// What an allocator adds to a block.
const BLOCK_OVERHEAD: usize = 16;

/// A heap block of `length` bytes.
pub(crate) fn block(length: usize) -> usize {
    if length == 0 { 0 } else { length.next_multiple_of(16) + BLOCK_OVERHEAD }
}

/// An `Arc` with content of `length` bytes.
pub(crate) fn arc(length: usize) -> usize {
    block(ARC_COUNTERS + length)
}

/// The allocation behind packed data, which exists even if it is empty.
pub(crate) fn rdatas(rdatas: &Rdatas) -> usize {
    arc(rdatas.packed_len())
}

/// The heap blocks of a name.
pub(crate) fn name(name: &Name) -> usize {
    let length = name.wire().len();
    // A name that outgrows its inline space takes a power of two.
    if length > INLINE_NAME_OCTETS { block(length.next_power_of_two()) } else { 0 }
}

/// The heap blocks of an RRset.
pub(crate) fn rrset(rrset: &Rrset) -> usize {
    name(&rrset.name) + rdatas(&rrset.rdatas) + rdatas(&rrset.signatures)
}

/// Sets in a shared list.
pub(crate) fn rrsets(sets: &Vec<Rrset>) -> usize {
    arc(size_of::<Vec<Rrset>>()) + block(sets.capacity() * size_of::<Rrset>()) + sets.iter().map(rrset).sum::<usize>()
}

/// A shared negative answer with all that hangs on it.
pub(crate) fn negative(negative: &Negative) -> usize {
    let sets: usize = negative.soa.iter().chain(&negative.proofs).map(rrset).sum();
    arc(size_of::<Negative>()) + block(negative.proofs.capacity() * size_of::<Rrset>()) + sets
}

/// A shared delegation with all that hangs on it.
pub(crate) fn delegation(delegation: &Delegation) -> usize {
    let servers: usize = delegation.servers.iter().map(name_server).sum();
    arc(size_of::<Delegation>())
        + name(&delegation.zone)
        + name(&delegation.parent)
        + block(delegation.servers.capacity() * size_of::<NameServer>())
        + servers
        + delegation.ds.as_ref().map_or(0, rrset)
}

fn name_server(server: &NameServer) -> usize {
    name(&server.name) + block(server.glue.capacity() * size_of::<std::net::IpAddr>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_carry_the_allocators_overhead() {
        for (length, expect) in [(0, 0), (1, 32), (16, 32), (17, 48), (100, 128)] {
            assert_eq!(block(length), expect, "{length}");
        }
    }

    #[test]
    fn long_names_cost_a_block_of_their_own() {
        let long: Name = format!("{}.example.", "a".repeat(40)).parse().unwrap();
        assert_eq!(name(&"short.example.".parse().unwrap()), 0);
        assert_eq!(name(&long), block(64));
    }

    #[test]
    fn delegation_counts_servers_and_glue() {
        let zone: Name = "example.".parse().unwrap();
        let glue = vec!["192.0.2.1".parse().unwrap(); 6];
        let servers = vec![NameServer { name: "ns.example.".parse().unwrap(), glue }; 3];
        let bare = Delegation { zone: zone.clone(), parent: Name::root(), servers: vec![], ds: None };
        let full = Delegation { servers, ..bare.clone() };
        assert_eq!(delegation(&full) - delegation(&bare), block(3 * size_of::<NameServer>()) + 3 * block(6 * 17));
    }
}
