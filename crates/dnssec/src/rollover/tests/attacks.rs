//! Thieves, replays and clocks.

use std::time::Duration;

use super::support::*;
use crate::Policy;

#[test]
fn a_stolen_zone_key_adds_nothing_and_revokes_nothing() {
    let (a, zsk, evil) = (TestKey::new(1), TestKey::new(3), TestKey::new(66));
    let mut point = begin(&[&a], day(0));
    show(&mut point, &Set::new(&[(&a, KSK), (&zsk, ZSK)], &[(&a, KSK)]), day(0));
    let kept = point.clone();
    let thief: [Set<'_>; 4] = [
        Set::new(&[(&a, KSK), (&zsk, ZSK), (&evil, KSK)], &[(&zsk, ZSK)]),
        Set::new(&[(&a, KSK), (&evil, KSK)], &[(&evil, KSK)]),
        Set::new(&[(&evil, KSK)], &[(&evil, KSK), (&zsk, ZSK)]),
        Set::new(&[(&a, REVOKED), (&zsk, ZSK)], &[(&zsk, ZSK)]),
    ];
    for (number, set) in thief.iter().enumerate() {
        for at in 1..50 {
            assert_eq!(show(&mut point, set, day(at)), [], "{number}");
        }
        assert_eq!(point, kept, "{number}");
    }
}

#[test]
fn a_signature_that_does_not_fit_the_set_is_none() {
    let (a, evil) = (TestKey::new(1), TestKey::new(66));
    let mut point = begin(&[&a], day(0));
    let honest = Set::new(&[(&a, KSK)], &[(&a, KSK)]).at(day(0));
    let mut forged = Set::new(&[(&a, KSK), (&evil, KSK)], &[]).at(day(0));
    forged.signatures = honest.signatures;
    assert_eq!(point.saw(&forged, day(0), Policy::default()), []);
    assert_eq!(state(&point, &evil), "Start");
    assert_eq!(point.seen, None);
}

#[test]
fn an_old_set_revives_nothing() {
    let (a, b) = (TestKey::new(1), TestKey::new(2));
    let mut point = begin(&[&a, &b], day(0));
    let before = Set::new(&[(&a, KSK), (&b, KSK)], &[(&a, KSK), (&b, KSK)]).at(day(0));
    point.saw(&before, day(0), Policy::default());
    show(&mut point, &Set::new(&[(&a, KSK), (&b, REVOKED)], &[(&a, KSK), (&b, REVOKED)]), day(1));
    // Its signatures are good for three weeks: long enough to be replayed.
    point.saw(&before, day(2), Policy::default());
    assert_eq!(state(&point, &b), "Revoked");
    assert!(!anchors(&point, &b));
    // And when they have expired it is no set at all.
    let kept = point.clone();
    point.saw(&before, day(60), Policy::default());
    assert_eq!(point, kept);
}

#[test]
fn an_old_set_delays_a_new_key_and_harms_no_accepted_one() {
    let (a, b) = (TestKey::new(1), TestKey::new(2));
    let old = Set::new(&[(&a, KSK)], &[(&a, KSK)]).at(day(0));
    let new = Set::new(&[(&a, KSK), (&b, KSK)], &[(&a, KSK)]);
    let mut point = begin(&[&a], day(0));
    show(&mut point, &new, day(1));
    point.saw(&old, day(10), Policy::default());
    assert_eq!(state(&point, &b), "Start");
    show(&mut point, &new, day(11));
    show(&mut point, &new, day(40));
    assert_eq!(state(&point, &b), "AddPend", "thirty days in every set, counted anew");
    show(&mut point, &new, day(41));
    assert_eq!(state(&point, &b), "Valid");
    let replayed = Set::new(&[(&a, KSK)], &[(&a, KSK)]);
    show(&mut point, &replayed, day(42));
    assert!(anchors(&point, &b), "missing, and an anchor all the same");
}

#[test]
fn a_clock_that_jumps_back_shortens_no_wait() {
    let (a, b) = (TestKey::new(1), TestKey::new(2));
    let new = Set::new(&[(&a, KSK), (&b, KSK)], &[(&a, KSK)]);
    let mut point = begin(&[&a], day(100));
    show(&mut point, &new, day(100));
    assert!(point.due(day(50)), "the next look lies further ahead than any look may");
    show(&mut point, &new, day(50));
    show(&mut point, &new, day(79));
    assert_eq!(state(&point, &b), "AddPend");
    show(&mut point, &new, day(80));
    assert_eq!(state(&point, &b), "Valid", "thirty days by the clock that was right");
}

#[test]
fn a_clock_that_jumps_ahead_finds_signatures_expired() {
    let (a, b) = (TestKey::new(1), TestKey::new(2));
    let new = Set::new(&[(&a, KSK), (&b, KSK)], &[(&a, KSK)]);
    let mut point = begin(&[&a], day(0));
    let set = new.at(day(0));
    point.saw(&set, day(0), Policy::default());
    point.saw(&set, day(365), Policy::default());
    assert_eq!(state(&point, &b), "AddPend");
}

#[test]
fn a_look_that_fails_is_repeated_within_a_day() {
    let a = TestKey::new(1);
    let mut point = begin(&[&a], day(0));
    let hour = Duration::from_secs(3_600);
    for number in 1..100_u32 {
        let now = point.next_look;
        point.failed(now);
        assert_eq!(point.next_look, now + hour, "{number}");
    }
    show(&mut point, &Set::new(&[(&a, KSK)], &[(&a, KSK)]), day(20));
    point.failed(day(21));
    assert!(point.due(day(22)));
}

#[test]
fn a_zone_with_very_many_keys_fills_no_memory() {
    let a = TestKey::new(1);
    let mut point = begin(&[&a], day(0));
    for round in 0..60_u8 {
        let others: Vec<TestKey> = (2..200).map(TestKey::new).skip(usize::from(round) * 3).take(3).collect();
        let mut keys = vec![(&a, KSK)];
        keys.extend(others.iter().map(|key| (key, KSK)));
        show(&mut point, &Set::new(&keys, &[(&a, KSK)]), day(round.into()));
        assert!(point.keys.len() <= 4, "those that left are forgotten");
    }
}
