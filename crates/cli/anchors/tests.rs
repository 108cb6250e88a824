use std::sync::Arc;

use cache::{Cache, CacheConfig};
use engine::dnssec::Policy;
use engine::dnssec::anchors::TrustAnchors;
use engine::dnssec::rollover::TrackedKey;
use engine::{ClientQuestion, EngineConfig, Trace};
use lab::{Faults, SimNetwork, World};
use proto::{Name, Question, RrType, Security};
use transport::{Entropy, Env};

use super::*;

/// A state with a key in each of its states.
fn full() -> Vec<TrustPoint> {
    let at = |day: u64| WallTime::from_secs(1_790_000_000 + day * 86_400);
    let configured = TrustAnchors::root().of(&Name::root()).unwrap().clone();
    let mut point = TrustPoint::begin(Name::root(), configured, Policy::default(), at(0));
    let states = [
        KeyState::AddPend { hold_down: 2_592_000, signed_by: vec![20326, 38696] },
        KeyState::Valid,
        KeyState::Missing,
        KeyState::Revoked { gone: None },
        KeyState::Revoked { gone: Some(at(3)) },
        KeyState::Removed,
    ];
    for (number, state) in (1_u8..).zip(states) {
        let rdata = [&[1, 1, 3, 15][..], &[number; 32]].concat().into();
        point.keys.push(TrackedKey { rdata, state, since: at(number.into()) });
    }
    point.seen = Some(at(9));
    vec![point]
}

#[test]
fn what_is_written_reads_back_as_the_same() {
    for points in [vec![], full()] {
        assert_eq!(form::read(&form::write(&points)), Ok(points));
    }
}

#[test]
fn no_part_of_a_file_is_taken_for_the_whole() {
    let text = form::write(&full());
    for length in 0..text.trim_end().len() {
        assert!(form::read(&text[..length]).is_err(), "{}", &text[..length]);
    }
}

#[test]
fn what_is_no_state_is_refused_with_its_reason() {
    let good = form::write(&full());
    for (text, why) in [
        (String::new(), "it has no version"),
        ("rubbish".to_owned(), "it is not the state of trust anchors"),
        ("\u{FFFD}\0".to_owned(), "it is not the state of trust anchors"),
        (good.replace("version = 1", "version = 2"), "it has version 2, and this rootwalk reads version 1"),
        (good.replace("version = 1", "version = -1"), "it has version -1"),
        (good.replace("keys = 6", "keys = 7"), "it is not whole"),
        (good.replace("state = \"valid\"", "state = \"good\""), "unknown variant `good`"),
        (good.replace("next-look = ", "next = "), "unknown field `next`"),
        (good.replace("name = \".\"", "name = \"a..b\""), "a..b is no name"),
        (good.replace("hold-down-seconds = 2592000\n", ""), "has no hold-down-seconds"),
        (good.replace("\"DS 20326 8", "\"TXT 20326 8"), "is neither DS nor DNSKEY"),
        (good.replace("257 3 15 AQ", "257 3 15 Aw"), "has another tag"),
        (good.replace("257 3 15 AQ", "257 3 15 §"), "DNSKEY: "),
    ] {
        assert_ne!(text, good);
        let error = form::read(&text).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

/// A resolver over the lab, which trusts the lab's anchor.
fn resolver() -> Arc<Resolver<SimNetwork>> {
    let world = World::embedded();
    let clock = Clock::system();
    let entropy = Entropy::seeded(1);
    let net = SimNetwork::at(world.clone(), Faults::default(), entropy.stream("net"), clock.clone());
    let mut config = EngineConfig { query_localhost: true, ..EngineConfig::default() };
    let hints = world.root_servers().into_iter();
    config.root_hints = hints.map(|(name, addresses)| engine::RootServer { name, addresses }).collect();
    config.validation.anchors = TrustAnchors::none();
    for anchor in world.anchors() {
        config.validation.anchors.add(&anchor).unwrap();
    }
    Resolver::new(Env { net, clock, entropy }, Arc::new(Cache::new(CacheConfig::default())), config)
}

async fn ask(resolver: &Arc<Resolver<SimNetwork>>) -> Security {
    let question = Question::new("www.healthy.museum.rootwalk.net.".parse().unwrap(), RrType::A);
    resolver.resolve(ClientQuestion::new(question), Trace::off()).await.security
}

#[tokio::test(start_paused = true)]
async fn the_state_outlives_the_process_in_a_file_that_is_replaced_as_a_whole() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("anchors.toml");
    let first = resolver();
    let mut keeper = Keeper::restore(Some(file.clone()), &first);
    keeper.save(&first).await;
    assert!(!file.exists(), "nothing was learnt yet");
    assert_eq!(ask(&first).await, Security::Secure);
    keeper.save(&first).await;
    let names: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["anchors.toml"], "no temporary file is left");
    let second = resolver();
    let keeper = Keeper::restore(Some(file), &second);
    assert_eq!(keeper.written, second.trust_points());
    assert_eq!(second.trust_points()[0].keys.len(), 1);
    assert_eq!(second.trust_points()[0].keys[0].rdata, first.trust_points()[0].keys[0].rdata);
    assert_eq!(ask(&second).await, Security::Secure);
}

#[tokio::test(start_paused = true)]
async fn what_is_learnt_is_written_while_it_serves() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("anchors.toml");
    let resolver = resolver();
    let mut keeper = Keeper::restore(Some(file.clone()), &resolver);
    let keeper_clock = keeper.clock.clone();
    let asks = async {
        assert_eq!(ask(&resolver).await, Security::Secure);
        keeper_clock.sleep(2 * CHECK_EVERY).await; // virtual
    };
    tokio::select! {
        biased;
        never = keeper.follow(&resolver) => match never {},
        () = asks => {}
    }
    assert!(read(&file).unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_used_is_put_aside_and_the_configured_anchors_count() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("anchors.toml");
    for octets in [&b"version = 1\n"[..], b"\xFF\xFE\0", &[b' '; (MAX_OCTETS + 1) as usize]] {
        fs::write(&file, octets).unwrap();
        let resolver = resolver();
        let mut keeper = Keeper::restore(Some(file.clone()), &resolver);
        assert!(!file.exists());
        assert_eq!(fs::read(aside(&file)).unwrap(), octets);
        assert_eq!(ask(&resolver).await, Security::Secure);
        keeper.save(&resolver).await;
        assert!(read(&file).unwrap().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_where_nothing_can_be_written_is_no_reason_not_to_serve() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("no-such-directory").join("anchors.toml");
    let resolver = resolver();
    let mut keeper = Keeper::restore(Some(file.clone()), &resolver);
    assert_eq!(ask(&resolver).await, Security::Secure);
    keeper.save(&resolver).await;
    assert!(!file.exists());
    let mut nowhere = Keeper::restore(None, &resolver);
    nowhere.save(&resolver).await;
}
