//! The states of RFC 5011 §4 and the times of §2.3 and §2.4.

use std::time::Duration;

use proto::{Name, WallTime};

use super::support::*;
use crate::keys::Voucher;
use crate::rollover::{KeyState, TrustPoint, Unsound};
use crate::{Policy, keys::authenticate};

/// What a set does to key B, which stands beside the anchor A.
#[derive(Clone, Copy, Debug)]
enum Sees {
    /// A and B, signed by A.
    Both,
    /// A alone.
    WithoutB,
    /// B revoked, signed by A and B.
    Revoked,
    /// B carries the bit, but A alone has signed.
    RevokedByA,
}

fn see(point: &mut TrustPoint, sees: Sees, now: WallTime) {
    let (a, b) = (TestKey::new(1), TestKey::new(2));
    let set = match sees {
        Sees::Both => Set::new(&[(&a, KSK), (&b, KSK)], &[(&a, KSK)]),
        Sees::WithoutB => Set::new(&[(&a, KSK)], &[(&a, KSK)]),
        Sees::Revoked => Set::new(&[(&a, KSK), (&b, REVOKED)], &[(&a, KSK), (&b, REVOKED)]),
        Sees::RevokedByA => Set::new(&[(&a, KSK), (&b, REVOKED)], &[(&a, KSK)]),
    };
    show(point, &set, now);
}

#[test]
fn keys_go_through_the_states_rfc5011_4_1() {
    use Sees::{Both, Revoked, RevokedByA, WithoutB};
    let start = [(0, WithoutB, "Start"), (1, Both, "AddPend")];
    let valid = [(2, Both, "AddPend"), (31, Both, "Valid")];
    let cases: [&[(u64, Sees, &str)]; 9] = [
        // KeyRem in AddPend: back to the start, and the wait begins anew.
        &[(15, WithoutB, "Start"), (16, Both, "AddPend"), (32, Both, "AddPend"), (46, Both, "Valid")],
        // The time alone adds nothing: the set has to be seen again (RFC 5011 §2.2).
        &[(29, Both, "AddPend"), (60, WithoutB, "Start")],
        // RevBit in AddPend is as good as leaving.
        &[(15, Revoked, "Start"), (40, Both, "AddPend")],
        &[(31, Both, "Valid"), (40, Both, "Valid"), (41, WithoutB, "Missing"), (42, Both, "Valid")],
        &[(31, Both, "Valid"), (41, Revoked, "Revoked"), (42, Both, "Revoked"), (43, WithoutB, "Revoked")],
        // RevBit in Missing.
        &[(31, Both, "Valid"), (41, WithoutB, "Missing"), (42, Revoked, "Revoked")],
        // RemTime counts from the day on which it has gone (RFC 5011 §2.4.2).
        &[(31, Both, "Valid"), (32, Revoked, "Revoked"), (90, Revoked, "Revoked"), (91, WithoutB, "Revoked")],
        &[(31, Both, "Valid"), (32, Revoked, "Revoked"), (33, WithoutB, "Revoked"), (63, WithoutB, "Removed")],
        // Without its own signature the bit revokes nothing (RFC 5011 §2.1).
        &[(31, Both, "Valid"), (32, RevokedByA, "Missing"), (33, Both, "Valid")],
    ];
    for case in cases {
        let (a, b) = (TestKey::new(1), TestKey::new(2));
        let mut point = begin(&[&a], day(0));
        let already = if case[0].0 < 30 { &start[..] } else { &[start[0], start[1], valid[0]] };
        for (at, sees, expected) in already.iter().chain(case) {
            see(&mut point, *sees, day(*at));
            assert_eq!(state(&point, &b), *expected, "day {at} of {case:?}");
            assert_eq!(state(&point, &a), "Valid", "day {at} of {case:?}");
            let counts = ["Valid", "Missing"].contains(expected);
            assert_eq!(anchors(&point, &b), counts, "day {at} of {case:?}");
        }
    }
}

#[test]
fn a_removed_key_never_comes_back_rfc5011_4_2() {
    let (a, b) = (TestKey::new(1), TestKey::new(2));
    let mut point = begin(&[&a, &b], day(0));
    for (at, sees) in [(0, Sees::Both), (1, Sees::Revoked), (2, Sees::WithoutB), (40, Sees::WithoutB)] {
        see(&mut point, sees, day(at));
    }
    assert_eq!(state(&point, &b), "Removed");
    for at in 41..100 {
        see(&mut point, Sees::Both, day(at));
        assert_eq!(state(&point, &b), "Removed");
    }
    let again = TrustPoint::resume(point, by_ds(&[&a, &b]), Policy::default(), day(100)).unwrap();
    assert!(!anchors(&again, &b), "not even the configuration brings it back");
}

#[test]
fn the_hold_down_is_the_longer_of_thirty_days_and_the_ttl_rfc5011_2_4_1() {
    let (a, b) = (TestKey::new(1), TestKey::new(2));
    for (ttl, early, late) in [(TTL, 29, 30), (40 * DAY as u32, 39, 40)] {
        let mut point = begin(&[&a], day(0));
        let set = Set { ttl, ..Set::new(&[(&a, KSK), (&b, KSK)], &[(&a, KSK)]) };
        for at in [0, early] {
            show(&mut point, &set, day(at));
            assert_eq!(state(&point, &b), "AddPend");
        }
        show(&mut point, &set, day(late));
        assert_eq!(state(&point, &b), "Valid");
    }
}

#[test]
fn only_entry_points_become_anchors_rfc5011_2() {
    let (a, zsk) = (TestKey::new(1), TestKey::new(3));
    let mut point = begin(&[&a], day(0));
    for at in 0..40 {
        show(&mut point, &Set::new(&[(&a, KSK), (&zsk, ZSK)], &[(&a, KSK)]), day(at));
    }
    assert_eq!(point.keys.len(), 1);
}

#[test]
fn the_wait_begins_anew_when_all_who_vouched_are_revoked_rfc5011_2_2() {
    let (a, b, c) = (TestKey::new(1), TestKey::new(2), TestKey::new(3));
    let mut point = begin(&[&a, &b], day(0));
    show(&mut point, &Set::new(&[(&a, KSK), (&b, KSK)], &[(&a, KSK), (&b, KSK)]), day(0));
    // B vouches for C alone, and turns out to be stolen.
    show(&mut point, &Set::new(&[(&a, KSK), (&b, KSK), (&c, KSK)], &[(&b, KSK)]), day(1));
    let revoked = [(&a, KSK), (&b, REVOKED), (&c, KSK)];
    show(&mut point, &Set::new(&revoked, &[(&a, KSK), (&b, REVOKED)]), day(20));
    assert_eq!((state(&point, &b), state(&point, &c)), ("Revoked", "AddPend"));
    show(&mut point, &Set::new(&revoked, &[(&a, KSK), (&b, REVOKED)]), day(31));
    assert_eq!(state(&point, &c), "AddPend");
    show(&mut point, &Set::new(&revoked, &[(&a, KSK), (&b, REVOKED)]), day(51));
    assert_eq!(state(&point, &c), "Valid", "A has vouched for it for thirty days");
}

#[test]
fn intervals_follow_ttl_and_signatures_rfc5011_2_3() {
    let a = TestKey::new(1);
    let (hour, day_seconds) = (3_600, DAY as u32);
    // TTL, remaining life of the signature, seconds to the next look, seconds to the next one if that fails.
    for (ttl, remaining, next, retry) in [
        (2 * day_seconds, 21 * day_seconds, day_seconds, day_seconds / 5),
        (60, 21 * day_seconds, hour, hour),
        (40 * day_seconds, 40 * day_seconds, 15 * day_seconds, day_seconds),
        (2 * day_seconds, 10 * hour, 5 * hour, hour),
        (40 * day_seconds, 20 * hour, 10 * hour, 2 * hour),
    ] {
        let mut point = begin(&[&a], day(0));
        show(&mut point, &Set { ttl, remaining, ..Set::new(&[(&a, KSK)], &[(&a, KSK)]) }, day(0));
        let after = |seconds: u32| day(0) + Duration::from_secs(seconds.into());
        assert_eq!(point.next_look, after(next), "{ttl} {remaining}");
        assert!(!point.due(after(next - 1)) && point.due(after(next)));
        point.failed(day(0));
        assert_eq!(point.next_look, after(retry), "{ttl} {remaining}");
    }
}

#[test]
fn first_anchors_count_as_ds_until_their_key_is_seen() {
    let (a, b) = (TestKey::new(1), TestKey::new(2));
    let mut point = begin(&[&a, &b], day(0));
    assert!(point.due(day(0)), "nothing has been seen yet");
    assert_eq!(point.anchors(), Some(by_ds(&[&a, &b])));
    show(&mut point, &Set::new(&[(&a, KSK)], &[(&a, KSK)]), day(0));
    let expected = Voucher { ds: vec![b.ds()], dnskeys: vec![a.rdata(KSK)] };
    assert_eq!(point.anchors(), Some(expected));
    // B is vouched for by the operator: it does not wait.
    show(&mut point, &Set::new(&[(&a, KSK), (&b, KSK)], &[(&a, KSK)]), day(1));
    assert_eq!((state(&point, &b), point.waiting.len()), ("Valid", 0));
    // What is said to count does count for the validator.
    let set = Set::new(&[(&a, KSK), (&b, KSK)], &[(&b, KSK)]).at(day(2));
    let effort = crate::Effort::new();
    assert!(authenticate(&set, &point.anchors().unwrap(), day(2), Policy::default(), &effort).is_ok());
}

#[test]
fn without_any_key_left_the_zone_has_no_anchor_rfc5011_5() {
    let a = TestKey::new(1);
    let mut point = begin(&[&a], day(0));
    show(&mut point, &Set::new(&[(&a, KSK)], &[(&a, KSK)]), day(0));
    show(&mut point, &Set::new(&[(&a, REVOKED)], &[(&a, REVOKED)]), day(1));
    assert_eq!((state(&point, &a), point.anchors()), ("Revoked", None));
    let again = TrustPoint::resume(point, by_ds(&[&a]), Policy::default(), day(2)).unwrap();
    assert_eq!(again.anchors(), None, "a restart forgets no revocation");
}

#[test]
fn a_key_that_was_revoked_before_we_came_never_counts() {
    let (old, new) = (TestKey::new(1), TestKey::new(2));
    let mut point = begin(&[&old, &new], day(0));
    let keys = [(&old, REVOKED), (&new, KSK)];
    show(&mut point, &Set::new(&keys, &[(&old, REVOKED), (&new, KSK)]), day(0));
    assert_eq!((state(&point, &old), state(&point, &new)), ("Revoked", "Valid"));
    assert!(!anchors(&point, &old));
}

#[test]
fn kept_states_are_taken_up_with_todays_configuration() {
    let (a, b, c) = (TestKey::new(1), TestKey::new(2), TestKey::new(3));
    let mut point = begin(&[&a], day(0));
    for at in [0, 1, 31] {
        see(&mut point, Sees::Both, day(at));
    }
    let resume = |kept: &TrustPoint, keys: &[&TestKey]| {
        TrustPoint::resume(kept.clone(), by_ds(keys), Policy::default(), day(40))
    };
    assert_eq!(resume(&point, &[&a]).unwrap(), point);
    let more = resume(&point, &[&a, &c]).unwrap();
    assert!(anchors(&more, &a) && anchors(&more, &b) && anchors(&more, &c));
    assert_eq!(resume(&more, &[&a]).unwrap().anchors(), point.anchors(), "what was withdrawn unseen is gone");
    assert!(resume(&point, &[&b]).is_ok(), "a later release knows the new key alone");
    see(&mut point, Sees::Revoked, day(32));
    let revoked = resume(&point, &[&a, &b]).unwrap();
    assert!(!anchors(&revoked, &b), "what the zone has revoked, no new configuration brings back");
    let other = resume(&point, &[&c]);
    assert!(matches!(other, Err(Unsound::OtherAnchors { .. })), "{other:?}");
}

#[test]
fn unsound_states_are_refused() {
    let (a, b) = (TestKey::new(1), TestKey::new(2));
    let mut sound = begin(&[&a], day(0));
    see(&mut sound, Sees::Both, day(0));
    let spoil: [fn(&mut TrustPoint, &TestKey); 5] = [
        |point, _| point.keys[0].rdata = Box::new([]),
        |point, b| point.keys[0].rdata = b.rdata(ZSK & !crate::Dnskey::ZONE),
        |point, b| point.keys[0].rdata = b.rdata(REVOKED),
        |point, b| point.keys[0].rdata = b.rdata(KSK),
        |point, _| point.keys = vec![point.keys[0].clone(); 200],
    ];
    for (number, spoil) in spoil.into_iter().enumerate() {
        let mut kept = sound.clone();
        spoil(&mut kept, &b);
        assert!(TrustPoint::resume(kept, by_ds(&[&a]), Policy::default(), day(1)).is_err(), "{number}");
    }
    assert!(TrustPoint::resume(sound, by_ds(&[&a]), Policy::default(), day(1)).is_ok());
}

#[test]
fn a_weak_digest_does_not_count_when_the_strong_one_has_been_used_rfc4509_3() {
    let (a, b) = (TestKey::new(1), TestKey::new(2));
    let mut configured = by_ds(&[&a]);
    let key = crate::Key::read(&b.rdata(KSK)).unwrap();
    configured.ds.push(crate::keys::ds_of(&Name::root(), &key, crate::DigestType::SHA1).unwrap().into());
    let mut point = TrustPoint::begin(Name::root(), configured, Policy::default(), day(0));
    see(&mut point, Sees::Both, day(0));
    assert!(matches!(point.keys[1].state, KeyState::AddPend { .. }), "{:?}", point.keys);
    assert_eq!(point.waiting.len(), 0);
}
