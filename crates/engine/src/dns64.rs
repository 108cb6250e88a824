//! DNS64: IPv6 addresses made from IPv4 addresses, for clients on networks without IPv4 (RFC 6147, RFC 6052). Pure.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::Ipv6Net;
use proto::{Name, Question, Rcode, RrType, Rrset, Security};

use crate::Answer;
use crate::validate::worse;

/// The prefix lengths that RFC 6052 §2.2 knows.
const LENGTHS: [u8; 6] = [32, 40, 48, 56, 64, 96];
/// The octet that stays zero in an address with an IPv4 address in it (RFC 6052 §2.2).
const RESERVED_OCTET: usize = 8;
/// TTL of an address that is made where no SOA record says how long there is none, in seconds (RFC 6147 §5.1.7).
const MAX_TTL_WITHOUT_SOA: u32 = 600;

/// The prefix that IPv4 addresses are put behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dns64 {
    prefix: Ipv6Net,
}

/// A prefix that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Dns64Error {
    /// RFC 6052 §2.2.
    #[error("the prefix is /{0}; it has to be /32, /40, /48, /56, /64 or /96")]
    Length(u8),
    /// RFC 6052 §2.2: bits 64 to 71 are zero.
    #[error("bits 64 to 71 of the prefix have to be zero")]
    ReservedBits,
}

impl Dns64 {
    /// Uses `prefix`; bits behind its length do not count.
    ///
    /// # Errors
    /// When RFC 6052 §2.2 does not allow the prefix.
    pub fn new(prefix: Ipv6Net) -> Result<Self, Dns64Error> {
        let prefix = prefix.trunc();
        if !LENGTHS.contains(&prefix.prefix_len()) {
            return Err(Dns64Error::Length(prefix.prefix_len()));
        }
        if prefix.network().octets()[RESERVED_OCTET] != 0 {
            return Err(Dns64Error::ReservedBits);
        }
        Ok(Self { prefix })
    }

    /// The prefix.
    pub fn prefix(&self) -> Ipv6Net {
        self.prefix
    }

    /// The IPv6 address that stands for an IPv4 address (RFC 6052 §2.2).
    pub fn embed(&self, address: Ipv4Addr) -> Ipv6Addr {
        let mut octets = self.prefix.network().octets();
        for (place, octet) in self.places().zip(address.octets()) {
            octets[place] = octet;
        }
        octets.into()
    }

    /// The IPv4 address in an IPv6 address below the prefix (RFC 6052 §2.3).
    pub fn extract(&self, address: Ipv6Addr) -> Option<Ipv4Addr> {
        if !self.prefix.contains(&address) {
            return None;
        }
        let octets = address.octets();
        let mut v4 = [0; 4];
        for (octet, place) in v4.iter_mut().zip(self.places()) {
            *octet = octets[place];
        }
        // What does not look the same when it is put together again was not made here.
        (self.embed(v4.into()) == address).then(|| v4.into())
    }

    /// The places of the four octets: behind the prefix, without the reserved one.
    fn places(&self) -> impl Iterator<Item = usize> {
        let first = usize::from(self.prefix.prefix_len() / 8);
        (first..16).filter(|place| *place != RESERVED_OCTET).take(4)
    }

    /// The AAAA set that stands for an A set. It lives no longer than the A set, nor than the denial of AAAA in whose
    /// place it comes (RFC 6147 §5.1.7).
    pub(crate) fn synthesise(&self, a: &Rrset, denial_ttl: Option<u32>) -> Rrset {
        let octets = |data: &[u8]| Some(self.embed(<[u8; 4]>::try_from(data).ok()?.into()).octets());
        let made: Vec<[u8; 16]> = a.rdatas.iter().filter_map(octets).collect();
        let ttl = a.ttl.min(denial_ttl.unwrap_or(MAX_TTL_WITHOUT_SOA));
        Rrset::new(a.name.clone(), RrType::AAAA, ttl, made.iter().map(|octets| octets.as_slice()))
    }

    /// The answer about IPv6 addresses of a name that has none, from its IPv4 addresses.
    ///
    /// Both were validated, if validation is on, and the answer is as good as the worse of them (RFC 6147 §5.5); a
    /// failure to get the addresses is the answer, or a client would take the name for one without any.
    pub(crate) fn make(&self, denied: Answer, addresses: Answer) -> Answer {
        match addresses.answer.last() {
            Some(set) if set.rtype == RrType::A && addresses.rcode == Rcode::NOERROR => {}
            _ if addresses.rcode == Rcode::SERVFAIL => return addresses,
            _ => return denied,
        }
        let soa = denied.authority.iter().find(|set| set.rtype == RrType::SOA);
        let mut answer = addresses.answer;
        let made = answer.pop().map(|set| self.synthesise(&set, soa.map(|soa| soa.ttl)));
        answer.extend(made);
        let security = worse(denied.security, addresses.security);
        Answer { answer, security, extended_errors: addresses.extended_errors, ..Answer::empty(Rcode::NOERROR) }
    }

    /// The question about the IPv4 address that a question about an address below the prefix means (RFC 6147 §5.3.1).
    pub(crate) fn reverse(&self, question: &Question) -> Option<Question> {
        if question.rtype != RrType::PTR {
            return None;
        }
        let v4 = self.extract(reverse_address(&question.name)?)?;
        let [a, b, c, d] = v4.octets();
        let name = format!("{d}.{c}.{b}.{a}.in-addr.arpa.").parse().expect("four short labels below in-addr.arpa");
        Some(Question::new(name, RrType::PTR))
    }
}

/// What an answer about IPv6 addresses needs before it can be given.
pub(crate) enum Needs {
    /// Nothing: this is the answer.
    Nothing(Answer),
    /// The IPv4 addresses of the name, because this says that there are no others.
    Addresses(Answer),
}

/// Looks at the answer to `question` (RFC 6147 §5.1).
pub(crate) fn needs(question: &Question, mut answer: Answer) -> Needs {
    // §5.1.2: a name that does not exist has no IPv4 addresses either.
    if question.rtype != RrType::AAAA || answer.rcode != Rcode::NOERROR {
        return Needs::Nothing(answer);
    }
    match answer.answer.pop() {
        Some(set) if set.rtype == RrType::AAAA => match without_excluded(&set) {
            Some(usable) => {
                answer.answer.push(usable);
                Needs::Nothing(answer)
            }
            None => Needs::Addresses(answer),
        },
        other => {
            answer.answer.extend(other);
            Needs::Addresses(answer)
        }
    }
}

/// The answer about the IPv4 address behind an alias to its name (RFC 6147 §5.3.1). Nobody has signed the alias.
pub(crate) fn behind_alias(question: &Question, mut answer: Answer) -> Answer {
    let Some(first) = answer.answer.first() else { return answer };
    let alias = Rrset::new(question.name.clone(), RrType::CNAME, first.ttl, [first.name.wire()]);
    answer.answer.insert(0, alias);
    Answer { security: Security::Unchecked, ..answer }
}

/// The AAAA set without the addresses that no client of ours can use: IPv4-mapped ones (RFC 6147 §5.1.4). `None` if all
/// of them are.
pub(crate) fn without_excluded(set: &Rrset) -> Option<Rrset> {
    let usable = |data: &&[u8]| {
        let octets = <[u8; 16]>::try_from(*data).ok();
        octets.is_none_or(|octets| Ipv6Addr::from(octets).to_ipv4_mapped().is_none())
    };
    let kept: Vec<&[u8]> = set.rdatas.iter().filter(usable).collect();
    match kept.len() {
        0 => None,
        all if all == set.rdatas.len() => Some(set.clone()),
        // The signatures are of the whole set.
        _ => Some(Rrset::new(set.name.clone(), set.rtype, set.ttl, kept)),
    }
}

/// The IPv6 address of a name below ip6.arpa with all 32 digits (RFC 3596 §2.5).
fn reverse_address(name: &Name) -> Option<Ipv6Addr> {
    let labels: Vec<&[u8]> = name.labels().collect();
    let [digits @ .., ip6, arpa] = labels.as_slice() else { return None };
    if digits.len() != 32 || !ip6.eq_ignore_ascii_case(b"ip6") || !arpa.eq_ignore_ascii_case(b"arpa") {
        return None;
    }
    let mut bits = 0_u128;
    for label in digits.iter().rev() {
        let [digit] = label else { return None };
        bits = bits << 4 | u128::from(char::from(*digit).to_digit(16)?);
    }
    Some(bits.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dns64(prefix: &str) -> Dns64 {
        Dns64::new(prefix.parse().unwrap()).unwrap()
    }

    #[test]
    fn addresses_are_put_together_as_in_the_table_of_rfc6052_2_4() {
        for (prefix, expected) in [
            ("2001:db8::/32", "2001:db8:c000:221::"),
            ("2001:db8:100::/40", "2001:db8:1c0:2:21::"),
            ("2001:db8:122::/48", "2001:db8:122:c000:2:2100::"),
            ("2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"),
            ("2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"),
            ("2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"),
            ("64:ff9b::/96", "64:ff9b::192.0.2.33"),
        ] {
            let (v4, v6): (Ipv4Addr, Ipv6Addr) = ("192.0.2.33".parse().unwrap(), expected.parse().unwrap());
            assert_eq!(dns64(prefix).embed(v4), v6, "{prefix}");
            assert_eq!(dns64(prefix).extract(v6), Some(v4), "{prefix}");
        }
        assert_eq!(dns64("64:ff9b::/96").extract("64:ff9c::192.0.2.33".parse().unwrap()), None);
        assert_eq!(dns64("2001:db8::/32").extract("2001:db8:c000:221::1".parse().unwrap()), None, "a suffix");
    }

    #[test]
    fn other_prefixes_are_refused_rfc6052_2_2() {
        for (prefix, why) in [
            ("64:ff9b::/80", Dns64Error::Length(80)),
            ("::/0", Dns64Error::Length(0)),
            ("2001:db8:0:0:100::/96", Dns64Error::ReservedBits),
        ] {
            assert_eq!(Dns64::new(prefix.parse().unwrap()), Err(why), "{prefix}");
        }
    }

    #[test]
    fn made_addresses_live_no_longer_than_what_they_are_made_from_rfc6147_5_1_7() {
        let a = Rrset::new("www.example.".parse().unwrap(), RrType::A, 3000, [&[192, 0, 2, 33][..]]);
        for (denial, ttl) in [(Some(5000), 3000), (Some(60), 60), (None, 600)] {
            let made = dns64("64:ff9b::/96").synthesise(&a, denial);
            assert_eq!((made.rtype, made.ttl, made.signatures.len()), (RrType::AAAA, ttl, 0));
            let addresses: Vec<String> = made.addresses().map(|address| address.to_string()).collect();
            assert_eq!(addresses, ["64:ff9b::c000:221"]);
        }
    }

    #[test]
    fn mapped_addresses_do_not_count_rfc6147_5_1_4() {
        let set = |addresses: &[&str]| {
            let octets: Vec<_> = addresses.iter().map(|text| text.parse::<Ipv6Addr>().unwrap().octets()).collect();
            Rrset::new("a.".parse().unwrap(), RrType::AAAA, 60, octets.iter().map(|octets| octets.as_slice()))
        };
        assert_eq!(without_excluded(&set(&["::ffff:192.0.2.1"])), None);
        assert_eq!(without_excluded(&set(&["::ffff:192.0.2.1", "2001:db8::1"])), Some(set(&["2001:db8::1"])));
        assert_eq!(without_excluded(&set(&["2001:db8::1"])), Some(set(&["2001:db8::1"])));
    }

    #[test]
    fn reverse_names_below_the_prefix_mean_the_ipv4_address_rfc6147_5_3_1() {
        let dns64 = dns64("64:ff9b::/96");
        let zeros = "0.".repeat(16);
        let ask = |name: &str, rtype| dns64.reverse(&Question::new(name.parse().unwrap(), rtype));
        let name = format!("1.2.2.0.0.0.0.C.{zeros}b.9.f.f.4.6.0.0.ip6.arpa.");
        assert_eq!(ask(&name, RrType::PTR).unwrap().to_string(), "33.2.0.192.in-addr.arpa. PTR");
        assert_eq!(ask(&name, RrType::TXT), None);
        assert_eq!(ask(&name[2..], RrType::PTR), None, "not a whole address");
        assert_eq!(ask(&name.replace("f.f.4", "f.e.4"), RrType::PTR), None, "another prefix");
    }
}
