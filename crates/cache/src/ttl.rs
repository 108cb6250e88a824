//! How long things live: TTL limits and the periods of the failure cache. Pure arithmetic.

use proto::{Rrset, WallTime, effective_ttl};

use crate::{CacheConfig, Negative};

/// TTL of a negative answer without SOA, in seconds. RFC 2308 §5 would not cache it at all; a few seconds keep a
/// client that repeats its question from reaching the servers each time, as RFC 9520 §3.2 wants for failures.
pub(crate) const TTL_WITHOUT_SOA: u32 = 5;

/// First period of the failure cache, in seconds: within the 1 s to 5 min of RFC 9520 §3.2.
pub(crate) const FIRST_FAILURE_PERIOD: u32 = 5;
/// Longest period of the failure cache, in seconds: RFC 9520 §3.2 allows no more than 5 min.
pub(crate) const LONGEST_FAILURE_PERIOD: u32 = 300;

/// How far an expiry may lie behind `now` plus TTL before we conclude that the clock was set back: threads read the
/// clock at slightly different moments.
const CLOCK_TOLERANCE: u32 = 1;

/// The TTL under which positive data is kept.
pub(crate) fn positive(config: &CacheConfig, ttl: u32) -> u32 {
    effective_ttl(ttl).max(config.min_ttl).min(config.max_ttl)
}

/// The TTL under which a negative answer is kept (RFC 2308 §5). Proofs that end earlier end it too.
pub(crate) fn negative(config: &CacheConfig, negative: &Negative) -> u32 {
    let Some((soa, minimum)) = negative.soa.as_ref().and_then(|soa| Some((soa, soa_minimum(soa)?))) else {
        // A referral proves the absence of DS without an SOA (RFC 4035 §3.1.4): its proofs say how long.
        let proofs = negative.proofs.iter().map(|proof| effective_ttl(proof.ttl)).min();
        return proofs.unwrap_or(TTL_WITHOUT_SOA).min(config.max_negative_ttl);
    };
    let proofs = negative.proofs.iter().map(|proof| proof.ttl);
    let lowest = proofs.fold(effective_ttl(soa.ttl).min(minimum), u32::min);
    lowest.max(config.min_negative_ttl).min(config.max_negative_ttl)
}

/// The MINIMUM field; `None` if the data has not the form of an SOA.
fn soa_minimum(soa: &Rrset) -> Option<u32> {
    let field = soa.rdatas.iter().next()?;
    // Two names of at least one octet and five numbers, of which it is the last (RFC 1035 §3.3.13).
    let minimum = field.last_chunk::<4>().filter(|_| field.len() >= 22)?;
    Some(effective_ttl(u32::from_be_bytes(*minimum)))
}

/// The period after so many failures in a row (RFC 9520 §3.2: grows with repetition).
pub(crate) fn failure_period(times: u32) -> u32 {
    let doublings = times.saturating_sub(1).min(16);
    (FIRST_FAILURE_PERIOD << doublings).min(LONGEST_FAILURE_PERIOD)
}

/// True if an entry with this expiry and TTL cannot have been stored before `now`: the clock was set back.
pub(crate) fn lies_in_the_future(expires: WallTime, ttl: u32, now: WallTime) -> bool {
    expires > now.plus_ttl(ttl.saturating_add(CLOCK_TOLERANCE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Denial;
    use crate::testing::soa;

    fn config(min: u32, max: u32) -> CacheConfig {
        CacheConfig { min_ttl: min, max_ttl: max, min_negative_ttl: min, max_negative_ttl: max, ..Default::default() }
    }

    #[test]
    fn positive_ttl_is_clamped_and_a_top_bit_makes_it_zero_rfc2181_8() {
        for (min, max, ttl, expect) in
            [(0, 86_400, 300, 300), (60, 600, 5, 60), (60, 600, 601, 600), (60, 10, 30, 10), (0, 9, 1 << 31, 0)]
        {
            assert_eq!(positive(&config(min, max), ttl), expect, "{min} {max} {ttl}");
        }
    }

    #[test]
    fn negative_ttl_is_the_lower_of_soa_ttl_and_minimum_rfc2308_5() {
        let default = CacheConfig::default();
        let ttl = |config: &CacheConfig, soa: Option<Rrset>, proofs: Vec<Rrset>| {
            negative(config, &Negative { denial: Denial::NoData, soa, proofs })
        };
        for (soa_ttl, minimum, expect) in [(900, 60, 60), (30, 60, 30), (90_000, 90_000, 3_600), (9, 1 << 31, 0)] {
            assert_eq!(ttl(&default, Some(soa("a.", soa_ttl, minimum)), vec![]), expect, "{soa_ttl} {minimum}");
        }
        assert_eq!(ttl(&config(10, 20), Some(soa("a.", 3, 3)), vec![]), 10);
        assert_eq!(ttl(&default, Some(soa("a.", 900, 900)), vec![soa("a.", 40, 0)]), 40);
        assert_eq!(ttl(&default, None, vec![]), TTL_WITHOUT_SOA);
        let broken = Rrset::new("a.".parse().unwrap(), proto::RrType::SOA, 900, [&[0; 21][..]]);
        assert_eq!(ttl(&default, Some(broken), vec![]), TTL_WITHOUT_SOA);
        assert_eq!(ttl(&config(0, 2), None, vec![]), 2);
    }

    #[test]
    fn failure_periods_double_up_to_five_minutes_rfc9520_3_2() {
        let periods: Vec<u32> = [1, 2, 3, 6, 7, 8, u32::MAX].into_iter().map(failure_period).collect();
        assert_eq!(periods, [5, 10, 20, 160, 300, 300, 300]);
    }

    #[test]
    fn expiry_beyond_the_ttl_means_a_clock_set_back() {
        let now = WallTime::from_secs(1000);
        for (expires, expect) in [(1300, false), (1301, false), (1302, true), (900, false)] {
            assert_eq!(lies_in_the_future(WallTime::from_secs(expires), 300, now), expect, "{expires}");
        }
    }
}
