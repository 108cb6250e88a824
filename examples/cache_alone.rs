//! The cache by itself: it knows no clock, so this example moves time by saying what time it is.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use cache::{Cache, CacheConfig, Denial, Known, Negative, Provenance};
use proto::{Name, Question, Rank, RrType, Rrset, Security, WallTime, rdata};

fn main() -> Result<(), Box<dyn Error>> {
    let cache = Cache::new(CacheConfig { size: 1 << 20, ..CacheConfig::default() });
    let at = WallTime::from_secs;
    let name: Name = "www.example.".parse()?;
    let address = |last: u8| Rrset::new(name.clone(), RrType::A, 300, [&[192, 0, 2, last][..]]);
    let from = |rank: Rank| -> Result<Provenance, Box<dyn Error>> {
        Ok(Provenance { rank, zone: "example.".parse()?, security: Security::Unchecked })
    };
    let ask = Question::new(name.clone(), RrType::A);
    let show = |when: u64| match cache.lookup(&ask, at(when)).map(|found| found.known) {
        Some(Known::Rrset(set)) => println!("at {when:>3} s: {} seconds left, {:?}", set.ttl, set.addresses().next()),
        Some(Known::Negative(no)) => println!("at {when:>3} s: {:?}", no.denial),
        None => println!("at {when:>3} s: nothing"),
    };

    // An answer with authority, and how its TTL falls.
    println!("stored: {:?}", cache.put_rrset(address(1), from(Rank::AuthoritativeAnswer)?, at(0)));
    show(0);
    show(120);

    // Less credible data does not take its place while it lives (RFC 2181 §5.4.1) ...
    println!("offered: {:?}", cache.put_rrset(address(2), from(Rank::NonAuthoritativeAnswer)?, at(120)));
    show(121);
    // ... and afterwards it is gone, but kept for a day in case no server answers (RFC 8767).
    show(300);
    let stale = cache.lookup_stale(&ask, at(300)).ok_or("an expired answer is kept for a while")?;
    println!("stale: expired at {} s", stale.expires.as_secs());

    // "There is no such name" is data too; how long it holds, the SOA says (RFC 2308 §5).
    let soa = rdata::parse(RrType::SOA, "ns.example. host.example. 1 3600 900 604800 60", &Name::root())?;
    let soa = Rrset::new("example.".parse()?, RrType::SOA, 3600, [&soa[..]]);
    let no = Negative { denial: Denial::NxDomain, soa: Some(soa), proofs: vec![] };
    println!("denied: {:?}", cache.put_negative(&ask, no, from(Rank::AuthoritativeAnswer)?, at(400)));
    show(459);
    show(460);

    let stats = cache.stats();
    println!(
        "{} entries, {} of {} bytes, {} look-ups without result",
        stats.entries(),
        stats.bytes,
        stats.budget,
        stats.misses
    );
    Ok(())
}
