//! How long an answer from the cache stays the answer.

use std::time::Duration;

use crate::bench::*;
use engine::{ClientQuestion, Dns64, Lasting};
use lab::Faults;
use proto::{RrType, WallTime};

const RECORDS: &str = "www.example.test. 300 A 198.51.100.7\nshort.example.test. 40 CNAME www.example.test.\n\
    a1.example.test. 300 CNAME a2.example.test.\na2.example.test. 300 CNAME a3.example.test.\n\
    a3.example.test. 300 CNAME a4.example.test.\na4.example.test. 300 CNAME www.example.test.\n\
    old.example.test. 300 DNAME new.example.test.\nx.new.example.test. 300 A 198.51.100.9\n";

fn bench(change: impl FnOnce(&mut engine::EngineConfig)) -> Bench {
    let world = world(&[ROOT, TEST1, ("example.test.", &["192.0.2.3"], RECORDS)]);
    Bench::new(world, Faults::default(), 1, change)
}

/// The answer of the cache lasts so long; none if nobody can tell.
fn lasting(bench: &Bench, text: &str) -> Option<Lasting> {
    bench.resolver.lasting_answer(&ClientQuestion::new(question(text))).expect("it is in the cache").1
}

fn seconds(bench: &Bench, lasting: &Lasting) -> f64 {
    bench.resolver.wall().until(lasting.until).as_secs_f64()
}

#[tokio::test(start_paused = true)]
async fn an_answer_lasts_until_the_first_of_its_data_is_about_to_expire() {
    for (prefetch, long, short) in [(true, 269.0, 35.0), (false, 300.0, 40.0)] {
        let bench = bench(|config| config.prefetch = prefetch);
        bench.ask("www.example.test.").await;
        let one = lasting(&bench, "www.example.test.").unwrap();
        assert_eq!(seconds(&bench, &one), long);
        bench.ask("short.example.test.").await;
        let both = lasting(&bench, "short.example.test.").unwrap();
        assert_eq!(seconds(&bench, &both), short, "the alias ends first");
        let one = lasting(&bench, "www.example.test.").unwrap(); // it came once more, with its alias
        bench.clock.advance_wall(bench.resolver.wall().until(one.until) - Duration::from_millis(1));
        assert_eq!(lasting(&bench, "www.example.test.").unwrap().until, one.until);
        bench.clock.advance_wall(Duration::from_millis(1));
        if prefetch {
            let now = bench.resolver.wall();
            let aged = lasting(&bench, "www.example.test.").unwrap();
            assert!(aged.until <= now, "from now on each question may make the engine ask anew");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_denial_stands_until_a_newer_soa_of_its_zone_is_learnt() {
    let bench = bench(|config| config.prefetch = false);
    bench.ask("nobody.example.test.").await;
    let kept = lasting(&bench, "nobody.example.test.").unwrap();
    assert!(bench.resolver.stands(&kept), "nothing has been learnt");
    bench.pass(301).await; // the record that came with it is over
    bench.ask("example.test. SOA").await;
    assert!(!bench.resolver.stands(&kept), "the record that stands beside it");
}

#[tokio::test(start_paused = true)]
async fn an_answer_stands_until_something_is_learnt_about_its_names() {
    let bench = bench(|config| config.prefetch = false);
    bench.ask("short.example.test.").await;
    let kept = lasting(&bench, "short.example.test.").unwrap();
    bench.ask("www.example.test. AAAA").await;
    assert!(!bench.resolver.stands(&kept), "its last name");
    let kept = lasting(&bench, "short.example.test.").unwrap();
    bench.ask("other.example.test.").await;
    assert!(bench.resolver.stands(&kept), "another name");
    bench.clock.advance_wall(Duration::from_secs(41));
    bench.ask("short.example.test.").await;
    assert!(!bench.resolver.stands(&kept), "its first name");
}

#[tokio::test(start_paused = true)]
async fn a_denial_lasts_until_its_name_exists() {
    let bench = bench(|_| {});
    bench.ask("gone.example.test.").await;
    let kept = lasting(&bench, "gone.example.test.").unwrap();
    assert_eq!(seconds(&bench, &kept), 269.0);
    let set = proto::Rrset::new("gone.example.test.".parse().unwrap(), RrType::A, 60, [&[192, 0, 2, 1][..]]);
    let provenance = cache::Provenance {
        rank: proto::Rank::AuthoritativeAnswer,
        zone: "example.test.".parse().unwrap(),
        security: proto::Security::Unchecked,
    };
    let _ = bench.resolver.cache().put_rrset(set, provenance, WallTime(bench.resolver.wall().0));
    assert!(!bench.resolver.stands(&kept));
}

#[tokio::test(start_paused = true)]
async fn what_rests_on_more_than_its_names_is_not_to_be_kept() {
    let bench = bench(|_| {});
    for text in ["x.old.example.test.", "gone.example.test.", "a1.example.test."] {
        bench.ask(text).await;
    }
    assert_eq!(lasting(&bench, "x.old.example.test."), None, "a DNAME above");
    assert_eq!(lasting(&bench, "below.gone.example.test."), None, "a denial above");
    assert_eq!(lasting(&bench, "a1.example.test."), None, "a long chain of aliases");
    assert!(lasting(&bench, "a2.example.test.").is_some());
    let silent = ClientQuestion { recursion: engine::Recursion::CacheOnly, ..ClientQuestion::new(question("n.test.")) };
    assert_eq!(bench.resolver.lasting_answer(&silent).unwrap().1, None, "a referral");
}

#[tokio::test(start_paused = true)]
async fn what_is_made_or_stands_beside_is_not_to_be_kept() {
    let bench = bench(|config| config.minimal_responses = false);
    bench.ask("www.example.test.").await;
    assert_eq!(lasting(&bench, "www.example.test."), None, "name servers beside it");
    let bench = self::bench(|config| config.dns64 = Some(Dns64::new("64:ff9b::/96".parse().unwrap()).unwrap()));
    bench.ask("www.example.test. AAAA").await;
    assert_eq!(lasting(&bench, "www.example.test. AAAA"), None, "a made address");
    assert!(lasting(&bench, "www.example.test. A").is_some());
}
