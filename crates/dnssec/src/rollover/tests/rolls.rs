//! The rolls of the root's key, with other keys in their roles, as a resolver lives through them that asks when it has to.

use proto::WallTime;

use super::support::*;
use crate::keys::authenticate;
use crate::rollover::TrustPoint;
use crate::{Effort, Policy};

/// Seconds since 1970 at the beginning of a day of the calendar.
fn date(year: u64, month: u64, day: u64) -> WallTime {
    // Days from civil: the year begins in March, so that the leap day is its last.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    WallTime::from_secs((days - 719_468) * DAY)
}

#[test]
fn dates_are_those_of_the_calendar() {
    assert_eq!(date(1970, 1, 1).as_secs(), 0);
    assert_eq!(date(2018, 10, 11).as_secs(), 1_539_216_000);
    assert_eq!(date(2024, 2, 29).as_secs() + DAY, date(2024, 3, 1).as_secs());
}

/// When the new key appears, when it begins to sign, when the old one is revoked, when that one is gone.
struct Roll {
    published: WallTime,
    signs: WallTime,
    revoked: WallTime,
    gone: WallTime,
}

impl Roll {
    fn of_2018() -> Self {
        Self {
            published: date(2017, 7, 11),
            signs: date(2018, 10, 11),
            revoked: date(2019, 1, 11),
            gone: date(2019, 3, 22),
        }
    }

    fn of_2026() -> Self {
        Self {
            published: date(2025, 1, 11),
            signs: date(2026, 10, 11),
            revoked: date(2027, 1, 11),
            gone: date(2027, 3, 22),
        }
    }

    /// What the root publishes; the key of the zone changes every quarter and signs nothing here.
    fn set(&self, old: &TestKey, new: &TestKey, now: WallTime) -> proto::Rrset {
        let zsk = TestKey::new(100 + (now.as_secs() / (90 * DAY) % 100) as u8);
        let of_zone = (&zsk, ZSK);
        match now {
            now if now < self.published => Set::new(&[(old, KSK), of_zone], &[(old, KSK)]).at(now),
            now if now < self.signs => Set::new(&[(old, KSK), (new, KSK), of_zone], &[(old, KSK)]).at(now),
            now if now < self.revoked => Set::new(&[(old, KSK), (new, KSK), of_zone], &[(new, KSK)]).at(now),
            now if now < self.gone => {
                Set::new(&[(old, REVOKED), (new, KSK), of_zone], &[(old, REVOKED), (new, KSK)]).at(now)
            }
            now => Set::new(&[(new, KSK), of_zone], &[(new, KSK)]).at(now),
        }
    }

    /// Lives from `from` to `to`; every set on the way is good for the validator too.
    fn live(&self, point: &mut TrustPoint, keys: [&TestKey; 2], from: WallTime, to: WallTime) {
        let mut now = from;
        let mut looks = 0;
        while now < to {
            assert!(point.due(now));
            let set = self.set(keys[0], keys[1], now);
            let voucher = point.anchors().unwrap_or_else(|| panic!("no anchor left at {now:?}"));
            let checked = authenticate(&set, &voucher, now, Policy::default(), &Effort::new());
            assert!(checked.is_ok(), "{checked:?} at {now:?}");
            point.saw(&set, now, Policy::default());
            assert_eq!(point.seen, Some(now));
            now = point.next_look;
            looks += 1;
        }
        assert!(looks >= (to.as_secs() - from.as_secs()) / DAY / 2, "it looks as often as it has to");
    }
}

#[test]
fn the_roll_of_2018_is_followed() {
    let (old, new) = (TestKey::new(10), TestKey::new(17));
    let roll = Roll::of_2018();
    let mut point = begin(&[&old], date(2017, 1, 1));
    let steps = [
        (date(2017, 7, 11), "Valid", "Start"),
        (date(2017, 7, 13), "Valid", "AddPend"),
        (date(2017, 8, 9), "Valid", "AddPend"),
        (date(2017, 8, 14), "Valid", "Valid"),
        (date(2018, 10, 14), "Valid", "Valid"),
        (date(2019, 1, 14), "Revoked", "Valid"),
        (date(2019, 4, 20), "Revoked", "Valid"),
        (date(2019, 4, 25), "Removed", "Valid"),
    ];
    let mut from = date(2017, 1, 1);
    for (to, of_old, of_new) in steps {
        roll.live(&mut point, [&old, &new], from, to);
        assert_eq!((state(&point, &old), state(&point, &new)), (of_old, of_new), "{to:?}");
        from = point.next_look;
    }
}

#[test]
fn the_roll_of_2026_is_followed_from_the_old_anchor_and_from_both() {
    let (old, new) = (TestKey::new(17), TestKey::new(24));
    let roll = Roll::of_2026();
    for configured in [&[&old][..], &[&old, &new]] {
        let both = configured.len() == 2;
        let mut point = begin(configured, date(2024, 11, 1));
        roll.live(&mut point, [&old, &new], date(2024, 11, 1), date(2025, 1, 11));
        assert_eq!(anchors(&point, &new), both, "before it is published only the configuration knows it");
        let from = point.next_look;
        roll.live(&mut point, [&old, &new], from, date(2025, 1, 13));
        assert_eq!(state(&point, &new), if both { "Valid" } else { "AddPend" });
        let from = point.next_look;
        roll.live(&mut point, [&old, &new], from, date(2025, 2, 14));
        assert_eq!((state(&point, &old), state(&point, &new)), ("Valid", "Valid"));
        let from = point.next_look;
        roll.live(&mut point, [&old, &new], from, date(2027, 6, 1));
        assert_eq!((state(&point, &old), state(&point, &new)), ("Removed", "Valid"));
        assert_eq!(point.anchors().unwrap().dnskeys, [new.rdata(KSK)]);
    }
}

#[test]
fn who_begins_after_the_roll_with_both_anchors_is_right_at_once() {
    let (old, new) = (TestKey::new(17), TestKey::new(24));
    let roll = Roll::of_2026();
    for start in [date(2026, 11, 21), date(2027, 2, 1), date(2027, 6, 1)] {
        let mut point = begin(&[&old, &new], start);
        roll.live(&mut point, [&old, &new], start, WallTime::from_secs(start.as_secs() + 2 * DAY));
        assert_eq!(state(&point, &new), "Valid");
        // The old one: still published, revoked, or never seen, when its DS goes on waiting.
        assert_eq!(anchors(&point, &old), start != date(2027, 2, 1));
    }
}

#[test]
fn who_sleeps_through_the_roll_wakes_with_the_key_it_has_learnt() {
    let (old, new) = (TestKey::new(17), TestKey::new(24));
    let roll = Roll::of_2026();
    let mut point = begin(&[&old], date(2025, 1, 1));
    roll.live(&mut point, [&old, &new], date(2025, 1, 1), date(2025, 3, 1));
    let awake = date(2027, 6, 1);
    roll.live(&mut point, [&old, &new], awake, date(2027, 6, 5));
    assert_eq!((state(&point, &old), state(&point, &new)), ("Missing", "Valid"));
}
